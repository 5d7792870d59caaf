"""Nhắc việc: what was sent, to whom, whether it arrived; what will be sent next and why."""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, Response

from dashboard.access.viewer import OFFICE, STAFF
from dashboard.exports import Table, export
from dashboard.pages.decisions import number_in
from dashboard.pages.parts import names_of
from dashboard.reads import messages as reads
from dashboard.reads.listing import page_of
from dashboard.routing import Pages
from dashboard.views import helpers
from dashboard.visit import MissingError, Visit
from notifications.outbox_view import retry as retry_messages
from notifications.outbox_view import show_message
from plan.errors import NotFoundError
from plan.lookup import obligation_name
from plan.models import Message, Obligation

pages = Pages()
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""A mail's own styles stand in its markup; it is shown in a frame that can do nothing."""


@pages.get("/nhac-viec", may=STAFF)
def index(visit: Visit) -> Response:
    wanted = reads.MessageFilter(
        state=visit.query("trang-thai"),
        channel=visit.query("kenh"),
        agency=visit.query("co-quan"),
        event=visit.query("loai"),
    )
    total = reads.count(visit.session, visit.plan.id, visit.as_of, wanted)
    page = page_of(total, visit.page_number(), reads.PAGE)
    offset = (page.number - 1) * reads.PAGE
    rows = reads.messages(visit.session, visit.plan.id, visit.as_of, wanted, offset)
    file = export(_table(rows), visit.query("dang"))
    if file is not None:
        return file
    rounds = reads.next_rounds(visit.session, visit.plan.id, visit.as_of)
    return visit.render(
        "reminders.html",
        rows=rows,
        page=page,
        wanted=wanted,
        names=names_of(visit),
        states=reads.by_state(visit.session, visit.plan.id, visit.as_of),
        down=reads.channel_states(visit.session),
        rounds=rounds,
    )


def _table(rows: list[Message]) -> Table:
    heads = (
        "Lúc soạn",
        "Gửi lúc",
        "Đến lúc",
        "Loại",
        "Tiêu đề",
        "Người nhận",
        "Kênh",
        "Kết quả",
        "Chi tiết",
    )
    return Table(
        "Tin đã gửi",
        heads,
        [
            (
                row.created_at,
                row.sent_at,
                row.delivered_at,
                helpers.MESSAGE_EVENTS.get(row.event, row.event),
                str(row.content.get("subject", "")),
                row.recipient_name,
                helpers.CHANNELS.get(row.channel, row.channel),
                helpers.MESSAGE_STATES[row.state][1],
                row.words,
            )
            for row in rows
        ],
    )


@pages.get("/nhac-viec/sap-gui", may=STAFF)
def upcoming(visit: Visit) -> Response:
    """What the next round would say, person by person, and which rungs make it speak."""
    rounds = reads.next_rounds(visit.session, visit.plan.id, visit.now, 1)
    at = rounds[0].at if rounds else visit.now
    sent_at, found = reads.planned(visit.site.engine, visit.plan.id, at, visit.site.desk)
    return visit.render("reminders_next.html", at=sent_at, planned=found, names=names_of(visit))


@pages.get("/nhac-viec/{message}", may=STAFF)
def show(visit: Visit) -> Response:
    found = _message(visit)
    rows = [visit.session.get_one(Obligation, key) for key in found["obligation_ids"]]
    return visit.render(
        "reminder.html",
        message=found,
        subject=found["content"].get("subject", ""),
        text=reads.without_links(str(found["content"].get("text", ""))),
        about=[obligation_name(visit.session, row) for row in rows],
        names=names_of(visit),
    )


def _message(visit: Visit) -> dict[str, Any]:
    try:
        return show_message(visit.session, visit.plan.id, number_in(visit.param("message")))
    except NotFoundError:
        raise MissingError from None


@pages.get("/nhac-viec/{message}/thu", may=STAFF)
def mail(visit: Visit) -> Response:
    """The mail as its reader sees it, its personal links taken out."""
    html = reads.without_links(str(_message(visit)["content"].get("html", "")))
    headers = {"content-security-policy": MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(html, headers=headers)


@pages.post("/nhac-viec/{message}/gui-lai", may=OFFICE)
def retry(visit: Visit) -> Response:
    key = number_in(visit.param("message"))
    with visit.writing() as session:
        retry_messages(session, visit.plan.id, visit.now, [key])
    return visit.redirect(f"/nhac-viec/{key}", "Tin sẽ được gửi lại ở lượt kế tiếp.")
