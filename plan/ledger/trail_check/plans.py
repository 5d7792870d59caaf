"""Whole plans against the trail: their text and state, how many obligations they brought, and the deadlines
these were given first."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from plan.calendar import WorkingCalendar
from plan.definition.ownership import owners
from plan.ledger.trail_check.difference import Difference
from plan.models import Agency, AuditEvent, Deadline, Deliverable, Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import load_calendar
from plan.states import PLAN_RULES, PlanAction, PlanState
from plan.windows import window_digest

LOADED, OPENED, DELETED = "plan.loaded", "call.opened", PLAN_RULES[PlanAction.delete].audit
MOVES = {rule.audit for rule in PLAN_RULES.values()}
AT_ONCE = 10
"""Plans' texts read at a time."""
NAMED = 20
"""How many obligations that are gone are named."""


@dataclass
class Loads:
    """What was told of each plan since it was last new here."""

    session: Session
    added: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Obligations."""
    text: dict[str, str] = field(default_factory=dict)
    """The hash of the plan's text as it was loaded last."""
    state: dict[str, str] = field(default_factory=dict)
    """Not told of a plan that an earlier program loaded and nobody has started or paused since."""
    since: dict[str, int] = field(default_factory=dict)
    """The row of the trail that deleted an earlier draft of that name."""
    windows: dict[tuple[str, datetime], dict[str, str]] = field(default_factory=dict)
    """(plan, moment of a load) → what deadlines it gave, by deliverable and period; not told by rows from
    before."""
    codes: dict[int, str] = field(default_factory=dict)
    """Of deliverables, by row."""
    calendars: dict[tuple[str, int], WorkingCalendar] = field(default_factory=dict)

    def working_day(self, plan_id: str, day: date | None) -> date | None:
        """The last working day up to a local day, as the plan's calendar has it now."""
        if day is None:
            return None
        key = (plan_id, day.year)
        if key not in self.calendars:
            self.calendars[key] = load_calendar(self.session, plan_id, day.year)
        return self.calendars[key].last_working_day(day)

    def first(self, owed: Obligation, row: Deadline) -> str | None:
        """Words where an obligation's first deadline is not the one it was loaded with."""
        told = self.windows.get((owed.plan_id, row.decided_at))
        if told is None:
            return None
        said = told.get(_key(self.codes[owed.deliverable_id], owed.period))
        return None if said == window_digest(row) else "hạn không phải hạn lúc nạp kế hoạch"


def _key(code: str, period: str) -> str:
    return f"{code}@{period}" if period else code


def loads(session: Session) -> Loads:
    """Read what the trail tells of whole plans: some rows a plan, and one for each call opened."""
    told = Loads(session)
    told.codes = dict(session.exec(select(Deliverable.id, Deliverable.code)).all())  # type: ignore[arg-type]  # a row that is kept has an id
    rows = session.exec(
        select(AuditEvent)
        .where(col(AuditEvent.event).in_({LOADED, OPENED, *MOVES}))
        .order_by(col(AuditEvent.id))
    )
    for row in rows:
        plan_id, event, after = row.plan_id, row.event, row.after
        if event == OPENED:
            told.added[plan_id] += 1
        elif event == LOADED:
            told.added[plan_id] += after["added"]
            told.text[plan_id] = after["hash"]
            if "windows" in after:
                told.state.setdefault(plan_id, PlanState.draft.value)
                told.windows.setdefault((plan_id, row.at), {}).update(after["windows"])
        elif event == DELETED:
            _forget(told, plan_id, row.id or 0)
        else:
            told.state[plan_id] = after["state"]
    return told


def _forget(told: Loads, plan_id: str, number: int) -> None:
    told.since[plan_id] = number
    for by_plan in (told.added, told.text, told.state):
        by_plan.pop(plan_id, None)


def of_plans(session: Session, told: Loads) -> Iterator[Difference]:
    """Plans that are not as they were told, and obligations that are gone. Holds a few plans' texts at a
    time."""
    plan_ids = set(session.exec(select(Plan.id)))
    for plan_id in sorted(told.text.keys() - plan_ids):
        yield Difference("plan", 0, plan_id, "sổ ghi đã nạp, trong bảng không có")
    rows = select(Plan.id, Plan.state, Plan.definition).order_by(Plan.id)
    for plan_id, state, text in session.exec(rows.execution_options(yield_per=AT_ONCE)):
        if plan_id not in told.text:
            yield Difference("plan", 0, plan_id, "có trong bảng, sổ không ghi đã nạp")
            continue
        if hashlib.sha256(text.encode()).hexdigest() != told.text[plan_id]:
            yield Difference("plan", 0, plan_id, "nội dung không phải bản sổ ghi đã nạp")
        said = told.state.get(plan_id, state)
        if state != said:
            yield Difference("plan", 0, plan_id, f"state: sổ ghi {said}, trong bảng là {state}")
    yield from _gone(session, told)
    yield from _missing(session, told, plan_ids)


def _gone(session: Session, told: Loads) -> Iterator[Difference]:
    """Obligations that something is told of, and whose row is not there."""
    there = select(Obligation.id)
    rows = session.exec(
        select(
            AuditEvent.obligation_id,
            AuditEvent.plan_id,
            AuditEvent.subject,
            func.max(AuditEvent.id),
        )
        .where(
            col(AuditEvent.obligation_id).is_not(None),
            col(AuditEvent.obligation_id).not_in(there),
        )
        .group_by(col(AuditEvent.obligation_id), AuditEvent.plan_id, AuditEvent.subject)
        .order_by(col(AuditEvent.obligation_id))
    )
    for key, plan_id, subject, newest in rows:
        if (newest or 0) > told.since.get(plan_id, 0):
            yield Difference("obligation", key or 0, subject, "sổ ghi, trong bảng không có")


def _missing(session: Session, told: Loads, plan_ids: set[str]) -> Iterator[Difference]:
    """Plans with another number of obligations than they were loaded with; those gone by name, as far as the
    plan and what others owe say them."""
    counted: dict[str, int] = dict(
        session.exec(
            select(Obligation.plan_id, func.count(col(Obligation.id))).group_by(Obligation.plan_id)
        ).all()
    )
    for plan_id in sorted(plan_ids & told.added.keys()):
        said, stands = told.added[plan_id], counted.get(plan_id, 0)
        if said == stands:
            continue
        words = f"sổ ghi {said} nghĩa vụ, trong bảng có {stands}"
        yield Difference("obligation", 0, plan_id, words)
        for name in _names(session, session.get_one(Plan, plan_id))[:NAMED]:
            yield Difference("obligation", 0, name, "kế hoạch có, trong bảng không có")


def _names(session: Session, plan: Plan) -> list[str]:
    rows: list[Any] = list(
        session.exec(
            select(Agency.code, Deliverable.code, Obligation.period)
            .join(Agency, col(Agency.id) == Obligation.agency_id)
            .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
            .where(Obligation.plan_id == plan.id)
        )
    )
    there = {tuple(row) for row in rows}
    periods: defaultdict[str, set[str]] = defaultdict(set)
    for _, code, period in there:
        periods[code].add(period)
    definition = definition_of(plan)
    return sorted(
        _key(f"{agency}/{part.id}", period)
        for part in definition.deliverables
        for agency in owners(definition, part)
        for period in periods[part.id] or {""}
        if (agency, part.id, period) not in there
    )
