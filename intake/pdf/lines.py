"""Runs of text → printed lines; lines side by side → columns (a letterhead, a signature). Pure geometry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from intake.pdf.model import Box, around
from intake.pdf.pages import Run

_SAME_LINE = 0.45
"""Middles nearer than so many times the smaller height stand on one line."""
_SPACE = 0.14
"""A gap of so many times the height is a blank that was not written."""
_COLUMN_GAP = 1.6
"""A gap of so many times the height parts two columns."""
_COLUMN_POINTS = 16.0
MARKER = re.compile(
    r"(?:[-–—+•●▪◦*]|[IVXLC]{1,6}[.)]?|\d{1,2}(?:\.\d{1,2}){0,3}[.)]?|[a-zđA-ZĐ][.)]|Điều \d{1,3}\.)"
)
"""A number or sign that a paragraph begins with."""


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line, or its part in one column."""

    text: str
    box: Box
    bold: bool
    """Whether the line begins in bold."""
    all_bold: bool

    @property
    def first_word(self) -> float:
        """Width of its first word, in points."""
        return (
            (self.box.x1 - self.box.x0) * len(self.text.split(" ", 1)[0]) / max(len(self.text), 1)
        )


def lines_of(runs: Iterable[Run]) -> list[list[Line]]:
    """The lines from the top; of each its parts from the left."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: (run.box.middle, run.box.x0)):
        for row in rows[-1:-4:-1]:
            if abs(row[0].box.middle - run.box.middle) < _SAME_LINE * min(
                row[0].box.height, run.box.height
            ):
                row.append(run)
                break
        else:
            rows.append([run])
    return [list(_parts(sorted(row, key=lambda run: run.box.x0))) for row in rows]


def _parts(runs: Sequence[Run]) -> Iterator[Line]:
    part: list[Run] = []
    for run in runs:
        if part and _is_apart(part, run):
            yield _line(part)
            part = []
        part.append(run)
    yield _line(part)


def _is_apart(part: Sequence[Run], run: Run) -> bool:
    gap = run.box.x0 - part[-1].box.x1
    if gap < max(_COLUMN_POINTS, _COLUMN_GAP * run.box.height):
        return False
    # After a number stands a tab, however wide.
    return not MARKER.fullmatch("".join(one.text for one in part).strip())


def _line(runs: Sequence[Run]) -> Line:
    text = runs[0].text
    for before, run in pairwise(runs):
        gap = run.box.x0 - before.box.x1
        text += (" " if gap > _SPACE * run.box.height else "") + run.text
    shown = [run for run in runs if run.text.strip()]
    return Line(
        " ".join(text.split()),
        around([run.box for run in runs]),
        bool(shown) and shown[0].bold,
        all(run.bold for run in shown),
    )


def whole(parts: Sequence[Line]) -> Line:
    """A line whose words stand far apart (justified, tabs, blanks left to fill in) as one line."""
    if len(parts) == 1:
        return parts[0]
    return Line(
        " ".join(part.text for part in parts),
        around([part.box for part in parts]),
        parts[0].bold,
        all(part.all_bold for part in parts),
    )


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two columns of lines with nothing across them."""

    left: tuple[Line, ...]
    right: tuple[Line, ...]

    @property
    def box(self) -> Box:
        return around([line.box for line in (*self.left, *self.right)])


def columns_of(rows: Sequence[Sequence[Line]]) -> Iterator[Line | SideBySide]:
    """The lines in the order they are read: two columns beside each other one after the other."""
    at = 0
    while at < len(rows):
        end = _columns_end(rows, at)
        if end > at:
            gutter = _gutter(rows[at])
            parts = [line for row in rows[at:end] for line in row]
            yield SideBySide(
                tuple(line for line in parts if line.box.x0 < gutter),
                tuple(line for line in parts if line.box.x0 >= gutter),
            )
            at = end
        else:
            yield whole(rows[at])
            at += 1


def _gutter(row: Sequence[Line]) -> float:
    """Middle of the widest gap of a line."""
    gaps = [(b.box.x0 - a.box.x1, (a.box.x1 + b.box.x0) / 2) for a, b in pairwise(row)]
    return max(gaps)[1]


def _columns_end(rows: Sequence[Sequence[Line]], at: int) -> int:
    """Where the columns that begin on this line end; `at` where none begin.

    One line with a gap is a line with a gap (a table without rules, a form): two must have it, or what
    follows must keep to one side closely.
    """
    if len(rows[at]) != 2:
        return at
    gutter, end, both = _gutter(rows[at]), at + 1, 1
    left, right = ([line] for line in rows[at])
    while (
        end < len(rows) and _keeps_clear(rows[end], gutter) and _is_near(rows[end - 1], rows[end])
    ):
        sides = [left if line.box.x0 < gutter else right for line in rows[end]]
        if len(sides) == 1 and not _is_aligned(rows[end][0], sides[0]):
            break
        for side, line in zip(sides, rows[end], strict=True):
            side.append(line)
        both += len(sides) > 1
        end += 1
    return end if both > 1 or end - at > 2 else at


def _keeps_clear(row: Sequence[Line], gutter: float) -> bool:
    return len(row) <= 2 and all(line.box.x1 <= gutter or line.box.x0 >= gutter for line in row)


def _is_aligned(line: Line, column: Sequence[Line]) -> bool:
    """Whether a line stands in the column: at its edge or in its middle. A title below it does not."""
    box = around([one.box for one in column])
    middle = abs((line.box.x0 + line.box.x1) - (box.x0 + box.x1)) / 2
    return abs(line.box.x0 - box.x0) < line.box.height or middle < line.box.height


def _is_near(above: Sequence[Line], below: Sequence[Line]) -> bool:
    gap = min(line.box.y0 for line in below) - max(line.box.y1 for line in above)
    return gap < 3 * max(line.box.height for line in below)
