"""From a definition's due words to windows, inheritance followed. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC

from plan.calendar import WorkingCalendar
from plan.deadlines.windows import Recurring, Window, occurrences, parse_due, window
from plan.definition.model import Deliverable, Due, Milestone, PlanDefinition
from plan.definition.periodic import due_of, horizon
from plan.models import Deadline


def window_digest(said: Window | Deadline | None) -> str:
    """A short digest of when something opens and is due; what a plan leaves undated has one too."""
    moments = (said.opens_at, said.due_at) if said else (None, None)
    words = [moment.astimezone(UTC).isoformat() if moment else "" for moment in moments]
    day = said.last_day if said else None
    return hashlib.sha256(f"{words} {day}".encode()).hexdigest()[:16]


class WindowBook:
    """The windows of one plan's milestones and deliverables."""

    def __init__(self, definition: PlanDefinition, calendar: WorkingCalendar) -> None:
        self._definition = definition
        self._calendar = calendar
        self._milestones = {part.id: part for part in definition.milestones}
        self._known: dict[tuple[object, ...], list[tuple[str, str, Window | None]]] = {}

    def of_milestone(self, milestone_id: str) -> Window | None:
        """A milestone's window; None when it is undated. A recurring one has its first."""
        part = self._milestones[milestone_id]
        windows = self._windows(self._resolve(part.due), part)
        return windows[0][2] if windows else None

    def of_deliverable(self, part: Deliverable) -> list[tuple[str, str, Window | None]]:
        """(period key, due words, window) of each occurrence; one with an empty key if it does not
        recur, with no window if it is undated."""
        due = due_of(self._definition, part)
        return self._windows(due, self._milestones[part.milestone]) or [("", due.words, None)]

    def _resolve(self, due: Due) -> Due:
        """Follow «inherits» to the milestone that has words of its own (cycles are refused when
        the plan is checked)."""
        while due.inherits is not None:
            due = self._milestones[due.inherits].due
        return due

    def _windows(self, due: Due, milestone: Milestone) -> list[tuple[str, str, Window | None]]:
        """Worked out once for each phrase that counts from the same days."""
        phrase = (due.words, due.roll_forward, milestone.opens_on)
        if phrase not in self._known:
            self._known[phrase] = self._work_out(due, milestone)
        return self._known[phrase]

    def _work_out(self, due: Due, milestone: Milestone) -> list[tuple[str, str, Window | None]]:
        if not due.words:
            return []
        definition = self._definition
        rule = parse_due(due.words, inclusive_before=definition.before_is_inclusive)
        if isinstance(rule, Recurring):
            return [
                (key, due.words, one)
                for key, one in occurrences(
                    rule,
                    definition.issued_on,
                    horizon(definition),
                    calendar=self._calendar,
                    roll_forward=due.roll_forward,
                )
            ]
        one = window(
            rule,
            issued_on=definition.issued_on,
            opens_on=milestone.opens_on,
            calendar=self._calendar,
            roll_forward=due.roll_forward,
        )
        return [("", due.words, one)]
