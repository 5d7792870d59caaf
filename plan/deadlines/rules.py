"""What due words say: one deadline, or one in each period; what has no date stands in `open_ended`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from plan.dates import MONTHS, UNITS, Unit
from plan.deadlines.open_ended import After, Ongoing


@dataclass(frozen=True, slots=True)
class Once:
    """One deadline: the last good local day, and the first where the words name a period."""

    last_day: date
    first_day: date | None = None
    clock: time | None = None
    """First late moment of the last day; none: the day's end."""


class Every(StrEnum):
    day = "day"
    week = "week"
    month = "month"
    quarter = "quarter"
    year = "year"

    @property
    def months(self) -> int:
        """Of a month, quarter or year. Raises KeyError for a day or a week."""
        return MONTHS[self.value]

    @property
    def within_month(self) -> bool:
        """A day or a week: those without a single working day are no periods."""
        return self.value not in MONTHS

    def longer_than(self, other: Unit) -> bool:
        return UNITS.index(self.value) > UNITS.index(other)


@dataclass(frozen=True, slots=True)
class Recurring:
    """A deadline in each month, quarter or year: the `day` of the period's `month`-th month; in each day or
    week its `day`-th day.

    A `month` or a `day` past the period's last is in the next period («tháng sau», «ngày hôm sau»).
    """

    every: Every
    day: int
    month: int
    inclusive: bool
    """Whether the day named is still good."""
    also: tuple[tuple[int, int], ...] = ()
    """Further days of the year, as (day, month), after the first and in order: «01/6 và 15/11 hằng năm»."""
    clock: time | None = None
    """First late moment of the last day; none: the day's end."""
    days_off: bool = False
    """Every day, those without work too: «hằng ngày, kể cả ngày nghỉ»."""


DueRule = Once | Recurring | Ongoing | After
