"""The reminder tick: finds what is due, decides who hears what, claims it and queues it.

One tick looks at all running plans: whoever serves several of them hears once. It sends nothing. Its
cost is what is due: an index on plan and `next_check_at` finds it, and a tick with nothing due is one
look into that index for each plan. The insert into `rung_claim` is the claim: two ticks at once,
or one killed and run again, queue each rung once for each person and channel. Obligations are moved
on to their next rung last, so that whatever is cut short is looked at again.

Outside office hours nothing is queued: the rungs stay due and the first tick in office hours merges
them, with the facts of that hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine, String, bindparam, exists, or_, select, update
from sqlmodel import Session, col

from notifications.obligations import Owed, Told, due, owed_by_id, still_told, told
from notifications.outbox import enqueue
from notifications.outbox.drafts import DIGEST_EVENTS, Draft, content_of, dated, row_of, threads
from notifications.outbox.enqueue import Hearing, Waiting
from notifications.plan_context import Book, Books, Desk, open_books, open_offices
from notifications.policy import FiredRung, Office, next_fire_at, passed_rungs
from notifications.reminded import days_reminded
from notifications.reminders.digests import (
    ESCALATIONS,
    Digest,
    digest_context,
    event_of,
    gather,
    hearings,
    urgent_first,
)
from plan.database import reading, writing
from plan.models import Message, Obligation, Plan
from plan.queries.lookup import reminding, running_plans
from plan.states import PlanState

LIMIT = 50_000
"""Obligations one tick takes on; more would only wait for the next tick."""
AHEAD = timedelta(minutes=5)
"""Clocks of several machines differ; what lies further ahead was written by one that was wrong."""
BATCH = 200
"""Messages written in one transaction, so that others get their turn at the database."""


@dataclass(frozen=True)
class Moved:
    """When an obligation is to be looked at next, if nobody changed it meanwhile."""

    row: Owed
    next_check_at: datetime | None


@dataclass
class TickResult:
    """What a tick found and did. Holds ids, never addresses."""

    at: datetime
    checked: int = 0
    """Obligations that were due to be looked at."""
    claimed: int = 0
    """Rungs claimed: once for each person and channel that hears them."""
    queued: list[int] = field(default_factory=list)
    """Ids of the messages queued."""
    merged: list[int] = field(default_factory=list)
    """Ids of messages that had never left and are now part of newer ones."""
    unheard: list[str] = field(default_factory=list)
    """Obligations with a rung due that nobody can be reached for."""
    closed_until: datetime | None = None
    """Set when the office is closed: nothing was queued, the rungs wait until then."""

    def add(self, other: TickResult) -> None:
        """Counts another tick of the same round, or another plan's, with this one."""
        self.checked += other.checked
        self.claimed += other.claimed
        self.queued += other.queued
        self.merged += other.merged
        self.unheard += [name for name in other.unheard if name not in self.unheard]
        self.closed_until = self.closed_until or other.closed_until


@dataclass
class Look:
    """What a tick saw: pure material for what it then writes."""

    books: Books
    digests: list[Digest]
    moves: list[Moved]
    unheard: list[str]


def tick(
    engine: Engine, plan_id: str, now: datetime, desk: Desk, *, limit: int = LIMIT
) -> TickResult:
    """Queues every reminder that is due at `now` (UTC), of all running plans or of one. Safe to run
    twice, and by two at once."""
    result = TickResult(at=now)
    plans = plans_due(engine, plan_id, now)
    if not plans:
        return result
    with reading(engine) as session:
        offices = open_offices(session, plans, now)
        working = [plan for plan, office in offices.items() if office.is_open(now)]
        if not working:
            result.closed_until = min(one.next_opening(now) for one in offices.values())
            return result
        look = look_at(session, working, now, desk, limit, offices)
    result.checked, result.unheard = len(look.moves), look.unheard
    for part in _batches(look.digests, BATCH):
        with writing(engine) as session:
            _queue(session, look.books, part, now, result)
    _move_on(engine, look.moves)
    return result


def preview(engine: Engine, plan_id: str, now: datetime, desk: Desk) -> tuple[Look, datetime]:
    """What the round would queue, of it what tells of this plan (empty: of any), and the office instant
    it would do so. Writes nothing."""
    with reading(engine) as session:
        plans = session.exec(running_plans()).all()
        named = [plan_id] if plan_id else plans
        offices = open_offices(session, named, now)
        at = min((one.next_opening(now) for one in offices.values()), default=now)
        look = look_at(session, {*plans, *named}, at, desk, LIMIT, offices)
    wanted = [d for d in look.digests if not plan_id or plan_id in {r.plan_id for r in d.rows}]
    return replace(look, digests=wanted), at


def anything_due(engine: Engine, plan_id: str, now: datetime) -> bool:
    """One look into the index for each running plan (or the one named)."""
    return bool(plans_due(engine, plan_id, now))


def plans_due(engine: Engine, plan_id: str, now: datetime) -> list[str]:
    """The running plans (or the one named, if it runs) with something due at `now`."""
    with engine.connect() as connection:
        found = connection.execute(_DUE, {"plan": plan_id, "now": now})
        return list(found.scalars())


_DUE = (
    select(col(Plan.id))
    .where(
        reminding(),
        or_(bindparam("plan", type_=String) == "", col(Plan.id) == bindparam("plan")),
        exists().where(
            col(Obligation.plan_id) == col(Plan.id),
            col(Obligation.next_check_at) <= bindparam("now"),
        ),
    )
    .order_by(col(Plan.id))
)


# --- looking -------------------------------------------------------------------------------------


def look_at(
    session: Session,
    plans: Collection[str],
    now: datetime,
    desk: Desk,
    limit: int,
    offices: Mapping[str, Office],
) -> Look:
    """Decides for every obligation of these plans that is due: which rungs are unheard, who hears them,
    when to look next. `offices`: those opened already."""
    rows = due(session, plans, now, limit)
    unsent = _unsent(session)
    seen = [*rows, *(row for message in unsent for row in message.rows)]
    agencies = {row.agency_id for row in seen}
    named = {*plans, *(row.plan_id for row in seen)}
    books = open_books(session, sorted(named), now, desk, agencies, offices)
    look = decide(books, rows, told(session, rows), now)
    digests = _with_waiting(books, look.digests, unsent)
    return replace(look, digests=_with_record(session, books, digests, now))


def _with_record(
    session: Session, books: Books, digests: list[Digest], now: datetime
) -> list[Digest]:
    """Escalations with what the record says of reminders sent before; one question for all of them."""
    rising = [event_of(books, digest) in ESCALATIONS for digest in digests]
    keys = {row.id for up, d in zip(rising, digests, strict=True) if up for row in d.rows}
    days = days_reminded(session, keys, now)
    return [
        replace(digest, record=days) if up else digest
        for up, digest in zip(rising, digests, strict=True)
    ]


def decide(books: Books, rows: Iterable[Owed], known: Mapping[int, Told], now: datetime) -> Look:
    """The decision alone, on what is owed and what was told of it. Reads nothing."""
    moves: list[Moved] = []
    unheard: list[str] = []
    found: list[Hearing] = []
    for row in rows:
        book = books[row.plan_id]
        facts, ladder = book.facts(row, _armed(known[row.id], now)), book.ladder(row)
        fired = passed_rungs(facts, ladder, book.office, now)
        new = [rung for rung in fired if rung.key not in known[row.id].rungs]
        heard = hearings(book, row, known[row.id].version, new)
        found += heard
        if _missed(new, heard):
            unheard.append(row.name)
        moves.append(Moved(row, next_fire_at(facts, ladder, book.office, now)))
    return Look(books, gather(books, found), moves, unheard)


def _armed(known: Told, now: datetime) -> datetime | None:
    """From when on rungs count. An instant that has not come was written by a clock that was wrong: it
    must not silence the rungs until then."""
    at = known.armed_at
    return None if at is not None and at > now + AHEAD else at


def _missed(new: Sequence[FiredRung], heard: Sequence[Hearing]) -> bool:
    return {rung.key for rung in new} != {hearing.rung.key for hearing in heard}


@dataclass(frozen=True)
class Unsent:
    """A digest in the outbox that has not left, and what of it is still owed."""

    message_id: int
    event: str
    recipient: str
    channel: str
    rows: tuple[Owed, ...]


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
    still = still_told(session, list(rows.values()), written)
    return [
        Unsent(row.id, row.event, row.recipient, row.channel, tuple(owed))
        for row, owed in zip(found, still, strict=True)
    ]


def _with_waiting(
    books: Books, digests: Sequence[Digest], unsent: Sequence[Unsent]
) -> list[Digest]:
    """Each digest together with the earlier ones to the same person, in the name of the same office,
    that never left. Of a paused plan nothing is taken along."""
    earlier: dict[tuple[str, str], list[Unsent]] = defaultdict(list)
    for message in unsent:
        earlier[message.recipient, message.channel].append(message)
    return [replace(digest, waiting=tuple(_taken(books, digest, earlier))) for digest in digests]


def _taken(
    books: Books, digest: Digest, earlier: Mapping[tuple[str, str], Sequence[Unsent]]
) -> Iterator[Waiting]:
    office = books[digest.hearings[0].row.plan_id].office_name
    for message in earlier.get((digest.person.key, digest.channel), ()):
        rows = [r for r in message.rows if books[r.plan_id].state is PlanState.running]
        if all(_speaks_for(books[row.plan_id], digest.person.key, office) for row in rows):
            yield Waiting(message.message_id, message.event, tuple(rows))


def _speaks_for(book: Book, key: str, office: str) -> bool:
    """Whether a digest of that office to that person may speak of the plan."""
    return book.office_name == office and book.directory.by_key(key) is not None


# --- writing -------------------------------------------------------------------------------------


def _queue(
    session: Session, books: Books, digests: Sequence[Digest], now: datetime, result: TickResult
) -> None:
    """Messages first, then their claims: what was claimed by another meanwhile is left out again."""
    drafts = {draft.dedupe_key: (digest, draft) for digest, draft in _drafts(books, digests, now)}
    values = [row_of(lead_of(books, draft), draft, now, now) for _, draft in drafts.values()]
    ids = enqueue.add_messages(session, values)
    mine = {ids[key]: pair for key, pair in drafts.items() if key in ids}
    wanted = [(number, h) for number, (digest, _) in mine.items() for h in digest.hearings]
    won = enqueue.claim(session, wanted, now)
    about: list[tuple[int, int]] = []
    for number, (digest, draft) in mine.items():
        kept = won.get(number, [])
        if not kept:
            enqueue.drop(session, number)
            continue
        if len(kept) < len(digest.hearings):
            digest = replace(digest, hearings=tuple(kept))
            _rewrite(session, books, number, digest, draft, now)
        result.merged += [
            w.message_id for w in digest.waiting if enqueue.absorb(session, w, number)
        ]
        result.queued.append(number)
        result.claimed += len(kept)
        about += [(number, row.id) for row in digest.rows]
    enqueue.add_obligations(session, about)


def _drafts(
    books: Books, digests: Iterable[Digest], now: datetime
) -> Iterator[tuple[Digest, Draft]]:
    for digest in digests:
        yield digest, draft_of(books, digest, now)


def lead_of(books: Books, draft: Draft) -> Book:
    """The plan a digest is kept under: its most urgent obligation's."""
    return books[draft.rows[0].plan_id]


def draft_of(books: Books, digest: Digest, now: datetime) -> Draft:
    """The digest written out, as things stand at `now`."""
    rows = digest.rows
    book = books[rows[0].plan_id]
    event = event_of(books, digest)
    claims = sorted(f"{h.row.id}:{h.version}:{h.rung.key}" for h in digest.hearings)
    return Draft(
        person=book.directory.by_key(digest.person.key) or digest.person,
        agency_id=rows[0].agency_id,
        channel=digest.channel,
        copy=digest.copy,
        context=digest_context(books, digest.person, event, rows, now, digest.record),
        rows=rows,
        dated=dated(books, event, rows),
        dedupe_key=_dedupe_key(book, digest, claims),
        thread=threads(rows),
    )


def _dedupe_key(book: Book, digest: Digest, claims: Sequence[str]) -> str:
    made = book.desk.linker.digest("|".join(claims))
    return f"digest:{book.plan_id}:{digest.person.key}:{digest.channel}:{made}"


def _rewrite(
    session: Session, books: Books, number: int, digest: Digest, draft: Draft, now: datetime
) -> None:
    """Part of it was claimed by another tick meanwhile: the message says only what is left."""
    again = replace(draft_of(books, digest, now), dedupe_key=draft.dedupe_key)
    reference: Any = (
        session.connection()
        .execute(select(col(Message.reference)).where(col(Message.id) == number))
        .scalar_one()
    )
    content = content_of(lead_of(books, again), again, reference, now)
    enqueue.rewrite(session, number, content, again.context.event)


def _move_on(engine: Engine, moves: Sequence[Moved]) -> None:
    """To the next rung; an obligation changed meanwhile stays due, and is looked at again."""
    for part in _batches(moves, 5000):
        with writing(engine) as session:
            session.connection().execute(
                _MOVE,
                [
                    {
                        "key": move.row.id,
                        "seen": move.row.version,
                        "was": move.row.next_check_at,
                        "then": move.next_check_at,
                    }
                    for move in part
                ],
            )


_MOVE = (
    update(Obligation)
    .where(
        col(Obligation.id) == bindparam("key"),
        col(Obligation.version) == bindparam("seen"),
        col(Obligation.next_check_at) == bindparam("was"),
    )
    .values(next_check_at=bindparam("then"))
    .execution_options(synchronize_session=False)
)


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


__all__ = ["TickResult", "anything_due", "look_at", "preview", "tick", "urgent_first"]
