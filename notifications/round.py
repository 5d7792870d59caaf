"""A whole round: what happened is told, what is due is queued, what is queued is sent.

`dondoc remind`, the scheduled flows and the rehearsal all call `run_round`. It goes over all running plans at
once; at most one round queues at a time, and whoever comes second finds nothing left to do. A plan's context
is opened once a round, and once more in the transaction in which events are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from notifications.notices.alarms import tell_of_channels, tell_of_unreachable
from notifications.notices.events import EventsResult, tell_events
from notifications.outbox import delivery
from notifications.outbox.delivery import OpenChannel, TakeTurn, always
from notifications.outbox.result import DeliveryResult
from notifications.plan_context import Messaging
from notifications.reminders.tick import TickResult, tick
from notifications.revalidate import revalidate
from notifications.silence import lift_expired
from plan.locks import exclusive

ROUND = "round"
"""The lock's name."""


@dataclass
class Round:
    """What a round did."""

    tick: TickResult
    events: EventsResult = field(default_factory=EventsResult)
    unreachable: list[int] = field(default_factory=list)
    """Messages that tell the coordinator of agencies out of reach."""
    delivery: DeliveryResult = field(default_factory=DeliveryResult)

    @property
    def queued(self) -> int:
        """How many messages were written."""
        return len(self.tick.queued) + len(self.events.queued) + len(self.unreachable)

    def add(self, other: Round) -> None:
        """Counts another round of the same turn with this one."""
        self.tick.add(other.tick)
        self.events.add(other.events)
        self.unreachable += other.unreachable
        self.delivery.add(other.delivery)


def run_round(
    engine: Engine,
    plan_id: str,
    desk: Messaging,
    open_channel: OpenChannel,
    now: Callable[[], datetime],
    *,
    rungs: bool = True,
    pace: Mapping[str, float] | None = None,
    take_turn: TakeTurn = always,
) -> Round:
    """One round over all running plans (""), or for one. Safe to repeat, to cut short, and to run twice at
    once. `rungs`: also the reminders that are due. `take_turn`: see `deliver`.

    Costs what is due or waits, and one look into an index for each plan of which nothing does.
    """
    desk = desk.for_a_round()
    done = queue(engine, plan_id, desk, now(), rungs=rungs)
    send = partial(
        deliver, engine, desk, open_channel, now, plan_id=plan_id, pace=pace, take_turn=take_turn
    )
    done.delivery = send()
    if done.delivery.refused:
        # Someone turned out to be out of reach: others of the agency may hear in their place.
        desk = desk.for_a_round()
        again = tick(engine, plan_id, now(), desk)
        done.tick.add(again)
        if again.queued:
            done.delivery.add(send())
    return done


def queue(
    engine: Engine, plan_id: str, desk: Messaging, now: datetime, *, rungs: bool = True
) -> Round:
    """The first half: everything that is to be said at `now` (UTC) is put into the outbox, of all running
    plans or one. Waits for a round that queues meanwhile."""
    with exclusive(engine, ROUND):
        lift_expired(engine, now)
        return Round(
            events=tell_events(engine, plan_id, now, desk),
            tick=tick(engine, plan_id, now, desk) if rungs else TickResult(now),
            unreachable=tell_of_unreachable(engine, plan_id, now, desk),
        )


def deliver(
    engine: Engine,
    desk: Messaging,
    open_channel: OpenChannel,
    now: Callable[[], datetime],
    *,
    plan_id: str = "",
    limit: int | None = None,
    pace: Mapping[str, float] | None = None,
    take_turn: TakeTurn = always,
) -> DeliveryResult:
    """The second half: sends what is due, its words looked at once more, and tells of channels that are
    down. `limit`, `pace`, `take_turn`: see `delivery.deliver`."""
    return delivery.deliver(
        engine,
        desk,
        open_channel,
        now,
        revalidate,
        partial(tell_of_channels, engine, desk),
        plan_id=plan_id,
        limit=limit,
        pace=pace,
        take_turn=take_turn,
    )
