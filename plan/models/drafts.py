"""Plans being drafted from their document, before they are plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class PlanDraft(SQLModel, table=True):
    """A document as it was read, and what people answered and changed since. What they see is worked out
    from the three, so that every answer can be taken back."""

    __tablename__ = "plan_draft"

    id: int | None = Field(default=None, primary_key=True)
    filename: str
    sha256: str
    """The document itself, in the store."""
    made: dict[str, Any] = Field(sa_type=Json)
    """The draft as it was read (`drafting.draft.Draft.as_data`); never changed."""
    answers: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """Question id → answer."""
    edits: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """`rows`: row id → changed fields; `dropped`: row ids; `added`: rows of people's own."""
    before: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """The last few states, newest last: `answers` and `edits` as they were, and what was done to them."""
    version: int = 1
    """Raised by each change; a writer who read an older one is refused."""
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_by: str = ""
    updated_at: datetime = Field(sa_type=UtcDateTime)
    plan_id: str = ""
    """The plan it was published as; empty: still being drafted."""
