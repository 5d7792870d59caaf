"""Deadlines: due words, windows, occurrences, standing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.calendar import LOCAL, UnknownYearError, WorkingCalendar, local_day, local_instant
from plan.deadlines.standing import Standing, Timeliness, standing
from plan.deadlines.windows import (
    DeadlineError,
    DueWordsError,
    Once,
    Recurring,
    Window,
    occurrences,
    parse_due,
    window,
)
from plan.definition.model import CalendarDay

CALENDAR = WorkingCalendar.build(range(2019, 2023))
ISSUED = date(2020, 1, 20)
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A local clock time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


# --- windows -----------------------------------------------------------------------------------


def window_of(words: str, **options: object) -> Window:
    rule = parse_due(words)
    found = window(rule, issued_on=ISSUED, calendar=CALENDAR, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("words", "opens_on", "last_day", "last_working_day", "due_at"),
    [
        ("Trước ngày 30 tháng 4 năm 2020", "2020-01-20", "2020-04-29", "2020-04-29", "2020-04-30"),
        ("Trước ngày 20 tháng 6 năm 2020", "2020-01-20", "2020-06-19", "2020-06-19", "2020-06-20"),
        ("Trong tháng 4 năm 2020", "2020-04-01", "2020-04-30", "2020-04-29", "2020-05-01"),
        ("Trong tháng 5 năm 2020", "2020-05-01", "2020-05-31", "2020-05-29", "2020-06-01"),
    ],
)
def test_the_windows_of_2020(
    words: str, opens_on: str, last_day: str, last_working_day: str, due_at: str
) -> None:
    assert window_of(words) == Window(
        opens_on=date.fromisoformat(opens_on),
        opens_at=at(opens_on),
        due_at=at(due_at),
        last_day=date.fromisoformat(last_day),
        last_working_day=date.fromisoformat(last_working_day),
    )
    assert window_of(words).due_at.tzinfo is UTC


def test_a_deadline_at_an_hour() -> None:
    found = window_of("trước 17 giờ ngày 29/4/2020")
    assert found.due_at == at("2020-04-29T17:00")
    assert found.last_day == date(2020, 4, 29)


def test_rolling_forward_only_when_asked() -> None:
    words = "trong tháng 5 năm 2020"
    assert window_of(words).last_day == date(2020, 5, 31)
    rolled = window_of(words, roll_forward=True)
    assert rolled.last_day == rolled.last_working_day == date(2020, 6, 1)
    assert rolled.due_at == at("2020-06-02")
    on_a_working_day = "trước ngày 30/4/2020"
    assert window_of(on_a_working_day, roll_forward=True) == window_of(on_a_working_day)


def test_when_it_opens() -> None:
    assert window_of("trong tháng 4/2020", opens_on=date(2020, 4, 15)).opens_at == at("2020-04-15")
    assert window_of("chậm nhất ngày 29/4/2020", opens_on=date(2020, 4, 29)).opens_on.day == 29
    with pytest.raises(DeadlineError, match="30/04/2020"):
        window_of("chậm nhất ngày 29/4/2020", opens_on=date(2020, 4, 30))


def test_none_is_undated_and_unknown_years_are_refused() -> None:
    assert window(None, issued_on=ISSUED, calendar=CALENDAR) is None
    with pytest.raises(UnknownYearError, match="2031"):
        window_of("trước ngày 30/4/2031")
    with pytest.raises(DeadlineError, match="từng kỳ"):
        window_of("hằng tháng trước ngày 15")


@given(st.dates(date(2019, 2, 1), date(2022, 11, 30)), st.booleans())
def test_windows_are_half_open(day: date, roll_forward: bool) -> None:
    found = window(
        Once(day),
        issued_on=date(2019, 1, 1),
        calendar=CALENDAR,
        roll_forward=roll_forward,
    )
    assert found is not None
    tick = timedelta(microseconds=1)
    assert local_day(found.due_at) == found.last_day + DAY
    assert local_day(found.due_at - tick) == found.last_day
    assert local_day(found.opens_at - tick) < found.opens_on == local_day(found.opens_at)
    assert found.last_day >= day
    assert found.last_day == day or (roll_forward and CALENDAR.is_working(found.last_day))
    assert found.last_working_day == CALENDAR.last_working_day(found.last_day)


# --- occurrences -------------------------------------------------------------------------------


def rule_of(words: str) -> Recurring:
    rule = parse_due(words)
    assert isinstance(rule, Recurring)
    return rule


def test_two_days_a_year_are_two_deadlines_each_behind_the_other() -> None:
    rule = rule_of("trước ngày 01/6 và 15/11 hằng năm")
    found = occurrences(rule, date(2020, 2, 1), date(2021, 12, 31), calendar=CALENDAR)
    assert [(key, str(one.opens_on), str(one.last_day)) for key, one in found] == [
        ("2020-06", "2020-01-01", "2020-05-31"),
        ("2020-11", "2020-06-02", "2020-11-14"),
        ("2021-06", "2021-01-01", "2021-05-31"),
        ("2021-11", "2021-06-02", "2021-11-14"),
    ]


def keys_and_last_days(words: str, start: date, end: date) -> list[tuple[str, str]]:
    found = occurrences(rule_of(words), start, end, calendar=CALENDAR)
    return [(key, span.last_day.isoformat()) for key, span in found]


def test_every_month() -> None:
    found = keys_and_last_days("hằng tháng trước ngày 15", date(2020, 1, 15), date(2020, 4, 14))
    assert found == [
        ("2020-02", "2020-02-14"),
        ("2020-03", "2020-03-14"),
        ("2020-04", "2020-04-14"),
    ]
    spans = occurrences(
        rule_of("hằng tháng trước ngày 15"), date(2020, 3, 1), date(2020, 3, 31), calendar=CALENDAR
    )
    assert [span.opens_on for _, span in spans] == [date(2020, 3, 1)]
    assert [span.last_working_day for _, span in spans] == [date(2020, 3, 13)]


def test_the_key_is_the_period_reported_on_not_the_month_of_the_deadline() -> None:
    year = (date(2020, 1, 1), date(2020, 12, 31))
    monthly = keys_and_last_days("hằng tháng chậm nhất ngày 05 tháng sau", *year)
    assert monthly[0] == ("2019-12", "2020-01-05")
    assert len(monthly) == 12
    assert keys_and_last_days("hằng quý trước ngày 10 tháng đầu quý sau", *year) == [
        ("2019-Q4", "2020-01-09"),
        ("2020-Q1", "2020-04-09"),
        ("2020-Q2", "2020-07-09"),
        ("2020-Q3", "2020-10-09"),
    ]
    assert keys_and_last_days("hằng năm trước ngày 15/12", *year) == [("2020", "2020-12-14")]
    assert keys_and_last_days("hằng năm trước ngày 15/01 năm sau", *year) == [
        ("2019", "2020-01-14")
    ]


def test_every_working_day_is_a_period_and_a_day_off_is_none() -> None:
    """02/9/2020 was a Wednesday off; the weekend before it is none either."""
    days = (date(2020, 8, 28), date(2020, 9, 3))
    found = occurrences(rule_of("hằng ngày trước 15 giờ"), *days, calendar=CALENDAR)
    assert [key for key, _ in found] == ["2020-08-28", "2020-08-31", "2020-09-01", "2020-09-03"]
    assert (found[0][1].opens_at, found[0][1].due_at) == (at("2020-08-28"), at("2020-08-28 15:00"))
    every = occurrences(rule_of("hằng ngày, kể cả ngày nghỉ"), *days, calendar=CALENDAR)
    assert [key[-2:] for key, _ in every] == ["28", "29", "30", "31", "01", "02", "03"]
    next_day = occurrences(rule_of("hằng ngày trước 8 giờ hôm sau"), *days, calendar=CALENDAR)
    assert [(key, f"{one.due_at.astimezone(LOCAL):%d/%m %H}") for key, one in next_day[:2]] == [
        ("2020-08-27", "28/08 08"),
        ("2020-08-28", "29/08 08"),
    ]


def test_a_week_is_a_period_unless_nobody_works_in_it() -> None:
    """Tết 2020 was off from Thursday 23/01 to Wednesday 29/01: both weeks have days worked. A day off stays
    the last day, as with any date a plan names."""
    rule = rule_of("thứ Sáu hằng tuần")
    found = occurrences(rule, date(2020, 1, 13), date(2020, 1, 31), calendar=CALENDAR)
    assert [(key, str(one.last_day), str(one.last_working_day)) for key, one in found] == [
        ("2020-W03", "2020-01-17", "2020-01-17"),
        ("2020-W04", "2020-01-24", "2020-01-22"),
        ("2020-W05", "2020-01-31", "2020-01-31"),
    ]
    shut = [CalendarDay(day=date(2020, 1, day), kind="off", why="Tết") for day in (20, 21, 22)]
    longer = WorkingCalendar.build(range(2019, 2022), shut)
    found = occurrences(rule, date(2020, 1, 13), date(2020, 1, 31), calendar=longer)
    assert [key for key, _ in found] == ["2020-W03", "2020-W05"]


def test_an_occurrence_rolls_forward_when_asked() -> None:
    rule = rule_of("hằng tháng trước ngày 15")
    march = (date(2020, 3, 14), date(2020, 3, 14))
    [(key, span)] = occurrences(rule, *march, calendar=CALENDAR, roll_forward=True)
    assert (key, span.last_day) == ("2020-03", date(2020, 3, 16))


@given(
    st.sampled_from(
        [
            "hằng tháng trước ngày 2",
            "hằng tháng chậm nhất ngày 28 tháng sau",
            "hằng quý trước ngày 30 tháng cuối quý",
            "hằng quý trước ngày 1 tháng giữa quý sau",
            "hằng năm chậm nhất ngày 31/12 năm sau",
            "hằng ngày",
            "hằng tuần chậm nhất thứ Hai tuần sau",
        ]
    ),
    st.lists(st.dates(date(2019, 2, 1), date(2022, 11, 30)), min_size=3, max_size=3),
)
def test_no_occurrence_is_lost_or_doubled_where_spans_meet(words: str, cuts: list[date]) -> None:
    a, b, c = sorted(cuts)
    whole = keys_and_last_days(words, a, c)
    assert whole == keys_and_last_days(words, a, b) + keys_and_last_days(words, b + DAY, c)
    keys = [key for key, _ in whole]
    assert len(set(keys)) == len(keys)


# --- standing ----------------------------------------------------------------------------------

BEFORE_30_APRIL = window_of("trước ngày 30/4/2020")


def stands(
    now: str, *, nothing_owed: bool = False, decisive: str = "", words: str = "trước ngày 30/4/2020"
) -> Standing:
    span = window_of(words)
    return standing(
        opens_at=span.opens_at,
        due_at=span.due_at,
        last_day=span.last_day,
        nothing_owed=nothing_owed,
        decisive_at=at(decisive) if decisive else None,
        now=at(now),
        calendar=CALENDAR,
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2020-01-19T23:59", Standing(Timeliness.not_open, 0, 0, 101, 67)),
        ("2020-01-20T00:00", Standing(Timeliness.open, 0, 0, 100, 66)),
        ("2020-04-23T08:00", Standing(Timeliness.open, 0, 0, 6, 4)),
        ("2020-04-24T08:00", Standing(Timeliness.due_soon, 0, 0, 5, 3)),
        ("2020-04-29T23:59", Standing(Timeliness.due_soon, 0, 0, 0, 0)),
        ("2020-04-30T00:00", Standing(Timeliness.overdue, 1, 0)),
        ("2020-05-04T00:00", Standing(Timeliness.overdue, 5, 1)),
        ("2020-05-05T12:00", Standing(Timeliness.overdue, 6, 2)),
    ],
)
def test_what_is_owed_stands_by_now(now: str, expected: Standing) -> None:
    assert stands(now) == expected


@pytest.mark.parametrize(
    ("decisive", "expected"),
    [
        ("2020-04-29T23:59:59.999999", Standing(Timeliness.on_time)),
        ("2020-04-30T00:00", Standing(Timeliness.late, 1, 0)),
        ("2020-05-04T09:00", Standing(Timeliness.late, 5, 1)),
    ],
)
def test_what_was_handed_in_stands_by_its_moment(decisive: str, expected: Standing) -> None:
    assert stands("2020-12-01", nothing_owed=True, decisive=decisive) == expected


def test_a_returned_one_is_owed_again_and_a_waived_one_is_never_late() -> None:
    returned = stands("2020-05-04T08:00", decisive="2020-04-28T08:00")
    assert returned == Standing(Timeliness.overdue, 5, 1)
    assert stands("2020-05-04T08:00", nothing_owed=True) == Standing(Timeliness.on_time)


def test_the_day_after_an_hour_missed() -> None:
    words = "trước 17 giờ ngày 29/4/2020"
    assert stands("2020-04-29T16:59", words=words).timeliness is Timeliness.due_soon
    assert stands("2020-04-29T17:00", words=words) == Standing(Timeliness.overdue, 0, 0)


@pytest.mark.parametrize("nothing_owed", [True, False])
@pytest.mark.parametrize("moment", [None, "2020-05-04"])
def test_an_undated_one_is_always_undated(nothing_owed: bool, moment: str | None) -> None:
    found = standing(
        opens_at=None,
        due_at=None,
        last_day=None,
        nothing_owed=nothing_owed,
        decisive_at=at(moment) if moment else None,
        now=at("2031-01-01"),
        calendar=CALENDAR,
    )
    assert found == Standing(Timeliness.undated)


def test_a_year_the_calendar_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownYearError, match="2023"):
        stands("2031-01-05")


@given(
    st.datetimes(datetime(2020, 1, 20), datetime(2020, 8, 1), timezones=st.just(LOCAL)),
    st.integers(0, 5),
)
def test_a_standing_agrees_with_its_window(now: datetime, soon: int) -> None:
    span = BEFORE_30_APRIL
    found = standing(
        opens_at=span.opens_at,
        due_at=span.due_at,
        last_day=span.last_day,
        nothing_owed=False,
        decisive_at=None,
        now=now,
        calendar=CALENDAR,
        soon_working_days=soon,
    )
    today = local_day(now)
    late = today > span.last_day
    assert (found.timeliness is Timeliness.overdue) == late == (now >= span.due_at)
    assert found.days_late == max(0, (today - span.last_day).days)
    assert 0 <= found.working_days_late <= found.days_late
    if found.timeliness is Timeliness.due_soon:
        assert found.working_days_left is not None
        assert found.working_days_left <= soon
    assert (found.days_left is None) == late
    assert local_instant(today) <= now


@pytest.mark.parametrize(
    "words",
    ["Năm 2026 - 2027", "năm 2026-2027", "Năm 2026 và năm 2027", "Thời gian: năm 2026 – 2027"],
)
def test_years_alone_may_be_when_it_goes_on(words: str) -> None:
    """Under «Thời gian thực hiện» they are the years of doing, under «Hoàn thành» an end."""
    with pytest.raises(DueWordsError, match="đến hết năm 2027"):
        parse_due(words)


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("đến hết năm 2027", date(2027, 12, 31)),
        ("trong năm 2026 - 2027", date(2027, 12, 31)),
        ("tháng 11 - 12/2026", date(2026, 12, 31)),
    ],
)
def test_years_with_their_word_are_read(words: str, last: date) -> None:
    rule = parse_due(words)
    assert isinstance(rule, Once)
    assert rule.last_day == last
