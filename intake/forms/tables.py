"""Writes one table by rows: indicators down, periods across, with the hidden keys beside it."""

from __future__ import annotations

from intake.forms.layout import LABEL, STT, UNIT, TableLayout, address
from intake.forms.style import lines_of, row_height
from intake.forms.writer import Pen
from intake.workbook.template import COLUMN_MARK, NOTE, ROW_MARK, TABLE_MARK, Line
from intake.workbook.xlsx import Place
from plan.definition.model import Period, ValueType

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


def _line(pen: Pen, table: TableLayout, line: Line, room: dict[int, float]) -> None:
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


def _words(pen: Pen, table: TableLayout, line: Line, row: int) -> None:
    style = (
        "label_part" if line.part else "label_total" if line.indicator.parent is None else "label"
    )
    off = not line.owed and line.type is not ValueType.header
    pen.text(row, STT, "" if line.part else line.indicator.stt, "off" if off else "stt")
    pen.text(row, LABEL, line.label, "off_text" if off else style)
    if table.unit:
        unit = pen.part_unit(line) if line.part else line.indicator.unit
        pen.text(row, UNIT, unit, "off" if off else "unit")


def heads_others(table: TableLayout, line: Line) -> bool:
    """Whether other lines stand under it: those are set in bold."""
    code = line.indicator.code
    return not line.part and any(one.indicator.parent == code for one in table.plan.lines)


def _figure(pen: Pen, table: TableLayout, line: Line, period: Period) -> None:
    row, column = table.rows[line.name], table.columns[period.key].first
    if not line.owed or line.type is ValueType.header:
        pen.text(row, column, "", "off")
    elif period.key in line.indicator.not_applicable:
        pen.impossible(row, column, line.indicator.not_applicable[period.key])
    else:
        pen.figure((row, column), line, period.key, ratio=_ratio_formula(table, line, period))


def _ratio_formula(table: TableLayout, line: Line, period: Period) -> str:
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


def _note(pen: Pen, table: TableLayout, line: Line, row: int) -> str:
    """Writes the note's cell; what stands in it, for the row's height."""
    if table.note is None:
        return ""
    column = table.note.first
    if not line.owed and line.type is not ValueType.header:
        text = f"{pen.agency_name(line.filled_by)} điền"
        pen.text(row, column, text, "off_note")
        return text
    return pen.note(row, column, line)
