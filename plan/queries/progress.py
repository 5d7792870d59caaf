"""Who owes what, by when, and who is late: reads for the command line, digests and pages.

A moment in the past is shown as it was: each later change's «before» (from the audit trail) takes
the place of the live row. Reading costs one query over the obligations asked for; a million of them
are read in one pass of a few seconds, so pages ask for a milestone or an agency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.calendar import LOCAL, WorkingCalendar
from plan.deadlines.standing import Standing, Timeliness, standing
from plan.definition.model import Origin
from plan.models import Agency, AuditEvent, Deliverable, Milestone, Obligation, Plan
from plan.queries.facts import first_changes
from plan.queries.lookup import load_calendar, names_of
from plan.states import STATE_WORDS, State
from plan.text import titled


@dataclass(frozen=True)
class ObligationView:
    """An obligation as people see it at one moment. Instants are UTC, days are local."""

    row_id: int
    id: str
    agency: str
    agency_name: str
    agency_short: str
    group: str
    milestone: str
    deliverable: str
    kind: str
    title: str
    origin: str
    opens_at: datetime | None
    due_at: datetime | None
    last_day: date | None
    last_working_day: date | None
    state: State
    standing: Standing
    decisive_at: datetime | None
    submissions: int
    deadline_version: int
    mend_by: date | None = None
    """Last good local day to mend what was returned."""
    period: str = ""
    """Key of the period it is owed for; empty: owed once."""

    @property
    def timeliness(self) -> str:
        return str(self.standing.timeliness.value)

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def nothing_owed(self) -> bool:
        """Handed in and not given back, or released."""
        return self.state in (State.submitted, State.accepted, State.waived)


def obligations(
    session: Session,
    plan: Plan,
    as_of: datetime,
    *,
    agency: str = "",
    milestone: str = "",
    agencies: Collection[str] = (),
    ids: Collection[int] | Select[Any] = (),
) -> list[ObligationView]:
    """The plan's obligations as of an instant, in the plan's own order; of one agency, of some, those
    with these row ids (or that a query gives), or all."""
    wanted = {agency} if agency else set(agencies)
    rows = _rows(session, plan.id, wanted, milestone, ids)
    past = _past(session, plan.id, as_of)
    day = as_of.astimezone(LOCAL).date()
    names = names_of(session, plan.id, day, {row.agency_id for row in rows})
    calendar = load_calendar(session, plan.id, *_years(rows, as_of))
    return [_view(row, past, names, calendar, as_of, plan.soon_working_days) for row in rows]


def summary(views: Sequence[ObligationView]) -> dict[str, int]:
    """How many there are, by timeliness and by state."""
    return summed(
        (view.origin, view.state, view.timeliness, view.due_at is not None, 1) for view in views
    )


Alike = tuple[str, State, str, bool, int]
"""Origin, state, timeliness, whether it is dated, and how many obligations are so."""


def summed(alike: Iterable[Alike]) -> dict[str, int]:
    """How many there are, by timeliness and by state.

    Internal obligations are counted apart: they are never late under the plan.
    """
    found: Counter[str] = Counter()
    for origin, state, timeliness, dated, count in alike:
        of_plan = origin == Origin.plan
        found["total"] += count
        found["internal"] += 0 if of_plan else count
        found[timeliness] += count if of_plan else 0
        if of_plan and dated:
            found["dated"] += count
            found[f"state_{state.value}"] += count
    keys = ("total", "dated", "internal", *Timeliness, *(f"state_{state.value}" for state in State))
    return {str(key): found[str(key)] for key in keys}


_COLUMNS: list[Any] = [
    col(Obligation.id),
    col(Obligation.agency_id),
    col(Obligation.period),
    col(Obligation.title),
    col(Obligation.origin),
    col(Obligation.state),
    col(Obligation.opens_at),
    col(Obligation.due_at),
    col(Obligation.last_day),
    col(Obligation.last_working_day),
    col(Obligation.deadline_version),
    col(Obligation.decisive_at),
    col(Obligation.submissions),
    col(Obligation.mend_by),
    col(Agency.code).label("agency"),
    col(Agency.group).label("agency_group"),
    col(Deliverable.code).label("deliverable"),
    col(Deliverable.kind).label("kind"),
    col(Milestone.code).label("milestone"),
]


def _rows(
    session: Session,
    plan_id: str,
    agencies: Collection[str],
    milestone: str,
    chosen: Collection[int] | Select[Any],
) -> Sequence[Row[Any]]:
    statement = (
        columns(*_COLUMNS)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .join(Milestone, col(Milestone.id) == Obligation.milestone_id)
        .order_by(
            col(Milestone.sort),
            col(Agency.sort),
            col(Deliverable.sort),
            col(Obligation.period),
        )
    )
    if agencies:
        # An agency belongs to one plan. Naming the plan as well would lead SQLite to walk all of it.
        ids = session.exec(
            select(Agency.id).where(Agency.plan_id == plan_id, col(Agency.code).in_(agencies))
        ).all()
        statement = statement.where(col(Obligation.agency_id).in_(ids))
    if isinstance(chosen, Select) or chosen:
        statement = statement.where(col(Obligation.id).in_(chosen))
    elif not agencies:
        statement = statement.where(col(Obligation.plan_id) == plan_id)
    if milestone:
        statement = statement.where(col(Milestone.code) == milestone)
    return session.execute(statement).all()


def _past(session: Session, plan_id: str, as_of: datetime) -> dict[int, dict[str, Any]]:
    """For each obligation changed after `as_of`: its facts just before the first such change."""
    changed = first_changes(plan_id, as_of).subquery()
    first = columns(changed.c.first)
    rows = session.exec(
        select(AuditEvent.obligation_id, AuditEvent.before).where(col(AuditEvent.id).in_(first))
    )
    return {key: _typed(before) for key, before in rows if key is not None}


_INSTANTS = ("opens_at", "due_at", "decisive_at")
_DAYS = ("last_day", "last_working_day", "mend_by")


def _typed(before: Mapping[str, Any]) -> dict[str, Any]:
    facts = dict(before)
    facts |= {name: datetime.fromisoformat(facts[name]) for name in _INSTANTS if facts.get(name)}
    facts |= {name: date.fromisoformat(facts[name]) for name in _DAYS if facts.get(name)}
    return facts


def _years(rows: Sequence[Row[Any]], as_of: datetime) -> set[int]:
    days = [row.last_day for row in rows if row.last_day]
    now = as_of.astimezone(LOCAL).year
    years = {day.year for day in days} | {now}
    return set(range(min(years), max(years) + 1))


def _view(
    row: Row[Any],
    past: Mapping[int, dict[str, Any]],
    names: Mapping[int, Any],
    calendar: WorkingCalendar,
    as_of: datetime,
    soon: int,
) -> ObligationView:
    facts = dict(row._mapping) | past.get(row.id, {})
    state = State(facts["state"])
    name = names[row.agency_id]
    period = f"@{row.period}" if row.period else ""
    return ObligationView(
        row_id=row.id,
        id=f"{row.agency}/{row.deliverable}{period}",
        agency=row.agency,
        agency_name=name.name,
        agency_short=name.short,
        group=row.agency_group,
        milestone=row.milestone,
        deliverable=row.deliverable,
        kind=row.kind,
        title=titled(facts["title"], row.period),
        origin=row.origin,
        opens_at=facts["opens_at"],
        due_at=facts["due_at"],
        last_day=facts["last_day"],
        last_working_day=facts["last_working_day"],
        state=state,
        standing=_standing(facts, state, calendar, as_of, soon),
        decisive_at=facts["decisive_at"],
        submissions=facts["submissions"],
        deadline_version=facts["deadline_version"],
        mend_by=facts["mend_by"],
        period=row.period,
    )


def _standing(
    facts: Mapping[str, Any], state: State, calendar: WorkingCalendar, as_of: datetime, soon: int
) -> Standing:
    """A waived obligation is due no more, so it is shown as undated."""
    released = state is State.waived
    return standing(
        opens_at=facts["opens_at"],
        due_at=None if released else facts["due_at"],
        last_day=None if released else facts["last_day"],
        nothing_owed=state in (State.submitted, State.accepted),
        decisive_at=facts["decisive_at"],
        now=as_of,
        calendar=calendar,
        soon_working_days=soon,
    )
