"""Writes one table by columns (Phụ lục 4): periods down, indicators across, groups over them."""

from __future__ import annotations

from itertools import groupby

from intake.forms.layout import CONSTANT, FIRST_BY_COLUMNS, PERIOD, Span, TableLayout
from intake.forms.style import lines_of, row_height
from intake.forms.writer import Pen
from intake.workbook.cells import safe_cell_text
from intake.workbook.template import COLUMN_MARK, NOTE, ROW_MARK, TABLE_MARK, Line
from plan.definition.model import Period, ValueType

_CONSTANT, _PERIOD, _FIGURE, _NOTE = 11.0, 24.0, 9.6, 22.0


def widths(edge: int) -> dict[int, float]:
    """Characters by column; `edge` is the sheet's last printed one, where the note stands."""
    found = {0: 3.0, CONSTANT: _CONSTANT, PERIOD: _PERIOD}
    found.update(dict.fromkeys(range(FIRST_BY_COLUMNS, edge), _FIGURE))
    return {**found, edge: _NOTE}


def write_columns(pen: Pen, table: TableLayout, edge: int) -> None:
    """Title, key row, head, every period."""
    pen.text(table.key_row - 1, CONSTANT, table.plan.table.title, "table_title")
    pen.high(table.key_row - 1, 24)
    _keys(pen, table)
    _head(pen, table, widths(edge))
    _periods(pen, table, widths(edge))


def _keys(pen: Pen, table: TableLayout) -> None:
    row = table.key_row
    pen.key(row, 0, f"{TABLE_MARK}{table.plan.name}")
    pen.key(row, PERIOD, f"{COLUMN_MARK}label")
    for name, span in table.columns.items():
        pen.key(row, span.first, f"{COLUMN_MARK}{name}")
    if table.note is not None and table.note not in table.columns.values():
        pen.key(row, table.note.first, f"{COLUMN_MARK}{NOTE}")
    pen.hide(row)


def _head(pen: Pen, table: TableLayout, room: dict[int, float]) -> None:
    first, last = table.head_rows[0], table.head_rows[-1]
    heads = [*table.plan.table.heads, "", ""][:2]
    for column, text in ((CONSTANT, heads[0]), (PERIOD, heads[1])):
        _block(pen, first, last, Span(column, column), text, "head")
    if first != last:
        for group, members in groupby(table.plan.lines, key=lambda line: line.indicator.group):
            spans = [table.columns[line.name] for line in members]
            if group:
                _block(pen, first, first, Span(spans[0].first, spans[-1].last), group, "head")
    tallest = 2
    for line in table.plan.lines:
        span = table.columns[line.name]
        top = last if line.indicator.group else first
        _block(pen, top, last, span, line.label, "head")
        width = sum(room[column] for column in range(span.first, span.last + 1))
        tallest = max(tallest, lines_of(line.label, width * 0.78))
    if table.note is not None and table.note not in table.columns.values():
        _block(pen, first, last, table.note, "Ghi chú", "head")
    pen.high(last, row_height(tallest))


def _block(pen: Pen, top: int, bottom: int, span: Span, text: str, style: str) -> None:
    """A text over one cell or over several merged."""
    if (top, span.first) == (bottom, span.last):
        pen.text(top, span.first, text, style)
    else:
        pen.sheet.merge_range(top, span.first, bottom, span.last, text, pen.styles[style])


def _periods(pen: Pen, table: TableLayout, room: dict[int, float]) -> None:
    rows = list(table.rows.values())
    constant = Span(CONSTANT, CONSTANT)
    _block(pen, rows[0], rows[-1], constant, table.plan.table.constant, "unit")
    for period in table.plan.periods:
        row = table.rows[period.key]
        pen.key(row, 0, f"{ROW_MARK}{period.key}")
        pen.text(row, PERIOD, period.label, "label")
        lines = max(2, lines_of(period.label, _PERIOD * 0.9), _noted(pen, table, period, room))
        pen.high(row, row_height(lines))
        for line in table.plan.lines:
            _cell(pen, table, line, period)
        if table.note is not None and table.note not in table.columns.values():
            _note(pen, table, period)


def _noted(pen: Pen, table: TableLayout, period: Period, room: dict[int, float]) -> int:
    """Lines of what is noted already beside a period."""
    if table.note is None:
        return 0
    inside = (name for name, span in table.columns.items() if span == table.note)
    known = pen.prefill.get((next(inside, _beside(table)), period.key))
    width = sum(room[column] for column in range(table.note.first, table.note.last + 1))
    return lines_of(known.text or "", width) if known else 0


def _beside(table: TableLayout) -> str:
    """Under which name a table's note is told that has no column of its own."""
    return table.plan.name.partition(".")[0]


def _cell(pen: Pen, table: TableLayout, line: Line, period: Period) -> None:
    row, span = table.rows[period.key], table.columns[line.name]
    style = "note" if line.type is ValueType.text else "count"
    owed = line.owed or (line.type is ValueType.text and any(one.owed for one in table.plan.lines))
    if span.first != span.last:
        pen.sheet.merge_range(
            row, span.first, row, span.last, "", pen.styles[style if owed else "off"]
        )
    if not owed:
        pen.text(row, span.first, "", "off")
    elif period.key in line.indicator.not_applicable:
        pen.impossible(row, span.first, line.indicator.not_applicable[period.key])
    else:
        pen.figure((row, span.first), line, period.key)


def _note(pen: Pen, table: TableLayout, period: Period) -> None:
    assert table.note is not None
    known = pen.prefill.get((_beside(table), period.key))
    pen.text(
        table.rows[period.key],
        table.note.first,
        safe_cell_text(known.text or "") if known else "",
        "note",
    )
