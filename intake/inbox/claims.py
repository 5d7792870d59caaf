"""A mail kept and claimed: its row is the claim, so that the same mail, fetched again, is one mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from intake.files.store import Store
from intake.mail.message import Mail
from plan.database import insert_if_absent, reading, writing
from plan.models import IncomingMail

FETCHED, FILED, TO_CONFIRM, TO_PERSON, IGNORED = (
    "fetched",
    "filed",
    "to_confirm",
    "to_person",
    "ignored",
)
WAITING = (TO_PERSON, TO_CONFIRM)
"""States in which a coordinator may still decide."""
DOUBTED, MOST_ATTEMPTS = 3, 100
"""Begun more often than the first without coming to an end, a mail is tried by itself before; more often
than the second, a person looks, whatever the cause."""
TOO_LARGE = "Thư quá lớn nên chưa tải về; xin mở trong hộp thư và nộp các tệp trên trang."


def claim_mail(
    engine: Engine,
    store: Store,
    raw: bytes,
    *,
    source: str,
    received_at: datetime,
    now: datetime,
    size: int = 0,
) -> int | None:
    """Keep the whole mail and claim it; its number. None: known already.

    `raw`: the mail, or only its head where `size` (bytes) says that the rest was too much to fetch.
    `received_at`: when the mailbox had it (UTC).
    """
    mail = Mail(raw)
    if _known(engine, mail.fingerprint):
        return None
    whole = not size
    values = {
        "fingerprint": mail.fingerprint,
        "source": source,
        "message_id": mail.message_id,
        "sha256": store.put(raw) if whole else "",
        "size": size or len(raw),
        "sender": mail.sender[:320],
        "sender_name": mail.sender_name[:200],
        "subject": mail.subject[:500],
        "received_at": min(received_at, now),
        "recorded_at": now,
        "state": FETCHED if whole else TO_PERSON,
        "why": "" if whole else TOO_LARGE,
        "plan_id": None,
        "contact_id": None,
        "decided_at": None,
        "outcome": {},
        **_EMPTY,
    }
    with writing(engine) as session:
        return _insert(session, values)


_EMPTY: dict[str, Any] = {"attempts": 0, "agency": "", "trusted": False, "decided_by": ""}


def _known(engine: Engine, fingerprint: str) -> bool:
    """Looked for first, so that a mail fetched twice is not kept again."""
    with reading(engine) as session:
        wanted = select(IncomingMail.id).where(IncomingMail.fingerprint == fingerprint)
        return session.exec(wanted).first() is not None


def _insert(session: Session, values: dict[str, Any]) -> int | None:
    statement = insert_if_absent(session, IncomingMail).values(values)
    added = session.connection().execute(statement.returning(col(IncomingMail.id))).first()
    return int(added[0]) if added else None


def unhandled(engine: Engine, limit: int) -> list[int]:
    """Numbers of mails claimed and not dealt with yet, the oldest first."""
    with reading(engine) as session:
        return [
            number
            for number in session.exec(
                select(IncomingMail.id)
                .where(IncomingMail.state == FETCHED)
                .order_by(col(IncomingMail.id))
                .limit(limit)
            )
            if number is not None
        ]


def begin(engine: Engine, number: int) -> IncomingMail | None:
    """The mail, counted as begun once more; None: somebody has dealt with it."""
    with writing(engine) as session:
        session.connection().execute(
            update(IncomingMail)
            .where(col(IncomingMail.id) == number, col(IncomingMail.state) == FETCHED)
            .values(attempts=col(IncomingMail.attempts) + 1)
        )
        row = session.get(IncomingMail, number)
        return row if row is not None and row.state == FETCHED else None


def put_back(engine: Engine, number: int) -> None:
    """What was begun does not count: what stood in the way is none of the mail's."""
    with writing(engine) as session:
        session.connection().execute(
            update(IncomingMail)
            .where(col(IncomingMail.id) == number, col(IncomingMail.state) == FETCHED)
            .values(attempts=col(IncomingMail.attempts) - 1)
        )


def move(
    session: Session, number: int, expected: tuple[str, ...], state: str
) -> IncomingMail | None:
    """The mail in its new state, within the caller's transaction; None: it is not in `expected` any more,
    because another has decided."""
    moved = session.connection().execute(
        update(IncomingMail)
        .where(col(IncomingMail.id) == number, col(IncomingMail.state).in_(expected))
        .values(state=state)
    )
    if moved.rowcount != 1:
        return None
    return session.get_one(IncomingMail, number, populate_existing=True)
