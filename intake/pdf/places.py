"""Where on a PDF file's pages something stands, as sheet and cell of a value or finding say it. Pure.

A sheet is «3 (PDF)», the page; a cell «72,310-180,325», the box in whole points from the page's upper left
corner. Both read on after «trang» and «ô», as a workbook's do.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from intake.pdf.model import Box

_SHEET = re.compile(r"(\d{1,4}) \(PDF\)")
_CELL = re.compile(r"(\d{1,5}),(\d{1,5})-(\d{1,5}),(\d{1,5})")
_BETWEEN = "|"

Names = tuple[str, str]
"""Sheet and cell."""


class Spot(NamedTuple):
    """A page, counted from 1, and a box on it."""

    page: int
    box: Box


def sheet_of(page: int) -> str:
    """The page as a sheet's name."""
    return f"{page} (PDF)"


def cell_of(box: Box) -> str:
    """The box as a cell's name."""
    return f"{box.x0:.0f},{box.y0:.0f}-{box.x1:.0f},{box.y1:.0f}"


def place_of(page: int, box: Box) -> str:
    """Both as one text, for a grid of places."""
    return f"{sheet_of(page)}{_BETWEEN}{cell_of(box)}"


def page_in(sheet: str) -> int:
    """The page that a sheet's name means; 0 where it is a workbook's."""
    found = _SHEET.fullmatch(sheet)
    return int(found[1]) if found else 0


def spot_of(sheet: str, cell: str) -> Spot | None:
    """Page and box again; None for a workbook's cell."""
    page, found = page_in(sheet), _CELL.fullmatch(cell)
    if not page or found is None:
        return None
    x0, y0, x1, y1 = map(float, found.groups())
    return Spot(page, Box(x0, y0, x1, y1))


def parted(place: str) -> Names:
    """Sheet and cell of a place in a grid of places."""
    sheet, _, cell = place.partition(_BETWEEN)
    return sheet, cell
