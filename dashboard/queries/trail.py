"""The audit trail as lines people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, not_, select

from dashboard.queries.naming import Naming
from dashboard.words import detail_words, event_words
from plan.models import AuditEvent, Plan, UserAccount
from plan.queries.lookup import of_the_office

TOLD = (
    "obligation.submitted",
    "obligation.accepted",
    "obligation.returned",
    "obligation.reopened",
    "obligation.waived",
    "obligation.restored",
    "submission.moved",
    "extension.asked",
    "extension.decided",
    "milestone.closed",
)
"""What Tổng quan tells of; the rest stands in Nhật ký."""
SELF = "Đôn Đốc"
"""What the program did by itself."""


@dataclass(frozen=True)
class TrailLine:
    id: int
    plan: str
    at: datetime
    actor: str
    role: str
    origin: str
    event: str
    words: str
    subject: str
    title: str
    href: str
    detail: str
    before: dict[str, Any]
    after: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class TrailFilter:
    subject: str = ""
    agency: str = ""
    events: Sequence[str] = ()
    actor: str = ""


def lines(
    session: Session,
    plan_id: str,
    as_of: datetime,
    names: Naming,
    wanted: TrailFilter = TrailFilter(),
    *,
    limit: int = 50,
    offset: int = 0,
) -> list[TrailLine]:
    """Newest first, as of a moment; of a plan and of the installation, or (`plan_id` empty) of all but
    those an agency handed down."""
    statement = _where(plan_id, as_of, wanted).order_by(col(AuditEvent.id).desc())
    rows = session.exec(statement.limit(limit).offset(offset)).all()
    accounts = _accounts(session, rows)
    return [_line(row, names, accounts) for row in rows]


def _accounts(session: Session, rows: Sequence[AuditEvent]) -> dict[str, str]:
    """The addresses of the accounts that the rows are about, while they have one."""
    ids = {
        int(key)
        for kind, _, key in (row.subject.partition(":") for row in rows)
        if kind == "user" and key.isdecimal()
    }
    found = session.exec(
        select(UserAccount.id, UserAccount.email).where(col(UserAccount.id).in_(ids))
    )
    return {f"user:{key}": email for key, email in found}


def count(session: Session, plan_id: str, as_of: datetime, wanted: TrailFilter) -> int:
    inner = _where(plan_id, as_of, wanted).subquery()
    return session.exec(select(func.count()).select_from(inner)).one()


def _where(plan_id: str, as_of: datetime, wanted: TrailFilter) -> Any:
    statement = select(AuditEvent).where(AuditEvent.at <= as_of)
    if plan_id:
        statement = statement.where(col(AuditEvent.plan_id).in_((plan_id, "")))
    else:
        handed_down = select(Plan.id).where(not_(of_the_office()))
        statement = statement.where(col(AuditEvent.plan_id).not_in(handed_down))
    if wanted.subject:
        statement = statement.where(AuditEvent.subject == wanted.subject)
    if wanted.agency:
        statement = statement.where(col(AuditEvent.subject).startswith(f"{wanted.agency}/"))
    if wanted.events:
        statement = statement.where(col(AuditEvent.event).in_(wanted.events))
    if wanted.actor:
        statement = statement.where(AuditEvent.actor == wanted.actor)
    return statement


def _line(row: AuditEvent, names: Naming, accounts: Mapping[str, str]) -> TrailLine:
    assert row.id is not None
    return TrailLine(
        id=row.id,
        plan=row.plan_id,
        at=row.at,
        actor=SELF if row.actor == "dondoc" else row.actor,
        role=row.role,
        origin=row.origin,
        event=row.event,
        words=event_words(row.event),
        subject=row.subject,
        title=accounts.get(row.subject) or names.obligation(row.subject),
        href=names.href(row.subject),
        detail=detail_words(row.event, row.after),
        before=row.before,
        after=row.after,
        hash=row.hash,
    )
