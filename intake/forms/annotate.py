"""A copy of a workbook handed in, its faulty cells coloured and commented, all findings listed first."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.properties import PageSetupProperties

from intake.files.gate import FileKind, Limits, check_kind
from intake.forms.style import lines_of, row_height
from intake.workbook.cells import CellContent, safe_cell_text
from intake.workbook.grid import read_book
from intake.workbook.template import FINDINGS_SHEET, KEY_SHEET
from plan.ledger.filing import FoundFault

AUTHOR = "Đôn Đốc"
_FILLS = {"error": "F8CBAD", "warning": "FFE08A", "note": "DDEBF7"}
_WORDS = {"error": "Lỗi", "warning": "Cảnh báo", "note": "Ghi chú"}
_HEADS = ("STT", "Mức", "Trang", "Ô", "Chỉ tiêu", "Kỳ", "Đọc được", "Cần làm")
_WIDTHS = (6, 12, 12, 10, 14, 10, 24, 90)
_ORDER = {"error": 0, "warning": 1, "note": 2}
_COMMENT_WIDTH, _COMMENT_LINE = 360, 18
"""Pixels."""


def annotate(data: bytes, findings: Sequence[FoundFault], limits: Limits | None = None) -> bytes:
    """The workbook as .xlsx with the findings in it. `data` must have passed the gate.

    An .xls or .ods comes back as plain values in an .xlsx. Run it through `annotate_safely` for a file
    from outside. Raises `Refused` for what is no workbook.
    """
    bounds = limits or Limits()
    book = _open(data, bounds)
    by_cell: dict[tuple[str, str], list[FoundFault]] = {}
    for finding in findings:
        if finding.cell and finding.sheet in book.sheetnames:
            by_cell.setdefault((finding.sheet, finding.cell), []).append(finding)
    for (sheet, cell), found in by_cell.items():
        _mark(book[sheet], cell, found)
    _list(book, findings)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def annotate_as_data(data: bytes, findings: Iterable[Sequence[str]], limits: Limits) -> str:
    """`annotate` for the way between processes: findings as lists of their fields, bytes as base64."""
    told = [FoundFault(*one) for one in findings]  # type: ignore[arg-type]  # as our side took them apart
    made = annotate(data, told, limits)
    return base64.b64encode(made).decode("ascii")


def _open(data: bytes, limits: Limits) -> Any:
    if check_kind(data, limits) is FileKind.xlsx:
        book = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
        if FINDINGS_SHEET in book.sheetnames:
            del book[FINDINGS_SHEET]
        return book
    book = openpyxl.Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for grid in read_book(data, limits).grids:
        sheet = book.create_sheet(grid.name)
        for row, cells in enumerate(grid.rows, start=1):
            for column, content in enumerate(cells, start=1):
                if content not in ("", None):
                    sheet.cell(row, column, _plain(content))
        if grid.name == KEY_SHEET:
            sheet.sheet_state = "veryHidden"
    return book


def _plain(content: CellContent) -> object:
    return safe_cell_text(content) if isinstance(content, str) else content


def _mark(sheet: Any, cell: str, found: list[FoundFault]) -> None:
    """Colour by the gravest, one comment with all."""
    found.sort(key=lambda one: _ORDER[one.severity])
    left, top, right, bottom = (int(edge or 1) for edge in range_boundaries(cell))
    fill = PatternFill("solid", fgColor=_FILLS[found[0].severity])
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            target = sheet.cell(row, column)
            if type(target).__name__ != "MergedCell":
                target.fill = copy(fill)
    text = "\n".join(f"{_WORDS[one.severity]}: {one.message}" for one in found)
    comment = Comment(
        text, AUTHOR, width=_COMMENT_WIDTH, height=_COMMENT_LINE * (2 + len(text) // 45)
    )
    first = sheet.cell(top, left)
    if type(first).__name__ != "MergedCell":
        first.comment = comment


def _list(book: Any, findings: Sequence[FoundFault]) -> None:
    """The sheet that names every finding, with a link to its cell."""
    sheet = book.create_sheet(FINDINGS_SHEET, 0)
    edge = Side(style="thin", color="7F7F7F")
    border = Border(left=edge, right=edge, top=edge, bottom=edge)
    plain = Font(name="Times New Roman", size=12)
    bold = Font(name="Times New Roman", size=12, bold=True)
    sheet.append([_summary(findings)])
    sheet["A1"].font = Font(name="Times New Roman", size=14, bold=True)
    sheet.append([])
    sheet.append(list(_HEADS))
    ordered = sorted(findings, key=lambda one: _ORDER[one.severity])
    for number, one in enumerate(ordered, start=1):
        words = (one.sheet, one.cell, one.indicator, one.period, one.read, one.message)
        sheet.append([number, _WORDS[one.severity], *(safe_cell_text(word) for word in words)])
    for row in sheet.iter_rows(min_row=3, max_col=len(_HEADS)):
        for cell in row:
            cell.font = bold if cell.row == 3 else plain
            cell.border = border
            cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal=_side(cell))
    for number, one in enumerate(ordered):
        row = number + 4
        lines = max(lines_of(one.message, _WIDTHS[-1]), lines_of(one.read, _WIDTHS[-2]))
        sheet.row_dimensions[row].height = row_height(lines)
        sheet.cell(row, 2).fill = PatternFill("solid", fgColor=_FILLS[one.severity])
        if one.cell and one.sheet in book.sheetnames:
            quoted = one.sheet.replace("'", "''")
            sheet.cell(row, 4).hyperlink = f"#'{quoted}'!{one.cell}"
            sheet.cell(row, 4).font = Font(
                name="Times New Roman", size=12, underline="single", color="1F4E79"
            )
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A4"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "3:3"
    book.active = 0
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet


def _side(cell: Any) -> str:
    return "center" if cell.row == 3 or cell.column in (1, 2, 4) else "left"


def _summary(findings: Sequence[FoundFault]) -> str:
    counts = {kind: sum(1 for one in findings if one.severity == kind) for kind in _ORDER}
    if not findings:
        return "Không có phát hiện nào: biểu đã đúng."
    parts = [f"{counts[kind]} {_WORDS[kind].lower()}" for kind in _ORDER if counts[kind]]
    return "Kết quả kiểm tra: " + ", ".join(parts)
