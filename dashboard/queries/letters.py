"""Letters that were sent: by which way each agency got one, and what was answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from documents.edxml import STATUS_WORDS
from plan.models import EdocPackage, IncomingMail, LetterReceiver, Message, SignedLetter
from plan.queries.letters import carried_by, messages_of

MOST_ANSWERS = 200
"""Answers shown of one letter, the newest; an agency answers a few times."""


@dataclass(frozen=True)
class LetterDelivery:
    """How a letter went to one agency: `organ`, its code on the axis, where it went by it; its mails."""

    agency_id: int
    organ: str
    mails: tuple[Message, ...]


@dataclass(frozen=True)
class LetterStory:
    """A letter, to whom it went by which way, what the axis took, what came back (the newest first)."""

    letter: SignedLetter
    deliveries: tuple[LetterDelivery, ...]
    package: EdocPackage | None
    answers: tuple[IncomingMail, ...]
    """The newest, at most `MOST_ANSWERS`."""
    answered: int
    """How many came, shown or not."""


def letters_page(
    session: Session, plan_id: str, limit: int, offset: int
) -> list[tuple[SignedLetter, int, int]]:
    """Letters of a plan, the newest first: each with how many agencies it went to, how many answers came."""
    rows = session.exec(
        select(SignedLetter)
        .where(SignedLetter.plan_id == plan_id)
        .order_by(col(SignedLetter.id).desc())
        .limit(limit)
        .offset(offset)
    ).all()
    ids = [row.id or 0 for row in rows]
    to = _counted(session, LetterReceiver.letter_id, ids)
    answered = _counted(session, IncomingMail.letter_id, ids)
    return [(row, to.get(row.id or 0, 0), answered.get(row.id or 0, 0)) for row in rows]


def _counted(session: Session, column: int | None, ids: Sequence[int]) -> dict[int, int]:
    wanted = select(column, func.count()).where(col(column).in_(ids)).group_by(col(column))
    return {number or 0: count for number, count in session.exec(wanted)}


def letters_count(session: Session, plan_id: str) -> int:
    wanted = select(func.count()).select_from(SignedLetter)
    return session.exec(wanted.where(SignedLetter.plan_id == plan_id)).one()


def letter_in(session: Session, plan_id: str, number: int) -> SignedLetter | None:
    """The letter of this row, if it is the plan's."""
    row = session.get(SignedLetter, number)
    return row if row is not None and row.plan_id == plan_id else None


def story_of(session: Session, letter: SignedLetter) -> LetterStory:
    """Everything known of a letter's way. Costs what it was sent to and what came back."""
    number = letter.id or 0
    mails = defaultdict[int, list[Message]](list)
    for message in messages_of(session, number):
        if (carried := carried_by(message.dedupe_key)) is not None:
            mails[carried[1]].append(message)
    receivers = session.exec(
        select(LetterReceiver)
        .where(LetterReceiver.letter_id == number)
        .order_by(col(LetterReceiver.agency_id))
    )
    answers = session.exec(
        select(IncomingMail)
        .where(IncomingMail.letter_id == number)
        .order_by(col(IncomingMail.id).desc())
        .limit(MOST_ANSWERS)
    )
    package = select(EdocPackage).where(EdocPackage.letter_id == number)
    return LetterStory(
        letter,
        tuple(
            LetterDelivery(one.agency_id, one.organ, tuple(mails[one.agency_id]))
            for one in receivers
        ),
        session.exec(package).first(),
        tuple(answers),
        _counted(session, IncomingMail.letter_id, [number]).get(number, 0),
    )


def told_of(session: Session, mail: int) -> list[tuple[EdocPackage, str]]:
    """What the axis was told of what came over it: each status with its words, in the order told."""
    wanted = select(EdocPackage).where(EdocPackage.mail_id == mail).order_by(col(EdocPackage.id))
    return [(row, STATUS_WORDS.get(row.code, row.code)) for row in session.exec(wanted)]
