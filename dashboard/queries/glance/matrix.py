"""Agencies down, products across, and who still owes what. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plan.queries.progress import ObligationView


@dataclass(frozen=True)
class Column:
    """A deliverable across the matrix."""

    code: str
    title: str
    short: str
    milestone: str


@dataclass(frozen=True)
class MatrixRow:
    agency: str
    name: str
    short: str
    cells: tuple[tuple[ObligationView, ...], ...]
    """For each column, what this agency owes of it (none: it owes none)."""

    @property
    def owed(self) -> int:
        return sum(not view.nothing_owed for cell in self.cells for view in cell)


@dataclass(frozen=True)
class Block:
    """A group of agencies that owe alike, with the columns any of them owes."""

    group: str
    label: str
    columns: tuple[Column, ...]
    rows: tuple[MatrixRow, ...]


def blocks(
    views: Sequence[ObligationView],
    columns: Sequence[Column],
    kinds: Mapping[str, str],
    *,
    dated: bool,
) -> list[Block]:
    """The matrix, cut by group. `views` in the plan's order; `kinds`: agency → «huyện», «sở»…

    `dated`: only what has a deadline, else only what has none."""
    wanted = [view for view in views if (view.due_at is not None) is dated]
    found = []
    for group in dict.fromkeys(view.group for view in wanted):
        mine = [view for view in wanted if view.group == group]
        codes = {view.deliverable for view in mine}
        across = tuple(column for column in columns if column.code in codes)
        rows = _matrix_rows(mine, across)
        found.append(Block(group, group_label(rows, kinds), across, rows))
    return found


def _matrix_rows(
    views: Sequence[ObligationView], columns: Sequence[Column]
) -> tuple[MatrixRow, ...]:
    cells: dict[tuple[str, str], list[ObligationView]] = {}
    names: dict[str, ObligationView] = {}
    for view in views:
        cells.setdefault((view.agency, view.deliverable), []).append(view)
        names.setdefault(view.agency, view)
    return tuple(
        MatrixRow(
            code,
            first.agency_name,
            first.agency_short,
            tuple(tuple(cells.get((code, column.code), ())) for column in columns),
        )
        for code, first in names.items()
    )


def group_label(rows: Sequence[MatrixRow], kinds: Mapping[str, str]) -> str:
    """«Thành phố, thị xã, huyện»: the kinds its agencies are of; a single agency's own name."""
    if len(rows) == 1:
        return rows[0].name
    named = dict.fromkeys(kinds.get(row.agency, "") for row in rows)
    words = ", ".join(kind for kind in named if kind) or "Các cơ quan"
    return words[0].upper() + words[1:]


def _due_first(view: ObligationView) -> datetime:
    assert view.due_at is not None
    return view.due_at


def still_owing(
    views: Sequence[ObligationView],
) -> list[tuple[str, str, list[ObligationView]]]:
    """(code, short name, what is owed, nearest first) of each agency with something open or late, worst
    first."""
    owed: dict[str, list[ObligationView]] = {}
    for view in views:
        if not view.nothing_owed and view.due_at is not None and view.timeliness != "not_open":
            owed.setdefault(view.agency, []).append(view)
    for rows in owed.values():
        rows.sort(key=_due_first)
    listed = [(code, rows[0].agency_short, rows) for code, rows in owed.items()]
    return sorted(listed, key=lambda item: _due_first(item[2][0]))
