"""A channel that is down is held back with a growing pause; people are told after an hour."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from plan.models import ChannelState

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)
ALARM_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Down:
    """A channel that takes nothing."""

    channel: str
    since: datetime
    code: str
    words: str


def held(session: Session, channel: str, now: datetime) -> bool:
    """Whether the channel is to be left alone for now."""
    state = session.get(ChannelState, channel)
    return state is not None and state.next_try_at is not None and state.next_try_at > now


def hold(
    session: Session,
    channel: str,
    now: datetime,
    code: str,
    words: str,
    retry_after: timedelta | None = None,
) -> datetime:
    """Notes that the channel takes nothing; gives when it is tried again (UTC)."""
    state = session.get(ChannelState, channel) or ChannelState(channel=channel)
    state.down_since = state.down_since or now
    state.failures += 1
    state.code, state.words = code, words
    state.next_try_at = now + max(pause(state.failures), retry_after or timedelta())
    session.add(state)
    return state.next_try_at


def pause(failures: int) -> timedelta:
    """1, 2, 4, … minutes, at most half an hour."""
    return min(FIRST_PAUSE * (1 << min(failures - 1, 10)), LONGEST_PAUSE)


def known(session: Session, channel: str) -> bool:
    """Whether the channel was down when last tried."""
    return session.get(ChannelState, channel) is not None


def recovered(session: Session, channel: str) -> None:
    """The channel took a message again."""
    state = session.get(ChannelState, channel)
    if state is not None:
        session.delete(state)


def down(session: Session) -> set[str]:
    """The channels that took nothing when last tried."""
    return set(
        session.exec(select(ChannelState.channel).where(col(ChannelState.down_since).is_not(None)))
    )


def to_tell(session: Session, now: datetime, urgent: Collection[str] = ()) -> list[Down]:
    """Channels down for an hour or more (UTC), and those of `urgent` that are down at all."""
    states = session.exec(
        select(ChannelState)
        .where(
            col(ChannelState.down_since).is_not(None),
            or_(
                col(ChannelState.down_since) <= now - ALARM_AFTER,
                col(ChannelState.channel).in_(urgent),
            ),
        )
        .order_by(col(ChannelState.channel))
    )
    return [Down(s.channel, s.down_since, s.code, s.words) for s in states if s.down_since]
