"""Two coordinators at one item: the second sees who has it before them, and for how long already.

A lock is taken by opening an item that waits for a decision, given up by opening another, and over by itself.
It keeps nobody out: what both decide is judged by the ledger, which tells the second what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from plan.database import writing
from plan.models import Obligation, ReviewLock
from plan.states import Actor

LASTS = timedelta(minutes=10)
"""Longer than one submission is read; whoever left for lunch holds nothing."""
RENEWED = timedelta(minutes=1)
"""How old one's own lock may be before opening the page again costs a write."""


def take(
    engine: Engine, obligation_id: int, held: ReviewLock | None, actor: Actor, now: datetime
) -> None:
    """`actor` has this obligation before them from `now` (UTC). `held`: their lock as it stands."""
    if held and held.obligation_id == obligation_id and now - held.at < RENEWED:
        return
    with writing(engine, deed=False) as session:
        row = session.get(ReviewLock, actor.account) or ReviewLock(
            account=actor.account, obligation_id=obligation_id, held_by="", at=now
        )
        row.obligation_id, row.held_by, row.at = obligation_id, actor.name, now
        session.add(row)


def of_account(session: Session, account: str) -> ReviewLock | None:
    return session.get(ReviewLock, account)


def held_by_others(
    session: Session, plan_id: str, account: str, now: datetime
) -> Mapping[int, ReviewLock]:
    """By obligation's row id, what others have before them at `now`: one row a coordinator at most."""
    rows = session.exec(
        select(ReviewLock)
        .join(Obligation, col(Obligation.id) == ReviewLock.obligation_id)
        .where(
            Obligation.plan_id == plan_id,
            ReviewLock.account != account,
            col(ReviewLock.at) > now - LASTS,
            col(ReviewLock.at) <= now,
        )
        .order_by(col(ReviewLock.at))
    )
    return {row.obligation_id: row for row in rows}
