"""What an agency and the coordinating office say to one another about an obligation; and the office's own
notes on an agency."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class Post(SQLModel, table=True):
    """A question or an answer about an obligation, or (without one) a note of the office on an agency, which
    the agency never sees."""

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    agency_id: int = Field(foreign_key="agency.id", index=True)
    obligation_id: int | None = Field(default=None, foreign_key="obligation.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    said_by: str
    role: str
    """`plan.states.Role` it was said in: agency asks, coordinator answers."""
    words: str = Field(sa_type=Text)


class PostFile(SQLModel, table=True):
    """A file sent along with a question or an answer."""

    __tablename__ = "post_file"

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", index=True)
    filename: str
    sha256: str
    """Its bytes, in the store."""
    size: int
    """Bytes."""
