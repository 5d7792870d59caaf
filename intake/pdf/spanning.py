"""A table that pages broke is one table: halves joined, repeated heads dropped, rows cut in two mended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from intake.pdf.model import PdfBlock, PdfCell, PdfRow, PdfTable
from intake.pdf.paragraphs import joined

_SAME_COLUMN = 8.0
"""Points by which a column may stand elsewhere on the next page."""
_ENDED = re.compile(r"[.;:!?/…][\"'”»)]*$")
_BEGINS = re.compile(r"^(?:[-–—+•●▪*]\s|[IVXLC]+\.\s|\d+(?:\.\d+)*[.)]\s|[a-zđ]\)\s)")


def join_tables(blocks: Sequence[PdfBlock]) -> list[PdfBlock]:
    """The blocks with tables that go on over a page joined to what they go on from."""
    whole: list[PdfBlock] = []
    last_page = 0
    for block in blocks:
        above = whole[-1] if whole else None
        if (
            isinstance(block, PdfTable)
            and isinstance(above, PdfTable)
            and block.page == last_page + 1
            and _same_columns(above, block)
        ):
            whole[-1] = _joined(above, block)
        else:
            whole.append(block)
        last_page = block.page
    return whole


def _same_columns(above: PdfTable, below: PdfTable) -> bool:
    """Whether the columns are of the same number and widths, wherever the table stands."""
    if len(above.columns) != len(below.columns) or len(above.columns) < 3:
        return False
    shift = below.columns[0] - above.columns[0]
    return all(
        abs(b - a - shift) < _SAME_COLUMN for a, b in zip(above.columns, below.columns, strict=True)
    )


def _joined(above: PdfTable, below: PdfTable) -> PdfTable:
    rows = list(_without_head(above.rows, below.rows))
    kept = list(above.rows)
    if kept and rows and _is_cut(kept, rows[0]):
        kept[-1] = _mended(kept[-1], rows.pop(0))
    return replace(above, rows=(*kept, *rows))


def _without_head(above: Sequence[PdfRow], below: Sequence[PdfRow]) -> Iterator[PdfRow]:
    """The rows below, without those that repeat the head."""
    same = 0
    while same < min(len(above), len(below)) and _words(above[same]) == _words(below[same]) != "":
        same += 1
    yield from below[same:]


def _words(row: PdfRow) -> str:
    return " ".join(" ".join(line.split()).casefold() for cell in row.cells for line in cell.lines)


def _is_cut(rows: Sequence[PdfRow], row: PdfRow) -> bool:
    """Whether the row is the rest of the last one: it has no number where rows have one, and goes on in the
    middle of a sentence or says hardly anything by itself."""
    upper = rows[-1]
    if _number(row) or len(upper.cells) != len(row.cells):
        return False
    pairs = [
        (a.lines[-1], b.lines[0])
        for a, b in zip(upper.cells, row.cells, strict=True)
        if a.lines and b.lines
    ]
    if any(b[:1].islower() or (b.startswith("(") and not _ENDED.search(a)) for a, b in pairs):
        return True
    if not _number(upper):
        return False
    if len(pairs) == 1 and not _ENDED.search(pairs[0][0]) and pairs[0][1][:1].isalpha():
        return True
    filled = sum(bool(cell.lines) for cell in row.cells)
    return filled * 2 < len(row.cells)


def _number(row: PdfRow) -> str:
    first = row.cells[0]
    return first.lines[0] if first.column == 0 and first.lines else ""


def _mended(upper: PdfRow, lower: PdfRow) -> PdfRow:
    return replace(
        upper, cells=tuple(_one(a, b) for a, b in zip(upper.cells, lower.cells, strict=True))
    )


def _one(above: PdfCell, below: PdfCell) -> PdfCell:
    """Both halves as one cell; merged with rows below, the whole is."""
    above = replace(above, rowspan=above.rowspan + below.rowspan - 1)
    if not above.lines or not below.lines:
        return replace(above, lines=above.lines or below.lines)
    if _ENDED.search(above.lines[-1]) or _BEGINS.match(below.lines[0]):
        return replace(above, lines=(*above.lines, *below.lines))
    middle = joined((above.lines[-1], below.lines[0]))
    return replace(above, lines=(*above.lines[:-1], middle, *below.lines[1:]))
