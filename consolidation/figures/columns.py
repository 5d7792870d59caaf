"""Figures of several periods made one: a quarter of its months, the year so far, the year before beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice

from sqlmodel import Session

from consolidation.figures.gather import Cell, Figures, gather_figures
from consolidation.figures.merge import Merged, Totals, plain, settle, totals
from consolidation.figures.periods import columns_of, period_called
from consolidation.figures.rows import IndicatorRow, OutputRows, in_periods
from consolidation.inputs import Input, Inputs
from plan.dates import year_before
from plan.definition.appendices import Aggregate, PeriodKind, ValueType
from plan.definition.model import Output, PlanDefinition
from plan.definition.periodic import output_parts
from plan.text import join_names, number_words, period_words

MOST_LACKING = 3
ADDED, LAST = "cộng các kỳ", "số của kỳ cuối"


_Numbers = Sequence[Merged]
_Made = tuple[float | int | None, str]
"""value, why there is none"""


def over_time(row: IndicatorRow, cells: Mapping[str, Merged]) -> Merged:
    """A row's figures of several periods, in order, made one: what happened is added up, what stood so is as
    it stood last. `cells` by period key. Periods without a figure are named in the note."""
    filled = [cell for cell in cells.values() if cell.value is not None]
    if not filled:
        return Merged(None, "")
    lacking = tuple(key for key, cell in cells.items() if cell.value is None)
    named = join_names([period_words(key) for key in lacking], MOST_LACKING, "kỳ")
    note = f"Chưa có số của {named}." if lacking else ""
    indicator = row.indicator
    if indicator.period_kind is not PeriodKind.flow or indicator.type in _SAID:
        return replace(filled[-1], rule=LAST, count=0, contributions=(), note=note, lacking=lacking)
    if len(cells) == 1:
        return replace(filled[0], count=0, contributions=())
    is_share = indicator.type is ValueType.percent
    value, why_not = (_share if is_share else _ADDING[indicator.aggregate])(filled)
    made = Merged(value, ADDED, why_not=why_not, note=note, lacking=lacking)
    if is_share and value is not None:
        made.numerator, made.denominator = (plain(part) for part in _parts(filled))
    return made


_SAID = frozenset({ValueType.text, ValueType.choice, ValueType.flag})


def _added(cells: _Numbers) -> _Made:
    numbers = [Fraction(str(cell.value)) for cell in cells if isinstance(cell.value, int | float)]
    return plain(sum(numbers, Fraction())), ""


def _largest(cells: _Numbers) -> _Made:
    return max(cell.value for cell in cells if isinstance(cell.value, int | float)), ""


def _uncounted(_cells: _Numbers) -> _Made:
    return None, "Số cơ quan không cộng qua các kỳ: một cơ quan có thể có mặt ở nhiều kỳ."


def _untold(_cells: _Numbers) -> _Made:
    return None, "Chỉ tiêu này không cộng qua các kỳ."


def _share(cells: _Numbers) -> _Made:
    if any(cell.denominator is None or cell.numerator is None for cell in cells):
        return None, "Tỷ lệ không cộng qua các kỳ khi không biết đủ tử số và mẫu số."
    above, below = _parts(cells)
    if not below:
        return None, "Tổng mẫu số bằng 0."
    return plain(above * 100 / below), ""


def _parts(cells: _Numbers) -> tuple[Fraction, Fraction]:
    return (
        sum((Fraction(str(cell.numerator)) for cell in cells), Fraction()),
        sum((Fraction(str(cell.denominator)) for cell in cells), Fraction()),
    )


_ADDING: Mapping[Aggregate, Callable[[_Numbers], _Made]] = {
    Aggregate.sum: _added,
    Aggregate.single: _added,
    Aggregate.max: _largest,
    Aggregate.count_yes: _uncounted,
    Aggregate.never: _untold,
    Aggregate.ratio: _untold,
}


# --- the columns filled in ---------------------------------------------------------------------


def with_columns(
    session: Session, definition: PlanDefinition, figures: Figures, inputs: Inputs
) -> Figures:
    """The figures of an output of one period with the columns that are worked out; any other's as they are.

    Costs the values of the earlier periods, taken in by `BATCH` submissions at a time.
    """
    columns = columns_of(definition, inputs.output)
    if not columns.made:
        return figures
    cells = dict(figures.cells)
    known = _earlier(session, definition, figures.book, columns.earlier, inputs.earlier)
    known |= {cell: made for cell, made in cells.items() if cell[1] in columns.own_keys}
    for row in figures.book.rows.values():
        for column in columns.made if row.fillable else ():
            parts = {key: known.get((row.name, key), Merged(None, "")) for key in column.of}
            cells[row.name, column.period.key] = over_time(row, parts)
        _compare(cells, row, inputs.output)
    return replace(figures, cells=cells)


def _compare(cells: dict[Cell, Merged], row: IndicatorRow, output: Output) -> None:
    """The year before says how far the period is from it."""
    period = output_parts(output.id)[1]
    now, before = (cells.get((row.name, key)) for key in (period, year_before(period)))
    if now is None or before is None:
        return
    if words := change_words(now, before, share=row.indicator.type is ValueType.percent):
        said = f"{words[:1].upper()}{words[1:]} so với {period_words(year_before(period))}."
        before.note = " ".join(part for part in (said, before.note) if part)


BATCH = 500


def _earlier(
    session: Session,
    definition: PlanDefinition,
    book: OutputRows,
    periods: Sequence[str],
    inputs: Sequence[Inputs],
) -> dict[Cell, Merged]:
    there = in_periods(book, [period_called(key, key) for key in periods])
    sums: dict[Cell, Totals] = {}
    items: Iterator[Input] = (item for one in inputs for item in one.accepted)
    while some := list(islice(items, BATCH)):
        for cell, made in gather_figures(session, definition, there, some).cells.items():
            if made.contributions:
                part = totals(there.rows[cell[0]].indicator, made.contributions)
                sums[cell] = sums.get(cell, Totals()) + part
    return {cell: settle(there.rows[cell[0]].indicator, part) for cell, part in sums.items()}


def change_words(now: Merged, before: Merged, *, share: bool) -> str:
    """«tăng 12,5%», «giảm 3 điểm phần trăm», «không đổi»; empty where one of the two is not known whole."""
    if not isinstance(now.value, int | float) or not isinstance(before.value, int | float):
        return ""
    if now.lacking or before.lacking:
        return ""
    change = now.value - before.value
    if not share:
        if not before.value:
            return ""
        change = 100 * change / before.value
    if not round(change, 1):
        return "không đổi"
    unit = " điểm phần trăm" if share else "%"
    return f"{'tăng' if change > 0 else 'giảm'} {number_words(round(abs(change), 1))}{unit}"
