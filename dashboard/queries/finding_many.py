"""Obligations of a plan with very many: filtered, counted and cut into pages by the database.

Only the present; `dashboard.queries.listing` does the same from obligations already read. A test holds
the two to the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, case, col, func, literal, select, text

from dashboard.queries.board import Tally
from dashboard.queries.counts import CountKeeper, tallies
from dashboard.queries.listing import PAGE, STATES, PageOf, Wanted, page_of
from dashboard.queries.naming import Naming
from plan.calendar import local_day
from plan.models import Agency, Deliverable, Milestone, Obligation, Plan
from plan.queries.lookup import load_calendar
from plan.queries.progress import ObligationView, obligations
from plan.states import State
from plan.text import normalise


def find_page(
    session: Session,
    plan: Plan,
    wanted: Wanted,
    names: Naming,
    now: datetime,
    number: int,
    keeper: CountKeeper | None = None,
    size: int = PAGE,
) -> tuple[list[ObligationView], PageOf]:
    """One page of what matches, and how many pages there are. `keeper` spares counting anew where the
    kept counts can tell."""
    statement = _matching(session, plan, wanted, names, now)
    total = _kept_total(session, plan, wanted, names, now, keeper) if keeper else None
    if total is None:
        total = session.exec(select(func.count()).select_from(statement.subquery())).one()
    page = page_of(total, number, size)
    if not total:
        return [], page
    ids = session.exec(
        statement.order_by(col(Obligation.agency_id), col(Obligation.id))
        .limit(size)
        .offset(page.offset)
    ).all()
    found = [key for key in ids if key is not None]
    return (obligations(session, plan, now, ids=found) if found else []), page


def _kept_total(
    session: Session,
    plan: Plan,
    wanted: Wanted,
    names: Naming,
    now: datetime,
    keeper: CountKeeper,
) -> int | None:
    """How many match, from the counts kept by milestone and sign; None where more is asked."""
    if wanted.deliverable or wanted.agency or wanted.group or wanted.words or wanted.period:
        return None
    today = local_day(now)
    calendar = load_calendar(session, plan.id, today.year, today.year + 1)
    found = tallies(keeper.of(session, plan), now, calendar, plan.soon_working_days)
    milestone = names.milestones.get(wanted.milestone)
    signs = STATES[wanted.state][1] if wanted.state in STATES else None
    return sum(
        count
        for key, tally in found.items()
        if not wanted.milestone or (milestone is not None and key == milestone.id)
        for sign, count in tally.signs.items()
        if signs is None or sign in signs
    )


def tallies_of(
    session: Session, plan: Plan, codes: Sequence[str], now: datetime
) -> dict[str, Tally]:
    """Agency → how many of its dated obligations bear each sign."""
    sign = _sign(now, _soon_day(session, plan, now)).label("sign")
    rows = session.exec(
        select(Agency.code, sign, func.count())
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(Agency.plan_id == plan.id, col(Agency.code).in_(codes))
        .where(col(Obligation.due_at).is_not(None))
        .group_by(col(Agency.code), text("sign"))
    )
    found: dict[str, dict[str, int]] = {}
    for code, key, count in rows:
        found.setdefault(code, {})[key] = count
    return {code: Tally(signs) for code, signs in found.items()}


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
    if wanted.period:
        statement = statement.where(Obligation.period == wanted.period)
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
    """`plan.states.sign_key`, as the database works it out."""
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
