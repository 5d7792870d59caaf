"""The board on one sheet of paper, as it is taken along: what is on it, and what is only counted.

Confidential products are never on it; where there are any, it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.queries.board import Headline, MilestoneRow, Tally, headline, milestone_rows
from dashboard.queries.glance.periods import to_hand_in
from dashboard.queries.naming import Naming, naming
from dashboard.queries.overview import span
from dashboard.queries.picture import Cell, picture
from plan.calendar import WorkingCalendar, local_day
from plan.models import Milestone, Plan
from plan.queries.lookup import load_calendar
from plan.queries.progress import ObligationView, obligations

MILESTONES = 8
"""So many stand side by side on A4 and can be read."""
SECRET = "Không kể sản phẩm mật."


@dataclass(frozen=True)
class Line:
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
    lines: tuple[Line, ...]
    more: int
    """Milestones that found no room."""
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    """Every agency, worst first; its cells are those of `lines`. The sheet names as many as fit."""
    note: str = ""


def load_board(
    session: Session, plan: Plan, at: datetime, names: Naming | None = None
) -> BoardPicture:
    """The plan as of `at` (UTC). Reads every obligation: of 100,000 some seconds, and it is
    not asked for often."""
    named = names or naming(session, plan.id, local_day(at))
    first, last = span(plan, named)
    years = range(first.year, max(last, local_day(at)).year + 1)
    return board_picture(
        f"{plan.number}: {plan.title}",
        list(named.milestones.values()),
        obligations(session, plan, at),
        frozenset(code for code, row in named.deliverables.items() if row.confidential),
        at,
        plan.soon_working_days,
        load_calendar(session, plan.id, *years),
    )


def board_picture(
    plan: str,
    milestones: Sequence[Milestone],
    views: Sequence[ObligationView],
    secret: frozenset[str],
    at: datetime,
    soon: int,
    calendar: WorkingCalendar,
) -> BoardPicture:
    """`views`: all of the plan's; `secret`: deliverables that are confidential; `soon`: working days."""
    shown = [view for view in views if view.deliverable not in secret]
    rows = [row for row in milestone_rows(list(milestones), shown, at, calendar) if row.dated]
    dated = [view for view in to_hand_in(shown, at) if view.due_at is not None]
    named = _named(rows, at)
    agencies = picture(dated, [row.code for row in named])
    return BoardPicture(
        plan=plan,
        at=at,
        headline=headline(rows, at, soon),
        lines=tuple(
            Line(row.short, row.left_words(at), row.tone(at, soon), row.tally) for row in named
        ),
        more=len(rows) - len(named),
        rows=tuple((row.name, row.cells) for row in agencies),
        note=SECRET if len(shown) < len(views) else "",
    )


def _named(rows: Sequence[MilestoneRow], at: datetime) -> list[MilestoneRow]:
    """In the plan's order those that find room: what still lacks something, the oldest deadline first; then
    what is complete, the newest first."""
    by_day = sorted(rows, key=lambda row: row.due_at or at)
    lacking = [row for row in by_day if row.tally.missing]
    complete = [row for row in reversed(by_day) if not row.tally.missing]
    chosen = {row.code for row in [*lacking, *complete][:MILESTONES]}
    return [row for row in rows if row.code in chosen]
