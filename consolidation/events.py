"""What the ledger tells consolidation: decisions enter or leave the inputs, frozen runs become stale."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from consolidation.figures.rows import handed_in_once, output_rows
from consolidation.input_spans import follow_some, inputs_of_run, state_of
from consolidation.inputs import Input, read_items
from consolidation.rollup import move
from plan.definition.model import Output, PlanDefinition
from plan.definition.periodic import output_parts, outputs_by_period, reads
from plan.models import (
    ConsolidationRun,
    Deliverable,
    EventDelivery,
    Obligation,
    OutgoingEvent,
    OutputState,
    Plan,
)
from plan.queries.definitions import names_day
from plan.text import moment_words

CONSUMER = "consolidate"
BATCH = 500
"""Events taken in one transaction."""
MOST_REASONS = 20

LISTED_UP_TO = 300
"""An output with more obligations than this is kept up by sums; up to it, each figure is listed."""


def goes_by_sums(state: OutputState, definition: PlanDefinition, output: Output) -> bool:
    """Whether an output is told by sums and counts. Only tables of figures are: a report prints what each
    agency wrote, a status note whom it names. Never where an agency hands the same figures in again: of
    those the latest stands, and a sum does not know which it was."""
    if output.kind != "appendices":
        return False
    return state.owed > LISTED_UP_TO and handed_in_once(definition, output)


def waiting(session: Session, plan_id: str) -> bool:
    """Whether there is anything to take."""
    return session.exec(_open(plan_id).limit(1)).first() is not None


def take_events(session: Session, plan: Plan, definition: PlanDefinition, now: datetime) -> int:
    """Take up to `BATCH` events, in the caller's writing transaction. Gives how many."""
    taken = session.exec(_open(plan.id).where(_released(now)).limit(BATCH)).all()
    obligations = {event.obligation_id for _, event in taken if event.obligation_id is not None}
    closed = {event.subject for _, event in taken if event.kind == "milestone.closed"}
    concerned = _concerned(session, obligations)
    fed = {output for m in definition.milestones if m.id in closed for output in m.feeds}
    for output in outputs_by_period(definition):
        if any(reads(output, *one) for one in concerned):
            _follow(session, plan, definition, output, obligations, now)
        elif output_parts(output.id)[0] in fed:
            state_of(session, plan, output).changes += 1
    for delivery, _ in taken:
        delivery.done_at = now
        session.add(delivery)
    session.flush()
    return len(taken)


def _open(plan_id: str):  # type: ignore[no-untyped-def] # SQLModel's own type is unspeakable
    return (
        select(EventDelivery, OutgoingEvent)
        .join(OutgoingEvent, col(OutgoingEvent.id) == EventDelivery.event_id)
        .where(
            EventDelivery.consumer == CONSUMER,
            col(EventDelivery.done_at).is_(None),
            OutgoingEvent.plan_id == plan_id,
        )
        .order_by(col(EventDelivery.event_id))
    )


def _released(now: datetime) -> ColumnElement[bool]:
    """No decision that may still be undone."""
    return or_(col(OutgoingEvent.held_until).is_(None), col(OutgoingEvent.held_until) <= now)


def _concerned(session: Session, obligations: Collection[int]) -> set[tuple[str, str]]:
    """(deliverable, period) of these."""
    rows = session.exec(
        select(Deliverable.code, Obligation.period)
        .join(Obligation, col(Obligation.deliverable_id) == Deliverable.id)
        .where(col(Obligation.id).in_(obligations))
        .distinct()
    )
    return {(code, period) for code, period in rows}


def _follow(
    session: Session,
    plan: Plan,
    definition: PlanDefinition,
    output: Output,
    obligations: Collection[int],
    now: datetime,
) -> None:
    state = state_of(session, plan, output)
    state.changes += 1
    names_on = names_day(plan, now)
    items = read_items(session, plan.id, output, names_on, only=obligations)
    if goes_by_sums(state, definition, output) and _followed(state):
        change = follow_some(session, state, items)
        move(session, definition, state, output_rows(definition, output), change)
    session.add(state)
    for run in _frozen(session, plan.id, output.id):
        _mark_stale(session, run, items, now)


def _followed(state: OutputState) -> bool:
    """Whether the open spans were ever brought in line with the whole list."""
    return bool(state.set_hash)


# --- frozen runs -------------------------------------------------------------------------------


def _frozen(session: Session, plan_id: str, output: str) -> Sequence[ConsolidationRun]:
    return session.exec(
        select(ConsolidationRun).where(
            ConsolidationRun.plan_id == plan_id,
            ConsolidationRun.output == output,
            col(ConsolidationRun.final).is_(True),
        )
    ).all()


def stale_frozen(session: Session, plan_id: str, output: str) -> ConsolidationRun | None:
    """The newest frozen run of an output, if something came after it."""
    stale = [run for run in _frozen(session, plan_id, output) if run.stale_because]
    return max(stale, key=lambda run: run.number, default=None)


def _mark_stale(
    session: Session, run: ConsolidationRun, items: Collection[Input], now: datetime
) -> None:
    """A frozen run never changes; what it lacks is told, by name."""
    spans = inputs_of_run(session, run, [item.obligation_id for item in items])
    had = {row.obligation_id: row.submission_id for row in spans}
    reasons = [reason for item in items if (reason := _reason(item, had))]
    if not reasons:
        return
    known = [line for line in run.stale_because.split("\n") if line]
    fresh = [reason for reason in dict.fromkeys(reasons) if reason not in known]
    if not fresh:
        return
    run.stale_because = "\n".join((known + fresh)[-MOST_REASONS:])
    run.stale_since = run.stale_since or now
    session.add(run)


def _reason(item: Input, had: dict[int, int | None]) -> str:
    named = f"{item.agency_name}: {item.deliverable_short}"
    before = had.get(item.obligation_id)
    if item.accepted and item.submission_id != before and item.decided_at is not None:
        return f"{named} – lần nộp {item.number}, nhận {moment_words(item.decided_at)}"
    if before is not None and not item.accepted:
        return f"{named} – bản đã tổng hợp được mở lại để bổ sung"
    return ""
