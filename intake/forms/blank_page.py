"""How a table is laid on paper: no two lines alone on a last page, and no print too small to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
