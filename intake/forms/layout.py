"""Where everything stands in a blank workbook: computed once, before a cell is written. Pure.

Tables by rows put indicators down and periods across; tables by columns the other way round. Columns and
rows are counted from zero; column A and one row over each table's head are hidden and hold the keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from intake.workbook.template import SheetPlan, TablePlan, Template
from intake.workbook.xlsx import Place, column_letters
from plan.definition.appendices import ValueType

STT, LABEL, UNIT, FIRST_FIGURE = 1, 2, 3, 4
"""Columns of a table by rows; column 0 holds the keys."""
CONSTANT, PERIOD, FIRST_BY_COLUMNS = 1, 2, 3
"""Columns of a table by columns."""


@dataclass(frozen=True)
class Span:
    """Columns of one figure, both included; more than one are merged."""

    first: int
    last: int


@dataclass
class TableLayout:
    """One table's place. `rows`: by line (by rows) or by period (by columns); `columns` the other way."""

    plan: TablePlan
    key_row: int
    head_rows: tuple[int, ...]
    rows: dict[str, int]
    columns: dict[str, Span]
    note: Span | None
    unit: bool
    end: int
    """The first row below it."""

    def place(self, line: str, period: str) -> Place | None:
        """The cell of a figure."""
        row, column = (line, period) if self.plan.by_rows else (period, line)
        if row not in self.rows or column not in self.columns:
            return None
        return self.rows[row], self.columns[column].first


@dataclass
class SheetLayout:
    """One sheet's place."""

    sheet: SheetPlan
    tables: list[TableLayout] = field(default_factory=list)
    titles: int = 5
    """Rows above the first table: heading, title, subtitle, reference, who reports."""
    last_column: int = 0
    """The last printed one."""
    last_row: int = 0

    @property
    def side(self) -> int:
        """The first column of the block beside the form that is not printed."""
        return self.last_column + 2

    @property
    def starts(self) -> list[int]:
        """The first row of each table: its title, or its hidden row of keys."""
        return [table.key_row - (not table.plan.by_rows) for table in self.tables]

    def place(self, line: str, period: str) -> Place | None:
        return next((at for table in self.tables if (at := table.place(line, period))), None)


def lay_out(template: Template) -> dict[str, SheetLayout]:
    """Every sheet of the template, by name."""
    return {sheet.name: _lay_out(sheet) for sheet in template.sheets}


def _lay_out(sheet: SheetPlan) -> SheetLayout:
    layout = SheetLayout(sheet)
    row = layout.titles
    width = max((_width(table) for table in sheet.tables if not table.by_rows), default=0)
    for table in sheet.tables:
        placed = _by_rows(table, row) if table.by_rows else _by_columns(table, row, width)
        layout.tables.append(placed)
        row = placed.end + 1
    layout.last_column = max(_last_column(table) for table in layout.tables)
    layout.last_row = row
    return layout


def _last_column(table: TableLayout) -> int:
    spans = [*table.columns.values(), *([table.note] if table.note else [])]
    return max(span.last for span in spans)


def _by_rows(table: TablePlan, row: int) -> TableLayout:
    unit = any(line.indicator.unit for line in table.lines)
    first = FIRST_FIGURE if unit else UNIT
    columns = {period.key: Span(first + n, first + n) for n, period in enumerate(table.periods)}
    note = first + len(columns)
    head = row + 1
    # Another agency's percentage is printed, not taken apart: this one is not asked for its parts.
    printed = [line for line in table.lines if line.owed or not line.part]
    rows = {line.name: head + 1 + n for n, line in enumerate(printed)}
    return TableLayout(
        plan=table,
        key_row=row,
        head_rows=(head,),
        rows=rows,
        columns=columns,
        note=Span(note, note),
        unit=unit,
        end=head + 1 + len(rows),
    )


# --- by columns -----------------------------------------------------------------------------------


def _width(table: TablePlan) -> int:
    """Columns the figures of a table need, one each; free text is not a figure."""
    return sum(1 for line in table.lines if line.type is not ValueType.text)


def _by_columns(table: TablePlan, row: int, width: int) -> TableLayout:
    """Figures share the width of the sheet's widest table, so that all end at one edge."""
    figures = [line for line in table.lines if line.type is not ValueType.text]
    texts = [line for line in table.lines if line.type is ValueType.text]
    each = 1 if len(figures) > width // 2 else max(1, (width - len(texts) * 2) // len(figures))
    columns: dict[str, Span] = {}
    at = FIRST_BY_COLUMNS
    for line in figures:
        columns[line.name] = Span(at, at + each - 1)
        at += each
    note: Span | None = None
    edge = FIRST_BY_COLUMNS + width
    for line in texts:
        columns[line.name] = Span(at, edge)
        note = columns[line.name]
    if not texts:
        note = Span(edge, edge)
    grouped = any(line.indicator.group for line in table.lines)
    key_row = row + 1  # the title stands above it
    heads = (key_row + 1, key_row + 2) if grouped else (key_row + 1,)
    first = heads[-1] + 1
    rows = {period.key: first + n for n, period in enumerate(table.periods)}
    return TableLayout(
        plan=table,
        key_row=key_row,
        head_rows=heads,
        rows=rows,
        columns=columns,
        note=note,
        unit=False,
        end=first + len(rows),
    )


# --- names ----------------------------------------------------------------------------------------


def address(place: Place, *, fixed_row: bool = False, fixed_column: bool = False) -> str:
    """«E8», «$E8», «E$8»."""
    row, column = place
    column_mark, row_mark = "$" * fixed_column, "$" * fixed_row
    return f"{column_mark}{column_letters(column)}{row_mark}{row + 1}"
