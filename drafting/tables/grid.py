"""A table's squares: spans laid out, merged cells carried down, what a cell looks like it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from drafting.document import Cell, Table, TableRow
from drafting.grammar.agencies import agencies_at
from drafting.grammar.names import agencies_in
from drafting.times.expressions import read_slot
from drafting.words import fold

ORDINAL = re.compile(
    r"^(?:\(?\d{1,3}(?:\.\d{1,3})*\)?[.)]?|[ivxlc]{1,6}\.?|[a-zđ][.)]?|[a-zđ]{1,2}\.\d{1,2}|-|\+)$"
)
EMPTY = re.compile(r"^[-–.…_/x]*$")
_GROUP_TITLE = re.compile(r"^(?:[ivxlc]{1,6}\s*[.)/-]\s+\S|[A-ZĐ]\.\s)", re.IGNORECASE)
_LIST = re.compile(r";\s+[-+•]\s+|\n")
DITTO = re.compile(r"^[-–(.\s]*(?:nt|n/t|như trên|[\"'″〃”]+)[-–).\s]*$")
"""«The same as above»."""


@dataclass
class GridRow:
    """A row with its cells in their columns."""

    cells: list[Cell]
    row: TableRow
    carried: list[bool]
    """Which cells stand in a merged cell that began further up."""
    shared: bool = False
    """Whether it shares merged cells with the row above."""


def grid_of(table: Table) -> list[GridRow]:
    """The rows with every square filled: spans laid out, merged cells carried down."""
    lines: list[GridRow] = []
    hanging: dict[int, tuple[int, Cell]] = {}
    for row in table.rows:
        cells: list[Cell] = []
        carried: list[bool] = []
        waiting = list(row.cells)
        while waiting or len(cells) in hanging:
            at = len(cells)
            if at in hanging:
                left, cell = hanging.pop(at)
                cells.append(cell)
                carried.append(True)
                if left > 1:
                    hanging[at] = (left - 1, cell)
                continue
            cell = waiting.pop(0)
            for step in range(max(1, min(cell.colspan, 60))):
                shown = cell if step == 0 else Cell((), bold=cell.bold)
                cells.append(shown)
                carried.append(False)
                if cell.rowspan > 1:
                    hanging[at + step] = (cell.rowspan - 1, shown)
        lines.append(GridRow(cells, row, carried, any(carried)))
    return lines


def is_group_title(text: str) -> bool:
    """«II. Văn bản của tỉnh»: a numbered title over the rows of a group."""
    return bool(_GROUP_TITLE.match(text))


def kind_of_cell(text: str, year: int | None) -> str:
    """What a cell looks like it holds."""
    low = fold(text).strip()
    if not low or EMPTY.match(low) or DITTO.match(low):
        return "empty"
    if low[0] in "-+•" and len(low) > 1:  # a list inside the cell
        text = text.strip()[1:].lstrip()
        low = fold(text)
    if ORDINAL.match(low):
        return "no"
    first = _LIST.split(text)[0]
    if (
        len(first) < 90
        and not agencies_at(first)
        and read_slot(first, finish=True, year=year).due.type != "none"
    ):
        return "time"
    return "agency" if agencies_in(text) or all(map(_names_agencies, _LIST.split(text))) else "text"


_PART_PLAYED = re.compile(
    r"[\s(]*(?:.{0,11}|(?:chủ trì|phối hợp|tham gia|thẩm tra|thẩm định|soạn thảo|thực hiện|chuẩn bị)\b"
    r".{0,60})"
)


def _names_agencies(part: str) -> bool:
    """«Sở A», «- Ủy ban B chủ trì thẩm tra»: agencies, and perhaps what part they play."""
    bare = part.strip(" -+•.;")
    named = agencies_at(bare)
    return named is not None and bool(_PART_PLAYED.fullmatch(fold(bare[named.end :])))
