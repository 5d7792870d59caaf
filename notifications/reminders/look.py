"""What a tick sees and decides: which rungs of what is due are unheard, who hears them, when to look next.

`decide` reads nothing; `look_at` reads what it decides on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from notifications.obligations import (
    DueObligation,
    ReminderHistory,
    due,
    owed_by_id,
    reminder_history,
    still_due,
)
from notifications.outbox import enqueue
from notifications.outbox.drafts import DIGEST_EVENTS
from notifications.outbox.enqueue import Reminder, Waiting
from notifications.plan_context import (
    Messaging,
    PlanContext,
    PlanContexts,
    load_plan_contexts,
)
from notifications.policy import FiredRung, Office, next_fire_at, passed_rungs
from notifications.reminded import days_reminded
from notifications.reminders.digests import (
    ESCALATIONS,
    Digest,
    event_of,
    group_reminders,
    reminders_of,
)
from plan.models import Message, Obligation
from plan.states import PlanState

AHEAD = timedelta(minutes=5)
"""Clocks of several machines differ; what lies further ahead was written by one that was wrong."""


@dataclass(frozen=True)
class Moved:
    """When an obligation is to be looked at next, if nobody changed it meanwhile."""

    row: DueObligation
    next_check_at: datetime | None


@dataclass(frozen=True)
class Hearing:
    """The people of one agency and all that may be told them: what the agencies they sit in owe, and what
    is owed under the plans that those agencies coordinate or issued."""

    people: frozenset[str]
    agencies: frozenset[int]
    plans: frozenset[str]

    @property
    def of_obligations(self) -> ColumnElement[bool]:
        return col(Obligation.agency_id).in_(self.agencies) | col(Obligation.plan_id).in_(
            self.plans
        )


def hearing_at(
    session: Session,
    plans: Collection[str],
    agency_id: int,
    now: datetime,
    desk: Messaging,
    offices: Mapping[str, Office],
) -> Hearing:
    """Who hears for this agency (row id) of one of these plans. Costs its people, not the plan's."""
    books = load_plan_contexts(session, sorted(plans), now, desk, {agency_id}, offices)
    directories = {plan_id: book.directory for plan_id, book in books.items()}
    people = {person.key for one in directories.values() for person in one.of(agency_id)}
    known = [
        person for one in directories.values() for key in people if (person := one.by_key(key))
    ]
    seats = {seat.agency_id for person in known for seat in person.seats}
    over = {key for key, d in directories.items() if seats & {d.coordinator_id, d.issuer_id}}
    return Hearing(frozenset(people), frozenset(seats), frozenset(over))


@dataclass
class TickLook:
    """What a tick saw: pure material for what it then writes."""

    books: PlanContexts
    digests: list[Digest]
    moves: list[Moved]
    unheard: list[str]


def look_at(
    session: Session,
    plans: Collection[str],
    now: datetime,
    desk: Messaging,
    limit: int,
    offices: Mapping[str, Office],
    hearing: Hearing | None = None,
) -> TickLook:
    """Decides for every obligation of these plans that is due: which rungs are unheard, who hears them,
    when to look next. `offices`: those opened already; `hearing`: only what these people are told."""
    among = None if hearing is None else hearing.of_obligations
    rows = due(session, plans, now, limit, among)
    unsent = _unsent(session)
    seen = [*rows, *(row for message in unsent for row in message.rows)]
    agencies = {row.agency_id for row in seen}
    named = {*plans, *(row.plan_id for row in seen)}
    books = load_plan_contexts(session, sorted(named), now, desk, agencies, offices)
    look = decide(books, rows, reminder_history(session, rows), now)
    heard = [d for d in look.digests if hearing is None or d.person.key in hearing.people]
    digests = _with_waiting(books, heard, unsent)
    return replace(look, digests=_with_record(session, books, digests, now))


def _with_record(
    session: Session, books: PlanContexts, digests: list[Digest], now: datetime
) -> list[Digest]:
    """Escalations with what the record says of reminders sent before; one question for all of them."""
    rising = [event_of(books, digest) in ESCALATIONS for digest in digests]
    keys = {row.id for up, d in zip(rising, digests, strict=True) if up for row in d.rows}
    days = days_reminded(session, keys, now)
    return [
        replace(digest, record=days) if up else digest
        for up, digest in zip(rising, digests, strict=True)
    ]


def decide(
    books: PlanContexts,
    rows: Iterable[DueObligation],
    known: Mapping[int, ReminderHistory],
    now: datetime,
) -> TickLook:
    """The decision alone, on what is owed and what was told of it. Reads nothing."""
    moves: list[Moved] = []
    unheard: list[str] = []
    found: list[Reminder] = []
    for row in rows:
        book = books[row.plan_id]
        facts, ladder = book.facts(row, _armed(known[row.id], now)), book.ladder(row)
        fired = passed_rungs(facts, ladder, book.office, now)
        new = [rung for rung in fired if rung.key not in known[row.id].rungs]
        heard = reminders_of(book, row, known[row.id].version, new)
        found += heard
        if _missed(new, heard):
            unheard.append(row.name)
        moves.append(Moved(row, next_fire_at(facts, ladder, book.office, now)))
    return TickLook(books, group_reminders(books, found), moves, unheard)


def _armed(known: ReminderHistory, now: datetime) -> datetime | None:
    """From when on rungs count. An instant that has not come was written by a clock that was wrong: it
    must not silence the rungs until then."""
    at = known.armed_at
    return None if at is not None and at > now + AHEAD else at


def _missed(new: Sequence[FiredRung], heard: Sequence[Reminder]) -> bool:
    return {rung.key for rung in new} != {reminder.rung.key for reminder in heard}


@dataclass(frozen=True)
class Unsent:
    """A digest in the outbox that has not left, and what of it is still owed."""

    message_id: int
    event: str
    recipient: str
    channel: str
    rows: tuple[DueObligation, ...]


def _unsent(session: Session) -> list[Unsent]:
    """Of every plan. Costs what waits in the outbox."""
    statement = (
        select(
            col(Message.id),
            col(Message.event),
            col(Message.recipient),
            col(Message.channel),
            col(Message.content)["versions"].label("versions"),
        )
        .where(col(Message.state).in_(enqueue.UNSENT), col(Message.event).in_(DIGEST_EVENTS))
        .order_by(col(Message.id))
    )
    found = session.connection().execute(statement).all()
    written: list[dict[str, int]] = [row.versions for row in found]
    rows = owed_by_id(session, (int(key) for said in written for key in said))
    still = still_due(session, list(rows.values()), written)
    return [
        Unsent(row.id, row.event, row.recipient, row.channel, tuple(owed))
        for row, owed in zip(found, still, strict=True)
    ]


def _with_waiting(
    books: PlanContexts, digests: Sequence[Digest], unsent: Sequence[Unsent]
) -> list[Digest]:
    """Each digest together with the earlier ones to the same person, in the name of the same office,
    that never left. Of a paused plan nothing is taken along."""
    earlier: dict[tuple[str, str], list[Unsent]] = defaultdict(list)
    for message in unsent:
        earlier[message.recipient, message.channel].append(message)
    return [replace(digest, waiting=tuple(_taken(books, digest, earlier))) for digest in digests]


def _taken(
    books: PlanContexts, digest: Digest, earlier: Mapping[tuple[str, str], Sequence[Unsent]]
) -> Iterator[Waiting]:
    office = books[digest.reminders[0].row.plan_id].office_name
    for message in earlier.get((digest.person.key, digest.channel), ()):
        rows = [r for r in message.rows if books[r.plan_id].state is PlanState.running]
        if all(_speaks_for(books[row.plan_id], digest.person.key, office) for row in rows):
            yield Waiting(message.message_id, message.event, tuple(rows))


def _speaks_for(book: PlanContext, key: str, office: str) -> bool:
    """Whether a digest of that office to that person may speak of the plan."""
    return book.office_name == office and book.directory.by_key(key) is not None
