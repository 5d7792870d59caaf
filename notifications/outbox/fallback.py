"""A message refused for good on one channel goes to the person's next channel at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, literal, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from notifications.channels.base import SendError
from notifications.obligations import DueObligation, owed_by_id
from notifications.outbox import enqueue
from notifications.outbox.drafts import DIGEST_EVENTS, EMPTY, Written, new_reference, successor_key
from notifications.outbox.store import DONE, ClaimedMessage, still_ours
from notifications.plan_context import PlanContext
from notifications.recipients import Person
from notifications.resending import event_ids
from notifications.silence import BRIEFLY, silence
from plan.database import insert_if_absent
from plan.models import Message, MessageObligation, RungClaim
from plan.models.columns import UtcDateTime
from plan.queries import reach

HEARD = "Người nhận đã có bản trên kênh khác."
NOBODY = "Người nhận không còn kênh nào khác."


def refuse(
    session: Session,
    book: PlanContext,
    message: ClaimedMessage,
    error: SendError,
    now: datetime,
    words: str = "",
) -> tuple[int | None, str]:
    """What follows when a message will not be taken, in the transaction at hand.

    The address is left alone for as long as the refusal says. With no channel left, the rungs are
    unclaimed: the tick finds who else of the agency can hear them, and until somebody has, they
    count as not told; events that this message alone told of wait for an address. `words`: over the
    error's own. Gives the new message's id, if there is one, and the words for the record.
    """
    number, said = fall_back(session, book, message, now)
    nobody = said == NOBODY
    if lasting := _silence_of(error, nobody=nobody):
        silence(session, message.channel, message.address, error.code, error.words, now, lasting[0])
    if nobody and message.event in DIGEST_EVENTS:
        enqueue.unclaim(session, list(_chain(session, message)), now)
    elif nobody and (events := _told_by_none_else(session, message)):
        reach.wait_for_address(session, events)
        enqueue.spend(session, _chain(session, message))
    return number, f"{words or error.words} {said}".strip()


def _told_by_none_else(session: Session, message: ClaimedMessage) -> set[int]:
    """The events this message told of, an obligation's, that no message of another person tells."""
    about = select(col(MessageObligation.obligation_id)).where(
        col(MessageObligation.message_id) == message.id
    )
    others = (
        select(Message)
        .join(MessageObligation, col(MessageObligation.message_id) == col(Message.id))
        .where(
            col(MessageObligation.obligation_id).in_(about),
            col(Message.id).not_in(_chain(session, message)),
            col(Message.state).not_in(("refused", "cancelled")),
        )
    )
    told = {key for row in session.execute(others).scalars() for key in event_ids(row.content)}
    if session.connection().execute(about.limit(1)).first() is None:
        return set()
    return set(event_ids(message.content)) - told


def _silence_of(error: SendError, *, nobody: bool) -> tuple[timedelta | None] | None:
    """How long the address is left alone, (None,) for good; None: not at all. Somebody whom nothing
    else reaches is passed over briefly, so that others of the agency hear."""
    if error.address_dead and not error.for_now:
        return (error.silent_for,)
    lasting = error.silent_for or (BRIEFLY if nobody else None)
    return (lasting,) if lasting else None


def fall_back(
    session: Session, book: PlanContext, message: ClaimedMessage, now: datetime
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
    tried = _refused(session, message) | {message.channel}
    for channel in _channels(book, person, rows):
        if channel in tried:
            continue
        if _has_copy(session, message, channel):
            return None, HEARD
        if rows and not _claim(session, message.id, channel, now):
            if _carried(session, message.id, channel):
                return None, HEARD
            continue  # what went there would not be taken either
        number = _queue(session, book, message, person, channel, now)
        enqueue.add_obligations(session, [(number, row.id) for row in rows])
        _hand_over(session, message, channel, number, now)
        return number, f"Chuyển sang kênh {channel}, tin số {number}."
    return None, NOBODY


def move(
    session: Session,
    book: PlanContext,
    message: ClaimedMessage,
    open_to: Collection[str],
    now: datetime,
) -> tuple[int | None, str]:
    """Queues the message on the first of the person's channels that is among `open_to`, in the
    transaction at hand. What it told of is heard there: the claims go along.

    A channel that refused it for good is not tried again; one it was moved away from may be. Gives
    the new message's id (None: nothing was done) and the channel.
    """
    person = book.directory.by_address(message.channel, message.address)
    person = person or book.directory.by_key(message.recipient)
    if person is None:
        return None, ""
    rows = _about(session, message.id)
    refused = _refused(session, message)
    for channel in _channels(book, person, rows):
        if channel == message.channel or channel in refused or channel not in open_to:
            continue
        if _has_copy(session, message, channel):
            return None, ""
        number = _queue(session, book, message, person, channel, now)
        if not _take_over(session, message.id, channel, number):
            enqueue.drop(session, number)
            continue
        enqueue.add_obligations(session, [(number, row.id) for row in rows])
        return number, channel
    return None, ""


def _refused(session: Session, message: ClaimedMessage) -> set[str]:
    """The channels that would not take an earlier message of this chain."""
    chain = _chain(session, message)
    states = session.connection().execute(
        select(col(Message.channel)).where(
            col(Message.id).in_(chain), col(Message.state) == "refused"
        )
    )
    return set(states.scalars())


def _has_copy(session: Session, message: ClaimedMessage, channel: str) -> bool:
    """Whether a notice (which claims no rung) was sent there as a copy: it has the same key."""
    key: str = (
        session.connection()
        .execute(select(col(Message.dedupe_key)).where(col(Message.id) == message.id))
        .scalar_one()
    )
    twin = select(col(Message.id)).where(
        col(Message.dedupe_key) == f"{key.removesuffix(message.channel)}{channel}",
        col(Message.state).in_(DONE),
    )
    return key.endswith(message.channel) and session.connection().execute(twin).first() is not None


def _take_over(session: Session, message_id: int, channel: str, number: int) -> bool:
    """The message's claims become the new one's. False when it had some, and each was heard on that
    channel already."""
    mine = col(RungClaim.message_id) == message_id
    held = select(col(RungClaim.id)).where(mine).limit(1)
    if session.connection().execute(held).first() is None:
        return True
    other = aliased(RungClaim)
    same = [
        getattr(other, name) == getattr(RungClaim, name)
        for name in ("obligation_id", "deadline_version", "rung", "recipient")
    ]
    there = select(1).where(*same, col(other.channel) == channel).correlate(RungClaim).exists()
    taken: CursorResult[Any] = session.connection().execute(
        update(RungClaim).where(mine, ~there).values(channel=channel, message_id=number)
    )
    return taken.rowcount > 0


def _about(session: Session, message_id: int) -> list[DueObligation]:
    statement = select(col(MessageObligation.obligation_id)).where(
        col(MessageObligation.message_id) == message_id
    )
    return list(owed_by_id(session, session.connection().execute(statement).scalars()).values())


def _chain(session: Session, message: ClaimedMessage) -> dict[int, str]:
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


def _channels(book: PlanContext, person: Person, rows: Sequence[DueObligation]) -> list[str]:
    own = [row for row in rows if row.plan_id == book.plan_id]
    ladder = book.ladder(own[0]) if own else book.default_ladder
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
    statement = insert_if_absent(session, RungClaim).from_select(names, source)
    return session.connection().execute(statement).rowcount > 0


def _queue(
    session: Session,
    book: PlanContext,
    message: ClaimedMessage,
    person: Person,
    channel: str,
    now: datetime,
) -> int:
    key = f"fallback:{message.id}:{channel}"
    reference = new_reference(book, key, person.addresses[channel], now)
    content = dict(message.content)
    if _lacks(content, channel):
        content.pop("dated_at", None)  # written anew before it is sent
    if "headers" in content:
        own = f"<{reference}@{book.desk.mail_domain}>"
        content["headers"] = content["headers"] | {"Message-ID": own}
    values = values_after(message, key, Written(content, reference), now)
    values |= {"channel": channel, "address": person.addresses[channel], "fallback_of": message.id}
    return enqueue.add_messages(session, [values])[key]


def in_place_of(message_id: int) -> ColumnElement[bool]:
    """The messages that took this one's place on another channel: a range of the index of keys."""
    key = f"fallback:{message_id}"
    return and_(col(Message.dedupe_key) >= f"{key}:", col(Message.dedupe_key) < f"{key};")


def _carried(session: Session, message_id: int, channel: str) -> bool:
    """Whether messages there (copies) tell what this one told: arrived, or under way; those under way
    are copies no longer, but carry it."""
    mine, other = aliased(RungClaim), aliased(RungClaim)
    same = [
        getattr(mine, name) == getattr(other, name)
        for name in ("obligation_id", "deadline_version", "rung", "recipient")
    ]
    rows = session.execute(
        select(Message)
        .join(other, col(other.message_id) == col(Message.id))
        .join(mine, and_(*same))
        .where(col(mine.message_id) == message_id, col(other.channel) == channel)
    ).scalars()
    live = [row for row in rows if row.state in (*DONE, *enqueue.UNSENT, "sending")]
    for row in live:
        if row.state not in DONE and row.content["copy"]:
            row.content = row.content | {"copy": False}
            session.add(row)
    return bool(live)


def _lacks(content: Mapping[str, Any], channel: str) -> bool:
    """Whether the message was written without what this channel carries."""
    part = {"email": "text", "zalo_zns": "params", "zalo_uid": "params"}.get(channel, "short_text")
    return not content.get(part)


def _hand_over(
    session: Session, message: ClaimedMessage, channel: str, number: int, now: datetime
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


# --- A message that follows another: on the person's next channel, or in words that are true now.


def values_after(
    message: ClaimedMessage, key: str, written: Written, now: datetime
) -> dict[str, Any]:
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
    session: Session, message: ClaimedMessage, written: Written, claimed_at: datetime, now: datetime
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
