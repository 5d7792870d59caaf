"""Addresses that take nothing: for good, or for a while; and hearing again once they do.

An address is silenced when its server or Zalo refuses what is sent there. One that only refuses for
now (a full mailbox, nothing written to the OA for seven days) is tried again by itself when its time
has passed; any of them is as soon as somebody corrects it, follows again, or says «try again».
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, and_, col, select

from plan.database import is_postgresql, reading, writing
from plan.models import BadAddress, Contact
from plan.queries.reach import ADDRESS_FIELDS, look_again

BRIEFLY = timedelta(hours=1)
"""For whom nothing else is known: long enough that others of the agency hear instead."""


def silence(
    session: Session,
    channel: str,
    address: str,
    code: str,
    words: str,
    now: datetime,
    lasting: timedelta | None = None,
) -> None:
    """Nobody is written to at this address for so long (None: until it is corrected). A longer silence
    that is known already stands."""
    dialect = postgresql if is_postgresql(session) else sqlite
    until = now + lasting if lasting is not None else None
    statement = dialect.insert(BadAddress).values(
        channel=channel, address=address, marked_at=now, until=until, code=code, words=words
    )
    passing = col(BadAddress.until).is_not(None)
    shorter = passing if until is None else and_(passing, col(BadAddress.until) < until)
    changes = {"marked_at": now, "until": until, "code": code, "words": words}
    statement = statement.on_conflict_do_update(
        index_elements=["channel", "address"], set_=changes, where=shorter
    )
    session.connection().execute(statement)


def lift_expired(engine: Engine, now: datetime) -> int:
    """Addresses whose silence has passed are tried again (UTC). Gives how many."""
    passed = (col(BadAddress.until).is_not(None), col(BadAddress.until) <= now)
    with reading(engine) as session:
        if session.exec(select(BadAddress.channel).where(*passed).limit(1)).first() is None:
            return 0
    with writing(engine) as session:
        pairs = list(session.exec(select(BadAddress.channel, BadAddress.address).where(*passed)))
        lift(session, pairs, now)
    return len(pairs)


def lift(session: Session, pairs: Iterable[tuple[str, str]], now: datetime) -> None:
    """These (channel, address) pairs are good again: what their people missed is looked at anew."""
    agencies: set[int] = set()
    for channel, address in pairs:
        session.connection().execute(
            delete(BadAddress).where(
                col(BadAddress.channel) == channel, col(BadAddress.address) == address
            )
        )
        if name := ADDRESS_FIELDS.get(channel):
            field = getattr(Contact, name)
            agencies |= set(session.exec(select(Contact.agency_id).where(field == address)))
    look_again(session, agencies, now)
