"""The versions of a plan, and what each says otherwise than another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.amending.differences import Difference, differences
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError
from plan.models import PlanVersion


class Listed(NamedTuple):
    """A version without its text."""

    number: int
    document_number: str
    document_on: date | None
    reason: str
    made_by: str
    made_at: datetime
    """UTC."""


def versions(session: Session, plan_id: str) -> list[Listed]:
    """Every version, the newest first, without its text."""
    rows = session.connection().execute(
        columns(
            col(PlanVersion.number),
            col(PlanVersion.document_number),
            col(PlanVersion.document_on),
            col(PlanVersion.reason),
            col(PlanVersion.made_by),
            col(PlanVersion.made_at),
        )
        .where(col(PlanVersion.plan_id) == plan_id)
        .order_by(col(PlanVersion.number).desc())
    )
    return [Listed(*row) for row in rows]


def version_of(session: Session, plan_id: str, number: int) -> PlanDefinition:
    """What the plan said then. NotFoundError for no such version."""
    row = session.get(PlanVersion, (plan_id, number))
    if row is None:
        known: Sequence[int] = session.exec(
            select(PlanVersion.number).where(PlanVersion.plan_id == plan_id)
        ).all()
        raise NotFoundError("phiên bản", str(number), [str(one) for one in known])
    return PlanDefinition.model_validate_json(row.definition)


def compared(session: Session, plan_id: str, before: int, after: int) -> list[Difference]:
    """What version `after` says otherwise than version `before`."""
    return differences(version_of(session, plan_id, before), version_of(session, plan_id, after))
