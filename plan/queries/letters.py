"""Official letters that were sent: found by what answers them, and how each reached whom it went to."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from plan.models import Message, SignedLetter

_KEY = "letter"


def message_key(letter: int, agency: int, person: str, channel: str) -> str:
    """What a message that carries a letter is for (`Message.dedupe_key`)."""
    return f"{_KEY}:{letter}:{agency}:{person}:{channel}"


def carried_by(key: str) -> tuple[int, int] | None:
    """(letter, agency) of a message by its key; None: it carries no letter."""
    kind, *ids = key.split(":")[:3]
    if kind != _KEY or len(ids) != 2 or not all(one.isdigit() for one in ids):
        return None
    return int(ids[0]), int(ids[1])


def letter_of_messages(session: Session, wanted: Collection[str]) -> SignedLetter | None:
    """The letter carried by a message with one of these references (`Message.reference`)."""
    if not wanted:
        return None
    keys = session.exec(select(Message.dedupe_key).where(col(Message.reference).in_(wanted)))
    found = [carried for key in keys if (carried := carried_by(key))]
    return session.get(SignedLetter, found[0][0]) if found else None


def letter_of_axis(session: Session, named: Sequence[str]) -> SignedLetter | None:
    """The newest letter that went over the axis and is named by one of these: its id there, or «sender,day
    (yyyy/mm/dd),number» with what was not said left empty."""
    if not named:
        return None
    numbers = {one.rpartition(",")[2] for one in named}
    rows = session.exec(
        select(SignedLetter)
        .where(col(SignedLetter.number).in_(numbers), SignedLetter.edoc_id != "")
        .order_by(col(SignedLetter.id).desc())
    )
    return next((row for row in rows if any(_names(one, row) for one in named)), None)


def _names(said: str, row: SignedLetter) -> bool:
    parts, own = said.split(",", 2), row.edoc_id.split(",", 2)
    return len(parts) == len(own) and all(
        one in ("", other) for one, other in zip(parts, own, strict=True)
    )


def messages_of(session: Session, letter: int) -> list[Message]:
    """The messages that carry a letter: a range of the index of keys; as many as it has recipients."""
    key = f"{_KEY}:{letter}"
    wanted = select(Message).where(Message.dedupe_key >= f"{key}:", Message.dedupe_key < f"{key};")
    return list(session.exec(wanted.order_by(col(Message.id))))
