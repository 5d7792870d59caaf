"""Tổng quan: how the whole plan stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from starlette.responses import Response

from dashboard.auth.viewer import EVERYONE, OFFICE
from dashboard.pages.common import names_of, plan_view_of, taken_away
from dashboard.pages.reminders import rounds_of
from dashboard.queries.agencies import group_names
from dashboard.queries.alarms import Alarm, not_noted
from dashboard.queries.glance.matrix import blocks
from dashboard.queries.messages import NextRound
from dashboard.queries.naming import Naming
from dashboard.queries.overview import (
    Overview,
    Shown,
    columns_of,
    matrix_views,
    milestones_now,
    overview,
)
from dashboard.rendering.drawings import burnup
from dashboard.rendering.tables import matrix_table, milestone_table
from dashboard.rendering.timeline import timeline
from dashboard.table import Table
from dashboard.web.request import NoPlanError, Visit
from dashboard.web.routing import Pages
from plan.states import Role

pages = Pages()
FIRST_PAGES = {
    Role.admin: "/ke-hoach",
    Role.coordinator: "/ban-lam-viec",
    Role.leader: "/lanh-dao",
}
"""Where one lands after signing in: who has no page of their own, on that of all plans."""


@dataclass(frozen=True)
class Board:
    """What the template draws."""

    overview: Overview
    timeline: Markup
    burnup: Markup
    alarms: list[Alarm]
    names: Naming
    now: datetime
    soon: int
    shown: Shown
    groups: list[tuple[str, str]]
    rounds: list[NextRound]
    """When reminders will be looked at again; empty when looking back."""


@pages.get("/", may=EVERYONE, remembered=True)
def home(visit: Visit) -> Response:
    """Sở Nội vụ and leaders: the plan. An agency: its own page."""
    viewer = visit.who
    if viewer.role is Role.agency:
        if not viewer.agencies:  # none of theirs takes part in any plan
            raise NoPlanError
        return visit.redirect(f"/don-vi/{min(viewer.agencies)}")
    if visit.query("dau") and viewer.role in OFFICE and never_ran(visit):
        return visit.redirect("/lan-dau")
    if visit.query("dau") and viewer.role in FIRST_PAGES:
        return visit.redirect(FIRST_PAGES[viewer.role])
    if visit.query("dang"):
        file = taken_away(visit, _tables(visit))
        assert file is not None
        return file
    key = ("overview", viewer.role, visit.page_number(), shown_of(visit))
    return visit.render("overview.html", body=visit.cached(key, lambda: _body(visit)))


def never_ran(visit: Visit) -> bool:
    """Whether no plan has ever been started: the installation is new."""
    return all(plan.started_at is None for plan in visit.plans)


def shown_of(visit: Visit) -> Shown:
    """From the address bar."""
    return Shown(visit.query("nhom")[:40], visit.query("moc")[:60], bool(visit.query("con-no")))


def _tables(visit: Visit) -> dict[str, Callable[[], Table]]:
    """The milestones, and the matrix as filtered: of a plan of any size the whole."""
    plan_view, names = plan_view_of(visit), names_of(visit)

    def matrix() -> Table:
        views, _ = matrix_views(plan_view, shown_of(visit), None)
        return matrix_table(blocks(views, columns_of(names), names.kinds, dated=True))

    def rows() -> Table:
        found = milestones_now(plan_view)
        return milestone_table([row for row in found if row.dated], visit.as_of)

    return {"moc": rows, "ma-tran": matrix}


def _body(visit: Visit) -> Markup:
    """The page without its frame: the same for everyone of a role, until something changes."""
    names, plan = names_of(visit), visit.plan
    outlook = _outlook(visit, names)
    seen = overview(plan_view_of(visit), page=visit.page_number(), shown=shown_of(visit))
    first, last = seen.span
    board = Board(
        overview=seen,
        timeline=timeline(
            seen.rows, seen.handed, first=first, last=last, now=visit.as_of, calendar=seen.calendar
        ),
        burnup=burnup(seen.due, seen.came, first=first, last=last, now=visit.as_of),
        shown=shown_of(visit),
        groups=group_names(names),
        alarms=outlook.alarms,
        names=names,
        now=visit.as_of,
        soon=plan.soon_working_days,
        rounds=outlook.rounds,
    )
    template = visit.site.templates.get_template("overview_body.html")
    return Markup(template.render(board=board, viewer=visit.who, visit=visit))


@dataclass(frozen=True)
class Outlook:
    """What is looked at once a minute: about addresses, channels and reminders, not about who owes."""

    alarms: list[Alarm]
    rounds: list[NextRound]


def _outlook(visit: Visit, names: Naming) -> Outlook:
    minute = visit.as_of.replace(second=0, microsecond=0)

    def look() -> Outlook:
        plan, session = visit.plan.id, visit.session
        standing = not_noted(session, plan, visit.as_of, names)
        return Outlook(standing, rounds_of(visit, limit=2))

    return visit.site.cache.get(("outlook", visit.plan.id, minute, visit.looking_back), look)
