"""Which outputs should be made now. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from consolidation.events import goes_by_sums
from consolidation.input_spans import inputs_of_run
from consolidation.inputs import Input, collect
from consolidation.runs import newest_run
from plan.definition.model import Milestone as MilestonePart
from plan.definition.model import Output, PlanDefinition
from plan.definition.periodic import horizon, output_parts, outputs_by_period, periods_read
from plan.models import (
    ConsolidationRun,
    Deliverable,
    Milestone,
    Obligation,
    OutputState,
    Plan,
)
from plan.queries.definitions import definition_of
from plan.queries.lookup import load_calendar
from plan.states import CLOSED
from plan.windows import WindowBook


@dataclass(frozen=True)
class DueOutput:
    """An output that should be made now."""

    output: str
    trigger: str
    milestone: str = ""
    needs_word: bool = False
    """A person is asked first; `dondoc consolidate <output>` is that word."""
    coverage: str = ""


def due_outputs(
    session: Session,
    plan: Plan,
    now: datetime,
    *,
    nightly: bool = False,
    only: Collection[str] | None = None,
) -> list[DueOutput]:
    """What should be made now, one line an output, in the plan's order. Changes nothing.

    By itself when a milestone's inputs have all been accepted, or its window has closed with some
    missing; `nightly`: whatever changed. A frozen output whose milestones are all closed is left alone.
    """
    definition = definition_of(plan)
    rows = {row.code: row for row in milestone_rows(session, plan.id)}
    outputs = [one for one in outputs_by_period(definition) if only is None or one.id in only]
    closing = closing_times(session, plan, outputs)
    found = []
    for output in outputs:
        feeding = [one for one in definition.milestones if output_parts(output.id)[0] in one.feeds]
        if _left_alone(session, plan.id, output.id, feeding, rows):
            continue
        due = _due(session, plan, output, feeding, closing[output.id], now, nightly=nightly)
        if due is not None:
            found.append(due)
    return found


def _left_alone(
    session: Session,
    plan_id: str,
    output: str,
    feeding: Sequence[MilestonePart],
    rows: Mapping[str, Milestone],
) -> bool:
    frozen = session.exec(
        select(ConsolidationRun.id)
        .where(
            ConsolidationRun.plan_id == plan_id,
            ConsolidationRun.output == output,
            col(ConsolidationRun.final).is_(True),
        )
        .limit(1)
    ).first()
    return frozen is not None and all(rows[part.id].closed_at is not None for part in feeding)


def _due(
    session: Session,
    plan: Plan,
    output: Output,
    feeding: Sequence[MilestonePart],
    closing: Mapping[str, datetime | None],
    now: datetime,
    *,
    nightly: bool,
) -> DueOutput | None:
    last = newest_run(session, plan.id, output.id)
    state = session.get(OutputState, (plan.id, output.id))
    if state is not None and state.set_hash and goes_by_sums(state, definition_of(plan), output):
        return _due_by_count(state, feeding, closing, last, now, nightly=nightly)
    if not nightly and not _can_be_due(session, plan.id, output, feeding, closing, last, now):
        return None
    inputs = collect(session, plan, output, now)
    used = _used(session, last)
    words = inputs.coverage.words()
    for part in feeding:
        mine = [item for item in inputs.items if item.milestone == part.id]
        if _complete(mine) and _anything_new(mine, used):
            return DueOutput(output.id, "inputs-complete", part.id, part.confirm, words)
    for part in feeding:
        mine = [item for item in inputs.items if item.milestone == part.id]
        closed_at = closing.get(part.id)
        if mine and not _complete(mine) and between(None, closed_at, now):
            assert closed_at is not None
            if last is None or last.as_of < closed_at:
                return DueOutput(output.id, "window-closed", part.id, part.confirm, words)
    if nightly and _changed(output, inputs.items, used, last):
        return DueOutput(output.id, "nightly", coverage=words)
    return None


def _can_be_due(
    session: Session,
    plan_id: str,
    output: Output,
    feeding: Sequence[MilestonePart],
    closing: Mapping[str, datetime | None],
    last: ConsolidationRun | None,
    now: datetime,
) -> bool:
    """Whether the inputs are worth reading: a window closed since the last run, or nothing is open of some
    milestone. A year's output has a year's inputs, and this is asked after every decision."""
    closed_at = [closing.get(part.id) for part in feeding]
    after = last.as_of if last is not None else None
    if any(between(after, moment, now) for moment in closed_at):
        return True
    return any(not _any_open(session, plan_id, output, part.id) for part in feeding)


def _any_open(session: Session, plan_id: str, output: Output, milestone: str) -> bool:
    """Whether one of its inputs is neither accepted nor waived. Stops at the first."""
    still = (
        select(Obligation.id)
        .join(Milestone, col(Milestone.id) == Obligation.milestone_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(
            Obligation.plan_id == plan_id,
            Milestone.code == milestone,
            col(Deliverable.code).in_(output.inputs),
            col(Obligation.state).not_in(CLOSED),
        )
    )
    if periods := periods_read(output):
        still = still.where(col(Obligation.period).in_(periods))
    return session.exec(still.limit(1)).first() is not None


def _due_by_count(
    state: OutputState,
    feeding: Sequence[MilestonePart],
    closing: Mapping[str, datetime | None],
    last: ConsolidationRun | None,
    now: datetime,
    *,
    nightly: bool,
) -> DueOutput | None:
    """The same for an output with very many inputs: by the counts kept up, whatever their number."""
    new = last is None or last.set_hash != state.set_hash
    owed = state.owed - state.waived
    words = f"{state.accepted}/{owed}"
    complete = state.accepted == owed and state.accepted > 0
    for part in feeding:
        due_at = closing.get(part.id)
        closed = due_at is not None and due_at <= now and (last is None or last.as_of < due_at)
        if (complete and new) or (not complete and closed):
            trigger = "inputs-complete" if complete else "window-closed"
            return DueOutput(state.output, trigger, part.id, part.confirm, words)
    return DueOutput(state.output, "nightly", coverage=words) if nightly and new else None


def closing_times(
    session: Session, plan: Plan, outputs: Sequence[Output]
) -> dict[str, dict[str, datetime | None]]:
    """When each milestone closes for each of these outputs (UTC), as the plan says: at its own moment; for an
    output of one period with the last of that period's days. What became of one agency (more time, or a
    filing taken in before the plan was amended) moves nothing. One or two queries, however many outputs."""
    own = {row.code: row.due_at for row in milestone_rows(session, plan.id)}
    if not any(map(periods_read, outputs)):
        return {output.id: own for output in outputs}
    windows = _windows(session, plan)
    return {
        output.id: _of_period(windows, definition_of(plan), output) if periods_read(output) else own
        for output in outputs
    }


def _windows(session: Session, plan: Plan) -> WindowBook:
    definition = definition_of(plan)
    years = range(plan.issued_on.year, horizon(definition).year + 1)
    return WindowBook(definition, load_calendar(session, plan.id, *years))


def _of_period(
    windows: WindowBook, definition: PlanDefinition, output: Output
) -> dict[str, datetime | None]:
    periods = periods_read(output)
    ends: defaultdict[str, list[datetime]] = defaultdict(list)
    for part in definition.deliverables:
        if part.id in output.inputs:
            of_part = windows.of_deliverable(part)
            ends[part.milestone] += [
                one.due_at for key, _, one in of_part if one and key in periods
            ]
    return {milestone: max(moments, default=None) for milestone, moments in ends.items()}


def _used(session: Session, run: ConsolidationRun | None) -> dict[int, str]:
    if run is None:
        return {}
    return {row.obligation_id: row.content_hash for row in inputs_of_run(session, run)}


def _complete(items: Sequence[Input]) -> bool:
    """All accepted or waived, and something accepted among them."""
    closed = all(item.accepted or item.waived for item in items)
    return closed and any(item.accepted for item in items)


def _anything_new(items: Sequence[Input], used: dict[int, str]) -> bool:
    return any(item.content != used.get(item.obligation_id, "") for item in items)


def _changed(
    output: Output,
    items: Sequence[Input],
    used: dict[int, str],
    last: ConsolidationRun | None,
) -> bool:
    """Whether a draft of tonight would differ; a status note is of its day and always does."""
    if output.kind == "status-note":
        return True
    return _anything_new(items, used) or (last is None and any(item.accepted for item in items))


def awaiting(session: Session, plan: Plan, now: datetime) -> list[DueOutput]:
    """The outputs that wait for a person's word."""
    return [due for due in due_outputs(session, plan, now) if due.needs_word]


def between(after: datetime | None, instant: datetime | None, upto: datetime) -> bool:
    return instant is not None and instant <= upto and (after is None or instant > after)


def milestone_rows(session: Session, plan_id: str) -> Sequence[Milestone]:
    return session.exec(select(Milestone).where(Milestone.plan_id == plan_id)).all()
