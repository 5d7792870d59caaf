"""Working days and office hours: the facts of 2020, and arithmetic against a day-by-day oracle."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.calendar import (
    LOCAL,
    UnknownYearError,
    WorkingCalendar,
    in_office_hours,
    known_year,
    last_office_hour_before,
    local_day,
    local_instant,
    next_office_instant,
    office_spans,
    sending_window,
)
from plan.definition.model import CalendarDay, OfficeHours
from plan.errors import DondocError

DAY = timedelta(days=1)
CALENDAR = WorkingCalendar.build(range(2019, 2022))
YEAR_ROUND = [OfficeHours(spans=[("07:00", "11:30"), ("13:30", "17:00")])]
SEASONS = [
    OfficeHours(from_day="10-16", to_day="04-15", spans=[("07:30", "12:00"), ("13:00", "16:30")]),
    OfficeHours(from_day="04-16", to_day="10-15", spans=[("07:00", "11:30"), ("13:30", "17:00")]),
]


def at(text: str) -> datetime:
    """A local clock time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


# --- known years -------------------------------------------------------------------------------


def test_2020_is_right() -> None:
    tet = [date(2020, 1, day) for day in range(23, 30)]
    others = [date(2020, 1, 1), date(2020, 4, 2), date(2020, 4, 30), date(2020, 5, 1)]
    assert sorted(known_year(2020).off) == sorted([*tet, *others, date(2020, 9, 2)])
    assert known_year(2020).off[date(2020, 4, 2)] == "Ngày Giỗ Tổ Hùng Vương"
    assert not known_year(2020).working


@pytest.mark.parametrize(
    ("off", "worked"),
    [
        (date(2025, 5, 2), date(2025, 4, 26)),
        (date(2018, 12, 31), date(2019, 1, 5)),
        (date(2015, 1, 2), date(2014, 12, 27)),
        (date(2026, 8, 31), date(2026, 8, 22)),
        (date(2026, 1, 2), date(2026, 1, 10)),
    ],
)
def test_a_moved_working_day_is_off_and_its_saturday_is_worked(off: date, worked: date) -> None:
    calendar = WorkingCalendar.build(range(2014, 2027))
    assert not calendar.is_working(off)
    assert calendar.is_working(worked)
    assert f"{worked:%d/%m/%Y}" in str(calendar.why(off))
    assert calendar.why(worked) == f"Làm bù cho ngày nghỉ {off:%d/%m/%Y}"


def test_a_holiday_at_a_weekend_is_paid_for_by_the_next_working_day() -> None:
    assert known_year(2022).off[date(2022, 5, 3)] == "Ngày Quốc tế Lao động (nghỉ bù)"


def test_every_year_in_range_is_known_and_others_are_refused() -> None:
    counts = {year: len(known_year(year).off) for year in range(1995, 2101)}
    assert min(counts.values()) >= 8
    for year in (1994, 2101, 9999):
        with pytest.raises(UnknownYearError, match=str(year)) as caught:
            known_year(year)
        assert isinstance(caught.value, DondocError)
        assert "calendar" in str(caught.value)


def test_years_without_published_swaps_are_estimated() -> None:
    assert [year for year in range(2019, 2031) if known_year(year).estimated] == [
        2027,
        2028,
        2029,
        2030,
    ]
    assert WorkingCalendar.build(range(2025, 2029)).estimated == {2027, 2028}


def test_names_are_vietnamese_whatever_the_locale() -> None:
    code = "from plan.calendar import *; print(ascii(sorted(known_year(2020).off.values())[0]))"
    shell = {"LANGUAGE": "en_US", "LANG": "C", "PATH": ""}
    run = subprocess.run([sys.executable, "-c", code], env=shell, capture_output=True, check=True)
    assert run.stdout.decode().strip() == ascii("29 Tết")


def test_importing_costs_no_library() -> None:
    heavy = {"holidays", "pendulum", "sqlalchemy", "sqlmodel", "pydantic"}
    code = (
        "import sys, plan.calendar, plan.deadlines.windows, plan.text;"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout.decode().strip() == "[]"


# --- a plan's own days -------------------------------------------------------------------------


def own(day: date, kind: str, why: str) -> CalendarDay:
    return CalendarDay.model_validate({"day": day, "kind": kind, "why": why})


def test_a_plan_lays_its_days_over_the_known_ones() -> None:
    calendar = WorkingCalendar.build(
        [2020],
        [
            own(date(2020, 3, 31), "off", "Ngày giải phóng tỉnh"),
            own(date(2020, 4, 2), "working", "Trực phòng dịch"),
            own(date(2020, 4, 4), "working", "Làm bù"),
            own(date(2031, 4, 4), "off", "năm khác"),
        ],
    )
    assert [calendar.is_working(date(2020, 4, d)) for d in (2, 3, 4, 5)] == [
        True,
        True,
        True,
        False,
    ]
    assert calendar.why(date(2020, 3, 31)) == "Ngày giải phóng tỉnh"
    assert calendar.why(date(2020, 4, 4)) == "Làm bù"
    assert date(2031, 4, 4) not in calendar.off


def test_a_plan_can_make_a_year_known_by_its_own_list() -> None:
    with pytest.raises(UnknownYearError):
        WorkingCalendar.build([2105], [own(date(2105, 1, 3), "working", "Làm bù")])
    calendar = WorkingCalendar.build([2105], [own(date(2105, 1, 1), "off", "Tết Dương lịch")])
    assert not calendar.is_working(date(2105, 1, 1))
    assert calendar.is_working(date(2105, 1, 2))


def test_a_day_cannot_be_off_and_worked() -> None:
    day = date(2020, 4, 4)
    with pytest.raises(ValueError, match="2020"):
        WorkingCalendar({day: "nghỉ"}, {day: "làm bù"}, frozenset([2020]))


# --- working days ------------------------------------------------------------------------------


def test_why() -> None:
    assert CALENDAR.why(date(2020, 5, 2)) == "Thứ Bảy"
    assert CALENDAR.why(date(2020, 5, 3)) == "Chủ nhật"
    assert CALENDAR.why(date(2020, 1, 26)) == "Mùng hai Tết Nguyên Đán"
    assert CALENDAR.why(date(2020, 4, 29)) is None


def test_over_the_holidays_of_april_2020() -> None:
    last = date(2020, 4, 29)
    assert CALENDAR.working_days_between(last, date(2020, 4, 30)) == 0
    assert CALENDAR.working_days_between(last, date(2020, 5, 4)) == 1
    assert CALENDAR.next_working_day(date(2020, 4, 30)) == date(2020, 5, 4)
    assert CALENDAR.last_working_day(date(2020, 5, 31)) == date(2020, 5, 29)
    assert CALENDAR.add_working_days(date(2020, 5, 31), -1) == date(2020, 5, 28)
    assert CALENDAR.add_working_days(date(2020, 5, 31), 1) == date(2020, 6, 1)
    assert CALENDAR.add_working_days(date(2020, 1, 22), 1) == date(2020, 1, 30)


def test_a_year_it_was_not_built_for_is_refused() -> None:
    only = WorkingCalendar.build([2020])
    for ask in (
        lambda: only.is_working(date(2021, 1, 4)),
        lambda: only.why(date(2019, 12, 31)),
        lambda: only.last_working_day(date(2020, 1, 1)),
        lambda: only.next_working_day(date(2021, 1, 1)),
        lambda: only.add_working_days(date(2020, 12, 31), 1),
        lambda: only.working_days_between(date(2020, 1, 1), date(2022, 1, 1)),
        lambda: only.working_days_between(date(2022, 1, 1), date(2020, 1, 1)),
    ):
        with pytest.raises(UnknownYearError):
            ask()


days = st.dates(date(2019, 3, 1), date(2022, 10, 31))


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    off = draw(st.sets(days, max_size=60))
    working = draw(st.sets(days.filter(lambda d: d.weekday() >= 5), max_size=20)) - off
    why = dict.fromkeys
    return WorkingCalendar(why(off, "nghỉ"), why(working, "làm bù"), frozenset(range(2019, 2023)))


def naive_working(calendar: WorkingCalendar, day: date) -> bool:
    if day in calendar.working:
        return True
    return day.weekday() < 5 and day not in calendar.off


def naive_between(calendar: WorkingCalendar, a: date, b: date) -> int:
    low, high = min(a, b), max(a, b)
    spans = (low + DAY * n for n in range(1, (high - low).days + 1))
    count = sum(naive_working(calendar, day) for day in spans)
    return count if a <= b else -count


@given(calendars(), days, days)
def test_counting_agrees_with_counting_on_fingers(
    calendar: WorkingCalendar, a: date, b: date
) -> None:
    assert calendar.is_working(a) == naive_working(calendar, a)
    assert (calendar.why(a) is None) == (naive_working(calendar, a) and a not in calendar.working)
    assert calendar.working_days_between(a, b) == naive_between(calendar, a, b)


@given(calendars(), days, st.integers(-40, 40))
def test_stepping_agrees_with_stepping_day_by_day(
    calendar: WorkingCalendar, day: date, n: int
) -> None:
    expected = day
    while not naive_working(calendar, expected):
        expected -= DAY
    for _ in range(abs(n)):
        expected += DAY if n > 0 else -DAY
        while not naive_working(calendar, expected):
            expected += DAY if n > 0 else -DAY
    assert calendar.add_working_days(day, n) == expected
    assert calendar.working_days_between(day, expected) == n


@given(calendars(), days)
def test_nearest_working_days(calendar: WorkingCalendar, day: date) -> None:
    before, after = calendar.last_working_day(day), calendar.next_working_day(day)
    assert before <= day <= after
    assert naive_working(calendar, before)
    assert naive_working(calendar, after)
    between = (before + DAY * n for n in range(1, (after - before).days))
    assert not any(naive_working(calendar, other) for other in between)


# --- instants and office hours -----------------------------------------------------------------


def test_local_days() -> None:
    assert local_day(datetime(2020, 4, 29, 17, 0, tzinfo=UTC)) == date(2020, 4, 30)
    assert local_instant(date(2020, 4, 30)) == datetime(2020, 4, 29, 17, tzinfo=UTC)
    assert local_instant(date(2020, 4, 29), time(17)) == datetime(2020, 4, 29, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        local_day(datetime(2020, 4, 29, 17, 0))


def test_office_spans_are_utc_and_none_on_a_day_off() -> None:
    spans = office_spans(date(2020, 4, 29), YEAR_ROUND, CALENDAR)
    assert spans == [
        (at("2020-04-29T07:00"), at("2020-04-29T11:30")),
        (at("2020-04-29T13:30"), at("2020-04-29T17:00")),
    ]
    assert {moment.tzinfo for span in spans for moment in span} == {UTC}
    assert office_spans(date(2020, 4, 30), YEAR_ROUND, CALENDAR) == []
    assert office_spans(date(2020, 4, 29), [], CALENDAR) == spans


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        (date(2020, 2, 3), "07:30"),
        (date(2020, 4, 15), "07:30"),
        (date(2020, 4, 16), "07:00"),
        (date(2020, 10, 15), "07:00"),
        (date(2020, 10, 16), "07:30"),
    ],
)
def test_a_season_may_run_over_new_year(day: date, opens: str) -> None:
    first, _ = office_spans(day, SEASONS, CALENDAR)[0]
    assert first == at(f"{day}T{opens}")


@pytest.mark.parametrize(
    ("moment", "next_one", "last_hour"),
    [
        ("2020-04-29T09:00", "2020-04-29T09:00", "2020-04-29T08:00"),
        ("2020-04-29T07:30", "2020-04-29T07:30", "2020-04-28T16:00"),
        ("2020-04-29T11:30", "2020-04-29T13:30", "2020-04-29T10:30"),
        ("2020-04-29T14:00", "2020-04-29T14:00", "2020-04-29T10:30"),
        ("2020-04-29T17:00", "2020-05-04T07:00", "2020-04-29T16:00"),
        ("2020-05-03T23:00", "2020-05-04T07:00", "2020-04-29T16:00"),
        ("2020-05-04T05:00", "2020-05-04T07:00", "2020-04-29T16:00"),
    ],
)
def test_around_an_instant(moment: str, next_one: str, last_hour: str) -> None:
    instant = at(moment)
    assert next_office_instant(instant, YEAR_ROUND, CALENDAR) == at(next_one)
    assert in_office_hours(instant, YEAR_ROUND, CALENDAR) == (moment == next_one)
    start = at(last_hour)
    assert last_office_hour_before(instant, YEAR_ROUND, CALENDAR) == (
        start,
        start + timedelta(hours=1),
    )


def test_a_span_shorter_than_an_hour_counts_whole() -> None:
    short = [OfficeHours(spans=[("08:00", "08:30")])]
    assert last_office_hour_before(at("2020-04-29T12:00"), short, CALENDAR) == (
        at("2020-04-29T08:00"),
        at("2020-04-29T08:30"),
    )


def _sent(rung_day: date, now: datetime, seasons: list[OfficeHours]) -> datetime:
    """The first instant from `now` on at which a rung of that day may be sent."""
    opens, _ = sending_window(rung_day, seasons, CALENDAR)
    return next_office_instant(max(now, opens), seasons, CALENDAR)


@pytest.mark.parametrize(
    ("rung_day", "now", "sent"),
    [
        # A working day: from opening on; at lunch and at night, the next hour.
        (date(2020, 4, 29), "2020-04-28T23:00", "2020-04-29T07:00"),
        (date(2020, 4, 29), "2020-04-29T12:00", "2020-04-29T13:30"),
        (date(2020, 4, 29), "2020-04-29T15:12", "2020-04-29T15:12"),
        # A day off: the last office hour before it, while that hour is ahead; else the next one.
        (date(2020, 5, 2), "2020-04-29T08:00", "2020-04-29T16:00"),
        (date(2020, 5, 2), "2020-04-29T16:40", "2020-04-29T16:40"),
        (date(2020, 5, 2), "2020-04-29T17:00", "2020-05-04T07:00"),
        (date(2020, 5, 2), "2020-05-02T10:00", "2020-05-04T07:00"),
        # Missed days lose nothing.
        (date(2020, 4, 29), "2020-05-06T18:00", "2020-05-07T07:00"),
    ],
)
def test_when_a_rung_is_sent(rung_day: date, now: str, sent: str) -> None:
    assert _sent(rung_day, at(now), YEAR_ROUND) == at(sent)


def test_sending_windows() -> None:
    assert sending_window(date(2020, 4, 29), YEAR_ROUND, CALENDAR) == (
        at("2020-04-29T07:00"),
        at("2020-04-29T17:00"),
    )
    assert sending_window(date(2020, 4, 30), SEASONS, CALENDAR) == (
        at("2020-04-29T16:00"),
        at("2020-04-29T17:00"),
    )


instants = st.datetimes(datetime(2020, 1, 20), datetime(2020, 12, 20), timezones=st.just(LOCAL))


@given(
    st.dates(date(2020, 1, 20), date(2020, 12, 20)),
    instants,
    st.sampled_from([YEAR_ROUND, SEASONS]),
)
def test_nothing_is_ever_sent_outside_office_hours(
    rung_day: date, now: datetime, seasons: list[OfficeHours]
) -> None:
    sent = _sent(rung_day, now, seasons)
    assert in_office_hours(sent, seasons, CALENDAR)
    assert sent >= now
    # Never later than the first office hour after both the rung's day began and now.
    latest = max(now, local_instant(rung_day))
    assert sent <= next_office_instant(latest, seasons, CALENDAR)


@given(instants)
def test_next_office_instant_skips_no_open_minute(moment: datetime) -> None:
    found = next_office_instant(moment, YEAR_ROUND, CALENDAR)
    fortnight = range(2 * 24 * 60)  # longer than Tết
    every = (moment + timedelta(minutes=7) * n for n in fortnight)
    step = next(m for m in every if in_office_hours(m, YEAR_ROUND, CALENDAR))
    assert moment <= found <= step < found + timedelta(minutes=7)
