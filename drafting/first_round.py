"""Whom a drafted plan would tell first, and when, were it started now. Pure.

Worked out of the rows that are clear; those with an open question are left aside, and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from notifications.policy import Facts, Ladder, Office, ladder_for, next_fire_at, passed_rungs
from plan.calendar import UnknownYearError, WorkingCalendar, local_day
from plan.deadlines.windows import Window
from plan.definition.model import Deliverable, PlanDefinition
from plan.definition.ownership import owners
from plan.states import State
from plan.windows import WindowBook

UNSAID = {
    "number": "-",
    "issuer": "Cơ quan ban hành",
    "coordinator": "Cơ quan đầu mối",
}
"""What stands for the plan's frame while it is still asked about."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing an agency would hear of in the round."""

    agency: str
    title: str
    last_day: date
    tones: tuple[str, ...]
    """plain, urgent, …; «announce» for what is open already."""


@dataclass(frozen=True, slots=True)
class FirstRound:
    """The round: when (UTC), and what is told, agency after agency."""

    at: datetime
    told: tuple[Told, ...]


def clear_part(work: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The draft as if no more were asked: without the rows that wait for an answer."""
    waiting = {row for question in work["questions"] for row in question["rows"]}
    plan = {key: work["plan"].get(key) or unsaid for key, unsaid in UNSAID.items()}
    issued = work["plan"].get("issued_on") or today.isoformat()
    return {
        **work,
        "plan": {**work["plan"], **plan, "issued_on": issued},
        "obligations": [row for row in work["obligations"] if row["id"] not in waiting],
        "questions": [],
    }


def first_round(definition: PlanDefinition, now: datetime) -> FirstRound | None:
    """The first round of a plan started at `now` (UTC); None: nothing has a day ahead.

    Raises UnknownYearError when the days off of this year are not known, DeadlineError for a window that
    ends before it opens. A deadline is worked out once for all who owe it and hear alike.
    """
    calendar = _calendar(definition, now)
    office = Office(definition.reminders.office_hours, calendar)
    rows = list(_rows(definition, WindowBook(definition, calendar), now))
    apart = {row.falls: row for row in rows}
    when = {falls: _first(row, office, now) for falls, row in apart.items()}
    at = min((moment for moment in when.values() if moment), default=None)
    if at is None:
        return None
    tones = {falls: _tones(row, office, at) for falls, row in apart.items()}
    told = [
        Told(row.agency, row.title, row.last_day, tones[row.falls])
        for row in rows
        if when[row.falls] == at and tones[row.falls]
    ]
    return FirstRound(at, tuple(sorted(told, key=lambda one: (one.agency, one.last_day))))


def _calendar(definition: PlanDefinition, now: datetime) -> WorkingCalendar:
    """Of the years a first round may touch; a deadline in a later one is not asked for."""
    today = local_day(now)
    first = min(definition.issued_on.year - 1, today.year)
    return WorkingCalendar.build(range(first, today.year + 2), definition.calendar)


@dataclass(frozen=True, slots=True)
class _Row:
    agency: str
    title: str
    last_day: date
    facts: Facts
    ladder: Ladder
    falls: tuple[datetime, date, int]
    """Rows that agree in it have their rungs on the same days: opening, last working day, which ladder."""


LOOKED_AHEAD = timedelta(days=366)
"""A first round lies within the year, or there is none to show."""


def _rows(definition: PlanDefinition, book: WindowBook, now: datetime) -> Iterator[_Row]:
    names = {agency.id: agency.names[-1].name for agency in definition.agencies}
    until = local_day(now) + LOOKED_AHEAD
    ladders: list[Ladder] = []
    for part in definition.deliverables:
        windows = [one for one in _windows(book, part) if one.last_day <= until]
        for agency in owners(definition, part):
            ladder = ladder_for(definition.reminders, part.milestone, agency)
            if ladder not in ladders:
                ladders.append(ladder)
            for one in windows:
                falls = (one.opens_at, one.last_working_day, ladders.index(ladder))
                facts = _facts(part, agency, one, now)
                yield _Row(names[agency], part.title, one.last_day, facts, ladder, falls)


def _windows(book: WindowBook, part: Deliverable) -> list[Window]:
    try:
        return [one for _, _, one in book.of_deliverable(part) if one]
    except UnknownYearError:  # years ahead: nothing of it belongs to a first round
        return []


def _facts(part: Deliverable, agency: str, window: Window, now: datetime) -> Facts:
    return Facts(
        agency=agency,
        milestone=part.milestone,
        state=State.owed,
        opens_at=window.opens_at,
        last_working_day=window.last_working_day,
        started_at=now,
    )


def _first(row: _Row, office: Office, now: datetime) -> datetime | None:
    """What has passed already is told as soon as the office is open."""
    if passed_rungs(row.facts, row.ladder, office, now):
        return office.next_opening(now)
    return next_fire_at(row.facts, row.ladder, office, now)


def _tones(row: _Row, office: Office, at: datetime) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(rung.tone for rung in passed_rungs(row.facts, row.ladder, office, at))
    )
