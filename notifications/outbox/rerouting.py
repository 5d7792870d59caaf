"""Messages on a channel that is down go to the person's next channel, in time for what they tell of.

A channel that is down keeps its messages for a while (it may be back in a minute), but never past the
last office hour of the day they were written for, nor past the last one before a deadline they tell
of. Then whoever has a channel that works hears there. Whoever has none waits, and one message of
theirs at a time tries the channels that nobody else does: one of them may be back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine, ScalarSelect, and_, func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from notifications.outbox import enqueue, fallback
from notifications.outbox.retry import LONGEST_PAUSE
from notifications.outbox.store import DONE, claimed_from
from notifications.plan_context import PlanContext
from notifications.policy import Office
from plan.database import reading, writing
from plan.models import ChannelState, Message, MessageObligation, Obligation, RungClaim

BATCH = 200
LoadPlanContext = Callable[[str], PlanContext]


@dataclass(frozen=True)
class Waiting:
    """A message on a channel that is down, as the decision needs it. Instants are UTC."""

    id: int
    plan_id: str
    channel: str
    address: str
    recipient: str
    created_at: datetime
    copy: bool
    first_due_at: datetime | None
    """The nearest deadline it tells of that had not passed when it was written."""
    heard: bool
    """Whether all of it has arrived on another channel (a copy went beside it)."""


@dataclass
class Lines:
    """Which channels are down, and which of those nobody is trying though their pause is over."""

    down: dict[str, ChannelState]
    untried: set[str] = field(default_factory=set)

    def open_to(self, channels: Iterable[str]) -> str | None:
        """The first of them that works; else the first that is worth one try."""
        listed = list(channels)
        works = next((name for name in listed if name not in self.down), None)
        return works or next((name for name in listed if name in self.untried), None)


def hand_over_by(written_at: datetime, first_due_at: datetime | None, office: Office) -> datetime:
    """Until when a message may wait for its own channel (UTC): the last office hour of the day it was
    written for begins then, or the last one before the deadline."""
    day_ends = office.last_hour(office.next_opening(written_at))
    if first_due_at is None or first_due_at <= written_at:
        return day_ends
    return min(day_ends, office.last_hour_before(first_due_at))


def is_late(
    message: Waiting, state: ChannelState, office: Office, hold: timedelta, now: datetime
) -> bool:
    """Whether the message has waited long enough, or would once the channel is tried again."""
    tried_at = max(now, state.next_try_at or now)
    known_for_long = tried_at - now > LONGEST_PAUSE
    held_until = (state.down_since or now) + hold
    by = hand_over_by(message.created_at, message.first_due_at, office)
    return known_for_long or now >= held_until or tried_at >= by


def latest(session: Session, book: PlanContext, message_id: int) -> datetime:
    """Until when this message may be tried on its own channel (UTC)."""
    created_at, first_due_at = (
        session.connection()
        .execute(select(col(Message.created_at), _first_due()).where(col(Message.id) == message_id))
        .one()
    )
    return hand_over_by(created_at, first_due_at, book.office)


def working(session: Session, book: PlanContext) -> Collection[str]:
    """The channels that are set up and not known to be down."""
    down = select(col(ChannelState.channel)).where(col(ChannelState.down_since).is_not(None))
    return book.desk.available - set(session.connection().execute(down).scalars())


def reroute(
    engine: Engine,
    load_plan_context: LoadPlanContext,
    hold: timedelta,
    now: datetime,
    plan_id: str = "",
) -> list[int]:
    """Moves what has waited long enough. Gives the ids of the messages now on other channels.

    Costs what waits on channels that are down: one query, and a transaction for each `BATCH` moved.
    Safe to run twice at once: a message is withdrawn by whoever finds it still waiting.
    """
    with reading(engine) as session:
        lines = _lines(session, now)
        if not lines.down:
            return []
        waiting = list(_waiting(session, list(lines.down), now, plan_id))
    moves = list(_decided(waiting, lines, load_plan_context, hold, now))
    moved: list[int] = []
    for part in _batches(moves):
        with writing(engine) as session:
            for message, target in part:
                number = _move(
                    session, load_plan_context(message.plan_id), message, target, lines, now
                )
                moved += [number] if number else []
    return moved


def _lines(session: Session, now: datetime) -> Lines:
    states = session.execute(
        select(ChannelState).where(col(ChannelState.down_since).is_not(None))
    ).scalars()
    lines = Lines({state.channel: state for state in states})
    tried = set(
        session.connection()
        .execute(
            select(col(Message.channel)).where(
                col(Message.channel).in_(lines.down),
                col(Message.state).in_(enqueue.UNSENT),
                col(Message.next_attempt_at) <= now,
            )
        )
        .scalars()
    )
    for name, state in lines.down.items():
        if name not in tried and (state.next_try_at is None or state.next_try_at <= now):
            lines.untried.add(name)
    return lines


def _waiting(
    session: Session, channels: Sequence[str], now: datetime, plan_id: str
) -> Iterator[Waiting]:
    mine, other, twin = aliased(RungClaim), aliased(RungClaim), aliased(Message)
    same = [
        getattr(mine, name) == getattr(other, name)
        for name in ("obligation_id", "deadline_version", "rung", "recipient")
    ]
    heard = (
        select(1)
        .select_from(mine)
        .join(other, and_(*same))
        .join(twin, col(twin.id) == col(other.message_id))
        .where(
            col(mine.message_id) == col(Message.id),
            col(other.channel) != col(Message.channel),
            col(twin.state).in_(DONE),
        )
        .correlate(Message)
        .exists()
    )
    names = ("id", "plan_id", "channel", "address", "recipient", "created_at")
    conditions: list[Any] = [
        col(Message.channel).in_(channels),
        col(Message.state).in_(enqueue.UNSENT),
        col(Message.next_attempt_at) <= now,
    ]
    conditions += [col(Message.plan_id) == plan_id] if plan_id else []
    copy = col(Message.content)["copy"]
    found = select(*(getattr(Message, name) for name in names), copy, _first_due(), heard)
    found = found.where(*conditions)
    for row in session.connection().execute(found.order_by(col(Message.id))):
        values: list[Any] = list(row)
        yield Waiting(*values)


def _first_due() -> ScalarSelect[Any]:
    """The nearest deadline a message tells of that had not passed when it was written."""
    return (
        select(func.min(col(Obligation.due_at)))
        .join(MessageObligation, col(MessageObligation.obligation_id) == col(Obligation.id))
        .where(
            col(MessageObligation.message_id) == col(Message.id),
            col(Obligation.due_at) > col(Message.created_at),
        )
        .correlate(Message)
        .scalar_subquery()
    )


def _decided(
    waiting: Sequence[Waiting],
    lines: Lines,
    load_plan_context: LoadPlanContext,
    hold: timedelta,
    now: datetime,
) -> Iterator[tuple[Waiting, str]]:
    """What moves, and where to."""
    for message in waiting:
        if message.copy or message.heard:
            continue
        book = load_plan_context(message.plan_id)
        if not book.office.is_open(now):
            continue
        if not is_late(message, lines.down[message.channel], book.office, hold, now):
            continue
        target = lines.open_to(_others(book, message))
        if target is not None:
            lines.untried.discard(target)
            yield message, target


def _others(book: PlanContext, message: Waiting) -> Collection[str]:
    """The person's channels beside this one, in the order they are tried, by the plan's own policy."""
    person = book.directory.by_address(message.channel, message.address)
    person = person or book.directory.by_key(message.recipient)
    if person is None:
        return ()
    usable = book.directory.usable(person, book.widest_ladder)
    return [name for name in usable if name != message.channel]


def _move(
    session: Session, book: PlanContext, waiting: Waiting, target: str, lines: Lines, now: datetime
) -> int | None:
    row = session.get(Message, waiting.id)
    if row is None or row.state not in enqueue.UNSENT:
        return None
    open_to = {target} | (book.desk.available - lines.down.keys())
    number, channel = fallback.move(session, book, claimed_from(row), open_to, now)
    if number is None:
        return None
    why = lines.down[waiting.channel].words
    session.connection().execute(
        update(Message)
        .where(col(Message.id) == waiting.id)
        .values(
            state="cancelled",
            code="moved",
            words=enqueue.with_doubt(
                f"Kênh đang ngừng: {why} Chuyển sang kênh {channel}, tin số {number}."
            ),
            claimed_at=None,
        )
    )
    return number


def _batches(items: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while part := list(islice(rest, BATCH)):
        yield part
