"""A table of agencies by products, a day in each square → one row for each square that is filled.

The head of the first column says so: «Cơ quan \\ Sản phẩm». An «x» is a product owed without a day.
"""

from __future__ import annotations

import re

from drafting.document import Cell, Table, TableRow
from drafting.words import fold

_CORNER = re.compile(r"(?:cơ quan|đơn vị)\s*[\\/]\s*(?:sản phẩm|nhiệm vụ|báo cáo).*")
_NO_DAY = ("x", "có", "1")
CORNER = "Cơ quan \\ Sản phẩm"
HEADS = ("STT", "Sản phẩm, nhiệm vụ", "Cơ quan chủ trì", "Hạn")


def is_corner(text: str) -> bool:
    """Whether a cell names what stands down and across."""
    return bool(_CORNER.fullmatch(fold(text).strip()))


def unpivot(table: Table) -> Table:
    """The table as rows of tasks; unchanged where it is no such table."""
    heads = table.rows[0].cells if table.rows else ()
    if not heads or not is_corner(heads[0].text):
        return table
    rows = [TableRow(tuple(Cell((head,)) for head in HEADS), table.rows[0].place)]
    for row in table.rows[1:]:
        for head, cell in zip(heads[1:], row.cells[1:], strict=False):
            if cell.lines and head.lines and row.cells[0].lines:
                day = () if fold(cell.text).strip() in _NO_DAY else cell.lines
                number = Cell((str(len(rows)),))
                rows.append(
                    TableRow((number, Cell(head.lines), row.cells[0], Cell(day)), row.place)
                )
    return Table(tuple(rows), table.place)
