"""What was handed in, what the checks found, what was read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class Submission(SQLModel, table=True):
    """One handing-in, numbered within its obligation. Its files and values never change."""

    __table_args__ = (
        UniqueConstraint("obligation_id", "number"),
        Index("ix_submission_key", "obligation_id", "key", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id")
    number: int
    key: str | None = None
    """Of the sending: sent again with it is the same submission."""
    kind: str
    """files | nil | conference | duty"""
    state: str = "received"
    """received | returned | accepted | superseded | moved"""
    complete: bool = True
    """No finding of severity error."""
    content_hash: str
    """Over the sorted hashes of its files and its payload; the same content is filed once."""
    signed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    issued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    submitted_by: str
    via: str = "cli"
    """cli | web | link | paper | other-system | api | email | folder | edoc"""
    reference: str = ""
    """Number of the covering document, or of the paper copy."""
    note: str = ""
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """Nil reason, conference facts, duty evidence."""
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decision_note: str = ""


class SubmissionFile(SQLModel, table=True):
    __tablename__ = "submission_file"

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    filename: str
    sha256: str
    size: int
    kind: str
    """workbook | report | unread"""


class Finding(SQLModel, table=True):
    """A fault found, where, and what to do about it."""

    id: int | None = Field(default=None, primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    severity: str
    """error | warning | note"""
    code: str
    file: str = ""
    sheet: str = ""
    cell: str = ""
    indicator: str = ""
    period: str = ""
    read: str = ""
    message: str = Field(sa_type=Text)
    explanation: str = Field(default="", sa_type=Text)
    explained_by: str = ""
    explained_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Value(SQLModel, table=True):
    """A figure read from a submission. No row: blank, which is not zero."""

    __table_args__ = (Index("ix_value_indicator", "indicator", "period"),)

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    indicator: str = Field(primary_key=True)
    """`PL2.1.3`; a percentage's parts are `PL3.5.1#n` and `PL3.5.1#d`."""
    period: str = Field(primary_key=True)
    number: float | None = None
    text: str | None = None
    not_applicable: bool = False
    """`text` then holds the reason."""
    file: str = ""
    sheet: str = ""
    cell: str = ""


class Section(SQLModel, table=True):
    """The text under one heading of the outline."""

    submission_id: int = Field(foreign_key="submission.id", primary_key=True)
    node: str = Field(primary_key=True)
    text: str = Field(sa_type=Text)
    """Paragraphs, parted by newlines."""
    file: str = ""


class Extension(SQLModel, table=True):
    """A request for more time, and what became of it."""

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id", index=True)
    asked_by: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    until: date
    """The last good day asked for."""
    reason: str = Field(sa_type=Text)
    document_number: str = ""
    state: str = "asked"
    """asked | granted | refused | closed (nobody needs to answer any more)"""
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decision_note: str = ""
