"""Rows whose file does not say which columns their cells stand in, and rows that were torn apart.

All cells of such a table are laid into its columns at once, so that most stand where such things stand: a
line begins a row, or goes on with the row before it after cells that are empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

from drafting.document import Cell, TableRow
from drafting.tables.columns import Columns
from drafting.tables.grid import GridRow, is_group_title, kind_of_cell

_FITS = {
    "no": {"no": 3},
    "owner": {"agency": 3, "name": 1},
    "partner": {"agency": 3, "name": 1, "empty": 2},
    "draft": {"agency": 3, "name": 1, "empty": 2},
    "time": {"time": 3, "empty": 2},
    "task": {"text": 3, "name": 3},
    "product": {"text": 2, "name": 1, "agency": -2},
}
"""How well what a cell looks like fits a column; what is not named fits badly."""
_BADLY = -2
_GAP = 1
_BEGINS = 2
"""What an empty column and the beginning of a row cost: a rest is rather joined than a row of its own."""
_TASKLESS = 6
"""What a row costs in which nothing is to be done."""
_SHORT_NAME = 60
_MOST_LAYINGS = 2_000
"""A table of so many columns that there are more ways is laid out without gaps in a line."""


@dataclass(frozen=True)
class _Way:
    """How the lines so far may be laid out."""

    score: float
    slots: tuple[int, ...]
    """Columns of the last line's cells."""
    begins: bool
    before: _Way | None


def aligned(rows: Sequence[GridRow], columns: Columns, year: int | None) -> list[GridRow]:
    """Rows whose cells stand in their columns; rows that were broken joined."""
    laid: list[GridRow] = []
    run: list[GridRow] = []
    for line in rows:
        if _is_alone(line, year):
            laid += _laid_out(run, columns, year)
            laid.append(line)
            run = []
        else:
            run.append(line)
    return laid + list(_laid_out(run, columns, year))


def _is_alone(line: GridRow, year: int | None) -> bool:
    """A group's title, which no row goes on with."""
    cells = [cell for cell in line.cells if cell.lines]
    if len(cells) == 2 and kind_of_cell(cells[0].text, year) == "no":
        return (
            is_group_title(f"{cells[0].text.rstrip('. ')}. {cells[1].text}")
            or cells[1].text.isupper()
        )
    return len(cells) == 1 and is_group_title(cells[0].text)


def _laid_out(rows: Sequence[GridRow], columns: Columns, year: int | None) -> Iterator[GridRow]:
    ways: dict[int, _Way] = {-1: _Way(0, (), True, None)}
    for line in rows:
        ways = _next_ways(ways, _kinds(line, year), columns)
    best: _Way | None = max(ways.values(), key=lambda way: way.score, default=None)
    chosen: list[_Way] = []
    while best is not None and best.before is not None:
        chosen.append(best)
        best = best.before
    made: GridRow | None = None
    for line, way in zip(rows, reversed(chosen), strict=True):
        if way.begins and made is not None:
            yield made
        made = _placed(None if way.begins else made, line, way.slots, columns)
    if made is not None:
        yield made


def _kinds(line: GridRow, year: int | None) -> list[str]:
    kinds = []
    for cell in line.cells:
        kind = kind_of_cell(cell.text, year)
        short = kind == "text" and len(cell.text) < _SHORT_NAME
        kinds.append("name" if short else kind)
    return kinds


def _next_ways(ways: dict[int, _Way], kinds: Sequence[str], columns: Columns) -> dict[int, _Way]:
    """The best way to lay out one more line, for each column that its last cell may stand in."""
    roles = columns.roles
    last = max(ways.values(), key=lambda way: way.score)
    found: dict[int, _Way] = {}
    for slots, fit, begun in _layings(tuple(kinds[: len(roles)]), roles):
        _keep(found, _Way(last.score + begun, slots, True, last))
        for at, way in ways.items():
            if -1 < at < slots[0]:
                joined = way.score + fit - _GAP * (slots[0] - at - 1)
                _keep(found, _Way(joined, slots, False, way))
    return found


@lru_cache(maxsize=1_024)
def _layings(
    kinds: tuple[str, ...], roles: tuple[str, ...]
) -> tuple[tuple[tuple[int, ...], float, float], ...]:
    """Ways to lay a line's cells into columns, the best for each first and last column: the columns, how
    well the cells fit going on with a row, and beginning one."""
    width, task = len(roles), roles.index("task") if "task" in roles else 0
    some: Iterable[tuple[int, ...]] = combinations(range(width), len(kinds))
    if comb(width, len(kinds)) > _MOST_LAYINGS:
        some = [tuple(range(at, at + len(kinds))) for at in range(width - len(kinds) + 1)]
    best: dict[tuple[int, int], tuple[tuple[int, ...], float, float]] = {}
    for slots in some:
        gaps = slots[-1] - slots[0] - (len(slots) - 1)
        fit = (
            sum(_fit(roles[slot], kind) for slot, kind in zip(slots, kinds, strict=True))
            - _GAP * gaps
        )
        lead = 0 if slots[0] in (0, task) else slots[0]
        begun = fit - _GAP * lead - _BEGINS - (0 if task in slots else _TASKLESS)
        ends = slots[0], slots[-1]
        if ends not in best or max(best[ends][1:]) < max(fit, begun):
            best[ends] = slots, fit, begun
    return tuple(best.values())


def _keep(found: dict[int, _Way], way: _Way) -> None:
    at = way.slots[-1]
    if at not in found or found[at].score < way.score:
        found[at] = way


def _fit(role: str, kind: str) -> int:
    fits = _FITS.get(role)
    return 0 if fits is None else fits.get(kind, _BADLY)


def _placed(
    before: GridRow | None, line: GridRow, slots: Sequence[int], columns: Columns
) -> GridRow:
    width = len(columns.roles)
    cells = list(before.cells) if before is not None else [Cell()] * width
    for cell, slot in zip(line.cells, slots, strict=False):
        cells[slot] = cell
    row = (
        TableRow((*before.row.cells, *line.row.cells), before.row.place)
        if before is not None
        else line.row
    )
    shared = columns.at("no") is not None and not cells[columns.at("no") or 0].lines
    return GridRow(cells, row, [False] * width, shared=shared)


def rejoined(rows: Sequence[GridRow], columns: Columns) -> list[GridRow]:
    """Rows of which a part of the task stands in a row of its own, joined again."""
    joined: list[GridRow] = []
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
            row = TableRow((*joined[-1].row.cells, *line.row.cells), joined[-1].row.place)
            joined[-1] = GridRow(cells, row, joined[-1].carried, joined[-1].shared)
        else:
            joined.append(line)
    return joined
