"""The life of a plan: nháp → đang chạy ⇄ tạm dừng, and from both → đã đóng.

Loading leaves a draft. Only a running plan reminds, escalates and consolidates by schedule; a plan
that runs or pauses takes submissions; a closed plan is read and never changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from plan.ledger import audit
from plan.ledger.core import require_reason
from plan.ledger.leaving import take_seats
from plan.models import (
    Agency,
    AgencyName,
    BoardMailing,
    CalendarDay,
    Contact,
    Deadline,
    Deliverable,
    EventDelivery,
    Milestone,
    Obligation,
    OutgoingEvent,
    Plan,
    PlanVersion,
    SavedView,
)
from plan.states import (
    PLAN_RULES,
    Actor,
    Backlog,
    PlanAction,
    PlanState,
    next_plan_state,
)


def start_plan(
    session: Session,
    plan_id: str,
    *,
    actor: Actor,
    now: datetime,
    backlog: Backlog = Backlog.none,
    answers: Mapping[str, str] | None = None,
) -> Plan:
    """Start a draft, or go on with a paused plan: rungs of before `now` (UTC) are spent.

    `backlog`: what is told of deadlines already missed. `answers`: the checklist's points that were
    answered instead of mended, by key; they are kept in the trail.
    """
    plan = _locked(session, plan_id)
    action = PlanAction.start if plan.state == PlanState.draft else PlanAction.resume
    detail: dict[str, Any] = {"backlog": backlog.value, "answers": dict(answers or {})}
    _move(session, plan, action, actor, now, detail)
    plan.started_at = plan.started_at or now
    plan.reminds_from, plan.backlog = now, backlog.value
    _look_again(session, plan_id, now)
    if action is PlanAction.start:
        _spend_events(session, plan_id, now)
    session.flush()
    return plan


def pause_plan(session: Session, plan_id: str, *, reason: str, actor: Actor, now: datetime) -> Plan:
    """Stop reminding; submissions are still taken."""
    require_reason(reason)
    plan = _locked(session, plan_id)
    _move(session, plan, PlanAction.pause, actor, now, {"reason": reason})
    return plan


def close_plan(session: Session, plan_id: str, *, reason: str, actor: Actor, now: datetime) -> Plan:
    """Freeze the plan for good. Reading stays."""
    require_reason(reason)
    plan = _locked(session, plan_id)
    _move(session, plan, PlanAction.close, actor, now, {"reason": reason})
    return plan


def delete_draft(session: Session, plan_id: str, *, actor: Actor, now: datetime) -> None:
    """Remove a plan that never ran, with all it brought, people whom no other plan knows among them; the
    trail keeps that it was there."""
    plan = _locked(session, plan_id)
    _move(session, plan, PlanAction.delete, actor, now, {"number": plan.number})
    agencies = select(Agency.id).where(Agency.plan_id == plan_id)
    obligations = select(Obligation.id).where(Obligation.plan_id == plan_id)
    events = select(OutgoingEvent.id).where(OutgoingEvent.plan_id == plan_id)
    run = session.connection().execute
    run(delete(EventDelivery).where(col(EventDelivery.event_id).in_(events)))
    run(delete(OutgoingEvent).where(col(OutgoingEvent.plan_id) == plan_id))
    run(delete(Deadline).where(col(Deadline.obligation_id).in_(obligations)))
    for table in (
        Obligation,
        Deliverable,
        Milestone,
        CalendarDay,
        PlanVersion,
        SavedView,
        BoardMailing,
    ):
        run(delete(table).where(col(table.plan_id) == plan_id))
    seats = select(Contact).where(col(Contact.agency_id).in_(agencies))
    take_seats(session, session.exec(seats).all(), now)
    run(delete(AgencyName).where(col(AgencyName.agency_id).in_(agencies)))
    run(delete(Agency).where(col(Agency.plan_id) == plan_id))
    session.expire_all()
    session.delete(session.get_one(Plan, plan_id))
    session.flush()


def _locked(session: Session, plan_id: str) -> Plan:
    statement = select(Plan).where(Plan.id == plan_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one()


def _move(
    session: Session,
    plan: Plan,
    action: PlanAction,
    actor: Actor,
    now: datetime,
    detail: dict[str, Any],
) -> None:
    before = plan.state
    target = next_plan_state(PlanState(before), action, actor.role)
    plan.state = before if target is None else target.value
    session.add(plan)
    audit.record(
        session,
        plan_id=plan.id,
        actor=actor,
        event=PLAN_RULES[action].audit,
        subject=plan.id,
        now=now,
        before={"state": before},
        after={"state": target.value if target else None, "detail": detail},
    )


def _look_again(session: Session, plan_id: str, now: datetime) -> None:
    """The reminder policy looks at every obligation anew: one statement, however many."""
    statement = update(Obligation).where(col(Obligation.plan_id) == plan_id)
    session.connection().execute(statement.values(next_check_at=now))


def _spend_events(session: Session, plan_id: str, now: datetime) -> None:
    """What happened to a draft (deadlines moved by loading it again) concerns nobody."""
    events = select(OutgoingEvent.id).where(OutgoingEvent.plan_id == plan_id)
    statement = update(EventDelivery).where(
        col(EventDelivery.event_id).in_(events), col(EventDelivery.done_at).is_(None)
    )
    session.connection().execute(statement.values(done_at=now))
