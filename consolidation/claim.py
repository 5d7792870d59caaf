"""Claiming a run: which inputs, which hash, whose number. All in one writing transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, select

from consolidation.coverage import Coverage
from consolidation.earlier import earlier_inputs
from consolidation.events import goes_by_sums, take_events
from consolidation.figures.gather import Cell
from consolidation.figures.merge import Totals
from consolidation.figures.rows import output_rows
from consolidation.input_hash import input_hash, set_hash
from consolidation.input_spans import follow, state_of
from consolidation.inputs import Inputs, collect, read_items, written_at
from consolidation.outputs.environment import RunEnvironment, environment_of
from consolidation.rollup import open_sums
from plan.definition.model import Output, PlanDefinition
from plan.definition.periodic import output_parts, outputs_by_period
from plan.errors import NotFoundError
from plan.models import ConsolidationRun, OutputState, Plan
from plan.queries.definitions import definition_of, names_day
from plan.queries.lookup import find_plan

MISSING_NAMED = 500
"""Of very many missing ones, as many are named as an output lists."""


@dataclass(frozen=True)
class RunRequest:
    """Why a run is made and for whom, from what was accepted as of `as_of`, at the moment `now` (UTC)."""

    trigger: str
    started_by: str
    as_of: datetime
    now: datetime


@dataclass(frozen=True)
class OutputOptions:
    """How this installation has outputs made. `out`: folder the files are exported to. `templates`: the
    province's own. `count_pages`: contents with page numbers, where this machine has LibreOffice."""

    out: Path | None = None
    templates: Path | None = None
    count_pages: bool = False


@dataclass(frozen=True)
class ClaimedRun:
    """A run that is ours to make, or that was made already."""

    run_id: int
    number: int
    done: bool
    plan_id: str
    output: Output
    definition: PlanDefinition
    inputs: Inputs
    surroundings: RunEnvironment
    summed: Mapping[Cell, Totals] | None = None
    """The shared rows' sums, where they are kept up."""


def output_of(definition: PlanDefinition, output_id: str) -> Output:
    """The plan's output called so, of its period where it is made for each; NotFoundError with the nearest
    name."""
    outputs = outputs_by_period(definition)
    for output in outputs:
        if output.id == output_id:
            return output
    raise NotFoundError("kết quả tổng hợp", output_id, (one.id for one in outputs))


def claim_run(
    session: Session,
    plan_id: str,
    output_id: str,
    request: RunRequest,
    options: OutputOptions,
) -> ClaimedRun:
    """The run of these inputs: a new one, one to be started again, or one that is done.

    The caller holds the output's lock, so that a run found `running` is nobody's any more.
    """
    plan = find_plan(session, plan_id)
    definition = definition_of(plan)
    output = output_of(definition, output_id)
    as_of, now = request.as_of, request.now
    state = state_of(session, plan, output)
    inputs = _current(session, plan, definition, output, state, as_of, now)
    inputs = replace(inputs, earlier=earlier_inputs(session, plan, output, as_of))
    surroundings = environment_of(
        session, plan, output, as_of, options.templates, count_pages=options.count_pages
    )
    digest = input_hash(
        output.id,
        plan.definition_hash,
        inputs.names_on,
        inputs.set_hash,
        *surroundings.hashed,
        *(one.set_hash for one in inputs.earlier),
        *_said_besides(inputs),
    )
    run = _run_of(session, plan.id, output.id, digest)
    done = run is not None and run.state == "done"
    if run is None:
        run = ConsolidationRun(
            plan_id=plan.id,
            output=output.id,
            number=state.last_number + 1,
            input_hash=digest,
            trigger=request.trigger,
            as_of=as_of,
            started_at=now,
        )
        state.last_number = run.number
    run.set_hash = inputs.set_hash
    if not done:
        run.state = "running"
        run.trigger, run.started_by = request.trigger, request.started_by
        run.as_of, run.started_at, run.error = as_of, now, ""
        run.coverage, run.partial = inputs.coverage.as_json(), not inputs.coverage.complete
    session.add_all([run, state])
    session.flush()
    summed = open_sums(session, state) if state.rolled_up and not inputs.listed else None
    if as_of < now:  # the next run is made from what stands now again
        follow(session, state, collect(session, plan, output, now))
    assert run.id is not None
    return ClaimedRun(
        run.id,
        run.number,
        done,
        plan.id,
        output,
        definition,
        inputs,
        surroundings,
        summed,
    )


def _said_besides(inputs: Inputs) -> list[str]:
    """What an output says of its inputs besides what was taken in: in a report, and in the note beside a
    period's table, who waits for review."""
    output, waiting = inputs.output, inputs.waiting
    noted = output.kind == "appendices" and output_parts(output.id)[1]
    if not waiting or not (noted or output.kind == "report"):
        return []
    return [set_hash((one.obligation, one.state) for one in waiting)]


def _run_of(session: Session, plan_id: str, output: str, digest: str) -> ConsolidationRun | None:
    return session.exec(
        select(ConsolidationRun).where(
            ConsolidationRun.plan_id == plan_id,
            ConsolidationRun.output == output,
            ConsolidationRun.input_hash == digest,
        )
    ).first()


def _current(
    session: Session,
    plan: Plan,
    definition: PlanDefinition,
    output: Output,
    state: OutputState,
    as_of: datetime,
    now: datetime,
) -> Inputs:
    """The inputs as of `as_of`, the open spans brought in line with them."""
    if as_of < now or not goes_by_sums(state, definition, output):
        inputs = collect(session, plan, output, as_of)
        follow(session, state, inputs)
        return inputs
    if not state.set_hash:
        follow(session, state, collect(session, plan, output, as_of))
    while take_events(session, plan, definition, now):
        pass
    owners = {row.owner for row in output_rows(definition, output).rows.values()} - {""}
    return _summarised(session, plan, output, state, as_of, owners)


def _summarised(
    session: Session,
    plan: Plan,
    output: Output,
    state: OutputState,
    as_of: datetime,
    owners: Collection[str],
) -> Inputs:
    """Inputs of an output with very many, told by their counts. Listed are only those of agencies
    that have rows of their own, and the first missing ones."""
    names_on = names_day(plan, as_of)
    owed = state.owed - state.waived
    missing = (
        read_items(session, plan.id, output, names_on, missing=MISSING_NAMED)
        if state.accepted < owed
        else []
    )
    own = read_items(session, plan.id, output, names_on, agencies=owners) if owners else []
    return Inputs(
        output=output,
        plan_id=plan.id,
        as_of=as_of,
        names_on=names_on,
        written_at=written_at(plan, [state.newest_at]),
        coverage=Coverage(
            have=state.accepted,
            owed=owed,
            waived=state.waived,
            missing=tuple(item.obligation for item in missing),
            names=tuple(dict.fromkeys(item.agency_short for item in missing)),
            agencies_missing=owed - state.accepted,
        ),
        set_hash=state.set_hash,
        items=(*own, *(item for item in missing if item.agency not in owners)),
        listed=False,
    )
