"""Addresses that calendar programs ask, which cannot sign in: to know one is to be allowed to read.

Each person has one of their own for each calendar, derived and not stored, so that it can be shown again.
It ends with the person's account or place, or when it is revoked; the next one has another number.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from plan.calendar import local_day
from plan.database import writing
from plan.directory.acting import codes_there
from plan.keys.secret import derived_key
from plan.ledger import audit
from plan.models import CalendarKey, UserAccount
from plan.queries.delegations import seated
from plan.states import Actor

TOUCH = timedelta(days=1)
"""How stale `used_at` may get before a read is paid for with a write."""
SHARED = ""
"""Holder of the addresses given out before everyone had their own."""


@dataclass(frozen=True)
class Found:
    """A good address: whose, which of theirs, and when it was last asked, as far as kept."""

    holder: str
    number: int
    name: str
    used_at: datetime | None


def address_part(secret: str, plan_id: str, who: str, holder: str, number: int) -> str:
    """What stands before `.ics`. `who`: an agency's code, or all; `holder`: `user:3`."""
    key = derived_key(secret, "dondoc calendar feed")
    text = f"{plan_id}/{who}" + (f"/{holder}/{number}" if holder else "")
    mac = hmac.new(key, text.encode(), "sha256").hexdigest()[:32]
    return f"{holder.replace(':', '-')}.{number}.{mac}" if holder else mac


def present(session: Session, plan_id: str, who: str, holder: str) -> int:
    """The number of this holder's address that is good now: how many were revoked before."""
    statement = select(func.count()).select_from(CalendarKey)
    ended = statement.where(
        CalendarKey.plan_id == plan_id,
        CalendarKey.who == who,
        CalendarKey.holder == holder,
        col(CalendarKey.revoked_at).is_not(None),
    )
    return session.exec(ended).one()


def find(
    session: Session, secret: str, plan_id: str, who: str, part: str, now: datetime
) -> Found | None:
    """None: it opens nothing (any more). `now`: the plan's clock."""
    holder, number = SHARED, 0
    if part.count(".") == 2:
        shown, text, _ = part.split(".")
        if not text.isascii() or not text.isdigit() or len(text) > 6:
            return None
        holder, number = shown.replace("-", ":"), int(text)
    expected = address_part(secret, plan_id, who, holder, number)
    if not hmac.compare_digest(expected.encode(), part.encode()):
        return None
    name = _name(session, plan_id, who, holder, local_day(now))
    row = _row(session, plan_id, who, holder, number)
    if name is None or (row is not None and row.revoked_at is not None):
        return None
    return Found(holder, number, name, row.used_at if row else None)


def _name(session: Session, plan_id: str, who: str, holder: str, today: date) -> str | None:
    """The holder's, while they may still read this calendar."""
    kind, _, key = holder.partition(":")
    if kind == "user":
        user = session.get(UserAccount, int(key))
        good = user is not None and user.disabled_at is None and user.role != "agency"
        own = (
            user is not None
            and user.disabled_at is None
            and who in codes_there(session, plan_id, user.agencies)
        )
        return user.name if user is not None and (good or own) else None
    if kind == "contact":
        found = seated(session, int(key), today)
        there = found is not None and (found[1].plan_id, found[1].code) == (plan_id, who)
        return found[0].name if found is not None and there else None
    return "Địa chỉ chung cũ" if holder == SHARED else None


def _row(session: Session, plan_id: str, who: str, holder: str, number: int) -> CalendarKey | None:
    return session.exec(
        select(CalendarKey).where(
            CalendarKey.plan_id == plan_id,
            CalendarKey.who == who,
            CalendarKey.holder == holder,
            CalendarKey.number == number,
        )
    ).first()


def touch(engine: Engine, plan_id: str, who: str, found: Found, now: datetime) -> None:
    """Remember that the address is in use, once a day."""
    if found.used_at is not None and abs(now - found.used_at) < TOUCH:
        return
    with writing(engine, deed=False) as session:
        row = _row(session, plan_id, who, found.holder, found.number) or CalendarKey(
            plan_id=plan_id, who=who, holder=found.holder, number=found.number
        )
        row.name, row.used_at = found.name, now
        session.add(row)


def revoke(
    session: Session,
    plan_id: str,
    who: str,
    holder: str,
    *,
    actor: Actor,
    now: datetime,
    name: str = "",
) -> None:
    """The holder's present address of this calendar opens nothing from now on."""
    number = present(session, plan_id, who, holder)
    row = _row(session, plan_id, who, holder, number) or CalendarKey(
        plan_id=plan_id, who=who, holder=holder, number=number, name=name
    )
    row.revoked_at, row.revoked_by = now, actor.name
    session.add(row)
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="calendar.revoked",
        subject=who,
        now=now,
        after={"holder": holder, "number": number},
    )


def in_use(session: Session, plan_id: str, limit: int = 200) -> Sequence[CalendarKey]:
    """Those asked by some calendar and not revoked, the last asked first."""
    return session.exec(
        select(CalendarKey)
        .where(CalendarKey.plan_id == plan_id, col(CalendarKey.revoked_at).is_(None))
        .order_by(col(CalendarKey.used_at).desc())
        .limit(limit)
    ).all()
