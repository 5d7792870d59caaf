"""How a plan stands: its milestones, agencies, alarms and days; the same reads as the pages."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from sqlmodel import Session, col, select

from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import Caller, TaggedRoute, by, looking_over, scope_of
from dashboard.api.problems import RESPONSES
from dashboard.auth import links
from dashboard.auth.viewer import EVERYONE, OFFICE, READERS, STAFF
from dashboard.queries.alarms import alarms
from dashboard.queries.board import MilestoneRow
from dashboard.queries.counts import summary
from dashboard.queries.month import due_days
from dashboard.queries.overview import milestones_now
from dashboard.web.request import MissingError
from plan.calendar import local_day
from plan.contacts import change_contact, import_contacts
from plan.database import writing
from plan.dates import period_of
from plan.errors import RefusedError
from plan.models import Agency, CalendarDay, Contact, Plan
from plan.queries.delegations import own_people
from plan.queries.lookup import of_the_office

api = APIRouter(route_class=TaggedRoute, responses=RESPONSES)


@api.get("/plans", summary="Các kế hoạch")
def plans(caller: Caller = by(EVERYONE)) -> list[schemas.PlanOut]:
    rows = caller.session.exec(select(Plan).where(of_the_office()).order_by(col(Plan.issued_on)))
    return [schemas.PlanOut.model_validate(row) for row in rows]


@api.get("/summary", summary="Tình hình chung: đếm theo thời hạn và trạng thái")
def count(callers: list[Caller] = looking_over(EVERYONE)) -> schemas.SummaryOut:
    """Của một kế hoạch, hay của mọi kế hoạch cộng lại và từng kế hoạch."""
    plans = {caller.plan.id: _counts(caller) for caller in callers}
    total = sum((Counter(counts) for counts in plans.values()), Counter[str]())
    keys = next(iter(plans.values()))
    return schemas.SummaryOut(
        plan=scope_of(callers),
        as_of=callers[0].as_of,
        counts={key: total[key] for key in keys},
        plans=plans,
    )


def _counts(caller: Caller) -> dict[str, int]:
    plan_view = caller.plan_view
    soon = caller.plan.soon_working_days
    return summary(plan_view.buckets, plan_view.at, plan_view.calendar, soon)


@api.get("/milestones", summary="Các mốc")
def milestones(callers: list[Caller] = looking_over(EVERYONE)) -> list[schemas.MilestoneOut]:
    return [
        _milestone(row, caller.plan.id)
        for caller in callers
        for row in milestones_now(caller.plan_view)
    ]


def _milestone(row: MilestoneRow, plan: str) -> schemas.MilestoneOut:
    return schemas.MilestoneOut(
        plan=plan,
        id=row.code,
        title=row.title,
        short=row.short,
        period=row.period,
        opens_at=row.opens_at,
        due_at=row.due_at,
        last_day=row.last_day,
        closed_at=row.closed_at,
        owing=row.tally.owing,
        handed_in=row.tally.handed_in,
        accepted=row.tally.accepted,
        late=row.tally.late,
        late_before=row.late_before,
        missing=[code for code, _ in row.missing],
        missing_count=len(row.missing),
    )


@api.get("/agencies", summary="Các cơ quan")
def agencies(caller: Caller = by(EVERYONE)) -> list[schemas.AgencyOut]:
    groups = {part.id: part.group for part in caller.definition.agencies}
    return [
        schemas.AgencyOut(id=code, name=name.name, short=name.short, group=groups.get(code, ""))
        for code, name in caller.names.agencies.items()
        if caller.viewer.may_see(code)
    ]


@api.get("/alarms", summary="Việc cần xử lý: không có người nhận, kênh ngừng, tổng hợp hỏng")
def alarm_list(callers: list[Caller] = looking_over(READERS)) -> list[schemas.AlarmOut]:
    return [
        schemas.AlarmOut(plan=caller.plan.id, words=one.words, page=one.href)
        for caller in callers
        for one in alarms(caller.session, caller.plan.id, caller.as_of, caller.names)
    ]


@api.get("/calendar", summary="Hạn theo ngày trong một tháng, kèm số còn nợ")
def month(
    month: Annotated[
        str, Query(pattern=r"^((19|20|21)\d\d-(0[1-9]|1[0-2]))?$", description="Như 2020-04.")
    ] = "",
    callers: list[Caller] = looking_over(EVERYONE),
) -> list[schemas.DueOut]:
    today = local_day(callers[0].as_of)
    first = date.fromisoformat(f"{month}-01") if month else period_of(today, "month")[0]
    found = [
        schemas.DueOut(
            plan=caller.plan.id,
            day=day,
            deliverable=one.deliverable,
            period=one.period,
            total=one.total,
            owed=one.owed,
        )
        for caller in callers
        for day, groups in due_days(caller.plan_view, first).items()
        for one in groups
        if (day.year, day.month) == (first.year, first.month)
    ]
    return sorted(found, key=lambda one: one.day)


@api.get("/days", summary="Ngày nghỉ và ngày làm bù")
def days(caller: Caller = by(EVERYONE)) -> list[schemas.DayOut]:
    rows = caller.session.exec(
        select(CalendarDay)
        .where(CalendarDay.plan_id == caller.plan.id)
        .order_by(col(CalendarDay.day))
    )
    return [schemas.DayOut.model_validate(row) for row in rows]


@api.get("/reminder-policy", summary="Chính sách nhắc: các nấc, kênh, giờ hành chính")
def policy(caller: Caller = by(STAFF)) -> dict[str, object]:
    """Nguyên văn phần `reminders` của kế hoạch."""
    return caller.definition.reminders.model_dump(mode="json")


# --- The address book: whom a message reaches.


def contact_out(row: Contact, agency: str) -> schemas.ContactOut:
    return schemas.ContactOut.model_validate(row.model_dump() | {"agency": agency})


def _all(session: Session, plan_id: str) -> list[schemas.ContactOut]:
    rows = session.exec(
        select(Contact, Agency.code)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id, own_people())
        .order_by(col(Agency.sort), col(Contact.is_head), col(Contact.id))
    )
    return [contact_out(row, code) for row, code in rows]


@api.get("/contacts", summary="Danh bạ người nhận tin")
def contacts(caller: Caller = by(STAFF)) -> list[schemas.ContactOut]:
    return _all(caller.session, caller.plan.id)


@api.post("/contacts", summary="Nhập danh bạ từ tệp .csv, tất cả hoặc không gì", status_code=201)
def import_book(
    file: Annotated[UploadFile, File(description="Như `dondoc contacts import` nhận.")],
    caller: Caller = by(OFFICE),
) -> list[schemas.ContactOut]:
    """Thay mọi người nhận của từng cơ quan có trong tệp."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "danh-ba.csv"
        path.write_bytes(file.file.read())
        with writing(caller.site.engine) as session:
            plan = session.get_one(Plan, caller.plan.id)
            import_contacts(session, plan, path, **caller.who())
            return _all(session, plan.id)


@api.put("/contacts/{contact}", summary="Sửa một người nhận")
def change(
    contact: bodies.RowId, body: bodies.ContactIn, caller: Caller = by(OFFICE)
) -> schemas.ContactOut:
    with writing(caller.site.engine) as session:
        row = session.get(Contact, contact)
        agency = session.get(Agency, row.agency_id) if row is not None else None
        if agency is None or agency.plan_id != caller.plan.id:
            raise MissingError
        plan, who = caller.plan.id, caller.who()
        kept = change_contact(session, plan, contact, body.model_dump(), **who)
        return contact_out(kept, agency.code)


@api.post("/link-revocations", summary="Thu hồi đường dẫn riêng", status_code=201)
def revoke(body: bodies.RevokeIn, caller: Caller = by(OFFICE)) -> schemas.RevokedOut:
    """Một đường dẫn theo mã, hoặc mọi đường dẫn đã gửi tới một cơ quan; phiên đã mở kết thúc ngay."""
    if bool(body.link_id) == bool(body.agency):
        raise RefusedError("Cần đúng một trong hai: link_id hoặc agency.")
    if body.agency:
        caller.seen(body.agency)
    with writing(caller.site.engine) as session:
        row = links.revoke(
            session,
            plan_id=caller.plan.id,
            agency=body.agency,
            link_id=body.link_id,
            actor=caller.viewer.actor,
            now=caller.now,
            ended_at=caller.site.real_clock(),
        )
        return schemas.RevokedOut.model_validate(row)
