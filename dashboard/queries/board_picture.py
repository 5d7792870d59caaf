"""The board on one sheet of paper, as it is taken along: what is on it, and what is only counted.

Confidential products are never on it; where there are any, it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.queries.board import Headline, MilestoneRow, Tally, headline
from dashboard.queries.listing import dated_of, to_hand_in
from dashboard.queries.overview import milestones_now
from dashboard.queries.picture import Cell, picture
from dashboard.queries.plan_view import PlanView
from plan.queries.progress import ObligationView

MILESTONES = 8
"""So many stand side by side on A4 and can be read."""
SECRET = "Không kể sản phẩm mật."


@dataclass(frozen=True)
class PictureLine:
    """A milestone: its name, where it stands in words and tone, how much is in."""

    short: str
    words: str
    tone: str
    tally: Tally


@dataclass(frozen=True)
class BoardPicture:
    """Everything on the sheet. `at`: the moment shown, UTC."""

    plan: str
    at: datetime
    headline: Headline
    lines: tuple[PictureLine, ...]
    more: int
    """Milestones that found no room."""
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    """Every agency, worst first; its cells are those of `lines`. The sheet names as many as fit."""
    note: str = ""


def load_board(plan_view: PlanView) -> BoardPicture:
    """Reads all that is to be handed in: of 100,000 some seconds, and it is not asked for often."""
    plan, names = plan_view.plan, plan_view.names
    secret = {code for code, row in names.deliverables.items() if row.confidential}
    shown = plan_view.only(without=secret)
    return board_picture(
        f"{plan.number}: {plan.title}",
        milestones_now(shown),
        dated_of(shown, list(names.agencies), to_hand_in(shown)),
        plan_view.at,
        plan.soon_working_days,
        secret=bool(secret),
    )


def board_picture(
    plan: str,
    milestones: Sequence[MilestoneRow],
    views: Sequence[ObligationView],
    at: datetime,
    soon: int,
    *,
    secret: bool,
) -> BoardPicture:
    """`milestones`: all of the plan's but the confidential; `views`: what agencies have to hand in by a day;
    `secret`: there are confidential ones; `soon`: working days."""
    rows = [row for row in milestones if row.dated]
    named = _named(rows, at)
    agencies = picture(views, [row.code for row in named])
    return BoardPicture(
        plan=plan,
        at=at,
        headline=headline(rows, at, soon),
        lines=tuple(
            PictureLine(row.short, row.left_words(at), row.tone(at, soon), row.tally)
            for row in named
        ),
        more=len(rows) - len(named),
        rows=tuple((row.name, row.cells) for row in agencies),
        note=SECRET if secret else "",
    )


def _named(rows: Sequence[MilestoneRow], at: datetime) -> list[MilestoneRow]:
    """In the plan's order those that find room: what still lacks something, the oldest deadline first; then
    what is complete, the newest first."""
    by_day = sorted(rows, key=lambda row: row.due_at or at)
    lacking = [row for row in by_day if row.tally.missing]
    complete = [row for row in reversed(by_day) if not row.tally.missing]
    chosen = {row.code for row in [*lacking, *complete][:MILESTONES]}
    return [row for row in rows if row.code in chosen]
