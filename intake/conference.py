"""Checks of a conference: when it was held against its window, where, how many, with minutes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from intake.files.findings import fault
from plan.calendar import WorkingCalendar, local_day
from plan.ledger.filing import FoundFault
from plan.text import date_words, weekday_words


@dataclass(frozen=True)
class HeldConference:
    """A conference as reported: its local day, its place and how many attended."""

    held_on: date
    place: str
    attending: int

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> HeldConference:
        """As a submission keeps it."""
        day = date.fromisoformat(payload["held_on"])
        return cls(day, payload.get("place", ""), payload.get("attending", 0))

    def payload(self) -> dict[str, Any]:
        """What a submission keeps of it; `of` reads it."""
        place, day = self.place.strip(), self.held_on.isoformat()
        return {"held_on": day, "place": place, "attending": self.attending}


def check_event(
    event: HeldConference,
    *,
    has_minutes: bool,
    window: tuple[datetime | None, datetime | None],
    calendar: WorkingCalendar,
    now: datetime,
) -> tuple[FoundFault, ...]:
    """Findings about a conference. `window`: when it opens and its first late instant (UTC), where it
    has them."""
    faults = [*_facts_amiss(event, now), *_day_amiss(event.held_on, window, calendar)]
    return (*faults, *(() if has_minutes else (fault("conference.no-minutes"),)))


def _facts_amiss(event: HeldConference, now: datetime) -> Iterator[FoundFault]:
    day = date_words(event.held_on)
    if event.held_on > local_day(now):
        yield fault("conference.not-yet", day=day, shown=day)
    if not event.place.strip():
        yield fault("conference.no-place")
    if event.attending <= 0:
        yield fault("conference.attending", read=str(event.attending))


def _day_amiss(
    held_on: date, window: tuple[datetime | None, datetime | None], calendar: WorkingCalendar
) -> Iterator[FoundFault]:
    opens_at, due_at = window
    first = local_day(opens_at) if opens_at else None
    last = local_day(due_at - timedelta(microseconds=1)) if due_at else None
    day = date_words(held_on)
    if first is not None and held_on < first:
        yield fault("conference.early", day=day, bound=date_words(first), shown=day)
    if last is not None and held_on > last:
        yield fault("conference.late", day=day, bound=date_words(last), shown=day)
    if not calendar.is_working(held_on):
        why = calendar.why(held_on) or weekday_words(held_on)
        yield fault("conference.day-off", day=day, read=why)
