"""The audit trail: append-only, each row's hash covering the row before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from plan.models import AuditEvent, AuditHead, EventDelivery, OutgoingEvent
from plan.states import EVENT_CONSUMERS, Actor

GENESIS = "0" * 64


@dataclass(frozen=True)
class BrokenLink:
    """A row whose hash, or whose tie to the row before, does not hold."""

    id: int
    why: str


def record(
    session: Session,
    *,
    plan_id: str,
    actor: Actor,
    event: str,
    subject: str,
    now: datetime,
    obligation_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one row in the caller's transaction. Writers of one database follow one another."""
    head = _locked_head(session)
    row = AuditEvent(
        plan_id=plan_id,
        at=now,
        actor=actor.name,
        role=actor.role,
        origin=actor.origin,
        event=event,
        subject=subject,
        obligation_id=obligation_id,
        before=before or {},
        after=after or {},
        previous_hash=head.hash,
        hash="",
    )
    row.hash = row_hash(row)
    head.hash, head.rows = row.hash, head.rows + 1
    session.add(row)
    session.flush()
    return row


def _locked_head(session: Session) -> AuditHead:
    head = session.exec(select(AuditHead).with_for_update()).first()
    if head is None:
        head = AuditHead(hash=GENESIS)
        session.add(head)
    return head


def row_hash(row: AuditEvent) -> str:
    """SHA-256 over everything the row says and the previous row's hash."""
    body = {
        "plan": row.plan_id,
        "at": row.at.astimezone(UTC).isoformat(),
        "actor": row.actor,
        "role": str(row.role),
        "origin": row.origin,
        "event": row.event,
        "subject": row.subject,
        "obligation": row.obligation_id,
        "before": row.before,
        "after": row.after,
        "previous": row.previous_hash,
    }
    text_ = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text_.encode()).hexdigest()


def verify(session: Session) -> Iterator[BrokenLink]:
    """Every broken link, oldest first. Streams: a million rows cost a million hashes, no memory."""
    previous, count = GENESIS, 0
    rows = session.exec(
        select(AuditEvent).order_by(col(AuditEvent.id)).execution_options(yield_per=1000)
    )
    for row in rows:
        if row.previous_hash != previous:
            yield BrokenLink(row.id or 0, "một dòng ngay trước đã bị xóa, chèn hoặc sửa")
        elif row.hash != row_hash(row):
            yield BrokenLink(row.id or 0, "nội dung đã bị sửa")
        previous, count = row.hash, count + 1
    head = session.exec(select(AuditHead)).first()
    if head is not None and (head.rows, head.hash) != (count, previous):
        yield BrokenLink(0, f"chuỗi phải có {head.rows} dòng nhưng chỉ còn khớp {count} dòng")


def recent(session: Session, *, subject: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """The newest events first, all or of one subject."""
    statement = select(AuditEvent).order_by(col(AuditEvent.id).desc()).limit(limit)
    if subject:
        statement = statement.where(AuditEvent.subject == subject)
    fields = ("id", "at", "actor", "role", "origin", "event", "subject", "before", "after")
    return [{name: getattr(row, name) for name in fields} for row in session.exec(statement)]


def announce(
    session: Session,
    *,
    plan_id: str,
    kind: str,
    subject: str,
    now: datetime,
    obligation_id: int | None = None,
    payload: dict[str, Any] | None = None,
) -> OutgoingEvent:
    """Write an outgoing event and a delivery row for each of its consumers."""
    event = OutgoingEvent(
        plan_id=plan_id,
        at=now,
        kind=kind,
        subject=subject,
        obligation_id=obligation_id,
        payload=payload or {},
    )
    session.add(event)
    session.flush()
    assert event.id is not None
    session.add_all(
        EventDelivery(event_id=event.id, consumer=name) for name in EVENT_CONSUMERS[kind]
    )
    return event
