"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class HandClock:
    """09:00 in Việt Nam on a Monday, unless told otherwise."""

    def __init__(self, at: datetime = datetime(2020, 4, 20, 2, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)
