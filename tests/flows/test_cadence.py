"""When a milestone is looked at: office hours, working days, closer together as the deadline nears."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.schedule.cadence import FARTHEST, Pending, looks, nightly_looks, office_looks
from plan.calendar import LOCAL, WorkingCalendar, local_day
from plan.definition.loading import load_definition
from tests.conftest import PLAN_PATH, at

SEASONS = load_definition(PLAN_PATH)[0].reminders.office_hours
CALENDAR = WorkingCalendar.build(range(2019, 2022))
LAST = date(2020, 4, 29)


def local(moments: list[datetime]) -> list[str]:
    return [f"{moment.astimezone(LOCAL):%d/%m %H:%M}" for moment in moments]


def on(day: date, last: date = LAST) -> list[str]:
    """The looks of one day."""
    start = datetime.combine(day, datetime.min.time(), LOCAL)
    found = looks(Pending(None, (last,)), CALENDAR, SEASONS, start, 60)
    return [one[6:] for one in local(found) if one.startswith(f"{day:%d/%m}")]


def test_twice_a_day_while_the_deadline_is_far() -> None:
    assert on(date(2020, 2, 3)) == ["07:00", "16:00"]


def test_closer_together_as_the_deadline_nears() -> None:
    days = [date(2020, 2, 3), date(2020, 4, 13), date(2020, 4, 27), LAST]
    counts = [len(on(day)) for day in days]
    assert counts == sorted(counts)
    assert len(set(counts)) == len(counts)
    assert on(LAST)[:3] == ["07:00", "07:30", "08:00"]


def test_twice_a_day_once_it_is_past() -> None:
    assert on(date(2020, 5, 4)) == ["07:00", "16:00"]


def test_none_on_days_off() -> None:
    assert on(date(2020, 4, 30)) == []  # a holiday
    assert on(date(2020, 4, 25)) == []  # a Saturday


def test_none_before_it_opens_and_none_when_all_is_settled() -> None:
    opens = at("2020-04-01 07:00")
    found = looks(Pending(opens, (LAST,)), CALENDAR, SEASONS, at("2020-01-20 08:00"), 5)
    assert found[0] >= opens
    assert looks(Pending(opens, ()), CALENDAR, SEASONS, at("2020-04-20 08:00"), 5) == []


def test_what_has_no_date_is_looked_at_once_a_week() -> None:
    found = looks(Pending(None, (), undated=True), CALENDAR, SEASONS, at("2020-02-03 00:00"), 8)
    weeks = Counter(local_day(moment).isocalendar()[1] for moment in found)
    assert set(weeks.values()) == {2}
    assert {local_day(moment).weekday() for moment in found} == {0}


@given(
    start=st.datetimes(datetime(2019, 6, 1), datetime(2021, 6, 1)),
    ahead=st.integers(-20, 60),
)
def test_looks_rise_and_stay_in_office_hours(start: datetime, ahead: int) -> None:
    after = start.replace(tzinfo=LOCAL)
    last = start.date() + timedelta(days=ahead)
    found = looks(Pending(None, (last,)), CALENDAR, SEASONS, after, 40)
    assert found == sorted(set(found))
    for moment in found:
        assert after <= moment <= after + FARTHEST
        assert CALENDAR.is_working(local_day(moment))
        assert 7 <= moment.astimezone(LOCAL).hour < 17


def test_the_sweep_keeps_office_hours() -> None:
    found = office_looks(CALENDAR, SEASONS, timedelta(minutes=5), at("2020-04-29 16:50"), 3)
    assert local(found) == ["29/04 16:50", "29/04 16:55", "04/05 07:00"]


@pytest.mark.parametrize(("after", "first"), [("01:00", "20/04 01:30"), ("02:00", "21/04 01:30")])
def test_nights(after: str, first: str) -> None:
    found = nightly_looks(timedelta(hours=1, minutes=30), at(f"2020-04-20 {after}"), 3)
    assert local(found)[0] == first
    assert len(found) == 3
