"""What an agency's units handed in, put together as the agency itself would fill it in.

The sums, the largest, the ratios are made as any output's; what cannot be made of several stays blank for the
agency to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from consolidation.coverage import Coverage
from consolidation.figures.merge import Merged
from consolidation.inputs import collect
from consolidation.outputs.material import read_material
from intake.workbook.template import NOTE
from plan.handdown.definition import MERGED
from plan.ledger.filing import ReadValue
from plan.models import Plan
from plan.queries.definitions import definition_of

Prefill = dict[tuple[str, str], ReadValue]


def merged_figures(session: Session, inner: Plan, as_of: datetime) -> tuple[Prefill, Coverage]:
    """The cells for the agency's own workbook, by (indicator, period), from what it has accepted of its units
    as of `as_of` (UTC); and how many of them are in. Costs the values handed in."""
    definition = definition_of(inner)
    output = next(one for one in definition.outputs if one.id == MERGED)
    inputs = collect(session, inner, output, as_of)
    material = read_material(session, definition, inputs)
    found: Prefill = {}
    for (row, period), cell in material.figures.cells.items():
        found |= {(value.indicator, period): value for value in _values(row, period, cell)}
    for row, words in material.notes.items():
        found[row, NOTE] = ReadValue(row, NOTE, text=words)
    return found, inputs.coverage


def _values(row: str, period: str, cell: Merged) -> Iterator[ReadValue]:
    """The figure; of a percentage its two parts, out of which the workbook works it out."""
    if cell.numerator is not None and cell.denominator is not None:
        yield ReadValue(f"{row}#n", period, number=float(cell.numerator))
        yield ReadValue(f"{row}#d", period, number=float(cell.denominator))
    if isinstance(cell.value, str):
        yield ReadValue(row, period, text=cell.value)
    elif cell.value is not None:
        yield ReadValue(row, period, number=float(cell.value))
