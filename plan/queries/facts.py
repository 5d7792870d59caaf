"""What obligations were at a moment, as a table the database counts and searches in: live rows, or those of
an earlier moment, where each later change's «before» (from the audit trail) takes the place of the live row.

`plan.queries.progress` reads obligations one by one from the same two sources.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Date, Select, Subquery, case, cast, func, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from plan.models import Agency, AuditEvent, Deliverable, Obligation
from plan.models.columns import UtcDateTime

FIXED = ("id", "plan_id", "agency_id", "deliverable_id", "milestone_id", "origin", "period")
"""What no change to an obligation touches; the other columns are those of `ledger.core.SNAPSHOT`."""
TEXTS, INSTANTS, DAYS = ("state", "title"), ("opens_at", "due_at", "decisive_at"), ("last_day",)


def facts_at(
    session: Session,
    plan_id: str,
    at: datetime | None = None,
    *,
    agencies: Collection[str] | None = None,
    without: Collection[str] = (),
) -> Subquery:
    """The plan's obligations as a subquery. `at`: an earlier instant; None: now, which costs nothing more
    than the table itself. `agencies`: of these codes alone (None: all); `without`: not of these deliverables.

    A past moment costs one pass over the plan's trail beside the table: 100,000 changes some tenths of
    a second."""
    facts = _live() if at is None else _past(session, plan_id, at)
    facts = facts.where(col(Obligation.plan_id) == plan_id)
    if agencies is not None:
        codes = col(Agency.code).in_(agencies)
        own = select(col(Agency.id)).where(col(Agency.plan_id) == plan_id, codes)
        facts = facts.where(col(Obligation.agency_id).in_(own))
    if without:
        codes = col(Deliverable.code).in_(without)
        hidden = select(col(Deliverable.id)).where(col(Deliverable.plan_id) == plan_id, codes)
        facts = facts.where(col(Obligation.deliverable_id).not_in(hidden))
    return facts.subquery("facts")


def first_changes(plan_id: str, at: datetime) -> Select[Any]:
    """(obligation, audit row) of the first change to each obligation after an instant."""
    columns: list[Any] = [
        col(AuditEvent.obligation_id),
        func.min(col(AuditEvent.id)).label("first"),
    ]
    return (
        select(*columns)
        .where(
            col(AuditEvent.plan_id) == plan_id,
            col(AuditEvent.at) > at,
            col(AuditEvent.obligation_id).is_not(None),
        )
        .group_by(col(AuditEvent.obligation_id))
    )


def _live() -> Select[Any]:
    return select(*(getattr(Obligation, name) for name in (*FIXED, *TEXTS, *INSTANTS, *DAYS)))


def _past(session: Session, plan_id: str, at: datetime) -> Select[Any]:
    changed, then = first_changes(plan_id, at).subquery("changed"), aliased(AuditEvent)
    before = {name: col(then.before)[name].as_string() for name in (*TEXTS, *INSTANTS, *DAYS)}
    # No later change, or one that keeps nothing of before: the live row.
    unchanged = before["state"].is_(None)
    read = {"postgresql": _read_postgresql, "sqlite": _read_sqlite}[session.get_bind().dialect.name]
    columns = (
        case(
            (unchanged, getattr(Obligation, name)),
            else_=func.coalesce(text, col(Obligation.title))
            if name == "title"
            else read(name, text),
        ).label(name)
        for name, text in before.items()
    )
    return (
        select(*(getattr(Obligation, name) for name in FIXED), *columns)
        .outerjoin(changed, changed.c.obligation_id == col(Obligation.id))
        .outerjoin(then, col(then.id) == changed.c.first)
    )


def _read_postgresql(name: str, text: Any) -> Any:
    if name in INSTANTS:
        return cast(text, UtcDateTime)
    return cast(text, Date) if name in DAYS else text


def _read_sqlite(name: str, text: Any) -> Any:
    """As SQLite keeps them: an instant as «2020-05-04 07:00:00.000000» in UTC. The trail writes ISO 8601,
    in its oldest rows with another offset; `strftime` would round to a millisecond."""
    if name in DAYS:
        return type_coerce(text, Date)
    if name not in INSTANTS:
        return text
    whole = func.substr(text, 1, 19).concat(func.substr(text, -6))
    parts = func.substr(text, 21, 6), "000000"
    micro = case((func.substr(text, 20, 1) == ".", parts[0]), else_=parts[1])
    return type_coerce(
        func.strftime("%Y-%m-%d %H:%M:%S", whole).concat(".").concat(micro), UtcDateTime
    )
