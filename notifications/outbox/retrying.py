"""What a `SendError` means for a message: tried again, and when, or given up. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from notifications.channels.base import SendError
from notifications.outbox.store import Claimed, Outcome

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=2)
MOST_ATTEMPTS = 15
"""About a day of trying; then the person's next channel, or the record says it was given up."""
JITTER = 0.2


def judged(
    error: SendError, message: Claimed, now: datetime, opening: Callable[[datetime], datetime]
) -> Outcome:
    """The outcome of a failed attempt that is not the channel's fault. `opening`: next office hour."""
    outcome = "unknown" if error.fate_unknown else "permanent" if error.permanent else "temporary"
    if error.permanent:
        return Outcome("refused", outcome, error.code, error.words)
    attempts = message.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        return Outcome("refused", outcome, error.code, f"{error.words} Đã thử {attempts} lần.")
    wait = max(retry_delay(attempts, message.reference), error.retry_after or timedelta())
    again = opening(now + wait)
    return Outcome("failed", outcome, error.code, error.words, next_attempt_at=again)


def retry_delay(attempts: int, reference: str) -> timedelta:
    """1, 2, 4, … minutes up to two hours, a fifth more or less by message: they do not come back
    all at once, and the same message always at the same time."""
    base = min(FIRST_RETRY * (1 << min(attempts - 1, 12)), LONGEST_RETRY)
    made = hashlib.sha256(f"{reference}|{attempts}".encode()).digest()
    share = int.from_bytes(made[:4], "big") / 2**32
    return base * (1 - JITTER + 2 * JITTER * share)
