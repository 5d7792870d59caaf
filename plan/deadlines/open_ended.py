"""Due words without a date of their own: «thường xuyên», «10 ngày kể từ ngày nhận …», «sau khi …».

What is done all the time has no deadline. What counts from an event has none until the event is recorded;
then the days are counted from the day after it (Bộ luật Dân sự 147.2): «10 ngày kể từ ngày 01/3» ends as
11/3 ends. Read only where they are the whole phrase: beside a date they would change it.

Pure, over normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from plan.calendar import WorkingCalendar
from plan.dates import add_months


class Unit(StrEnum):
    day = "day"
    working_day = "working-day"
    week = "week"
    month = "month"


@dataclass(frozen=True, slots=True)
class Ongoing:
    """Done all the time: never due, never overdue."""


@dataclass(frozen=True, slots=True)
class After:
    """Counted from an event. No `count`: the words name no span, whoever records the event says it."""

    count: int = 0
    unit: Unit = Unit.day

    def last_day(self, happened_on: date, calendar: WorkingCalendar) -> date | None:
        """The last good local day; None where the words name no span."""
        return _COUNTED[self.unit](happened_on, self.count, calendar) if self.count else None


_COUNTED: dict[Unit, Callable[[date, int, WorkingCalendar], date]] = {
    Unit.day: lambda day, count, _: day + timedelta(days=count),
    Unit.working_day: lambda day, count, calendar: calendar.add_working_days(day, count),
    Unit.week: lambda day, count, _: day + timedelta(weeks=count),
    Unit.month: lambda day, count, _: add_months(
        day, count
    ),  # or its last day (Bộ luật Dân sự 148.3)
}
_UNITS = {
    "ngay lam viec": Unit.working_day,
    "ngay": Unit.day,
    "tuan": Unit.week,
    "thang": Unit.month,
}
_ALWAYS = re.compile(
    r"(?:(?:thuc hien|tien hanh|trien khai) )?(?:thuong xuyen|lien tuc)"
    r"(?:(?:,| va|, va) (?:thuong xuyen|lien tuc))?\.?"
)
_SPAN = re.compile(
    r"(?:(?:cham nhat|khong qua|trong|trong vong|trong thoi han|sau|thoi han)(?: la)? )*"
    r"(?P<n>\d{1,3}) ?(?:\([a-z ]+\) )?(?P<unit>ngay lam viec|ngay|tuan|thang),? "
    r"(?:ke tu|tinh tu|tu|sau)(?: ngay| khi| thoi diem| sau khi)+ (?P<event>\D+)"
)
_FOLLOWS = re.compile(r"(?:ngay )?sau khi (?P<event>\D+)")


def read_open_ended(text: str) -> Ongoing | After | None:
    """The rule, where the whole of the normalised text is such a phrase."""
    if _ALWAYS.fullmatch(text):
        return Ongoing()
    if (span := _SPAN.fullmatch(text)) is not None and int(span["n"]):
        return After(int(span["n"]), _UNITS[span["unit"]])
    return After() if _FOLLOWS.fullmatch(text) else None
