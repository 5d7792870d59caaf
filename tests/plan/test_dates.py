"""Months, quarters and years as calendars have them, to the last day there is."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plan.dates import MONTHS, Unit, add_months, days, period_of, period_starts, quarter_of

UNITS = st.sampled_from(sorted(MONTHS))


def test_periods() -> None:
    assert period_of(date(2020, 2, 10), "month") == (date(2020, 2, 1), date(2020, 2, 29))
    assert period_of(date(2020, 5, 10), "quarter") == (date(2020, 4, 1), date(2020, 6, 30))
    assert period_of(date(9999, 5, 10), "year") == (date(9999, 1, 1), date(9999, 12, 31))
    starts = period_starts(date(2020, 1, 15), date(2020, 7, 1), "quarter")
    assert list(starts) == [date(2020, 4, 1), date(2020, 7, 1)]
    assert len(list(period_starts(date(9998, 1, 1), date.max, "month"))) == 24


@given(st.dates(), UNITS)
def test_a_period_is_whole_and_holds_its_day(day: date, unit: Unit) -> None:
    first, last = period_of(day, unit)
    assert first <= day <= last
    assert first.day == 1
    assert (first.month - 1) % MONTHS[unit] == 0
    assert last == date.max or (last + timedelta(days=1)).day == 1
    assert (last.year, last.month - first.month + 1) == (first.year, MONTHS[unit])
    assert quarter_of(first) == quarter_of(period_of(day, "month")[0]) or unit == "year"


def test_months_away() -> None:
    assert add_months(date(2020, 1, 31), 1) == date(2020, 2, 29)
    assert add_months(date(2020, 3, 1), -3) == date(2019, 12, 1)
    assert type(add_months(date(2020, 1, 31), 1)) is date


def test_days_in_a_row() -> None:
    row = list(days(date(2020, 2, 28), date(2020, 3, 1)))
    assert row == [date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1)]
    assert list(days(date(2020, 3, 2), date(2020, 3, 1))) == []
    assert list(days(date.max, date.max)) == [date.max]
