"""Gửi bức tranh: when the board on one sheet goes out by e-mail, and to whom."""

from __future__ import annotations

from datetime import time

from sqlmodel import col, select
from starlette.responses import Response

from dashboard.acts.table import act
from dashboard.auth.viewer import STAFF
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from notifications.board_mail import EVENT
from plan.board_mailing import office_people
from plan.models import BoardMailing, Message

pages = Pages()
DAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu")
HOURS = [time(hour, minute) for hour in range(7, 17) for minute in (0, 30)]
USUAL = time(7, 30)
LAST = 20


@pages.get("/quan-tri/gui-buc-tranh", may=STAFF)
def show(visit: Visit) -> Response:
    row = visit.session.get(BoardMailing, visit.plan.id)
    at = row.send_at if row else USUAL
    sent = visit.session.exec(
        select(Message)
        .where(Message.plan_id == visit.plan.id, Message.event == EVENT)
        .order_by(col(Message.id).desc())
        .limit(LAST)
    ).all()
    return visit.render(
        "board_mail.html",
        row=row,
        at=at,
        days=DAYS,
        hours=sorted({*HOURS, at}),
        people=office_people(visit.session),
        act=act("board-mail", "set"),
        sent=sent,
    )
