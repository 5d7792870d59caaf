"""Tables as Markdown writes them, a row a line between bars; and, as they are pasted from Word, between tabs.

Converters break rows: a line ends inside a row, a row's rest follows after a lone bar, empty cells come and
go. What a whole table's lines say of its columns is then no longer to be trusted, and the table is `ragged`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from drafting.document import Cell, Table, TableRow

BAR = "|"
PIPES = re.compile(r"^\|.*\|")
_RULE = re.compile(r"^\|?(?: *:?-{2,}:? *\|)+(?: *:?-{2,}:? *)?$")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_INNER_BARS = re.compile(r"\s*[^|\s][^|]*\|[^|]*\|.*[^|\s]\s*$")
_FEWEST_TABS = 2
"""In a line of a table: one of three columns."""

Bare = Callable[[str], str]


def with_outer_bars(lines: Sequence[str]) -> list[str]:
    """Rows written «a | b | c», without the bars at their ends, with them."""
    out: list[str] = []
    for inner, run in groupby(lines, key=lambda line: bool(_INNER_BARS.match(line))):
        rows = list(run)
        opened = bool(out) and out[-1].lstrip().startswith(BAR)  # a broken row goes on
        out += (
            [f"| {row.strip()} |" for row in rows]
            if inner and len(rows) > 1 and not opened
            else rows
        )
    return out


def with_tabs_as_pipes(text: str) -> str:
    """The text with lines of a pasted table, cells between tabs, as lines of pipes."""
    lines = with_outer_bars(text.split("\n"))
    tabbed = [line.rstrip().count("\t") >= _FEWEST_TABS for line in lines]
    around = zip([False, *tabbed], [*tabbed[1:], False], strict=False)
    tabbed = [
        own or (before and after and bool(line.strip()))  # a group's title between two rows
        for line, own, (before, after) in zip(lines, tabbed, around, strict=False)
    ]
    out: list[str] = []
    for is_table, run in groupby(zip(lines, tabbed, strict=True), key=lambda pair: pair[1]):
        rows = [line for line, _ in run]
        if is_table and len(rows) > 1:
            rows = [
                f"| {' | '.join(row.replace(BAR, '/').rstrip(chr(13)).split(chr(9)))} |"
                for row in rows
            ]
        out += rows
    return "\n".join(out)


def pipe_table(lines: Sequence[str], at: int, bare: Bare) -> tuple[Table, int]:
    """The table that begins in this line, and the line after it. `bare`: takes Markdown's marks off words."""
    end = at
    while (
        end < len(lines) and lines[end] and (BAR in lines[end] or not lines[end - 1].endswith(BAR))
    ):
        end += 1
    whole = list(_joined(lines, at, end))
    rows = [(number, tuple(_cells(text, bare))) for number, text in whole if not _RULE.match(text)]
    widths = {len(cells) for _, cells in rows}
    if _is_torn(lines[at:end], widths):
        torn = [
            TableRow(
                tuple(cell for cell in _cells(lines[number], bare) if cell.lines), _place(number)
            )
            for number in range(at, end)
            if not _RULE.match(lines[number])
        ]
        return Table(tuple(row for row in torn if row.cells), _place(at), ragged=True), end
    width = max(widths, default=0)
    filled = (
        TableRow(cells + (Cell(),) * (width - len(cells)), _place(number)) for number, cells in rows
    )
    return Table(tuple(filled), _place(at)), end


def _is_torn(lines: Sequence[str], widths: set[int]) -> bool:
    """Whether rows were broken where a cell ends: a line stops inside one, the next begins with a bar."""
    broken = any(
        line == BAR or (not line.endswith(BAR) and following.startswith(BAR))
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    )
    return broken and len(widths) > 1


def _joined(lines: Sequence[str], at: int, end: int) -> Iterator[tuple[int, str]]:
    """The rows, each with its line; what goes on in a line without a bar at its beginning is joined."""
    while at < end:
        text, number = lines[at], at
        at += 1
        while not text.endswith(BAR) and at < end and not lines[at].startswith(BAR):
            text = f"{text} {lines[at]}"
            at += 1
        yield number, text


def _cells(text: str, bare: Bare) -> Iterator[Cell]:
    inner = text.strip().removeprefix(BAR).removesuffix(BAR)
    for raw in re.split(r"(?<!\\)\|", inner):
        lines = tuple(said for part in _BREAK.split(raw) if (said := bare(part)))
        yield Cell(lines=lines, bold=raw.strip().startswith("**"))


def _place(number: int) -> str:
    return f"dòng {number + 1}"
