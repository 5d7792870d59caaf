"""What due words say: one deadline, or one in each period; what has no date stands in `open_ended`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from plan.dates import MONTHS
from plan.deadlines.open_ended import After, Ongoing


@dataclass(frozen=True, slots=True)
class Once:
    """One deadline: the last good local day, and the first where the words name a period."""

    last_day: date
    first_day: date | None = None
    clock: time | None = None
    """First late moment of the last day; none: the day's end."""


class Every(StrEnum):
    month = "month"
    quarter = "quarter"
    year = "year"

    @property
    def months(self) -> int:
        return MONTHS[self.value]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A deadline in each month, quarter or year: the `day` of the period's `month`-th month.

    A `month` past the period's last is in the next period («tháng sau»).
    """

    every: Every
    day: int
    month: int
    inclusive: bool
    """Whether the day named is still good."""
    also: tuple[tuple[int, int], ...] = ()
    """Further days of the year, as (day, month), after the first and in order: «01/6 và 15/11 hằng năm»."""


DueRule = Once | Recurring | Ongoing | After
