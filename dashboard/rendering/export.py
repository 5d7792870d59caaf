"""Any table shown can be taken away as .csv or .xlsx: the same columns, the same rows."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import xlsxwriter
from starlette.responses import Response

from dashboard.table import Cell, Table
from intake.files.gate import safe_filename
from plan.calendar import LOCAL
from plan.directory.csv_file import RUN_BY_SPREADSHEETS
from plan.text import normalise

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


FORMS = ("csv", "xlsx")


def export(table: Table, form: str) -> Response | None:
    """The table as a file, if `form` is csv or xlsx."""
    return exported(table, form) if form in FORMS else None


def exported(table: Table, form: str) -> Response:
    """The table as a file of this form, one of `FORMS`."""
    makers = {"csv": (_csv, "text/csv; charset=utf-8"), "xlsx": (_xlsx, XLSX)}
    make, kind = makers[form]
    return attachment(make(table), f"{slug(table.name)}.{form}", kind)


def attachment(data: bytes, filename: str, kind: str) -> Response:
    """Bytes to save, never to show: a safe name, no sniffing, no script."""
    return Response(
        data,
        media_type=kind,
        headers={
            "content-disposition": _disposition(filename),
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )


def _disposition(filename: str) -> str:
    """The name in plain letters, and beside it (RFC 6266) as it is written, for who can read that."""
    name = safe_filename(filename)
    bare = unicodedata.normalize("NFKD", name.translate(_D)).encode("ascii", "ignore").decode()
    plain = "".join(c if c.isalnum() or c in "._-" else "-" for c in bare).lstrip(".-") or "tep"
    written = f"; filename*=UTF-8''{quote(name, safe='')}" if name != plain else ""
    return f'attachment; filename="{plain}"{written}'


_D = str.maketrans("Đđ", "Dd")
"""The letter that does not come apart."""


def slug(words: str) -> str:
    """«Cơ quan và sản phẩm» → `co-quan-va-san-pham`."""
    return "-".join("".join(c if c.isalnum() else " " for c in normalise(words)).split())


def _csv(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.heads)
    for row in table.rows:
        writer.writerow([_text(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell.astimezone(LOCAL):%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(RUN_BY_SPREADSHEETS) else text


def _xlsx(table: Table) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        fill_sheet(book, table)
    return out.getvalue()


def fill_sheet(book: Any, table: Table) -> None:
    """The table on a sheet of its own, ready to be printed on A4."""
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(table.name[:31])
    sheet.write_row(0, 0, table.heads, head)
    _write_rows(book, sheet, table.rows)
    for column, width in enumerate(_widths(table)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table.rows), 1), max(len(table.heads) - 1, 0))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write_rows(book: Any, sheet: Any, rows: Sequence[Sequence[Cell]]) -> None:
    """Each value by its kind: texts never become formulas, days are days."""
    top = {"valign": "top"}
    body = book.add_format(top | {"text_wrap": True})
    day = book.add_format(top | {"num_format": "dd/mm/yyyy"})
    moment = book.add_format(top | {"num_format": "dd/mm/yyyy hh:mm"})
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                local = cell.astimezone(LOCAL).replace(tzinfo=None)
                sheet.write_datetime(number, column, local, moment)
            elif isinstance(cell, date):
                sheet.write_datetime(number, column, cell, day)
            elif isinstance(cell, str):
                sheet.write_string(number, column, cell, body)
            elif cell is not None:
                sheet.write_number(number, column, cell, body)


def _widths(table: Table) -> list[float]:
    """Wide enough for most cells, at most 60 characters."""
    widths: list[float] = []
    for column, head in enumerate(table.heads):
        lengths = [len(_text(row[column])) for row in table.rows[:500]]
        widths.append(min(max([len(head), *lengths]) + 2, 60))
    return widths
