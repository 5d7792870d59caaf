"""Months, quarters and years as calendars have them, to the last day there is."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plan.dates import (
    MONTHS,
    UNITS,
    Unit,
    add_months,
    days,
    days_of_key,
    keys_within,
    period_key,
    period_of,
    period_starts,
    quarter_of,
    year_before,
)

LONG = st.sampled_from(sorted(MONTHS))


def test_periods() -> None:
    assert period_of(date(2020, 2, 10), "month") == (date(2020, 2, 1), date(2020, 2, 29))
    assert period_of(date(2020, 5, 10), "quarter") == (date(2020, 4, 1), date(2020, 6, 30))
    assert period_of(date(9999, 5, 10), "year") == (date(9999, 1, 1), date(9999, 12, 31))
    starts = period_starts(date(2020, 1, 15), date(2020, 7, 1), "quarter")
    assert list(starts) == [date(2020, 4, 1), date(2020, 7, 1)]
    assert len(list(period_starts(date(9998, 1, 1), date.max, "month"))) == 24


@given(st.dates(), LONG)
def test_a_period_is_whole_and_holds_its_day(day: date, unit: Unit) -> None:
    first, last = period_of(day, unit)
    assert first <= day <= last
    assert first.day == 1
    assert (first.month - 1) % MONTHS[unit] == 0
    assert last == date.max or (last + timedelta(days=1)).day == 1
    assert (last.year, last.month - first.month + 1) == (first.year, MONTHS[unit])
    assert quarter_of(first) == quarter_of(period_of(day, "month")[0]) or unit == "year"


@given(st.dates(date(1950, 1, 1), date(2150, 1, 1)), st.sampled_from(UNITS))
def test_a_key_calls_its_period_again(day: date, unit: Unit) -> None:
    assert days_of_key(period_key(day, unit)) == period_of(day, unit)
    before = year_before(period_key(day, unit))
    assert period_key(days_of_key(before)[0], unit) == before


@given(st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_every_week_lies_in_one_month_one_quarter_and_one_year(day: date) -> None:
    """A monthly table is made from its weeks: none may be lost between two months, nor counted in both."""
    week = period_key(day, "week")
    for unit in ("month", "quarter", "year"):
        around = {period_key(day + timedelta(days=n), unit) for n in (-6, 0, 6)}
        assert sum(week in keys_within(key) for key in around) == 1


def test_a_quarter_holds_its_months_its_weeks_and_its_days() -> None:
    inside = keys_within("2027-Q1")
    assert inside[:4] == ("2027-Q1", "2027-01", "2027-02", "2027-03")
    assert inside[4:6] == ("2027-W01", "2027-W02")
    assert (len([key for key in inside if "W" in key]), inside[-1]) == (12, "2027-03-31")
    assert keys_within("2027-03-01") == ("2027-03-01",)
    assert year_before("2028-02-29") == "2027-02-28"
    assert year_before("2026-W53") == "2025-W52"


def test_months_away() -> None:
    assert add_months(date(2020, 1, 31), 1) == date(2020, 2, 29)
    assert add_months(date(2020, 3, 1), -3) == date(2019, 12, 1)
    assert type(add_months(date(2020, 1, 31), 1)) is date


def test_days_in_a_row() -> None:
    row = list(days(date(2020, 2, 28), date(2020, 3, 1)))
    assert row == [date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1)]
    assert list(days(date(2020, 3, 2), date(2020, 3, 1))) == []
    assert list(days(date.max, date.max)) == [date.max]
