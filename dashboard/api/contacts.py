"""The address book: whom a message reaches."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from sqlmodel import Session, col, select

from dashboard.api import bodies, schemas
from dashboard.api.auth import Caller, TaggedRoute, by
from dashboard.api.problems import RESPONSES
from dashboard.auth import links
from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.web.request import MissingError
from plan.contacts import change_contact, import_contacts
from plan.database import writing
from plan.errors import RefusedError
from plan.models import Agency, Contact, Plan

api = APIRouter(route_class=TaggedRoute, responses=RESPONSES)


def contact_out(row: Contact, agency: str) -> schemas.ContactOut:
    return schemas.ContactOut.model_validate(row.model_dump() | {"agency": agency})


def _all(session: Session, plan_id: str) -> list[schemas.ContactOut]:
    rows = session.exec(
        select(Contact, Agency.code)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id)
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
    contact: schemas.RowId, body: bodies.ContactIn, caller: Caller = by(OFFICE)
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
