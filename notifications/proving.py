"""The index of due obligations is a hint; here it is proved against the policy, all of it, each night.

`next_check_at` says when to look next. A clock that was wrong for a while, a restored database, a hand in
the tables can leave it too late, and nobody would ever be reminded again, in silence. What is too late is
set to now, so that the next tick looks; what is too early costs one look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Engine, delete, select, update
from sqlmodel import Session, col

from notifications.obligations import DueObligation, owed_by_id, reminder_history
from notifications.outbox.drafts import DIGEST_EVENTS
from notifications.outbox.enqueue import UNSENT, unclaim, with_doubt
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from notifications.reminders.look import AHEAD, decide
from plan.database import reading, writing
from plan.models import Message, Obligation, RungClaim
from plan.queries.reach import tell_again
from plan.states import STILL_OWED

BATCH = 2_000
"""Obligations read at a time: a million are walked through, never held."""
FUTURE = "Soạn khi đồng hồ máy chạy sai; sẽ soạn lại khi đến giờ."


@dataclass
class Proved:
    """What the proof found and mended."""

    checked: int = 0
    late: int = 0
    """Obligations that would have been looked at too late, or never."""
    unheard: int = 0
    """Claims dated later than now: rungs counted as heard that have not come yet."""
    waiting: int = 0
    """Messages that would have waited until an instant that a wrong clock set."""

    @property
    def wrong(self) -> int:
        return self.late + self.unheard + self.waiting


def prove(engine: Engine, plan_id: str, now: datetime, desk: Messaging) -> Proved:
    """Hold every unsettled obligation of the plan against the policy as of `now` (UTC). Safe to repeat, to
    cut short, and beside a running tick."""
    done = Proved()
    with writing(engine) as session:
        done.unheard, done.waiting = _take_back(session, plan_id, now)
        tell_again(
            session, [plan_id]
        )  # a channel may have been set up that reaches whom nothing did
    with reading(engine) as session:
        book = load_plan_context(session, plan_id, now, desk)
    last = 0
    while True:
        with reading(engine) as session:
            rows = _after(session, plan_id, last)
            late = _late(session, book, rows, now) if rows else []
        if not rows:
            return done
        last = rows[-1].id
        done.checked += len(rows)
        done.late += _look_now(engine, late, now)


def _after(session: Session, plan_id: str, last: int) -> list[DueObligation]:
    ids = (
        session.connection()
        .execute(
            select(col(Obligation.id))
            .where(
                col(Obligation.plan_id) == plan_id,
                col(Obligation.id) > last,
                col(Obligation.state).in_([state.value for state in STILL_OWED]),
            )
            .order_by(col(Obligation.id))
            .limit(BATCH)
        )
        .scalars()
    )
    found = owed_by_id(session, [key for key in ids if key is not None])
    return [found[key] for key in sorted(found)]


def _late(
    session: Session, book: PlanContext, rows: Sequence[DueObligation], now: datetime
) -> list[DueObligation]:
    """Those whose next look comes after the policy's next rung, or that have a rung behind them nobody
    heard and no look ahead in time."""
    look = decide({book.plan_id: book}, rows, reminder_history(session, rows), now)
    unheard = {reminder.row.id for digest in look.digests for reminder in digest.reminders}
    return list(_too_late(look.moves, unheard, now))


def _too_late(moves: Sequence[Any], unheard: set[int], now: datetime) -> Iterator[DueObligation]:
    for move in moves:
        should = now if move.row.id in unheard else move.next_check_at
        stands = move.row.next_check_at
        if should is not None and (stands is None or stands > should):
            yield move.row


def _look_now(engine: Engine, rows: Sequence[DueObligation], now: datetime) -> int:
    """Due at once, where nobody changed it meanwhile."""
    count = 0
    if not rows:
        return 0
    with writing(engine) as session:
        for row in rows:
            changed: CursorResult[Any] = session.connection().execute(
                update(Obligation)
                .where(col(Obligation.id) == row.id, col(Obligation.version) == row.version)
                .values(next_check_at=now)
            )
            count += changed.rowcount
    return count


def _take_back(session: Session, plan_id: str, now: datetime) -> tuple[int, int]:
    """What was written at an instant that has not come: reminders and what they claimed count no more;
    what tells of a fact leaves now."""
    connection, limit = session.connection(), now + AHEAD
    ours = (col(Message.plan_id) == plan_id) & (col(Message.created_at) > limit)
    unsent = ours & col(Message.state).in_(UNSENT)
    found = connection.execute(
        select(col(Message.id)).where(unsent, col(Message.event).in_(DIGEST_EVENTS))
    ).scalars()
    reminders = [number for number in found if number is not None]
    unclaim(session, reminders, now)
    connection.execute(
        update(Message)
        .where(col(Message.id).in_(reminders))
        .values(state="cancelled", code="clock", words=with_doubt(FUTURE))
    )
    facts = connection.execute(
        update(Message)
        .where(unsent, col(Message.event).not_in(DIGEST_EVENTS), col(Message.next_attempt_at) > now)
        .values(next_attempt_at=now)
    ).rowcount
    # Held by a sender of that time: else its lease would end only then.
    connection.execute(
        update(Message)
        .where(col(Message.state) == "sending", col(Message.claimed_at) > limit)
        .values(claimed_at=now)
    )
    about = select(col(Obligation.id)).where(col(Obligation.plan_id) == plan_id)
    future = (col(RungClaim.claimed_at) > limit) & col(RungClaim.obligation_id).in_(about)
    connection.execute(
        update(Obligation)
        .where(col(Obligation.id).in_(select(col(RungClaim.obligation_id)).where(future)))
        .values(next_check_at=now)
    )
    return connection.execute(delete(RungClaim).where(future)).rowcount, len(reminders) + facts
