"""Bức tranh: agencies down, milestones across, each cell a count with the sign of its worst; worst row first.

Pure, given the obligations of a page's agencies. Nothing is shortened: who is not on this page is on another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from plan.queries.progress import ObligationView
from plan.states import State, sign_key
from plan.text import normalise

WORST = (
    "overdue",
    "returned_late",
    "returned",
    "due_soon",
    "open",
    "submitted_late",
    "submitted",
    "not_open",
    "accepted_late",
    "accepted",
    "undated",
    "waived",
)
"""Signs, what most needs a hand first."""
_RANK = {key: rank for rank, key in enumerate(WORST)}
TO_ACT = frozenset(WORST[:4])
"""Signs that somebody must do something about: only these have a colour."""


@dataclass(frozen=True)
class Cell:
    """What an agency owes for a milestone. `handed_in` of `total`; waived ones are not counted."""

    handed_in: int
    total: int
    sign: str

    @property
    def acts(self) -> bool:
        return self.sign in TO_ACT


@dataclass(frozen=True)
class PictureRow:
    code: str
    name: str
    cells: tuple[Cell | None, ...]
    """One a milestone, in their order; None: nothing owed for it."""
    views: tuple[ObligationView, ...]
    """All its obligations, what most needs a hand first."""

    @property
    def worst(self) -> str:
        return _sign(self.views[0])

    @property
    def late(self) -> int:
        return sum(_sign(view) in ("overdue", "returned_late") for view in self.views)

    @property
    def missing(self) -> int:
        return sum(cell.total - cell.handed_in for cell in self.cells if cell)


ORDERS: Mapping[str, tuple[str, Callable[[PictureRow], tuple[int | str, ...]]]] = {
    "": ("Xấu nhất trước", lambda row: (_RANK[row.worst], -row.late)),
    "con-thieu": ("Thiếu nhiều nhất trước", lambda row: (-row.missing,)),
    "ten": ("Tên cơ quan", lambda row: (normalise(row.name),)),
    "danh-sach": ("Như trong kế hoạch", lambda _: ()),
}
"""Order as the address bar names it → its words, and what rows are ordered by; as the plan lists them where
that says nothing."""


def _sign(view: ObligationView) -> str:
    return sign_key(view.state, view.timeliness)


def picture(
    views: Sequence[ObligationView], milestones: Sequence[str], order: str = ""
) -> list[PictureRow]:
    """Rows in one of `ORDERS`; worst first: by the worst sign, then how many are late."""
    mine: dict[str, list[ObligationView]] = defaultdict(list)
    for view in views:
        mine[view.agency].append(view)
    rows = [_row(owed, milestones) for owed in mine.values()]
    return sorted(rows, key=ORDERS.get(order, ORDERS[""])[1])


def _row(owed: Sequence[ObligationView], milestones: Sequence[str]) -> PictureRow:
    ordered = tuple(sorted(owed, key=lambda view: (_RANK[_sign(view)], view.last_day is None)))
    first = ordered[0]
    cells = tuple(_cell([v for v in ordered if v.milestone == code]) for code in milestones)
    return PictureRow(first.agency, first.agency_short, cells, ordered)


def _cell(owed: Sequence[ObligationView]) -> Cell | None:
    counted = [view for view in owed if view.state is not State.waived]
    if not owed:
        return None
    handed_in = sum(view.nothing_owed for view in counted)
    return Cell(handed_in, len(counted), _sign(owed[0]))
