"""A decision made on a page may be taken back for a minute, as long as nothing of it left the house.

What it tells is held so long (`OutgoingEvent.held_until`): no mail, no webhook, no consolidation. Undone,
what it would have told is gone, the obligation stands as before, and the trail keeps both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from plan.errors import RefusedError
from plan.ledger.core import SNAPSHOT, commit_change, lock, require_role
from plan.ledger.holding import HELD_EVENTS, UNDO_WITHIN
from plan.models import (
    AuditEvent,
    EventDelivery,
    Extension,
    Obligation,
    OutgoingEvent,
    Submission,
    WebhookDelivery,
)
from plan.states import Actor, Role

UNDONE = "decision.undone"
LAST_ROWS = 5_000
"""Of the trail, that a minute can hold."""
TOO_LATE = (
    "Không hoàn tác được nữa: đã quá một phút, hoặc đã báo cho cơ quan. Hãy mở lại kèm lý do."
)
_INSTANTS = frozenset({"opens_at", "due_at", "decisive_at"})
_DAYS = frozenset({"last_day", "last_working_day", "mend_by"})


def undoable(session: Session, plan_id: str, actor: Actor, now: datetime) -> Sequence[AuditEvent]:
    """What this person decided in the last minute and may take back, newest first. Looks at the trail's end
    only: nobody decides more in a minute."""
    newest = session.exec(select(func.max(AuditEvent.id))).one() or 0
    rows = session.exec(
        select(AuditEvent)
        .where(
            col(AuditEvent.id) > newest - LAST_ROWS,
            AuditEvent.plan_id == plan_id,
            AuditEvent.at > now - UNDO_WITHIN,
            AuditEvent.at <= now,
            AuditEvent.account == actor.account,
            AuditEvent.actor == actor.name,
            col(AuditEvent.event).in_(HELD_EVENTS),
        )
        .order_by(col(AuditEvent.id).desc())
    ).all()
    return [row for row in rows if _still_newest(session, row)]


def undo(session: Session, event_id: int, *, actor: Actor, now: datetime) -> Obligation:
    """Take a decision back. RefusedError: another's, older than a minute, told already, or something else
    happened to the obligation since."""
    require_role(actor, Role.coordinator)
    row = session.get(AuditEvent, event_id)
    if row is None or row.event not in HELD_EVENTS or row.obligation_id is None:
        raise RefusedError("Không có việc này để hoàn tác.")
    obligation = lock(session, row.obligation_id)
    if (row.account, row.actor) != (actor.account, actor.name):
        raise RefusedError("Chỉ người vừa quyết định mới hoàn tác được.")
    if now - row.at >= UNDO_WITHIN or not _still_newest(session, row):
        raise RefusedError(TOO_LATE)
    _take_back_what_it_told(session, row)
    _restore_submission(session, row)
    _reopen_requests(session, row)
    commit_change(
        session,
        obligation,
        audit_event=UNDONE,
        event=None,
        actor=actor,
        now=now,
        payload={"undone": row.event, "number": row.after.get("detail", {}).get("number", 0)},
        **{name: _typed(name, row.before[name]) for name in SNAPSHOT if name in row.before},
    )
    return obligation


def _still_newest(session: Session, row: AuditEvent) -> bool:
    newest = select(AuditEvent.id).where(AuditEvent.obligation_id == row.obligation_id)
    return session.exec(newest.order_by(col(AuditEvent.id).desc()).limit(1)).first() == row.id


def _take_back_what_it_told(session: Session, row: AuditEvent) -> None:
    events = session.exec(
        select(OutgoingEvent).where(
            OutgoingEvent.obligation_id == row.obligation_id, OutgoingEvent.at == row.at
        )
    ).all()
    keys = [event.id for event in events]
    told = select(EventDelivery.event_id).where(
        col(EventDelivery.event_id).in_(keys), col(EventDelivery.done_at).is_not(None)
    )
    hooked = select(WebhookDelivery.id).where(col(WebhookDelivery.event_id).in_(keys))
    if session.exec(told.limit(1)).first() or session.exec(hooked.limit(1)).first():
        raise RefusedError(TOO_LATE)
    run = session.connection().execute
    run(delete(EventDelivery).where(col(EventDelivery.event_id).in_(keys)))
    run(delete(OutgoingEvent).where(col(OutgoingEvent.id).in_(keys)))
    for event in events:
        session.expunge(event)


def _restore_submission(session: Session, row: AuditEvent) -> None:
    """The submission that was decided waits for review again."""
    decided = session.exec(
        select(Submission).where(
            Submission.obligation_id == row.obligation_id, Submission.decided_at == row.at
        )
    )
    for one in decided:
        one.state = "received"
        one.decided_by, one.decided_at, one.decision_note = "", None, ""
        session.add(one)


def _reopen_requests(session: Session, row: AuditEvent) -> None:
    """Requests for more time that the decision made needless are asked again."""
    closed = session.exec(
        select(Extension).where(
            Extension.obligation_id == row.obligation_id,
            Extension.state == "closed",
            Extension.decided_at == row.at,
        )
    )
    for one in closed:
        one.state, one.decided_by, one.decided_at, one.decision_note = "asked", "", None, ""
        session.add(one)


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _INSTANTS:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name in _DAYS else value
