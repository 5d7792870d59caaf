"""The clock. Everything below takes `now`; only here is it read, real or virtual."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from plan.errors import SettingsError

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def make_clock(start: str) -> Clock:
    """The real clock, or one that starts at `start` (ISO 8601 with zone) and runs on from there."""
    if not start:
        return real_clock
    return VirtualClock(parse_instant(start)).running()


def parse_instant(text: str) -> datetime:
    """An instant from ISO 8601; a bare date or time is read as Asia/Ho_Chi_Minh, start of day."""
    from plan.calendar import LOCAL
    from plan.plausible import require_reason

    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            f"«{text}» không phải thời điểm hợp lệ; hãy viết như 2020-04-20T08:00+07:00 hoặc 2020-04-20."
        ) from None
    require_reason(value)
    return (value.replace(tzinfo=LOCAL) if value.tzinfo is None else value).astimezone(UTC)


class VirtualClock:
    """A clock that stands where it was put; `running()` gives one that goes on with real time."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        """Put the clock forward; it never goes back."""
        self.now = max(self.now, now)

    def running(self) -> Clock:
        started, origin = time.monotonic(), self.now
        return lambda: origin + timedelta(seconds=time.monotonic() - started)
