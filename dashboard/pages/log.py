"""Nhật ký: who did what, when, from where; and whether the chain still holds."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.access.viewer import STAFF
from dashboard.exports import Table, export
from dashboard.pages.parts import names_of
from dashboard.reads import trail
from dashboard.reads.listing import page_of
from dashboard.routing import Pages
from dashboard.views.words import EVENTS, ORIGINS
from dashboard.visit import Visit
from plan.audit import verify

pages = Pages()
PAGE = 100
EXPORTED = 20_000


@pages.get("/nhat-ky", may=STAFF)
def index(visit: Visit) -> Response:
    names = names_of(visit)
    event = visit.query("viec")
    wanted = trail.TrailFilter(
        subject=visit.query("ve-viec"),
        agency=visit.query("co-quan"),
        events=(event,) if event else (),
        actor=visit.query("nguoi"),
    )
    form = visit.query("dang")
    if form in ("csv", "xlsx"):
        rows = trail.lines(visit.session, visit.plan.id, visit.as_of, names, wanted, limit=EXPORTED)
        file = export(_table(rows), form)
        assert file is not None
        return file
    total = trail.count(visit.session, visit.plan.id, visit.as_of, wanted)
    page = page_of(total, visit.page_number(), PAGE)
    rows = trail.lines(
        visit.session,
        visit.plan.id,
        visit.as_of,
        names,
        wanted,
        limit=PAGE,
        offset=(page.number - 1) * PAGE,
    )
    return visit.render(
        "log.html", lines=rows, page=page, names=names, wanted=wanted, event=event, events=EVENTS
    )


def _table(rows: list[trail.TrailLine]) -> Table:
    heads = ("STT", "Lúc", "Người", "Từ đâu", "Việc", "Về", "Chi tiết", "Mã băm")
    return Table(
        "Nhật ký",
        heads,
        [
            (
                row.id,
                row.at,
                row.actor,
                ORIGINS.get(row.origin, row.origin),
                row.words,
                row.title,
                row.detail,
                row.hash,
            )
            for row in rows
        ],
    )


@pages.get("/nhat-ky/kiem-tra", may=STAFF)
def check(visit: Visit) -> Response:
    """Walk the whole chain of hashes."""
    return visit.render("log_check.html", broken=list(verify(visit.session)))
