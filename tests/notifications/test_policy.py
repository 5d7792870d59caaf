"""The ladder: which rungs have passed, and when the next one will."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.policy import Facts, Ladder, Office, ladder_for, next_fire_at, passed_rungs
from plan.calendar import LOCAL, WorkingCalendar, local_day, local_instant
from plan.definition.model import (
    Audience,
    CalendarDay,
    LadderOverride,
    OfficeHours,
    PlanDefinition,
    ReminderPolicy,
    Rung,
)
from plan.states import State
from tests.conftest import at

HOURS = [OfficeHours(spans=[("07:00", "11:30"), ("13:30", "17:00")])]
CALENDAR = WorkingCalendar.build(range(2019, 2022))
OFFICE = Office(HOURS, CALENDAR)
PLAIN = Ladder((Rung(offset=-3), Rung(offset=0, tone="urgent")), ("email",), (), announce=True)


def owed(**changes: object) -> Facts:
    fields: dict[str, object] = {
        "agency": "a",
        "milestone": "m",
        "state": State.owed,
        "opens_at": at("2020-04-01 00:00"),
        "last_working_day": date(2020, 4, 29),
    }
    return Facts(**(fields | changes))  # type: ignore[arg-type]


def keys(facts: Facts, now: str, ladder: Ladder = PLAIN) -> list[str]:
    return [rung.key for rung in passed_rungs(facts, ladder, OFFICE, at(now))]


def test_rungs_of_the_packaged_plan_fall_on_the_known_days(definition: PlanDefinition) -> None:
    ladder = ladder_for(definition.reminders, "district-reports", "an-lao")
    facts = owed(opens_at=at("2020-01-20 00:00"))
    found = {
        rung.key: f"{rung.fire_at.astimezone(LOCAL):%d/%m %H:%M}"
        for rung in passed_rungs(facts, ladder, OFFICE, at("2020-05-08 12:00"))
        if rung.audience is Audience.contact
    }
    assert found == {
        "announce": "20/01 07:00",
        "-15": "08/04 07:00",
        "-7": "20/04 07:00",
        "-3": "24/04 07:00",
        "-1": "28/04 07:00",
        "0": "29/04 07:00",
        "+2": "05/05 07:00",
        "+4": "07/05 07:00",
        "+5": "08/05 07:00",
    }


def test_a_rung_has_not_passed_before_the_office_opens() -> None:
    assert keys(owed(), "2020-04-24 06:59") == ["announce"]
    assert keys(owed(), "2020-04-24 07:00") == ["announce", "-3"]


def test_what_opens_on_a_holiday_is_announced_in_the_last_office_hour_before() -> None:
    facts = owed(opens_at=at("2020-05-01 00:00"), last_working_day=date(2020, 5, 29))
    [rung] = passed_rungs(facts, PLAIN, OFFICE, at("2020-05-04 08:00"))
    assert (rung.key, rung.fire_at) == ("announce", at("2020-04-29 16:00"))


def test_a_period_is_not_asked_for_before_it_opens() -> None:
    """A daily report has no use for «còn 3 ngày»: three others lie between."""
    day = owed(opens_at=at("2020-04-29 00:00"))
    assert keys(day, "2020-04-28 17:00") == []
    assert keys(day, "2020-04-29 07:00") == ["0", "announce"]
    assert next_fire_at(day, PLAIN, OFFICE, at("2020-04-20 07:00")) == at("2020-04-29 07:00")


def test_every_so_many_days_after() -> None:
    ladder = Ladder((Rung(offset=2, every=2, tone="overdue"),), ("email",), (), announce=False)
    assert keys(owed(), "2020-05-13 07:00", ladder) == ["+2", "+4", "+6", "+8"]
    assert next_fire_at(owed(), ladder, OFFICE, at("2020-05-13 07:00")) == at("2020-05-15 07:00")


def test_years_late_the_earlier_repeats_are_spoken_for_by_the_latest() -> None:
    ladder = Ladder(
        (Rung(offset=2, every=2, tone="overdue"), Rung(offset=5)), ("email",), (), announce=True
    )
    office = Office(HOURS, WorkingCalendar.build(range(2019, 2028)))
    now = at("2026-11-25 08:00")
    found = passed_rungs(owed(), ladder, office, now)
    late = office.calendar.working_days_between(date(2020, 4, 29), date(2026, 11, 25))
    assert late > 1600
    latest = late - late % 2
    told = [f"+{offset}" for offset in range(latest - 18, latest + 2, 2)]
    assert [rung.key for rung in found] == ["announce", "+5", *told]
    ahead = next_fire_at(owed(), ladder, office, now)
    assert ahead == office.sends_at(office.calendar.add_working_days(local_day(now), late % 2 or 2))


def test_two_rungs_on_one_day_speak_in_the_graver_tone() -> None:
    ladder = Ladder(
        (Rung(offset=2, every=2, tone="overdue"), Rung(offset=4, tone="escalated")),
        ("email",),
        (),
        announce=False,
    )
    found = passed_rungs(owed(), ladder, OFFICE, at("2020-05-07 07:00"))
    assert [(rung.key, rung.tone) for rung in found] == [("+2", "overdue"), ("+4", "escalated")]


@pytest.mark.parametrize("state", [State.submitted, State.accepted, State.waived])
def test_what_is_not_owed_is_silent(state: State) -> None:
    facts = owed(state=state)
    assert keys(facts, "2020-05-13 07:00") == []
    assert next_fire_at(facts, PLAIN, OFFICE, at("2020-04-01 07:00")) is None


def test_a_returned_submission_counts_as_owed() -> None:
    assert keys(owed(state=State.returned), "2020-04-24 07:00") == ["announce", "-3"]


def test_undated_is_silent() -> None:
    facts = owed(last_working_day=None)
    assert keys(facts, "2020-05-13 07:00") == []
    assert next_fire_at(facts, PLAIN, OFFICE, at("2020-04-01 07:00")) is None


def test_only_rungs_ahead_of_a_new_deadline_are_armed() -> None:
    """Extended on 28/4 to 04/5: -3 (27/4) lies behind, the day itself lies ahead."""
    facts = owed(last_working_day=date(2020, 5, 4), armed_at=at("2020-04-28 09:00"))
    assert keys(facts, "2020-05-04 08:00") == ["0"]


def test_later_overrides_win_and_both_lists_must_fit() -> None:
    policy = ReminderPolicy(
        rungs=[Rung(offset=-3)],
        channels=["email"],
        office_hours=HOURS,
        overrides=[
            LadderOverride(milestones=["m"], rungs=[Rung(offset=-5)]),
            LadderOverride(milestones=["m"], agencies=["a"], channels=["zalo_oa"]),
            LadderOverride(agencies=["b"], rungs=[]),
        ],
    )

    def found(milestone: str, agency: str) -> tuple[list[int], tuple[str, ...]]:
        ladder = ladder_for(policy, milestone, agency)
        return [rung.offset for rung in ladder.rungs], ladder.channels

    assert found("m", "a") == ([-5], ("zalo_oa",))
    assert found("m", "c") == ([-5], ("email",))
    assert found("x", "a") == ([-3], ("email",))
    assert found("m", "b") == ([], ("email",))


# --- against an oracle that walks the days -------------------------------------------------------

days = st.dates(date(2020, 3, 1), date(2020, 6, 30))
rungs = st.builds(
    Rung,
    offset=st.integers(-12, 12),
    every=st.none() | st.integers(1, 4),
    audience=st.lists(st.sampled_from(list(Audience)), min_size=1, max_size=2, unique=True),
    tone=st.sampled_from(["plain", "urgent", "overdue", "escalated"]),
)
extra_days = st.lists(
    st.builds(CalendarDay, day=days, kind=st.sampled_from(["off", "working"]), why=st.just("thử")),
    max_size=4,
    unique_by=lambda day: day.day,
)
ladders = st.builds(
    lambda found, announce: Ladder(tuple(found), ("email",), (), announce),
    st.lists(rungs, max_size=5),
    st.booleans(),
)


def oracle(
    facts: Facts,
    ladder: Ladder,
    calendar: WorkingCalendar,
    first: date,
    last: date,
    today: date | None = None,
) -> Iterator[tuple[datetime, str]]:
    """Walks the working days and asks of each: how far is it from the last good day?

    Of what repeats only the last ten up to `today` are told apart; none before it opens.
    """
    day = first
    past = calendar.working_days_between(facts.last_working_day, today) if today else -999  # type: ignore[arg-type]
    while day <= last:
        if calendar.is_working(day):
            away = calendar.working_days_between(facts.last_working_day, day)  # type: ignore[arg-type]
            for rung in ladder.rungs:
                steps, rest = divmod(away - rung.offset, rung.every or 999)
                others = (past - away) // rung.every if rung.every else 0
                shut = facts.opens_at is not None and at(f"{day} 07:00") < facts.opens_at
                if rest == 0 and steps >= 0 and others < 10 and not shut:
                    for audience in rung.audience:
                        name = "" if audience is Audience.contact else f"@{audience.value}"
                        yield at(f"{day} 07:00"), (f"{away:+d}" if away else "0") + name
        day += timedelta(days=1)
    if ladder.announce and facts.opens_at is not None:
        opens = local_day(facts.opens_at)
        if calendar.is_working(opens):
            yield at(f"{opens} 07:00"), "announce"
        else:
            before = max(d for d in _days_back(opens) if calendar.is_working(d))
            yield at(f"{before} 16:00"), "announce"


def _days_back(day: date) -> list[date]:
    return [day - timedelta(days=n) for n in range(1, 20)]


@given(ladders, extra_days, days, st.none() | days, st.none() | days, st.integers(0, 200 * 24))
def test_passed_rungs_are_those_an_oracle_finds(
    ladder: Ladder,
    extra: list[CalendarDay],
    last: date,
    opens: date | None,
    armed: date | None,
    hours: int,
) -> None:
    calendar = WorkingCalendar.build(range(2019, 2022), extra)
    office = Office(HOURS, calendar)
    facts = owed(
        last_working_day=calendar.last_working_day(last),
        opens_at=local_instant(opens) if opens else None,
        armed_at=local_instant(armed) if armed else None,
    )
    now = datetime(2020, 1, 15, tzinfo=UTC) + timedelta(hours=hours)
    wanted = {
        key: fire_at
        for fire_at, key in oracle(
            facts, ladder, calendar, date(2020, 1, 1), date(2020, 12, 1), local_day(now)
        )
        if fire_at <= now and (facts.armed_at is None or fire_at > facts.armed_at)
    }
    found = {rung.key: rung.fire_at for rung in passed_rungs(facts, ladder, office, now)}
    assert found == wanted


@given(ladders, extra_days, days, st.none() | days, st.integers(0, 130 * 24))
def test_the_next_rung_is_never_late(
    ladder: Ladder, extra: list[CalendarDay], last: date, opens: date | None, hours: int
) -> None:
    """Between now and the instant given, no rung passes; at that instant, one does."""
    calendar = WorkingCalendar.build(range(2019, 2022), extra)
    office = Office(HOURS, calendar)
    facts = owed(
        last_working_day=calendar.last_working_day(last),
        opens_at=local_instant(opens) if opens else None,
    )
    now = datetime(2020, 2, 15, tzinfo=UTC) + timedelta(hours=hours)
    ahead = [
        fire_at
        for fire_at, _ in oracle(facts, ladder, calendar, date(2020, 1, 1), date(2020, 12, 1))
        if fire_at > now
    ]
    assert next_fire_at(facts, ladder, office, now) == min(ahead, default=None)


leap_days = st.sampled_from([2020, 2024, 2028]).flatmap(
    lambda year: st.dates(date(year, 2, 20), date(year, 3, 10))
)


@given(ladders, leap_days)
def test_a_rung_passes_at_its_instant_and_not_a_moment_before(ladder: Ladder, last: date) -> None:
    """On the days about a leap day too: the hint names the very instant at which it has passed."""
    calendar = WorkingCalendar.build(range(last.year - 1, last.year + 2))
    office = Office(HOURS, calendar)
    facts = owed(
        last_working_day=calendar.last_working_day(last),
        opens_at=local_instant(date(last.year, 2, 3)),
    )
    moment = timedelta(microseconds=1)
    instants = {
        rung.fire_at
        for rung in passed_rungs(facts, ladder, office, local_instant(date(last.year, 3, 20)))
    }
    for instant in instants:
        before = {one.fire_at for one in passed_rungs(facts, ladder, office, instant - moment)}
        assert instant not in before
        assert instant in {one.fire_at for one in passed_rungs(facts, ladder, office, instant)}
        assert next_fire_at(facts, ladder, office, instant - moment) == instant
