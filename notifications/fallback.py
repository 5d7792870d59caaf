"""A message refused for good on one channel goes to the person's next channel at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from notifications import queueing
from notifications.book import Book
from notifications.channels.base import SendError
from notifications.digests import DIGEST_EVENTS
from notifications.messages import new_reference
from notifications.outbox_rows import Claimed
from notifications.owed import Owed, owed_by_id
from notifications.people import Person
from notifications.refresh import Written
from notifications.silence import BRIEFLY, silence
from notifications.successors import values_after
from plan.database import is_postgresql
from plan.models import Message, MessageObligation, RungClaim
from plan.models.columns import UtcDateTime

HEARD = "Người nhận đã có bản trên kênh khác."
NOBODY = "Người nhận không còn kênh nào khác."


def refuse(
    session: Session,
    book: Book,
    message: Claimed,
    error: SendError,
    now: datetime,
    words: str = "",
) -> tuple[int | None, str]:
    """What follows when a message will not be taken, in the transaction at hand.

    The address is left alone for as long as the refusal says. With no channel left, the rungs are
    unclaimed: the tick finds who else of the agency can hear them, and until somebody has, they
    count as not told. `words`: over the error's own. Gives the new message's id, if there is one, and
    the words for the record.
    """
    number, said = fall_back(session, book, message, now)
    nobody = said == NOBODY
    if lasting := _silence_of(error, nobody=nobody):
        silence(session, message.channel, message.address, error.code, error.words, now, lasting[0])
    if nobody and message.event in DIGEST_EVENTS:
        queueing.unclaim(session, list(_chain(session, message)), now)
    return number, f"{words or error.words} {said}".strip()


def _silence_of(error: SendError, *, nobody: bool) -> tuple[timedelta | None] | None:
    """How long the address is left alone, (None,) for good; None: not at all. Somebody whom nothing
    else reaches is passed over briefly, so that others of the agency hear."""
    if error.address_dead and not error.for_now:
        return (error.silent_for,)
    lasting = error.silent_for or (BRIEFLY if nobody else None)
    return (lasting,) if lasting else None


def fall_back(
    session: Session, book: Book, message: Claimed, now: datetime
) -> tuple[int | None, str]:
    """Queues the message on the person's next channel, in the transaction at hand.

    Gives the new message's id (None: there is none) and a sentence for the record. A copy has no
    successor: the message it goes beside was carried by another channel.
    """
    if message.content["copy"]:
        return None, ""
    person = book.directory.by_address(message.channel, message.address)
    if person is None:  # the address was silenced or corrected meanwhile
        person = book.directory.by_key(message.recipient)
    if person is None:
        return None, NOBODY
    rows = _about(session, message.id)
    tried = set(_chain(session, message).values())
    for channel in _channels(book, person, rows):
        if channel in tried or (channel == "zalo_zns" and not message.content["params"]):
            continue  # tried, or set up only after the message was written
        if rows and not _claim(session, message.id, channel, now):
            return None, HEARD
        number = _queue(session, book, message, person, channel, now)
        queueing.add_obligations(session, [(number, row.id) for row in rows])
        _hand_over(session, message, channel, number, now)
        return number, f"Chuyển sang kênh {channel}, tin số {number}."
    return None, NOBODY


def _about(session: Session, message_id: int) -> list[Owed]:
    statement = select(col(MessageObligation.obligation_id)).where(
        col(MessageObligation.message_id) == message_id
    )
    return list(owed_by_id(session, session.connection().execute(statement).scalars()).values())


def _chain(session: Session, message: Claimed) -> dict[int, str]:
    """Message id → channel, of the messages this one is the last of."""
    chain, earlier = {message.id: message.channel}, message.fallback_of
    while earlier is not None:
        row = (
            session.connection()
            .execute(
                select(col(Message.channel), col(Message.fallback_of)).where(
                    col(Message.id) == earlier
                )
            )
            .one()
        )
        chain[earlier], earlier = row.channel, row.fallback_of
    return chain


def _channels(book: Book, person: Person, rows: Sequence[Owed]) -> list[str]:
    ladder = book.ladder(rows[0]) if rows else book.default_ladder
    secret = any(row.confidential for row in rows)
    return book.directory.usable(person, ladder, confidential=secret)


def _claim(session: Session, message_id: int, channel: str, now: datetime) -> bool:
    """Claims the message's rungs on the new channel; False when all were heard there already.

    A message without rungs (a thank-you) has nothing to claim.
    """
    rungs = session.connection().execute(
        select(col(RungClaim.id)).where(col(RungClaim.message_id) == message_id).limit(1)
    )
    if rungs.first() is None:
        return True
    names = ["obligation_id", "deadline_version", "rung", "recipient", "channel", "claimed_at"]
    source = select(
        col(RungClaim.obligation_id),
        col(RungClaim.deadline_version),
        col(RungClaim.rung),
        col(RungClaim.recipient),
        literal(channel),
        literal(now, UtcDateTime()),
    ).where(col(RungClaim.message_id) == message_id)
    dialect = postgresql if is_postgresql(session) else sqlite
    statement = dialect.insert(RungClaim).from_select(names, source).on_conflict_do_nothing()
    return session.connection().execute(statement).rowcount > 0


def _queue(
    session: Session, book: Book, message: Claimed, person: Person, channel: str, now: datetime
) -> int:
    key = f"fallback:{message.id}:{channel}"
    reference = new_reference(book, key, person.addresses[channel], now)
    content = dict(message.content)
    if "headers" in content:
        own = f"<{reference}@{book.desk.mail_domain}>"
        content["headers"] = content["headers"] | {"Message-ID": own}
    values = values_after(message, key, Written(content, reference), now)
    values |= {"channel": channel, "address": person.addresses[channel], "fallback_of": message.id}
    return queueing.add_messages(session, [values])[key]


def _hand_over(
    session: Session, message: Claimed, channel: str, number: int, now: datetime
) -> None:
    """The claims just made for the new channel belong to the new message."""
    mine = select(col(RungClaim.obligation_id)).where(col(RungClaim.message_id) == message.id)
    session.connection().execute(
        update(RungClaim)
        .where(
            col(RungClaim.message_id).is_(None),
            col(RungClaim.recipient) == message.recipient,
            col(RungClaim.channel) == channel,
            col(RungClaim.claimed_at) == now,
            col(RungClaim.obligation_id).in_(mine),
        )
        .values(message_id=number)
    )
