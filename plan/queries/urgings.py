"""What Sở Nội vụ urged by hand, and which automatic messages urge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.calendar import local_day
from plan.models import Agency, Urging, UrgingObligation

WAYS: Mapping[str, str] = {
    "message": "gửi tin",
    "phone": "đã gọi điện",
    "visit": "đã gặp",
}
"""How an agency is urged, and the word for it."""
URGING_MESSAGES = ("reminder", "overdue", "escalation-head", "backlog")
"""Events of automatic messages that urge the agency that owes."""


@dataclass(frozen=True)
class Urged:
    """How often something was urged by hand, by row id of the obligation; `days`: local."""

    obligation_id: int
    day: date
    way: str


def urged_by_hand(session: Session, plan_id: str, until: datetime) -> list[Urged]:
    """Every time an obligation of the plan was urged by hand by then (UTC)."""
    statement = (
        columns(col(UrgingObligation.obligation_id), col(Urging.at), col(Urging.way))
        .join(Urging, col(Urging.id) == UrgingObligation.urging_id)
        .where(col(Urging.plan_id) == plan_id, col(Urging.at) <= until)
    )
    rows = session.connection().execute(statement)
    return [Urged(key, local_day(at), way) for key, at, way in rows]


def urgings_of(
    session: Session, plan_id: str, until: datetime, agency: str = "", limit: int = 100
) -> list[tuple[Urging, str, list[int]]]:
    """(urging, agency's code, row ids of what it was about), newest first; of one agency, or of all."""
    statement = (
        select(Urging, Agency.code)
        .join(Agency, col(Agency.id) == Urging.agency_id)
        .where(Urging.plan_id == plan_id, col(Urging.at) <= until)
        .order_by(col(Urging.id).desc())
        .limit(limit)
    )
    if agency:
        statement = statement.where(Agency.code == agency)
    rows = session.exec(statement).all()
    about: dict[int, list[int]] = {}
    keys = [row.id for row, _ in rows]
    for link in session.exec(
        select(UrgingObligation).where(col(UrgingObligation.urging_id).in_(keys))
    ):
        about.setdefault(link.urging_id, []).append(link.obligation_id)
    return [(row, code, about.get(row.id or 0, [])) for row, code in rows]
