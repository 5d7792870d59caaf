"""Months, quarters, years and days in a row, on Pendulum.

Pure. Takes and gives plain local dates (Asia/Ho_Chi_Minh), never Pendulum's own: what is stored and
compared stays the standard library's. Working days and office hours are `plan.calendar`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pendulum import Date

Unit = Literal["month", "quarter", "year"]
MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}


def period_of(day: date, unit: Unit) -> tuple[date, date]:
    """First and last day of the month, quarter or year that the day lies in."""
    given = _pendulum(day)
    return _plain(given.first_of(unit)), _plain(given.last_of(unit))


def period_starts(first: date, last: date, unit: Unit) -> Iterator[date]:
    """The first day of each month, quarter or year that begins in [first, last]."""
    begins, ends = period_of(first, unit)
    while begins <= last:
        if begins >= first:
            yield begins
        if ends >= last:
            return
        begins, ends = period_of(ends + timedelta(days=1), unit)


def period_key(day: date, unit: Unit) -> str:
    """What the month, quarter or year that the day lies in is called: `2027-03`, `2027-Q1`, `2027`."""
    parts = {"month": f"-{day.month:02d}", "quarter": f"-Q{quarter_of(day)}", "year": ""}
    return f"{day.year}{parts[unit]}"


def days_of_key(key: str) -> tuple[date, date]:
    """First and last day of the period that a key calls. Raises ValueError for what is no key."""
    year, _, part = key.partition("-")
    if not part:
        return period_of(date(int(year), 1, 1), "year")
    quarter = part.startswith("Q")
    month = 3 * int(part[1:]) - 2 if quarter else int(part)
    return period_of(date(int(year), month, 1), "quarter" if quarter else "month")


def keys_within(key: str) -> tuple[str, ...]:
    """A period's key and those of the shorter periods inside it: `2027-Q1`, `2027-01` to `2027-03`."""
    first, last = days_of_key(key)
    found = [
        period_key(day, unit)
        for unit in reversed(MONTHS)
        for day in period_starts(first, last, unit)
    ]
    return (key, *(one for one in found if one != key and days_of_key(one)[1] <= last))


def year_before(key: str) -> str:
    """The key of the same period a year earlier: `2026-Q1`."""
    year, dash, part = key.partition("-")
    return f"{int(year) - 1}{dash}{part}"


def quarter_of(day: date) -> int:
    """1 to 4."""
    return _pendulum(day).quarter


def add_months(day: date, months: int) -> date:
    """The same day of a later (or, negative, earlier) month; its last day where it has no such day."""
    return _plain(_pendulum(day).add(months=months))


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both counted; none when the last comes first."""
    if last < first:
        return
    start = _pendulum(first)
    for number in range((_pendulum(last) - start).in_days() + 1):
        yield _plain(start.add(days=number))


def _pendulum(day: date) -> Date:
    from pendulum import date as make  # a tenth of a second: only for whoever asks for a period

    return make(day.year, day.month, day.day)


def _plain(day: date) -> date:
    return date(day.year, day.month, day.day)
