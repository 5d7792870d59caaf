"""What Sở Nội vụ urges by hand, beside the ladder: a message of its own, a call, a visit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class Urging(SQLModel, table=True):
    """An agency was urged once, about one or several obligations."""

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    agency_id: int = Field(foreign_key="agency.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    way: str
    """`plan.ledger.urging.WAYS`: message | phone | visit"""
    words: str = Field(default="", sa_type=Text)
    """Of a message: what the agency reads."""
    spoke_to: str = ""
    answer: str = Field(default="", sa_type=Text)
    """Of a call or a visit: with whom, and what was answered."""
    urged_by: str


class UrgingObligation(SQLModel, table=True):
    """What an agency was urged about."""

    __tablename__ = "urging_obligation"

    urging_id: int = Field(foreign_key="urging.id", primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id", primary_key=True, index=True)
