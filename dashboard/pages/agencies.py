"""Cơ quan: who they are, what they owe, whom a message reaches there."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.access import links
from dashboard.access.viewer import OFFICE, READERS
from dashboard.exports import Table, export
from dashboard.pages.parts import names_of
from dashboard.reads import trail
from dashboard.reads.agencies import agency_rows, contacts_of, group_names, messages_to
from dashboard.reads.listing import PAGE, page_of
from dashboard.routing import Pages
from dashboard.visit import MissingError, Visit
from plan.progress import obligations
from plan.wording import normalise

pages = Pages()


@pages.get("/co-quan", may=READERS, remembered=True)
def index(visit: Visit) -> Response:
    names, words = names_of(visit), normalise(visit.query("tim")[:100])
    views = obligations(visit.session, visit.plan, visit.as_of)
    rows = [
        row
        for row in agency_rows(visit.session, visit.plan.id, views, names)
        if words in normalise(row.name) and visit.query("nhom") in ("", row.group)
    ]
    heads = (
        "Cơ quan",
        "Phải nộp",
        "Đã nhận",
        "Chờ duyệt",
        "Còn thiếu",
        "Quá hạn",
        "Người nhận tin",
    )
    file = export(Table("Cơ quan", heads, [row.as_cells() for row in rows]), visit.query("dang"))
    if file is not None:
        return file
    page = page_of(len(rows), visit.page_number())
    return visit.render(
        "agencies.html",
        rows=rows[page.offset : page.offset + PAGE],
        page=page,
        groups=group_names(names, views),
        words_sought=visit.query("tim"),
        group=visit.query("nhom"),
    )


@pages.get("/co-quan/{agency}", may=READERS)
def show(visit: Visit) -> Response:
    code, names = visit.param("agency"), names_of(visit)
    if code not in names.agencies:
        raise MissingError
    views = obligations(visit.session, visit.plan, visit.as_of, agency=code)
    return visit.render(
        "agency.html",
        code=code,
        name=names.agencies[code],
        names=names,
        views=sorted(views, key=lambda view: (view.due_at is None, view.due_at or visit.as_of)),
        contacts=contacts_of(visit.session, visit.plan.id, code),
        messages_sent=messages_to(visit.session, visit.plan.id, code, visit.as_of),
        lines=trail.lines(
            visit.session,
            visit.plan.id,
            visit.as_of,
            names,
            trail.TrailFilter(agency=code),
            limit=20,
        ),
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
