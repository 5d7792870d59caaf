"""Looking at the plan as of another moment, and in a rehearsal as somebody else."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session, func, select
from starlette.requests import Request
from starlette.responses import Response

from dashboard.auth.viewer import EVERYONE, Viewer
from dashboard.web.request import (
    END_OF_DAY,
    MOMENT_COOKIE,
    ROLE_COOKIE,
    Visit,
    local_path,
    moment_in,
)
from dashboard.web.routing import Pages
from dashboard.web.site import Demo, Site
from plan.calendar import LOCAL, local_day
from plan.models import AuditEvent, Message
from plan.queries.lookup import find_agency
from plan.states import Role

pages = Pages()


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
    asked = moment_in(visit.query("ngay"))
    if asked is not None:
        return asked
    order = visit.query("thu-tu")
    if not order.isascii() or not order.isdigit():
        return None
    return datetime.combine(
        _first_day(visit) + timedelta(days=min(int(order), 9999)), END_OF_DAY, LOCAL
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


# --- Looking at a rehearsal: everyone is let in to look, in a role of their choosing; nothing changes.


def demo_viewer(_site: Site, request: Request, _session: Session) -> Viewer:
    """The role chosen in the banner; Sở Nội vụ by default."""
    chosen = request.cookies.get(ROLE_COOKIE, "")
    if chosen == "leader":
        return Viewer("Lãnh đạo (xem diễn tập)", Role.leader, via="demo")
    if chosen and chosen != "coordinator":
        return Viewer("Cơ quan (xem diễn tập)", Role.agency, frozenset({chosen}), via="demo")
    return Viewer("Sở Nội vụ (xem diễn tập)", Role.coordinator, via="demo")


def rehearsed_days(session: Session) -> Demo:
    """From the first to the last thing that happened, and by which channels people heard of it."""
    first, last = session.exec(select(func.min(AuditEvent.at), func.max(AuditEvent.at))).one()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    channels = session.exec(select(Message.channel).distinct())
    return Demo(first, last, frozenset(channels))
