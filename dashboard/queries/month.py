"""A month as a calendar shows it: weeks from Monday, days off and made up, deadlines, what came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import case, func, select

from dashboard.queries.plan_view import PlanView
from dashboard.table import Cell, Table
from plan.calendar import WorkingCalendar
from plan.dates import period_of
from plan.states import STILL_OWED
from plan.text import weekday_words

DAY = timedelta(days=1)


@dataclass(frozen=True)
class DueGroup:
    """What falls due on a day of one deliverable, of one period of it where it recurs: how many agencies, how
    many still owe."""

    deliverable: str
    total: int
    owed: int
    plan: str
    """Whose it is: several plans may stand together."""
    milestone: str
    """Code of the one it belongs to."""
    period: str = ""
    """Key of the period; empty: owed once."""


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


DueDays = Mapping[date, Sequence[DueGroup]]


def month_weeks(
    year: int,
    month: int,
    due: DueDays,
    came: Mapping[date, int],
    calendar: WorkingCalendar,
    today: date,
) -> list[list[DayBox]]:
    """Whole weeks that cover the month. `came`: local day → how many were handed in."""
    first, last = period_of(date(year, month, 1), "month")
    day = first - DAY * first.weekday()
    weeks = []
    while day <= last:
        weeks.append([_box(day + DAY * i, month, due, came, calendar, today) for i in range(7)])
        day += 7 * DAY
    return weeks


def _box(
    day: date,
    month: int,
    due: DueDays,
    came: Mapping[date, int],
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
        due=tuple(due.get(day, ())),
        handed_in=came.get(day, 0),
        today=day == today,
    )


def month_table(
    weeks: Iterable[Iterable[DayBox]], named: Callable[[DayBox], Iterable[tuple[str, int, int]]]
) -> Table:
    """The month's days, a line for each thing that falls due (`named`: its name, how many in all, how
    many still owed); a day with nothing has one line."""
    rows: list[tuple[Cell, ...]] = []
    for box in (one for week in weeks for one in week if one.inside):
        day = (box.day, weekday_words(box.day), "làm việc" if box.working else "nghỉ", box.why)
        due: Sequence[tuple[Cell, ...]] = list(named(box)) or [("", None, None)]
        rows += [(*day, *one, box.handed_in or None) for one in due]
    heads = ("Ngày", "Thứ", "Làm hay nghỉ", "Vì", "Hạn của", "Phải nộp", "Chưa nộp", "Nộp ngày này")
    return Table("Lịch", heads, rows)


def due_days(plan_view: PlanView, first: date) -> DueDays:
    """Last good day → what falls due on it, by deliverable, in the weeks around the month that begins with
    `first`."""
    facts = plan_view.facts.c
    owed = case((facts.state.in_([state.value for state in STILL_OWED]), 1), else_=0)
    rows = plan_view.session.execute(
        select(facts.last_day, facts.deliverable_id, facts.period, func.count(), func.sum(owed))
        .where(facts.last_day.between(first - 7 * DAY, first + 38 * DAY))
        .group_by(facts.last_day, facts.deliverable_id, facts.period)
    ).all()
    names = plan_view.names
    places = {row.id: place for place, row in enumerate(names.deliverables.values())}
    products = {row.id: row for row in names.deliverables.values()}
    milestones = {row.id: row.code for row in names.milestones.values()}
    found: dict[date, list[DueGroup]] = defaultdict(list)
    ordered = sorted(rows, key=lambda row: (row.last_day, places[row.deliverable_id], row.period))
    for day, key, period, total, left in ordered:
        one, of = products[key], plan_view.plan.id
        milestone = milestones[one.milestone_id]
        found[day].append(DueGroup(one.code, total, int(left), of, milestone, period))
    return found
