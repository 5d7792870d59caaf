"""The names of those who stand in the trail: kept apart, sealed, and taken out when a person asks."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator

from sqlmodel import Session, col, select

from plan.keys.trail import TrailKeys, mac
from plan.models import TrailName
from plan.states import Actor

ERASED = "person.erased"
"""The event that says which names were taken out."""
BLANK = "(đã xóa tên)"
"""What stands in a name's place then, here and wherever else it stood."""


def number_of(session: Session, actor: Actor, keys: TrailKeys) -> int:
    """The number the trail knows this actor by; a name acted under for the first time gets the next.
    Asked by who holds the trail's end: writers follow one another."""
    row = session.exec(
        select(TrailName).where(TrailName.account == actor.account, TrailName.name == actor.name)
    ).first()
    if row is None:
        row = TrailName(account=actor.account, name=actor.name)
        session.add(row)
        session.flush()
        row.key, row.mac = keys.current, keys.sign(_text_of(row))
        session.add(row)
        session.flush()
    assert row.id is not None
    return row.id


def erase(session: Session, rows: Collection[TrailName]) -> None:
    """Take the names out; what is left says so."""
    for row in rows:
        row.name, row.key, row.mac = BLANK, "", ""
        session.add(row)


def faults(
    session: Session, keys: TrailKeys, erased: Collection[int], lost: Collection[str]
) -> Iterator[tuple[int, str]]:
    """(number, what is wrong) of names that are not as they were written. `erased`: those that the trail says
    were taken out; `lost`: keys of the trail that are not at hand, under which nothing can be told."""
    for row in session.exec(select(TrailName).order_by(col(TrailName.id))):
        number = row.id or 0
        if row.name == BLANK:
            if number not in erased:
                yield number, "đã bị xóa mà sổ không ghi việc xóa"
            continue
        key = keys.by_id.get(row.key)
        if row.key in lost:
            continue
        if key is None or not hmac.compare_digest(row.mac, mac(key, _text_of(row))):
            yield number, "đã bị sửa"


def _text_of(row: TrailName) -> str:
    return f"{row.id}\n{row.account}\n{row.name}"
