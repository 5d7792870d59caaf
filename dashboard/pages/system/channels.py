"""Kênh gửi tin: which ways messages go, which are down, and a trial of each by a button."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import select
from starlette.responses import Response

from dashboard.auth.viewer import STAFF
from dashboard.pages.common import taken_away
from dashboard.table import Table
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from dashboard.words import CHANNELS
from notifications.channels.trial import MAILBOX, tested_channels
from notifications.starting import try_channel
from plan.errors import RefusedError
from plan.models import ChannelState

pages = Pages()
NAMES = {**CHANNELS, MAILBOX: "Hộp thư nhận thư bị trả"}


@dataclass(frozen=True)
class ChannelLine:
    """A channel that is set up; `state` none: never down."""

    name: str
    words: str
    takes_address: bool
    state: ChannelState | None

    @property
    def down(self) -> bool:
        return self.state is not None and self.state.down_since is not None


def _lines(visit: Visit) -> list[ChannelLine]:
    states = {row.channel: row for row in visit.session.exec(select(ChannelState))}
    return [
        ChannelLine(name, NAMES.get(name, name), name != MAILBOX, states.get(name))
        for name in tested_channels(visit.site.settings)
    ]


@pages.get("/quan-tri/kenh", may=STAFF)
def index(visit: Visit) -> Response:
    lines = _lines(visit)
    rows = [(line.words, "ngừng" if line.down else "chạy") for line in lines]
    table = Table("Kênh gửi tin", ("Kênh", "Tình trạng"), rows)
    if (file := taken_away(visit, {"": lambda: table})) is not None:
        return file
    return visit.render("channels.html", lines=lines, tried="", faults=[], to="")


@pages.post("/quan-tri/kenh/{channel}/thu", may=STAFF)
def trial(visit: Visit) -> Response:
    """Tried at once; with an address, a trial message goes there. Every fault is told."""
    name, to = visit.param("channel"), visit.text("den", 200)
    if not visit.may_act:
        raise RefusedError("Đang ở chế độ chỉ xem; không gửi gì.")
    site, actor, plan_id, now = visit.site, visit.who.actor, visit.plan.id, visit.now
    visit.let_go()
    faults = try_channel(site.engine, site.settings, site.clock, name, to, plan_id, actor, now)
    return visit.render("channels.html", lines=_lines(visit), tried=name, faults=faults, to=to)
