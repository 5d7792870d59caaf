"""The reminder tick: finds what is due, decides who hears what, claims it and queues it.

It sends nothing. Its cost is what is due: an index on `next_check_at` finds it, and a tick with
nothing due is one look into that index. The insert into `rung_claim` is the claim: two ticks at once,
or one killed and run again, queue each rung once for each person and channel. Obligations are moved
on to their next rung last, so that whatever is cut short is looked at again.

Outside office hours nothing is queued: the rungs stay due and the first tick in office hours merges
them, with the facts of that hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine, bindparam, exists, select, update
from sqlmodel import Session, col

from notifications.obligations import Owed, Told, due, owed_by_id, still_told, told
from notifications.outbox import enqueue
from notifications.outbox.drafts import Draft, content_of, dated, row_of
from notifications.outbox.enqueue import Hearing, Waiting
from notifications.plan_context import Book, Desk, book_of
from notifications.policy import FiredRung, next_fire_at, passed_rungs
from notifications.reminders.digests import (
    DIGEST_EVENTS,
    Digest,
    digest_context,
    event_of,
    gather,
    hearings,
    urgent_first,
)
from plan.database import reading, writing
from plan.models import Message, Obligation, Plan
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

    book: Book
    digests: list[Digest]
    moves: list[Moved]
    unheard: list[str]


def tick(
    engine: Engine, plan_id: str, now: datetime, desk: Desk, *, limit: int = LIMIT
) -> TickResult:
    """Queues every reminder that is due at `now` (UTC). Safe to run twice, and by two at once."""
    result = TickResult(at=now)
    if not anything_due(engine, plan_id, now):
        return result
    with reading(engine) as session:
        book = book_of(session, plan_id, now, desk)
        if not book.office.is_open(now):
            result.closed_until = book.office.next_opening(now)
            return result
        look = look_at(session, book, now, limit)
    result.checked, result.unheard = len(look.moves), look.unheard
    for part in _batches(look.digests, BATCH):
        with writing(engine) as session:
            _queue(session, look.book, part, now, result)
    _move_on(engine, look.moves)
    return result


def preview(engine: Engine, plan_id: str, now: datetime, desk: Desk) -> tuple[Look, datetime]:
    """What a tick would queue, and the office instant it would do so. Writes nothing."""
    with reading(engine) as session:
        book = book_of(session, plan_id, now, desk)
        at = book.office.next_opening(now)
        return look_at(session, book, at, LIMIT), at


def anything_due(engine: Engine, plan_id: str, now: datetime) -> bool:
    """One look into the index. Nothing is ever due of a plan that does not run."""
    with engine.connect() as connection:
        return connection.execute(_ANY, {"plan": plan_id, "now": now}).first() is not None


_ANY = (
    select(col(Obligation.id))
    .where(
        col(Obligation.next_check_at) <= bindparam("now"),
        col(Obligation.plan_id) == bindparam("plan"),
        exists().where(
            col(Plan.id) == col(Obligation.plan_id), col(Plan.state) == PlanState.running.value
        ),
    )
    .limit(1)
)


# --- looking -------------------------------------------------------------------------------------


def look_at(session: Session, book: Book, now: datetime, limit: int) -> Look:
    """Decides for every obligation due: which rungs are unheard, who hears them, when to look next."""
    rows = due(session, book.plan_id, now, limit)
    look = decide(book, rows, told(session, rows), now)
    return replace(look, digests=_with_waiting(session, book, look.digests))


def decide(book: Book, rows: Iterable[Owed], known: Mapping[int, Told], now: datetime) -> Look:
    """The decision alone, on what is owed and what was told of it. Reads nothing."""
    moves: list[Moved] = []
    unheard: list[str] = []
    found: list[Hearing] = []
    for row in rows:
        facts, ladder = book.facts(row, _armed(known[row.id], now)), book.ladder(row)
        fired = passed_rungs(facts, ladder, book.office, now)
        new = [rung for rung in fired if rung.key not in known[row.id].rungs]
        heard = hearings(book, row, known[row.id].version, new)
        found += heard
        if _missed(new, heard):
            unheard.append(row.name)
        moves.append(Moved(row, next_fire_at(facts, ladder, book.office, now)))
    return Look(book, gather(found), moves, unheard)


def _armed(known: Told, now: datetime) -> datetime | None:
    """From when on rungs count. An instant that has not come was written by a clock that was wrong: it
    must not silence the rungs until then."""
    at = known.armed_at
    return None if at is not None and at > now + AHEAD else at


def _missed(new: Sequence[FiredRung], heard: Sequence[Hearing]) -> bool:
    return {rung.key for rung in new} != {hearing.rung.key for hearing in heard}


def _with_waiting(session: Session, book: Book, digests: list[Digest]) -> list[Digest]:
    """Each digest together with the earlier ones to the same person that never left."""
    if not digests:
        return digests
    statement = (
        select(
            col(Message.id),
            col(Message.event),
            col(Message.recipient),
            col(Message.channel),
            col(Message.content)["versions"].label("versions"),
        )
        .where(
            col(Message.state).in_(enqueue.UNSENT),
            col(Message.plan_id) == book.plan_id,
            col(Message.event).in_(DIGEST_EVENTS),
        )
        .order_by(col(Message.id))
    )
    unsent = session.connection().execute(statement).all()
    written: list[dict[str, int]] = [row.versions for row in unsent]
    rows = owed_by_id(session, (int(key) for said in written for key in said))
    earlier: dict[tuple[str, str], list[Waiting]] = defaultdict(list)
    still = still_told(session, list(rows.values()), written)
    for message, owed in zip(unsent, still, strict=True):
        mine = earlier[message.recipient, message.channel]
        mine.append(Waiting(message.id, message.event, tuple(owed)))
    return [replace(d, waiting=tuple(earlier[d.person.key, d.channel])) for d in digests]


# --- writing -------------------------------------------------------------------------------------


def _queue(
    session: Session, book: Book, digests: Sequence[Digest], now: datetime, result: TickResult
) -> None:
    """Messages first, then their claims: what was claimed by another meanwhile is left out again."""
    drafts = {draft.dedupe_key: (digest, draft) for digest, draft in _drafts(book, digests, now)}
    values = [row_of(book, draft, now, now) for _, draft in drafts.values()]
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
            _rewrite(session, book, number, digest, draft, now)
        result.merged += [
            w.message_id for w in digest.waiting if enqueue.absorb(session, w, number)
        ]
        result.queued.append(number)
        result.claimed += len(kept)
        about += [(number, row.id) for row in digest.rows]
    enqueue.add_obligations(session, about)


def _drafts(book: Book, digests: Iterable[Digest], now: datetime) -> Iterator[tuple[Digest, Draft]]:
    for digest in digests:
        yield digest, draft_of(book, digest, now)


def draft_of(book: Book, digest: Digest, now: datetime) -> Draft:
    """The digest written out, as things stand at `now`."""
    rows = digest.rows
    event = event_of(digest, book.coordinator_id)
    claims = sorted(f"{h.row.id}:{h.version}:{h.rung.key}" for h in digest.hearings)
    return Draft(
        person=digest.person,
        agency_id=rows[0].agency_id,
        channel=digest.channel,
        copy=digest.copy,
        context=digest_context(book, digest.person, event, rows, now),
        rows=rows,
        dated=dated(event, rows),
        dedupe_key=_dedupe_key(book, digest, claims),
        thread=[row.milestone for row in rows],
    )


def _dedupe_key(book: Book, digest: Digest, claims: Sequence[str]) -> str:
    made = book.desk.linker.digest("|".join(claims))
    return f"digest:{book.plan_id}:{digest.person.key}:{digest.channel}:{made}"


def _rewrite(
    session: Session, book: Book, number: int, digest: Digest, draft: Draft, now: datetime
) -> None:
    """Part of it was claimed by another tick meanwhile: the message says only what is left."""
    again = replace(draft_of(book, digest, now), dedupe_key=draft.dedupe_key)
    reference: Any = (
        session.connection()
        .execute(select(col(Message.reference)).where(col(Message.id) == number))
        .scalar_one()
    )
    content = content_of(book, again, reference, now)
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
