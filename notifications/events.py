"""What happened in the ledger, told to whom it concerns: once an event, whoever asks.

Each event has a delivery row for the consumer «notify». Marking it done and queueing its messages is
one transaction, so an event is told exactly once into the outbox, also when two processes read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from notifications.book import Book, Desk, open_book
from notifications.notices import about_obligation, to_coordinator
from notifications.owed import Owed, owed_by_id
from plan.calendar import LOCAL
from plan.database import reading, writing
from plan.deadlines import standing
from plan.definition import Audience
from plan.models import (
    ConsolidationRun,
    Deadline,
    EventDelivery,
    Extension,
    Finding,
    Obligation,
    OutgoingEvent,
    Submission,
)
from plan.wording import date_words, left_words, moment_words

log = logging.getLogger(__name__)

CONSUMER = "notify"
MOST_ATTEMPTS = 10
MOST_FINDINGS = 10
"""More are counted and shown on the page."""


@dataclass
class EventsResult:
    told: int = 0
    """Events dealt with (some concern nobody)."""
    queued: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    """Events that could not be told; tried again, ten times at most."""


@dataclass(frozen=True)
class Happened:
    """An event with what its message is written from."""

    session: Session
    book: Book
    event: OutgoingEvent
    now: datetime

    @property
    def payload(self) -> dict[str, Any]:
        return self.event.payload

    @property
    def key(self) -> str:
        return f"event:{self.event.id}"

    def row(self) -> Owed:
        assert self.event.obligation_id is not None
        return owed_by_id(self.session, [self.event.obligation_id])[self.event.obligation_id]


def tell_events(engine: Engine, plan_id: str, now: datetime, desk: Desk) -> EventsResult:
    """Queues the messages of every event of a plan not told yet. Safe in several processes at once."""
    result = EventsResult()
    with reading(engine) as session:
        waiting = _waiting(session, plan_id)
    for event_id in waiting:
        try:
            with writing(engine) as session:
                _tell(session, event_id, now, desk, result)
        except Exception as error:  # one event that cannot be told must not silence the others
            log.error("event %s: %s", event_id, type(error).__name__)
            result.failed.append(event_id)
            _note_failure(engine, event_id, now)
    return result


def _waiting(session: Session, plan_id: str) -> list[int]:
    return list(
        session.exec(
            select(EventDelivery.event_id)
            .join(OutgoingEvent, col(OutgoingEvent.id) == EventDelivery.event_id)
            .where(
                EventDelivery.consumer == CONSUMER,
                col(EventDelivery.done_at).is_(None),
                OutgoingEvent.plan_id == plan_id,
            )
            .order_by(col(EventDelivery.event_id))
        )
    )


def _tell(session: Session, event_id: int, now: datetime, desk: Desk, result: EventsResult) -> None:
    if not _take(session, event_id, now):
        return
    event = session.get_one(OutgoingEvent, event_id)
    handler = HANDLERS.get(event.kind)
    if handler is not None:
        book = open_book(session, event.plan_id, now, desk)
        result.queued += handler(Happened(session, book, event, now))
    result.told += 1


def _take(session: Session, event_id: int, now: datetime) -> bool:
    """Marks the event as told, in the transaction that queues its messages; False: already told."""
    taken = session.connection().execute(
        update(EventDelivery)
        .where(
            col(EventDelivery.event_id) == event_id,
            col(EventDelivery.consumer) == CONSUMER,
            col(EventDelivery.done_at).is_(None),
        )
        .values(done_at=now)
    )
    return taken.rowcount == 1


def _note_failure(engine: Engine, event_id: int, now: datetime) -> None:
    with writing(engine) as session:
        row = session.get_one(EventDelivery, (event_id, CONSUMER))
        row.attempts += 1
        if row.attempts >= MOST_ATTEMPTS:
            row.done_at = now
        session.add(row)


# --- what each kind says -------------------------------------------------------------------------


def _accepted(it: Happened) -> list[int]:
    """A thank-you; the coordinating office does not thank itself."""
    row = it.row()
    if row.agency_id == it.book.coordinator_id:
        return []
    submission = _submission(it)
    facts = {
        "number": submission.number if submission else it.payload.get("number", 1),
        "received": moment_words(submission.received_at) if submission else "",
        "timeliness": _timeliness(it, row),
        "note": it.payload.get("note", ""),
    }
    return about_obligation(it.session, it.book, "accepted", row, facts, it.key, it.now)


def _timeliness(it: Happened, row: Owed) -> str:
    """«đúng hạn», «trễ 2 ngày làm việc»; nothing for what has no deadline of the plan."""
    obligation = it.session.get_one(Obligation, row.id)
    stands = standing(
        opens_at=row.opens_at,
        due_at=row.due_at,
        last_day=row.last_day,
        settled=True,
        decisive_at=obligation.decisive_at,
        now=it.now,
        calendar=it.book.calendar,
    )
    return left_words(stands)


def _returned(it: Happened) -> list[int]:
    submission = _submission(it)
    findings = _findings(it.session, submission)
    facts = {
        "number": it.payload.get("number", 1),
        "reason": it.payload.get("reason", ""),
        "findings": findings[:MOST_FINDINGS],
        "more": max(len(findings) - MOST_FINDINGS, 0),
    }
    return about_obligation(it.session, it.book, "returned", it.row(), facts, it.key, it.now)


def _submission(it: Happened) -> Submission | None:
    return it.session.exec(
        select(Submission).where(
            Submission.obligation_id == it.event.obligation_id,
            Submission.number == it.payload.get("number"),
        )
    ).first()


_SEVERITIES = {"error": 0, "warning": 1}


def _findings(session: Session, submission: Submission | None) -> list[dict[str, str]]:
    """What must be mended first. Notes are no reason to send anything back."""
    if submission is None:
        return []
    rows = session.exec(
        select(Finding).where(
            Finding.submission_id == submission.id, col(Finding.severity).in_(_SEVERITIES)
        )
    ).all()
    ordered = sorted(rows, key=lambda row: (_SEVERITIES[row.severity], row.id or 0))
    return [{"place": _place(row), "message": row.message} for row in ordered]


def _place(finding: Finding) -> str:
    cell = f"ô {finding.cell}" if finding.cell else ""
    return ", ".join(part for part in (finding.sheet or finding.file, cell) if part)


def _extension_decided(it: Happened) -> list[int]:
    request = it.session.get_one(Extension, it.payload["extension"])
    current, previous = _deadlines(it)
    facts = {
        "granted": bool(it.payload["granted"]),
        "note": it.payload.get("note", ""),
        "previous": previous,
        "document": _document(current) or request.document_number,
    }
    return about_obligation(it.session, it.book, "extension", it.row(), facts, it.key, it.now)


def _extension_asked(it: Happened) -> list[int]:
    request = it.session.get_one(Extension, it.payload["extension"])
    facts = {
        "until": date_words(request.until),
        "reason": request.reason,
        "document": request.document_number,
        "asked_by": request.asked_by,
    }
    return about_obligation(
        it.session,
        it.book,
        "extension-asked",
        it.row(),
        facts,
        it.key,
        it.now,
        audience=Audience.coordinator,
    )


def _deadline_changed(it: Happened) -> list[int]:
    current, previous = _deadlines(it)
    facts = {
        "previous": previous,
        "document": _document(current),
        "reason": it.payload.get("reason", ""),
    }
    return about_obligation(it.session, it.book, "deadline", it.row(), facts, it.key, it.now)


def _deadlines(it: Happened) -> tuple[Deadline | None, str]:
    """The newest version, and the last day of the one before, in words."""
    versions = it.session.exec(
        select(Deadline)
        .where(Deadline.obligation_id == it.event.obligation_id)
        .order_by(col(Deadline.version).desc())
        .limit(2)
    ).all()
    before: date | None = versions[1].last_day if len(versions) > 1 else None
    return (versions[0] if versions else None), date_words(before) if before else ""


def _document(deadline: Deadline | None) -> str:
    if deadline is None or not deadline.document_number:
        return ""
    on = f" ngày {deadline.document_on:%d/%m/%Y}" if deadline.document_on else ""
    return deadline.document_number + on


def _run_done(it: Happened) -> list[int]:
    run = it.session.get_one(ConsolidationRun, it.payload["run"])
    titles = {output.id: output.title for output in it.book.definition.outputs}
    coverage = run.coverage
    facts = {
        "title": titles.get(run.output, run.output),
        "number": run.number,
        "partial": run.partial,
        "have": coverage.get("have", 0),
        "owed": coverage.get("owed", 0),
        "missing": [_named(it, name) for name in coverage.get("missing", [])],
        "faults": len(run.findings),
        "finished": moment_words((run.finished_at or run.as_of).astimezone(LOCAL)),
    }
    return to_coordinator(it.session, it.book, "run", facts, it.key, it.now)


def _named(it: Happened, name: str) -> str:
    """`an-lao/district-report` as «UBND huyện An Lão: Báo cáo tổng kết»."""
    agency, _, rest = name.partition("/")
    deliverable = rest.partition("@")[0]
    codes = {code: key for key, code in it.book.codes.items()}
    titles = {part.id: part.short or part.title for part in it.book.definition.deliverables}
    if agency not in codes:
        return name
    return f"{it.book.names[codes[agency]].name}: {titles.get(deliverable, deliverable)}"


HANDLERS: dict[str, Callable[[Happened], list[int]]] = {
    "obligation.accepted": _accepted,
    "obligation.returned": _returned,
    "extension.asked": _extension_asked,
    "extension.decided": _extension_decided,
    "deadline.changed": _deadline_changed,
    "run.done": _run_done,
}
