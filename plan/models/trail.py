"""The audit trail and the events other rooms act on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import column_property
from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class TrailName(SQLModel, table=True):
    """The name somebody acted under. The trail says its number only, and so a name can be taken out of
    here without a row of the trail changing; sealed, so that none can be put in another's place."""

    __tablename__ = "trail_name"
    __table_args__ = (Index("ix_trail_name", "account", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str = ""
    name: str
    key: str = ""
    mac: str = ""


class AuditEvent(SQLModel, table=True):
    """Who did what, when, from where; each row's hash covers the row before it."""

    __tablename__ = "audit_event"
    __table_args__ = (UniqueConstraint("previous_hash"),)
    # One chain: two writers that both follow the same row cannot both commit.

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    written_as: str = Field(default="", sa_column=Column("actor", String, nullable=False))
    """The name itself, in rows from before names stood apart."""
    person_id: int | None = None
    """In `trail_name`."""
    if TYPE_CHECKING:
        actor: str = ""
        """The name, wherever it stands."""
    role: str
    origin: str
    """cli | web | link | flow | api | rehearsal"""
    account: str = ""
    """`user:12`, `contact:5`, `token:3`: who, whatever the name is by then."""
    event: str
    subject: str = Field(index=True)
    """`agency/deliverable`, or what else it is about."""
    obligation_id: int | None = Field(default=None, index=True)
    before: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    after: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    previous_hash: str
    hash: str
    """HMAC-SHA256 under the key named; without a name SHA-256, as rows were written before."""
    key: str = ""


_events, _names = (model.__table__ for model in (AuditEvent, TrailName))  # type: ignore[union-attr] # a model with a table has one
AuditEvent.actor = column_property(  # type: ignore[assignment] # reads as the field it takes the place of
    func.coalesce(
        select(_names.c.name).where(_names.c.id == _events.c.person_id).scalar_subquery(),
        _events.c.actor,
    )
)


class AuditHead(SQLModel, table=True):
    """The chain's end, signed: one row, locked by whoever appends, so that a cut tail shows too."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    rows: int = 0
    hash: str
    key: str = ""
    mac: str = ""


class ClockMark(SQLModel, table=True):
    """When each machine's clock was last believed, by boot."""

    __tablename__ = "clock_mark"

    boot: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    up: float
    """Seconds since that boot, at `at`."""
    doubted: str = ""
    """Why a look since then was refused; the first that is believed again works everything out anew."""


class OutgoingEvent(SQLModel, table=True):
    """Written in the transaction of the change it tells of."""

    __tablename__ = "outgoing_event"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    """obligation.accepted, run.done, …"""
    subject: str
    obligation_id: int | None = None
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Nobody acts on it before: so long the decision it tells of may be undone. None: at once."""
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class EventDelivery(SQLModel, table=True):
    """One row per consumer and event, so that an event committed late is never skipped."""

    __tablename__ = "event_delivery"
    __table_args__ = (Index("ix_event_delivery_open", "consumer", "done_at"),)

    event_id: int = Field(foreign_key="outgoing_event.id", primary_key=True)
    consumer: str = Field(primary_key=True)
    """notify | consolidate | webhook; unheard: of notify, waits until an address is known"""
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
