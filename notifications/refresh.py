"""Last look before sending: only what is still owed is reminded of, in today's words.

A message may have waited: for the office to open, for a channel that was down, for another try.
Meanwhile things are handed in, deadlines move, «còn 3 ngày» becomes «còn 1 ngày».
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from notifications.book import Book
from notifications.digests import DIGEST_EVENTS, digest_context, urgent_first
from notifications.messages import Draft, content_of, dated
from notifications.outbox_rows import Claimed
from notifications.owed import Owed, owed_by_id, still_told
from notifications.people import Person
from plan.calendar import local_day


@dataclass
class Fresh:
    """What is to be done with a batch before it is sent."""

    rewritten: dict[int, dict[str, Any]] = field(default_factory=dict)
    """New content by message id."""
    settled: list[int] = field(default_factory=list)
    """Nothing in them is owed any more."""
    unknown: list[int] = field(default_factory=list)
    """Nobody in the address book has that address any more: the tick must look again."""


def freshened(session: Session, book: Book, messages: Sequence[Claimed], now: datetime) -> Fresh:
    """Looks at the reminders of one plan among `messages`; others are left as they are.

    Two queries for the whole batch, more only for what changed.
    """
    fresh = Fresh()
    digests = [message for message in messages if message.event in DIGEST_EVENTS]
    written: list[dict[str, int]] = [message.content["versions"] for message in digests]
    rows = owed_by_id(session, (int(key) for said in written for key in said))
    still_by_message = still_told(session, list(rows.values()), written)
    for message, said, still in zip(digests, written, still_by_message, strict=True):
        person = person_of(book, message)
        if not still:
            fresh.settled.append(message.id)
        elif person is None:
            fresh.unknown.append(message.id)
        elif len(still) < len(said) or message.content["rendered_on"] != str(local_day(now)):
            rows_now = urgent_first(still)
            fresh.rewritten[message.id] = _rewritten(book, message, person, rows_now, now)
    return fresh


def _rewritten(
    book: Book, message: Claimed, person: Person, rows: Sequence[Owed], now: datetime
) -> dict[str, Any]:
    draft = Draft(
        person=person,
        agency_id=rows[0].agency_id,
        channel=message.channel,
        copy=message.content["copy"],
        context=digest_context(book, person, message.event, rows, now),
        rows=rows,
        dated=dated(message.event, rows),
        dedupe_key="",
        thread=[row.milestone for row in rows],
    )
    return content_of(book, draft, message.reference, now)


def person_of(book: Book, message: Claimed) -> Person | None:
    """Whose message it is now: by the address, since rows of contacts come and go with imports.

    None when nobody has that address any more, or it was found dead meanwhile.
    """
    return book.directory.by_address(message.channel, message.address)
