"""Reminders claimed, messages queued, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import Json, Key, UtcDateTime


class RungClaim(SQLModel, table=True):
    """A rung heard by a recipient on a channel. The insert is the claim: it happens once."""

    __tablename__ = "rung_claim"
    __table_args__ = (
        UniqueConstraint("obligation_id", "deadline_version", "rung", "recipient", "channel"),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id")
    deadline_version: int
    rung: str
    """`-3`, `0`, `+2`, `announce`"""
    recipient: str
    """Person key: `contact:12`"""
    channel: str
    claimed_at: datetime = Field(sa_type=UtcDateTime)
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)


class Message(SQLModel, table=True):
    """A message is a row before it is anything else."""

    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("dedupe_key"),
        Index("ix_message_queue", "state", "next_attempt_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    event: str
    """Template folder: reminder, announcement, accepted, returned, extension, run, alarm, …"""
    dedupe_key: str = Field(sa_type=Key)
    """Says what the message is for; a second row of the same key is refused."""
    reference: str
    """Stable id, at most 48 characters: in Message-ID and as Zalo's tracking id."""
    contact_id: int | None = Field(default=None, index=True)
    recipient: str
    recipient_name: str = ""
    channel: str
    address: str
    content: dict[str, Any] = Field(sa_type=Json)
    """Rendered: subject, text, html, short_text, params, headers, attachments."""
    state: str = "queued"
    """queued | sending | sent | delivered | failed | refused | cancelled"""
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_attempt_at: datetime = Field(sa_type=UtcDateTime)
    """Not before: the office hour it was planned for, or the next try."""
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    provider_id: str = Field(default="", index=True)
    code: str = ""
    words: str = Field(default="", sa_type=Text)
    maybe_twice: bool = False
    """An attempt's fate is unknown: the same reference may have arrived before."""
    fallback_of: int | None = Field(default=None, foreign_key="message.id")


class MessagePlan(SQLModel, table=True):
    """A plan a message speaks of beside its own (`Message.plan_id`, that of its most urgent obligation)."""

    __tablename__ = "message_plan"
    __table_args__ = (Index("ix_message_plan_plan", "plan_id", "message_id"),)

    message_id: int = Field(foreign_key="message.id", primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", primary_key=True)


class MessageObligation(SQLModel, table=True):
    """What a message is about."""

    __tablename__ = "message_obligation"

    message_id: int = Field(foreign_key="message.id", primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id", primary_key=True, index=True)


class Attempt(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str
    """accepted | temporary | permanent | unknown"""
    code: str = ""
    words: str = Field(default="", sa_type=Text)
    provider_id: str = ""


class ChannelState(SQLModel, table=True):
    """A channel that is down is held back, with a growing pause."""

    __tablename__ = "channel_state"

    channel: str = Field(primary_key=True)
    down_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_try_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0
    alarmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    code: str = ""
    words: str = Field(default="", sa_type=Text)


class ZaloFollower(SQLModel, table=True):
    """Who follows the Official Account, as its webhook told: where Zalo user ids come from."""

    __tablename__ = "zalo_follower"

    user_id: str = Field(primary_key=True)
    name: str = ""
    phone: str = ""
    """As the person shared it with the account; a contact of the same phone gets the user id."""
    followed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unfollowed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    talked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The last time the person wrote: messages without a template may follow for seven days."""


class ChannelToken(SQLModel, table=True):
    """A rotating token pair, encrypted at rest."""

    __tablename__ = "channel_token"

    channel: str = Field(primary_key=True)
    ciphertext: bytes = Field(sa_type=LargeBinary)
    access_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    refresh_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    version: int = 1
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Somebody is refreshing; others wait until then."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
    alarm: str = Field(default="", sa_type=Text)
