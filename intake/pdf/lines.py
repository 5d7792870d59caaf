"""Runs of text → printed lines; lines side by side → columns (a letterhead, a signature). Pure geometry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from intake.pdf.model import Box, around
from intake.pdf.runs import Letter, Run

_SAME_LINE = 0.33
"""Runs that stand within so many times the larger height are on one line: a raised letter is."""
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
class PrintedLine:
    """One printed line, or its part in one column."""

    text: str
    box: Box
    base: float
    """Where its letters stand."""
    bold: bool
    """Whether the line begins in bold."""
    all_bold: bool
    size: float = 0.0
    """Height of most of its letters: its box holds raised ones and those of a borrowed font too."""

    @property
    def first_word(self) -> float:
        """Width of its first word, in points."""
        return (
            (self.box.x1 - self.box.x0) * len(self.text.split(" ", 1)[0]) / max(len(self.text), 1)
        )


def lines_of(runs: Iterable[Run]) -> list[list[PrintedLine]]:
    """The lines from the top; of each its parts from the left."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: (run.base, run.box.x0)):
        if rows and _is_on(rows[-1], run):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [list(_parts(sorted(row, key=lambda run: run.box.x0))) for row in rows]


def _is_on(row: Sequence[Run], run: Run) -> bool:
    """Whether the run stands on the line: as its first letters do, or raised above those that follow."""
    near = _SAME_LINE * max(row[-1].box.height, run.box.height)
    return run.base - row[-1].base < near and run.base - row[0].base < 2 * near


def _parts(runs: Sequence[Run]) -> Iterator[PrintedLine]:
    part: list[Run] = []
    edge = 0.0
    for run in runs:
        if part and _is_apart(part, run.box.x0 - edge, run.box.height):
            yield _line(part)
            part = []
        edge = max(edge, run.box.x1) if part else run.box.x1
        part.append(run)
    yield _line(part)


def _is_apart(part: Sequence[Run], gap: float, height: float) -> bool:
    if gap < max(_COLUMN_POINTS, _COLUMN_GAP * height):
        return False
    # After a number stands a tab, however wide.
    return not MARKER.fullmatch(text_of(part).strip())


def _line(runs: Sequence[Run]) -> PrintedLine:
    text = text_of(runs)
    if len(runs) == 1:
        (run,) = runs
        return PrintedLine(
            " ".join(text.split()), run.box, run.base, run.bold, run.bold, run.box.height
        )
    longest = max(runs, key=lambda run: len(run.letters))
    return PrintedLine(
        " ".join(text.split()),
        around([run.box for run in runs]),
        longest.base,
        runs[0].bold,
        all(run.bold for run in runs),
        longest.box.height,
    )


def text_of(runs: Sequence[Run]) -> str:
    """What runs on one line say; a blank wherever two letters stand apart.

    Letters go by their places: a font that lacks some lends them from another, and the file then writes
    those by themselves.
    """
    if len(runs) == 1 and runs[0].apart:
        return " ".join([letter for letter, _, _ in runs[0].letters])
    apart = _SPACE * max([run.box.height for run in runs])
    if len(runs) == 1 and (text := _in_order(runs[0].letters, apart)) is not None:
        return text
    letters = sorted((letter for run in runs for letter in run.letters), key=_middle)
    text, edge = "", letters[0][1]
    for letter, x0, x1 in letters:
        text += f" {letter}" if x0 - edge > apart else letter
        edge = max(edge, x1)
    return text


def _in_order(letters: Sequence[Letter], apart: float) -> str | None:
    """What letters say that stand one after the other, as nearly all do; None when they do not."""
    text, edge = "", letters[0][1]
    for letter, x0, x1 in letters:
        if x1 < edge or x0 < edge - apart:
            return None
        text += f" {letter}" if x0 - edge > apart else letter
        edge = x1
    return text


def _middle(letter: Letter) -> float:
    return letter[1] + letter[2]


def whole(parts: Sequence[PrintedLine]) -> PrintedLine:
    """A line whose words stand far apart (justified, tabs, blanks left to fill in) as one line."""
    if len(parts) == 1:
        return parts[0]
    return PrintedLine(
        " ".join(part.text for part in parts),
        around([part.box for part in parts]),
        parts[0].base,
        parts[0].bold,
        all(part.all_bold for part in parts),
        parts[0].size,
    )


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two columns of lines with nothing across them."""

    left: tuple[PrintedLine, ...]
    right: tuple[PrintedLine, ...]

    @property
    def box(self) -> Box:
        return around([line.box for line in (*self.left, *self.right)])


def columns_of(rows: Sequence[Sequence[PrintedLine]]) -> Iterator[PrintedLine | SideBySide]:
    """The lines in the order they are read: two columns beside each other one after the other."""
    at = 0
    while at < len(rows):
        pair, end = _side_by_side(rows, at)
        if pair is not None:
            yield pair
        else:
            yield whole(rows[at])
        at = end


def _side_by_side(rows: Sequence[Sequence[PrintedLine]], at: int) -> tuple[SideBySide | None, int]:
    """The columns that begin on this line, and where they end.

    One line with a gap is a line with a gap (a table without rules, a form): two must have it, or what
    follows must keep to one side closely.
    """
    if len(rows[at]) != 2:
        return None, at + 1
    left, right = [rows[at][0]], [rows[at][1]]
    end, both = at + 1, 1
    while end < len(rows) and len(rows[end]) <= 2 and _is_near(rows[end - 1], rows[end]):
        sides = [_side(line, left, right) for line in rows[end]]
        if None in sides or (len(sides) == 2 and sides[0] is sides[1]):
            break
        if len(sides) == 1 and not _is_aligned(rows[end][0], sides[0] or ()):
            break
        for side, line in zip(sides, rows[end], strict=True):
            if side is not None:
                side.append(line)
        both += len(sides) > 1
        end += 1
    if both > 1 or end - at > 2:
        return SideBySide(tuple(left), tuple(right)), end
    return None, at + 1


def _side(
    line: PrintedLine, left: list[PrintedLine], right: list[PrintedLine]
) -> list[PrintedLine] | None:
    """The column that a line stands in; None for one that reaches across."""
    edge, gutter = max(one.box.x1 for one in left), min(one.box.x0 for one in right)
    fits_left, fits_right = line.box.x1 <= gutter - 2, line.box.x0 >= edge + 2
    if fits_left and fits_right:
        return min(
            (left, right),
            key=lambda side: abs(_centre(around([s.box for s in side])) - _centre(line.box)),
        )
    return left if fits_left else right if fits_right else None


def _centre(box: Box) -> float:
    return (box.x0 + box.x1) / 2


def _is_aligned(line: PrintedLine, column: Sequence[PrintedLine]) -> bool:
    """Whether a line stands in the column: at its edge or in its middle. A title below it does not."""
    box = around([one.box for one in column])
    middle = abs(_centre(line.box) - _centre(box))
    return abs(line.box.x0 - box.x0) < line.box.height or middle < line.box.height


def _is_near(above: Sequence[PrintedLine], below: Sequence[PrintedLine]) -> bool:
    gap = min(line.box.y0 for line in below) - max(line.box.y1 for line in above)
    return gap < 3 * max(line.box.height for line in below)
