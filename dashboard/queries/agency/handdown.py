"""What an agency handed down to its units, as it stands: who has handed in what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from dashboard.queries.obligation import Filed, filed
from plan.models import Plan
from plan.queries.progress import ObligationView, obligations
from plan.states import State


@dataclass(frozen=True)
class UnitLine:
    """One unit: what it owes and its newest submission."""

    view: ObligationView
    filed: Filed | None

    @property
    def code(self) -> str:
        return self.view.agency

    @property
    def to_decide(self) -> bool:
        return self.view.state is State.submitted


def unit_lines(session: Session, inner: Plan, as_of: datetime) -> list[UnitLine]:
    """In the order they were named; three small queries a unit, of which there are some dozens."""
    return [
        UnitLine(view, next(iter(filed(session, view.row_id, as_of)), None))
        for view in obligations(session, inner, as_of)
    ]


def counted(lines: Sequence[UnitLine]) -> tuple[int, int]:
    """(accepted, all)."""
    return sum(line.view.state is State.accepted for line in lines), len(lines)
