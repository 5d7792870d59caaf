"""Work of an agency that one of its people passed to a colleague."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class Delegation(SQLModel, table=True):
    """One deliverable (or, without one, all the agency owes) is a colleague's, till a local day."""

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    agency_id: int = Field(foreign_key="agency.id", index=True)
    deliverable_id: int | None = Field(default=None, foreign_key="deliverable.id")
    contact_id: int
    """The colleague; no foreign key: where the address book lost them, the delegation means nobody."""
    until: date
    """The last good local day."""
    passed_by: str
    at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was taken back before its day."""
