"""A task table in plain text that stands one cell to a line, without bars: copied out of a page or a PDF.

It begins with a head «STT» and other heads that are known, and each row with its number. A cell that is
empty is simply absent, so the table is `ragged`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from drafting.document import Cell, Table, TableRow
from drafting.tables.columns import role_of

_NUMBER_HEAD = re.compile(r"(?:S?TT|Số TT|Số thứ tự)", re.I)
_ORDINAL = re.compile(r"\d{1,3}(?:\.\d{1,2})*\.?|[IVXLC]{1,6}\.?|[A-Z]\.?")
_AFTER = re.compile(r"(?:[IVX]{1,5}\.\s+\S|Nơi nhận|PHỤ LỤC|Điều \d)")
_MOST_HEADS = 9
_LONGEST_HEAD = 60
_FEWEST_ROWS = 2


def list_tables(lines: Sequence[str]) -> dict[int, tuple[Table, int]]:
    """The tables in these lines: where each begins → the table, and the line after it."""
    said = [(number, line) for number, line in enumerate(lines) if line]
    found: dict[int, tuple[Table, int]] = {}
    at = 0
    while at < len(said):
        heads = _heads(said, at) if _NUMBER_HEAD.fullmatch(said[at][1]) else 0
        end, rows = _rows(said, at + heads, heads) if heads else (at + 1, [])
        if len(rows) >= _FEWEST_ROWS:
            first = TableRow(
                tuple(Cell((text,), bold=True) for _, text in said[at : at + heads]), ""
            )
            after = said[end][0] if end < len(said) else len(lines)
            found[said[at][0]] = (
                Table((first, *rows), f"dòng {said[at][0] + 1}", ragged=True),
                after,
            )
            at = end
        else:
            at += 1
    return found


def _heads(said: Sequence[tuple[int, str]], at: int) -> int:
    """How many lines from here are heads of a task table; 0 where they are not."""
    roles = []
    for _, text in said[at : at + _MOST_HEADS]:
        if _ORDINAL.fullmatch(text) or len(text) > _LONGEST_HEAD or not role_of(text):
            break
        roles.append(role_of(text))
    ends = at + len(roles)
    begins = ends < len(said) and _ORDINAL.fullmatch(said[ends][1])
    return len(roles) if begins and "task" in roles and {"owner", "time"} & set(roles) else 0


def _rows(said: Sequence[tuple[int, str]], at: int, width: int) -> tuple[int, list[TableRow]]:
    """The rows from here on, and the place after them: a line too many for a row ends the table."""
    rows: list[list[Cell]] = []
    start = at
    while at < len(said):
        text = said[at][1]
        if _ORDINAL.fullmatch(text):
            rows.append([Cell((text,))])
        elif not rows or len(rows[-1]) >= width or _AFTER.match(text):
            break
        else:
            rows[-1].append(Cell((text,)))
        at += 1
    return at, [
        TableRow(tuple(cells), f"dòng {said[start][0] + 1}") for cells in rows if len(cells) > 1
    ]
