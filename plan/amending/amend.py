"""A plan that runs is amended, not replaced: a document changes it, and it goes on as another version.

What is owed no more is waived by the document, what is owed again is owed, a deadline that moved is a new
version of it; what was handed in and what was decided stays. The trail, the ledger's states and the plan's
versions say the same, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.amending.differences import due_words
from plan.calendar import WorkingCalendar
from plan.definition.model import Deliverable as Part
from plan.definition.model import PlanDefinition
from plan.definition.ownership import owners
from plan.errors import RefusedError
from plan.importing.obligations import AmendedBy
from plan.importing.plan import load_plan
from plan.ledger import audit
from plan.ledger.core import apply, lock, require_open, require_role
from plan.models import Agency, Deliverable, Obligation, Plan, PlanVersion
from plan.queries.definitions import definition_of
from plan.queries.lookup import load_calendar
from plan.states import CLOSED, Action, Role, State
from plan.text import number_words
from plan.windows import WindowBook


@dataclass(frozen=True)
class Amended:
    """What an amendment came to. Row ids of obligations."""

    version: int
    added: int
    moved: tuple[int, ...]
    kept: tuple[int, ...]
    """Extended beyond the new day: they keep theirs."""
    dropped: tuple[int, ...]
    restored: tuple[int, ...]

    @property
    def words(self) -> str:
        """In a sentence, for the person who amended."""
        parts = [
            (self.added, "nghĩa vụ thêm"),
            (len(self.moved), "hạn đổi"),
            (len(self.dropped), "nghĩa vụ thôi phải nộp"),
            (len(self.restored), "nghĩa vụ phải nộp lại"),
            (len(self.kept), "nghĩa vụ giữ hạn đã gia hạn riêng"),
        ]
        said = ", ".join(f"{number_words(count)} {words}" for count, words in parts if count)
        return f"Kế hoạch là phiên bản {self.version}" + (f": {said}." if said else ".")


def amend_plan(
    session: Session,
    plan_id: str,
    after: PlanDefinition,
    *,
    seen: str,
    amended_by: AmendedBy,
    now: datetime,
) -> Amended:
    """Let a plan say what `after` (checked) says. `seen`: the hash of the definition that was looked at;
    RefusedError when the plan says something else by now, is closed, or `after` is of another plan.

    Costs what loading the plan again costs, and a few statements for each obligation that ends or begins
    again.
    """
    require_role(amended_by.actor, Role.coordinator, Role.admin)
    plan = session.exec(select(Plan).where(Plan.id == plan_id).with_for_update()).one()
    require_open(session, plan_id)
    if plan.definition_hash != seen:
        raise RefusedError(
            "Kế hoạch vừa được sửa ở nơi khác; hãy so lại rồi làm tiếp. Chưa ghi gì."
        )
    if after.id != plan_id:
        raise RefusedError(f"Đây là kế hoạch «{after.id}», không phải «{plan_id}».")
    if not amended_by.number.strip() or not amended_by.reason.strip():
        raise RefusedError("Cần số văn bản sửa đổi và lý do.")
    before = definition_of(plan)
    loaded = load_plan(session, after, amended_by=amended_by, now=now)
    dropped = list(_dropped(session, before, after, now))
    restored = list(_restored(session, before, after))
    for action, ids in ((Action.waive, dropped), (Action.restore, restored)):
        for key in ids:
            _apply(session, key, action, amended_by, now)
    version = _newest(session, plan_id)
    done = Amended(
        version,
        loaded.added,
        tuple(int(key) for key in loaded.amended),
        tuple(int(key) for key in loaded.kept),
        tuple(dropped),
        tuple(restored),
    )
    audit.record(
        session,
        plan_id=plan_id,
        actor=amended_by.actor,
        event="plan.amended",
        subject=plan_id,
        now=now,
        before={"hash": seen},
        after={
            "hash": plan.definition_hash,
            "version": version,
            "document": amended_by.words,
            "reason": amended_by.reason,
        },
    )
    return done


def _apply(
    session: Session, key: int, action: Action, amended_by: AmendedBy, now: datetime
) -> None:
    apply(
        session,
        lock(session, key),
        action,
        actor=amended_by.actor,
        now=now,
        payload={"reason": amended_by.reason, "document": amended_by.words},
    )


def _newest(session: Session, plan_id: str) -> int:
    numbers = select(PlanVersion.number).where(PlanVersion.plan_id == plan_id)
    return max(session.exec(numbers))


# --- what is owed no more, and what is owed again ------------------------------------------------------


def _dropped(
    session: Session, before: PlanDefinition, after: PlanDefinition, now: datetime
) -> Iterator[int]:
    """Unsettled obligations of agencies that owe the deliverable no more; and, where only its deadline
    is said otherwise, periods to come that the new words do not have. A period that passed is still owed."""
    parts = {part.id: part for part in after.deliverables}
    changed = list(_changed(before, after))
    calendar = _calendar(session, after)
    windows = WindowBook(after, calendar)
    for old in changed:
        new = parts.get(old.id)
        owing = set(owners(after, new)) if new else set()
        periods = {period for period, _, _ in windows.of_deliverable(new)} if new else set()
        for key, agency, period, due_at, _ in _rows(session, after.id, old.id, closed=False):
            ahead = due_at is None or due_at > now
            if agency not in owing or (ahead and period not in periods):
                yield key


def _restored(session: Session, before: PlanDefinition, after: PlanDefinition) -> Iterator[int]:
    """Waived obligations of agencies that owed the deliverable no more, and owe it again."""
    known = {part.id: part for part in before.deliverables}
    for part in after.deliverables:
        old = known.get(part.id)
        owed = set(owners(before, old)) if old else set()
        again = set(owners(after, part)) - owed
        if again:
            for key, agency, *_, state in _rows(session, after.id, part.id, closed=True):
                if agency in again and state == State.waived:
                    yield key


def _changed(before: PlanDefinition, after: PlanDefinition) -> Iterator[Part]:
    """The deliverables of `before` that others owe now, or by another day."""
    parts = {part.id: part for part in after.deliverables}
    old_due, new_due = due_words(before), due_words(after)
    for part in before.deliverables:
        new = parts.get(part.id)
        if (
            new is None
            or old_due[part.id] != new_due[part.id]
            or owners(before, part) != owners(after, new)
        ):
            yield part


def _rows(
    session: Session, plan_id: str, deliverable: str, *, closed: bool
) -> Sequence[tuple[Any, ...]]:
    """Row id, agency, period, due instant and state of each obligation of a deliverable."""
    statement = (
        columns(
            col(Obligation.id),
            col(Agency.code),
            col(Obligation.period),
            col(Obligation.due_at),
            col(Obligation.state),
        )
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(col(Obligation.plan_id) == plan_id, col(Deliverable.code) == deliverable)
        .order_by(col(Obligation.id))
    )
    states: Collection[State] = CLOSED
    among = col(Obligation.state).in_(states)
    rows = session.connection().execute(statement.where(among if closed else ~among))
    return [tuple(row) for row in rows]


def _calendar(session: Session, definition: PlanDefinition) -> WorkingCalendar:
    last = (definition.ends_on or definition.issued_on).year + 1
    return load_calendar(session, definition.id, *range(definition.issued_on.year, last + 1))
