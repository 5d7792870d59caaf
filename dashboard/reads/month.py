"""A month as a calendar shows it: weeks from Monday, days off and made up, deadlines, what came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plan.calendar import WorkingCalendar, local_day
from plan.progress import ObligationView

DAY = timedelta(days=1)


@dataclass(frozen=True)
class DueGroup:
    """What falls due on a day of one deliverable: how many agencies, how many still owe."""

    deliverable: str
    milestone: str
    total: int
    owed: int
    agencies: tuple[str, ...]
    """Short names of those that still owe."""


@dataclass(frozen=True)
class DayBox:
    day: date
    inside: bool
    """Of the month shown."""
    working: bool
    why: str
    """Why it is off, or worked though a weekend."""
    due: tuple[DueGroup, ...]
    handed_in: int
    today: bool


def month_weeks(
    year: int,
    month: int,
    views: Sequence[ObligationView],
    calendar: WorkingCalendar,
    today: date,
) -> list[list[DayBox]]:
    """Whole weeks that cover the month."""
    first = date(year, month, 1)
    day = first - DAY * first.weekday()
    after = (first + 32 * DAY).replace(day=1)
    due, came = _due(views), _came(views)
    weeks = []
    while day < after:
        weeks.append([_box(day + DAY * i, month, due, came, calendar, today) for i in range(7)])
        day += 7 * DAY
    return weeks


def _box(
    day: date,
    month: int,
    due: dict[date, list[ObligationView]],
    came: dict[date, int],
    calendar: WorkingCalendar,
    today: date,
) -> DayBox:
    known = day.year in calendar.years
    working = known and calendar.is_working(day)
    weekend = day.weekday() > 4
    named = known and (day in calendar.off or day in calendar.working)
    return DayBox(
        day=day,
        inside=day.month == month,
        working=working if known else not weekend,
        why=(calendar.why(day) or "") if named else "",
        due=_groups(due.get(day, [])),
        handed_in=came.get(day, 0),
        today=day == today,
    )


def _due(views: Sequence[ObligationView]) -> dict[date, list[ObligationView]]:
    found: dict[date, list[ObligationView]] = defaultdict(list)
    for view in views:
        if view.last_day is not None:
            found[view.last_day].append(view)
    return found


def _came(views: Sequence[ObligationView]) -> dict[date, int]:
    found: dict[date, int] = defaultdict(int)
    for view in views:
        if view.decisive_at is not None:
            found[local_day(view.decisive_at)] += 1
    return found


def _groups(views: Sequence[ObligationView]) -> tuple[DueGroup, ...]:
    grouped: dict[str, list[ObligationView]] = defaultdict(list)
    for view in views:
        grouped[view.deliverable].append(view)
    return tuple(
        DueGroup(
            code,
            rows[0].milestone,
            len(rows),
            sum(not view.settled for view in rows),
            tuple(view.agency_short for view in rows if not view.settled),
        )
        for code, rows in grouped.items()
    )
