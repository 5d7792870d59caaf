"""`plan.queries.progress.summary` for a plan with very many obligations: grouped by the database first."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlmodel import Session, case, col, func, select

from plan.calendar import local_day
from plan.deadlines.standing import Timeliness, standing
from plan.definition.model import Origin
from plan.models import Obligation, Plan
from plan.queries.lookup import load_calendar
from plan.states import State

HANDED_IN = (State.submitted, State.accepted)


def summary_counted(session: Session, plan: Plan, now: datetime) -> dict[str, int]:
    """The same keys and figures."""
    today = local_day(now)
    calendar = load_calendar(session, plan.id, today.year, today.year + 1)
    due = col(Obligation.due_at)
    handed = case((col(Obligation.decisive_at) >= due, due), else_=None).label("late_at")
    facts = (
        col(Obligation.origin),
        col(Obligation.state),
        col(Obligation.opens_at),
        due,
        col(Obligation.last_day),
    )
    rows = session.exec(
        select(*facts, handed, func.count())  # type: ignore[call-overload] # so many are not typed
        .where(Obligation.plan_id == plan.id)
        .group_by(*facts, handed)
    )
    found: Counter[str] = Counter()
    for origin, name, opens_at, due_at, last_day, late_at, count in rows:
        state, of_plan = State(name), origin == Origin.plan
        released = state is State.waived
        stands = standing(
            opens_at=opens_at,
            due_at=None if released else due_at,
            last_day=None if released else last_day,
            nothing_owed=state in HANDED_IN,
            decisive_at=late_at,
            now=now,
            calendar=calendar,
            soon_working_days=plan.soon_working_days,
        )
        found["total"] += count
        found["internal"] += 0 if of_plan else count
        found[stands.timeliness.value] += count if of_plan else 0
        if of_plan and due_at is not None:
            found["dated"] += count
            found[f"state_{state.value}"] += count
    keys = ("total", "dated", "internal", *Timeliness, *(f"state_{state.value}" for state in State))
    return {str(key): found[str(key)] for key in keys}
