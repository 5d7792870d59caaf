"""Everything Tổng quan shows, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session

from dashboard.queries import counts, trail
from dashboard.queries.alarms import extensions_waiting
from dashboard.queries.board import (
    Headline,
    MilestoneRow,
    headline,
    milestone_row,
)
from dashboard.queries.counts import Handed, Owed, owing
from dashboard.queries.glance.matrix import Block, Column, blocks, still_owing
from dashboard.queries.listing import PageOf, dated_of, page_of, to_hand_in
from dashboard.queries.naming import Naming
from dashboard.queries.plan_view import PlanView
from plan.calendar import WorkingCalendar
from plan.models import Milestone
from plan.queries.periods import BEFORE, Glance, at_hand
from plan.queries.progress import ObligationView
from plan.states import STILL_OWED

NEWEST = 12
CELLS = 300
"""In one page of a matrix: with what else stands on it, below 150 KB."""
Owing = list[tuple[str, str, list[ObligationView]]]


@dataclass(frozen=True)
class Overview:
    """As of one moment."""

    headline: Headline
    rows: list[MilestoneRow]
    span: tuple[date, date]
    """First and last day that the drawings show."""
    calendar: WorkingCalendar
    handed: dict[str, dict[date, Handed]]
    due: Mapping[date, int]
    """How many fall due, by last good day."""
    came: Mapping[date, int]
    """How many were handed in for good, by day."""
    blocks: list[Block]
    page: PageOf
    """Which agencies the matrix shows."""
    events: list[trail.TrailLine]
    waiting: int
    extensions: int
    owing: Owing

    @property
    def dated_rows(self) -> list[MilestoneRow]:
        return [row for row in self.rows if row.dated]

    def upcoming(self, now: datetime) -> list[MilestoneRow]:
        return [row for row in self.rows if row.due_at and row.due_at > now and row.tally.missing]


@dataclass(frozen=True)
class Shown:
    """Which part of the matrix the address bar asks for; empty: all of it."""

    group: str = ""
    milestone: str = ""
    only_owing: bool = False
    """Leave out agencies that owe nothing any more."""

    @property
    def any(self) -> bool:
        return bool(self.group or self.milestone or self.only_owing)


EVERYTHING = Shown()


def overview(plan_view: PlanView, *, page: int = 1, shown: Shown = EVERYTHING) -> Overview:
    """`shown` narrows the matrix and the list of who owes; the headline is always the whole plan's."""
    session, plan, names = plan_view.session, plan_view.plan, plan_view.names
    buckets, rows = plan_view.buckets, milestones_now(plan_view)
    views, seen = matrix_views(plan_view, shown, page)
    recent = at_hand(views, plan_view.glances, BEFORE)
    codes = {row.id or 0: row.code for row in names.milestones.values()}
    return Overview(
        headline=headline(rows, plan_view.at, plan.soon_working_days),
        rows=rows,
        span=plan_view.span,
        calendar=plan_view.calendar,
        handed=counts.handed_by_day(buckets, codes),
        due=counts.due_by_day(buckets),
        came=counts.came_by_day(buckets),
        blocks=blocks(recent, columns_of(names), names.kinds, dated=True),
        page=seen,
        events=_events(session, plan.id, plan_view.at, names),
        waiting=counts.waiting(buckets),
        extensions=len(extensions_waiting(session, plan.id, plan_view.at)),
        owing=still_owing(views),
    )


def columns_of(names: Naming) -> list[Column]:
    """Every deliverable, in the plan's order."""
    return [
        Column(row.code, row.title, row.short or row.title, "")
        for row in names.deliverables.values()
    ]


def milestones_now(plan_view: PlanView) -> list[MilestoneRow]:
    """Every milestone's row, in the plan's order; of what recurs the period at hand, a row for each length
    of period."""
    owed = owing(plan_view.members, plan_view.at)
    return [
        _row(plan_view, row, glance, owed)
        for code, row in plan_view.names.milestones.items()
        for glance in plan_view.glances[code]
    ]


def _row(plan_view: PlanView, row: Milestone, glance: Glance, owed: Owed) -> MilestoneRow:
    periods = (glance.at_hand, *glance.earlier)
    owed_of = [owed.get((row.id or 0, one.key), {}) for one in periods]
    late = {key for one in owed_of for key, past in one.items() if past}
    missing, behind = (
        [name for key, name in plan_view.names.short.items() if key in these]
        for these in (owed_of[0], late)
    )
    return milestone_row(row, glance, missing, behind, plan_view.at, plan_view.calendar)


def _events(
    session: Session, plan_id: str, as_of: datetime, names: Naming
) -> list[trail.TrailLine]:
    wanted = trail.TrailFilter(events=trail.TOLD)
    return trail.lines(session, plan_id, as_of, names, wanted, limit=NEWEST)


# --- the matrix --------------------------------------------------------------------------------


def matrix_views(
    plan_view: PlanView, shown: Shown, page: int | None
) -> tuple[list[ObligationView], PageOf]:
    """The dated obligations of one page of agencies, and which page it is; of what recurs those at hand and
    shortly before, and what is still owed of earlier periods. None: all, of all agencies."""
    agencies = _agencies_shown(plan_view, shown)
    size = max(CELLS // max(_products(plan_view, shown), 1), 3)
    seen = page_of(len(agencies), page or 1, size)
    codes = agencies if page is None else agencies[seen.offset : seen.offset + size]
    such = _of_milestone(plan_view, shown)
    if page is not None:
        such.append(to_hand_in(plan_view, BEFORE))
    return dated_of(plan_view, codes, *such), seen


def _agencies_shown(plan_view: PlanView, shown: Shown) -> list[str]:
    """Codes of those that something with a deadline was asked of, as the address bar narrows them; in the
    plan's order."""
    milestone = plan_view.names.milestones.get(shown.milestone)
    asked: set[int] = set()
    owe: set[int] = set()
    for bucket, agencies in plan_view.members.items():
        if bucket.due_at is None:
            continue
        if not shown.milestone or (milestone is not None and bucket.milestone == milestone.id):
            asked.update(agencies)
        if bucket.state in STILL_OWED:
            owe.update(agencies)
    chosen = asked & owe if shown.only_owing else asked
    names = plan_view.names
    return [
        code
        for key, code in names.agency_ids.items()
        if key in chosen and shown.group in ("", names.groups[code])
    ]


def _of_milestone(plan_view: PlanView, shown: Shown) -> list[ColumnElement[bool]]:
    if not shown.milestone:
        return []
    row = plan_view.names.milestones.get(shown.milestone)
    return [plan_view.facts.c.milestone_id == (row.id if row else None)]


def _products(plan_view: PlanView, shown: Shown) -> int:
    """How many columns the matrix may have."""
    row = plan_view.names.milestones.get(shown.milestone)
    rows = plan_view.names.deliverables.values()
    return sum(row is None or one.milestone_id == row.id for one in rows)
