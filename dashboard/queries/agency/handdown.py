"""What an agency handed down to its units, as it stands: who has handed in what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from consolidation.handed_down import merged_figures
from dashboard.queries.agency.mine import Todo, deadlines
from dashboard.queries.alarms import extensions_waiting
from dashboard.queries.obligation import Filed, filed
from intake.forms.workbook import build_workbook
from plan.calendar import local_day
from plan.errors import RefusedError
from plan.ledger.data_calls import in_use
from plan.models import Extension, Plan, Post
from plan.queries.definitions import definition_of
from plan.queries.progress import ObligationView, obligations
from plan.queries.threads import threads
from plan.states import CLOSED, Role, State


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
    def open(self) -> bool:
        """Whether it may still be taken back."""
        return self.view.state not in CLOSED

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
    """(accepted, all but those it was taken back from)."""
    states = [line.view.state for line in lines]
    return states.count(State.accepted), len(states) - states.count(State.waived)


def merges(inner: Plan | None) -> str:
    """What the units' is put together into: appendices | compilation; empty: nothing."""
    outputs = definition_of(inner).outputs if inner else []
    return outputs[0].kind if outputs else ""


def merged_workbook(session: Session, plan: Plan, inner: Plan, found: Todo, now: datetime) -> bytes:
    """The workbook of `plan` for the agency that coordinates `inner`, its units' figures in it. `found`: what
    that agency owes. RefusedError where no figures are owed, and before any unit's were accepted."""
    if merges(inner) != "appendices":
        raise RefusedError("Việc này không có biểu số liệu để gộp.")
    figures, coverage = merged_figures(session, inner, now)
    if not coverage.have:
        raise RefusedError("Chưa nhận bản nào của đơn vị nên chưa gộp được.")
    return build_workbook(
        in_use(session, plan.id, definition_of(plan)),
        definition_of(inner).coordinator,
        on=local_day(now),
        deadlines=deadlines(found),
        prefill=figures,
    )
