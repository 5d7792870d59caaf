"""Reads task tables (.xlsx, .xls, .ods, .csv) into a `Document`: each visible sheet a title and a table.

A date is written as «15/12/2026»; «01/01/1970», which document systems write for no date, as nothing. Hidden
sheets hold lists to choose from and are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import python_calamine

from drafting.document import (
    Block,
    Cell,
    Document,
    Paragraph,
    Table,
    TableRow,
    UnreadableError,
    tidy,
)
from drafting.readers.matrix import is_corner, unpivot
from drafting.readers.text import decode
from intake.files.gate import Limits, Refused
from intake.workbook.grid import read_book
from intake.workbook.xlsx import cell_name
from plan.text import number_words

_MOST_ROWS = 20_000
_MOST_COLUMNS = 100
_LIMITS = Limits(max_rows=_MOST_ROWS)
_FEWEST_HEADS = 3
"""A row with so many filled cells begins the table; what stands above is its title."""
_NO_DATE = (date(1970, 1, 1), date(1900, 1, 1), date(1899, 12, 30))
_NO_DATE_WORDS = ("01/01/1970", "1/1/1970", "1970-01-01", "01/01/1900", "01/01/0001")
_DELIMITERS = ";,\t|"
TOO_LONG = (
    f"Bảng có hơn {number_words(_MOST_ROWS)} dòng nên không giống bảng giao việc: "
    "hãy lọc lấy phần cần giao rồi gửi lại."
)
Place = tuple[int, int]
Span = tuple[int, int]


def read_workbook(data: bytes) -> Document:
    """A workbook. Raises UnreadableError."""
    try:
        book = read_book(data, _LIMITS)
        spans = _spans(data, [grid.name for grid in book.grids])
    except Refused as refused:
        too_long = refused.finding.code in ("sheet.too_far", "sheet.too_wide")
        raise UnreadableError(TOO_LONG if too_long else refused.finding.message) from None
    sheets = [
        list(_blocks(grid.name, [list(row) for row in grid.rows], spans[grid.name]))
        for grid in book.grids
        if grid.name in spans
    ]
    # A sheet without a table is a cover, or says how to fill the others in.
    blocks = tuple(block for sheet in sheets if _has_table(sheet) for block in sheet)
    return _document(blocks, "xlsx")


def read_csv(data: bytes) -> Document:
    """A table as text, whatever parts its columns. Raises UnreadableError."""
    text = decode(data)
    sample = text[:20_000]
    delimiter = max(_DELIMITERS, key=lambda sign: _evenness(sample, sign))
    try:
        rows = list(_at_most(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)))
    except csv.Error:
        raise UnreadableError(
            "Tệp .csv bị hỏng: hãy mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại."
        ) from None
    return _document(tuple(_blocks("", rows, {})), "csv")


def _document(blocks: tuple[Block, ...], kind: str) -> Document:
    if not any(isinstance(block, Table) for block in blocks):
        raise UnreadableError(
            "Tệp không có bảng nào: hãy gửi bảng có dòng đầu ghi tên cột (Nhiệm vụ, Cơ quan chủ trì, Hạn…)."
        )
    return Document(blocks, kind)


def _at_most(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for count, row in enumerate(rows):
        if count >= _MOST_ROWS:
            raise UnreadableError(TOO_LONG)
        yield row[:_MOST_COLUMNS]


def _evenness(sample: str, sign: str) -> tuple[int, int]:
    """How many lines have the most usual number of this sign, and how many they have."""
    counts = [count for line in sample.splitlines()[:-1] or [sample] if (count := line.count(sign))]
    usual = max(set(counts), key=counts.count, default=0)
    return counts.count(usual), usual


def _spans(data: bytes, names: Sequence[str]) -> dict[str, dict[Place, Span]]:
    """Of each visible sheet its merged cells: first place → rows and columns."""
    found: dict[str, dict[Place, Span]] = {}
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        shown = {
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.visible is python_calamine.SheetVisibleEnum.Visible
        }
        for name in names:
            if name in shown or len(names) == 1:
                ranges = book.get_sheet_by_name(name).merged_cell_ranges or []
                found[name] = {
                    start: (end[0] - start[0] + 1, end[1] - start[1] + 1) for start, end in ranges
                }
    return found


# --- rows into blocks ------------------------------------------------------------------------------


def _blocks(
    sheet: str, values: Sequence[Sequence[Any]], spans: dict[Place, Span]
) -> Iterator[Block]:
    """The sheet's title as paragraphs, then the table."""
    texts = [[_lines(value) for value in row[:_MOST_COLUMNS]] for row in values]
    filled = [sum(bool(lines) for lines in row) for row in texts]
    start = next(
        (at for at, count in enumerate(filled) if count >= _FEWEST_HEADS or _is_corner(texts[at])),
        len(texts),
    )
    for at in range(start):
        for column, lines in enumerate(texts[at]):
            if lines:
                yield Paragraph(" ".join(lines), place=_place(sheet, at, column))
    width = max(
        (at + 1 for row in texts[start:] for at, lines in enumerate(row) if lines), default=0
    )
    covered = _covered(spans)
    rows = tuple(
        _row(sheet, at, texts[at], width, spans, covered)
        for at in range(start, len(texts))
        if filled[at]
    )
    if rows:
        yield unpivot(Table(rows, _place(sheet, start, 0)))


def _is_corner(row: Sequence[tuple[str, ...]]) -> bool:
    return bool(row) and is_corner(" ".join(row[0]))


def _has_table(blocks: Sequence[Block]) -> bool:
    return any(isinstance(block, Table) and len(block.rows) > 1 for block in blocks)


def _row(
    sheet: str,
    at: int,
    texts: Sequence[tuple[str, ...]],
    width: int,
    spans: dict[Place, Span],
    covered: set[Place],
) -> TableRow:
    cells = []
    for column in range(width):
        if (at, column) in covered:
            continue
        cell = Cell(texts[column] if column < len(texts) else ())
        if (at, column) in spans:
            rows, columns = spans[at, column]
            cell = replace(cell, rowspan=rows, colspan=min(columns, width - column))
        cells.append(cell)
    return TableRow(tuple(cells), _place(sheet, at, 0))


def _covered(spans: dict[Place, Span]) -> set[Place]:
    """Squares that a merged cell covers beside its first. A column merged to the sheet's end covers no more
    than a table may have."""
    return {
        (row, column)
        for (top, left), (rows, columns) in spans.items()
        for row in range(top, top + min(rows, _MOST_ROWS))
        for column in range(left, left + min(columns, _MOST_COLUMNS))
        if (row, column) != (top, left)
    }


def _place(sheet: str, row: int, column: int) -> str:
    return f"{sheet}!{cell_name(row, column)}" if sheet else f"dòng {row + 1}"


def _lines(value: Any) -> tuple[str, ...]:
    text = tidy(_text(value))
    return tuple(line for line in text.split("\n") if line)


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "" if value is None else ("Có" if value else "Không")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:g}".replace(".", ",")
    if isinstance(value, datetime):
        return _date(value.date(), value.time())
    if isinstance(value, date):
        return _date(value, time())
    text = str(value)
    return "" if text.strip() in _NO_DATE_WORDS else text


def _date(day: date, clock: time) -> str:
    if day in _NO_DATE:
        return ""
    hour = f"{clock:%H:%M} " if clock.hour or clock.minute else ""
    return f"{hour}{day:%d/%m/%Y}"
