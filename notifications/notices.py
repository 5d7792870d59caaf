"""Messages about one fact (thanks, a return, a decision, an alarm): written and queued."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from notifications import queueing
from notifications.book import Book
from notifications.digests import person_view, row_view
from notifications.messages import Draft, row_of
from notifications.owed import Owed
from notifications.people import Person
from notifications.views import Context
from plan.definition import Audience

Heard = Iterable[tuple[Person, Sequence[str]]]
Facts = Mapping[str, Any]


def about_obligation(
    session: Session,
    book: Book,
    event: str,
    row: Owed,
    facts: Facts,
    key: str,
    now: datetime,
    audience: Audience = Audience.contact,
) -> list[int]:
    """Tells those who hear for the obligation's agency (or another audience). Gives message ids.

    `key` says what it is about: told once, whoever asks again.
    """
    heard = book.directory.hearers(
        row.agency_id, audience, book.ladder(row), confidential=row.confidential
    )
    seat_of = row.agency_id if audience is Audience.contact else book.coordinator_id

    def written(person: Person) -> Context:
        return _context(
            book,
            event,
            person,
            seat_of,
            row.name,
            {"row": row_view(book, row, person, now), **facts},
            now,
        )

    return _queue(session, book, heard, seat_of, written, [row], key, now)


def to_coordinator(
    session: Session,
    book: Book,
    event: str,
    facts: Facts,
    key: str,
    now: datetime,
    *,
    avoid: str = "",
) -> list[int]:
    """Tells the coordinating office. `avoid`: a channel that is down and cannot carry the news."""
    office = book.coordinator_id
    found = book.directory.hearers(office, Audience.coordinator, book.default_ladder)
    heard = [(person, kept) for person, channels in found if (kept := without(channels, avoid))]

    def written(person: Person) -> Context:
        return _context(book, event, person, office, "", facts, now)

    return _queue(session, book, heard, office, written, [], key, now)


def without(channels: Sequence[str], avoid: str) -> list[str]:
    return [channel for channel in channels if channel != avoid]


def _context(
    book: Book,
    event: str,
    person: Person,
    agency_id: int,
    target: str,
    facts: Facts,
    now: datetime,
) -> Context:
    return Context(
        event=event,
        plan=book.plan_view,
        office=book.office_view,
        person=person_view(book, person, agency_id),
        url=book.link(person, agency_id, target, now),
        facts=facts,
        clock=book.clock_words(now),
    )


def _queue(
    session: Session,
    book: Book,
    heard: Heard,
    agency_id: int,
    written: Callable[[Person], Context],
    rows: Sequence[Owed],
    key: str,
    now: datetime,
) -> list[int]:
    send_at = book.office.next_opening(now)
    values = []
    for person, channels in heard:
        context = written(person)
        for number, channel in enumerate(channels):
            draft = Draft(
                person=person,
                agency_id=agency_id,
                channel=channel,
                copy=number > 0,
                context=context,
                rows=rows,
                dedupe_key=f"{key}:{person.key}:{channel}",
                thread=[row.milestone for row in rows],
            )
            values.append(row_of(book, draft, now, send_at))
    ids = sorted(queueing.add_messages(session, values).values())
    queueing.add_obligations(session, [(number, row.id) for number in ids for row in rows])
    return ids
