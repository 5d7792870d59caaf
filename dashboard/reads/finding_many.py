"""The list of obligations for a plan with very many: filtered and cut into pages by the database.

Only the present; `dashboard.reads.listing` does the same from obligations already read. A test holds
the two to the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, case, col, func, literal, select

from dashboard.reads.listing import PAGE, STATES, PageOf, Wanted, page_of
from dashboard.reads.naming import Naming
from plan.calendar import local_day
from plan.lookup import load_calendar
from plan.models import Agency, Deliverable, Milestone, Obligation, Plan
from plan.progress import ObligationView, obligations
from plan.states import State
from plan.wording import normalise


def find_page(
    session: Session, plan: Plan, wanted: Wanted, names: Naming, now: datetime, number: int
) -> tuple[list[ObligationView], PageOf]:
    """One page of what matches, and how many pages there are."""
    statement = _matching(session, plan, wanted, names, now)
    total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    page = page_of(total, number)
    ids = session.exec(
        statement.order_by(col(Obligation.agency_id), col(Obligation.id))
        .limit(PAGE)
        .offset(page.offset)
    ).all()
    found = [key for key in ids if key is not None]
    return (obligations(session, plan, now, ids=found) if found else []), page


def _matching(session: Session, plan: Plan, wanted: Wanted, names: Naming, now: datetime) -> Any:
    statement = select(Obligation.id).where(Obligation.plan_id == plan.id)
    for model, key, code in (
        (Milestone, Obligation.milestone_id, wanted.milestone),
        (Deliverable, Obligation.deliverable_id, wanted.deliverable),
        (Agency, Obligation.agency_id, wanted.agency),
    ):
        if code:
            named = select(model.id).where(model.plan_id == plan.id, model.code == code)
            statement = statement.where(col(key).in_(named))
    if wanted.group:
        members = select(Agency.id).where(Agency.plan_id == plan.id, Agency.group == wanted.group)
        statement = statement.where(col(Obligation.agency_id).in_(members))
    if wanted.words:
        statement = statement.where(col(Obligation.agency_id).in_(_named(names, wanted.words)))
    if wanted.state in STATES:
        soon = _soon_day(session, plan, now)
        statement = statement.where(_sign(now, soon).in_(STATES[wanted.state][1]))
    return statement


def _named(names: Naming, words: str) -> Sequence[int]:
    """Agencies whose name holds these words, however they are written."""
    sought = normalise(words)
    return [
        key
        for key, code in names.agency_ids.items()
        if sought in normalise(names.agency_long(code))
    ]


def _soon_day(session: Session, plan: Plan, now: datetime) -> date:
    """The last day within `soon_working_days` working days from today."""
    today = local_day(now)
    calendar = load_calendar(session, plan.id, today.year, today.year + 1)
    return calendar.add_working_days(today, plan.soon_working_days + 1) - timedelta(days=1)


def _sign(now: datetime, soon: date) -> Any:
    """`plan.signs.sign_key`, as the database works it out."""
    state, due = col(Obligation.state), col(Obligation.due_at)
    owed = case(
        (due.is_(None), literal("undated")),
        (due <= now, literal("overdue")),
        (col(Obligation.opens_at) > now, literal("not_open")),
        (col(Obligation.last_day) <= soon, literal("due_soon")),
        else_=literal("open"),
    )
    late = case((col(Obligation.decisive_at) >= due, state.concat("_late")), else_=state)
    returned = case((due <= now, literal("returned_late")), else_=state)
    return case(
        (state == State.owed.value, owed),
        (state == State.returned.value, returned),
        (state == State.waived.value, literal("waived")),
        else_=late,
    )
