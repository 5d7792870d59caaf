"""A letter that was signed, sent: over the document axis and by mail, as far as each agency has them.

    read = read_signed("15.pdf", data, limits)
    sent = send_letter(LetterDesk(engine, store, messaging, "H08.09"), plan_id, facts, read, ["stp"], …)

The signed file is kept and goes out byte for byte; its signatures are looked into and kept as facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from intake.copies.facts import signature_said
from intake.files.gate import Limits, Refused, check_kind, safe_filename
from intake.files.store import Store
from intake.mail.edoc_out import axis_id
from intake.mail.letters import LetterFacts, LetterOnItsWay, record_letter
from intake.pdf.signatures import has_signatures
from intake.recognise import signatures_safely
from notifications.messages.views import Context
from notifications.outbox import enqueue
from notifications.outbox.drafts import KeptAttachment, MessageDraft, row_of
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from notifications.policy import Ladder
from notifications.recipients import Person
from notifications.reminders.digests import person_view
from plan.calendar import local_day
from plan.database import reading, writing
from plan.definition.model import Audience
from plan.errors import RefusedError, UsageError
from plan.ledger.filing import FiledFile
from plan.models import Agency, SignedLetter
from plan.queries.definitions import definition_of
from plan.queries.letters import message_key
from plan.queries.lookup import find_agency, find_plan
from plan.states import Actor
from plan.text import date_words, join_names, number_words

EVENT = "signed-letter"
PDF = "application/pdf"
_BY_MAIL = Ladder((), ("email",), (), announce=False)


@dataclass(frozen=True)
class SignedFile:
    """A signed letter as a file, and the signatures found in it."""

    name: str
    data: bytes = field(repr=False)
    signatures: tuple[Mapping[str, Any], ...] = ()
    """Each by the fields of `intake.pdf.signatures.Signature`, and in a sentence (`said`)."""


@dataclass(frozen=True)
class LetterDesk:
    """What letters are sent with. `organ`: our code on the document axis; empty: not connected."""

    engine: Engine
    store: Store
    messaging: Messaging
    organ: str = ""


@dataclass(frozen=True)
class SentLetter:
    """A letter that is on its way. Agencies by their names: whom it goes to over the axis, by mail, and whom
    by neither, so that it must be taken to them another way."""

    number: int
    by_axis: tuple[str, ...]
    by_mail: tuple[str, ...]
    by_none: tuple[str, ...]

    @property
    def words(self) -> str:
        """What was done, in sentences."""
        ways = (("qua trục liên thông", self.by_axis), ("qua thư điện tử", self.by_mail))
        sent = [f"{way} đến {number_words(len(names))} cơ quan" for way, names in ways if names]
        left = join_names(list(self.by_none), noun="cơ quan") if self.by_none else ""
        also = f" Chưa có cách gửi cho {left}: hãy gửi bản giấy." if left else ""
        return f"Đã gửi công văn {' và '.join(sent)}.{also}"


def read_signed(name: str, data: bytes, limits: Limits) -> SignedFile:
    """The file through the gate, its signatures looked into in the guarded process. UsageError for what is no
    PDF or may not come in. Takes seconds; opens no transaction."""
    shown = safe_filename(name)
    if not data:
        raise UsageError(f"Tệp {shown} rỗng.")
    try:
        kind = check_kind(data, limits)
    except Refused as refused:
        raise UsageError(f"«{shown}»: {refused.finding.message}") from None
    if kind != "pdf":
        raise UsageError(f"«{shown}» không phải PDF: hãy gửi bản công văn đã ký ở dạng PDF.")
    found = signatures_safely(data, "", limits) if has_signatures(data) else ()
    store = Path(limits.trust_store).name
    facts = tuple({**asdict(one), "said": signature_said(one, store)} for one in found)
    return SignedFile(shown, data, facts)


def send_letter(
    desk: LetterDesk,
    plan_id: str,
    facts: LetterFacts,
    file: SignedFile,
    agencies: Sequence[str],
    *,
    actor: Actor,
    now: datetime,
) -> SentLetter:
    """The letter on record, its package in the tray of the axis and its mails in the outbox, in one
    transaction. Raises UsageError for a letter that says too little, NotFoundError for an agency that is
    none, RefusedError where nobody could get it, it was sent already, or the plan takes nothing. Reads the
    people of the plan once, and writes a mail for each who hears."""
    facts.check()
    if facts.on > local_day(now):
        raise UsageError(f"Ngày ban hành {date_words(facts.on)} chưa tới.")
    with reading(desk.engine) as session:
        organs = _organs(session, plan_id, agencies, desk.organ)
    sha256 = desk.store.put(file.data)
    kept = FiledFile(file.name, sha256, len(file.data), "unread")
    with writing(desk.engine) as session:
        book = load_plan_context(session, plan_id, now, desk.messaging)
        mailed = {agency: heard for agency in organs if (heard := _heard(book, agency))}
        by_axis = [agency for agency, organ in organs.items() if organ]
        if not mailed and not by_axis:
            raise RefusedError(
                "Không cơ quan nào nhận được: chưa có mã trên trục, cũng chưa có địa chỉ thư."
            )
        edoc_id = axis_id(facts, desk.organ, now) if by_axis else ""
        sent = LetterOnItsWay(facts, kept, file.signatures, organs, edoc_id)
        letter = record_letter(session, plan_id, sent, actor=actor, now=now)
        drafts = [
            _draft(book, letter, agency, person, now)
            for agency, heard in mailed.items()
            for person in heard
        ]
        send_at = book.office.next_opening(now)
        enqueue.add_messages(session, [row_of(book, one, now, send_at) for one in drafts])
        names = {agency: book.names[agency].short for agency in organs}
        return SentLetter(
            letter.id or 0,
            tuple(names[one] for one in by_axis),
            tuple(names[one] for one in mailed),
            tuple(names[one] for one in organs if one not in mailed and not organs[one]),
        )


def _organs(session: Session, plan_id: str, agencies: Sequence[str], own: str) -> Mapping[int, str]:
    """Each agency's row → its code on the axis; empty: it has none, or we are not connected."""
    if not agencies:
        raise UsageError("Chưa chọn cơ quan nào.")
    plan = find_plan(session, plan_id)
    definition = definition_of(plan)
    if definition.coordinator in agencies:
        raise UsageError("Đơn vị đầu mối không gửi công văn cho chính mình.")
    codes = {one.id: one.organ_ids[0] for one in definition.agencies if one.organ_ids}
    there = {
        code: number or 0
        for code, number in session.exec(
            select(Agency.code, Agency.id).where(
                Agency.plan_id == plan_id, col(Agency.code).in_(agencies)
            )
        )
    }
    for code in agencies:
        if code not in there:
            find_agency(session, plan_id, code)  # says which was meant
    return {there[code]: codes.get(code, "") if own else "" for code in dict.fromkeys(agencies)}


def _heard(book: PlanContext, agency: int) -> list[Person]:
    found = book.directory.recipients_of(agency, Audience.contact, _BY_MAIL)
    return [person for person, _ in found]


def _draft(
    book: PlanContext, letter: SignedLetter, agency: int, person: Person, now: datetime
) -> MessageDraft:
    name = book.names[agency]
    facts = {
        "number": letter.number,
        "issued": date_words(letter.issued_on),
        "subject": letter.subject,
        "agency": name.name,
        "agency_short": name.short,
        "due": date_words(letter.due_on) if letter.due_on else "",
        "signer": letter.signer,
        "file": letter.filename,
    }
    return MessageDraft(
        person=person,
        agency_id=agency,
        channel="email",
        copy=False,
        context=Context(
            event=EVENT,
            plan=book.plan_view,
            office=book.office_view,
            person=person_view(book, person, agency),
            url=book.link(person, agency, "", now),
            facts=facts,
            clock=book.clock_words(now),
        ),
        rows=(),
        dedupe_key=message_key(letter.id or 0, agency, person.key, "email"),
        kept=[KeptAttachment(letter.filename, PDF, letter.sha256)],
    )
