"""Finding things by the ids people use: a plan's id, `agency/deliverable`, dated names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, true
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from plan.calendar import WorkingCalendar
from plan.errors import FEW, NotFoundError, UsageError
from plan.models import (
    Agency,
    AgencyName,
    AuditEvent,
    CalendarDay,
    Deliverable,
    Message,
    MessagePlan,
    Milestone,
    Obligation,
    Plan,
)
from plan.queries.definitions import definition_of
from plan.states import CLOSED, PlanState

_FEW = 500
"""Agencies asked for by id; more are read whole."""


def find_plan(session: Session, plan_id: str = "") -> Plan:
    """The plan called `plan_id`; without a name, the only one there is of the office's own."""
    if plan_id:
        plan = session.get(Plan, plan_id)
        if plan is None:
            raise NotFoundError("kế hoạch", plan_id, session.exec(select(Plan.id)))
        return plan
    plans = session.exec(select(Plan).where(of_the_office()).limit(2)).all()
    if len(plans) == 1:
        return plans[0]
    if not plans:
        raise UsageError("Chưa nạp kế hoạch nào. Hãy chạy: dondoc init")
    some = session.exec(select(Plan.id).where(of_the_office()).order_by(Plan.id).limit(FEW)).all()
    raise UsageError(
        f"Có nhiều kế hoạch ({', '.join(some)}{'…' if len(some) == FEW else ''}); "
        "hãy nêu rõ bằng --plan hoặc DONDOC_PLAN."
    )


def plan_ids(session: Session) -> list[str]:
    """Every plan of the installation, in a stable order."""
    return list(session.exec(select(Plan.id).order_by(Plan.id)))


def followed_plans(session: Session) -> list[Plan]:
    """The plans of the office's own that run or pause, newest first; where none does yet, the only one."""
    alive = select(Plan).where(
        of_the_office(), col(Plan.state).in_((PlanState.running, PlanState.paused))
    )
    rows = session.exec(alive.order_by(col(Plan.issued_on).desc(), col(Plan.id))).all()
    return list(rows) or [find_plan(session)]


def plan_count(session: Session) -> int:
    """How many plans of the office's own there are, of whatever state."""
    return session.exec(select(func.count()).select_from(Plan).where(of_the_office())).one()


def running_plans() -> SelectOfScalar[str]:
    """Ids of the plans that remind, in a stable order: a statement, for one query or a part of one."""
    return select(Plan.id).where(reminding()).order_by(Plan.id)


def of_the_office() -> ColumnElement[bool]:
    """Of plans: not a duty that an agency handed down to its own units."""
    return col(Plan.parent_obligation_id).is_(None)


def reminding() -> ColumnElement[bool]:
    """Of plans: running, and where it is a duty handed down, as long as that duty is asked for: its own plan
    runs and it is neither accepted nor waived."""
    above = aliased(Plan)
    asked_for = (
        select(Obligation.id)
        .join(above, col(above.id) == Obligation.plan_id)
        .where(
            Obligation.id == Plan.parent_obligation_id,
            col(Obligation.state).not_in(CLOSED),
            above.state == PlanState.running,
        )
    )
    return and_(
        col(Plan.state) == PlanState.running.value, or_(of_the_office(), asked_for.exists())
    )


def about_plan(plan_id: str) -> ColumnElement[bool]:
    """Of messages: that they are the plan's, or speak of it among others. Empty: of any plan."""
    return _about([plan_id]) if plan_id else true()


def shown_about(plan_id: str) -> ColumnElement[bool]:
    """As `about_plan`, for the office's pages. Empty: of any plan of its own; what an agency writes to its
    units is the agency's affair."""
    return about_plan(plan_id) if plan_id else _about(select(Plan.id).where(of_the_office()))


def _about(plans: Collection[str] | SelectOfScalar[str]) -> ColumnElement[bool]:
    besides = select(MessagePlan.message_id).where(col(MessagePlan.plan_id).in_(plans))
    return or_(col(Message.plan_id).in_(plans), col(Message.id).in_(besides))


def find_agency(session: Session, plan_id: str, code: str) -> Agency:
    agency = session.exec(
        select(Agency).where(Agency.plan_id == plan_id, Agency.code == code)
    ).first()
    if agency is None:
        known = session.exec(select(Agency.code).where(Agency.plan_id == plan_id))
        raise NotFoundError("cơ quan", code, known)
    return agency


def find_milestone(session: Session, plan_id: str, code: str) -> Milestone:
    milestone = session.exec(
        select(Milestone).where(Milestone.plan_id == plan_id, Milestone.code == code)
    ).first()
    if milestone is None:
        known = session.exec(select(Milestone.code).where(Milestone.plan_id == plan_id))
        raise NotFoundError("mốc", code, known)
    return milestone


def find_deliverable(session: Session, plan_id: str, code: str) -> Deliverable:
    deliverable = session.exec(
        select(Deliverable).where(Deliverable.plan_id == plan_id, Deliverable.code == code)
    ).first()
    if deliverable is None:
        known = session.exec(select(Deliverable.code).where(Deliverable.plan_id == plan_id))
        raise NotFoundError("sản phẩm", code, known)
    return deliverable


def find_obligation(session: Session, plan_id: str, name: str) -> Obligation:
    """The obligation called `agency/deliverable` (`agency/deliverable@2020-04` if it recurs)."""
    path, _, period = name.partition("@")
    agency_code, slash, deliverable_code = path.partition("/")
    if not slash:
        raise UsageError(
            f"«{name}» không đúng dạng cơ-quan/sản-phẩm, ví dụ an-lao/district-report."
        )
    agency = find_agency(session, plan_id, agency_code)
    deliverable = find_deliverable(session, plan_id, deliverable_code)
    obligation = session.exec(
        select(Obligation).where(
            Obligation.agency_id == agency.id,
            Obligation.deliverable_id == deliverable.id,
            Obligation.period == period,
        )
    ).first()
    if obligation is None:
        known = [f"{agency_code}/{code}" for code in owed_by(session, agency)]
        raise NotFoundError("nghĩa vụ", name, known)
    return obligation


def owed_by(session: Session, agency: Agency) -> Iterable[str]:
    """Codes of the deliverables this agency owes."""
    return session.exec(
        select(Deliverable.code)
        .join(Obligation, col(Obligation.deliverable_id) == Deliverable.id)
        .where(Obligation.agency_id == agency.id)
    ).all()


def obligation_name(session: Session, obligation: Obligation) -> str:
    """`agency/deliverable`, with `@period` if it recurs."""
    of = {"agency": obligation.agency_id, "deliverable": obligation.deliverable_id}
    agency, deliverable = session.execute(_CODES, of).one()
    period = f"@{obligation.period}" if obligation.period else ""
    return f"{agency}/{deliverable}{period}"


_CODES = (
    columns(col(Agency.code), col(Deliverable.code))
    .join(Deliverable, col(Deliverable.id) == bindparam("deliverable"))
    .where(col(Agency.id) == bindparam("agency"))
)
"""Of an agency and a deliverable by row id: asked at every change, and built once."""


def agency_names(
    session: Session, plan_id: str, on: date, codes: Collection[str] = ()
) -> dict[int, AgencyName]:
    """Each agency's name as of a local date, by the agency's row id; of all, or of some by code."""
    statement = (
        select(AgencyName)
        .join(Agency, col(Agency.id) == AgencyName.agency_id)
        .where(Agency.plan_id == plan_id, AgencyName.valid_from <= on)
        .order_by(col(AgencyName.valid_from))
    )
    if codes:
        statement = statement.where(col(Agency.code).in_(codes))
    return {row.agency_id: row for row in session.exec(statement)}


def load_calendar(session: Session, plan_id: str, *years: int) -> WorkingCalendar:
    """The plan's working calendar, as projected when it was loaded.

    A year asked for beyond the projected ones is worked out from the holiday library and the plan's
    own days (a tenth of a second). Raises UnknownYearError where neither knows it.
    """
    return load_calendars(session, {plan_id: years})[plan_id]


def load_calendars(
    session: Session, years: Mapping[str, Iterable[int]]
) -> dict[str, WorkingCalendar]:
    """The calendars of several plans, for the years asked of each. One query."""
    days: dict[str, dict[str, dict[date, str]]] = {
        plan_id: {"off": {}, "working": {}} for plan_id in years
    }
    rows = session.exec(
        select(CalendarDay.plan_id, col(CalendarDay.day), CalendarDay.kind, CalendarDay.why).where(
            col(CalendarDay.plan_id).in_(years)
        )
    )
    for plan_id, day, kind, why in rows:
        days[plan_id][kind][day] = why
    return {
        plan_id: _calendar(session, plan_id, set(years[plan_id]), kinds["off"], kinds["working"])
        for plan_id, kinds in days.items()
    }


def _calendar(
    session: Session,
    plan_id: str,
    years: set[int],
    off: dict[date, str],
    working: dict[date, str],
) -> WorkingCalendar:
    known = frozenset(day.year for day in off)
    missing = sorted(years - known)
    if missing:
        own = definition_of(session.get_one(Plan, plan_id)).calendar
        more = WorkingCalendar.build(missing, own)
        off |= dict(more.off)
        working |= dict(more.working)
        known |= frozenset(missing)
    return WorkingCalendar(off=off, working=working, years=known)


def names_of(
    session: Session, plan_id: str, on: date, agency_ids: Collection[int]
) -> dict[int, AgencyName]:
    """The names these agencies bear on a local date, by row id."""
    wanted = set(agency_ids)
    if len(wanted) > _FEW:
        return agency_names(session, plan_id, on)
    rows = session.exec(
        select(AgencyName)
        .where(col(AgencyName.agency_id).in_(wanted), AgencyName.valid_from <= on)
        .order_by(col(AgencyName.valid_from))
    )
    return {row.agency_id: row for row in rows}


def newest_moment(session: Session) -> datetime | None:
    """The last moment (UTC) at which something happened to the plans or a message left; a virtual clock
    never starts before it.

    Not counted: who signed in and what they may do, which happens in real time, and the loading of a
    plan: one loaded today may be practised on the days it tells of. Reads the whole trail once; asked only
    where a clock is virtual or examined.
    """
    happened = (
        col(AuditEvent.plan_id) != "",
        col(AuditEvent.event).not_in(("plan.loaded", "link.revoked")),
    )
    moments = (
        session.exec(select(func.max(AuditEvent.at)).where(*happened)).one(),
        session.exec(select(func.max(Message.sent_at))).one(),
    )
    return max((one for one in moments if one is not None), default=None)
