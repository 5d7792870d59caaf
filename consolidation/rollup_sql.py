"""The sums of a very large output, worked out by the database: one pass over the values.

Gives exactly what folding every contribution would give (`consolidation.figures.merge.totals`), without
bringing the contributions to this process.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, case, cast, func, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from consolidation.figures.gather import Cell
from consolidation.figures.merge import MICRO, Totals, micro
from consolidation.figures.rows import OutputRows
from plan.models import OutputState, RunInput, Value

_EXACT = 2**53
"""From here on a float no longer holds every whole number."""


def add_up(
    session: Session, state: OutputState, book: OutputRows, number: int | None = None
) -> dict[Cell, Totals]:
    """The sums of every shared row over the inputs of run `number` (none: of the next run)."""
    member = member_of(state, number)
    shared = {row.name for row in book.shared}
    sums, inexact = _plain_sums(session, member, shared)
    sums |= _exact_sums(session, member, sums, inexact)
    ratios = {f"{row.name}#n" for row in book.shared if row.indicator.ratio is not None}
    sums |= _ratio_sums(session, member, sums, ratios)
    for row in book.shared:
        if row.indicator.weight:
            sums |= _weighted_sums(session, member, sums, row.name, row.indicator.weight)
    return sums


def member_of(state: OutputState, number: int | None = None) -> ColumnElement[bool]:
    """Whether a `RunInput` span belongs to that run (none: to the next one)."""
    mine = and_(col(RunInput.plan_id) == state.plan_id, col(RunInput.output) == state.output)
    if number is None:
        return and_(mine, col(RunInput.last_run).is_(None))
    ended = or_(col(RunInput.last_run).is_(None), col(RunInput.last_run) >= number)
    return and_(mine, col(RunInput.first_run) <= number, ended)


def _plain_sums(
    session: Session, member: ColumnElement[bool], shared: Collection[str]
) -> tuple[dict[Cell, Totals], set[Cell]]:
    """Counts, sums, largest figures in one pass; and the cells whose sum a float may not hold."""
    number = col(Value.number)
    statement = (
        columns(
            col(Value.indicator),
            col(Value.period),
            func.count(number),
            func.sum(number),
            func.max(number),
            func.sum(case((number > 0, 1), else_=0)),
            func.sum(case((number != func.round(number), 1), else_=0)),
            func.count(col(Value.text)),
            func.sum(cast(col(Value.not_applicable), Integer)),
        )
        .join(RunInput, col(RunInput.submission_id) == Value.submission_id)
        .where(member)
        .group_by(col(Value.indicator), col(Value.period))
    )
    sums: dict[Cell, Totals] = {}
    inexact: set[Cell] = set()
    for name, period, count, total, top, yes, broken, texts, none in session.execute(statement):
        if name not in shared:
            continue
        if broken or abs(total or 0) >= _EXACT:
            inexact.add((name, period))
        sums[name, period] = Totals(
            numbers=count,
            total=int(total or 0) * MICRO,
            top=-math.inf if top is None else top,
            yes=int(yes),
            texts=texts - int(none),
            not_applicable=int(none),
        )
    return sums, inexact


def _exact_sums(
    session: Session,
    member: ColumnElement[bool],
    sums: Mapping[Cell, Totals],
    inexact: Collection[Cell],
) -> dict[Cell, Totals]:
    """Sums of figures with decimals, or very large, in whole millionths."""
    if not inexact:
        return {}
    number = col(Value.number)
    statement = (
        columns(col(Value.indicator), col(Value.period), *_micro_sums(number))
        .join(RunInput, col(RunInput.submission_id) == Value.submission_id)
        .where(member, col(Value.indicator).in_({name for name, _ in inexact}), number.is_not(None))
        .group_by(col(Value.indicator), col(Value.period))
    )
    return {
        (name, period): replace(sums[name, period], total=_millionths(wholes, rests))
        for name, period, wholes, rests in session.execute(statement)
        if (name, period) in inexact
    }


def _micro_sums(number: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Σ of the whole parts and Σ of the millionths: neither overflows where their product would."""
    whole = func.floor(number)
    rest = func.round((number - whole) * MICRO)
    return func.sum(cast(whole, BigInteger)), func.sum(cast(rest, BigInteger))


def _millionths(wholes: Any, rests: Any) -> int:
    return int(wholes or 0) * MICRO + int(rests or 0)


def _ratio_sums(
    session: Session,
    member: ColumnElement[bool],
    sums: Mapping[Cell, Totals],
    numerators: Collection[str],
) -> dict[Cell, Totals]:
    """Numerators and denominators, only of those that handed in both."""
    if not numerators:
        return {}
    above, below, percent = aliased(Value), aliased(Value), aliased(Value)
    statement = (
        columns(
            col(above.indicator),
            col(above.period),
            func.count(),
            func.count(col(percent.number)),
            *_micro_sums(col(above.number)),
            *_micro_sums(col(below.number)),
        )
        .join(RunInput, col(RunInput.submission_id) == above.submission_id)
        .join(below, _beside(above, below, "#d"))
        .outerjoin(percent, _beside(above, percent, ""))
        .where(
            member,
            col(above.indicator).in_(numerators),
            col(above.number).is_not(None),
            col(below.number).is_not(None),
            func.coalesce(col(percent.not_applicable), False).is_(False),
        )
        .group_by(col(above.indicator), col(above.period))
    )
    found: dict[Cell, Totals] = {}
    for name, period, pairs, with_percent, *parts in session.execute(statement):
        cell = (name.removesuffix("#n"), period)
        known = sums.get(cell, Totals())
        found[cell] = replace(
            known,
            numbers=known.numbers + pairs - with_percent,
            pairs=pairs,
            numerator=_millionths(*parts[:2]),
            denominator=_millionths(*parts[2:]),
        )
    return found


def _beside(above: Any, other: Any, suffix: str) -> ColumnElement[bool]:
    """The value of the same submission and period whose name ends otherwise."""
    return and_(
        col(other.submission_id) == above.submission_id,
        col(other.indicator) == func.replace(col(above.indicator), "#n", suffix),
        col(other.period) == above.period,
    )


def _weighted_sums(
    session: Session,
    member: ColumnElement[bool],
    sums: Mapping[Cell, Totals],
    name: str,
    weight: str,
) -> dict[Cell, Totals]:
    """Σ percentage × weight and Σ weight. Multiplied here: the product outgrows 64 bits."""
    figure, scale = aliased(Value), aliased(Value)
    statement = (
        columns(col(figure.period), col(figure.number), col(scale.number))
        .join(RunInput, col(RunInput.submission_id) == figure.submission_id)
        .join(
            scale,
            and_(
                col(scale.submission_id) == figure.submission_id,
                col(scale.indicator) == weight,
                col(scale.period) == figure.period,
            ),
        )
        .where(
            member,
            col(figure.indicator) == name,
            col(figure.number).is_not(None),
            col(scale.number).is_not(None),
        )
    )
    folded: dict[str, list[int]] = {}
    for period, percent, of in session.execute(statement):
        part, below = folded.setdefault(period, [0, 0, 0]), micro(of)
        part[0] += 1
        part[1] += micro(percent) * below
        part[2] += below
    return {
        (name, period): replace(
            sums.get((name, period), Totals()), pairs=pairs, numerator=above, denominator=below
        )
        for period, (pairs, above, below) in folded.items()
    }
