"""When outputs are made: what has become due, and making it.

    did = react(engine, store, plan_id, now, out=home / "output")          # each tick
    did = react(engine, store, plan_id, now, out=…, nightly=True)          # once a night

What is due is worked out from what stands in the database, never from an event alone: a tick that was
missed, or a process that was killed, loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from consolidation.claim import OutputOptions, RunRequest
from consolidation.due_outputs import (
    DueOutput,
    between,
    closing_times,
    due_outputs,
)
from consolidation.events import take_events, waiting
from consolidation.input_spans import state_of
from consolidation.runs import Progress, RunResult, consolidate
from intake.files.store import Store
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.definition.periodic import output_parts, outputs_by_period
from plan.errors import DondocError
from plan.locks import exclusive
from plan.models import ConsolidationRun, OutputState, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan
from plan.states import PlanState

log = logging.getLogger(__name__)
REST = timedelta(minutes=15)
"""A failed output is left in peace for so long: a full disk may be emptied, a fault stays one."""


@dataclass(frozen=True)
class Reaction:
    """What a tick did."""

    runs: tuple[RunResult, ...] = ()
    awaiting: tuple[DueOutput, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    """Output and what went wrong; the run's row says so too."""


def react(
    engine: Engine,
    store: Store,
    plan_id: str,
    now: datetime,
    options: OutputOptions = OutputOptions(),
    *,
    nightly: bool = False,
    confirmed: Collection[str] = (),
    progress: Progress | None = None,
) -> Reaction:
    """Take in what was decided, then make whatever has become due. Idle, it costs three small queries.

    `confirmed`: outputs a person has said yes to. One that fails is told of, and the rest goes on; it is
    tried again after `REST`.
    """
    with exclusive(engine, f"{plan_id}/events"):
        look = _look(engine, plan_id, now, nightly=nightly)
    runs: list[RunResult] = []
    failed: list[tuple[str, str]] = []
    for one in look.due:
        if one.needs_word and one.output not in confirmed:
            continue
        if one.output in look.resting:
            continue
        try:
            made = consolidate(
                engine,
                store,
                plan_id,
                one.output,
                RunRequest(one.trigger, "Đôn Đốc", as_of=now, now=now),
                options,
                progress,
            )
        except DondocError as error:
            failed.append((one.output, str(error)))
        except Exception as error:  # a fault of ours in one output must not hold up the others
            log.exception("%s: consolidation failed", one.output)
            failed.append((one.output, f"{type(error).__name__}: {error}"))
        else:
            runs.append(made)
    awaiting = tuple(one for one in look.due if one.needs_word and one.output not in confirmed)
    open_still = {output for output, _ in failed} | {one.output for one in awaiting}
    _remember(engine, plan_id, look, open_still, now)
    return Reaction(tuple(run for run in runs if run.created), awaiting, tuple(failed))


@dataclass(frozen=True)
class _Look:
    """What is due, and the changes that were seen: output → `OutputState.changes`."""

    due: Sequence[DueOutput] = ()
    seen: Mapping[str, int] = field(default_factory=dict)
    resting: Collection[str] = ()
    """Outputs that failed a moment ago."""


def _look(engine: Engine, plan_id: str, now: datetime, *, nightly: bool) -> _Look:
    """Take the events and say what is due; nothing when nothing has changed."""
    with reading(engine) as session:
        plan = find_plan(session, plan_id)
        if plan.state != PlanState.running:  # what was decided waits until it goes on
            return _Look()
        if not (nightly or waiting(session, plan.id) or _something_to_look_at(session, plan, now)):
            return _Look()
        definition = definition_of(plan)
    _take_all(engine, plan_id, definition, now)
    with writing(engine) as session:
        plan = find_plan(session, plan_id)
        changed, seen = _changed_outputs(session, plan, definition, now)
        wanted = None if nightly else changed
        due = due_outputs(session, plan, now, nightly=nightly, only=wanted)
        return _Look(due, seen, _resting(session, plan, now))


def _resting(session: Session, plan: Plan, now: datetime) -> set[str]:
    failed = select(ConsolidationRun.output).where(
        ConsolidationRun.plan_id == plan.id,
        ConsolidationRun.state == "failed",
        col(ConsolidationRun.finished_at) > now - REST,
        col(ConsolidationRun.finished_at) <= now,
    )
    return set(session.exec(failed))


def _remember(
    engine: Engine, plan_id: str, look: _Look, open_still: Collection[str], now: datetime
) -> None:
    """Only now are the changes done with: killed before, failed, or waiting for a person's word, the next
    tick looks again."""
    done = look.seen.keys() - set(open_still) - set(look.resting)
    if not done:
        return
    with writing(engine) as session:
        for state in session.exec(select(OutputState).where(OutputState.plan_id == plan_id)):
            if state.output in done:
                state.looked, state.looked_at = look.seen[state.output], now
                session.add(state)


def take_in(engine: Engine, plan_id: str, now: datetime) -> None:
    """Take in what was decided and make nothing: frozen runs then say whether they are stale."""
    with exclusive(engine, f"{plan_id}/events"):
        with reading(engine) as session:
            definition = definition_of(find_plan(session, plan_id))
        _take_all(engine, plan_id, definition, now)


def _take_all(engine: Engine, plan_id: str, definition: PlanDefinition, now: datetime) -> None:
    while _took(engine, plan_id, definition, now):
        pass


def _took(engine: Engine, plan_id: str, definition: PlanDefinition, now: datetime) -> int:
    with writing(engine) as session:
        return take_events(session, find_plan(session, plan_id), definition, now)


def _something_to_look_at(session: Session, plan: Plan, now: datetime) -> bool:
    """An output that changed, one never looked at, or a window that closed since."""
    states = session.exec(select(OutputState).where(OutputState.plan_id == plan.id)).all()
    if not states or any(_stale_look(state, plan) for state in states):
        return True
    looked = min(state.looked_at for state in states if state.looked_at is not None)
    closing = closing_times(session, plan, outputs_by_period(definition_of(plan)))
    moments = {one for times in closing.values() for one in times.values()}
    return any(between(looked, one, now) for one in moments)


def _stale_look(state: OutputState, plan: Plan) -> bool:
    changed = state.changes != state.looked or state.looked_at is None
    return changed or state.definition_hash != plan.definition_hash


def _changed_outputs(
    session: Session, plan: Plan, definition: PlanDefinition, now: datetime
) -> tuple[set[str], dict[str, int]]:
    """The outputs to look at: changed ones, and those a closed window feeds; and what was seen."""
    found, seen = set(), {}
    outputs = outputs_by_period(definition)
    closing = closing_times(session, plan, outputs)
    for output in outputs:
        state = state_of(session, plan, output)
        closed = any(
            output_parts(output.id)[0] in part.feeds
            and between(state.looked_at, closing[output.id].get(part.id), now)
            for part in definition.milestones
        )
        if closed or _stale_look(state, plan):
            found.add(output.id)
        seen[output.id] = state.changes
    return found, seen
