"""Bức tranh: agencies down, milestones across, each cell a count with the sign of its worst; worst row first.

Pure, given the obligations of a page's agencies. Nothing is shortened: who is not on this page is on another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.queries.board import Tally, sign_of_view
from plan.queries.progress import ObligationView
from plan.states import State
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
    def tally(self) -> Tally:
        return Tally(Counter(sign_of_view(view) for view in self.views))

    @property
    def late(self) -> int:
        return self.tally.late


def _worst(tally: Tally) -> int:
    return min([_RANK[key] for key, count in tally.signs.items() if count])


def acts(tally: Tally) -> bool:
    """Whether something of it needs a hand."""
    return any(tally.signs.get(key) for key in TO_ACT)


ORDERS: Mapping[str, tuple[str, Callable[[str, Tally], tuple[int | str, ...]]]] = {
    "": ("Xấu nhất trước", lambda _, tally: (_worst(tally), -tally.late)),
    "con-thieu": ("Thiếu nhiều nhất trước", lambda _, tally: (-tally.missing,)),
    "ten": ("Tên cơ quan", lambda name, _: (normalise(name),)),
    "danh-sach": ("Như trong kế hoạch", lambda *_: ()),
}
"""Order as the address bar names it → its words, and what agencies are ordered by (short name, tally of what
is dated); as the plan lists them where that says nothing."""


def in_order(tallies: Mapping[str, Tally], names: Mapping[str, str], order: str = "") -> list[str]:
    """Agencies in one of `ORDERS`; given in the plan's. `names`: short ones."""
    key = ORDERS.get(order, ORDERS[""])[1]
    return sorted(tallies, key=lambda code: key(names[code], tallies[code]))


def picture(
    views: Sequence[ObligationView], milestones: Sequence[str], codes: Sequence[str] | None = None
) -> list[PictureRow]:
    """The rows of these agencies, as ordered, but of those that owe nothing. None: of all, worst first."""
    mine: dict[str, list[ObligationView]] = defaultdict(list)
    for view in views:
        mine[view.agency].append(view)
    rows = {code: _row(owed, milestones) for code, owed in mine.items()}
    if codes is None:
        tallies = {code: row.tally for code, row in rows.items()}
        codes = in_order(tallies, {code: row.name for code, row in rows.items()})
    return [rows[code] for code in codes if code in rows]


def _row(owed: Sequence[ObligationView], milestones: Sequence[str]) -> PictureRow:
    ordered = tuple(
        sorted(owed, key=lambda view: (_RANK[sign_of_view(view)], view.last_day is None))
    )
    first = ordered[0]
    cells = tuple(_cell([v for v in ordered if v.milestone == code]) for code in milestones)
    return PictureRow(first.agency, first.agency_short, cells, ordered)


def _cell(owed: Sequence[ObligationView]) -> Cell | None:
    counted = [view for view in owed if view.state is not State.waived]
    if not owed:
        return None
    handed_in = sum(view.nothing_owed for view in counted)
    return Cell(handed_in, len(counted), sign_of_view(owed[0]))
