"""Writes one appendix of a blank workbook: titles as the plan prints them, tables, who signs, the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from intake.forms import tables
from intake.forms.layout import LABEL, STT, SheetLayout
from intake.forms.rules import colour_wrong_types, mirror_rules
from intake.forms.style import Styles, lines_of, row_height
from intake.forms.writer import Pen, Prefill
from intake.workbook.template import Template

_A4 = 9
_TEXT_RATIO = 1.0
"""Characters of 13-point text to one of the columns' width."""


def write_sheet(
    book: Any,
    styles: Styles,
    template: Template,
    layouts: Mapping[str, SheetLayout],
    name: str,
    prefill: Prefill,
    *,
    on: date,
    reporter: str,
) -> None:
    """One appendix, protected without a password, ready to print."""
    layout = layouts[name]
    sheet = book.add_worksheet(name)
    pen = Pen(sheet, styles, template, prefill)
    room = _columns(sheet, layout)
    _titles(pen, layout, room, reporter)
    for table in layout.tables:
        if table.plan.by_rows:
            tables.write_rows(pen, table)
        else:
            tables.write_columns(pen, table, layout.last_column)
    last = _below(pen, layout, room, on)
    pen.write_limits()
    colour_wrong_types(pen)
    mirror_rules(pen, template, layouts, name)
    _page(sheet, layout, template, last, reporter)
    fit(sheet, room, pen.heights, last, layout.starts)


def _columns(sheet: Any, layout: SheetLayout) -> dict[int, float]:
    room: dict[int, float] = {}
    for table in layout.tables:
        found = (
            tables.widths(table) if table.plan.by_rows else tables.column_widths(layout.last_column)
        )
        room.update(found)
    sheet.set_column(layout.last_column + 1, layout.last_column + 1, 2)
    for column, width in room.items():
        sheet.set_column(column, column, width, None, {"hidden": column == 0})
    return room


def _titles(pen: Pen, layout: SheetLayout, room: dict[int, float], reporter: str) -> None:
    appendix = layout.sheet.appendix
    pen.key(0, 0, pen.template.mark(layout.sheet.name))
    width = sum(size for column, size in room.items() if column)
    texts = (
        (appendix.heading, "heading"),
        (appendix.title, "title"),
        (appendix.subtitle, "reference"),
        (appendix.reference, "reference"),
        (f"Đơn vị báo cáo: {reporter}", "reporter"),
    )
    for row, (text, style) in enumerate(texts):
        pen.sheet.merge_range(row, STT, row, layout.last_column, text, pen.styles[style])
        if text:
            pen.high(row, row_height(lines_of(text, width / _TEXT_RATIO), 13))
        else:
            pen.hide(row)


# --- below the table ------------------------------------------------------------------------------


def _below(pen: Pen, layout: SheetLayout, room: dict[int, float], on: date) -> int:
    """Footnotes, place and date, who compiled and who signs; gives the last row."""
    row = layout.last_row
    appendix = layout.sheet.appendix
    if appendix.footnotes:
        pen.sheet.merge_range(row, STT, row, layout.last_column, "Ghi chú:", pen.styles["bold"])
        for note in appendix.footnotes:
            row += 1
            pen.sheet.merge_range(row, STT, row, layout.last_column, note, pen.styles["footnote"])
        row += 2
    left, right = _halves(layout, room)
    place = f"{pen.template.definition.province}, ngày …… tháng …… năm {on.year}"
    _merged(pen, row, right, place, "place")
    row += 1
    for column, title, hint in (
        (left, "NGƯỜI LẬP BIỂU", "(Ký, ghi rõ họ tên)"),
        (right, "THỦ TRƯỞNG CƠ QUAN", "(Ký tên, đóng dấu)"),
    ):
        _merged(pen, row, column, title, "sign")
        _merged(pen, row + 1, column, hint, "sign_hint")
        _merged(pen, row + 5, column, "", "sign_name")
    return row + 5


def _halves(layout: SheetLayout, room: dict[int, float]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Columns left and right of the middle of the printed width."""
    columns = range(STT, layout.last_column + 1)
    half = sum(room.get(column, 9.0) for column in columns) * 0.55
    used, split = 0.0, STT
    for column in columns:
        used += room.get(column, 9.0)
        split = column
        if used >= half:
            break
    split = min(max(split, LABEL), layout.last_column - 1)
    return (STT, split), (split + 1, layout.last_column)


def _merged(pen: Pen, row: int, columns: tuple[int, int], text: str, style: str) -> None:
    if columns[0] == columns[1]:
        pen.text(row, columns[0], text, style)
    else:
        pen.sheet.merge_range(row, columns[0], row, columns[1], text, pen.styles[style])


# --- the page -------------------------------------------------------------------------------------


def _page(sheet: Any, layout: SheetLayout, template: Template, last: int, reporter: str) -> None:
    first = layout.tables[0]
    single = len(layout.tables) == 1
    head = first.head_rows[-1]
    if single:
        sheet.freeze_panes(head + 1, LABEL + 1)
        sheet.repeat_rows(head)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(**MARGINS)
    sheet.print_area(0, STT, last, layout.last_column)
    sheet.center_horizontally()
    short = template.definition.short or template.definition.number
    sheet.set_header("", {"margin": 0.4})
    sheet.set_footer(
        f'&L&"Times New Roman,Italic"&9{_code(short)} – {_code(reporter)} – {layout.sheet.name}'
        f'&R&"Times New Roman,Italic"&9Trang &P/&N',
        {"margin": 0.35},
    )
    sheet.hide_gridlines(2)
    sheet.set_zoom(100)
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.ignore_errors({"number_stored_as_text": f"A1:{'Z'}{last + 1}"})


def _code(text: str) -> str:
    """An ampersand starts a code in headers and footers."""
    return text.replace("&", "&&")


# --- How a table is laid on paper: no two lines alone on a last page, and no print too small to read.

MARGINS = {"left": 0.79, "right": 0.59, "top": 0.79, "bottom": 0.71}
"""Inches: 20, 15, 20 and 18 mm. Nghị định 30/2020 lets a wide table lie across the page."""
_ACROSS, _DOWN = 842.0 - 72 * (0.79 + 0.59), 595.0 - 72 * (0.79 + 0.71)
"""Points of A4 laid across, within the margins."""
_CHARACTER = 5.6
"""Points to a unit of a column's width."""
_ROW = 15.0
"""Points of a row whose height nobody set."""
_MOST = 1.22
"""So much too tall a table is made smaller instead; more would be hard to read."""
_REST = 0.45
"""A last page filled less than this is saved, if the pages before it can hold the rest."""
_SURE = 0.95
"""A scale set by hand leaves room for a program that draws columns wider."""


def fit(
    sheet: Any,
    room: Mapping[int, float],
    heights: Mapping[int, float],
    last: int,
    starts: Sequence[int] = (),
) -> None:
    """Fit XlsxWriter's sheet to pages as wide as the table, and to one page fewer if it nearly goes on them.

    `room`: characters by printed column; `heights`: points by row, hidden ones 0; `last`: the last row;
    `starts`: the first row of each of several tables, none of which is torn apart.
    """
    scale = _scale(room)
    pages = _pages(_tall(heights, 0, last) * scale / _DOWN)
    if pages == 1 or len(starts) < 2:
        sheet.fit_to_pages(1, pages)
    else:
        # Office programs pass over a page break where they fit to pages by themselves.
        sheet.set_print_scale(int(100 * scale * _SURE))
        sheet.set_h_pagebreaks(_breaks(heights, last, starts, _DOWN / scale / _SURE))


def _pages(needed: float) -> int:
    """How many pages to fit so many pages' height to; 0: as many as it takes."""
    whole = max(int(needed), 1)
    return whole if needed <= whole * _MOST and needed - whole < _REST else 0


def _scale(room: Mapping[int, float]) -> float:
    wide = sum(size for column, size in room.items() if column) * _CHARACTER
    return min(1.0, _ACROSS / wide) if wide else 1.0


def _tall(heights: Mapping[int, float], first: int, last: int) -> float:
    return sum(heights.get(row, _ROW) for row in range(first, last + 1))


def _breaks(
    heights: Mapping[int, float], last: int, starts: Sequence[int], page: float
) -> list[int]:
    """Rows that begin a new page: tables that would not end on the page they begin on."""
    found: list[int] = []
    ends = [*(start - 1 for start in starts[2:]), last]
    for start, end in zip(starts[1:], ends, strict=True):
        if _tall(heights, found[-1] if found else 0, end) > page:
            found.append(start)
    return found
