"""What reminders were ahead at a past moment: the tick's own decision, on the facts as they stood then.

Obligations, deadlines and what was told of them are those of the moment; people and their addresses are
today's, of which no history is kept. Messages that waited to be sent then are not told again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from notifications.obligations import DueObligation, ReminderHistory, owed_by_id, reminder_history
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from notifications.policy import next_fire_at
from notifications.reminders.look import TickLook, decide
from plan.models import Plan
from plan.queries.progress import ObligationView, obligations


@dataclass(frozen=True)
class Forecast:
    """What was owed at a moment, and when each of it was to be looked at next."""

    book: PlanContext
    rows: Mapping[int, DueObligation]
    known: Mapping[int, ReminderHistory]
    next_at: Mapping[int, datetime]

    def rounds(self) -> list[tuple[datetime, int]]:
        """When reminders were to be looked at again (UTC), and how many obligations then."""
        return sorted(Counter(self.next_at.values()).items())

    def look(self, at: datetime) -> TickLook:
        """What the round at `at` would have said, had nothing happened since the moment."""
        rows = [self.rows[key] for key, then in self.next_at.items() if then <= at]
        return decide({self.book.plan_id: self.book}, rows, self.known, at)


def forecast_as_of(session: Session, plan: Plan, as_of: datetime, desk: Messaging) -> Forecast:
    """The facts of `as_of` (UTC). Reads every obligation of the plan; writes nothing."""
    views = {view.row_id: view for view in obligations(session, plan, as_of)}
    owed = owed_by_id(session, views)
    rows = {key: _then(owed[key], view) for key, view in views.items()}
    known = reminder_history(session, list(rows.values()), as_of)
    book = load_plan_context(session, plan.id, as_of, desk)
    ahead = {
        key: next_fire_at(
            book.facts(row, known[key].armed_at), book.ladder(row), book.office, as_of
        )
        for key, row in rows.items()
        if row.due_at is not None
    }
    return Forecast(book, rows, known, {key: at for key, at in ahead.items() if at is not None})


def _then(row: DueObligation, view: ObligationView) -> DueObligation:
    return replace(
        row,
        state=view.state,
        opens_at=view.opens_at,
        due_at=view.due_at,
        last_day=view.last_day,
        last_working_day=view.last_working_day,
        deadline_version=view.deadline_version,
    )
