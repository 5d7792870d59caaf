"""Everything Tổng quan shows, in one value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, and_, col, false, func, or_, select, true

from dashboard.queries import counts, trail
from dashboard.queries.alarms import extensions_waiting
from dashboard.queries.board import (
    CountAgencies,
    Headline,
    MilestoneRow,
    Tally,
    glances_of,
    headline,
    milestone_rows,
    summary_row,
)
from dashboard.queries.counts import Bucket, CountKeeper
from dashboard.queries.glance.matrix import Block, Column, blocks, still_owing
from dashboard.queries.glance.periods import BEFORE, Glance, Period, at_hand, glances
from dashboard.queries.handed import Handed, handed_by_day
from dashboard.queries.listing import PageOf, page_of
from dashboard.queries.naming import Naming
from plan.calendar import WorkingCalendar, local_day
from plan.models import Agency, Milestone, Obligation, Plan
from plan.queries.lookup import load_calendar
from plan.queries.progress import ObligationView, obligations
from plan.states import STILL_OWED, State

NEWEST = 12
AFTER_END = timedelta(days=6)
LARGE = 4000
"""Obligations beyond which counts are kept up instead of made, and the matrix is shown in pages."""
CELLS = 180
"""In one page of a matrix."""
NAMED = 6
"""Agencies that a large plan's row names, and products that an agency's does."""
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
    page: PageOf | None
    """Which agencies the matrix shows; None: all."""
    events: list[trail.TrailLine]
    waiting: int
    extensions: int
    owing: Owing
    most: int | None
    """Products that an agency's line names; None: all."""

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

    def of(self, views: Sequence[ObligationView]) -> list[ObligationView]:
        owing = {view.agency for view in views if view.due_at and not view.nothing_owed}
        return [
            view
            for view in views
            if self.group in ("", view.group)
            and self.milestone in ("", view.milestone)
            and (not self.only_owing or view.agency in owing)
        ]


EVERYTHING = Shown()


@dataclass(frozen=True)
class _Facts:
    """What the two ways of counting give alike."""

    rows: list[MilestoneRow]
    handed: dict[str, dict[date, Handed]]
    due: Mapping[date, int]
    came: Mapping[date, int]
    waiting: int
    views: list[ObligationView]
    """Those shown in the matrix."""
    page: PageOf | None


def overview(
    session: Session,
    plan: Plan,
    as_of: datetime,
    names: Naming,
    *,
    keeper: CountKeeper | None = None,
    page: int = 1,
    shown: Shown = EVERYTHING,
) -> Overview:
    """`shown` narrows the matrix and the list of who owes; the headline is always the whole plan's.
    `keeper`: for the present of a plan that may be large; without it, everything is worked out from
    the obligations as of `as_of`."""
    first, last = span(plan, names)
    calendar = load_calendar(
        session, plan.id, *range(first.year, max(last, local_day(as_of)).year + 1)
    )
    kept = keeper is not None and is_large(session, plan.id)
    if keeper is not None and kept:
        facts = _counted(session, plan, as_of, names, calendar, keeper, page, shown.group)
    else:
        facts = _listed(session, plan, as_of, names, calendar)
    wanted = shown.of(facts.views)
    return Overview(
        headline=headline(
            facts.rows,
            as_of,
            plan.soon_working_days,
            count=agencies_owing(session, plan, names, as_of),
        ),
        rows=facts.rows,
        span=(first, last),
        calendar=calendar,
        handed=facts.handed,
        due=facts.due,
        came=facts.came,
        blocks=blocks(at_hand(wanted, as_of, BEFORE), columns_of(names), names.kinds, dated=True),
        page=facts.page,
        events=_events(session, plan.id, as_of, names),
        waiting=facts.waiting,
        extensions=len(extensions_waiting(session, plan.id, as_of)),
        owing=still_owing(wanted),
        most=NAMED if kept else None,
    )


def columns_of(names: Naming) -> list[Column]:
    """Every deliverable, in the plan's order."""
    return [
        Column(row.code, row.title, row.short or row.title, "")
        for row in names.deliverables.values()
    ]


def milestones_now(
    session: Session,
    plan: Plan,
    as_of: datetime,
    names: Naming,
    keeper: CountKeeper | None = None,
) -> list[MilestoneRow]:
    """Every milestone's row alone."""
    first, last = span(plan, names)
    years = range(first.year, max(last, local_day(as_of)).year + 1)
    calendar = load_calendar(session, plan.id, *years)
    if keeper is not None and is_large(session, plan.id):
        return _rows(session, plan, keeper.of(session, plan), names, as_of, calendar)
    views = obligations(session, plan, as_of)
    return milestone_rows(list(names.milestones.values()), views, as_of, calendar)


def is_large(session: Session, plan_id: str) -> bool:
    """Costs a look into the index, however many there are."""
    beyond = select(Obligation.id).where(Obligation.plan_id == plan_id).offset(LARGE).limit(1)
    return session.exec(beyond).first() is not None


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


# --- from every obligation ---------------------------------------------------------------------


def _listed(
    session: Session, plan: Plan, as_of: datetime, names: Naming, calendar: WorkingCalendar
) -> _Facts:
    views = obligations(session, plan, as_of)
    counted = [view for view in views if view.due_at and view.state is not State.waived]
    stood = (local_day(v.decisive_at) for v in counted if v.decisive_at and v.nothing_owed)
    return _Facts(
        rows=milestone_rows(list(names.milestones.values()), views, as_of, calendar),
        handed=handed_by_day(views),
        due=Counter(view.last_day for view in counted if view.last_day),
        came=Counter(stood),
        waiting=sum(view.state is State.submitted for view in views),
        views=views,
        page=None,
    )


# --- from counts -------------------------------------------------------------------------------


def _counted(
    session: Session,
    plan: Plan,
    now: datetime,
    names: Naming,
    calendar: WorkingCalendar,
    keeper: CountKeeper,
    page: int,
    group: str,
) -> _Facts:
    buckets = keeper.of(session, plan)
    lately = _lately(counts.periods(buckets, now, calendar, plan.soon_working_days), now)
    codes, shown = _page_of_agencies(session, plan, names, page, group)
    return _Facts(
        rows=_rows(session, plan, buckets, names, now, calendar),
        handed=counts.handed_by_day(
            buckets, {row.id or 0: row.code for row in names.milestones.values()}
        ),
        due=counts.due_by_day(buckets),
        came=counts.came_by_day(buckets),
        waiting=counts.waiting(buckets),
        views=obligations(session, plan, now, agencies=codes, periods=lately) if codes else [],
        page=shown,
    )


def _lately(found: Mapping[int, list[Period]], now: datetime) -> set[str]:
    """The keys of the periods at hand and shortly before: of a year's daily reports those of three days."""
    return {
        one.key
        for periods in found.values()
        for glance in glances(periods, now)
        for one in (glance.at_hand, *glance.earlier[:BEFORE])
    }


def _rows(
    session: Session,
    plan: Plan,
    buckets: Mapping[Bucket, int],
    names: Naming,
    now: datetime,
    calendar: WorkingCalendar,
) -> list[MilestoneRow]:
    periods = counts.periods(buckets, now, calendar, plan.soon_working_days)
    count = agencies_owing(session, plan, names, now)
    return [
        _row(session, row, glance, names, now, calendar, count)
        for row in names.milestones.values()
        for glance in glances_of(row, periods.get(row.id or 0, []), now)
    ]


def _row(
    session: Session,
    row: Milestone,
    glance: Glance,
    names: Naming,
    now: datetime,
    calendar: WorkingCalendar,
    count: CountAgencies,
) -> MilestoneRow:
    at, tally = (row.code, glance.at_hand.key), Tally(glance.at_hand.signs)
    late = any(Tally(one.signs).late for one in (glance.at_hand, *glance.earlier))
    every = [one.key for one in (glance.at_hand, *glance.earlier)]
    missing = _missing(session, row, names, [at[1]]) if tally.missing else ()
    behind = _missing(session, row, names, every, past=now) if late else ()
    more = _more(missing, count, at, False), _more(behind, count, at, True)
    return summary_row(row, glance, missing, behind, now, calendar, more)


def _more(named: Sequence[object], count: CountAgencies, at: tuple[str, str], past: bool) -> int:
    """Beyond the named; counted only where there may be any."""
    return count([at], past) - len(named) if len(named) == NAMED else 0


def agencies_owing(session: Session, plan: Plan, names: Naming, now: datetime) -> CountAgencies:
    """Counts agencies in the database: of 100,000 obligations some tens of milliseconds a milestone."""

    def count(rows: Collection[tuple[str, str]], past: bool) -> int:
        ids = [names.milestones[code].id for code, _ in rows]
        at_hand = (
            and_(
                col(Obligation.milestone_id) == names.milestones[code].id,
                col(Obligation.period) == period,
            )
            for code, period in rows
        )
        return session.exec(
            select(func.count(func.distinct(Obligation.agency_id))).where(
                Obligation.plan_id == plan.id,
                col(Obligation.milestone_id).in_(ids),
                col(Obligation.state).in_([state.value for state in STILL_OWED]),
                col(Obligation.due_at) <= now if past else or_(false(), *at_hand),
            )
        ).one()

    return count


def _missing(
    session: Session,
    row: Milestone,
    names: Naming,
    periods: Collection[str],
    past: datetime | None = None,
) -> tuple[tuple[str, str], ...]:
    """The first few agencies that still owe for these periods; `past`: since before then. The milestone's
    page has them all."""
    owing = (
        select(Obligation.agency_id)
        .where(
            Obligation.plan_id == row.plan_id,
            Obligation.milestone_id == row.id,
            col(Obligation.state).in_([state.value for state in STILL_OWED]),
            col(Obligation.period).in_(periods),
            col(Obligation.due_at) <= past if past else true(),
        )
        .distinct()
        .limit(NAMED)
    )
    codes = [names.agency_ids[key] for key in session.exec(owing)]
    return tuple((code, names.agency(code)) for code in codes)


def _page_of_agencies(
    session: Session, plan: Plan, names: Naming, number: int, group: str
) -> tuple[Sequence[str], PageOf]:
    """As many agencies as make a page of some hundred cells."""
    mine = (Agency.plan_id == plan.id, Agency.group == group if group else true())
    widest = max(len(names.deliverables), 1)
    size = max(CELLS // widest, 3)
    total = session.exec(select(func.count()).select_from(Agency).where(*mine)).one()
    shown = page_of(total, number, size)
    codes = session.exec(
        select(Agency.code)
        .where(*mine)
        .order_by(col(Agency.sort), col(Agency.id))
        .limit(size)
        .offset((shown.number - 1) * size)
    ).all()
    return codes, shown
