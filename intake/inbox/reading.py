"""The files of a mail read, and each told its place, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from intake.earlier_figures import earlier_figures
from intake.files.gate import Limits
from intake.files.store import Store
from intake.inbox.lookup import MailLook
from intake.mail.opening import Bounds
from intake.mail.placing import Duty
from intake.package import Package, Recogniser, read_package
from intake.parts import SubmissionPart
from intake.recognise import recognise_safely
from intake.sandbox import annotate_safely
from intake.submit import File
from plan.database import reading
from plan.definition.model import DeliverableKind
from plan.ledger.filing import FoundFault
from plan.models import IncomingMail
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan
from plan.text import number_words

Answer = Callable[[Session, IncomingMail, Sequence[File]], object]
"""Puts the answer to a mail into the outbox, in the transaction at hand; with the marked copies."""
MOST_MARKED = 8 * 1024 * 1024
"""Bytes of marked copies that go along with an answer."""


def no_answer(_session: Session, _mail: IncomingMail, _marked: Sequence[File]) -> None:
    """For what came from nobody who could be answered."""


@dataclass(frozen=True)
class MailDesk:
    """What mails are dealt with. `own`: addresses this installation sends from."""

    engine: Engine
    store: Store
    now: datetime
    authserv_id: str = ""
    own: frozenset[str] = frozenset()
    limits: Limits | None = None
    answer: Answer = no_answer
    recogniser: Recogniser = recognise_safely

    @property
    def bounds(self) -> Bounds:
        limits = self.limits or Limits()
        return Bounds(limits.max_bytes, 4 * limits.max_bytes)


@dataclass(frozen=True)
class Placed:
    """What the files are, before anything is written. `parts` by the obligation's name; `evidence`: an
    obligation that any file shows to be done."""

    parts: Mapping[str, SubmissionPart] = field(default_factory=dict)
    package: Package | None = None
    evidence: str = ""
    findings: tuple[FoundFault, ...] = ()
    unsure: str = ""
    """Why nothing can be filed without a person."""


def place(desk: MailDesk, look: MailLook, only: Duty | None) -> Placed:
    """Read the files and see where each belongs: as the files say, else as the thread or subject does."""
    if only is None:
        package = _read(desk, look, "")
        if package.parts:
            names = {_named(look, part): part for part in package.parts}
            return Placed(names, package, findings=package.findings)
        if len(look.about) != 1:
            return Placed(package=package, findings=package.findings, unsure=_unsure(look))
        only = look.about[0]
    kind = DeliverableKind(only.kind)
    if kind is DeliverableKind.conference:
        words = f"«{only.title}» cần ngày, địa điểm và số người dự, phải báo trên trang."
        return Placed(unsure=words)
    if kind.by_evidence:
        return Placed(evidence=only.name)
    package = _read(desk, look, only.deliverable)
    if not package.parts:
        words = "Không đọc được tệp nào là sản phẩm này."
        return Placed(package=package, findings=package.findings, unsure=words)
    names = {
        only.name if part.deliverable == only.deliverable else _named(look, part): part
        for part in package.parts
    }
    return Placed(names, package, findings=package.findings)


def _unsure(look: MailLook) -> str:
    if look.about:
        return f"Chưa rõ tệp thuộc việc nào trong {number_words(len(look.about))} việc của thư được trả lời."
    return "Chưa rõ tệp thuộc sản phẩm nào: nội dung và tiêu đề thư không cho biết."


def _named(look: MailLook, part: SubmissionPart) -> str:
    """The obligation a part belongs to: the one the mail is about, else the first that is open."""
    sender = look.sender
    assert sender is not None
    fitting = [duty for duty in look.about if duty.deliverable == part.deliverable]
    owed = [duty for duty in look.owed if duty.deliverable == part.deliverable]
    for duty in (*fitting, *(one for one in owed if one.open), *owed):
        return duty.name
    return f"{sender.agency}/{part.deliverable}"


def _read(desk: MailDesk, look: MailLook, only: str) -> Package:
    sender = look.sender
    assert sender is not None
    with reading(desk.engine) as session:
        plan = find_plan(session, sender.plan_id)
        known = earlier_figures(session, plan, sender.agency)
    return read_package(
        look.opened.files,
        definition_of(plan),
        sender.agency,
        only=only,
        known=known,
        limits=desk.limits,
        recogniser=desk.recogniser,
    )


def marked_copies(desk: MailDesk, placed: Placed) -> list[File]:
    """Copies of workbooks with their faulty cells marked, as far as a mail carries them."""
    made, left = list[File](), MOST_MARKED
    for part in placed.parts.values():
        for file in part.files:
            found = [one for one in part.findings if one.file == file.filename]
            if file.workbook is None or not any(one.cell for one in found):
                continue
            data = annotate_safely(file.data, found, desk.limits)
            if data is not None and len(data) <= left:
                left -= len(data)
                made.append((f"{file.filename.rpartition('.')[0]}-danh-dau.xlsx", data))
    return made
