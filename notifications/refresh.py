"""Last look before sending: only what is still owed is reminded of, in today's words.

A message may have waited: for the office to open, for a channel that was down, for another try.
Meanwhile things are handed in, deadlines move, «còn 3 ngày» becomes «còn 1 ngày».
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from notifications.book import Book
from notifications.digests import DIGEST_EVENTS, digest_context, urgent_first
from notifications.messages import Draft, content_of
from notifications.outbox_rows import Claimed
from notifications.owed import Owed, owed_by_id, told
from notifications.people import Person
from plan.calendar import local_day
from plan.models import MessageObligation
from plan.states import STILL_OWED


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
    about = _about(session, [message.id for message in digests])
    rows = owed_by_id(session, (key for keys in about.values() for key in keys))
    versions = _versions(session, list(rows.values()), digests)
    for message in digests:
        written = message.content["versions"]
        mine = [rows[key] for key in about[message.id]]
        still = [row for row in mine if _still_owed(row, written, versions)]
        person = person_of(book, message)
        if not still:
            fresh.settled.append(message.id)
        elif person is None:
            fresh.unknown.append(message.id)
        elif len(still) < len(mine) or message.content["rendered_on"] != str(local_day(now)):
            rows_now = urgent_first(still)
            fresh.rewritten[message.id] = _rewritten(book, message, person, rows_now, now)
    return fresh


def _about(session: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    statement = select(
        col(MessageObligation.message_id), col(MessageObligation.obligation_id)
    ).where(col(MessageObligation.message_id).in_(ids))
    for message_id, obligation_id in session.connection().execute(statement):
        found[message_id].append(obligation_id)
    return found


def _versions(session: Session, rows: Sequence[Owed], digests: Sequence[Claimed]) -> dict[int, int]:
    """The deadline people were last told of, for obligations whose deadline changed meanwhile."""
    written = {pair for message in digests for pair in message.content["versions"].items()}
    current = {(str(row.id), row.deadline_version) for row in rows}
    moved = {key for key, _ in written - current}
    changed = [row for row in rows if str(row.id) in moved]
    return {key: known.version for key, known in told(session, changed).items()}


def _still_owed(row: Owed, written: dict[str, int], versions: dict[int, int]) -> bool:
    """A rung of a deadline that has been replaced is spent: the new one has rungs of its own."""
    version = versions.get(row.id, row.deadline_version)
    return row.state in STILL_OWED and version <= written[str(row.id)]


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
        dedupe_key="",
        thread=[row.milestone for row in rows],
    )
    return content_of(book, draft, message.reference, now)


def person_of(book: Book, message: Claimed) -> Person | None:
    """Whose message it is now: by the address, since rows of contacts come and go with imports.

    None when nobody has that address any more, or it was found dead meanwhile.
    """
    return book.directory.by_address(message.channel, message.address)
