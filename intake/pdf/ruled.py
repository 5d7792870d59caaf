"""Rules on a page → tables: which squares of the grid are walled off from each other.

A square and its neighbour without a rule between them are one merged cell, so that spans come out by
themselves. Pure geometry; no text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from intake.pdf.model import Box
from intake.pdf.pages import Rule

_NEAR = 3.0
"""Rules nearer than this, in points, are one; ends nearer than this meet."""
_MOST_SQUARES = 60_000
"""More is a drawing, not a table."""


@dataclass(frozen=True, slots=True)
class Square:
    """A cell's place in the grid and on the page."""

    row: int
    column: int
    rowspan: int
    colspan: int
    box: Box


@dataclass(frozen=True, slots=True)
class RuledTable:
    """A table's frame: its cells, row by row from the left."""

    squares: tuple[Square, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def box(self) -> Box:
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])


@dataclass(slots=True)
class _Wall:
    """A rule once more, by where it stands (`at`) and how far it goes."""

    across: bool
    at: float
    start: float
    end: float


def ruled_tables(rules: Iterable[Rule]) -> list[RuledTable]:
    """The tables that these rules draw, from the top. A single box is no table."""
    walls = _joined(rules)
    tables = [table for group in _groups(walls) if (table := _table(group)) is not None]
    return sorted(tables, key=lambda table: (table.ys[0], table.xs[0]))


def _joined(rules: Iterable[Rule]) -> list[_Wall]:
    """Rules on one line that touch are one wall."""
    walls: list[_Wall] = []
    for across in (True, False):
        parts = [_wall(rule) for rule in rules if rule.across is across]
        for line in _near_each_other(parts):
            at = sum(part.at for part in line) / len(line)
            line.sort(key=lambda part: part.start)
            current = _Wall(across, at, line[0].start, line[0].end)
            for part in line[1:]:
                if part.start <= current.end + _NEAR:
                    current.end = max(current.end, part.end)
                else:
                    walls.append(current)
                    current = _Wall(across, at, part.start, part.end)
            walls.append(current)
    return walls


def _wall(rule: Rule) -> _Wall:
    if rule.across:
        return _Wall(True, rule.y0, rule.x0, rule.x1)
    return _Wall(False, rule.x0, rule.y0, rule.y1)


def _near_each_other(parts: list[_Wall]) -> list[list[_Wall]]:
    lines: list[list[_Wall]] = []
    for part in sorted(parts, key=lambda one: one.at):
        if lines and part.at - lines[-1][-1].at <= _NEAR:
            lines[-1].append(part)
        else:
            lines.append([part])
    return lines


def _groups(walls: Sequence[_Wall]) -> list[list[_Wall]]:
    """Walls that meet, directly or through others."""
    leader = list(range(len(walls)))

    def lead(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    down = sorted(
        (place for place, wall in enumerate(walls) if not wall.across), key=lambda p: walls[p].at
    )
    places = [walls[place].at for place in down]
    for place, wall in enumerate(walls):
        if not wall.across:
            continue
        for other in down[bisect_left(places, wall.start - _NEAR) :]:
            if walls[other].at > wall.end + _NEAR:
                break
            if walls[other].start - _NEAR <= wall.at <= walls[other].end + _NEAR:
                leader[lead(place)] = lead(other)
    groups: dict[int, list[_Wall]] = {}
    for place, wall in enumerate(walls):
        groups.setdefault(lead(place), []).append(wall)
    return list(groups.values())


def _table(walls: Sequence[_Wall]) -> RuledTable | None:
    xs = _places(wall.at for wall in walls if not wall.across)
    ys = _places(wall.at for wall in walls if wall.across)
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < 1 or columns < 1 or rows * columns < 2 or rows * columns > _MOST_SQUARES:
        return None
    return RuledTable(tuple(_squares(walls, xs, ys)), tuple(xs), tuple(ys))


def _places(values: Iterable[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _NEAR:
            places.append(value)
    return places


def _squares(walls: Sequence[_Wall], xs: Sequence[float], ys: Sequence[float]) -> list[Square]:
    rows, columns = len(ys) - 1, len(xs) - 1
    across = _by_place([wall for wall in walls if wall.across], ys)
    down = _by_place([wall for wall in walls if not wall.across], xs)
    leader = list(range(rows * columns))

    def lead(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for row in range(rows):
        middle = (ys[row] + ys[row + 1]) / 2
        for column in range(columns):
            square = row * columns + column
            if column + 1 < columns and not _covers(down[column + 1], middle):
                leader[lead(square + 1)] = lead(square)
            if row + 1 < rows and not _covers(across[row + 1], (xs[column] + xs[column + 1]) / 2):
                leader[lead(square + columns)] = lead(square)
    members: dict[int, list[int]] = {}
    for square in range(rows * columns):
        members.setdefault(lead(square), []).append(square)
    return sorted(
        (_square([divmod(one, columns) for one in group], xs, ys) for group in members.values()),
        key=lambda square: (square.row, square.column),
    )


def _by_place(walls: Sequence[_Wall], places: Sequence[float]) -> list[list[_Wall]]:
    """The walls that stand at each place."""
    found: list[list[_Wall]] = [[] for _ in places]
    for wall in walls:
        nearest = min(range(len(places)), key=lambda one: abs(places[one] - wall.at))
        found[nearest].append(wall)
    return found


def _covers(walls: Sequence[_Wall], point: float) -> bool:
    return any(wall.start - 1 <= point <= wall.end + 1 for wall in walls)


def _square(places: Sequence[tuple[int, int]], xs: Sequence[float], ys: Sequence[float]) -> Square:
    top, bottom = min(row for row, _ in places), max(row for row, _ in places)
    left, right = min(column for _, column in places), max(column for _, column in places)
    box = Box(xs[left], ys[top], xs[right + 1], ys[bottom + 1])
    return Square(top, left, bottom - top + 1, right - left + 1, box)
