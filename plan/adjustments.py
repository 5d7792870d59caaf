"""What Sở Nội vụ changes of a plan without a new document: the reminder ladder, days off and made up.

The plan kept in the database says it from then on, and a plan exported takes it along. Loaded again from an
older folder, the folder's word holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import or_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.definition.check_parts import check_rungs
from plan.definition.model import CalendarDay, PlanDefinition, Rung
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.models import Deadline, Obligation
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan, load_calendar
from plan.states import STILL_OWED, Actor, Role
from plan.text import date_words

MOST_RUNGS = 12


def change_ladder(
    session: Session, plan_id: str, rungs: Sequence[Rung], *, actor: Actor, now: datetime
) -> PlanDefinition:
    """The plan's rungs from now (UTC) on, in the order of their days; overrides for some milestones or
    agencies stay. Rungs told already are not told again. RefusedError for none, or one day twice."""
    require_role(actor, Role.coordinator, Role.admin)
    if not 0 < len(rungs) <= MOST_RUNGS:
        raise RefusedError(f"Bậc thang nhắc có từ 1 đến {MOST_RUNGS} nấc.")
    before = definition_of(find_plan(session, plan_id))
    ordered = sorted(rungs, key=lambda rung: rung.offset)
    after = before.model_copy(
        update={"reminders": before.reminders.model_copy(update={"rungs": ordered})}
    )
    if faults := [words for _, words in check_rungs(after)]:
        raise RefusedError(" ".join(faults))
    load_plan(session, after, actor=actor, now=now)
    _look_again(session, plan_id, now)
    _note(session, plan_id, "ladder.changed", plan_id, _rungs(before), _rungs(after), actor, now)
    return after


def _look_again(session: Session, plan_id: str, now: datetime) -> None:
    """Rungs fall on other days: the next round works them out anew. One statement."""
    session.connection().execute(
        update(Obligation)
        .where(
            col(Obligation.plan_id) == plan_id,
            col(Obligation.state).in_(STILL_OWED),
            or_(
                col(Obligation.last_working_day).is_not(None), col(Obligation.mend_by).is_not(None)
            ),
        )
        .values(next_check_at=now)
    )


def _rungs(definition: PlanDefinition) -> dict[str, object]:
    return {"rungs": [rung.model_dump(mode="json") for rung in definition.reminders.rungs]}


def set_day(
    session: Session,
    plan_id: str,
    day: date,
    kind: Literal["off", "working", "usual"],
    why: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """A local day off, or made up, of the office's own; `usual`: as the week and the law have it. Deadlines
    keep their day; what is counted in working days follows. RefusedError without a reason."""
    require_role(actor, Role.coordinator, Role.admin)
    if kind != "usual" and not why.strip():
        raise RefusedError("Cần ghi vì sao nghỉ hoặc làm bù.")
    before = definition_of(find_plan(session, plan_id))
    kept = [one for one in before.calendar if one.day != day]
    if kind == "usual" and len(kept) == len(before.calendar):
        raise RefusedError(
            f"Ngày {date_words(day)} không phải ngày đơn vị tự đặt; ngày lễ theo luật giữ nguyên."
        )
    own = [] if kind == "usual" else [CalendarDay(day=day, kind=kind, why=why.strip())]
    days = sorted([*kept, *own], key=lambda one: one.day)
    load_plan(session, before.model_copy(update={"calendar": days}), actor=actor, now=now)
    _recount(session, plan_id)
    _look_again(session, plan_id, now)
    _note(session, plan_id, "day.set", f"{day}", {}, {"kind": kind, "why": why}, actor, now)


def _recount(session: Session, plan_id: str) -> None:
    """The last working day of every deadline, extensions too: a statement for each day that some fall on."""
    mine = col(Obligation.plan_id) == plan_id
    found = session.connection().execute(columns(col(Obligation.last_day)).where(mine).distinct())
    days = {day for (day,) in found if day}
    if not days:
        return
    calendar = load_calendar(session, plan_id, *range(min(days).year, max(days).year + 1))
    for day in days:
        working = calendar.last_working_day(day)
        moved = select(Obligation.id).where(
            mine, Obligation.last_day == day, Obligation.last_working_day != working
        )
        session.connection().execute(
            update(Deadline)
            .where(
                col(Deadline.obligation_id).in_(moved),
                col(Deadline.version)
                == select(Obligation.deadline_version)
                .where(Obligation.id == Deadline.obligation_id)
                .scalar_subquery(),
            )
            .values(last_working_day=working)
        )
        session.connection().execute(
            update(Obligation).where(col(Obligation.id).in_(moved)).values(last_working_day=working)
        )


def _note(
    session: Session,
    plan_id: str,
    event: str,
    subject: str,
    before: dict[str, object],
    after: dict[str, object],
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event=event,
        subject=subject,
        now=now,
        before=before,
        after=after,
    )
