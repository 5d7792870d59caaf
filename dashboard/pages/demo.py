"""Looking at a rehearsal: everyone is let in to look, in a role of their choosing; nothing changes."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, func, select
from starlette.requests import Request

from dashboard.auth.viewer import Viewer
from dashboard.web.site import Demo, Site
from plan.models import AuditEvent, Message
from plan.states import Role

ROLE_COOKIE = "dondoc-vai"
"""`coordinator`, `leader`, or an agency's code."""


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
