"""When a milestone is looked at: in office hours on working days, closer together as its deadline nears.

Pure. A look costs little and sends nothing twice, so it is better to look once too often: the rungs
themselves, and the hours they are sent in, are the reminder policy's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from plan.calendar import LOCAL, WorkingCalendar, local_day, office_spans
from plan.definition.model import OfficeHours

CADENCE: tuple[tuple[int, timedelta], ...] = (
    (0, timedelta(minutes=30)),
    (3, timedelta(hours=1)),
    (15, timedelta(hours=3)),
)
"""Working days left at most → time between looks. With more left, and once it is past: twice a day."""
LAST_HOUR = timedelta(hours=1)
FARTHEST = timedelta(days=200)
"""No look is planned further ahead; the schedule is made anew every night."""

Seasons = Sequence[OfficeHours]


@dataclass(frozen=True)
class Pending:
    """What a milestone still waits for."""

    opens_at: datetime | None
    """When its first obligation opens (UTC); none: at once."""
    last_days: tuple[date, ...]
    """Last good working days of the dated obligations not settled yet."""
    undated: bool = False
    """Whether some without a date are not settled: they are looked at once a week."""


def looks(
    pending: Pending, calendar: WorkingCalendar, seasons: Seasons, after: datetime, limit: int
) -> list[datetime]:
    """The next looks from `after` on (UTC), at most `limit`; none when all is settled."""
    if not pending.last_days and not pending.undated:
        return []
    start = max(after, pending.opens_at or after)
    found = (
        moment
        for day in _days(start, calendar)
        for moment in _looks_of(day, pending, calendar, seasons)
        if moment >= start
    )
    return list(islice(found, limit))


def office_looks(
    calendar: WorkingCalendar, seasons: Seasons, every: timedelta, after: datetime, limit: int
) -> list[datetime]:
    """Every so often within office hours, from `after` on (UTC)."""
    found = (
        moment
        for day in _days(after, calendar)
        for moment in _stepped(day, calendar, seasons, every)
        if moment >= after
    )
    return list(islice(found, limit))


def nightly_looks(at: timedelta, after: datetime, limit: int) -> list[datetime]:
    """Once every local day, `at` after its beginning (UTC)."""
    first = local_day(after)
    days = (first + timedelta(days=n) for n in range(limit + 1))
    moments = (datetime.combine(day, datetime.min.time(), LOCAL) + at for day in days)
    return [moment for moment in moments if moment >= after][:limit]


def _days(start: datetime, calendar: WorkingCalendar) -> Iterator[date]:
    """Days from `start` on, as far as the calendar knows them."""
    first = local_day(start)
    for number in range(FARTHEST.days):
        day = first + timedelta(days=number)
        if day.year not in calendar.years:
            return
        yield day


def _looks_of(
    day: date, pending: Pending, calendar: WorkingCalendar, seasons: Seasons
) -> Iterator[datetime]:
    step = _step(day, pending, calendar)
    if step is None:
        if pending.last_days or day == calendar.next_working_day(_monday(day)):
            yield from _ends_of_day(day, calendar, seasons)
        return
    yield from sorted(
        {*_stepped(day, calendar, seasons, step), *_ends_of_day(day, calendar, seasons)}
    )


def _step(day: date, pending: Pending, calendar: WorkingCalendar) -> timedelta | None:
    """By the nearest deadline that is still ahead."""
    ahead = [calendar.working_days_between(day, last) for last in pending.last_days if last >= day]
    left = min(ahead, default=None)
    if left is None:
        return None
    return next((step for most, step in CADENCE if left <= most), None)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _ends_of_day(day: date, calendar: WorkingCalendar, seasons: Seasons) -> Iterator[datetime]:
    """As the office opens, and as its last hour begins: rungs of days off are sent in it."""
    spans = office_spans(day, seasons, calendar)
    if spans:
        yield spans[0][0]
        yield max(spans[-1][0], spans[-1][1] - LAST_HOUR)


def _stepped(
    day: date, calendar: WorkingCalendar, seasons: Seasons, every: timedelta
) -> Iterator[datetime]:
    for opens, closes in office_spans(day, seasons, calendar):
        moment = opens
        while moment < closes:
            yield moment
            moment += every
