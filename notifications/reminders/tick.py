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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Engine, String, bindparam, exists, or_, select, update
from sqlmodel import Session, col

from notifications.outbox import enqueue
from notifications.outbox.drafts import MessageDraft, content_of, dated, row_of, threads
from notifications.plan_context import (
    Messaging,
    PlanContext,
    PlanContexts,
    open_offices,
)
from notifications.policy import first_opening
from notifications.reminders.digests import (
    Digest,
    digest_context,
    event_of,
    urgent_first,
)
from notifications.reminders.look import Moved, TickLook, hearing_at, look_at
from plan.database import reading, writing
from plan.models import Message, Obligation, Plan
from plan.queries.lookup import reminding, running_plans

LIMIT = 50_000
"""Obligations one tick takes on; more would only wait for the next tick."""
BATCH = 200
"""Messages written in one transaction, so that others get their turn at the database."""


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


def tick(
    engine: Engine, plan_id: str, now: datetime, desk: Messaging, *, limit: int = LIMIT
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
            result.closed_until = first_opening(offices, now)
            return result
        look = look_at(session, working, now, desk, limit, offices)
    result.checked, result.unheard = len(look.moves), look.unheard
    for part in _batches(look.digests, BATCH):
        with writing(engine) as session:
            queue_message(session, look.books, part, now, result)
    move_on(engine, look.moves)
    return result


def preview(
    engine: Engine, plan_id: str, now: datetime, desk: Messaging, agency_id: int | None = None
) -> tuple[TickLook, datetime]:
    """What the round would queue, of it what tells of this plan (empty: of any), and the office instant
    it would do so. `agency_id`: only what it tells the people of this agency of the plan (row id); costs
    what they hear of. Writes nothing."""
    with reading(engine) as session:
        plans = session.exec(running_plans()).all()
        named = [plan_id] if plan_id else plans
        offices = open_offices(session, named, now)
        at = first_opening(offices, now)
        every = {*plans, *named}
        heard = hearing_at(session, every, agency_id, at, desk, offices) if agency_id else None
        look = look_at(session, every, at, desk, LIMIT, offices, heard)
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


# --- writing -------------------------------------------------------------------------------------


def queue_message(
    session: Session,
    books: PlanContexts,
    digests: Sequence[Digest],
    now: datetime,
    result: TickResult,
) -> None:
    """Messages first, then their claims: what was claimed by another meanwhile is left out again."""
    drafts = {draft.dedupe_key: (digest, draft) for digest, draft in _drafts(books, digests, now)}
    values = [row_of(lead_of(books, draft), draft, now, now) for _, draft in drafts.values()]
    ids = enqueue.add_messages(session, values)
    mine = {ids[key]: pair for key, pair in drafts.items() if key in ids}
    wanted = [(number, h) for number, (digest, _) in mine.items() for h in digest.reminders]
    won = enqueue.claim_hearings(session, wanted, now)
    about: list[tuple[int, int]] = []
    for number, (digest, draft) in mine.items():
        kept = won.get(number, [])
        if not kept:
            enqueue.drop(session, number)
            continue
        if len(kept) < len(digest.reminders):
            digest = replace(digest, reminders=tuple(kept))
            _rewrite(session, books, number, digest, draft, now)
        result.merged += [
            w.message_id for w in digest.waiting if enqueue.absorb(session, w, number)
        ]
        result.queued.append(number)
        result.claimed += len(kept)
        about += [(number, row.id) for row in digest.rows]
    enqueue.add_obligations(session, about)


def _drafts(
    books: PlanContexts, digests: Iterable[Digest], now: datetime
) -> Iterator[tuple[Digest, MessageDraft]]:
    for digest in digests:
        yield digest, draft_of(books, digest, now)


def lead_of(books: PlanContexts, draft: MessageDraft) -> PlanContext:
    """The plan a digest is kept under: its most urgent obligation's."""
    return books[draft.rows[0].plan_id]


def draft_of(books: PlanContexts, digest: Digest, now: datetime) -> MessageDraft:
    """The digest written out, as things stand at `now`."""
    rows = digest.rows
    book = books[rows[0].plan_id]
    event = event_of(books, digest)
    claims = sorted(f"{h.row.id}:{h.version}:{h.rung.key}" for h in digest.reminders)
    return MessageDraft(
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


def _dedupe_key(book: PlanContext, digest: Digest, claims: Sequence[str]) -> str:
    made = book.desk.linker.digest("|".join(claims))
    return f"digest:{book.plan_id}:{digest.person.key}:{digest.channel}:{made}"


def _rewrite(
    session: Session,
    books: PlanContexts,
    number: int,
    digest: Digest,
    draft: MessageDraft,
    now: datetime,
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


def move_on(engine: Engine, moves: Sequence[Moved]) -> None:
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
