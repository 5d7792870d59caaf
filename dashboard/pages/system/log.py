"""Nhật ký: who did what, when, from where; and whether the chain still holds."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from starlette.responses import Response

from dashboard.auth.viewer import STAFF
from dashboard.pages.common import names_of, taken_away
from dashboard.queries import trail
from dashboard.queries.listing import page_of
from dashboard.queries.messages import about
from dashboard.queries.naming import Naming
from dashboard.rendering.tables import MANY, trail_table
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from dashboard.words import EVENTS
from plan.calendar import local_day
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
    find = partial(_lines, visit, names, wanted)
    if (file := taken_away(visit, {"": lambda: trail_table(find(limit=MANY))})) is not None:
        return file
    total = trail.count(visit.session, visit.scope, visit.as_of, wanted)
    page = page_of(total, visit.page_number(), PAGE)
    rows = find(limit=PAGE, offset=(page.number - 1) * PAGE)
    return visit.render(
        "log.html", lines=rows, page=page, names=names, wanted=wanted, event=event, events=EVENTS
    )


def _lines(
    visit: Visit, names: Naming, wanted: trail.TrailFilter, limit: int, offset: int = 0
) -> list[trail.TrailLine]:
    """The lines; what is of another plan than the one looked at by that plan's names and label."""
    found = trail.lines(
        visit.session, visit.scope, visit.as_of, names, wanted, limit=limit, offset=offset
    )
    others = [one for one in found if one.plan not in ("", visit.plan.id)]
    pairs = [(one.plan, one.subject) for one in others]
    said = about(visit.session, visit.plan.id, pairs, names, local_day(visit.as_of))
    named = dict(zip((one.id for one in others), said, strict=True))
    return [
        replace(one, title=named[one.id].words, href=named[one.id].href) if one.id in named else one
        for one in found
    ]


@pages.get("/nhat-ky/kiem-tra", may=STAFF)
def check(visit: Visit) -> Response:
    """Walk the whole chain of hashes."""
    return visit.render("log_check.html", broken=list(verify(visit.session)))
