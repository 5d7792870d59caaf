"""What was handed in under the wrong obligation, moved to the right one: read and checked again as that.

    moved = move_submission(SubmissionContext(…), "stp/thematic-report", 1, "stp/thematic-proposals", …)

Files are fetched and read before a transaction is opened, as in handing in. What was found where the
submission stood stays with it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from intake.compare import find_submission
from intake.conference import HeldConference, check_event
from intake.earlier_figures import EarlierFigures, earlier_figures
from intake.files.gate import Limits
from intake.package import Package, Recogniser, read_package
from intake.recognise import recognise_safely
from intake.submit import Filed, SubmissionContext
from plan import ledger
from plan.database import reading, writing
from plan.definition.model import DeliverableKind, PlanDefinition
from plan.errors import UsageError
from plan.ledger.filing import Filing, FoundFault
from plan.ledger.reassign import as_filed
from plan.models import Deliverable, Obligation, SubmissionFile
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, find_plan, load_calendar


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

    context: SubmissionContext
    definition: PlanDefinition
    known: EarlierFigures
    limits: Limits | None
    recogniser: Recogniser


def move_submission(
    context: SubmissionContext,
    obligation: str,
    number: int,
    to: str,
    *,
    reason: str,
    limits: Limits | None = None,
    recogniser: Recogniser = recognise_safely,
) -> Filed:
    """Move submission `number` of `obligation` to `to` (both `agency/deliverable`); what became of it there.

    Raises UsageError for what cannot be the other product (a conference has a day and a place, a file has
    not), NotFoundError, and RefusedError as the ledger does.
    """
    with reading(context.engine) as session:
        wrong = _find(session, context.plan_id, obligation, number, to)
        plan = find_plan(session, context.plan_id)
        known = earlier_figures(session, plan, to.partition("/")[0])
        filing = _as_event(session, wrong, context.now)
    if filing is None:
        means = _Means(context, definition_of(plan), known, limits, recogniser)
        filing = _AS_FILES.get(wrong.kind, _read_again)(wrong, means)
    with writing(context.engine) as session:
        before = session.get_one(Obligation, wrong.target.id).submissions
        moved = ledger.move(
            session,
            wrong.submission_id,
            int(wrong.target.id or 0),
            filing=filing,
            reason=reason,
            actor=context.actor,
            now=context.now,
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
    event = HeldConference.of(filing.payload)
    findings = check_event(
        event,
        has_minutes=bool(filing.files),
        window=(wrong.target.opens_at, wrong.target.due_at),
        calendar=load_calendar(session, wrong.target.plan_id, event.held_on.year),
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
    store = means.context.store
    assert store is not None  # whoever moves files has where they are kept
    package = read_package(
        [(one.filename, store.get(one.sha256)) for one in wrong.files],
        means.definition,
        agency,
        only=deliverable,
        known=means.known,
        limits=means.limits,
        recogniser=means.recogniser,
    )
    return _as_part(wrong, package, deliverable, means.context)


def _as_part(
    wrong: _Wrong, package: Package, deliverable: str, context: SubmissionContext
) -> Filing:
    """What the files hold of the deliverable. Nothing: all the same files, and an error that says so."""
    kept = context.keep(package.files)
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
