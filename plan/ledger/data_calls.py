"""Internal data calls: an owner of an appendix asks others for their part of its figures.

The plan says what may be asked of whom; nothing is owed until Sở Nội vụ opens the call. Opened, each
agency asked has an obligation like any other (reminded of, handed in, reviewed) of origin «internal»: never
late under the plan.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, select

from plan.deadlines.windows import Window
from plan.definition.model import DataCall, DeliverableKind, Origin, PlanDefinition
from plan.definition.ownership import members
from plan.errors import NotFoundError, RefusedError
from plan.ledger.core import commit_change, require_role
from plan.ledger.deadlines import until_window
from plan.models import Agency, Deadline, Deliverable, Milestone, Obligation, Plan
from plan.queries.lookup import load_calendar
from plan.states import Actor, Role


def find_call(definition: PlanDefinition, call_id: str) -> DataCall:
    """The call of this id; NotFoundError with the nearest one."""
    for call in definition.data_calls:
        if call.id == call_id:
            return call
    raise NotFoundError("yêu cầu số liệu", call_id, (one.id for one in definition.data_calls))


def asked(definition: PlanDefinition, call: DataCall) -> list[str]:
    """The agencies a call is put to, each once, in the plan's order."""
    wanted = {agency for name in call.asked_of for agency in members(definition, name)}
    return [agency.id for agency in definition.agencies if agency.id in wanted]


def opened(session: Session, plan_id: str, definition: PlanDefinition) -> list[DataCall]:
    """The calls that somebody has been asked, in the plan's order."""
    codes = set(session.exec(select(Deliverable.code).where(Deliverable.plan_id == plan_id)))
    return [call for call in definition.data_calls if call.id in codes]


def in_use(session: Session, plan_id: str, definition: PlanDefinition) -> PlanDefinition:
    """The definition without the calls nobody opened: a blank workbook asks for no more than is owed."""
    return definition.model_copy(update={"data_calls": opened(session, plan_id, definition)})


def open_call(
    session: Session,
    plan: Plan,
    definition: PlanDefinition,
    call_id: str,
    until: date,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> list[str]:
    """Ask everyone the call is for, who has not been asked yet, by the end of the local day `until`.

    Gives the ids of the agencies newly asked. RefusedError without any, or for a day gone by.
    """
    require_role(actor, Role.coordinator, Role.admin)
    call = find_call(definition, call_id)
    deliverable = _deliverable(session, plan.id, definition, call)
    agencies = session.exec(select(Agency).where(Agency.plan_id == plan.id)).all()
    rows = {agency.code: agency for agency in agencies}
    fresh = [
        rows[code]
        for code in asked(definition, call)
        if not _asked(session, rows[code], deliverable)
    ]
    if not fresh:
        raise RefusedError(
            "Yêu cầu này đã gửi đến mọi cơ quan; muốn đổi ngày của một cơ quan: dondoc deadline."
        )
    words = reason.strip() or _reason(definition, call)
    for agency in fresh:
        _ask(session, plan.id, agency, deliverable, until, words, actor, now)
    return [agency.code for agency in fresh]


def _deliverable(
    session: Session, plan_id: str, definition: PlanDefinition, call: DataCall
) -> Deliverable:
    """The call as a deliverable, after all of the plan's own, under the milestone its figures are for."""
    known = session.exec(
        select(Deliverable).where(Deliverable.plan_id == plan_id, Deliverable.code == call.id)
    ).first()
    if known is not None:
        return known
    answered = next(part for part in definition.deliverables if part.appendix == call.appendix)
    milestone = session.exec(
        select(Milestone).where(Milestone.plan_id == plan_id, Milestone.code == answered.milestone)
    ).one()
    assert milestone.id is not None
    row = Deliverable(
        plan_id=plan_id,
        milestone_id=milestone.id,
        code=call.id,
        title=call.title,
        kind=DeliverableKind.appendix.value,
        sort=len(definition.deliverables) + definition.data_calls.index(call),
    )
    session.add(row)
    session.flush()
    return row


def _asked(session: Session, agency: Agency, deliverable: Deliverable) -> bool:
    statement = select(Obligation.id).where(
        Obligation.agency_id == agency.id, Obligation.deliverable_id == deliverable.id
    )
    return session.exec(statement).first() is not None


def _ask(
    session: Session,
    plan_id: str,
    agency: Agency,
    deliverable: Deliverable,
    until: date,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    assert agency.id is not None
    assert deliverable.id is not None
    row = Obligation(
        plan_id=plan_id,
        agency_id=agency.id,
        deliverable_id=deliverable.id,
        milestone_id=deliverable.milestone_id,
        title=deliverable.title,
        origin=Origin.internal,
    )
    to = until_window(row, until, load_calendar(session, plan_id, until.year), now)
    assert to is not None
    session.add(row)
    session.flush()
    session.add(_first_deadline(row, to, reason, actor, now))
    commit_change(
        session,
        row,
        audit_event="call.opened",
        event="deadline.changed",
        actor=actor,
        now=now,
        payload={"kind": "internal", "reason": reason},
        opens_at=to.opens_at,
        due_at=to.due_at,
        last_day=to.last_day,
        last_working_day=to.last_working_day,
    )


def _first_deadline(
    row: Obligation, to: Window, reason: str, actor: Actor, now: datetime
) -> Deadline:
    assert row.id is not None
    return Deadline(
        obligation_id=row.id,
        version=1,
        kind="internal",
        words=f"Mốc nội bộ: đến hết ngày {to.last_day:%d/%m/%Y}",
        opens_at=to.opens_at,
        due_at=to.due_at,
        last_day=to.last_day,
        last_working_day=to.last_working_day,
        reason=reason,
        decided_by=actor.name,
        decided_at=now,
    )


def _reason(definition: PlanDefinition, call: DataCall) -> str:
    owner = next(one for one in definition.agencies if one.id == call.asked_by)
    return f"{owner.names[-1].name} tổng hợp {call.appendix}; không phải hạn của kế hoạch"
