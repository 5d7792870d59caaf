"""What was handed in under the wrong obligation, moved to the right one: read and checked again as that.

    moved = move_submission(engine, store, plan_id, "stp/thematic-report", 1, "stp/thematic-proposals", …)

Files are fetched and read before a transaction is opened, as in handing in. What was found where the
submission stood stays with it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from intake.compare import find_submission
from intake.conference import check_event
from intake.earlier_figures import FilingContext, filing_context
from intake.files.gate import Limits
from intake.files.store import Store
from intake.package import Package, Recogniser, read_package
from intake.recognise import recognise_safely
from intake.submit import Filed, SubmissionContext
from plan import ledger
from plan.database import reading, writing
from plan.definition.model import DeliverableKind
from plan.errors import UsageError
from plan.ledger.filing import Filing, FoundFault
from plan.ledger.reassign import as_filed
from plan.models import Deliverable, Obligation, SubmissionFile
from plan.queries.lookup import find_obligation, find_plan, load_calendar
from plan.states import Actor


@dataclass(frozen=True)
class _Wrong:
    """The submission to move, and the obligation it is for."""

    submission_id: int
    filing: Filing
    files: tuple[SubmissionFile, ...]
    to: str
    target: Obligation
    deliverable: Deliverable

    @property
    def kind(self) -> DeliverableKind:
        return DeliverableKind(self.deliverable.kind)


@dataclass(frozen=True)
class _Means:
    """What reading again takes."""

    store: Store
    desk: SubmissionContext
    context: FilingContext
    limits: Limits | None
    recogniser: Recogniser


def move_submission(
    engine: Engine,
    store: Store,
    plan_id: str,
    obligation: str,
    number: int,
    to: str,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    limits: Limits | None = None,
    recogniser: Recogniser = recognise_safely,
) -> Filed:
    """Move submission `number` of `obligation` to `to` (both `agency/deliverable`); what became of it there.

    Raises UsageError for what cannot be the other product (a conference has a day and a place, a file has
    not), NotFoundError, and RefusedError as the ledger does.
    """
    with reading(engine) as session:
        wrong = _find(session, plan_id, obligation, number, to)
        context = filing_context(session, find_plan(session, plan_id), to.partition("/")[0])
        filing = _as_event(session, wrong, now)
    if filing is None:
        means = _Means(
            store,
            SubmissionContext(engine, store, plan_id, actor, now),
            context,
            limits,
            recogniser,
        )
        filing = _AS_FILES.get(wrong.kind, _read_again)(wrong, means)
    with writing(engine) as session:
        before = session.get_one(Obligation, wrong.target.id).submissions
        moved = ledger.move(
            session,
            wrong.submission_id,
            int(wrong.target.id or 0),
            filing=filing,
            reason=reason,
            actor=actor,
            now=now,
        )
        repeated = moved.number <= before
        return Filed(to, moved.number, moved.id, filing.findings, repeated)


def _find(session: Session, plan_id: str, obligation: str, number: int, to: str) -> _Wrong:
    source = find_obligation(session, plan_id, obligation)
    target = find_obligation(session, plan_id, to)
    row = find_submission(session, int(source.id or 0), number)
    statement = select(SubmissionFile).where(SubmissionFile.submission_id == row.id)
    return _Wrong(
        submission_id=int(row.id or 0),
        filing=as_filed(session, row),
        files=tuple(session.exec(statement.order_by(col(SubmissionFile.id)))),
        to=to,
        target=target,
        deliverable=session.get_one(Deliverable, target.deliverable_id),
    )


# --- what is no matter of files ------------------------------------------------------------------------


def _as_event(session: Session, wrong: _Wrong, now: datetime) -> Filing | None:
    """As a nil return or a conference of the new obligation; None: its files decide."""
    filing, title = wrong.filing, wrong.deliverable.title
    if filing.kind == "nil":
        return filing
    if wrong.kind is not DeliverableKind.conference:
        if filing.kind == "conference":
            raise UsageError(f"Báo cáo hội nghị không chuyển được sang «{title}».")
        return None
    if filing.kind != "conference":
        raise UsageError(
            f"«{title}» cần ngày, địa điểm và số người dự mà bản nộp này không có. "
            "Hãy trả lại để cơ quan báo hội nghị."
        )
    held_on = date.fromisoformat(filing.payload["held_on"])
    findings = check_event(
        held_on=held_on,
        place=filing.payload.get("place", ""),
        attending=filing.payload.get("attending", 0),
        has_minutes=bool(filing.files),
        opens_at=wrong.target.opens_at,
        due_at=wrong.target.due_at,
        calendar=load_calendar(session, wrong.target.plan_id, held_on.year),
        now=now,
    )
    return replace(filing, findings=tuple(findings))


# --- files read again ----------------------------------------------------------------------------------


def _as_evidence(wrong: _Wrong, _means: _Means) -> Filing:
    """A duty's evidence is kept, not read."""
    evidence = wrong.filing.payload.get("evidence", "")
    if not evidence and not wrong.files:
        raise UsageError("Bản nộp này không có tệp hay minh chứng nào để chuyển.")
    payload = wrong.filing.payload if wrong.filing.kind == "duty" else {"evidence": ""}
    files = tuple(replace(one, kind="unread") for one in wrong.filing.files)
    return Filing("duty", wrong.filing.received_at, files=files, payload=dict(payload))


def _read_again(wrong: _Wrong, means: _Means) -> Filing:
    if not wrong.files:
        raise UsageError(
            f"Bản nộp này không có tệp nào nên không thể là «{wrong.deliverable.title}»."
        )
    agency, _, deliverable = wrong.to.partition("@")[0].partition("/")
    context = means.context
    package = read_package(
        [(one.filename, means.store.get(one.sha256)) for one in wrong.files],
        context.definition,
        agency,
        only=deliverable,
        others=context.others,
        own=context.own,
        filed=context.filed,
        limits=means.limits,
        recogniser=means.recogniser,
    )
    return _as_part(wrong, package, deliverable, means.desk)


def _as_part(wrong: _Wrong, package: Package, deliverable: str, desk: SubmissionContext) -> Filing:
    """What the files hold of the deliverable. Nothing: all the same files, and an error that says so."""
    kept = desk.keep(package.files)
    files = tuple(kept[one.filename] for one in package.files)
    part = next((one for one in package.parts if one.deliverable == deliverable), None)
    received_at = wrong.filing.received_at
    if part is None:
        findings = (*package.all_findings(), _nothing_of(wrong))
        return Filing("files", received_at, files=files, findings=findings)
    notes = {one.indicator: one.text for one in part.notes if one.text}
    return Filing(
        "files",
        received_at,
        files=files,
        findings=tuple(dict.fromkeys((*part.findings, *package.findings))),
        values=part.values,
        sections=part.sections,
        payload={"notes": notes} if notes else {},
    )


def _nothing_of(wrong: _Wrong) -> FoundFault:
    return FoundFault(
        "error",
        "filing.moved-not-this",
        f"Không đọc được «{wrong.deliverable.title}» trong các tệp của bản nộp được chuyển đến. "
        "Hãy nộp lại đúng sản phẩm này.",
        file=wrong.files[0].filename,
    )


_AS_FILES: Mapping[DeliverableKind, Callable[[_Wrong, _Means], Filing]] = {
    kind: _as_evidence for kind in DeliverableKind if kind.by_evidence
}
