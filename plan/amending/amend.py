"""A plan that runs is amended, not replaced: a document changes it, and it goes on as another version.

What is owed no more is waived by the document, what is owed again is owed, a deadline that moved is a new
version of it; what was handed in and what was decided stays. The trail, the ledger's states and the plan's
versions say the same, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.definition.model import PlanDefinition
from plan.definition.ownership import owners
from plan.definition.periodic import periods_of
from plan.errors import RefusedError
from plan.importing.obligations import AmendedBy
from plan.importing.plan import load_plan
from plan.ledger import audit
from plan.ledger.core import apply, lock, require_open, require_role
from plan.models import Agency, AuditEvent, Deliverable, Obligation, Plan, PlanVersion
from plan.queries.definitions import definition_of
from plan.states import CLOSED, RULES, Action, Role, State
from plan.text import number_words


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
    before, said = _owing(definition_of(plan)), _owing(after)
    # First what is owed again, so that the day it is owed by now reaches it like any other.
    restored = list(_restored(session, plan_id, before, said))
    _apply(session, restored, Action.restore, amended_by, now)
    loaded = load_plan(session, after, amended_by=amended_by, now=now)
    dropped = list(_dropped(session, plan_id, before, said, now))
    _apply(session, dropped, Action.waive, amended_by, now)
    version = _newest(session, plan_id)
    done = Amended(
        version,
        loaded.added,
        tuple(int(key) for key in loaded.amended if int(key) not in restored),
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
    session: Session, keys: Sequence[int], action: Action, amended_by: AmendedBy, now: datetime
) -> None:
    for key in keys:
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


@dataclass(frozen=True)
class Owing:
    """Who owes a deliverable, and for which periods: each of them for each."""

    agencies: frozenset[str] = frozenset()
    periods: frozenset[str] = frozenset()

    def has(self, agency: str, period: str) -> bool:
        return agency in self.agencies and period in self.periods


NOBODY = Owing()


def _owing(definition: PlanDefinition) -> dict[str, Owing]:
    """By deliverable; what does not recur is of one period without a name."""
    return {
        part.id: Owing(
            frozenset(owners(definition, part)), frozenset(periods_of(definition, part) or [""])
        )
        for part in definition.deliverables
    }


def _dropped(
    session: Session,
    plan_id: str,
    before: Mapping[str, Owing],
    after: Mapping[str, Owing],
    now: datetime,
) -> Iterator[int]:
    """Unsettled obligations of agencies that owe the deliverable no more, and of periods to come that it is
    not owed for any more. A period that passed is still owed."""
    for part, old in before.items():
        new = after.get(part, NOBODY)
        if new == old:
            continue
        for key, agency, period, due_at, _ in _rows(session, plan_id, part, closed=False):
            ahead = due_at is None or due_at > now
            if agency not in new.agencies or (ahead and period not in new.periods):
                yield key


def _restored(
    session: Session, plan_id: str, before: Mapping[str, Owing], after: Mapping[str, Owing]
) -> Iterator[int]:
    """Obligations that an amendment waived, not owed by `before` and owed again by `after`."""
    for part, new in after.items():
        old = before.get(part, NOBODY)
        if new == old:
            continue
        for key, agency, period, _, state in _rows(session, plan_id, part, closed=True):
            again = new.has(agency, period) and not old.has(agency, period)
            if again and state == State.waived and _by_document(session, key):
                yield key


def _by_document(session: Session, key: int) -> bool:
    """Whether an amendment waived it, not somebody for reasons of its own."""
    waived = select(AuditEvent).where(
        AuditEvent.obligation_id == key, AuditEvent.event == RULES[Action.waive].audit
    )
    last = session.exec(waived.order_by(col(AuditEvent.id).desc()).limit(1)).first()
    return last is not None and "document" in (last.after.get("detail") or {})


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
