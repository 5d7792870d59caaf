"""What comes back after sending: mails returned, ZNS receipts. Duplicates are harmless."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from notifications import fallback
from notifications.book import Desk, open_book
from notifications.channels.base import SendError
from notifications.channels.bounce_box import read_bounces
from notifications.channels.bounces import Bounce
from notifications.channels.mail_replies import FOR_A_WHILE
from notifications.outbox_rows import claimed_from
from plan.database import writing
from plan.errors import SettingsError
from plan.models import Attempt, Message
from plan.settings import Settings

log = logging.getLogger(__name__)


def fetch_bounces(engine: Engine, settings: Settings, desk: Desk, now: datetime) -> int:
    """Reads the mailbox of returned mail, if one is set up. Gives how many concerned our messages.

    A mailbox that cannot be read is no reason not to remind: it is tried next time, and `dondoc channels
    test` says what is wrong with it.
    """
    url = settings.imap_url.get_secret_value()
    if not url:
        return 0
    counted: list[bool] = []
    try:
        read_bounces(
            url,
            settings.mail_timeout,
            lambda bounce: counted.append(note_bounce(engine, desk, bounce, now)),
        )
    except (SendError, SettingsError) as error:
        log.warning("mailbox of bounces: %s", error)
    return sum(counted)


def note_bounce(engine: Engine, desk: Desk, bounce: Bounce, now: datetime) -> bool:
    """Marks the address and tries the person's next channel. False: none of our mails, or no end.

    The message is known by its Message-ID; the notification may name an alias' target instead of
    the address we wrote to.
    """
    if not bounce.failed:
        return False
    reference = bounce.message_id.strip("<>").partition("@")[0]
    with writing(engine) as session:
        row = session.exec(
            select(Message).where(Message.reference == reference, Message.state == "sent")
        ).first()
        if row is None:
            return False
        _returned(session, row, desk, bounce, now)
    return True


def _returned(session: Session, row: Message, desk: Desk, bounce: Bounce, now: datetime) -> None:
    book = open_book(session, row.plan_id, now, desk)
    message = claimed_from(row)
    error = SendError(
        bounce.status,
        "Thư bị trả lại.",
        permanent=True,
        address_dead=bounce.dead,
        silent_for=None if bounce.dead else FOR_A_WHILE,
    )
    _, words = fallback.refuse(session, book, message, error, now)
    row.state, row.code, row.words = "refused", bounce.status, words
    session.add(row)
    session.add(
        Attempt(message_id=message.id, at=now, outcome="permanent", code=bounce.status, words=words)
    )


def mark_delivered(engine: Engine, provider_id: str, at: datetime) -> bool:
    """A receipt says the message reached its phone (UTC). False: unknown, or known already."""
    statement = (
        update(Message)
        .where(
            col(Message.provider_id) == provider_id,
            col(Message.provider_id) != "",
            col(Message.state) == "sent",
        )
        .values(state="delivered", delivered_at=at)
    )
    with writing(engine) as session:
        return session.connection().execute(statement).rowcount > 0
