"""The outbox as people look at it: lists, and one message whole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from notifications.resending import FAILED
from notifications.words import MESSAGE_WORDS
from plan.errors import NotFoundError
from plan.models import Attempt, ChannelState, Message, MessageObligation
from plan.queries.lookup import about_plan, shown_about

OUTCOME_WORDS = {
    "accepted": "đã nhận",
    "temporary": "tạm thời chưa nhận",
    "permanent": "từ chối",
    "unknown": "không rõ đã nhận chưa",
}
"""What became of one attempt."""
_FIELDS = (
    "id",
    "event",
    "recipient",
    "recipient_name",
    "channel",
    "state",
    "code",
    "words",
    "attempts",
    "maybe_twice",
    "fallback_of",
    "reference",
    "provider_id",
    "created_at",
    "next_attempt_at",
    "sent_at",
    "delivered_at",
)


def list_messages(
    session: Session, plan_id: str, *, failed: bool = False, limit: int = 200
) -> list[dict[str, Any]]:
    """The newest messages first, without addresses or texts. `failed`: only those not taken."""
    statement = (
        select(*(getattr(Message, name) for name in _FIELDS), col(Message.content)["subject"])
        .where(about_plan(plan_id))
        .order_by(col(Message.id).desc())
        .limit(limit)
    )
    if failed:
        statement = statement.where(col(Message.state).in_(FAILED))
    found = session.connection().execute(statement).all()
    return [dict(zip((*_FIELDS, "subject"), row, strict=True)) for row in found]


def count_by_state(session: Session, plan_id: str) -> dict[str, int]:
    statement = (
        select(col(Message.state), func.count())
        .where(about_plan(plan_id))
        .group_by(col(Message.state))
    )
    counts = {row[0]: row[1] for row in session.connection().execute(statement)}
    return {state: counts.get(state, 0) for state in MESSAGE_WORDS}


def channels_down(session: Session) -> list[ChannelState]:
    """Channels that took nothing when last tried; their messages wait."""
    statement = select(ChannelState).where(col(ChannelState.down_since).is_not(None))
    return list(session.execute(statement.order_by(col(ChannelState.channel))).scalars())


def show_message(session: Session, plan_id: str, message_id: int) -> dict[str, Any]:
    """One message whole: address, texts, attempts, what it is about; of a plan, or (empty) of any of the
    office's own. For eyes, not for logs."""
    chosen = select(Message).where(col(Message.id) == message_id, shown_about(plan_id))
    row = session.execute(chosen).scalar()
    if row is None:
        raise NotFoundError("tin", str(message_id), ())
    attempts = session.connection().execute(
        select(col(Attempt.at), col(Attempt.outcome), col(Attempt.code), col(Attempt.words))
        .where(col(Attempt.message_id) == message_id)
        .order_by(col(Attempt.id))
    )
    about = session.connection().execute(
        select(col(MessageObligation.obligation_id)).where(
            col(MessageObligation.message_id) == message_id
        )
    )
    return {name: getattr(row, name) for name in _FIELDS} | {
        "plan_id": row.plan_id,
        "address": row.address,
        "content": row.content,
        "attempt_list": [dict(attempt._mapping) for attempt in attempts],
        "obligation_ids": sorted(about.scalars()),
    }
