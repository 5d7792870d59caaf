"""Who may come in: users, their sessions, links used, tokens of other programs, webhooks.

Secrets never stand here in clear: passwords, cookies, links and tokens as hashes, TOTP and webhook
secrets encrypted (`plan.keys.secret.box`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class UserAccount(SQLModel, table=True):
    """A person who may sign in. Disabled, never deleted: the audit trail names people."""

    __tablename__ = "user_account"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    """In lower case."""
    name: str
    role: str
    """admin | coordinator | agency | leader"""
    agencies: list[str] = Field(default_factory=list, sa_type=Json)
    """Codes in the directory of the agencies acted for, whatever plans they take part in."""
    password_hash: str = ""
    """Empty: no password was set; a one-time link or the provincial sign-in is the only way."""
    totp_secret: bytes = Field(default=b"", sa_type=LargeBinary)
    totp_step: int = 0
    """Newest time step used: a code works once."""
    subject: str = Field(default="", index=True)
    """`issuer|sub` of the provincial sign-in (OIDC), once used."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sessions_from: datetime = Field(sa_type=UtcDateTime)
    """Sessions begun before are ended: sign out everywhere moves it."""


class WebSession(SQLModel, table=True):
    """A browser signed in. A new row, with a new secret, on every sign-in."""

    __tablename__ = "web_session"

    key_hash: str = Field(primary_key=True)
    """SHA-256 of the cookie."""
    user_id: int | None = Field(default=None, foreign_key="user_account.id", index=True)
    contact_id: int | None = Field(default=None, index=True)
    """Signed in by a personal link."""
    name: str
    role: str
    agencies: list[str] = Field(default_factory=list, sa_type=Json)
    """Of a personal link: the agency's code in its plan. A user's are the account's."""
    plan_id: str = ""
    """The plan being looked at; a personal link is bound to one."""
    via: str
    """password | link | one-time | oidc"""
    link_id: str = Field(default="", index=True)
    """`notifications.messages.links.token_id` of the personal link used."""
    step: str = ""
    """What is still asked for before anything is shown: totp | enrol; empty: nothing."""
    device: str = ""
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OneTimeLink(SQLModel, table=True):
    """A sign-in link made by an administrator or on first start; works once."""

    __tablename__ = "one_time_link"

    key_hash: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecoveryCode(SQLModel, table=True):
    """The way past a lost or locked second factor; works once."""

    __tablename__ = "recovery_code"

    key_hash: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CalendarKey(SQLModel, table=True):
    """A person's address of a calendar, once it was asked or revoked; the address itself is derived."""

    __tablename__ = "calendar_key"
    __table_args__ = (UniqueConstraint("plan_id", "who", "holder", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str
    who: str
    """Code of the agency whose deadlines it shows, or `tat-ca`."""
    holder: str
    """`user:3`, `contact:12`; empty: given out before everyone had their own."""
    number: int
    name: str = ""
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_by: str = ""


class LinkUse(SQLModel, table=True):
    """A personal link was opened, signed somebody in, or was refused."""

    __tablename__ = "link_use"

    id: int | None = Field(default=None, primary_key=True)
    link_id: str = Field(index=True)
    plan_id: str
    agency: str = Field(index=True)
    contact_id: int | None = None
    at: datetime = Field(sa_type=UtcDateTime)
    what: str
    """opened | signed-in | refused"""
    device: str = ""


class LinkRevocation(SQLModel, table=True):
    """Links no longer good: one (`link_id`), or all of an agency or contact made before `at`."""

    __tablename__ = "link_revocation"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(index=True)
    agency: str = ""
    contact_id: int | None = None
    link_id: str = Field(default="", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    revoked_by: str


class Throttle(SQLModel, table=True):
    """How often something was tried in the window that began then."""

    key: str = Field(primary_key=True)
    """`sign-in:<hash of address and account>`"""
    since: datetime = Field(sa_type=UtcDateTime)
    count: int = 0


class ApiToken(SQLModel, table=True):
    """The key of another program."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    key_hash: str = Field(unique=True)
    role: str
    agencies: list[str] = Field(default_factory=list, sa_type=Json)
    """Codes in the directory, as a user's."""
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Webhook(SQLModel, table=True):
    """Where another program wants to hear of changes."""

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(index=True)
    name: str
    url: str
    secret: bytes = Field(sa_type=LargeBinary)
    kinds: list[str] = Field(default_factory=list, sa_type=Json)
    """`obligation.*`, `run.done`; empty: all."""
    from_event: int = 0
    """Events up to this one were before its time."""
    made_by: str
    made_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WebhookDelivery(SQLModel, table=True):
    """One event for one webhook; unique, so that two sweeps send it once."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_delivery_queue", "state", "next_attempt_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    webhook_id: int = Field(foreign_key="webhook.id")
    event_id: int = Field(foreign_key="outgoing_event.id")
    body: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: str = "queued"
    """queued | sending | done | failed"""
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_type=UtcDateTime)
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    code: str = ""
    words: str = Field(default="", sa_type=Text)
