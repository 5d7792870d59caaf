"""Figures that are well formed and absurd: all zero, or a thousandth of their neighbours. Pure.

«12.000» typed into a program set to English is 12; a form filled with zeros to be rid of it passes every
rule. One general check for every row of counts, beside the plan's own rules: a
warning, which the writer explains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from statistics import median

from intake.files.findings import fault
from intake.workbook.template import FigureLine, SheetPlan
from plan.definition.appendices import PeriodKind, ValueType
from plan.ledger.filing import FoundFault
from plan.text import number_words

Key = tuple[str, str]
Known = Mapping[Key, float | str | None]
Places = Mapping[Key, tuple[str, str]]

APART = 100
"""Times larger or smaller than the row's other figures."""
_LARGE = 1_000
"""Below this, figures of one row may well be so far apart."""
_STANDING = 100
"""What stood at so much in every other period is seldom nothing in one."""
_FEWEST = 2
"""Other figures a row must have to say what is usual."""
_FEWEST_ZEROS = 12
"""Fewer cells may well be zero together."""


def implausible(
    sheets: Sequence[SheetPlan], known: Known, places: Places, told: Collection[Key]
) -> Iterator[FoundFault]:
    """A warning for each sheet of zeros and each figure far off its row. `told`: cells a rule of the plan
    has spoken of already. Walks each row once: a million figures cost a million steps."""
    for sheet in sheets:
        lines = [line for line in sheet.lines() if line.fills and line.type is ValueType.count]
        rows = {line.name: _row(sheet, line, known) for line in lines}
        figures = [number for row in rows.values() for number in row.values()]
        if len(figures) >= _FEWEST_ZEROS and not any(figures):
            page = next((place[0] for key, place in places.items() if key[0] in rows), sheet.name)
            yield fault("sheet.all_zero", sheet=page, appendix=sheet.appendix.heading)
            continue
        for line in lines:
            yield from _odd_ones(line, rows[line.name], places, told)


def _row(sheet: SheetPlan, line: FigureLine, known: Known) -> dict[str, float]:
    table = next(one for one in sheet.tables if line in one.lines)
    found = {period.key: known.get((line.name, period.key)) for period in table.periods}
    return {key: number for key, number in found.items() if isinstance(number, int | float)}


def _odd_ones(
    line: FigureLine, row: Mapping[str, float], places: Places, told: Collection[Key]
) -> Iterator[FoundFault]:
    for period, number in row.items():
        key = (line.name, period)
        others = [other for place, other in row.items() if place != period and other > 0]
        if key in told or len(others) < _FEWEST or not _odd(line, number, others):
            continue
        sheet, cell = places.get(key, ("", ""))
        yield fault(
            "value.magnitude",
            sheet=sheet,
            cell=cell,
            indicator=line.name,
            period=period,
            read=number_words(number),
            usual=number_words(median(others), 0),
        )


def _odd(line: FigureLine, number: float, others: Sequence[float]) -> bool:
    usual = median(others)
    if number == 0:
        stands = line.indicator.period_kind is not PeriodKind.flow
        return stands and min(others) >= _STANDING
    return max(number, usual) >= _LARGE and max(number / usual, usual / number) >= APART
