"""Behind handing in: who files what and when, bytes kept first, then one transaction with the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine
from sqlmodel import Session

from intake.files.gate import safe_filename
from intake.files.store import Store
from intake.parts import Part
from intake.recognise import Content, Recognised
from plan import ledger
from plan.database import writing
from plan.errors import NotFoundError, RefusedError, UsageError
from plan.ledger.filing import WITNESSED, FiledFile, Filing, FoundFault, Via
from plan.plausible import require_past
from plan.queries.lookup import find_obligation, obligation_name
from plan.states import Actor, Role

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
class How:
    """How it came. `received_at`: when the office had it (none: now); `signed_at` and `issued_at`: the
    document's own moments, where known; `reference`: number of the covering document."""

    via: Via = "cli"
    reference: str = ""
    note: str = ""
    received_at: datetime | None = None
    signed_at: datetime | None = None
    issued_at: datetime | None = None


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
class Desk:
    """Who hands in, where, when and how. Refuses what cannot be: a receipt in the future, an agency
    that dates its own letter back, paper without a number."""

    engine: Engine
    store: Store | None
    plan_id: str
    actor: Actor
    now: datetime
    how: How = field(default_factory=How)

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
    def filing(self) -> Iterator[Clerk]:
        """One transaction in which filings are made."""
        with writing(self.engine) as session:
            yield Clerk(self, session)


class Clerk:
    """Files with the ledger, within one transaction."""

    def __init__(self, desk: Desk, session: Session) -> None:
        self.desk, self.session = desk, session

    def file_part(self, obligation: str, part: Part, kept: Mapping[str, FiledFile]) -> Filed:
        """One part of a package. Where nobody asked for it, nothing is filed and a finding says so."""
        notes = {one.indicator: one.text for one in part.notes if one.text}
        try:
            return self.file(
                obligation,
                "files",
                files=tuple(kept[one.filename] for one in part.files),
                findings=part.findings,
                values=part.values,
                sections=part.sections,
                payload={"notes": notes} if notes else {},
            )
        except NotFoundError:
            return Filed(obligation, findings=(*part.findings, _not_asked(part)))

    def file(self, obligation: str, kind: Kind, **content: Any) -> Filed:
        """One filing. Raises NotFoundError for an unknown obligation; a refusal of the ledger is a
        finding, with nothing changed."""
        row = find_obligation(self.session, self.desk.plan_id, obligation)
        filing = self._filing(kind, content)
        before = row.submissions
        try:
            made = ledger.submit(
                self.session, int(row.id or 0), filing, actor=self.desk.actor, now=self.desk.now
            )
        except RefusedError as refused:
            told = FoundFault("error", "filing.refused", str(refused))
            return Filed(obligation, findings=(*filing.findings, told))
        name = obligation_name(self.session, row)
        return Filed(name, made.number, made.id, filing.findings, repeated=made.number <= before)

    def _filing(self, kind: Kind, content: dict[str, Any]) -> Filing:
        how = self.desk.how
        return Filing(
            kind=kind,
            received_at=how.received_at or self.desk.now,
            via=how.via,
            reference=how.reference,
            note=how.note,
            signed_at=how.signed_at,
            issued_at=how.issued_at,
            **content,
        )


def _not_asked(part: Part) -> FoundFault:
    return FoundFault(
        "error",
        "filing.not-asked",
        f"Cơ quan không được giao (hoặc chưa được yêu cầu) nộp «{part.deliverable}»; chưa ghi nhận gì. "
        "Hãy hỏi đầu mối tổng hợp nếu thấy cần nộp.",
        file=part.files[0].filename if part.files else "",
    )
