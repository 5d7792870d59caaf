"""Checks of a conference: when it was held against its window, where, how many, with minutes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from intake.files.findings import fault
from plan.calendar import WorkingCalendar, local_day
from plan.ledger.filing import FoundFault
from plan.text import date_words, weekday_words


def check_event(
    *,
    held_on: date,
    place: str,
    attending: int,
    has_minutes: bool,
    opens_at: datetime | None,
    due_at: datetime | None,
    calendar: WorkingCalendar,
    now: datetime,
) -> tuple[FoundFault, ...]:
    """Findings about a conference. `opens_at` and `due_at` (first late instant) bound its window."""
    first = local_day(opens_at) if opens_at else None
    last = local_day(due_at - timedelta(microseconds=1)) if due_at else None
    return tuple(_faults(held_on, place, attending, has_minutes, first, last, calendar, now))


def _faults(
    held_on: date,
    place: str,
    attending: int,
    has_minutes: bool,
    first: date | None,
    last: date | None,
    calendar: WorkingCalendar,
    now: datetime,
) -> Iterator[FoundFault]:
    day = date_words(held_on)
    if held_on > local_day(now):
        yield fault("conference.not-yet", day=day, shown=day)
    if not place.strip():
        yield fault("conference.no-place")
    if attending <= 0:
        yield fault("conference.attending", read=str(attending))
    if first is not None and held_on < first:
        yield fault("conference.early", day=day, bound=date_words(first), shown=day)
    if last is not None and held_on > last:
        yield fault("conference.late", day=day, bound=date_words(last), shown=day)
    if not calendar.is_working(held_on):
        why = calendar.why(held_on) or weekday_words(held_on)
        yield fault("conference.day-off", day=day, read=why)
    if not has_minutes:
        yield fault("conference.no-minutes")
