"""Looking at the plan as of another moment, and in a rehearsal as somebody else."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from starlette.responses import Response

from dashboard.auth.viewer import EVERYONE
from dashboard.web.request import MOMENT_COOKIE, ROLE_COOKIE, Visit, local_path, parse_moment
from dashboard.web.routing import Pages
from plan.calendar import LOCAL, local_day
from plan.queries.lookup import find_agency

pages = Pages()
DAY_SHOWN = time(17)
"""A day is shown as it stood when offices closed."""


@pages.get("/luc", may=EVERYONE)
def moment(visit: Visit) -> Response:
    """Choose the moment shown: `ngay` (a date) or `thu-tu` (the slider's day); neither: now."""
    chosen = _chosen(visit)
    if chosen is None:
        visit.set_cookie(MOMENT_COOKIE, "", 0)
    else:
        visit.set_cookie(MOMENT_COOKIE, chosen.astimezone(LOCAL).isoformat(timespec="minutes"))
    return visit.redirect(local_path(visit.query("ve"), "/"))


def _chosen(visit: Visit) -> datetime | None:
    asked = parse_moment(visit.query("ngay"))
    if asked is not None:
        return asked
    order = visit.query("thu-tu")
    if not order.isascii() or not order.isdigit():
        return None
    return datetime.combine(
        _first_day(visit) + timedelta(days=min(int(order), 9999)), DAY_SHOWN, LOCAL
    )


def _first_day(visit: Visit) -> date:
    demo = visit.site.demo
    return local_day(demo.first) if demo else visit.plan.issued_on


@pages.get("/xem-nhu", may=EVERYONE)
def look_as(visit: Visit) -> Response:
    """In a rehearsal only: whose pages to see."""
    if visit.site.demo is None:
        return visit.redirect("/")
    role = visit.query("vai")
    if role not in ("coordinator", "leader"):
        role = find_agency(visit.session, visit.plan.id, role).code
    visit.set_cookie(ROLE_COOKIE, role)
    return visit.redirect({"coordinator": "/", "leader": "/lanh-dao"}.get(role, f"/don-vi/{role}"))
