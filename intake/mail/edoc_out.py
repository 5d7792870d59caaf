"""What leaves for the document axis: one tray of packages, emptied into a folder or over HTTP with a key.

A package is written whenever it is asked for, from the letter and its kept file or from what came and is
answered: the same bytes each time, and the signed file as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from documents.edxml import Attached, Letter, Organ, Reference, Status
from documents.edxml_writing import document_id, write
from intake.files.store import Store
from intake.mail.edoc import facts_of
from intake.mail.letters import LetterFacts
from plan.errors import NotFoundError
from plan.models import EdocPackage, IncomingMail, LetterReceiver, Plan, SignedLetter
from plan.queries.definitions import definition_of


def axis_letter(
    facts: LetterFacts,
    sender: str,
    to: tuple[Organ, ...],
    files: tuple[tuple[str, bytes], ...],
    sent_at: datetime,
) -> Letter:
    """A letter of ours as the axis has it. `sender`: our code there."""
    before, _, after = facts.number.partition("/")
    return Letter(
        sender=Organ(sender),
        to=to,
        number=before,
        notation=after,
        promulgated_on=facts.on,
        type_name="Công văn",
        subject=facts.subject,
        signer=facts.signer,
        due_on=facts.due,
        sent_at=sent_at,
        attachments=tuple(Attached(name, data) for name, data in files),
    )


def axis_id(facts: LetterFacts, sender: str, now: datetime) -> str:
    """The id a letter of ours has on the axis."""
    return document_id(axis_letter(facts, sender, (), (), now))


def waiting(session: Session, limit: int) -> list[EdocPackage]:
    """Packages that nobody has taken yet, the oldest first."""
    wanted = select(EdocPackage).where(col(EdocPackage.taken_at).is_(None))
    return list(session.exec(wanted.order_by(col(EdocPackage.id)).limit(limit)))


def package_of(session: Session, store: Store, row: EdocPackage, organ: str) -> tuple[str, bytes]:
    """Its name and bytes. `organ`: our code on the axis. Raises `StoreError` where the file is gone."""
    if row.letter_id is not None:
        return _of_letter(session, store, session.get_one(SignedLetter, row.letter_id), organ)
    mail = session.get_one(IncomingMail, row.mail_id)
    edoc = facts_of(mail.outcome)
    if edoc is None:
        raise NotFoundError("gói", str(row.id), ())
    about = Reference(organ=edoc.organ, document_id=edoc.document)
    status = Status(Organ(organ), about, row.code, at=row.made_at)
    return f"trang-thai-{row.mail_id}-{row.code}.edxml", write(status)


def _of_letter(
    session: Session, store: Store, letter: SignedLetter, organ: str
) -> tuple[str, bytes]:
    names = _names(session, letter.plan_id)
    receivers = session.exec(
        select(LetterReceiver.organ)
        .where(LetterReceiver.letter_id == letter.id, LetterReceiver.organ != "")
        .order_by(col(LetterReceiver.agency_id))
    )
    facts = LetterFacts(
        letter.number, letter.subject, letter.issued_on, letter.due_on, letter.signer
    )
    to = tuple(Organ(code, names.get(code, "")) for code in dict.fromkeys(receivers))
    files = ((letter.filename, store.get(letter.sha256)),)
    name = f"{letter.number.replace('/', '-')}-{letter.issued_on:%Y%m%d}-{letter.id}.edxml"
    return name, write(axis_letter(facts, organ, to, files, letter.sent_at))


def _names(session: Session, plan_id: str) -> Mapping[str, str]:
    agencies = definition_of(session.get_one(Plan, plan_id)).agencies
    return {code: one.names[-1].name for one in agencies for code in one.organ_ids}


def take(session: Session, number: int, by: str, now: datetime) -> bool:
    """The package is in the hands of the software at the axis (`by`: through which door). False: it was
    already."""
    taken = session.connection().execute(
        update(EdocPackage)
        .where(col(EdocPackage.id) == number, col(EdocPackage.taken_at).is_(None))
        .values(taken_at=now, taken_by=by)
    )
    return taken.rowcount == 1
