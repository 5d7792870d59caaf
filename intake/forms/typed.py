"""A small appendix typed on the page: the same cells, notes and rules as the workbook's.

What was typed is written into the agency's own workbook and handed in as that file: there is one reader of
figures, and one place that judges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from intake.forms.workbook import build_workbook
from intake.workbook.cells import Taken, read_cell
from intake.workbook.template import NOTE, FigureLine, SheetPlan, template_for
from plan.definition.appendices import Period
from plan.definition.model import PlanDefinition
from plan.ledger.filing import ReadValue

FEW = 30
"""An appendix of fewer cells is typed on the page; of more, the workbook is the quicker way."""

Typed = Mapping[tuple[str, str], str]
"""(line, period) → what was typed; (indicator, `note`) → its note."""


@dataclass(frozen=True)
class TypedTable:
    """A table as the page asks for it: lines down, periods across."""

    title: str
    periods: tuple[Period, ...]
    lines: tuple[FigureLine, ...]

    def asks(self, line: FigureLine, period: Period) -> bool:
        return period.key not in line.indicator.not_applicable


def few_cells(definition: PlanDefinition, agency: str, deliverable: str) -> list[TypedTable]:
    """The tables `deliverable` asks this agency for, where they have fewer than `FEW` cells; else none."""
    sheets = template_for(definition, agency).sheets
    sheet = next((one for one in sheets if one.deliverable == deliverable), None)
    tables = _tables(sheet) if sheet else []
    cells = sum(
        table.asks(line, period)
        for table in tables
        for line in table.lines
        for period in table.periods
    )
    return tables if 0 < cells < FEW else []


def _tables(sheet: SheetPlan) -> list[TypedTable]:
    found = []
    for table in sheet.tables:
        lines = tuple(line for line in table.lines if line.fills and not _works_itself_out(line))
        if lines:
            found.append(TypedTable(table.table.title, table.periods, lines))
    return found


def _works_itself_out(line: FigureLine) -> bool:
    """A percentage whose two parts are asked for: the workbook computes it."""
    ratio = line.indicator.ratio
    return line.asks_parts and ratio is not None and ratio.required


def typed_workbook(
    definition: PlanDefinition,
    agency: str,
    typed: Typed,
    *,
    on: date,
    deadlines: Mapping[str, str],
) -> bytes:
    """The agency's workbook with what was typed in it. `on`, `deadlines`: as of `build_workbook`."""
    lines = template_for(definition, agency).lines
    values = {
        (name, period): _value(lines.get(name), name, period, text)
        for (name, period), text in typed.items()
        if text.strip()
    }
    return build_workbook(definition, agency, on=on, deadlines=deadlines, prefill=values)


def _value(line: FigureLine | None, name: str, period: str, text: str) -> ReadValue:
    """A number where the text is one and nothing else; what is in doubt is left to the reader of the file."""
    read = read_cell(text, line) if line is not None and period != NOTE else None
    if isinstance(read, Taken) and read.number is not None and read.remark is None:
        return ReadValue(name, period, number=read.number)
    return ReadValue(name, period, text=text)
