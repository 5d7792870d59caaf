"""The board on one sheet of paper, as it is taken along: what is drawn, and who is only counted. Pure.

Confidential products are never on it; where there are any, it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.queries.board import Headline, Tally, headline, milestone_rows
from dashboard.queries.picture import Cell, picture
from plan.calendar import WorkingCalendar
from plan.models import Milestone
from plan.queries.progress import ObligationView

ROWS = 40
"""Agencies that one sheet of A4 names."""
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
    columns: tuple[str, ...]
    """Milestones across, by their short names."""
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    """Agencies down, worst first."""
    more: int
    """Agencies that found no room."""
    note: str = ""


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
    dated = [view for view in shown if view.due_at is not None]
    codes = [row.code for row in rows]
    agencies = picture(dated, codes)
    return BoardPicture(
        plan=plan,
        at=at,
        headline=headline(rows, at, soon),
        lines=tuple(
            Line(row.short, row.left_words(at), row.tone(at, soon), row.tally) for row in rows
        ),
        columns=tuple(row.short for row in rows),
        rows=tuple((row.name, row.cells) for row in agencies[:ROWS]),
        more=max(len(agencies) - ROWS, 0),
        note=SECRET if len(shown) < len(views) else "",
    )
