"""Reading obligations for reminders: what is due to be looked at, and what was told of it already.

Plain Core queries over the index on `next_check_at`: their cost is what is due, not what exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlmodel import Session, col

from plan.models import (
    Agency,
    AuditEvent,
    Deadline,
    Deliverable,
    Milestone,
    Obligation,
    RungClaim,
)
from plan.states import STILL_OWED, State
from plan.text import titled

DEADLINE_TOLD = ("plan", "amendment", "extension", "internal", "event")
"""Kinds of deadline that give people a new date; «calendar» only moves the counting of days."""
GIVEN_BACK = ("obligation.returned", "obligation.reopened")
"""Audit events after which the agency was told, in a message of its own, that it owes again."""
CHUNK = 5000


@dataclass(frozen=True, slots=True)
class DueObligation:
    """An obligation as reminders need it. Instants are UTC, days local."""

    id: int
    plan_id: str
    agency_id: int
    agency: str
    agency_sort: int
    milestone: str
    milestone_title: str
    deliverable: str
    deliverable_sort: int
    kind: str
    short: str
    confidential: bool
    period: str
    title: str
    origin: str
    state: State
    opens_at: datetime | None
    due_at: datetime | None
    last_day: date | None
    last_working_day: date | None
    deadline_version: int
    version: int
    next_check_at: datetime | None
    mend_by: date | None

    @property
    def mending(self) -> date | None:
        """The day of its own by which what was returned must be mended, while that is waited for."""
        return self.mend_by if self.state is State.returned else None

    @property
    def name(self) -> str:
        """`agency/deliverable`, with `@period` if it recurs."""
        return f"{self.agency}/{self.deliverable}" + (f"@{self.period}" if self.period else "")

    @property
    def urgency(self) -> tuple[date, str, int, int, str]:
        """Sorts most urgent first, then as the plan orders agencies and deliverables."""
        day = self.mending or self.last_day or date.max
        return (day, self.plan_id, self.agency_sort, self.deliverable_sort, self.period)


def due(
    session: Session,
    plan_ids: Collection[str],
    now: datetime,
    limit: int,
    among: ColumnElement[bool] | None = None,
) -> list[DueObligation]:
    """Obligations of these plans the policy must look at by `now`, the longest waiting first. `among`: only
    of those that meet it."""
    found = due_condition(plan_ids, now)
    return _read(session, found if among is None else found & among, limit)


def owed_by_id(session: Session, ids: Iterable[int]) -> dict[int, DueObligation]:
    """The obligations of these row ids, settled ones included."""
    wanted = sorted(set(ids))
    found: dict[int, DueObligation] = {}
    for start in range(0, len(wanted), CHUNK):
        part = col(Obligation.id).in_(wanted[start : start + CHUNK])
        found |= {row.id: row for row in _read(session, part, None)}
    return found


def due_condition(plan_ids: Collection[str], now: datetime) -> ColumnElement[bool]:
    return (col(Obligation.next_check_at) <= now) & col(Obligation.plan_id).in_(plan_ids)


def _read(
    session: Session, condition: ColumnElement[bool], limit: int | None
) -> list[DueObligation]:
    statement = due_columns().where(condition)
    if limit is not None:
        statement = statement.order_by(col(Obligation.next_check_at)).limit(limit)
    return [_owed(row) for row in session.connection().execute(statement)]


def due_columns() -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Obligation.id),
            col(Obligation.plan_id),
            col(Obligation.agency_id),
            col(Agency.code),
            col(Agency.sort),
            col(Milestone.code),
            col(Milestone.title),
            col(Deliverable.code),
            col(Deliverable.sort),
            col(Deliverable.kind),
            col(Deliverable.short),
            col(Deliverable.confidential),
            col(Obligation.period),
            col(Obligation.title),
            col(Obligation.origin),
            col(Obligation.state),
            col(Obligation.opens_at),
            col(Obligation.due_at),
            col(Obligation.last_day),
            col(Obligation.last_working_day),
            col(Obligation.deadline_version),
            col(Obligation.version),
            col(Obligation.next_check_at),
            col(Obligation.mend_by),
        )
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .join(Milestone, col(Milestone.id) == Obligation.milestone_id)
    )


def _owed(row: Any) -> DueObligation:
    values: list[Any] = list(row)
    values[_STATE] = State(values[_STATE])
    if period := values[_PERIOD]:
        for name in (_TITLE, _SHORT):
            values[name] = titled(values[name], period)
    return DueObligation(*values)


_STATE, _PERIOD, _TITLE, _SHORT = (
    list(DueObligation.__slots__).index(name) for name in ("state", "period", "title", "short")
)


@dataclass(frozen=True, slots=True)
class ReminderHistory:
    """What was told of an obligation already, and from when on its rungs count."""

    version: int
    """The deadline version claims are made under: the newest that gave people a date."""
    armed_at: datetime | None
    rungs: frozenset[str]
    """Keys of the rungs heard under that version, by whomever."""


def reminder_history(
    session: Session, rows: Sequence[DueObligation], until: datetime | None = None
) -> dict[int, ReminderHistory]:
    """For each of these obligations. Three queries, whatever their number (per `CHUNK`). `until` (UTC):
    as it was known then; none: as it is now."""
    found: dict[int, ReminderHistory] = {}
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        armed = _deadlines(session, [row.id for row in part if row.deadline_version > 1], until)
        # A row never changed since it was written has version 1: nothing can have been given back.
        returned = _returns(session, [row.id for row in part if row.version > 1], until)
        claims = _claims(session, [row.id for row in part], until)
        for row in part:
            version, decided_at = armed.get(row.id, (1, None))
            found[row.id] = ReminderHistory(
                version,
                max((at for at in (decided_at, returned.get(row.id)) if at), default=None),
                frozenset(claims.get((row.id, version), ())),
            )
    return found


def still_due(
    session: Session, rows: Sequence[DueObligation], written: Sequence[Mapping[str, int]]
) -> list[list[DueObligation]]:
    """For each message, given the deadline version it was written under by obligation's row id: the
    obligations it is still right to remind of.

    A rung of a deadline that has been replaced since is spent: the new one has rungs of its own.
    """
    armed = _deadlines(session, [row.id for row in rows if row.deadline_version > 1])
    versions = {row.id: armed.get(row.id, (1, None))[0] for row in rows}
    owed = {str(row.id): row for row in rows if row.state in STILL_OWED}
    # Walks what each message says, not all rows for each message: both may be ten thousand.
    return [
        [
            owed[key]
            for key, version in said.items()
            if key in owed and versions[int(key)] <= version
        ]
        for said in written
    ]


def _by(column: Any, until: datetime | None) -> ColumnElement[bool]:
    """Happened by then."""
    return true() if until is None else col(column) <= until


def _deadlines(
    session: Session, ids: list[int], until: datetime | None = None
) -> dict[int, tuple[int, datetime | None]]:
    """The newest version that gave people a date, and when it was decided; none for the first."""
    if not ids:
        return {}
    statement = (
        select(col(Deadline.obligation_id), col(Deadline.version), col(Deadline.decided_at))
        .where(col(Deadline.obligation_id).in_(ids), col(Deadline.kind).in_(DEADLINE_TOLD))
        .where(_by(Deadline.decided_at, until))
        .order_by(col(Deadline.version))
    )
    return {
        key: (version, decided_at if version > 1 else None)
        for key, version, decided_at in session.connection().execute(statement)
    }


def _returns(session: Session, ids: list[int], until: datetime | None) -> dict[int, datetime]:
    if not ids:
        return {}
    statement = (
        select(col(AuditEvent.obligation_id), func.max(col(AuditEvent.at)))
        .where(col(AuditEvent.obligation_id).in_(ids), col(AuditEvent.event).in_(GIVEN_BACK))
        .where(_by(AuditEvent.at, until))
        .group_by(col(AuditEvent.obligation_id))
    )
    return {key: at for key, at in session.connection().execute(statement) if key is not None}


def _claims(
    session: Session, ids: list[int], until: datetime | None
) -> dict[tuple[int, int], set[str]]:
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    statement = select(
        col(RungClaim.obligation_id), col(RungClaim.deadline_version), col(RungClaim.rung)
    ).where(col(RungClaim.obligation_id).in_(ids), _by(RungClaim.claimed_at, until))
    for key, version, rung in session.connection().execute(statement):
        found[key, version].add(rung)
    return found
