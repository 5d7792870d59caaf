"""Handing in: files, a nil return, a conference, a duty done; an explanation, a request for time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from sqlmodel import Session
from starlette.responses import Response

from consolidation.intake.filing_service import (
    Conference,
    Filed,
    How,
    Via,
    file_package,
    filing_context,
    submit_conference,
    submit_duty,
    submit_nil,
)
from consolidation.intake.package import Package, read_package
from consolidation.intake.recognise import recognise_safely
from dashboard.access import limits
from dashboard.access.viewer import SENDERS
from dashboard.pages.decisions import EXPLAINED, explain_finding, locate
from dashboard.pages.parts import names_of
from dashboard.routing import Pages
from dashboard.visit import MissingError, Visit, parse_moment
from plan import ledger
from plan.errors import RefusedError
from plan.models import Plan
from plan.states import Role

pages = Pages()
BASE = "/don-vi/{agency}"
ONE = f"{BASE}/{{deliverable}}"
VIAS = ("web", "paper", "other-system")


def name_of(visit: Visit) -> str:
    return f"{visit.param('agency')}/{visit.param('deliverable')}"


def _back(visit: Visit, said: str) -> Response:
    return visit.redirect(f"/don-vi/{name_of(visit)}", said)


def sent_files(visit: Visit) -> list[tuple[str, bytes]]:
    """What was sent along, each read whole; counted against the sender."""
    who = visit.who.session_key or visit.who.name
    if not limits.take(visit.site.engine, limits.UPLOAD, who, visit.real_now):
        raise RefusedError("Đã gửi quá nhiều lần trong 10 phút; xin đợi một lát rồi thử lại.")
    return [(part.filename or "tep", part.file.read()) for part in visit.uploads("tep")]


def how_it_came(visit: Visit) -> How:
    """An agency's own comes now, by its own way; Sở Nội vụ may record what came by another."""
    if visit.who.role is not Role.coordinator:
        return How(via="link" if visit.who.via == "link" else "web")
    via = visit.text("qua", 20) or "web"
    if via not in VIAS:
        raise RefusedError("Cách nhận không hợp lệ.")
    came, reference = parse_moment(visit.text("nhan-luc", 20)), visit.text("so", 100)
    if via != "web" and (came is None or not reference):
        raise RefusedError("Bản nhận ngoài hệ thống cần ghi thời điểm nhận và số văn bản.")
    _check_moment(came, visit.now)
    return How(via=cast(Via, via), reference=reference, received_at=came if via != "web" else None)


def _check_moment(came: datetime | None, now: datetime) -> None:
    if came is not None and came > now:
        raise RefusedError("Thời điểm nhận không thể ở tương lai.")


@pages.post(f"{BASE}/nop", may=SENDERS, takes_files=True)
def hand_in(visit: Visit) -> Response:
    """A package of files: each is recognised and filed where it belongs."""
    return _take(visit, "")


@pages.post(f"{ONE}/nop", may=SENDERS, takes_files=True)
def hand_in_one(visit: Visit) -> Response:
    """Files for one product."""
    return _take(visit, visit.param("deliverable").partition("@")[0])


def _take(visit: Visit, deliverable: str) -> Response:
    agency = visit.param("agency")
    if agency not in names_of(visit).agencies:
        raise MissingError
    files = sent_files(visit)
    if not files:
        raise RefusedError("Chưa chọn tệp nào.")
    package = read(visit, agency, files, deliverable)
    if visit.text("thu", 2):
        return visit.render("checked.html", package=package, code=agency, names=names_of(visit))
    filed = file(visit, package, how_it_came(visit))
    return visit.render("filed.html", filed=filed, code=agency, names=names_of(visit))


def read(visit: Visit, agency: str, files: list[tuple[str, bytes]], deliverable: str) -> Package:
    """Recognise and check the files, in a process of their own; holds no transaction meanwhile."""
    context = filing_context(visit.session, visit.plan, agency)
    return read_package(
        files,
        context.definition,
        agency,
        only=deliverable,
        others=context.others,
        own=context.own,
        recogniser=recognise_safely,
    )


def file(visit: Visit, package: Package, how: How) -> list[Filed]:
    """Keep the bytes and file each part, in one transaction."""
    with visit.writing() as session:
        plan = session.get_one(Plan, visit.plan.id)
        return file_package(
            session,
            visit.site.store,
            plan,
            package,
            actor=visit.who.actor,
            now=visit.now,
            how=how,
        )


def _file_one(visit: Visit, do: Callable[[Session, Plan], Filed], said: str) -> Response:
    """One filing without report or figures; what the ledger refuses is told."""
    with visit.writing() as session:
        filed = do(session, session.get_one(Plan, visit.plan.id))
    if filed.submission is None:
        raise RefusedError(filed.findings[-1].message)
    return _back(visit, said)


@pages.post(f"{ONE}/khong-phat-sinh", may=SENDERS)
def nil(visit: Visit) -> Response:
    def do(session: Session, plan: Plan) -> Filed:
        return submit_nil(
            session,
            visit.site.store,
            plan,
            name_of(visit),
            visit.text("ly-do"),
            actor=visit.who.actor,
            now=visit.now,
            how=how_it_came(visit),
        )

    return _file_one(visit, do, "Đã báo không phát sinh; chờ Sở Nội vụ duyệt.")


@pages.post(f"{ONE}/hoi-nghi", may=SENDERS, takes_files=True)
def conference(visit: Visit) -> Response:
    attending = visit.text("so-nguoi", 6)
    if not attending.isascii() or not attending.isdigit() or int(attending) == 0:
        raise RefusedError("Số người dự phải là số nguyên lớn hơn 0.")
    held = Conference(visit.day("ngay"), visit.text("noi", 300), int(attending))
    minutes = sent_files(visit)

    def do(session: Session, plan: Plan) -> Filed:
        return submit_conference(
            session,
            visit.site.store,
            plan,
            name_of(visit),
            held,
            minutes,
            actor=visit.who.actor,
            now=visit.now,
            how=how_it_came(visit),
        )

    return _file_one(visit, do, "Đã báo kết quả hội nghị; chờ Sở Nội vụ duyệt.")


@pages.post(f"{ONE}/da-lam", may=SENDERS, takes_files=True)
def duty_done(visit: Visit) -> Response:
    papers = sent_files(visit)

    def do(session: Session, plan: Plan) -> Filed:
        return submit_duty(
            session,
            visit.site.store,
            plan,
            name_of(visit),
            visit.text("minh-chung"),
            papers,
            actor=visit.who.actor,
            now=visit.now,
            how=how_it_came(visit),
        )

    return _file_one(visit, do, "Đã báo thực hiện; chờ Sở Nội vụ duyệt.")


@pages.post(f"{ONE}/xin-gia-han", may=SENDERS)
def ask_extension(visit: Visit) -> Response:
    with visit.writing() as session:
        ledger.ask_extension(
            session,
            _row_id(visit, session),
            until=visit.day("den"),
            reason=visit.text("ly-do"),
            actor=visit.who.actor,
            now=visit.now,
            document_number=visit.text("van-ban", 100),
        )
    return _back(visit, "Đã gửi đề nghị gia hạn; hạn cũ vẫn tính đến khi Sở Nội vụ trả lời.")


@pages.post(f"{ONE}/giai-trinh", may=SENDERS)
def explain(visit: Visit) -> Response:
    with visit.writing() as session:
        explain_finding(visit, session, _row_id(visit, session))
    return _back(visit, EXPLAINED)


def _row_id(visit: Visit, session: Session) -> int:
    row = locate(visit, session)
    assert row.id is not None
    return row.id
