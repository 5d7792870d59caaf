"""Tables that people keep in a spreadsheet (the directory): .csv as it stands, a workbook in the guarded
process. Records by field, with the line of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from intake.files.gate import Limits, Refused, safe_filename
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, sandbox_for
from intake.workbook.grid import read_book
from plan.directory.csv_file import Heads, cleaned, read_csv
from plan.errors import RefusedError
from plan.text import date_words

READ = "intake.tables:rows_as_data"
BOOKS = (".xlsx", ".xls", ".ods")
_STEM, _KIND = 60, 8
"""Letters of a name and of its kind: together at most 255 bytes, whatever the letters."""


def table_name(name: str) -> str:
    """How a table that was sent is called while it is read and in the trail: short enough for any disk, with
    its kind."""
    shown = Path(safe_filename(name))
    return shown.stem[:_STEM] + shown.suffix[:_KIND]


def read_table(path: Path, heads: Heads) -> Iterator[tuple[int, dict[str, str]]]:
    """What `read_csv` gives, of either kind of file; of a workbook its first sheet that has the columns.
    RefusedError for what cannot be read."""
    if path.suffix.casefold() not in BOOKS:
        yield from read_csv(path, heads)
        return
    missing = RefusedError(f"{path.name} không có trang nào.")
    for rows in _sheets(path):
        written = rows[0] if rows else []
        try:
            fields = heads.fields(written, path.name)
        except RefusedError as fault:
            missing = fault
            continue
        for line, row in enumerate(rows[1:], 2):
            # A short row's cells are empty; what is absent is a column.
            pairs = zip_longest(fields, row[: len(fields)], fillvalue="")
            cells = {name: cleaned(value) for name, value in pairs}
            if any(cells.values()):
                yield line, cells
        return
    raise missing


def _sheets(path: Path) -> list[list[list[str]]]:
    limits = Limits()
    name = safe_filename(path.name)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise RefusedError(f"Không tìm thấy tệp {path}.") from None
    try:
        found: dict[str, Any] = sandbox_for(limits).run(READ, data)
    except (SandboxTimeoutError, SandboxCrashError):
        raise RefusedError(
            f"Đọc tệp {name} quá lâu hoặc quá nhiều bộ nhớ nên đã dừng: hãy lưu lại dạng «CSV UTF-8»."
        ) from None
    if "refused" in found:
        raise RefusedError(f"{name}: {found['refused']}")
    sheets: list[list[list[str]]] = found["sheets"]
    return sheets


def rows_as_data(data: bytes) -> dict[str, Any]:
    """What the worker does: every sheet's rows as texts, days as «15/12/2027»."""
    try:
        book = read_book(data, Limits())
    except Refused as refused:
        return {"refused": refused.finding.message}
    return {"sheets": [[[_text(cell) for cell in row] for row in grid.rows] for grid in book.grids]}


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return date_words(cell.date())
    if isinstance(cell, date):
        return date_words(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
