"""Cơ quan: who they are, what they owe, whom a message reaches there."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from starlette.responses import Response

from dashboard.auth import links
from dashboard.auth.viewer import OFFICE, READERS
from dashboard.pages.common import names_of, note_export, plan_view_of, plan_views_of, taken_away
from dashboard.queries import trail
from dashboard.queries.agencies import (
    AgencyRow,
    agency_rows,
    contacts_of,
    group_names,
    messages_to,
    rows_over_plans,
    tallies,
)
from dashboard.queries.listing import PageOf, counts_at_hand, page_of
from dashboard.queries.naming import Naming
from dashboard.rendering.export import export
from dashboard.rendering.tables import MANY, as_table, contact_table, message_table, trail_table
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from plan.calendar import local_day
from plan.models import Plan
from plan.queries.lookup import followed_plans
from plan.queries.periods import in_hand
from plan.queries.progress import obligations
from plan.queries.threads import notes_on
from plan.queries.urgings import WAYS, urgings_of
from plan.text import normalise

pages = Pages()
T = TypeVar("T")
AGENCIES = 50
"""In one page of the list."""


@pages.get("/co-quan", may=READERS, remembered=True)
def index(visit: Visit) -> Response:
    form = visit.query("dang")
    rows, page, groups = (_of_plan if visit.scope else _of_every_plan)(visit, whole=bool(form))
    heads = (
        "Cơ quan",
        "Phải nộp",
        "Đã nhận",
        "Chờ duyệt",
        "Còn thiếu",
        "Quá hạn",
        "Người nhận tin",
    )
    file = export(Table("Cơ quan", heads, [row.as_cells() for row in rows]), form)
    if file is not None:
        note_export(visit, f"Cơ quan.{form}")
        return file
    return visit.render(
        "agencies.html",
        rows=rows,
        page=page,
        groups=groups,
        words_sought=visit.query("tim"),
        group=visit.query("nhom"),
    )


Listed = tuple[list[AgencyRow], PageOf, list[tuple[str, str]]]
"""The rows of a page, which page it is, and the groups to choose from."""


def _of_plan(visit: Visit, *, whole: bool) -> Listed:
    names = names_of(visit)
    codes = _sought(visit, names)
    page = page_of(len(codes), visit.page_number(), AGENCIES)
    shown = codes if whole else _cut(codes, page)
    plan_view = plan_view_of(visit)
    counted = tallies(plan_view, shown, counts_at_hand(plan_view))
    rows = agency_rows(visit.session, shown, counted, names)
    return rows, page, group_names(names)


def _of_every_plan(visit: Visit, *, whole: bool) -> Listed:
    every, groups = visit.cached(
        "agencies of every plan",
        lambda: rows_over_plans(plan_views_of(visit, _followed(visit))),
    )
    words, group = normalise(visit.query("tim")[:100]), visit.query("nhom")
    rows = [one for one in every if group in ("", one.group) and words in normalise(one.name)]
    page = page_of(len(rows), visit.page_number(), AGENCIES)
    return rows if whole else _cut(rows, page), page, groups


def _followed(visit: Visit) -> list[Plan]:
    """The plan looked at first, so that its agencies' pages are those linked to."""
    return sorted(followed_plans(visit.session), key=lambda plan: plan.id != visit.plan.id)


def _cut(rows: list[T], page: PageOf) -> list[T]:
    first = (page.number - 1) * AGENCIES
    return rows[first : first + AGENCIES]


def _sought(visit: Visit, names: Naming) -> list[str]:
    """Codes of the agencies that the address bar asks for, in the plan's order."""
    words, group = normalise(visit.query("tim")[:100]), visit.query("nhom")
    return [
        code
        for code, own in names.groups.items()
        if group in ("", own) and (not words or words in normalise(names.agency_long(code)))
    ]


@pages.get("/co-quan/{agency}", may=READERS)
def show(visit: Visit) -> Response:
    code, names = visit.param("agency"), names_of(visit)
    if code not in names.agencies:
        raise MissingError
    views = obligations(visit.session, visit.plan, visit.as_of, agency=code)
    views.sort(key=lambda view: (view.due_at is None, view.due_at or visit.as_of))
    dated = [view for view in views if view.due_at]
    contacts = contacts_of(visit.session, visit.plan.id, code, local_day(visit.as_of))
    sent = messages_to(visit.session, visit.plan.id, code, visit.as_of)
    events = partial(
        trail.lines,
        visit.session,
        visit.plan.id,
        visit.as_of,
        names,
        trail.TrailFilter(agency=code),
    )
    tables = {
        "": lambda: as_table(views, names, names.agency_long(code)),
        "nguoi-nhan": lambda: contact_table(contacts),
        "tin": lambda: message_table(sent),
        "lich-su": lambda: trail_table(events(limit=MANY)),
    }
    if (file := taken_away(visit, tables)) is not None:
        return file
    return visit.render(
        "agency.html",
        code=code,
        name=names.agencies[code],
        names=names,
        dated=dated,
        counted=in_hand(dated, visit.as_of),
        undated=[view for view in views if not view.due_at],
        contacts=contacts,
        messages_sent=sent,
        lines=events(limit=20),
        urged=urgings_of(visit.session, visit.plan.id, visit.as_of, code, limit=20),
        ways=WAYS,
        notes=notes_on(visit.session, visit.plan.id, code, visit.as_of),
    )


@pages.post("/co-quan/{agency}/thu-hoi", may=OFFICE)
def revoke(visit: Visit) -> Response:
    """Every personal link this agency was sent so far stops working."""
    code = visit.param("agency")
    if code not in names_of(visit).agencies:
        raise MissingError
    with visit.writing() as session:
        links.revoke(
            session,
            plan_id=visit.plan.id,
            agency=code,
            actor=visit.who.actor,
            now=visit.now,
            ended_at=visit.real_now,
        )
    return visit.redirect(
        f"/co-quan/{code}",
        "Các đường dẫn đã gửi không còn dùng được; thư nhắc sau có đường dẫn mới.",
    )
