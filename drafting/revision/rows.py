"""A plan that stands as rows of the desk: to amend it, or to make the next year's from it. Pure.

A row for each deliverable, known by its id (`key`). What the desk does not show (forms, outline, ladder)
stays in the definition that goes along, and is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from drafting.grammar.names import agency_key
from drafting.questions import DROP, KEEP, questions_of
from drafting.rows import Obligation
from drafting.times.due import NONE, DueReading
from plan.amending.differences import due_words
from plan.calendar import WorkingCalendar
from plan.deadlines.open_ended import After, Ongoing
from plan.deadlines.phrases import parse_due
from plan.deadlines.rules import Once, Recurring
from plan.definition.model import AgencyName, Deliverable, PlanDefinition
from plan.definition.ownership import owners
from plan.definition.rebase import rebase
from plan.text import date_words, weekday_words

AMEND, NEXT_YEAR = "amend", "next-year"
"""What rows of a plan are for: to change it, or to make another."""


def amendment_of(definition: PlanDefinition, seen: str) -> dict[str, Any]:
    """A running plan as a draft, to be amended; `seen`: the hash of its definition."""
    return _draft(definition, list(_rows(definition)), AMEND, seen)


def next_year_of(
    definition: PlanDefinition, start: date, calendar: WorkingCalendar
) -> dict[str, Any]:
    """A plan as a draft of another that is issued on `start`: every date as many working days after it,
    and every line asked about. Number, day and title are the new plan's own.

    `calendar` knows the years of both plans (`UnknownYearError`).
    """
    moved = rebase(definition, start, calendar)
    moved = moved.model_copy(
        update={
            "calendar": [one for one in moved.calendar if one.day >= start],
            "contacts": [],
            "title": _next_title(definition, start),
        }
    )
    before = due_words(definition)
    rows = [_asked(row, before[row.key], calendar) for row in _rows(moved)]
    made = _draft(moved, rows, NEXT_YEAR, "")
    made["plan"] |= {"number": "", "proposed_title": moved.title, "title": ""}
    made["notes"] = list(_notes(definition))
    made["questions"] = [one.as_data() for one in questions_of(made["plan"], rows, made["groups"])]
    return made


def _draft(
    definition: PlanDefinition, rows: list[Obligation], basis: str, seen: str
) -> dict[str, Any]:
    names = {agency.id: _name(agency.names) for agency in definition.agencies}
    return {
        "plan": {
            "number": definition.number,
            "title": definition.title,
            "issued_on": definition.issued_on.isoformat(),
            "issuer": names[definition.issuer],
            "coordinator": names[definition.coordinator],
        },
        "agencies": list(names.values()),
        "obligations": [row.as_data() for row in rows],
        "unread": [],
        "context": [],
        "questions": [],
        "notes": [],
        "tables": [],
        "groups": {agency_key(name): [name] for name in names.values()},
        "basis": {
            "kind": basis,
            "plan": definition.id,
            "seen": seen,
            "definition": definition.model_dump(mode="json"),
        },
    }


def _rows(definition: PlanDefinition) -> Iterator[Obligation]:
    names = {agency.id: _name(agency.names) for agency in definition.agencies}
    milestones = {part.id: part for part in definition.milestones}
    words = due_words(definition)
    for number, part in enumerate(definition.deliverables, start=1):
        milestone = milestones[part.milestone]
        source = part.source or milestone.source
        yield Obligation(
            text=part.title,
            owners=tuple(names[one] for one in owners(definition, part)),
            cooperating=tuple(part.cooperating),
            deliverable=part.title,
            kind=part.kind.value,
            due=_due(words[part.id], definition.before_is_inclusive),
            due_words=words[part.id],
            source=source.section,
            span=_span(part, source.words),
            place=f"dòng {number}",
            section=milestone.title,
            key=part.id,
            id=f"n{number}",
            followed=True,
        )


def _span(part: Deliverable, words: str) -> str:
    return words or part.title


def _name(names: list[AgencyName]) -> str:
    """The newest: what is drafted now is called as it is called now."""
    return names[-1].name


def _due(words: str, inclusive: bool) -> DueReading:
    """What a plan's own due words mean, in the draft's terms."""
    rule = parse_due(words, inclusive_before=inclusive) if words else None
    if isinstance(rule, Once):
        return DueReading("by", rule.last_day, first=rule.first_day)
    if isinstance(rule, Recurring):
        if rule.every.within_month:
            return DueReading("recurring", every=rule.every.value)
        mark = "by" if rule.inclusive else "before"
        at = (("mark", mark), ("month", rule.month), ("day", rule.day))
        return DueReading("recurring", every=rule.every.value, at=at)
    if isinstance(rule, Ongoing):
        return DueReading("ongoing")
    return DueReading("relative") if isinstance(rule, After) else NONE


# --- for the next year ---------------------------------------------------------------------------------


def _asked(row: Obligation, before: str, calendar: WorkingCalendar) -> Obligation:
    """The row with the question whether its moved day holds."""
    asked = replace(row, doubts=[])
    if row.due_words == before:
        words = f"«{before}» không có ngày để dời" if before else "Không ghi hạn"
    else:
        words = f"Hạn «{before}» dời thành «{row.due_words}»{_day_off(row.due.day, calendar)}"
    asked.ask("time", f"{words}: giữ, bỏ, hay ghi hạn khác?", (KEEP, DROP))
    return asked


def _day_off(day: date | None, calendar: WorkingCalendar) -> str:
    if day is None:
        return ""
    said = f", tức chậm nhất {weekday_words(day)}, {date_words(day)}"
    if calendar.is_working(day):
        return said
    why = calendar.off.get(day, "cuối tuần")
    return f"{said} ({why}; ngày làm việc cuối là {date_words(calendar.last_working_day(day))})"


def _next_title(definition: PlanDefinition, start: date) -> str:
    """«… năm 2026» as «… năm 2027»: the years of the title, as far on as the plan is."""
    years = start.year - definition.issued_on.year
    return re.sub(r"\b(?:19|20)\d\d\b", lambda found: str(int(found[0]) + years), definition.title)


def _notes(definition: PlanDefinition) -> Iterator[str]:
    if definition.appendices:
        yield "Biểu số liệu giữ kỳ và năm của kế hoạch trước; hãy sửa trong tệp kế hoạch trước khi bắt đầu."
    if definition.calendar:
        yield "Ngày nghỉ, ngày làm bù của năm trước không chép; hãy khai của năm mới ở trang Lịch nghỉ."
