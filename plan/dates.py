"""Days, weeks, months, quarters and years in a row, on Pendulum.

Weeks are those of ISO 8601: from Monday, numbered in the year that their Thursday lies in. A week belongs
to the month, quarter and year of its Thursday, so that none is lost between two.

Pure. Takes and gives plain local dates (Asia/Ho_Chi_Minh), never Pendulum's own: what is stored and
compared stays the standard library's. Working days and office hours are `plan.calendar`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pendulum import Date

Unit = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = ("day", "week", "month", "quarter", "year")
"""The shortest first."""
MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: dict[Unit, int] = {"day": 1, "week": 7}
_THURSDAY = timedelta(days=3)


def period_of(day: date, unit: Unit) -> tuple[date, date]:
    """First and last day of the day, week, month, quarter or year that the day lies in."""
    if unit in _DAYS:
        first = day - timedelta(days=day.weekday() if unit == "week" else 0)
        return first, first + timedelta(days=_DAYS[unit] - 1)
    given = _pendulum(day)
    return _plain(given.first_of(unit)), _plain(given.last_of(unit))


def period_starts(first: date, last: date, unit: Unit) -> Iterator[date]:
    """The first day of each day, week, month, quarter or year that begins in [first, last]."""
    begins, ends = period_of(first, unit)
    while begins <= last:
        if begins >= first:
            yield begins
        if ends >= last:
            return
        begins, ends = period_of(ends + timedelta(days=1), unit)


def period_key(day: date, unit: Unit) -> str:
    """What the period that the day lies in is called: `2027-03-01`, `2027-W09`, `2027-03`, `2027-Q1` or
    `2027`."""
    if unit == "day":
        return day.isoformat()
    if unit == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    parts = {"month": f"-{day.month:02d}", "quarter": f"-Q{quarter_of(day)}", "year": ""}
    return f"{day.year}{parts[unit]}"


def days_of_key(key: str) -> tuple[date, date]:
    """First and last day of the period that a key calls. Raises ValueError for what is no key."""
    year, _, part = key.partition("-")
    if not part:
        return period_of(date(int(year), 1, 1), "year")
    if part.startswith("W"):
        return period_of(date.fromisocalendar(int(year), int(part[1:]), 1), "week")
    if "-" in part:
        return period_of(date.fromisoformat(key), "day")
    quarter = part.startswith("Q")
    month = 3 * int(part[1:]) - 2 if quarter else int(part)
    return period_of(date(int(year), month, 1), "quarter" if quarter else "month")


def unit_of_key(key: str) -> str:
    """The length of the period that a key calls (`Unit`); empty for an empty key."""
    if not key:
        return ""
    _, _, part = key.partition("-")
    if part[:1] in ("W", "Q"):
        return "week" if part[0] == "W" else "quarter"
    return "day" if "-" in part else "month" if part else "year"


@lru_cache(maxsize=1024)
def keys_within(key: str) -> tuple[str, ...]:
    """A period's key and those of the shorter periods inside it: `2027-Q1`, `2027-01` to `2027-03`, the weeks
    whose Thursday lies in them, and the days."""
    first, last = days_of_key(key)
    found = [one for unit in reversed(UNITS) for one in _keys_between(first, last, unit)]
    return (key, *(one for one in found if one != key))


def _keys_between(first: date, last: date, unit: Unit) -> Iterator[str]:
    for day in period_starts(first - timedelta(days=6 * (unit == "week")), last, unit):
        begins, ends = period_of(day, unit)
        inside = first <= begins + _THURSDAY <= last if unit == "week" else ends <= last
        if inside:
            yield period_key(day, unit)


def year_before(key: str) -> str:
    """The key of the same period a year earlier: `2026-Q1`. Of a day or a week that year does not have, the
    one before it."""
    year, dash, part = key.partition("-")
    earlier = int(year) - 1
    if part == "W53":
        return period_key(date(earlier, 12, 28), "week")  # always in a year's last week
    if part == "02-29":
        part = "02-28"
    return f"{earlier}{dash}{part}"


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
