"""How often something may be tried. Counted in the database: every process and restart sees it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete

from plan.database import writing
from plan.ledger import audit
from plan.models import Throttle
from plan.states import Actor, Role


@dataclass(frozen=True)
class Limit:
    """At most `count` tries in a window that begins with the first."""

    name: str
    count: int
    window: timedelta


SIGN_IN_PAIR = Limit("sign-in", 8, timedelta(minutes=15))
"""By address and account: a person who mistypes, or somebody guessing at one account."""
SIGN_IN_ADDRESS = Limit("sign-in-from", 60, timedelta(minutes=15))
"""By address alone: an office behind one address must still get in."""
SIGN_IN_ACCOUNT = Limit("sign-in-account", 25, timedelta(minutes=15))
"""By account, from wherever: many addresses guess no faster than this. The owner, who knows the password,
waits a quarter of an hour at worst, and has one-time links."""
PRESENT = Limit("present-password", 8, timedelta(minutes=15))
"""By user: whoever sits at a browser left open guesses no further."""
CODE = Limit("totp", 6, timedelta(minutes=15))
RECOVERY = Limit("recovery", 6, timedelta(minutes=15))
"""Counted apart from codes: who guesses at those keeps the owner from no way out."""
LINK = Limit("link", 120, timedelta(minutes=15))
UPLOAD = Limit("upload", 60, timedelta(minutes=10))
"""By session."""
API = Limit("api-sign-in", 60, timedelta(minutes=15))
"""Wrong tokens, by address."""


def take(engine: Engine, limit: Limit, who: str, now: datetime, account: str = "") -> bool:
    """Count one try; False when there were too many: the first of those stands in the trail. `who` is kept
    as a hash only; `account`: whose it is, where that is known."""
    try:
        return _count(engine, limit, _key(limit, who), now, account)
    except IntegrityError:  # another process wrote the first row meanwhile
        return _count(engine, limit, _key(limit, who), now, account)


def _key(limit: Limit, who: str) -> str:
    return f"{limit.name}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"


def _count(engine: Engine, limit: Limit, key: str, now: datetime, account: str) -> bool:
    with writing(engine, deed=False) as session:
        row = session.get(Throttle, key, with_for_update=True)
        if row is None or now - row.since >= limit.window:
            row = row or Throttle(key=key, since=now)
            row.since, row.count = now, 0
        row.count += 1
        session.add(row)
        if row.count == limit.count + 1:
            _record(session, limit, key, now, account)
        return row.count <= limit.count


def _record(session: Session, limit: Limit, key: str, now: datetime, account: str) -> None:
    """Into the trail, once a window: a flood of tries is no flood of rows."""
    audit.record(
        session,
        plan_id="",
        actor=Actor("?", Role.system, origin="web", account=account),
        event="limit.reached",
        subject=limit.name,
        now=now,
        after={"tries": limit.count, "from": key.rpartition(":")[2][:12]},
    )


def forget(engine: Engine, limit: Limit, who: str) -> None:
    """After a success: earlier failures count no more."""
    with writing(engine, deed=False) as session:
        row = session.get(Throttle, _key(limit, who))
        if row is not None:
            session.delete(row)


def drop_old_counters(engine: Engine, now: datetime) -> int:
    """Drop counters a day old; how many."""
    with writing(engine) as session:
        old = session.exec(delete(Throttle).where(col(Throttle.since) < now - timedelta(days=1)))
        return old.rowcount
