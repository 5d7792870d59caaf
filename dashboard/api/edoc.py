"""The door of the document axis over HTTP, for the software that is connected to it: packages handed over,
those of ours listed, fetched and told taken. One tray for all plans."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from sqlmodel import col, select
from starlette.responses import Response

from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import Caller, Page, ahead_over
from dashboard.api.handing_in import sent_files
from dashboard.api.problems import BYTES, RESPONSES
from dashboard.auth.viewer import OFFICE
from dashboard.rendering.export import attachment
from dashboard.web.request import MissingError
from intake.inbox.claims import claim_mail
from intake.inbox.lookup import FOLDER
from intake.mail.edoc import is_package, mail_of
from intake.mail.edoc_out import package_of, take
from plan.database import writing
from plan.errors import RefusedError, UsageError
from plan.models import EdocPackage

api = APIRouter(responses=RESPONSES)
XML = "application/xml"
BY_HTTP = "API"
Callers = list[Caller]


class TakenOut(schemas.Out):
    """A package that was kept; `number` in the inbox, 0 where it was known already."""

    number: int
    known: bool


class PackageOut(schemas.Out):
    """A package of ours: a letter, or (with its `code`) what became of one that came."""

    id: int
    letter_id: int | None
    mail_id: int | None
    code: str
    made_at: datetime
    taken_at: datetime | None
    taken_by: str


def _organ(caller: Caller) -> str:
    organ: str = caller.site.settings.edoc_organ_id
    if not organ:
        raise RefusedError("Cửa gói edXML chưa mở: người vận hành cần đặt DONDOC_EDOC_ORGAN_ID.")
    return organ


@api.post("/edoc", summary="Nhận gói edXML của trục liên thông văn bản", status_code=202)
def take_edoc(
    package: Annotated[UploadFile, File(description="Gói edXML (QCVN 102:2016/BTTTT).")],
    callers: Callers = ahead_over(OFFICE),
) -> TakenOut:
    """Giữ gói, xử lý ở lượt đọc hộp thư tới như mọi bài nộp; gói đã nhận rồi thì không nhận lần nữa."""
    caller = callers[0]
    _organ(caller)
    ((_, data),) = sent_files(caller, [package])
    if not is_package(data):
        raise UsageError("Tệp không phải gói edXML theo QCVN 102:2016/BTTTT.")
    number = claim_mail(
        caller.site.engine,
        caller.site.store,
        mail_of(data, limits=caller.site.limits),
        source=FOLDER,
        received_at=caller.now,
        now=caller.now,
    )
    return TakenOut(number=number or 0, known=number is None)


@api.get("/edoc/packages", summary="Gói edXML chờ gửi lên trục")
def packages(
    response: Response, page: Page, taken: bool = False, callers: Callers = ahead_over(OFFICE)
) -> list[PackageOut]:
    """Cũ trước. `taken`: các gói đã lấy thay vì các gói đang chờ."""
    caller = callers[0]
    _organ(caller)
    when = col(EdocPackage.taken_at)
    wanted = select(EdocPackage).where(when.is_not(None) if taken else when.is_(None))
    rows = page.cut_query(caller.session, wanted.order_by(col(EdocPackage.id)), response)
    return [PackageOut.model_validate(row) for row in rows]


@api.get(
    "/edoc/packages/{package}",
    summary="Tải một gói edXML",
    response_class=Response,
    responses=BYTES,
)
def package_bytes(package: bodies.RowId, callers: Callers = ahead_over(OFFICE)) -> Response:
    """Tải bao nhiêu lần cũng được, cùng nội dung; đã gửi lên trục thì báo đã lấy."""
    caller = callers[0]
    row = _found(caller, package)
    name, data = package_of(caller.session, caller.site.store, row, _organ(caller))
    return attachment(data, name, XML)


@api.post("/edoc/packages/{package}/taken", summary="Báo đã lấy một gói edXML")
def package_taken(package: bodies.RowId, callers: Callers = ahead_over(OFFICE)) -> PackageOut:
    """Gói không còn trong danh sách chờ; báo lần nữa thì không đổi gì."""
    caller = callers[0]
    _organ(caller)
    _found(caller, package)
    with writing(caller.site.engine) as session:
        take(session, package, BY_HTTP, caller.now)
        row = session.get_one(EdocPackage, package, populate_existing=True)
        return PackageOut.model_validate(row)


def _found(caller: Caller, package: int) -> EdocPackage:
    row = caller.session.get(EdocPackage, package)
    if row is None:
        raise MissingError
    return row
