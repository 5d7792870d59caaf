"""Handing in: files read, checked, kept and filed, one numbered submission for each obligation touched.

    filed = submit_files(engine, store, plan_id, "stp", [("bieu.xlsx", data)], actor=…, now=…)

Files are read and kept (and read back) before a transaction is opened, so that nobody waits for a heavy
file; what the ledger will not take is told for that obligation and hinders no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Engine

from intake.conference import check_event
from intake.earlier_figures import filing_context
from intake.files.gate import Limits
from intake.files.store import Store
from intake.filing_desk import Desk, File, Filed, How, Via
from intake.package import Package, Recogniser, read_package
from intake.recognise import recognise_safely
from plan.database import reading
from plan.definition.model import DeliverableKind
from plan.errors import UsageError
from plan.ledger.filing import FoundFault
from plan.models import Deliverable
from plan.plausible import require_attending, require_reason
from plan.queries.lookup import find_obligation, find_plan, load_calendar
from plan.states import Actor

__all__ = [
    "File",
    "Filed",
    "How",
    "Via",
    "file_conference",
    "file_duty",
    "file_nil",
    "file_package",
    "submit_files",
]


def submit_files(
    engine: Engine,
    store: Store,
    plan_id: str,
    agency: str,
    files: Sequence[File],
    *,
    actor: Actor,
    now: datetime,
    received_at: datetime | None = None,
    via: Via = "cli",
    reference: str = "",
    note: str = "",
    signed_at: datetime | None = None,
    issued_at: datetime | None = None,
    only: str = "",
    limits: Limits | None = None,
    recogniser: Recogniser = recognise_safely,
) -> list[Filed]:
    """Read a package, check it, keep its bytes and file each part with its obligation.

    `received_at` (UTC): when the office had it, none: now; on paper or from another system with a
    `reference`. `signed_at` and `issued_at` are the document's own moments. `only`: the obligation
    (`agency/deliverable`) the files are for; without it, what they hold decides. Raises UsageError,
    NotFoundError and RefusedError for a request that cannot be meant; faults of files are findings.
    """
    how = How(via, reference, note, received_at, signed_at, issued_at)
    desk = Desk(engine, store, plan_id, actor, now, how)
    with reading(engine) as session:
        plan = find_plan(session, plan_id)
        if only:
            _require_own(only, agency)
            row = find_obligation(session, plan_id, only)
            _require_files_do(session.get_one(Deliverable, row.deliverable_id))
        context = filing_context(session, plan, agency)
    package = read_package(
        files,
        context.definition,
        agency,
        only=only.partition("/")[2].partition("@")[0],
        others=context.others,
        own=context.own,
        filed=context.filed,
        limits=limits,
        recogniser=recogniser,
    )
    return file_package(desk, package, period=only.partition("@")[2])


def _require_own(obligation: str, agency: str) -> None:
    if obligation.partition("/")[0] != agency:
        raise UsageError(f"Nghĩa vụ «{obligation}» không phải của «{agency}».")


def _require_files_do(deliverable: Deliverable) -> None:
    """Minutes alone are no report of a conference: its day decides whether it was in time."""
    if deliverable.kind == DeliverableKind.conference.value:
        raise UsageError(
            f"«{deliverable.title}» cần ngày, địa điểm và số người dự, biên bản chỉ là kèm theo."
        )


def file_package(desk: Desk, package: Package, *, period: str = "") -> list[Filed]:
    """File what was read: the bytes of every part, then all parts in one transaction."""
    kept = desk.keep(one for part in package.parts for one in part.files)
    suffix = f"@{period}" if period else ""
    with desk.filing() as clerk:
        filed = [
            clerk.file_part(f"{package.agency}/{part.deliverable}{suffix}", part, kept)
            for part in package.parts
        ]
    return [Filed("", findings=package.findings), *filed] if package.findings else filed


def file_nil(
    engine: Engine,
    plan_id: str,
    obligation: str,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
    how: How | None = None,
) -> Filed:
    """A nil return: nothing to report, for a reason that the coordinator will judge."""
    if not reason.strip():
        raise UsageError("Báo «không phát sinh» cần nêu lý do.")
    told = FoundFault("note", "filing.nil", f"Báo không phát sinh, lý do: {reason.strip()}")
    desk = Desk(engine, None, plan_id, actor, now, how or How())
    with desk.filing() as clerk:
        return clerk.file(obligation, "nil", findings=(told,), payload={"reason": reason.strip()})


def file_conference(
    engine: Engine,
    store: Store,
    plan_id: str,
    obligation: str,
    *,
    held_on: date,
    place: str,
    attending: int,
    minutes: File | None = None,
    actor: Actor,
    now: datetime,
    how: How | None = None,
) -> Filed:
    """Report a conference. It is in time by the local day it was held; early, late, on a day off and
    without minutes are told."""
    require_reason(held_on)
    require_attending(attending)
    desk = Desk(engine, store, plan_id, actor, now, how or How())
    with reading(engine) as session:
        row = find_obligation(session, plan_id, obligation)
        _require_kind(session.get_one(Deliverable, row.deliverable_id), DeliverableKind.conference)
        calendar = load_calendar(session, plan_id, held_on.year)
        findings = check_event(
            held_on=held_on,
            place=place,
            attending=attending,
            has_minutes=minutes is not None,
            opens_at=row.opens_at,
            due_at=row.due_at,
            calendar=calendar,
            now=now,
        )
    files = desk.keep_unread([minutes] if minutes else [])
    payload = {"held_on": held_on.isoformat(), "place": place.strip(), "attending": attending}
    with desk.filing() as clerk:
        return clerk.file(obligation, "conference", files=files, findings=findings, payload=payload)


def file_duty(
    engine: Engine,
    store: Store,
    plan_id: str,
    obligation: str,
    *,
    evidence: str,
    files: Sequence[File] = (),
    done_on: date | None = None,
    actor: Actor,
    now: datetime,
    how: How | None = None,
) -> Filed:
    """Mark a duty as done, a plan or document as made: `evidence` says by what (a document's number, a
    link), `files` show it, `done_on` is the local day."""
    if not evidence.strip() and not files:
        raise UsageError("Cần nêu minh chứng: số văn bản, đường dẫn, hoặc tệp kèm theo.")
    desk = Desk(engine, store, plan_id, actor, now, how or How())
    with reading(engine) as session:
        row = find_obligation(session, plan_id, obligation)
        deliverable = session.get_one(Deliverable, row.deliverable_id)
        if not DeliverableKind(deliverable.kind).by_evidence:
            _require_kind(deliverable, DeliverableKind.duty)
    payload = {"evidence": evidence.strip()}
    if done_on is not None:
        payload["done_on"] = done_on.isoformat()
    kept = desk.keep_unread(files)
    with desk.filing() as clerk:
        return clerk.file(obligation, "duty", files=kept, payload=payload)


_KIND_WORDS = {
    DeliverableKind.conference: "hội nghị",
    DeliverableKind.duty: "nhiệm vụ thường xuyên",
}


def _require_kind(deliverable: Deliverable, kind: DeliverableKind) -> None:
    if deliverable.kind != kind.value:
        raise UsageError(f"«{deliverable.title}» không phải {_KIND_WORDS[kind]}.")
