"""Rows whose file does not say which columns their cells stand in, and rows that were torn apart."""

from __future__ import annotations

from collections.abc import Sequence

from drafting.columns import Columns
from drafting.document import Cell, Row
from drafting.grid import Line, kind_of_cell

_FITS = {
    "no": ("no",),
    "owner": ("agency",),
    "partner": ("agency", "empty"),
    "time": ("time", "empty"),
    "task": ("text",),
}


def aligned(rows: Sequence[Line], columns: Columns, year: int | None) -> list[Line]:
    """Rows whose cells stand in their columns; rows that were split at an empty cell joined."""
    joined: list[Line] = []
    for line in rows:
        before = joined[-1] if joined else None
        if before is not None and _goes_on(before, line, columns, year):
            before.cells = [*before.cells, Cell(), *line.cells]
            continue
        joined.append(Line(list(line.cells), line.row, list(line.carried)))
    return [_placed(line, columns, year) for line in joined]


def rejoined(rows: Sequence[Line], columns: Columns) -> list[Line]:
    """Rows of which a part of the task stands in a row of its own, joined again."""
    joined: list[Line] = []
    task = columns.at("task") or 0
    for line in rows:
        text = line.cells[task].text if task < len(line.cells) else ""
        alone = text and not any(cell.lines for at, cell in enumerate(line.cells) if at != task)
        before = joined[-1].cells[task].text if joined and task < len(joined[-1].cells) else ""
        if (
            alone
            and before
            and (text[0].islower() or not before.rstrip().endswith((".", ";", ":")))
            and not text.isupper()
            and not line.cells[task].bold
        ):
            cells = list(joined[-1].cells)
            cells[task] = Cell((f"{before} {text}",), bold=cells[task].bold)
            row = Row((*joined[-1].row.cells, *line.row.cells), joined[-1].row.place)
            joined[-1] = Line(cells, row, joined[-1].carried, joined[-1].shared)
        else:
            joined.append(line)
    return joined


def _goes_on(before: Line, line: Line, columns: Columns, year: int | None) -> bool:
    """Whether a row is the rest of the one before, after an empty cell."""
    width = len(before.cells) + 1 + len(line.cells)
    if width > len(columns.roles) or len(before.cells) < 2 or not line.cells:
        return False
    first = kind_of_cell(line.cells[0].text, year)
    if first in ("no", "text") or kind_of_cell(before.cells[0].text, year) != "no":
        return False
    role = columns.roles[len(before.cells) + 1]
    return first in _FITS.get(role, ())


def _placed(line: Line, columns: Columns, year: int | None) -> Line:
    """A short row laid into the columns so that most cells stand where such things stand."""
    width, cells = len(columns.roles), line.cells
    if len(cells) >= width:
        return Line(cells[:width], line.row, [False] * width)
    if len(cells) == 1 or (len(cells) == 2 and kind_of_cell(cells[0].text, year) == "no"):
        return line
    kinds = [kind_of_cell(cell.text, year) for cell in cells]
    offset = 0 if kinds[0] == "no" and columns.roles[0] == "no" else columns.at("task") or 0
    slots = _best_slots(kinds, columns.roles, offset)
    placed: list[Cell] = [Cell()] * width
    for cell, slot in zip(cells, slots, strict=True):
        placed[slot] = cell
    return Line(placed, line.row, [False] * width, shared=offset > 0)


def _best_slots(kinds: Sequence[str], roles: Sequence[str], offset: int) -> list[int]:
    """Columns for cells, in order, that fit best what they hold."""
    best: tuple[int, list[int]] = (-10_000, list(range(offset, offset + len(kinds))))

    def score(slot: int, kind: str) -> int:
        fits = _FITS.get(roles[slot])
        return 0 if fits is None else 3 if kind in fits else -2

    def search(cell: int, slot: int, total: int, chosen: list[int]) -> None:
        nonlocal best
        if cell == len(kinds):
            if total > best[0]:
                best = (total, list(chosen))
            return
        for at in range(slot, len(roles) - (len(kinds) - cell) + 1):
            chosen.append(at)
            search(cell + 1, at + 1, total + score(at, kinds[cell]) - (at - slot), chosen)
            chosen.pop()

    search(0, offset, 0, [])
    return best[1]
