"""Keeping up, change by change, which submissions an output is made from.

`RunInput` rows are spans of run numbers. The inputs of the next run are the spans still open; a change
closes one and opens another, from the next run's number on. `OutputState` keeps the counts and the
set's hash beside them, so that a change costs the change, not the number of agencies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Delete, delete, func, insert, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from consolidation.input_hash import WAIVED, changed_hash
from consolidation.inputs import Input, Inputs
from plan.definition.model import Output
from plan.definition.periodic import periods_read
from plan.models import (
    ConsolidationRun,
    Deliverable,
    Obligation,
    OutputState,
    Plan,
    RunInput,
)


@dataclass(frozen=True)
class Change:
    """Submissions that entered an output's inputs, and those that left them."""

    entered: tuple[int, ...] = ()
    left: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entered or self.left)


def state_of(session: Session, plan: Plan, output: Output) -> OutputState:
    """The output's state; a new one where there is none, or where the plan was changed since."""
    state = session.get(OutputState, (plan.id, output.id), with_for_update=True)
    state = state or _first_state(session, plan.id, output.id)
    if state.definition_hash != plan.definition_hash:
        state.definition_hash = plan.definition_hash
        state.owed = _owed(session, plan.id, output)
        state.rolled_up = False
        state.changes += 1
    return state


def _first_state(session: Session, plan_id: str, output: str) -> OutputState:
    try:
        with session.begin_nested():
            session.add(OutputState(plan_id=plan_id, output=output, definition_hash=""))
    except IntegrityError:
        pass  # another process was first; its row is as good
    return session.get_one(OutputState, (plan_id, output), with_for_update=True)


def _owed(session: Session, plan_id: str, output: Output) -> int:
    statement = (
        select(func.count())
        .select_from(Obligation)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(Obligation.plan_id == plan_id, col(Deliverable.code).in_(output.inputs))
    )
    if periods := periods_read(output):
        statement = statement.where(col(Obligation.period).in_(periods))
    return session.exec(statement).one()


def follow(session: Session, state: OutputState, inputs: Inputs) -> Change:
    """Bring the open spans in line with a whole list of inputs."""
    current = {row.obligation_id: row for row in open_spans(session, state)}
    wanted = {item.obligation_id: item for item in inputs.items if item.content}
    return _apply(session, state, current, wanted, current.keys() | wanted.keys())


def follow_some(session: Session, state: OutputState, items: Iterable[Input]) -> Change:
    """The same for a few obligations, named by `items` as they stand now."""
    found = {item.obligation_id: item for item in items}
    rows = open_spans(session, state, found)
    current = {row.obligation_id: row for row in rows}
    wanted = {key: item for key, item in found.items() if item.content}
    return _apply(session, state, current, wanted, found.keys())


def open_spans(
    session: Session, state: OutputState, only: Collection[int] | None = None
) -> list[RunInput]:
    """The inputs of the next run."""
    statement = select(RunInput).where(
        RunInput.plan_id == state.plan_id,
        RunInput.output == state.output,
        col(RunInput.last_run).is_(None),
    )
    if only is not None:
        statement = statement.where(col(RunInput.obligation_id).in_(only))
    return list(session.exec(statement))


def inputs_of_run(
    session: Session, run: ConsolidationRun, only: Collection[int] | None = None
) -> list[RunInput]:
    """What a run was made from, by obligation; `only`: just these, by row id."""
    statement = select(RunInput).where(
        RunInput.plan_id == run.plan_id,
        RunInput.output == run.output,
        RunInput.first_run <= run.number,
        or_(col(RunInput.last_run).is_(None), col(RunInput.last_run) >= run.number),
    )
    if only is not None:
        statement = statement.where(col(RunInput.obligation_id).in_(only))
    return list(session.exec(statement.order_by(col(RunInput.obligation))))


def _apply(
    session: Session,
    state: OutputState,
    current: Mapping[int, RunInput],
    wanted: Mapping[int, Input],
    touched: Collection[int],
) -> Change:
    changed = [key for key in touched if not _same(current.get(key), wanted.get(key))]
    old = [current[key] for key in changed if key in current]
    new = [wanted[key] for key in changed if key in wanted]
    _close(session, state, old)
    _open(session, state, new)
    state.set_hash = changed_hash(
        state.set_hash,
        ((row.obligation, row.content_hash) for row in old),
        ((item.obligation, item.content) for item in new),
    )
    _count(state, [row.content_hash for row in old], -1)
    _count(state, [item.content for item in new], +1)
    state.newest_at = _newest(state.newest_at, new)
    session.add(state)
    session.flush()
    return Change(
        entered=tuple(item.submission_id for item in new if item.submission_id is not None),
        left=tuple(row.submission_id for row in old if row.submission_id is not None),
    )


def _same(row: RunInput | None, item: Input | None) -> bool:
    if row is None or item is None:
        return row is None and item is None
    return row.content_hash == item.content and row.submission_id == item.submission_id


def _close(session: Session, state: OutputState, rows: Iterable[RunInput]) -> None:
    """A span that no run has used yet never was."""
    for row in rows:
        if row.first_run > state.last_number:
            session.execute(_removal(row))
            session.expunge(row)
        else:
            row.last_run = state.last_number
            session.add(row)
    session.flush()


def _removal(row: RunInput) -> Delete:
    return delete(RunInput).where(
        col(RunInput.plan_id) == row.plan_id,
        col(RunInput.output) == row.output,
        col(RunInput.obligation_id) == row.obligation_id,
        col(RunInput.first_run) == row.first_run,
    )


def _open(session: Session, state: OutputState, items: Collection[Input]) -> None:
    if not items:
        return
    rows = [
        {
            "plan_id": state.plan_id,
            "output": state.output,
            "obligation_id": item.obligation_id,
            "first_run": state.last_number + 1,
            "obligation": item.obligation,
            "submission_id": item.submission_id,
            "content_hash": item.content,
        }
        for item in items
    ]
    session.execute(insert(RunInput), rows)


def _count(state: OutputState, contents: Collection[str], sign: int) -> None:
    waived = sum(content == WAIVED for content in contents)
    state.waived += sign * waived
    state.accepted += sign * (len(contents) - waived)


def _newest(known: datetime | None, items: Iterable[Input]) -> datetime | None:
    moments = [item.decided_at for item in items if item.decided_at is not None]
    return max([*moments, known] if known else moments, default=None)
