"""Clocks of tests: one that stands still until it is moved, a machine whose clock may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flows.clock_guard import Machine


class HandClock:
    """09:00 in Việt Nam on a Monday, unless told otherwise."""

    def __init__(self, at: datetime = datetime(2020, 4, 20, 2, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Hardware:
    """A machine: what its clock shows, against the time that really passes."""

    true: datetime
    off: timedelta = timedelta()
    boot: int = 1
    up: float = 0.0

    def pass_(self, span: timedelta) -> None:
        self.true += span
        self.up += span.total_seconds()

    def restart(self, after: timedelta) -> None:
        self.true += after
        self.boot, self.up = self.boot + 1, 10.0

    def clock(self) -> datetime:
        return (self.true + self.off).astimezone(UTC)

    @property
    def machine(self) -> Machine:
        return Machine(str(self.boot), lambda: self.up)
