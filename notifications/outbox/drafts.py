"""From a context to a row of the outbox: rendered, with its headers and its calendar entry."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from notifications.channels.base import Attachment
from notifications.messages.calendar_feed import DeadlineEvent, calendar_bytes
from notifications.messages.views import Context
from notifications.obligations import DueObligation
from notifications.outbox.store import ClaimedMessage
from notifications.plan_context import PlanContext, PlanContexts
from notifications.recipients import Person
from plan.calendar import LOCAL
from plan.models import Message

WITH_PARAMS = ("zalo_uid", "zalo_zns")
"""Channels that carry an approved template, filled in."""
ICS_NAME = "thoi-han.ics"
ICS_MIME = "text/calendar; charset=utf-8; method=PUBLISH"
DIGEST_EVENTS = (
    "announcement",
    "backlog",
    "internal",
    "reminder",
    "situation",
    "overdue",
    "escalation-head",
    "escalation-leadership",
    "escalation-issuer",
)
"""In order of gravity: a message that merges several speaks as the last of them."""
_DATED_EVENTS = frozenset(
    {
        "announcement",
        "backlog",
        "reminder",
        "internal",
        "overdue",
        "escalation-head",
        "extension",
        "deadline",
        "amended",
        "urging",
    }
)


@dataclass(frozen=True)
class KeptAttachment:
    """A file of the store that goes along: many receivers, one copy of its bytes."""

    filename: str
    mime: str
    sha256: str


@dataclass(frozen=True)
class MessageDraft:
    """A message before it is a row."""

    person: Person
    agency_id: int
    """The agency the person hears for."""
    channel: str
    copy: bool
    context: Context
    rows: Sequence[DueObligation]
    dedupe_key: str
    thread: Iterable[tuple[str, str]] = ()
    """(plan, milestone) pairs whose messages to this person stand together in a mail program."""
    dated: Sequence[DeadlineEvent] = ()
    """The deadlines that go along for the reader's calendar."""
    notices: Sequence[dict[str, Any]] = ()
    """The facts it tells, as `Notice.kept` writes them: from these it can be written anew."""
    answers: Sequence[str] = ()
    """Message-IDs of the thread it answers in, the mail itself last."""
    files: Sequence[Attachment] = ()
    kept: Sequence[KeptAttachment] = ()
    """Files that are fetched from the store when the message leaves."""


def row_of(
    book: PlanContext, draft: MessageDraft, now: datetime, send_at: datetime
) -> dict[str, Any]:
    """The values of a `Message` row, queued for `send_at` (UTC)."""
    address = draft.person.addresses[draft.channel]
    reference = new_reference(book, draft.dedupe_key, address, now)
    seat = draft.person.seat_in(draft.agency_id)
    return {
        "plan_id": book.plan_id,
        "event": draft.context.event,
        "dedupe_key": draft.dedupe_key,
        "reference": reference,
        "contact_id": seat.contact_id,
        "recipient": draft.person.key,
        "recipient_name": seat.name,
        "channel": draft.channel,
        "address": address,
        "content": content_of(book, draft, reference, now, send_at),
        "state": "queued",
        "created_at": now,
        "next_attempt_at": send_at,
        **EMPTY,
    }


EMPTY: dict[str, Any] = {
    name: Message.model_fields[name].default
    for name in ("attempts", "provider_id", "code", "words", "maybe_twice")
}


def new_reference(book: PlanContext, dedupe_key: str, address: str, now: datetime) -> str:
    """A stable id of its own: in the Message-ID, and Zalo's tracking id (at most 48 characters).

    Keyed with the installation's secret, so that a rehearsal's mail and the real one never share a
    Message-ID: a mail program would drop the second.
    """
    return "dd-" + book.desk.linker.digest(f"{dedupe_key}|{address}|{now.isoformat()}")


def content_of(
    book: PlanContext,
    draft: MessageDraft,
    reference: str,
    now: datetime,
    dated_at: datetime | None = None,
) -> dict[str, Any]:
    """The message in every form, as JSON. A copy for Zalo carries no mail. Dated `now`, or when it
    is to be sent; with the date and the reference kept, its bytes are the same at every attempt."""
    params = not book.desk.available.isdisjoint(WITH_PARAMS)
    rendered = book.desk.templates.render(draft.context, params=params)
    content: dict[str, Any] = {
        "subject": rendered.subject,
        "short_text": rendered.short_text,
        "params": rendered.params,
        "copy": draft.copy,
        "dated_at": (dated_at or now).astimezone(UTC).isoformat(),
        "versions": {str(row.id): row.deadline_version for row in draft.rows},
        "seen": seen(draft.rows),
    }
    if draft.notices:
        content["notices"] = list(draft.notices)
    if not draft.copy or draft.channel == "email":
        content |= {
            "text": rendered.text,
            "html": rendered.html,
            "headers": headers(book, draft, reference, now),
            "attachments": _attachments(book, draft, now),
        }
    return content


def seen(rows: Iterable[DueObligation]) -> dict[str, str]:
    """What the words rest on: an obligation that was changed since has another mark."""
    return {str(row.id): f"{row.version}.{row.deadline_version}" for row in rows}


def headers(
    book: PlanContext, draft: MessageDraft, reference: str, now: datetime
) -> dict[str, str]:
    """Beyond what the mail channel writes itself. No List-Unsubscribe: it is an official duty."""
    domain = book.desk.mail_domain
    roots = [
        f"<t-{_short_hash(plan_id, draft.person.key, milestone)}@{domain}>"
        for plan_id, milestone in dict.fromkeys(draft.thread)
    ]
    found = {"Message-ID": f"<{reference}@{domain}>", "Auto-Submitted": "auto-generated"}
    found |= {"In-Reply-To": roots[0], "References": " ".join(roots)} if roots else {}
    if draft.answers:  # RFC 3834, 3.1: in the thread, and never to be answered by a machine
        thread = {"In-Reply-To": draft.answers[-1], "References": " ".join(draft.answers)}
        found |= {**thread, "Auto-Submitted": "auto-replied"}
    reply_to = book.desk.reply_to or book.office_view.email
    found |= {"Reply-To": reply_to} if reply_to else {}
    found |= {"X-Dondoc-Clock": now.astimezone(LOCAL).isoformat()} if book.desk.virtual else {}
    return found


def _short_hash(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:24]


def threads(rows: Iterable[DueObligation]) -> list[tuple[str, str]]:
    """Where a message about these obligations stands in a mail program."""
    return [(row.plan_id, row.milestone) for row in rows]


def dated(books: PlanContexts, event: str, rows: Iterable[DueObligation]) -> list[DeadlineEvent]:
    """Of a message's obligations, the deadlines it announces or reminds of; those who only watch over
    others get no calendar."""
    if event not in _DATED_EVENTS:
        return []
    return [_deadline(books[row.plan_id], row) for row in rows if row.last_day is not None]


def _attachments(book: PlanContext, draft: MessageDraft, now: datetime) -> list[dict[str, str]]:
    """Its files; the deadlines, for the reader's calendar."""
    made = [_attached(one.filename, one.mime, one.data) for one in draft.files]
    made += [{"filename": k.filename, "mime": k.mime, "sha256": k.sha256} for k in draft.kept]
    if not draft.dated:
        return made
    data = calendar_bytes(draft.dated, now, book.desk.mail_domain)
    return [*made, _attached(ICS_NAME, ICS_MIME, data)]


def _attached(filename: str, mime: str, data: bytes) -> dict[str, str]:
    return {"filename": filename, "mime": mime, "data": base64.b64encode(data).decode()}


def _deadline(book: PlanContext, row: DueObligation) -> DeadlineEvent:
    assert row.last_day is not None
    return DeadlineEvent(
        plan=book.plan_id,
        obligation=row.name,
        title=f"{row.title} ({book.names[row.agency_id].short})",
        last_day=row.last_day,
        version=row.deadline_version,
        note=f"{book.plan_view.number}. {book.office_view.call}",
    )


@dataclass(frozen=True)
class Written:
    """New words, and the id they go out under."""

    content: dict[str, Any]
    reference: str


def successor_key(message_id: int) -> str:
    """A message has one successor at most, whoever asks."""
    return f"again:{message_id}"


OpenBooks = Callable[[Session, Collection[str]], PlanContexts]
"""Gives at least the plans asked for."""


@dataclass
class Revalidated:
    """What is to be done with a batch before it is sent. By message id."""

    rewritten: dict[int, Written] = field(default_factory=dict)
    """New content under the message's own id."""
    replaced: dict[int, Written] = field(default_factory=dict)
    """What follows a message that may have arrived with words that are stale now."""
    nothing_owed: list[int] = field(default_factory=list)
    """Nothing in them is owed any more."""
    unknown: list[int] = field(default_factory=list)
    """Nobody in the address book has that address any more: the tick must look again."""

    def note(
        self, book: PlanContext, message: ClaimedMessage, draft: MessageDraft, now: datetime
    ) -> None:
        """The draft takes the message's place, or follows it."""
        into, reference = self.rewritten, message.reference
        if message.maybe_twice:
            into = self.replaced
            reference = new_reference(book, successor_key(message.id), message.address, now)
        into[message.id] = Written(content_of(book, draft, reference, now), reference)
