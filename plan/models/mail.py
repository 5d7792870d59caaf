"""Mails (and packages left in a folder) that hand something in, and how far a mailbox has been read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class IncomingMail(SQLModel, table=True):
    """A mail that came. The insert is the claim: the same mail, fetched again, is passed over."""

    __tablename__ = "incoming_mail"
    __table_args__ = (
        UniqueConstraint("fingerprint"),
        Index("ix_incoming_mail_state", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    fingerprint: str
    """Over Message-ID, sender and content: some scanners give every mail the same Message-ID."""
    source: str
    """mailbox | folder"""
    message_id: str = Field(default="", index=True)
    sha256: str = ""
    """The whole mail in the store; empty: too large to be fetched."""
    size: int = 0
    sender: str = ""
    sender_name: str = ""
    subject: str = Field(default="", sa_type=Text)
    received_at: datetime = Field(sa_type=UtcDateTime)
    """When the mailbox had it, which decides whether what it brings is in time."""
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    state: str = "fetched"
    """fetched | filed | to_confirm | to_person | ignored"""
    attempts: int = 0
    """Begun so often. Begun again and again it is tried by itself; what ends its reader goes to a person."""
    why: str = Field(default="", sa_type=Text)
    """Why it stands where it stands, for the coordinator."""
    plan_id: str | None = Field(default=None, foreign_key="plan.id", index=True)
    agency: str = ""
    """Code of the agency it is from, as far as known."""
    contact_id: int | None = None
    letter_id: int | None = Field(default=None, index=True)
    """The letter of ours that it answers, or says what became of."""
    trusted: bool = False
    outcome: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """files, guess (obligations), filed (obligation, number, …), findings."""
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Mailbox(SQLModel, table=True):
    """How far a mailbox was read. Its flags are left alone: people read it too."""

    box: str = Field(primary_key=True)
    """`user@host/folder`"""
    uid_validity: int = Field(default=0, sa_type=BigInteger)
    last_uid: int = Field(default=0, sa_type=BigInteger)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
