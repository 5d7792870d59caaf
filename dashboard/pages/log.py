"""Nhật ký: who did what, when, from where; and whether the chain still holds."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from dashboard.auth.viewer import STAFF
from dashboard.pages.common import names_of, taken_away
from dashboard.queries import trail
from dashboard.queries.listing import page_of
from dashboard.rendering.tables import MANY, trail_table
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from dashboard.words import EVENTS
from plan.ledger.audit import verify

pages = Pages()
PAGE = 100


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
    find = partial(trail.lines, visit.session, visit.plan.id, visit.as_of, names, wanted)
    if (file := taken_away(visit, {"": lambda: trail_table(find(limit=MANY))})) is not None:
        return file
    total = trail.count(visit.session, visit.plan.id, visit.as_of, wanted)
    page = page_of(total, visit.page_number(), PAGE)
    rows = find(limit=PAGE, offset=(page.number - 1) * PAGE)
    return visit.render(
        "log.html", lines=rows, page=page, names=names, wanted=wanted, event=event, events=EVENTS
    )


@pages.get("/nhat-ky/kiem-tra", may=STAFF)
def check(visit: Visit) -> Response:
    """Walk the whole chain of hashes."""
    return visit.render("log_check.html", broken=list(verify(visit.session)))
