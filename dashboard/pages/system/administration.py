"""Quản trị: the reminder policy, days off, templates, personal links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from starlette.responses import HTMLResponse, Response

from dashboard.acts.table import act
from dashboard.auth import calendar_keys, links
from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.pages.common import names_of, taken_away
from dashboard.pages.reminders import MAIL_POLICY
from dashboard.queries.naming import Naming
from dashboard.rendering.policy import AUDIENCES, TONES, RungLine, rung_lines
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from notifications.messages.samples import sample_contexts
from plan.adjustments import MOST_RUNGS
from plan.models import CalendarDay, LinkUse
from plan.text import weekday_words

pages = Pages()
SPARE_RUNGS = 3
"""Empty rows of the form for the ladder, for rungs to be added."""


@pages.get("/quan-tri", may=STAFF)
def index(visit: Visit) -> Response:
    return visit.render("admin.html")


# --- what the plan decides ---------------------------------------------------------------------


@pages.get("/quan-tri/chinh-sach", may=STAFF)
def policy(visit: Visit) -> Response:
    found = visit.definition.reminders
    ladder = rung_lines(found)
    if (file := taken_away(visit, {"": lambda: _ladder_table(ladder)})) is not None:
        return file
    return visit.render(
        "admin_policy.html",
        policy=found,
        ladder=ladder,
        rows=[*found.rungs, *[None] * SPARE_RUNGS][:MOST_RUNGS],
        act=act("ladder", "rungs"),
        audiences=AUDIENCES,
        tones=TONES,
    )


def _ladder_table(ladder: Sequence[RungLine]) -> Table:
    rows = [(line.when, line.who, line.tone) for line in ladder]
    return Table("Chính sách nhắc", ("Khi nào", "Ai nghe", "Giọng"), rows)


@pages.get("/quan-tri/lich-nghi", may=STAFF)
def days(visit: Visit) -> Response:
    rows = visit.session.exec(
        select(CalendarDay)
        .where(CalendarDay.plan_id == visit.plan.id)
        .order_by(col(CalendarDay.day))
    ).all()
    if (file := taken_away(visit, {"": lambda: _days_table(rows)})) is not None:
        return file
    return visit.render("admin_days.html", rows=rows, act=act("days", "set"))


def _days_table(rows: Sequence[CalendarDay]) -> Table:
    heads = ("Ngày", "Thứ", "Nghỉ hay làm", "Vì")
    kinds = {"off": "nghỉ"}
    return Table(
        "Ngày nghỉ, ngày làm bù",
        heads,
        [(row.day, weekday_words(row.day), kinds.get(row.kind, "làm bù"), row.why) for row in rows],
    )


# --- templates ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """A message as it would be written today, on invented data."""

    event: str
    subject: str
    text: str
    html: str
    short: str


def _samples(visit: Visit) -> dict[str, Sample]:
    found: dict[str, Sample] = {}
    for context in sample_contexts():
        made = visit.site.desk.templates.render(context)
        found.setdefault(
            context.event,
            Sample(context.event, made.subject, made.text, made.html, made.short_text),
        )
    return found


@pages.get("/quan-tri/mau-tin", may=STAFF)
def templates(visit: Visit) -> Response:
    found = _samples(visit)
    chosen = visit.query("loai") or next(iter(found))
    if chosen not in found:
        raise MissingError
    return visit.render("admin_templates.html", samples=found, chosen=found[chosen])


@pages.get("/quan-tri/mau-tin/{event}/thu", may=STAFF)
def template_mail(visit: Visit) -> Response:
    sample = _samples(visit).get(visit.param("event"))
    if sample is None:
        raise MissingError
    headers = {"content-security-policy": MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(sample.html, headers=headers)


# --- personal links ----------------------------------------------------------------------------


@pages.get("/quan-tri/duong-dan", may=STAFF)
def link_uses(visit: Visit) -> Response:
    uses, names = links.recent_uses(visit.session, visit.plan.id), names_of(visit)
    if (file := taken_away(visit, {"": lambda: _uses_table(uses, names)})) is not None:
        return file
    return visit.render(
        "admin_links.html",
        uses=uses,
        names=names,
        what=USE_WORDS,
        calendars=calendar_keys.in_use(visit.session, visit.plan.id),
    )


USE_WORDS = {"opened": "mở", "signed-in": "đăng nhập", "refused": "bị từ chối"}


def _uses_table(uses: Sequence[LinkUse], names: Naming) -> Table:
    heads = ("Lúc", "Cơ quan", "Việc", "Thiết bị")
    rows = [
        (use.at, names.agency_long(use.agency), USE_WORDS.get(use.what, "khác"), use.device)
        for use in uses
    ]
    return Table("Đường dẫn riêng đã dùng", heads, rows)


@pages.post("/quan-tri/duong-dan", may=OFFICE)
def revoke_link(visit: Visit) -> Response:
    with visit.writing() as session:
        links.revoke(
            session,
            plan_id=visit.plan.id,
            link_id=visit.text("ma", 64),
            actor=visit.who.actor,
            now=visit.now,
            ended_at=visit.real_now,
        )
    return visit.redirect("/quan-tri/duong-dan", "Đã thu hồi đường dẫn.")


@pages.post("/quan-tri/duong-dan/lich", may=OFFICE)
def revoke_calendar(visit: Visit) -> Response:
    """One person's address of a calendar."""
    with visit.writing() as session:
        calendar_keys.revoke(
            session,
            visit.plan.id,
            visit.text("lich", 100),
            visit.text("cua", 100),
            actor=visit.who.actor,
            now=visit.now,
            name=visit.text("ten", 200),
        )
    return visit.redirect("/quan-tri/duong-dan", "Đã thu hồi địa chỉ lịch.")
