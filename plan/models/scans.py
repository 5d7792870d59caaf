"""Pages of scans and photos that a machine reads, one after the other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class ScanPage(SQLModel, table=True):
    """A page of a file that is a picture. The row is its place in the queue, and then says where the words
    are kept: beside the file, which stays as it came."""

    __tablename__ = "scan_page"
    __table_args__ = (Index("ix_scan_page_state", "state", "queued_at"),)

    sha256: str = Field(primary_key=True)
    """Of the file: handed in twice, it is read once."""
    page: int = Field(primary_key=True)
    """From 1."""
    state: str = "waiting"
    """waiting | reading | read | failed"""
    queued_at: datetime = Field(sa_type=UtcDateTime)
    claimed_by: str = ""
    """Of the turn at reading it: only the newest may settle it."""
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    words_sha256: str = ""
    """The words in the store (`intake.scans.page`)."""
    confidence: int | None = None
    """Of all its words, 0 to 100; none: there are none."""
    why: str = Field(default="", sa_type=Text)
    """Why it could not be read."""
