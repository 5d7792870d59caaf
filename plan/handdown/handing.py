"""«Giao xuống»: an agency asks its own units for a duty of its own, by an earlier day.

    hand_down(session, obligation_id, units, until, actor=…, now=…)

It is a plan one level below (`Plan.parent_obligation_id`), made and started at once; reminders, forms,
checks, decisions and consolidation are the plan's own. In it the agency acts as the coordinator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from plan.calendar import local_day, local_instant
from plan.definition.model import AgencyName as NamePart
from plan.definition.model import Contact as ContactPart
from plan.definition.model import PlanDefinition
from plan.directory.people_file import contact_faults
from plan.directory.register import numbered
from plan.errors import RefusedError
from plan.handdown.definition import (
    HandedDown,
    Unit,
    inner_definition,
    with_units,
)
from plan.importing.plan import load_plan
from plan.ledger import audit, start_plan
from plan.ledger.core import check_agency, require_role, require_taking
from plan.models import Agency, Contact, Deliverable, Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.delegations import own_people
from plan.queries.lookup import agency_names, obligation_name
from plan.states import STILL_OWED, Actor, Role
from plan.text import date_words, number_words

MOST_UNITS = 400
"""More than the communes of any province; a list pasted by mistake is longer."""
FORM = "Tên đơn vị; người nhận; thư điện tử; điện thoại"
EVENT = "duty.handed-down"


def units_in(text: str) -> list[Unit]:
    """One unit a line, its parts between semicolons or tabs, as pasted out of a sheet; not looked at yet."""
    units = list[Unit]()
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = [part.strip() for part in line.replace("\t", ";").split(";", 3)]
        units.append(Unit(*[*parts, "", "", ""][:4]))
    return units


def check_units(units: Sequence[Unit]) -> list[Unit]:
    """The units, each with somebody who hears for it. Every fault is told at once, by the unit's place in the
    list (RefusedError)."""
    faults = list[str]()
    for number, unit in enumerate(units, start=1):
        fields = {
            "agency": unit.name,
            "name": unit.contact or unit.name,
            "email": unit.email,
            "phone": unit.phone.partition(";")[0],
        }
        found = list(contact_faults(fields, [unit.name]))
        found += ["thiếu thư điện tử"] if not unit.email else []
        found += ["có quá bốn phần"] if ";" in unit.phone else []
        faults += [f"dòng {number}: {fault}" for fault in found]
    if len({unit.name.casefold() for unit in units}) < len(units):
        faults.append("có đơn vị ghi hai lần")
    if len(units) > MOST_UNITS:
        faults.append(f"có {number_words(len(units))} dòng, nhiều nhất {MOST_UNITS}")
    if faults or not units:
        raise RefusedError(f"Chưa giao: mỗi dòng ghi «{FORM}»; {'; '.join(faults or ['trống'])}.")
    return [replace(unit, contact=unit.contact or unit.name) for unit in units]


def hand_down(
    session: Session,
    obligation_id: int,
    units: Sequence[Unit],
    until: date,
    *,
    actor: Actor,
    now: datetime,
) -> Plan:
    """Ask these units for it by the end of the local day `until`, from now on. RefusedError: a unit that
    cannot be told, handed down already, nothing owed any more, a day gone by or after the agency's own."""
    units = check_units(units)
    require_role(actor, Role.agency, Role.coordinator)
    row = session.get_one(Obligation, obligation_id)
    check_agency(session, row, actor)
    require_taking(session, row.plan_id)
    above = session.get_one(Plan, row.plan_id)
    if above.parent_obligation_id is not None:
        raise RefusedError("Việc này đã là việc được giao xuống; không giao tiếp xuống cấp nữa.")
    if row.state not in STILL_OWED:
        raise RefusedError("Việc này không còn phải nộp nên không cần giao xuống.")
    if inner_of(session, obligation_id) is not None:
        raise RefusedError("Việc này đã giao xuống rồi; hãy thêm đơn vị vào danh sách đang có.")
    today = local_day(now)
    _check_day(until, row, today)
    definition = inner_definition(
        definition_of(above), _handed(session, above, row, today), units, until, today
    )
    load_plan(session, definition, actor=actor, now=now, hands_down=obligation_id)
    plan = session.get_one(Plan, definition.id)
    start_plan(session, plan.id, actor=as_coordinator(actor), now=now)
    plan.reminds_from = local_instant(
        today
    )  # its first word, that of today's morning, is not spent
    session.add(plan)
    detail = {"units": len(units), "until": until.isoformat()}
    record_duty(session, row, EVENT, detail, actor, now)
    return plan


def add_units(
    session: Session, plan: Plan, units: Sequence[Unit], *, actor: Actor, now: datetime
) -> int:
    """Ask these, too, by the day that was asked of all: an extension is one unit's own. Whom the list names
    already is left out; gives how many were new. RefusedError: a unit that cannot be told."""
    units = check_units(units)
    row = duty_above(session, plan, actor)
    inner = definition_of(plan)
    known = {one.names[-1].name.casefold() for one in inner.agencies}
    fresh = [unit for unit in units if unit.name.casefold() not in known]
    if not fresh:
        return 0
    until = _day_of(inner, row)
    _check_day(until, row, local_day(now))
    load_plan(session, with_units(inner, fresh, until), actor=actor, now=now)
    detail = {"units": len(fresh), "until": until.isoformat()}
    record_duty(session, row, EVENT, detail, actor, now)
    return len(fresh)


def inner_of(session: Session, obligation_id: int) -> Plan | None:
    """The plan this duty was handed down by."""
    return session.exec(select(Plan).where(Plan.parent_obligation_id == obligation_id)).first()


def as_coordinator(actor: Actor) -> Actor:
    """The agency's person, as the inner plan knows them."""
    return replace(actor, role=Role.coordinator, agencies=frozenset())


def duty_above(session: Session, plan: Plan, actor: Actor) -> Obligation:
    """The duty the plan hands down, if it is the actor's to decide on. RefusedError."""
    require_role(actor, Role.agency, Role.coordinator)
    row = session.get_one(Obligation, plan.parent_obligation_id)
    check_agency(session, row, actor)
    return row


def _check_day(until: date, row: Obligation, today: date) -> None:
    if row.last_day is not None and row.last_day < today:
        raise RefusedError("Hạn của chính cơ quan đã qua; hãy xin gia hạn trước rồi giao xuống.")
    if until < today:
        raise RefusedError(f"Ngày {date_words(until)} đã qua; hãy chọn từ hôm nay trở đi.")
    if row.last_day is not None and until > row.last_day:
        raise RefusedError(
            f"Hạn của đơn vị không được sau hạn của chính cơ quan ({date_words(row.last_day)})."
        )


def _day_of(inner: PlanDefinition, above: Obligation) -> date:
    """The day the inner plan asks for, never after the agency's own."""
    return min(day for day in (inner.ends_on, above.last_day) if day is not None)


def _free_id(session: Session, *parts: str) -> str:
    """An id for the inner plan that no plan has: «a-b» and «c» read as «a» and «b-c» do."""
    wanted, number = "-".join(filter(None, parts)), 1
    while session.get(Plan, numbered(wanted, number)) is not None:
        number += 1
    return numbered(wanted, number)


def _handed(session: Session, above: Plan, row: Obligation, today: date) -> HandedDown:
    agency = session.get_one(Agency, row.agency_id)
    deliverable = session.get_one(Deliverable, row.deliverable_id)
    outer: PlanDefinition = definition_of(above)
    part = next((one for one in outer.deliverables if one.id == deliverable.code), None)
    if part is None:
        raise RefusedError("Số liệu nội bộ không giao xuống được.")
    name = agency_names(session, above.id, today, [agency.code])[row.agency_id]
    people = session.exec(
        select(Contact)
        .where(Contact.agency_id == agency.id, own_people())
        .order_by(col(Contact.id))
    )
    return HandedDown(
        plan_id=_free_id(session, above.id, agency.code, part.id, row.period),
        agency=agency.code,
        agency_name=NamePart(name=name.name, short=name.short, kind=name.kind),
        deliverable=part,
        title=row.title,
        people=tuple(_part(agency.code, one) for one in people),
    )


def _part(code: str, row: Contact) -> ContactPart:
    fields = row.model_dump(include=set(ContactPart.model_fields) - {"agency"})
    return ContactPart(agency=code, **fields)


def record_duty(
    session: Session,
    row: Obligation,
    event: str,
    detail: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    """What the agency did about its units, in the trail of its own duty."""
    audit.record(
        session,
        plan_id=row.plan_id,
        actor=actor,
        event=event,
        subject=obligation_name(session, row),
        obligation_id=row.id,
        now=now,
        after={"detail": detail},
    )
