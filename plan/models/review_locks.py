"""Who has which item of the desk before them."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class ReviewLock(SQLModel, table=True):
    """The obligation one person looks at to decide it. One row a person; it keeps nobody out, it tells."""

    __tablename__ = "review_lock"

    account: str = Field(primary_key=True)
    """`user:3`, as the trail knows them."""
    obligation_id: int = Field(foreign_key="obligation.id", index=True)
    held_by: str
    at: datetime = Field(sa_type=UtcDateTime)
    """Since when they have had it before them; over after `dashboard.review_lock.LASTS`."""
