"""What happened in the ledger, told to whom it concerns: once an event, whoever asks.

Each event has a delivery row for the consumer «notify». Marking events done and queueing their messages
is one transaction, so each is told exactly once into the outbox, also when two processes read. What
happened since the last round is told together, one message a person; outside office hours it waits, and
the first round of the morning tells the whole night. What concerns somebody whom nothing reaches waits
until an address of the plan changes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, or_, update
from sqlmodel import Session, col, select

from notifications.notices import notices
from notifications.notices.by_event import HANDLERS, EventContext
from notifications.notices.notices import Notice
from notifications.plan_context import Messaging, PlanContext, load_plan_context, plan_context_of
from plan.database import reading, writing
from plan.models import EventDelivery, OutgoingEvent, Plan
from plan.queries import reach
from plan.states import PlanState

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 10
TOGETHER = 500
"""Events told in one transaction, so that others get their turn at the database."""


@dataclass
class EventsResult:
    told: int = 0
    """Events dealt with (some concern nobody)."""
    queued: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    """Events that could not be told; tried again, ten times at most."""

    def add(self, other: EventsResult) -> None:
        """Counts another plan's events, or another part of them, with these."""
        self.told += other.told
        self.queued += other.queued
        self.failed += other.failed


def tell_events(engine: Engine, plan_id: str, now: datetime, desk: Messaging) -> EventsResult:
    """Queues the messages of every event not told yet, of a plan or (`plan_id` empty) of all, where the
    office is open at `now`. Of a draft nothing is told.

    Safe in several processes at once.
    """
    result = EventsResult()
    for one in [plan_id] if plan_id else plans_waiting(engine):
        _tell_plan(engine, one, now, desk, result)
    return result


def plans_waiting(engine: Engine) -> list[str]:
    """The plans of which something happened that is not told yet. Costs what waits."""
    statement = (
        select(OutgoingEvent.plan_id)
        .join(EventDelivery, col(EventDelivery.event_id) == OutgoingEvent.id)
        .join(Plan, col(Plan.id) == OutgoingEvent.plan_id)
        .where(
            EventDelivery.consumer == reach.NOTIFY,
            col(EventDelivery.done_at).is_(None),
            Plan.state != PlanState.draft,
        )
        .distinct()
        .order_by(OutgoingEvent.plan_id)
    )
    with reading(engine) as session:
        return list(session.exec(statement))


def _tell_plan(
    engine: Engine, plan_id: str, now: datetime, desk: Messaging, result: EventsResult
) -> None:
    with reading(engine) as session:
        waiting = _waiting(session, plan_id, now)
        if not waiting or not plan_context_of(session, plan_id, now, desk).office.is_open(now):
            return
    for start in range(0, len(waiting), TOGETHER):
        _tell_what_can_be(engine, plan_id, waiting[start : start + TOGETHER], now, desk, result)


def _waiting(session: Session, plan_id: str, now: datetime) -> list[int]:
    return list(
        session.exec(
            select(EventDelivery.event_id)
            .join(OutgoingEvent, col(OutgoingEvent.id) == EventDelivery.event_id)
            .where(
                EventDelivery.consumer == reach.NOTIFY,
                col(EventDelivery.done_at).is_(None),
                OutgoingEvent.plan_id == plan_id,
                # A decision that may still be undone is told to nobody.
                or_(col(OutgoingEvent.held_until).is_(None), col(OutgoingEvent.held_until) <= now),
            )
            .order_by(col(EventDelivery.event_id))
        )
    )


def _tell_what_can_be(
    engine: Engine,
    plan_id: str,
    ids: Sequence[int],
    now: datetime,
    desk: Messaging,
    result: EventsResult,
) -> None:
    """All of them together, or, where one cannot be told, each alone: it must not silence the others."""
    try:
        with writing(engine) as session:
            made = _tell(session, load_plan_context(session, plan_id, now, desk), ids, now)
    except Exception as error:
        if len(ids) > 1:
            for one in ids:
                _tell_what_can_be(engine, plan_id, [one], now, desk, result)
            return
        log.error("event %s: %s", ids[0], type(error).__name__)
        made = EventsResult(failed=list(ids))
    _note_failures(engine, made.failed, now)
    result.add(made)


def _tell(session: Session, book: PlanContext, ids: Sequence[int], now: datetime) -> EventsResult:
    """Marks the events as told and queues their messages, in the transaction at hand."""
    made, found = EventsResult(), list[Notice]()
    for event_id in ids:
        try:
            notice = _notice(session, book, event_id, now)
        except Exception as error:
            log.error("event %s: %s", event_id, type(error).__name__)
            made.failed.append(event_id)
            continue
        if notice is not None and not notice.heard:
            reach.wait_for_address(session, [event_id])
        elif _take(session, event_id, now):
            made.told += 1
            found += [notice] if notice else []
    made.queued = notices.queue(session, book, found, now)
    return made


def _notice(session: Session, book: PlanContext, event_id: int, now: datetime) -> Notice | None:
    event = session.get_one(OutgoingEvent, event_id)
    handler = HANDLERS.get(event.kind)
    return handler(EventContext(session, book, event, now)) if handler else None


def _take(session: Session, event_id: int, now: datetime) -> bool:
    """Marks the event as told; False: another process has told it meanwhile."""
    taken = session.connection().execute(
        update(EventDelivery)
        .where(
            col(EventDelivery.event_id) == event_id,
            col(EventDelivery.consumer) == reach.NOTIFY,
            col(EventDelivery.done_at).is_(None),
        )
        .values(done_at=now)
    )
    return taken.rowcount == 1


def _note_failures(engine: Engine, ids: Sequence[int], now: datetime) -> None:
    if not ids:
        return
    with writing(engine) as session:
        for event_id in ids:
            row = session.get_one(EventDelivery, (event_id, reach.NOTIFY))
            row.attempts += 1
            if row.attempts >= MOST_ATTEMPTS:
                row.done_at = now
            session.add(row)
