"""Putting messages into the outbox: the only writer of `rung_claim` and of new `message` rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    String,
    case,
    cast,
    delete,
    literal,
    select,
    update,
)
from sqlmodel import Session, col

from notifications.obligations import DueObligation
from notifications.outbox import link_trail
from notifications.policy import FiredRung
from notifications.recipients import Person
from plan.database import insert_if_absent
from plan.models import Message, MessageObligation, MessagePlan, Obligation, RungClaim

UNSENT = ("queued", "failed")
IN_DOUBT = "Lần gửi trước không rõ đã tới hay chưa."


def with_doubt(words: str) -> ColumnElement[str]:
    """Why a message is withdrawn; of one that may have arrived all the same the record says so."""
    return case((col(Message.maybe_twice), f"{words} {IN_DOUBT}"), else_=words)


def add_messages(session: Session, values: Sequence[dict[str, Any]]) -> dict[str, int]:
    """New rows; one whose `dedupe_key` is known already is passed over.

    Gives dedupe_key → row id of those that were added.
    """
    if not values:
        return {}
    statement = insert_if_absent(session, Message).returning(
        col(Message.dedupe_key), col(Message.id)
    )
    added = session.connection().execute(statement, list(values))
    known = {row.dedupe_key: row.id for row in added}
    fresh = (one for one in values if one["dedupe_key"] in known)
    link_trail.note(session, ((known[one["dedupe_key"]], one) for one in fresh))
    return known


def add_obligations(session: Session, pairs: Iterable[tuple[int, int]]) -> None:
    """What messages are about: (message id, obligation id)."""
    rows = [{"message_id": message, "obligation_id": owed} for message, owed in pairs]
    if rows:
        session.connection().execute(insert_if_absent(session, MessageObligation), rows)
        _add_plans(session, sorted({row["message_id"] for row in rows}))


def _add_plans(session: Session, message_ids: Sequence[int]) -> None:
    """The plans these messages speak of beside their own."""
    besides = (
        select(col(Message.id), col(Obligation.plan_id))
        .join(MessageObligation, col(MessageObligation.message_id) == col(Message.id))
        .join(Obligation, col(Obligation.id) == col(MessageObligation.obligation_id))
        .where(col(Message.id).in_(message_ids), col(Obligation.plan_id) != col(Message.plan_id))
        .distinct()
    )
    pairs = session.connection().execute(besides).all()
    rows = [{"message_id": message, "plan_id": plan_id} for message, plan_id in pairs]
    if rows:
        session.connection().execute(insert_if_absent(session, MessagePlan), rows)


def claim_hearings(
    session: Session, wanted: Sequence[tuple[int, Reminder]], now: datetime
) -> dict[int, list[Reminder]]:
    """Claims (message id, hearing) pairs; a rung already heard there is passed over.

    Gives the hearings won, by message id: each of them happens this once, whoever else ticks.
    """
    if not wanted:
        return {}
    rows = [
        {
            "obligation_id": reminder.row.id,
            "deadline_version": reminder.version,
            "rung": reminder.rung.key,
            "recipient": reminder.person.key,
            "channel": reminder.channel,
            "claimed_at": now,
            "message_id": message_id,
        }
        for message_id, reminder in wanted
    ]
    result = session.connection().execute(insert_if_absent(session, RungClaim), rows)
    if result.rowcount == len(rows):
        return _by_message(wanted)
    return _by_message(_won(session, wanted))


def _by_message(pairs: Iterable[tuple[int, Reminder]]) -> dict[int, list[Reminder]]:
    found: dict[int, list[Reminder]] = {}
    for message_id, reminder in pairs:
        found.setdefault(message_id, []).append(reminder)
    return found


def _won(session: Session, wanted: Sequence[tuple[int, Reminder]]) -> list[tuple[int, Reminder]]:
    """Somebody else claimed some of them meanwhile: which are ours?"""
    ids = {message_id for message_id, _ in wanted}
    statement = select(
        col(RungClaim.message_id), col(RungClaim.obligation_id), col(RungClaim.rung)
    ).where(col(RungClaim.message_id).in_(ids))
    ours = {tuple(row) for row in session.connection().execute(statement)}
    return [(m, h) for m, h in wanted if (m, h.row.id, h.rung.key) in ours]


def drop(session: Session, message_id: int) -> None:
    """Takes back a message that turned out to have nothing to say, before anybody could see it."""
    connection = session.connection()
    connection.execute(
        delete(MessageObligation).where(col(MessageObligation.message_id) == message_id)
    )
    connection.execute(delete(MessagePlan).where(col(MessagePlan.message_id) == message_id))
    connection.execute(delete(Message).where(col(Message.id) == message_id))
    link_trail.forget(session, message_id)


def absorb(session: Session, waiting: Waiting, into: int) -> bool:
    """The message `into` speaks for one that never left; its rungs count as heard there, and the
    tries made with it count on.

    False when that one is being sent just now: then it goes its own way.
    """
    connection = session.connection()
    cancelled: CursorResult[Any] = connection.execute(
        update(Message)
        .where(col(Message.id) == waiting.message_id, col(Message.state).in_(UNSENT))
        .values(state="cancelled", code="merged", words=with_doubt(f"Gộp vào tin số {into}."))
    )
    if cancelled.rowcount != 1:
        return False
    tries = select(col(Message.attempts)).where(col(Message.id) == waiting.message_id)
    connection.execute(
        update(Message)
        .where(col(Message.id) == into, col(Message.attempts) < tries.scalar_subquery())
        .values(attempts=tries.scalar_subquery())
    )
    connection.execute(
        update(RungClaim)
        .where(col(RungClaim.message_id) == waiting.message_id)
        .values(message_id=into)
    )
    return True


def unclaim(session: Session, message_ids: Sequence[int], now: datetime) -> None:
    """Takes back what these messages claimed: they reach nobody, so the tick must look again."""
    connection = session.connection()
    mine = col(RungClaim.message_id).in_(message_ids)
    about = select(col(RungClaim.obligation_id)).where(mine)
    connection.execute(
        update(Obligation).where(col(Obligation.id).in_(about)).values(next_check_at=now)
    )
    connection.execute(delete(RungClaim).where(mine))
    spend(session, message_ids)


def spend(session: Session, message_ids: Collection[int]) -> None:
    """What these messages told may come back for the same person: the old row must not stand in the new
    one's way."""
    spent = col(Message.dedupe_key) + literal(":") + cast(col(Message.id), String)
    session.connection().execute(
        update(Message).where(col(Message.id).in_(message_ids)).values(dedupe_key=spent)
    )


def rewrite(session: Session, message_id: int, content: dict[str, Any], event: str) -> None:
    """New words for a message. What it speaks of no more is neither about it nor heard through it:
    those rungs stay claimed, by no message."""
    kept = [int(key) for key in content["versions"]]
    connection = session.connection()
    connection.execute(
        delete(MessageObligation).where(
            col(MessageObligation.message_id) == message_id,
            col(MessageObligation.obligation_id).not_in(kept),
        )
    )
    connection.execute(
        update(RungClaim)
        .where(col(RungClaim.message_id) == message_id, col(RungClaim.obligation_id).not_in(kept))
        .values(message_id=None)
    )
    session.connection().execute(
        update(Message).where(col(Message.id) == message_id).values(content=content, event=event)
    )


@dataclass(frozen=True, slots=True)
class Reminder:
    """One person hears one rung of one obligation on one channel: what a claim stands for."""

    person: Person
    channel: str
    copy: bool
    """Beside the main channel: a short copy, which needs no fallback."""
    row: DueObligation
    version: int
    rung: FiredRung


@dataclass(frozen=True)
class Waiting:
    """A digest still in the outbox, and what of it is still owed."""

    message_id: int
    event: str
    rows: tuple[DueObligation, ...]
