"""A whole round: what happened is told, what is due is queued, what is queued is sent.

`dondoc remind`, the scheduled flows and the rehearsal all call this one function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from notifications.notices.alarms import tell_of_unreachable
from notifications.notices.events import EventsResult, tell_events
from notifications.outbox.delivery import DeliveryResult, OpenChannel, deliver
from notifications.plan_context import Desk
from notifications.reminders.tick import TickResult, tick
from notifications.silence import lift_expired


@dataclass
class Round:
    """What a round did."""

    events: EventsResult
    tick: TickResult
    unreachable: list[int] = field(default_factory=list)
    """Messages that tell the coordinator of agencies out of reach."""
    delivery: DeliveryResult = field(default_factory=DeliveryResult)


def remind(
    engine: Engine,
    plan_id: str,
    desk: Desk,
    open_channel: OpenChannel,
    now: Callable[[], datetime],
    *,
    pace: Mapping[str, float] | None = None,
) -> Round:
    """One round for one plan. Safe to repeat, to cut short, and to run twice at once."""
    done = queue(engine, plan_id, desk, now())
    done.delivery = deliver(engine, desk, open_channel, now, plan_id=plan_id, pace=pace)
    if done.delivery.refused:
        # Someone turned out to be out of reach: others of the agency may hear in their place.
        again = tick(engine, plan_id, now(), desk)
        done.tick.add(again)
        if again.queued:
            more = deliver(engine, desk, open_channel, now, plan_id=plan_id, pace=pace)
            done.delivery.add(more)
    return done


def queue(engine: Engine, plan_id: str, desk: Desk, now: datetime) -> Round:
    """The first half: everything that is to be said at `now` (UTC) is put into the outbox."""
    lift_expired(engine, now)
    return Round(
        events=tell_events(engine, plan_id, now, desk),
        tick=tick(engine, plan_id, now, desk),
        unreachable=tell_of_unreachable(engine, plan_id, now, desk),
    )
