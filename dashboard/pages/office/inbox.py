"""Hộp thư đến: mails that hand something in, what became of each, and those that wait for a decision."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select
from starlette.responses import Response

from dashboard.auth.viewer import OFFICE, SENDERS, STAFF
from dashboard.mail_desk import mail_desk
from dashboard.pages.common import names_of, taken_away
from dashboard.queries.letters import told_of
from dashboard.queries.listing import page_of
from dashboard.rendering.export import attachment
from dashboard.rendering.tables import MANY
from dashboard.table import Table
from dashboard.web.request import ForbiddenError, MissingError, Visit, number_in
from dashboard.web.routing import Pages
from dashboard.words import MAIL_STATES
from intake.inbox.claims import FILED, TO_CONFIRM, WAITING
from intake.inbox.filing import confirm, file_for, ignore
from intake.inbox.lookup import duties_of
from intake.inbox.reading import MailDesk
from plan.errors import RefusedError
from plan.models import IncomingMail, SignedLetter

pages = Pages()
PAGE = 50
ALL = "tat-ca"


@pages.get("/hop-thu-den", may=STAFF)
def index(visit: Visit) -> Response:
    """Those that wait, unless others are asked for; the newest first."""
    wanted = visit.query("trang-thai")
    if (file := taken_away(visit, {"": lambda: _table(_rows(visit, wanted, MANY, 0))})) is not None:
        return file
    total = visit.session.exec(select(func.count()).where(*_where(visit, wanted))).one()
    page = page_of(total, visit.page_number(), PAGE)
    rows = _rows(visit, wanted, PAGE, (page.number - 1) * PAGE)
    return visit.render(
        "inbox.html", rows=rows, page=page, wanted=wanted, names=names_of(visit), states=MAIL_STATES
    )


def _where(visit: Visit, wanted: str) -> list[ColumnElement[bool]]:
    """The plan's, and those of nobody known, which any plan may be meant by."""
    mine = or_(IncomingMail.plan_id == visit.plan.id, col(IncomingMail.plan_id).is_(None))
    if wanted == ALL:
        return [mine]
    return [mine, col(IncomingMail.state).in_([wanted] if wanted in MAIL_STATES else WAITING)]


def _rows(visit: Visit, wanted: str, limit: int, offset: int) -> list[IncomingMail]:
    statement = select(IncomingMail).where(*_where(visit, wanted))
    ordered = statement.order_by(col(IncomingMail.id).desc()).limit(limit).offset(offset)
    return list(visit.session.exec(ordered))


def _table(rows: list[IncomingMail]) -> Table:
    heads = ("Đến lúc", "Người gửi", "Tiêu đề", "Cơ quan", "Trạng thái", "Vì sao")
    body = [
        (
            row.received_at,
            row.sender_name or row.sender,
            row.subject,
            row.agency,
            MAIL_STATES[row.state][1],
            row.why,
        )
        for row in rows
    ]
    return Table("Hộp thư đến", heads, body)


@pages.get("/hop-thu-den/{mail}", may=STAFF)
def show(visit: Visit) -> Response:
    row = _find(visit)
    agency = row.agency or visit.query("co-quan")
    duties = duties_of(visit.session, visit.plan.id, agency) if agency else ()
    guess = [one["name"] for one in row.outcome.get("guess", ())]
    return visit.render(
        "mail.html",
        mail=row,
        agency=agency,
        duties=[duty for duty in duties if duty.open or duty.name in guess],
        guess=guess,
        names=names_of(visit),
        states=MAIL_STATES,
        waiting=row.state in WAITING,
        letter=visit.session.get(SignedLetter, row.letter_id) if row.letter_id else None,
        told=told_of(visit.session, row.id or 0),
    )


@pages.get("/hop-thu-den/{mail}/thu", may=STAFF)
def whole(visit: Visit) -> Response:
    """The very bytes that came, to be opened in a mail program."""
    row = _find(visit)
    if not row.sha256:
        raise MissingError
    return attachment(visit.site.store.get(row.sha256), f"thu-{row.id}.eml", "message/rfc822")


@pages.post("/hop-thu-den/{mail}/nop", may=OFFICE)
def file_one(visit: Visit) -> Response:
    row, name = _find(visit), visit.text("nghia-vu", 200)
    _require_acting(visit)
    if not name:
        raise RefusedError("Chưa chọn sản phẩm.")
    plan_id = visit.plan.id
    visit.let_go()
    file_for(_desk(visit), row.id or 0, plan_id, name, visit.who.actor)
    return visit.redirect("/hop-thu-den", f"Đã ghi thư số {row.id} vào sổ.")


@pages.post("/hop-thu-den/{mail}/bo-qua", may=OFFICE)
def pass_over(visit: Visit) -> Response:
    row = _find(visit)
    _require_acting(visit)
    plan_id = visit.plan.id
    visit.let_go()
    ignore(visit.site.engine, row.id or 0, plan_id, visit.who.actor, visit.now)
    return visit.redirect("/hop-thu-den", f"Đã bỏ qua thư số {row.id}; thư vẫn được giữ.")


# --- the sender's agency says that it is theirs ------------------------------------------------------


@pages.get("/don-vi/{agency}/thu/{mail}", may=SENDERS)
def confirm_form(visit: Visit) -> Response:
    return visit.render(
        "mail_confirm.html",
        mail=_own(visit),
        code=visit.param("agency"),
        waits=_own(visit).state == TO_CONFIRM,
        names=names_of(visit),
    )


@pages.post("/don-vi/{agency}/thu/{mail}", may=SENDERS)
def confirm_one(visit: Visit) -> Response:
    row, agency = _own(visit), visit.param("agency")
    _require_acting(visit)
    visit.let_go()
    state = confirm(_desk(visit), row.id or 0, visit.who.actor)
    said = "Đã xác nhận và ghi vào sổ." if state == FILED else "Đã xác nhận; Sở Nội vụ sẽ xem thư."
    return visit.redirect(f"/don-vi/{agency}", said)


def _own(visit: Visit) -> IncomingMail:
    row = _find(visit)
    if row.agency != visit.param("agency"):
        raise MissingError
    return row


def _find(visit: Visit) -> IncomingMail:
    row = visit.session.get(IncomingMail, number_in(visit.param("mail")))
    if row is None or row.plan_id not in (None, visit.plan.id):
        raise MissingError
    return row


def _desk(visit: Visit) -> MailDesk:
    site = visit.site
    return mail_desk(site.engine, site.settings, site.desk, site.store, visit.now)


def _require_acting(visit: Visit) -> None:
    if not visit.may_act:
        raise ForbiddenError("Đang ở chế độ chỉ xem; không thay đổi gì.")
