"""Sums over the inputs of an output that very many agencies hand in, kept up change by change.

Built once by the database (`consolidation.rollup_sql`), then moved on by what each submission adds or
takes away: a run after one more submission costs that submission, not the number of agencies.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, update
from sqlalchemy import select as columns
from sqlmodel import Session, col

from consolidation.figures.gather import (
    Cell,
    StoredValue,
    appendix_of,
    contributions_of,
    stored_values,
)
from consolidation.figures.merge import Source, Totals, totals
from consolidation.figures.rows import OutputRows
from consolidation.input_spans import Change
from consolidation.rollup_sql import member_of
from plan.definition.model import PlanDefinition
from plan.models import (
    Agency,
    Deliverable,
    Obligation,
    OutputState,
    RollupCell,
    RunInput,
    Submission,
    Value,
)

NOTHING = Totals()
_CELL = tuple(col(getattr(RollupCell, name)) for name in RollupCell.model_fields)


def keep(session: Session, state: OutputState, sums: Mapping[Cell, Totals]) -> None:
    """Keep sums just worked out over the open spans, in place of any others."""
    session.execute(delete(RollupCell).where(_mine(state)))
    if sums:
        session.execute(insert(RollupCell), [_row(state, cell, of) for cell, of in sums.items()])
    state.rolled_up = True
    session.add(state)


def open_sums(session: Session, state: OutputState) -> dict[Cell, Totals]:
    """The sums over the open spans."""
    rows = session.execute(columns(*_CELL).where(_mine(state)))
    return {(row.indicator, row.period): _totals(row) for row in rows}


def move(
    session: Session,
    definition: PlanDefinition,
    state: OutputState,
    book: OutputRows,
    change: Change,
) -> None:
    """Add what entered, take away what left. The open spans already say so."""
    if not state.rolled_up or not change:
        return
    before = open_sums(session, state)
    after = dict(before)
    for submission_ids, sign in ((change.left, -1), (change.entered, +1)):
        for cell, part in _parts(session, definition, book, submission_ids):
            known = after.get(cell, NOTHING)
            after[cell] = known + part if sign > 0 else known - part
    changed = {cell: of for cell, of in after.items() if of != before.get(cell)}
    changed |= _tops(
        session, state, [c for c, of in changed.items() if math.isnan(of.top)], changed
    )
    _write(session, state, changed, before)


def _parts(
    session: Session, definition: PlanDefinition, book: OutputRows, submission_ids: Collection[int]
) -> list[tuple[Cell, Totals]]:
    """What each of these submissions brings to each cell."""
    raws: dict[int, list[StoredValue]] = {key: [] for key in submission_ids}
    for raw in stored_values(session, submission_ids):
        raws[raw.submission_id].append(raw)
    appendices = appendix_of(definition)
    found: list[tuple[Cell, Totals]] = []
    for key, agency, deliverable in _whose(session, submission_ids):
        base, appendix = Source(submission_id=key), appendices.get(deliverable, "")
        for cell, one in contributions_of(book, appendix, agency, base, raws[key]).items():
            row = book.rows[cell[0]]
            if not row.owner:
                found.append((cell, totals(row.indicator, [one])))
    return found


def _whose(session: Session, submission_ids: Collection[int]) -> list[tuple[int, str, str]]:
    statement = (
        columns(col(Submission.id), col(Agency.code), col(Deliverable.code))
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(col(Submission.id).in_(submission_ids))
    )
    return [(key, agency, deliverable) for key, agency, deliverable in session.execute(statement)]


def _tops(
    session: Session,
    state: OutputState,
    cells: Collection[Cell],
    changed: Mapping[Cell, Totals],
) -> dict[Cell, Totals]:
    """The largest figure left, where the one that held it was taken away."""
    found = {}
    for name, period in cells:
        top = session.execute(
            columns(func.max(col(Value.number)))
            .join(RunInput, col(RunInput.submission_id) == Value.submission_id)
            .where(member_of(state), col(Value.indicator) == name, col(Value.period) == period)
        ).scalar()
        found[name, period] = replace(
            changed[name, period], top=-math.inf if top is None else float(top)
        )
    return found


def _mine(state: OutputState) -> ColumnElement[bool]:
    return and_(col(RollupCell.plan_id) == state.plan_id, col(RollupCell.output) == state.output)


def _row(state: OutputState, cell: Cell, of: Totals) -> dict[str, object]:
    return {
        **asdict(of),
        "plan_id": state.plan_id,
        "output": state.output,
        "indicator": cell[0],
        "period": cell[1],
        "total": str(of.total),
        "numerator": str(of.numerator),
        "denominator": str(of.denominator),
        "top": None if of.top == -math.inf else of.top,
    }


def _totals(row: Row[Any]) -> Totals:
    return Totals(
        numbers=row.numbers,
        total=int(row.total),
        top=-math.inf if row.top is None else row.top,
        yes=row.yes,
        pairs=row.pairs,
        numerator=int(row.numerator),
        denominator=int(row.denominator),
        texts=row.texts,
        not_applicable=row.not_applicable,
    )


def _write(
    session: Session,
    state: OutputState,
    changed: Mapping[Cell, Totals],
    before: Mapping[Cell, Totals],
) -> None:
    fresh = [_row(state, cell, of) for cell, of in changed.items() if cell not in before]
    moved = [_row(state, cell, of) for cell, of in changed.items() if cell in before]
    if fresh:
        session.execute(insert(RollupCell), fresh)
    if moved:
        session.execute(update(RollupCell), moved)  # by primary key, in one batch
