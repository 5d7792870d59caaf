"""The outbox's rows: claimed, recorded, given back. Each function is one short transaction or part
of one; none knows how a message is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update
from sqlmodel import Session, col

from notifications.channels.base import SendError
from notifications.outbox.enqueue import UNSENT, with_doubt
from plan.database import is_postgresql, writing
from plan.models import Attempt, Message

LEASE = timedelta(minutes=2)
"""After so long in «sending» a message's sender is taken for dead. A live one renews its claim."""
DOUBT_PAUSE = timedelta(minutes=10)
DONE = ("sent", "delivered")

_FIELDS = (
    "id",
    "plan_id",
    "event",
    "reference",
    "contact_id",
    "recipient",
    "recipient_name",
    "channel",
    "address",
    "content",
    "attempts",
    "maybe_twice",
    "fallback_of",
    "code",
)


@dataclass
class ClaimedMessage:
    """A message in our hands. `address` and `content` are personal."""

    id: int
    plan_id: str
    event: str
    reference: str
    contact_id: int | None
    recipient: str
    recipient_name: str
    channel: str
    address: str
    content: dict[str, Any]
    attempts: int
    maybe_twice: bool
    fallback_of: int | None
    code: str
    """Of the last attempt."""

    def __repr__(self) -> str:
        return f"Claimed(id={self.id}, event={self.event!r}, channel={self.channel!r})"


def claimed_from(row: Message) -> ClaimedMessage:
    """The same view of a row read otherwise."""
    return ClaimedMessage(*(getattr(row, name) for name in _FIELDS))


def due_channels(session: Session, now: datetime, plan_id: str = "") -> list[str]:
    """Channels with something to send at `now`."""
    statement = select(col(Message.channel)).where(*_due(now, plan_id)).distinct()
    return sorted(session.connection().execute(statement).scalars())


def _due(now: datetime, plan_id: str) -> list[Any]:
    conditions = [col(Message.state).in_(UNSENT), col(Message.next_attempt_at) <= now]
    return [*conditions, col(Message.plan_id) == plan_id] if plan_id else conditions


def claim_messages(
    engine: Engine, channel: str, now: datetime, size: int, plan_id: str = ""
) -> list[ClaimedMessage]:
    """Takes up to `size` messages due on a channel, the longest waiting first.

    One conditional update: two processes never hold the same message.
    """
    with writing(engine) as session:
        wanted = (
            select(col(Message.id))
            .where(*_due(now, plan_id), col(Message.channel) == channel)
            .order_by(col(Message.next_attempt_at), col(Message.id))
            .limit(size)
        )
        if is_postgresql(session):
            wanted = wanted.with_for_update(skip_locked=True)
        statement = (
            update(Message)
            .where(col(Message.id).in_(wanted), col(Message.state).in_(UNSENT))
            .values(state="sending", claimed_at=now)
            .returning(*(getattr(Message, name) for name in _FIELDS))
        )
        rows = [ClaimedMessage(*row) for row in session.connection().execute(statement)]
    return sorted(rows, key=lambda message: message.id)


def renew(engine: Engine, ids: Sequence[int], was: datetime, now: datetime) -> set[int]:
    """Keeps a claim alive; gives the ids still ours."""
    statement = (
        update(Message)
        .where(col(Message.id).in_(ids), *still_ours(was))
        .values(claimed_at=now)
        .returning(col(Message.id))
    )
    with writing(engine) as session:
        return {row.id for row in session.connection().execute(statement)}


def held(session: Session, ids: Sequence[int], was: datetime) -> set[int]:
    """Which of them are still in the hands that claimed them then; nobody else gets them meanwhile."""
    statement = select(col(Message.id)).where(col(Message.id).in_(ids), *still_ours(was))
    return {row.id for row in session.connection().execute(statement.with_for_update())}


def give_back(
    session: Session, ids: Sequence[int], was: datetime, next_attempt_at: datetime | None = None
) -> None:
    """Puts untried messages back; `next_attempt_at`: not before."""
    values: dict[str, Any] = {"state": "queued", "claimed_at": None}
    if next_attempt_at is not None:
        values["next_attempt_at"] = next_attempt_at
    session.connection().execute(
        update(Message).where(col(Message.id).in_(ids), *still_ours(was)).values(values)
    )


def still_ours(was: datetime) -> list[Any]:
    """Conditions under which a message claimed then is in the claimer's hands."""
    return [col(Message.state) == "sending", col(Message.claimed_at) == was]


def cancel(session: Session, ids: Sequence[int], was: datetime, code: str, words: str) -> None:
    session.connection().execute(
        update(Message)
        .where(col(Message.id).in_(ids), *still_ours(was))
        .values(state="cancelled", code=code, words=with_doubt(words), claimed_at=None)
    )


def replay_stuck(engine: Engine, now: datetime) -> list[int]:
    """Messages whose sender died: their fate is unknown, so they are queued again and marked so."""
    with writing(engine) as session:
        statement = (
            update(Message)
            .where(col(Message.state) == "sending", col(Message.claimed_at) <= now - LEASE)
            .values(state="queued", claimed_at=None, maybe_twice=True)
            .returning(col(Message.id))
        )
        ids = sorted(row.id for row in session.connection().execute(statement))
        if ids:
            words = "Tiến trình gửi dừng giữa chừng; gửi lại với cùng mã."
            session.connection().execute(
                insert(Attempt),
                [_attempt(key, now, "unknown", "stuck", words, "") for key in ids],
            )
    return ids


def _attempt(
    message_id: int, at: datetime, outcome: str, code: str, words: str, provider_id: str
) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "at": at,
        "outcome": outcome,
        "code": code,
        "words": words,
        "provider_id": provider_id,
    }


# --- recording -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt, as it is recorded."""

    state: str
    outcome: str
    """accepted | temporary | permanent | unknown"""
    code: str = ""
    words: str = ""
    provider_id: str = ""
    next_attempt_at: datetime | None = None


_RECORD = (
    update(Message)
    .where(col(Message.id) == bindparam("key"), col(Message.state).not_in(DONE))
    .values(
        state=bindparam("to"),
        code=bindparam("new_code"),
        words=bindparam("new_words"),
        attempts=col(Message.attempts) + 1,
        claimed_at=None,
    )
    .execution_options(synchronize_session=False)
)
_ACCEPTED = _RECORD.values(sent_at=bindparam("now"), provider_id=bindparam("provider"))
_NOT_SENT = _RECORD.values(maybe_twice=bindparam("twice"))
_LATER = _NOT_SENT.values(next_attempt_at=bindparam("later"))


def record(connection: Connection, message: ClaimedMessage, found: Outcome, now: datetime) -> None:
    """Writes an outcome beside the attempt it came of, in the transaction at hand.

    What the other side accepted is recorded as sent whoever holds the row by now: it is a fact.
    """
    values = {
        "key": message.id,
        "to": found.state,
        "new_code": found.code,
        "new_words": found.words,
    }
    if found.outcome == "accepted":
        connection.execute(_ACCEPTED, values | {"now": now, "provider": found.provider_id})
    else:
        values["twice"] = message.maybe_twice or found.outcome == "unknown"
        later = found.next_attempt_at is not None
        connection.execute(
            _LATER if later else _NOT_SENT, values | {"later": found.next_attempt_at}
        )
    made = _attempt(message.id, now, found.outcome, found.code, found.words, found.provider_id)
    connection.execute(insert(Attempt), made)


def note_attempt(
    session: Session, message: ClaimedMessage, now: datetime, error: SendError
) -> None:
    """The channel was down: an attempt to be seen, which does not count against the message. It may
    have been taken all the same (a gateway's 502): then it is marked so, and others are tried before
    it is again, so that one person does not get a copy at every try. A code that nobody knows counts."""
    outcome = "unknown" if error.fate_unknown else "temporary"
    made = _attempt(message.id, now, outcome, error.code, error.words, "")
    session.connection().execute(insert(Attempt), made)
    changes: dict[str, Any] = {}
    if error.fate_unknown:
        changes = {"maybe_twice": True, "next_attempt_at": now + DOUBT_PAUSE}
    elif error.unknown:
        changes = {"attempts": message.attempts + 1}
    if changes:
        session.connection().execute(
            update(Message).where(col(Message.id) == message.id).values(changes)
        )


@contextmanager
def recorder(engine: Engine) -> Iterator[Connection]:
    """A connection for recording each outcome right after its attempt.

    Its commits reach the operating system but do not wait for the disk, which would cost more than
    sending does (0.4 ms against 1.2 ms a message here): `kill -9` loses nothing that was recorded;
    a power cut may lose the last moments, and those messages are then sent again, marked so.
    """
    with engine.execution_options(dondoc_writes=True).connect() as connection:
        hurried = {"sqlite": _hurry_sqlite, "postgresql": _hurry_postgresql}[engine.dialect.name]
        with hurried(connection):
            yield connection


@contextmanager
def _hurry_sqlite(connection: Connection) -> Iterator[None]:
    """In WAL mode NORMAL leaves the waiting to the checkpoint; the pool gets it back as it was."""
    raw: Any = connection.connection.driver_connection
    before = raw.execute("PRAGMA synchronous").fetchone()[0]
    raw.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA synchronous={before}")


@contextmanager
def _hurry_postgresql(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql("SET synchronous_commit = off")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql("SET synchronous_commit = on")
        connection.commit()
