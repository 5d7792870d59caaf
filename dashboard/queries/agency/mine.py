"""What one agency owes, in the order it should be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from plan.deadlines.standing import deadline_words
from plan.definition.model import DeliverableKind, PlanDefinition
from plan.models import Finding, Submission
from plan.queries.periods import RECENT
from plan.queries.progress import ObligationView
from plan.states import State

NARRATIVES = frozenset({DeliverableKind.report, DeliverableKind.proposals})
TAKEN_IN = NARRATIVES | {DeliverableKind.appendix}
"""Kinds handed in as files that the program reads."""


@dataclass(frozen=True)
class Todo:
    """`now`: what is owed and open, nearest first; `later`: not open yet; `done`; `undated`."""

    now: list[ObligationView]
    later: list[ObligationView]
    done: list[ObligationView]
    undated: list[ObligationView]
    faults: dict[int, tuple[int, int]]
    """Row id → (errors, warnings without explanation) of its newest submission."""
    has_workbook: bool
    narratives: tuple[str, ...]
    """Deliverables that have a blank report."""
    consolidated: frozenset[str]
    """Deliverables that consolidation drafts: no blank to fill in."""

    @property
    def dated(self) -> list[ObligationView]:
        return [*self.now, *self.later, *self.done]

    @property
    def coming(self) -> list[ObligationView]:
        """Of what is not open yet the next period of each product."""
        return _of_each(self.later, 1)

    @property
    def lately(self) -> list[ObligationView]:
        """Of what is done the last periods of each product."""
        return _of_each(self.done[::-1], RECENT)[::-1]

    @property
    def first(self) -> ObligationView | None:
        """The nearest one still owed."""
        return next(iter([*self.now, *self.later]), None)

    @property
    def together(self) -> list[ObligationView]:
        """What falls due with the first: handed in in one go."""
        if self.first is None:
            return []
        return [view for view in self.now if view.last_day == self.first.last_day] or [self.first]

    @property
    def takes_files(self) -> bool:
        return any(view.kind in TAKEN_IN for view in [*self.now, *self.later, *self.done])


def _of_each(views: Sequence[ObligationView], most: int) -> list[ObligationView]:
    """So many periods of each product, the first of them; what does not recur stays."""
    seen: Counter[str] = Counter()
    found = []
    for view in views:
        seen[view.deliverable] += 1
        if not view.period or seen[view.deliverable] <= most:
            found.append(view)
    return found


def todo(
    session: Session,
    definition: PlanDefinition,
    agency: str,
    views: Sequence[ObligationView],
    as_of: datetime,
) -> Todo:
    """Sorted by when it is due; what was given back counts as owed."""
    dated = sorted((v for v in views if v.due_at), key=lambda v: (v.due_at, v.row_id))
    owed = [view for view in dated if not view.nothing_owed]
    drafted = frozenset(
        one.delivers.partition("/")[2]
        for one in definition.outputs
        if one.delivers.partition("/")[0] == agency
    )
    return Todo(
        now=[view for view in owed if view.timeliness != "not_open"],
        later=[view for view in owed if view.timeliness == "not_open"],
        done=[view for view in dated if view.nothing_owed],
        undated=[view for view in views if view.due_at is None and view.state is not State.waived],
        faults=_faults(session, [view.row_id for view in dated], as_of),
        has_workbook=any(
            view.kind == DeliverableKind.appendix and view.deliverable not in drafted
            for view in dated
        ),
        narratives=tuple(
            view.deliverable
            for view in dated
            if view.kind in NARRATIVES and view.deliverable not in drafted
        ),
        consolidated=drafted,
    )


def _faults(
    session: Session, obligation_ids: Sequence[int], as_of: datetime
) -> dict[int, tuple[int, int]]:
    newest = (
        select(func.max(Submission.id))
        .where(
            col(Submission.obligation_id).in_(obligation_ids),
            Submission.recorded_at <= as_of,
            Submission.state != "moved",
        )
        .group_by(col(Submission.obligation_id))
    )
    rows = session.exec(
        select(Submission.obligation_id, Finding.severity, Finding.explanation)
        .join(Finding, col(Finding.submission_id) == Submission.id)
        .where(col(Submission.id).in_(newest))
    )
    found: dict[int, tuple[int, int]] = {}
    for key, severity, explanation in rows:
        errors, warnings = found.get(key, (0, 0))
        errors += severity == "error"
        warnings += severity == "warning" and not explanation
        found[key] = (errors, warnings)
    return found


def deadlines(found: Todo) -> dict[str, str]:
    """Deliverable → «chậm nhất 29/04/2020», as blank forms say it."""
    return {view.deliverable: deadline_words(view.last_day, view.due_at) for view in found.dated}
