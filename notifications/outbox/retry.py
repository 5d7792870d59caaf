"""A channel that is down is held back with a growing pause; people are told after an hour."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from notifications.channels.base import NIGHT_CODES, SendError
from notifications.outbox.store import ClaimedMessage, Outcome
from plan.backoff import Backoff
from plan.models import ChannelState

LONGEST_PAUSE = timedelta(minutes=30)
PAUSES = Backoff(timedelta(minutes=1), LONGEST_PAUSE)
"""Of a channel that takes nothing."""
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
    state.next_try_at = now + max(PAUSES.after(state.failures), retry_after or timedelta())
    session.add(state)
    return state.next_try_at


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


# --- What a `SendError` means for a message: tried again, and when, or given up. Pure.

RETRIES = Backoff(timedelta(minutes=1), timedelta(hours=2))
MOST_ATTEMPTS = 15
"""About a day of trying; then the person's next channel, or the record says it was given up."""
JITTER = 0.2


def judged(
    error: SendError,
    message: ClaimedMessage,
    now: datetime,
    opening: Callable[[datetime], datetime],
) -> Outcome:
    """The outcome of a failed attempt that is not the channel's fault. `opening`: next office hour, for
    which all but what was refused for the night waits."""
    outcome = "unknown" if error.fate_unknown else "permanent" if error.permanent else "temporary"
    if error.permanent:
        return Outcome("refused", outcome, error.code, error.words)
    attempts = message.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        return Outcome("refused", outcome, error.code, f"{error.words} Đã thử {attempts} lần.")
    wait = max(retry_delay(attempts, message.reference), error.retry_after or timedelta())
    again = now + wait if error.code in NIGHT_CODES else opening(now + wait)
    return Outcome("failed", outcome, error.code, error.words, next_attempt_at=again)


def retry_delay(attempts: int, reference: str) -> timedelta:
    """1, 2, 4, … minutes up to two hours, a fifth more or less by message: they do not come back
    all at once, and the same message always at the same time."""
    base = RETRIES.after(attempts)
    made = hashlib.sha256(f"{reference}|{attempts}".encode()).digest()
    share = int.from_bytes(made[:4], "big") / 2**32
    return base * (1 - JITTER + 2 * JITTER * share)
