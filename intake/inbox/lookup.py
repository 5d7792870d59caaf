"""Who a mail is from and what it is about, as the database knows; then, without looking further, what is
to be done with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, or_, select

from documents.edxml import BUSINESS_WORDS
from intake.inbox.claims import FILED, IGNORED, TO_CONFIRM, TO_PERSON
from intake.mail.edoc import Edoc, edoc_of
from intake.mail.message import Mail
from intake.mail.opening import Bounds, Opened, open_mail
from intake.mail.placing import Duty, candidates, references
from intake.mail.trust import Trust, weigh
from plan.handdown.definition import PARENT
from plan.models import (
    Agency,
    Contact,
    Deliverable,
    Message,
    MessageObligation,
    Obligation,
    Plan,
    SignedLetter,
)
from plan.queries.definitions import definition_of
from plan.queries.delegations import in_place
from plan.queries.letters import letter_of_axis, letter_of_messages
from plan.queries.lookup import of_the_office
from plan.states import PlanState, State

FOLDER = "folder"
AGENCY_HEADER = "X-Dondoc-Agency"
"""Whose folder a package lay in; read of nothing that came by mail."""
_TAKING = (PlanState.running, PlanState.paused)
_OPEN = (State.owed, State.returned)


@dataclass(frozen=True)
class Sender:
    """A place in an agency that the address belongs to. `contact_id` None: the watched folder."""

    plan_id: str
    agency: str
    name: str
    contact_id: int | None = None


@dataclass(frozen=True)
class MailLook:
    """A mail with all that is known of it."""

    mail: Mail
    opened: Opened
    trust: Trust
    senders: tuple[Sender, ...] = ()
    about: tuple[Duty, ...] = ()
    """What it answers or names, of the sender's duties."""
    owed: tuple[Duty, ...] = ()
    folder: bool = False
    edoc: Edoc | None = None
    """What a package of the document axis says of itself."""
    ours: bool = False
    """Sent by this installation itself."""
    letter: SignedLetter | None = None
    """The letter of ours that it answers, or says what became of."""

    @property
    def sender(self) -> Sender | None:
        return self.senders[0] if len(self.senders) == 1 else None


@dataclass(frozen=True)
class Verdict:
    """The state a mail goes to, why (for the coordinator), and whether its sender is answered."""

    state: str
    why: str = ""
    answered: bool = False


def judge(look: MailLook, *, confirmed: bool = False) -> Verdict:
    """What is to be done. `confirmed`: its sender has said on the page that it is theirs. Pure."""
    opened = look.opened
    if look.ours or look.mail.automatic:
        why = "Thư của chính hệ thống." if look.ours else f"Là {look.mail.automatic}."
        return Verdict(TO_PERSON if opened.files and not look.ours else IGNORED, why)
    if look.edoc is not None and (verdict := _of_axis(look.edoc)) is not None:
        return verdict
    if not look.senders:
        return Verdict(TO_PERSON, _unknown(look))
    if look.sender is None:
        named = ", ".join(dict.fromkeys(one.agency for one in look.senders))
        return Verdict(TO_PERSON, f"Người gửi có ở nhiều nơi trong danh bạ ({named}).")
    if not opened.files:
        return Verdict(TO_PERSON, "Thư không kèm tệp nào đọc được.", answered=bool(opened.findings))
    if not (look.trust.ok or confirmed or look.folder):
        return Verdict(TO_CONFIRM, look.trust.why, answered=True)
    return Verdict(FILED, look.trust.why, answered=True)


def _of_axis(edoc: Edoc) -> Verdict | None:
    """What the document axis brings besides new documents: a person's, or for the record alone."""
    if edoc.refused:
        return Verdict(TO_PERSON, edoc.refused)
    if edoc.status:
        return Verdict(IGNORED, edoc.status)
    if edoc.business:
        what = BUSINESS_WORDS.get(edoc.business, f"mã {edoc.business}")
        return Verdict(TO_PERSON, f"Gói của trục là {what}, không phải văn bản mới: {edoc.words}.")
    return None


def _unknown(look: MailLook) -> str:
    if look.edoc is not None and look.edoc.organ:
        return _UNKNOWN_ORGAN.format(code=look.edoc.organ)
    return _UNKNOWN_FOLDER if look.folder else _STRANGER


_UNKNOWN_ORGAN = "Mã cơ quan «{code}» trên trục không có trong kế hoạch nào đang chạy."
_STRANGER = "Người gửi không có trong danh bạ của kế hoạch nào đang chạy."
_UNKNOWN_FOLDER = "Không rõ tệp của cơ quan nào: hãy để tệp trong thư mục mang mã cơ quan."


# --- from the database -------------------------------------------------------------------------------


def look_at(
    session: Session,
    mail: Mail,
    source: str,
    *,
    authserv_id: str,
    own: Collection[str] = (),
    bounds: Bounds | None = None,
    agency: str = "",
    on: date,
) -> MailLook:
    """`own`: addresses this installation sends from; `agency`: whose a package in the folder is, where its
    files say so; `on`: the local day it came. Reads only."""
    edoc: Edoc | None = None
    trust = weigh(mail.headers("Authentication-Results"), authserv_id, mail.sender)
    answered = _answered(session, mail)
    if source == FOLDER:
        edoc = edoc_of(mail)
        why = f"Nhận qua trục văn bản: {edoc.words}." if edoc else "Nhận từ thư mục."
        trust, senders = Trust(True, why), _from_folder(session, mail, agency, edoc)
    else:
        senders = _narrowed(senders_of(session, mail.sender, on), answered)
    about, owed = tuple[Duty, ...](), tuple[Duty, ...]()
    if len(senders) == 1:
        owed = duties_of(session, senders[0].plan_id, senders[0].agency)
        ids = {duty_id for duty_id, _, _ in answered}
        about = tuple(candidates([duty for duty in owed if duty.id in ids], mail.subject, owed))
    return MailLook(
        mail,
        open_mail(mail, bounds),
        trust,
        tuple(senders),
        about,
        owed,
        source == FOLDER,
        edoc,
        mail.sender in own,
        letter_answered(session, mail, edoc),
    )


def senders_of(session: Session, address: str, on: date) -> list[Sender]:
    """Every place in running plans that bears this address on the local day."""
    if not address:
        return []
    rows = session.exec(
        select(Plan.id, Agency.code, Contact)
        .join(Agency, col(Agency.plan_id) == Plan.id)
        .join(Contact, col(Contact.agency_id) == Agency.id)
        .where(
            func.lower(Contact.email) == address,
            in_place(on),
            col(Plan.state).in_(_TAKING),
            or_(of_the_office(), Agency.group != PARENT),
        )
        .order_by(Plan.id, col(Agency.sort), col(Contact.id))
    ).all()
    found = {
        (plan_id, agency): Sender(plan_id, agency, contact.name, contact.id)
        for plan_id, agency, contact in reversed(rows)
    }
    return list(reversed(found.values()))


def taking_plans(session: Session) -> list[Plan]:
    """Plans of the office's own that take submissions."""
    taking = select(Plan).where(of_the_office(), col(Plan.state).in_(_TAKING))
    return list(session.exec(taking.order_by(Plan.id)))


def _from_folder(session: Session, mail: Mail, agency: str, edoc: Edoc | None) -> list[Sender]:
    if edoc is not None and edoc.organ:
        return [
            Sender(plan.id, one.id, edoc.organ_name or one.names[-1].name)
            for plan in taking_plans(session)
            for one in definition_of(plan).agencies
            if edoc.organ in one.organ_ids
        ]
    code = agency or mail.header(AGENCY_HEADER)
    known = session.exec(
        select(Plan.id, Agency.code)
        .join(Agency, col(Agency.plan_id) == Plan.id)
        .where(Agency.code == code, of_the_office(), col(Plan.state).in_(_TAKING))
    ).all()
    return [Sender(plan, found, "Thư mục nhận tệp") for plan, found in known]


def _answered(session: Session, mail: Mail) -> list[tuple[int, str, str]]:
    """Obligations that our messages it answers are about: (row id, plan, agency)."""
    wanted = references(mail.answers)
    if not wanted:
        return []
    rows = session.exec(
        select(Obligation.id, Obligation.plan_id, Agency.code)
        .join(MessageObligation, col(MessageObligation.obligation_id) == Obligation.id)
        .join(Message, col(Message.id) == MessageObligation.message_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(col(Message.reference).in_(wanted))
    )
    return [(number or 0, plan_id, agency) for number, plan_id, agency in rows]


def letter_answered(session: Session, mail: Mail, edoc: Edoc | None) -> SignedLetter | None:
    """The letter of ours that a package names, or that a mail is the reply to; None: neither."""
    if edoc is not None:
        return letter_of_axis(session, edoc.answered)
    return letter_of_messages(session, references(mail.answers))


def _narrowed(senders: Sequence[Sender], answered: Sequence[tuple[int, str, str]]) -> list[Sender]:
    """Of several places, the one that its thread is about."""
    threads = {(plan_id, agency) for _, plan_id, agency in answered}
    if len(senders) > 1 and threads:
        return [one for one in senders if (one.plan_id, one.agency) in threads] or list(senders)
    return list(senders)


def duties_of(session: Session, plan_id: str, agency: str) -> tuple[Duty, ...]:
    """What the agency owes or owed, the plan's own order."""
    rows = session.exec(
        select(Obligation, Deliverable)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(Obligation.plan_id == plan_id, Agency.code == agency)
        .order_by(col(Obligation.id))
    )
    return tuple(_duty(agency, row, deliverable) for row, deliverable in rows)


def _duty(agency: str, row: Obligation, deliverable: Deliverable) -> Duty:
    period = f"@{row.period}" if row.period else ""
    return Duty(
        row.id or 0,
        f"{agency}/{deliverable.code}{period}",
        row.title,
        deliverable.short,
        row.state in _OPEN,
        deliverable.kind,
    )
