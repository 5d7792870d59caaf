"""What an agency handed down to its units, as it stands: who has handed in what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.queries.alarms import extensions_waiting
from dashboard.queries.obligation import Filed, filed
from plan.models import Extension, Plan, Post
from plan.queries.progress import ObligationView, obligations
from plan.queries.threads import threads
from plan.states import Role, State


@dataclass(frozen=True)
class UnitLine:
    """One unit: what it owes, its newest submission, the time it asks for and what was said."""

    view: ObligationView
    filed: Filed | None
    asked: Extension | None = None
    posts: Sequence[Post] = ()

    @property
    def code(self) -> str:
        return self.view.agency

    @property
    def to_decide(self) -> bool:
        return self.view.state is State.submitted

    @property
    def said(self) -> bool:
        return self.asked is not None or bool(self.posts)

    @property
    def waits(self) -> bool:
        """Whether the unit asked for time, or spoke last: an answer is due."""
        return self.asked is not None or bool(self.posts and self.posts[-1].role == Role.agency)


def unit_lines(session: Session, inner: Plan, as_of: datetime) -> list[UnitLine]:
    """In the order they were named; three small queries a unit, of which there are some dozens."""
    asked = {row.obligation_id: row for row in extensions_waiting(session, inner.id, as_of)}
    said = threads(session, inner.id, as_of)
    return [
        UnitLine(
            view,
            next(iter(filed(session, view.row_id, as_of)), None),
            asked.get(view.row_id),
            said.get(view.row_id, ()),
        )
        for view in obligations(session, inner, as_of)
    ]


def counted(lines: Sequence[UnitLine]) -> tuple[int, int]:
    """(accepted, all)."""
    return sum(line.view.state is State.accepted for line in lines), len(lines)
