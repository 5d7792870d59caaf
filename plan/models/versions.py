"""Every version of a plan that held, as it said it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class PlanVersion(SQLModel, table=True):
    """What a plan said from `made_at` (UTC) until the next version; never changed. The newest one's text is
    the plan's own (`Plan.definition`)."""

    __tablename__ = "plan_version"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    number: int = Field(primary_key=True)
    definition: str = Field(sa_type=Text)
    definition_hash: str
    document_number: str = ""
    """The document that amended the plan; empty: the first version, or the office's own (its ladder, days
    off)."""
    document_on: date | None = None
    reason: str = ""
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime)
