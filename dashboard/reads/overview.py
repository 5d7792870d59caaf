"""Everything Tổng quan shows, in one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from markupsafe import Markup
from sqlmodel import Session

from dashboard.reads import trail
from dashboard.reads.alarms import Alarm, alarms, extensions_waiting
from dashboard.reads.board import (
    Block,
    Column,
    Headline,
    MilestoneRow,
    blocks,
    headline,
    milestone_rows,
    still_owing,
)
from dashboard.reads.naming import Naming, naming
from dashboard.views.burnup import burnup
from dashboard.views.timeline import handed_by_day, timeline
from plan.calendar import WorkingCalendar, local_day
from plan.lookup import load_calendar
from plan.models import Plan
from plan.progress import ObligationView, obligations
from plan.states import State

NEWEST = 12
AFTER_END = timedelta(days=6)


@dataclass(frozen=True)
class Overview:
    """As of one moment."""

    headline: Headline
    rows: list[MilestoneRow]
    timeline: Markup
    blocks: list[Block]
    burnup: Markup
    events: list[trail.TrailLine]
    alarms: list[Alarm]
    waiting: list[ObligationView]
    extensions: int
    owing: list[tuple[str, str, list[ObligationView]]]
    upcoming: list[MilestoneRow]

    @property
    def dated_rows(self) -> list[MilestoneRow]:
        return [row for row in self.rows if row.dated]


def overview(session: Session, plan: Plan, as_of: datetime) -> Overview:
    """Some ten queries; drawings made here."""
    today = local_day(as_of)
    names = naming(session, plan.id, today)
    views = obligations(session, plan, as_of)
    first, last = span(plan, names)
    calendar = load_calendar(session, plan.id, *range(first.year, max(last, today).year + 1))
    rows = milestone_rows(list(names.milestones.values()), views, as_of, calendar)
    columns = [
        Column(row.code, row.title, row.short or row.title, "")
        for row in names.deliverables.values()
    ]
    return Overview(
        headline=headline(rows, as_of, plan.soon_working_days),
        rows=rows,
        timeline=_timeline(rows, views, first, last, as_of, calendar),
        blocks=blocks(views, columns, names.kinds, dated=True),
        burnup=_burnup(views, first, last, as_of),
        events=_events(session, plan.id, as_of, names),
        alarms=alarms(session, plan.id, as_of, names),
        waiting=[view for view in views if view.state is State.submitted],
        extensions=len(extensions_waiting(session, plan.id, as_of)),
        owing=still_owing(views),
        upcoming=[row for row in rows if row.due_at and row.due_at > as_of and row.tally.missing],
    )


def _events(
    session: Session, plan_id: str, as_of: datetime, names: Naming
) -> list[trail.TrailLine]:
    wanted = trail.TrailFilter(events=trail.TOLD)
    return trail.lines(session, plan_id, as_of, names, wanted, limit=NEWEST)


def span(plan: Plan, names: Naming) -> tuple[date, date]:
    """The plan's days, a week of grace behind the last deadline."""
    dues = [local_day(row.due_at) for row in names.milestones.values() if row.due_at]
    last = max([*dues, plan.ends_on or plan.issued_on])
    return plan.issued_on, last + AFTER_END


def _timeline(
    rows: Sequence[MilestoneRow],
    views: Sequence[ObligationView],
    first: date,
    last: date,
    as_of: datetime,
    calendar: WorkingCalendar,
) -> Markup:
    handed = handed_by_day(views)
    return timeline(rows, handed, first=first, last=last, now=as_of, calendar=calendar)


def _burnup(views: Sequence[ObligationView], first: date, last: date, as_of: datetime) -> Markup:
    counted = [view for view in views if view.due_at and view.state is not State.waived]
    due = [view.last_day for view in counted if view.last_day]
    handed = [local_day(view.decisive_at) for view in counted if view.decisive_at and view.settled]
    return burnup(due, handed, first=first, last=last, now=as_of)
