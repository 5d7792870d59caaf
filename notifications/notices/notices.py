"""Messages about facts (thanks, a return, a decision, an alarm): one fact in its own words, several at
once for one person in one message that lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from notifications.messages.views import Context, news_view
from notifications.obligations import DueObligation
from notifications.outbox import enqueue
from notifications.outbox.drafts import MessageDraft, dated, row_of, threads
from notifications.plan_context import PlanContext
from notifications.recipients import Person
from notifications.reminders.digests import person_view, row_view
from plan.definition.model import Audience

Heard = Sequence[tuple[Person, Sequence[str]]]
Facts = Mapping[str, Any]
NEWS = "news"
"""The event of a message that tells several facts."""


@dataclass(frozen=True)
class Notice:
    """One fact and who hears of it."""

    event: str
    facts: Facts
    key: str
    """What it is about: told once, whoever asks again."""
    agency_id: int
    """The agency its hearers sit in."""
    heard: Heard
    """Persons, each with the channels that carry it, the main one first."""
    row: DueObligation | None = None

    @property
    def rows(self) -> list[DueObligation]:
        return [self.row] if self.row else []

    def kept(self) -> dict[str, Any]:
        """What goes along with the message, as JSON, so that it can be written anew."""
        return {
            "event": self.event,
            "facts": dict(self.facts),
            "key": self.key,
            "agency": self.agency_id,
            "row": self.row.id if self.row else None,
        }


def notice_from(kept: Mapping[str, Any], rows: Mapping[int, DueObligation]) -> Notice:
    """The fact again, about the obligation as it stands now. Its hearers are known by then."""
    row = rows[kept["row"]] if kept["row"] is not None else None
    return Notice(kept["event"], kept["facts"], kept["key"], kept["agency"], (), row)


@dataclass(frozen=True)
class AddressedNotice:
    """A notice as one person hears it on one channel."""

    notice: Notice
    person: Person
    channel: str
    copy: bool


def about_obligation(
    book: PlanContext,
    event: str,
    row: DueObligation,
    facts: Facts,
    key: str,
    audience: Audience = Audience.contact,
) -> Notice:
    """For those who hear for the obligation's agency, or for another audience."""
    heard = book.directory.recipients_of(
        row.agency_id,
        audience,
        book.ladder(row),
        deliverable=row.deliverable,
        confidential=row.confidential,
    )
    seat_of = row.agency_id if audience is Audience.contact else book.coordinator_id
    return Notice(event, facts, key, seat_of, heard, row)


def for_coordinator(
    book: PlanContext, event: str, facts: Facts, key: str, avoid: Collection[str] = ()
) -> Notice:
    """For the coordinating office. `avoid`: channels that are down; whoever has another hears there,
    whoever has none is told once one of them works."""
    office, ladder = book.coordinator_id, book.default_ladder
    found = book.directory.recipients_of(office, Audience.coordinator, ladder)
    heard = [
        (person, _around(channels, book.directory.usable(person, ladder), avoid))
        for person, channels in found
    ]
    return Notice(event, facts, key, office, [pair for pair in heard if pair[1]])


def _around(
    channels: Sequence[str], usable: Sequence[str], avoid: Collection[str]
) -> Sequence[str]:
    """The channels but those to avoid; else the first other one that reaches the person."""
    kept = [name for name in channels if name not in avoid]
    return kept or [name for name in usable if name not in avoid][:1]


def to_coordinator(
    session: Session, book: PlanContext, event: str, facts: Facts, key: str, now: datetime
) -> list[int]:
    """Tells the coordinating office one fact. Gives message ids."""
    return queue(session, book, [for_coordinator(book, event, facts, key)], now)


def queue(session: Session, book: PlanContext, found: Iterable[Notice], now: datetime) -> list[int]:
    """Queues them, one message a person and channel. Gives message ids."""
    send_at = book.office.next_opening(now)
    drafts = {draft.dedupe_key: draft for draft in _drafts(book, found, now)}
    values = [row_of(book, draft, now, send_at) for draft in drafts.values()]
    added = enqueue.add_messages(session, values)
    enqueue.add_obligations(
        session, [(number, row.id) for key, number in added.items() for row in drafts[key].rows]
    )
    return sorted(added.values())


def _drafts(book: PlanContext, found: Iterable[Notice], now: datetime) -> list[MessageDraft]:
    grouped: dict[tuple[str, str], list[AddressedNotice]] = defaultdict(list)
    for notice in found:
        for person, channels in notice.heard:
            for number, channel in enumerate(channels):
                grouped[person.key, channel].append(
                    AddressedNotice(notice, person, channel, number > 0)
                )
    return [draft_of(book, parts, now) for parts in grouped.values()]


def draft_of(book: PlanContext, parts: Sequence[AddressedNotice], now: datetime) -> MessageDraft:
    """One person's parts on one channel, written out as things stand at `now`. Carried as a message
    of its own if any of it is no copy."""
    first = parts[0]
    rows = {row.id: row for part in parts for row in part.notice.rows}
    contexts = [_context(book, part, now) for part in parts]
    return MessageDraft(
        person=first.person,
        agency_id=first.notice.agency_id,
        channel=first.channel,
        copy=all(part.copy for part in parts),
        context=contexts[0] if len(parts) == 1 else _news(book, parts, contexts, now),
        rows=list(rows.values()),
        dedupe_key=f"{_key(book, parts)}:{first.person.key}:{first.channel}",
        thread=threads(rows.values()),
        dated=[
            one
            for part in parts
            for one in dated({book.plan_id: book}, part.notice.event, part.notice.rows)
        ],
        notices=[part.notice.kept() for part in parts],
    )


def _key(book: PlanContext, parts: Sequence[AddressedNotice]) -> str:
    keys = [part.notice.key for part in parts]
    return keys[0] if len(keys) == 1 else f"{NEWS}:{book.desk.linker.digest('|'.join(keys))}"


def _context(book: PlanContext, part: AddressedNotice, now: datetime) -> Context:
    notice, row = part.notice, part.notice.row
    about = {"row": row_view(book, row, part.person, now)} if row else {}
    return Context(
        event=notice.event,
        plan=book.plan_view,
        office=book.office_view,
        person=person_view(book, part.person, notice.agency_id),
        url=book.link(part.person, notice.agency_id, row.name if row else "", now),
        facts=about | dict(notice.facts),
        clock=book.clock_words(now),
    )


def _news(
    book: PlanContext, parts: Sequence[AddressedNotice], contexts: Sequence[Context], now: datetime
) -> Context:
    """Several facts at once, the ones that ask for something first."""
    first = parts[0]
    items = [book.desk.templates.item(context) for context in contexts]
    return Context(
        event=NEWS,
        plan=book.plan_view,
        office=book.office_view,
        person=contexts[0].person,
        url=book.link(first.person, first.notice.agency_id, "", now),
        news=news_view(items),
        clock=book.clock_words(now),
    )
