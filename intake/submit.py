"""Handing in: files read, checked, kept and filed, one numbered submission for each obligation touched.

    filed = submit_files(SubmissionContext(…), "stp", [("bieu.xlsx", data)])

Files are read and kept (and read back) before a transaction is opened, so that nobody waits for a heavy
file; what the ledger will not take is told for that obligation and hinders no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Engine
from sqlmodel import Session

from intake.conference import HeldConference, check_event
from intake.copies.facts import signed_later
from intake.earlier_figures import earlier_figures
from intake.files.findings import fault
from intake.files.gate import Limits, safe_filename
from intake.files.store import Store
from intake.package import Package, Recogniser, read_package
from intake.parts import SubmissionPart
from intake.recognise import Content, Recognised, recognise_safely
from intake.scans import queue
from plan import ledger
from plan.database import reading, writing
from plan.definition.model import DeliverableKind
from plan.errors import NotFoundError, RefusedError, UsageError
from plan.ledger.filing import WITNESSED, FiledFile, Filing, FoundFault, Via
from plan.models import Deliverable
from plan.plausible import require_attending, require_past, require_reason
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, find_plan, load_calendar, obligation_name
from plan.states import HANDED_IN, Actor, Role, State


def submit_files(
    context: SubmissionContext,
    agency: str,
    files: Sequence[File],
    *,
    only: str = "",
    limits: Limits | None = None,
    recogniser: Recogniser = recognise_safely,
) -> list[Filed]:
    """Read a package, check it, keep its bytes and file each part with its obligation.

    `only`: the obligation (`agency/deliverable`) the files are for; without it, what they hold decides.
    Raises UsageError, NotFoundError and RefusedError for a request that cannot be meant; faults of files
    are findings.
    """
    with reading(context.engine) as session:
        plan = find_plan(session, context.plan_id)
        if only:
            _require_own(only, agency)
            row = find_obligation(session, context.plan_id, only)
            _require_files_do(session.get_one(Deliverable, row.deliverable_id))
        known = earlier_figures(session, plan, agency)
    package = read_package(
        files,
        definition_of(plan),
        agency,
        only=only.partition("/")[2].partition("@")[0],
        known=known,
        limits=limits,
        recogniser=recogniser,
    )
    return file_package(context, package, period=only.partition("@")[2])


def _require_own(obligation: str, agency: str) -> None:
    if obligation.partition("/")[0] != agency:
        raise UsageError(f"Nghĩa vụ «{obligation}» không phải của «{agency}».")


def _require_files_do(deliverable: Deliverable) -> None:
    """Minutes alone are no report of a conference: its day decides whether it was in time."""
    if deliverable.kind == DeliverableKind.conference.value:
        raise UsageError(
            f"«{deliverable.title}» cần ngày, địa điểm và số người dự, biên bản chỉ là kèm theo."
        )


def file_package(context: SubmissionContext, package: Package, *, period: str = "") -> list[Filed]:
    """File what was read: the bytes of every part, then all parts in one transaction."""
    kept = context.keep(one for part in package.parts for one in part.files)
    suffix = f"@{period}" if period else ""
    with context.filing() as clerk:
        filed = [
            clerk.file_part(f"{package.agency}/{part.deliverable}{suffix}", part, kept)
            for part in package.parts
        ]
    return [Filed("", findings=package.findings), *filed] if package.findings else filed


def file_nil(context: SubmissionContext, obligation: str, reason: str) -> Filed:
    """A nil return: nothing to report, for a reason that the coordinator will judge."""
    if not reason.strip():
        raise UsageError("Báo «không phát sinh» cần nêu lý do.")
    told = FoundFault("note", "filing.nil", f"Báo không phát sinh, lý do: {reason.strip()}")
    with context.filing() as clerk:
        return clerk.file(obligation, "nil", findings=(told,), payload={"reason": reason.strip()})


def file_conference(
    context: SubmissionContext,
    obligation: str,
    event: HeldConference,
    minutes: File | None = None,
) -> Filed:
    """Report a conference. It is in time by the local day it was held; early, late, on a day off and
    without minutes are told."""
    require_reason(event.held_on)
    require_attending(event.attending)
    with reading(context.engine) as session:
        row = find_obligation(session, context.plan_id, obligation)
        _require_kind(session.get_one(Deliverable, row.deliverable_id), DeliverableKind.conference)
        calendar = load_calendar(session, context.plan_id, event.held_on.year)
        findings = check_event(
            event,
            has_minutes=minutes is not None,
            window=(row.opens_at, row.due_at),
            calendar=calendar,
            now=context.now,
        )
    files = context.keep_unread([minutes] if minutes else [])
    with context.filing() as clerk:
        return clerk.file(
            obligation, "conference", files=files, findings=findings, payload=event.payload()
        )


def file_duty(
    context: SubmissionContext,
    obligation: str,
    *,
    evidence: str,
    files: Sequence[File] = (),
    done_on: date | None = None,
) -> Filed:
    """Mark a duty as done, a plan or document as made: `evidence` says by what (a document's number, a
    link), `files` show it, `done_on` is the local day."""
    if not evidence.strip() and not files:
        raise UsageError("Cần nêu minh chứng: số văn bản, đường dẫn, hoặc tệp kèm theo.")
    with reading(context.engine) as session:
        row = find_obligation(session, context.plan_id, obligation)
        deliverable = session.get_one(Deliverable, row.deliverable_id)
        if not DeliverableKind(deliverable.kind).by_evidence:
            _require_kind(deliverable, DeliverableKind.duty)
    payload = {"evidence": evidence.strip()}
    if done_on is not None:
        payload["done_on"] = done_on.isoformat()
    kept = context.keep_unread(files)
    with context.filing() as clerk:
        return clerk.file(obligation, "duty", files=kept, payload=payload)


_KIND_WORDS = {
    DeliverableKind.conference: "hội nghị",
    DeliverableKind.duty: "nhiệm vụ thường xuyên",
}


def _require_kind(deliverable: Deliverable, kind: DeliverableKind) -> None:
    if deliverable.kind != kind.value:
        raise UsageError(f"«{deliverable.title}» không phải {_KIND_WORDS[kind]}.")


# --- Behind handing in: who files what and when, bytes kept first, then one transaction with the
# ledger.

Kind = Literal["files", "nil", "conference", "duty"]
File = tuple[str, bytes]
"""A file's name as given and its bytes."""
OUTSIDE: tuple[Via, ...] = ("paper", "other-system")
"""Ways in that this system has not seen: they need a reference to be believed."""
_KINDS: Mapping[Content, Literal["workbook", "report"]] = {
    Content.workbook: "workbook",
    Content.report: "report",
}


@dataclass(frozen=True)
class ReceiptDetails:
    """How it came. `received_at` (UTC): when the office had it (none: now); `signed_at` and `issued_at`: the
    document's own moments, where known; `reference`: number of the covering document, which what came on
    paper or by another system needs; `key`: of the sending (`sending_key`), sent again with it nothing is
    filed twice."""

    via: Via = "cli"
    reference: str = ""
    note: str = ""
    received_at: datetime | None = None
    signed_at: datetime | None = None
    issued_at: datetime | None = None
    key: str = ""


@dataclass(frozen=True)
class Filed:
    """What became of one part.

    `obligation` (`agency/deliverable`) is empty for findings about files that belong nowhere. `number`
    is the submission's within the obligation, 0 where nothing was filed; `findings` then say why.
    `repeated`: the same content was filed before, under that number.
    """

    obligation: str
    number: int = 0
    submission_id: int | None = None
    findings: tuple[FoundFault, ...] = ()
    repeated: bool = False

    @property
    def complete(self) -> bool:
        """Filed, and nothing to mend."""
        return self.number > 0 and all(one.severity != "error" for one in self.findings)


@dataclass(frozen=True)
class SubmissionContext:
    """Who hands in, where, when and how. Refuses what cannot be: a receipt in the future, an agency
    that dates its own letter back, paper without a number."""

    engine: Engine
    store: Store | None
    plan_id: str
    actor: Actor
    now: datetime
    how: ReceiptDetails = field(default_factory=ReceiptDetails)

    def __post_init__(self) -> None:
        received_at = self.how.received_at
        if self.how.via in OUTSIDE and not self.how.reference:
            raise UsageError("Nhập lại bản nhận ngoài hệ thống cần số văn bản.")
        if received_at is not None:
            require_past("nhận", received_at, self.now)
        dated_back = received_at is not None and received_at < self.now
        if dated_back and self.actor.role is Role.agency and self.how.via not in WITNESSED:
            raise RefusedError("Chỉ cơ quan đầu mối được ghi lùi thời điểm nhận.")

    def keep(self, files: Iterable[Recognised]) -> dict[str, FiledFile]:
        """Keep each file; by name."""
        return {
            one.filename: self._kept(one.filename, one.data, _KINDS.get(one.content, "unread"))
            for one in files
        }

    def keep_unread(self, files: Sequence[File]) -> tuple[FiledFile, ...]:
        """Minutes and evidence: kept, never read."""
        return tuple(self._kept(safe_filename(name), data, "unread") for name, data in files)

    def _kept(
        self, name: str, data: bytes, kind: Literal["workbook", "report", "unread"]
    ) -> FiledFile:
        assert self.store is not None  # only a nil return, which has no files, goes without
        return FiledFile(name, self.store.put(data), len(data), kind)

    @contextmanager
    def filing(self) -> Iterator[FilingTransaction]:
        """One transaction in which filings are made."""
        with writing(self.engine) as session:
            yield FilingTransaction(self, session)


class FilingTransaction:
    """Files with the ledger, within one transaction."""

    def __init__(self, context: SubmissionContext, session: Session) -> None:
        self.context, self.session = context, session

    def file_part(
        self, obligation: str, part: SubmissionPart, kept: Mapping[str, FiledFile]
    ) -> Filed:
        """One part of a package. Where nobody asked for it, or a blank form would take the place of what
        waits or is accepted, nothing is filed and a finding says so."""
        notes = {one.indicator: one.text for one in part.notes if one.text}
        received_at = self.context.how.received_at or self.context.now
        later = tuple(signed_later(part.files, received_at))
        try:
            if part.is_blank and self._stands(obligation):
                return Filed(obligation, findings=(*part.findings, fault("filing.blank")))
            filed = self.file(
                obligation,
                "files",
                files=tuple(kept[one.filename] for one in part.files),
                findings=(*part.findings, *later),
                values=part.values,
                sections=part.sections,
                payload={"notes": notes} if notes else {},
            )
        except NotFoundError:
            return Filed(obligation, findings=(*part.findings, _not_asked(part)))
        if filed.number:
            for one in part.files:
                sha256 = kept[one.filename].sha256
                queue.enqueue(self.session, sha256, one.scanned, self.context.now)
        return filed

    def _stands(self, obligation: str) -> bool:
        """Whether something handed in stands there."""
        row = find_obligation(self.session, self.context.plan_id, obligation)
        return State(row.state) in HANDED_IN

    def file(self, obligation: str, kind: Kind, **content: Any) -> Filed:
        """One filing. Raises NotFoundError for an unknown obligation; a refusal of the ledger is a
        finding, with nothing changed."""
        row = find_obligation(self.session, self.context.plan_id, obligation)
        filing = self._filing(kind, content)
        before = row.submissions
        try:
            made = ledger.submit(
                self.session,
                int(row.id or 0),
                filing,
                actor=self.context.actor,
                now=self.context.now,
            )
        except RefusedError as refused:
            told = FoundFault("error", "filing.refused", str(refused))
            return Filed(obligation, findings=(*filing.findings, told))
        name = obligation_name(self.session, row)
        return Filed(name, made.number, made.id, filing.findings, repeated=made.number <= before)

    def _filing(self, kind: Kind, content: dict[str, Any]) -> Filing:
        how = self.context.how
        return Filing(
            kind=kind,
            received_at=how.received_at or self.context.now,
            via=how.via,
            reference=how.reference,
            note=how.note,
            key=how.key,
            signed_at=how.signed_at,
            issued_at=how.issued_at,
            **content,
        )


def _not_asked(part: SubmissionPart) -> FoundFault:
    return FoundFault(
        "error",
        "filing.not-asked",
        f"Cơ quan không được giao (hoặc chưa được yêu cầu) nộp «{part.deliverable}»; chưa ghi nhận gì. "
        "Hãy hỏi đầu mối tổng hợp nếu thấy cần nộp.",
        file=part.files[0].filename if part.files else "",
    )
