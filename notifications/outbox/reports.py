"""What comes back after sending: mails returned, what Zalo reports. Duplicates are harmless."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from notifications.channels.base import SendError
from notifications.channels.mail.bounces import Bounce, read_bounces
from notifications.channels.mail.connection import FOR_A_WHILE
from notifications.channels.zalo.receipts import FollowerEvent
from notifications.outbox import fallback
from notifications.outbox.enqueue import UNSENT
from notifications.outbox.store import claimed_from
from notifications.plan_context import Messaging, load_plan_context
from notifications.silence import lift, silence
from plan.database import writing
from plan.directory.seats import person_of, say
from plan.errors import SettingsError
from plan.models import Attempt, Contact, Message, ZaloFollower
from plan.queries.reach import look_again
from plan.settings import Settings
from plan.text import normalise

log = logging.getLogger(__name__)


def fetch_bounces(engine: Engine, settings: Settings, desk: Messaging, now: datetime) -> int:
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


def note_bounce(engine: Engine, desk: Messaging, bounce: Bounce, now: datetime) -> bool:
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


def _returned(
    session: Session, row: Message, desk: Messaging, bounce: Bounce, now: datetime
) -> None:
    book = load_plan_context(session, row.plan_id, now, desk)
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


def mark_delivered(engine: Engine, provider_id: str, at: datetime, reference: str = "") -> bool:
    """A receipt says the message reached its phone (UTC). False: unknown, or known already.

    Known by Zalo's id, or by our own reference: the answer that held Zalo's id may have been lost.
    What was waiting to be sent once more is not, nor is what was to follow on another channel.
    """
    with writing(engine) as session:
        row = _received(session, provider_id, reference)
        if row is None:
            return False
        row.state, row.delivered_at, row.claimed_at = "delivered", at, None
        row.provider_id = row.provider_id or provider_id
        row.sent_at = row.sent_at or at
        session.add(row)
        session.connection().execute(
            update(Message)
            .where(col(Message.fallback_of) == row.id, col(Message.state).in_(UNSENT))
            .values(state="cancelled", code="arrived", words=f"Tin số {row.id} đã tới.")
        )
    return True


def _received(session: Session, provider_id: str, reference: str) -> Message | None:
    """The message the receipt is about, if that is news."""
    known = Message.state != "delivered"
    if provider_id:
        wanted = select(Message).where(Message.provider_id == provider_id, known)
        if row := session.exec(wanted).first():
            return row
    if not reference:
        return None
    zns = col(Message.channel).in_(("zalo_zns", "zalo_uid"))
    return session.exec(select(Message).where(Message.reference == reference, zns, known)).first()


def note_follower(engine: Engine, event: FollowerEvent) -> bool:
    """Keeps who follows the account; a contact of the phone shared gets the user id. Whoever follows
    or writes is reached there again. True: something was learnt.

    A phone that two contacts of different names share says nothing about who wrote.
    """
    with writing(engine) as session:
        row = session.get(ZaloFollower, event.user_id) or ZaloFollower(user_id=event.user_id)
        if event.kind == "unfollow":
            row.unfollowed_at = event.at
            silence(session, "zalo_oa", event.user_id, "unfollow", "Đã bỏ quan tâm OA.", event.at)
        else:
            row.followed_at = row.followed_at or event.at
            row.talked_at = event.at if event.kind in ("wrote", "shared") else row.talked_at
            row.unfollowed_at = None
            row.name, row.phone = event.name or row.name, event.phone or row.phone
            pairs = [(name, event.user_id) for name in ("zalo_oa", "zalo_uid")]
            lift(session, pairs, event.at)
        session.add(row)
        if event.phone:
            _give_user_id(session, event)
    return True


def _give_user_id(session: Session, event: FollowerEvent) -> None:
    digits = _digits(event.phone)
    rows = [
        contact
        for contact in session.exec(select(Contact).where(Contact.phone != ""))
        if _digits(contact.phone) == digits
    ]
    if len(digits) < 9 or len({normalise(contact.name) for contact in rows}) != 1:
        return
    for contact in rows:
        if not contact.zalo_user_id:
            said = {"zalo_user_id": event.user_id}
            say(session, person_of(session, contact), said, by="zalo", now=event.at)
    look_again(session, [contact.agency_id for contact in rows], event.at)


def _digits(phone: str) -> str:
    return "".join(c for c in phone if c.isdigit())[-9:]
