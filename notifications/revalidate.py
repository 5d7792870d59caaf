"""Last look before sending: only what is still owed is reminded of, in today's words.

A message may have waited: for the office to open, for a channel that was down, for another try.
Meanwhile things are handed in, deadlines move, «còn 3 ngày» becomes «còn 1 ngày». What has grown stale
is written anew under its own id, if that id surely reached nobody; if it may have, the id keeps its
words and a new message, with an id of its own, says what is true now.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from notifications.notices.notices import AddressedNotice, draft_of, notice_from
from notifications.obligations import DueObligation, owed_by_id, still_due
from notifications.outbox.drafts import (
    DIGEST_EVENTS,
    MessageDraft,
    OpenBooks,
    Revalidated,
    dated,
    seen,
    threads,
)
from notifications.outbox.store import ClaimedMessage
from notifications.plan_context import PlanContext, PlanContexts
from notifications.recipients import Person
from notifications.reminded import Days, days_reminded
from notifications.reminders.digests import ESCALATIONS, digest_context, urgent_first
from plan.calendar import local_day
from plan.states import PlanState

log = logging.getLogger(__name__)


def revalidate(
    session: Session, opened: OpenBooks, messages: Sequence[ClaimedMessage], now: datetime
) -> Revalidated:
    """Looks at a batch of messages; `opened` gives the plans they speak of. Two queries for the whole
    batch, more only for what changed."""
    fresh = Revalidated()
    written: list[dict[str, int]] = [message.content["versions"] for message in messages]
    rows = owed_by_id(session, (int(key) for said in written for key in said))
    plans = {message.plan_id for message in messages} | {row.plan_id for row in rows.values()}
    books = opened(session, plans)
    digests = [message for message in messages if message.event in DIGEST_EVENTS]
    said = [message.content["versions"] for message in digests]
    still_by_message = still_due(session, list(rows.values()), said)
    for message, still in zip(digests, still_by_message, strict=True):
        # Of a plan paused meanwhile nothing is told: the start that follows tells anew.
        told = [row for row in still if books[row.plan_id].state is PlanState.running]
        _look_at_digest(session, fresh, books, message, told, now)
    for message in messages:
        if message.content.get("notices"):
            _look_at_notices(fresh, books[message.plan_id], message, rows, now)
    return fresh


def _look_at_digest(
    session: Session,
    fresh: Revalidated,
    books: PlanContexts,
    message: ClaimedMessage,
    still: Sequence[DueObligation],
    now: datetime,
) -> None:
    book = books[message.plan_id]
    person = person_of(book, message)
    if not still:
        fresh.nothing_owed.append(message.id)
    elif person is None:
        fresh.unknown.append(message.id)
    elif len(still) < len(message.content["versions"]) or _stale(message, still, now):
        rising = message.event in ESCALATIONS
        record = days_reminded(session, [row.id for row in still], now) if rising else {}
        draft = _digest_draft(books, message, person, still, now, record)
        fresh.note(book, message, draft, now)


def _look_at_notices(
    fresh: Revalidated,
    book: PlanContext,
    message: ClaimedMessage,
    rows: Mapping[int, DueObligation],
    now: datetime,
) -> None:
    """Facts stay facts, and are told however late; their «còn 3 ngày» does not stay true.

    One whose address nobody has any more goes to whoever it concerned when it happened.
    """
    person = person_of(book, message)
    about = [rows[int(key)] for key in message.content["versions"]]
    if person is None or not _stale(message, about, now):
        return
    try:
        fresh.note(book, message, _notice_draft(book, message, person, rows, now), now)
    except Exception as error:  # a template changed meanwhile: old words are better than none
        log.error("message %s: not written anew, %s", message.id, type(error).__name__)


def _stale(message: ClaimedMessage, rows: Iterable[DueObligation], now: datetime) -> bool:
    """Written on another day, before a deadline at an hour has passed, or of what has changed since."""
    content = message.content
    if "dated_at" not in content:  # queued by an earlier version of this program
        return True
    written_at = datetime.fromisoformat(content["dated_at"])
    if local_day(written_at) != local_day(now):
        return True
    listed = list(rows)
    turns = [at for row in listed for at in (row.opens_at, row.due_at) if at is not None]
    marks = seen(listed)
    return any(written_at < at <= now for at in turns) or any(
        content["seen"].get(key) != mark for key, mark in marks.items()
    )


def _digest_draft(
    books: PlanContexts,
    message: ClaimedMessage,
    person: Person,
    still: Sequence[DueObligation],
    now: datetime,
    record: Days,
) -> MessageDraft:
    rows = urgent_first(still)
    return MessageDraft(
        person=person,
        agency_id=rows[0].agency_id,
        channel=message.channel,
        copy=message.content["copy"],
        context=digest_context(books, person, message.event, rows, now, record),
        rows=rows,
        dated=dated(books, message.event, rows),
        dedupe_key="",
        thread=threads(rows),
    )


def _notice_draft(
    book: PlanContext,
    message: ClaimedMessage,
    person: Person,
    rows: Mapping[int, DueObligation],
    now: datetime,
) -> MessageDraft:
    copy = message.content["copy"]
    kept = [notice_from(data, rows) for data in message.content["notices"]]
    parts = [AddressedNotice(notice, person, message.channel, copy) for notice in kept]
    return draft_of(book, parts, now)


def person_of(book: PlanContext, message: ClaimedMessage) -> Person | None:
    """Whose message it is now: by the address, since rows of contacts come and go with imports.

    None when nobody has that address any more, or it was found dead meanwhile.
    """
    return book.directory.by_address(message.channel, message.address)
