"""Ways of looking at a plan's tables that somebody keeps under a name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class SavedView(SQLModel, table=True):
    """A page's filters and order, as the address bar had them, under a name."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("plan_id", "owner", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id")
    owner: str = ""
    """Whose it is: `user:3`, as the trail knows them; empty: the office's, for all who read the plan."""
    name: str
    page: str
    """A key of `dashboard.saved_views.PAGES`."""
    query: str = Field(default="", sa_type=Text)
    """`nhom=district&con-no=1`: filters of that page alone."""
    saved_by: str
    at: datetime = Field(sa_type=UtcDateTime)
