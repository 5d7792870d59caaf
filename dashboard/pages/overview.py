"""Tổng quan: how the whole plan stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from starlette.responses import Response

from dashboard.access.viewer import EVERYONE
from dashboard.reads.messages import NextRound, next_rounds
from dashboard.reads.naming import Naming, naming
from dashboard.reads.overview import Overview, overview
from dashboard.routing import Pages
from dashboard.visit import Visit
from plan.calendar import local_day
from plan.states import Role

pages = Pages()


@dataclass(frozen=True)
class Board:
    """What the template draws."""

    overview: Overview
    names: Naming
    now: datetime
    soon: int
    rounds: list[NextRound]
    """When reminders will be looked at again; empty when looking back."""


@pages.get("/", may=EVERYONE, remembered=True)
def home(visit: Visit) -> Response:
    """Sở Nội vụ and leaders: the plan. An agency: its own page."""
    viewer = visit.who
    if viewer.role is Role.agency:
        return visit.redirect(f"/don-vi/{min(viewer.agencies)}")
    body = visit.cached(("overview", viewer.role), lambda: _body(visit))
    return visit.render("overview.html", body=body)


def _body(visit: Visit) -> Markup:
    """The page without its frame: the same for everyone of a role, until something changes."""
    board = Board(
        overview=overview(visit.session, visit.plan, visit.as_of),
        names=naming(visit.session, visit.plan.id, local_day(visit.as_of)),
        now=visit.as_of,
        soon=visit.plan.soon_working_days,
        rounds=[]
        if visit.looking_back
        else next_rounds(visit.session, visit.plan.id, visit.now, limit=2),
    )
    template = visit.site.templates.get_template("overview_body.html")
    return Markup(template.render(board=board, viewer=visit.who))
