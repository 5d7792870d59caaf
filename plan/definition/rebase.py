"""The same plan from another day on: every date moves, every distance in working days stays.

What was so many working days after the plan was issued is as many after the new start, so that a plan
of the past can be rehearsed on this year's calendar. Due words keep their form («Trước ngày 30 tháng
4 năm 2020» → «Trước ngày 30 tháng 4 năm 2026»). A whole month or quarter that no longer falls on one
becomes the dates it covers. What speaks of the world stays: the years of figures, days off, quoted
sources.

Pure. The calendar must know the years of both spans (`UnknownYearError`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Protocol

from plan.dates import quarter_of
from plan.deadlines.phrases import DueWordsError, parse_due
from plan.deadlines.rules import Once
from plan.definition.export import write_plan
from plan.definition.model import Agency, Due, Milestone, PlanDefinition
from plan.text import date_words

__all__ = ["Calendar", "rebase", "write_plan"]

DAY = timedelta(days=1)


class Calendar(Protocol):
    """What is needed of `plan.calendar.WorkingCalendar`."""

    def is_working(self, day: date) -> bool: ...

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day`; 0: the last working day on or before it."""

    def working_days_between(self, first: date, last: date) -> int:
        """Working days in (first, last]; negative backwards."""


def rebase(definition: PlanDefinition, start: date, calendar: Calendar) -> PlanDefinition:
    """The plan as if issued on `start`, under an id of its own.

    Raises `UnknownYearError` for a year the calendar does not know. Due words must be readable
    (`plan.definition.checks` says so before).
    """
    mover = _Mover(definition, start, calendar)
    return definition.model_copy(
        update={
            "id": f"{definition.id}-from-{start.isoformat()}",
            "issued_on": start,
            "ends_on": mover.day(definition.ends_on) if definition.ends_on else None,
            "agencies": [mover.agency(agency) for agency in definition.agencies],
            "milestones": [mover.milestone(milestone) for milestone in definition.milestones],
            "deliverables": [
                part.model_copy(update={"due": mover.due(part.due)[0]}) if part.due else part
                for part in definition.deliverables
            ],
        }
    )


class _Mover:
    def __init__(self, definition: PlanDefinition, start: date, calendar: Calendar) -> None:
        self.issued_on = definition.issued_on
        self.start = start
        self.inclusive = definition.before_is_inclusive
        self.calendar = calendar

    def day(self, day: date) -> date:
        """As many working days after the start; a day off stays off where the new dates allow."""
        distance = self.calendar.working_days_between(self.issued_on, day)
        moved = self.calendar.add_working_days(self.start, distance)
        past = (day - self.calendar.add_working_days(day, 0)).days
        for _ in range(past):
            if self.calendar.is_working(moved + DAY):
                break
            moved += DAY
        return moved

    def agency(self, agency: Agency) -> Agency:
        names = [
            name.model_copy(update={"valid_from": self.day(name.valid_from)})
            if name.valid_from
            else name
            for name in agency.names
        ]
        return agency.model_copy(update={"names": names})

    def milestone(self, milestone: Milestone) -> Milestone:
        due, opens_on = self.due(milestone.due)
        if milestone.opens_on is not None:
            opens_on = self.day(milestone.opens_on)
        return milestone.model_copy(update={"due": due, "opens_on": opens_on})

    def due(self, due: Due) -> tuple[Due, date | None]:
        """The moved deadline; and when it opens, where the words can no longer say so."""
        rule = parse_due(due.words, inclusive_before=self.inclusive) if due.words else None
        if not isinstance(rule, Once):
            return due, None
        if rule.first_day is None:
            moved = Once(self.day(rule.last_day), None, rule.clock)
            return due.model_copy(update={"words": self.words(due.words, moved)}), None
        return self.period(due, rule, rule.first_day)

    def period(self, due: Due, rule: Once, first_day: date) -> tuple[Due, date | None]:
        """A whole month, quarter or year: the same form where the moved dates fall on one."""
        first, last = self.first_worked(first_day), self.day(rule.last_day)
        for candidate in _periods(due.words, first):
            try:
                found = parse_due(candidate, inclusive_before=self.inclusive)
            except DueWordsError:
                continue
            if isinstance(found, Once) and self.same_days(found, first, last):
                return due.model_copy(update={"words": candidate}), None
        return due.model_copy(update={"words": _plainly(last)}), first

    def first_worked(self, first: date) -> date:
        """The moved first working day of a period."""
        worked = first
        while not self.calendar.is_working(worked):
            worked += DAY
        return self.day(worked)

    def same_days(self, found: Once, first: date, last: date) -> bool:
        if found.first_day is None:
            return False
        opens = found.first_day
        while not self.calendar.is_working(opens):
            opens += DAY
        ends = self.calendar.add_working_days(found.last_day, 0)
        return (opens, ends) == (first, self.calendar.add_working_days(last, 0))

    def words(self, words: str, moved: Once) -> str:
        """The words with another date in the same form; in plain form where they cannot carry it."""
        for named in (moved.last_day + DAY, moved.last_day):
            candidate = _DATE.sub(partial(_dated, day=named), words)
            try:
                found = parse_due(candidate, inclusive_before=self.inclusive)
            except DueWordsError:
                continue
            if found == moved:
                return candidate
        return _plainly(moved.last_day)


_DATE = re.compile(
    r"(?P<d>\d{1,2})(?P<a>\s*(?:tháng|/|-|\.)\s*)(?P<m>\d{1,2})(?P<b>\s*(?:,?\s*năm|/|-|\.)\s*)(?P<y>\d{4})",
    re.IGNORECASE,
)
_MONTH = re.compile(r"(tháng\s*)(\d{1,2})(\s*(?:,?\s*năm|/|-)\s*)(\d{4})", re.IGNORECASE)
_QUARTER = re.compile(r"(quý\s*)([ivx]+|\d)(\s*(?:,?\s*năm|/|-)\s*)(\d{4})", re.IGNORECASE)
_YEAR = re.compile(r"(năm\s*)(\d{4})", re.IGNORECASE)
_ROMAN: Mapping[int, str] = {1: "I", 2: "II", 3: "III", 4: "IV"}


def _plainly(last_day: date) -> str:
    return f"Chậm nhất ngày {date_words(last_day)}"


def _dated(found: re.Match[str], day: date) -> str:
    width = 2 if found["d"].startswith("0") or found["m"].startswith("0") else 1
    return f"{day.day:0{width}}{found['a']}{day.month:0{width}}{found['b']}{day.year}"


def _periods(words: str, first: date) -> list[str]:
    """The words naming the month, quarter or year of this day instead."""
    return [
        _MONTH.sub(rf"\g<1>{first.month}\g<3>{first.year}", words),
        _QUARTER.sub(rf"\g<1>{_ROMAN[quarter_of(first)]}\g<3>{first.year}", words),
        _YEAR.sub(rf"\g<1>{first.year}", words),
    ]
