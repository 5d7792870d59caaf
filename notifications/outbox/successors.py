"""A message that follows another: on the person's next channel, or in words that are true now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from notifications.outbox import enqueue
from notifications.outbox.drafts import EMPTY
from notifications.outbox.store import Claimed, still_ours
from notifications.revalidate import Written, successor_key
from plan.models import Message, RungClaim


def values_after(message: Claimed, key: str, written: Written, now: datetime) -> dict[str, Any]:
    """The row of a message to the same person, for the same address and channel, sent at once."""
    return {
        "plan_id": message.plan_id,
        "event": message.event,
        "dedupe_key": key,
        "reference": written.reference,
        "contact_id": message.contact_id,
        "recipient": message.recipient,
        "recipient_name": message.recipient_name,
        "channel": message.channel,
        "address": message.address,
        "content": written.content,
        "state": "queued",
        "created_at": now,
        "next_attempt_at": now,
        "fallback_of": message.fallback_of,
        **EMPTY,
    }


def replace(
    session: Session, message: Claimed, written: Written, claimed_at: datetime, now: datetime
) -> int | None:
    """Withdraws a message whose fate is unknown and queues its successor, in the transaction at hand.

    What the successor speaks of is heard through it from now on. None: another sender has it by now.
    """
    connection = session.connection()
    ours = (col(Message.id) == message.id, *still_ours(claimed_at))
    withdrawn = connection.execute(
        update(Message).where(*ours).values(state="cancelled", code="replaced", claimed_at=None)
    )
    if withdrawn.rowcount != 1:
        return None
    key = successor_key(message.id)
    number = enqueue.add_messages(session, [values_after(message, key, written, now)])[key]
    words = f"{enqueue.IN_DOUBT} Nói lại bằng tin số {number}, theo tình hình hiện nay."
    connection.execute(update(Message).where(col(Message.id) == message.id).values(words=words))
    about = [int(row) for row in written.content["versions"]]
    enqueue.add_obligations(session, [(number, row) for row in about])
    connection.execute(
        update(RungClaim)
        .where(col(RungClaim.message_id) == message.id, col(RungClaim.obligation_id).in_(about))
        .values(message_id=number)
    )
    return number
