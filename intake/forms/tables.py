"""Writes one table by rows: indicators down, periods across, with the hidden keys beside it."""

from __future__ import annotations

from itertools import groupby

from intake.forms.layout import (
    CONSTANT,
    FIRST_BY_COLUMNS,
    LABEL,
    PERIOD,
    STT,
    UNIT,
    Span,
    TableLayout,
    address,
)
from intake.forms.style import lines_of, row_height
from intake.forms.writer import Pen
from intake.workbook.cells import safe_cell_text
from intake.workbook.template import COLUMN_MARK, NOTE, ROW_MARK, TABLE_MARK, FigureLine
from intake.workbook.xlsx import Place
from plan.definition.appendices import Period, ValueType

_WIDTHS = {"stt": 5.5, "label": 50.0, "unit": 12.5, "figure": 10.7, "note": 26.0}
_FEW_PERIODS = {"label": 84.0, "figure": 22.0, "note": 34.0}
"""A table with one or two periods gives its labels the room."""


def widths(table: TableLayout) -> dict[int, float]:
    """Characters by column."""
    sizes = {**_WIDTHS, **(_FEW_PERIODS if len(table.plan.periods) < 3 else {})}
    found = {0: 3.0, STT: sizes["stt"], LABEL: sizes["label"]}
    if table.unit:
        found[UNIT] = sizes["unit"]
    for span in table.columns.values():
        found[span.first] = sizes["figure"]
    if table.note is not None:
        found[table.note.first] = sizes["note"]
    return found


def write_rows(pen: Pen, table: TableLayout) -> None:
    """Key row, head, every line."""
    _keys(pen, table)
    _head(pen, table)
    room = widths(table)
    for line in table.plan.lines:
        if line.name in table.rows:
            _line(pen, table, line, room)


def _keys(pen: Pen, table: TableLayout) -> None:
    row = table.key_row
    pen.key(row, 0, f"{TABLE_MARK}{table.plan.name}")
    for name, column in (("stt", STT), ("label", LABEL), ("unit", UNIT)):
        if name != "unit" or table.unit:
            pen.key(row, column, f"{COLUMN_MARK}{name}")
    for period, span in table.columns.items():
        pen.key(row, span.first, f"{COLUMN_MARK}{period}")
    if table.note is not None:
        pen.key(row, table.note.first, f"{COLUMN_MARK}{NOTE}")
    pen.hide(row)


def _head(pen: Pen, table: TableLayout) -> None:
    row = table.head_rows[0]
    heads = [*table.plan.table.heads, "", ""][:2]
    pen.text(row, STT, heads[0], "head")
    pen.text(row, LABEL, heads[1], "head")
    if table.unit:
        pen.text(row, UNIT, "Đơn vị tính", "head")
    for period in table.plan.periods:
        pen.text(row, table.columns[period.key].first, period.label, "head")
    if table.note is not None:
        pen.text(row, table.note.first, "Ghi chú", "head")
    room = widths(table)
    tallest = max(
        lines_of(one.label, room[table.columns[one.key].first] * 0.85) for one in table.plan.periods
    )
    pen.high(row, row_height(max(tallest, 2)))


def _line(pen: Pen, table: TableLayout, line: FigureLine, room: dict[int, float]) -> None:
    row = table.rows[line.name]
    pen.key(row, 0, f"{ROW_MARK}{line.name}")
    _words(pen, table, line, row)
    for period in table.plan.periods:
        _figure(pen, table, line, period)
    note = _note(pen, table, line, row)
    label_room = room[LABEL] * (
        1.15 if line.part else 0.94 if line.indicator.parent is None else 1.08
    )
    lines = max(
        lines_of(line.label, label_room),
        lines_of(note, room[table.note.first] * 1.25) if table.note else 1,
    )
    if table.unit:
        lines = max(lines, lines_of(line.indicator.unit, room[UNIT] * 1.2))
    pen.high(row, row_height(lines))


def _words(pen: Pen, table: TableLayout, line: FigureLine, row: int) -> None:
    style = (
        "label_part" if line.part else "label_total" if line.indicator.parent is None else "label"
    )
    off = not line.owed and line.type is not ValueType.header
    pen.text(row, STT, "" if line.part else line.indicator.stt, "off" if off else "stt")
    pen.text(row, LABEL, line.label, "off_text" if off else style)
    if table.unit:
        unit = pen.part_unit(line) if line.part else line.indicator.unit
        pen.text(row, UNIT, unit, "off" if off else "unit")


def _figure(pen: Pen, table: TableLayout, line: FigureLine, period: Period) -> None:
    row, column = table.rows[line.name], table.columns[period.key].first
    if not line.owed or line.type is ValueType.header:
        pen.text(row, column, "", "off")
    elif period.key in line.indicator.not_applicable:
        pen.impossible(row, column, line.indicator.not_applicable[period.key])
    else:
        pen.figure((row, column), line, period.key, ratio=_ratio_formula(table, line, period))


def _ratio_formula(table: TableLayout, line: FigureLine, period: Period) -> str:
    """The percentage from its parts, once both stand; empty for a line that is not of parts."""
    if line.part or line.indicator.ratio is None:
        return ""
    numerator, denominator = (table.place(f"{line.name}#{part}", period.key) for part in "nd")
    if numerator is None or denominator is None:
        return ""
    return _ratio(numerator, denominator)


def _ratio(numerator: Place, denominator: Place) -> str:
    n, d = address(numerator), address(denominator)
    return f'=IF(COUNT({n},{d})<2,"",IF({d}>0,ROUND(100*{n}/{d},2),""))'


def _note(pen: Pen, table: TableLayout, line: FigureLine, row: int) -> str:
    """Writes the note's cell; what stands in it, for the row's height."""
    if table.note is None:
        return ""
    column = table.note.first
    if not line.owed and line.type is not ValueType.header:
        text = f"{pen.agency_name(line.filled_by)} điền"
        pen.text(row, column, text, "off_note")
        return text
    return pen.note(row, column, line)


# --- Writes one table by columns (Phụ lục 4): periods down, indicators across, groups over them.

_CONSTANT, _PERIOD, _FIGURE, _NOTE = 11.0, 24.0, 9.6, 22.0


def column_widths(edge: int) -> dict[int, float]:
    """Characters by column; `edge` is the sheet's last printed one, where the note stands."""
    found = {0: 3.0, CONSTANT: _CONSTANT, PERIOD: _PERIOD}
    found.update(dict.fromkeys(range(FIRST_BY_COLUMNS, edge), _FIGURE))
    return {**found, edge: _NOTE}


def write_columns(pen: Pen, table: TableLayout, edge: int) -> None:
    """Title, key row, head, every period."""
    pen.text(table.key_row - 1, CONSTANT, table.plan.table.title, "table_title")
    pen.high(table.key_row - 1, 24)
    _column_keys(pen, table)
    _column_head(pen, table, column_widths(edge))
    _periods(pen, table, column_widths(edge))


def _column_keys(pen: Pen, table: TableLayout) -> None:
    row = table.key_row
    pen.key(row, 0, f"{TABLE_MARK}{table.plan.name}")
    pen.key(row, PERIOD, f"{COLUMN_MARK}label")
    for name, span in table.columns.items():
        pen.key(row, span.first, f"{COLUMN_MARK}{name}")
    if table.note is not None and table.note not in table.columns.values():
        pen.key(row, table.note.first, f"{COLUMN_MARK}{NOTE}")
    pen.hide(row)


def _column_head(pen: Pen, table: TableLayout, room: dict[int, float]) -> None:
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
            _column_note(pen, table, period)


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


def _cell(pen: Pen, table: TableLayout, line: FigureLine, period: Period) -> None:
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


def _column_note(pen: Pen, table: TableLayout, period: Period) -> None:
    assert table.note is not None
    known = pen.prefill.get((_beside(table), period.key))
    pen.text(
        table.rows[period.key],
        table.note.first,
        safe_cell_text(known.text or "") if known else "",
        "note",
    )
