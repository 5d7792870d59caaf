"""Mốc: all of them, and one with its obligations."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth.viewer import READERS
from dashboard.pages.common import names_of, plan_view_of, taken_away
from dashboard.pages.obligations import listing
from dashboard.queries.board import MilestoneRow
from dashboard.queries.listing import Wanted
from dashboard.queries.overview import milestones_now
from dashboard.rendering.tables import milestone_table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from plan.definition.model import Milestone as MilestonePart

pages = Pages()
EVERY_PERIOD = "moi-ky"


def rows_of(visit: Visit) -> list[MilestoneRow]:
    return milestones_now(plan_view_of(visit))


@pages.get("/moc", may=READERS, remembered=True)
def index(visit: Visit) -> Response:
    parts, rows = {part.id: part for part in visit.definition.milestones}, rows_of(visit)
    if (file := taken_away(visit, {"": lambda: milestone_table(rows, visit.as_of)})) is not None:
        return file
    return visit.render("milestones.html", rows=rows, parts=parts)


@pages.get("/moc/{milestone}", may=READERS, remembered=True)
def show(visit: Visit) -> Response:
    code, names = visit.param("milestone"), names_of(visit)
    if code not in names.milestones:
        raise MissingError
    rows = [row for row in rows_of(visit) if row.code == code]
    wanted = Wanted(milestone=code, period=_period(visit, rows))
    found = listing(visit, wanted, names.milestones[code].short or code)
    if isinstance(found, Response):
        return found
    part = next((part for part in visit.definition.milestones if part.id == code), None)
    return visit.render(
        "milestone.html",
        row=rows[0],
        wanted=wanted,
        others=rows[1:],
        part=part,
        views=found.views,
        page=found.page,
        names=names,
        outputs=_feeds(visit, part),
    )


def _period(visit: Visit, rows: list[MilestoneRow]) -> str:
    """The one asked for (`ky`), else the one at hand; empty: all (`ky=moi-ky`), as where two lengths of
    period stand in one milestone."""
    asked = visit.query("ky")[:10]
    if asked:
        return "" if asked == EVERY_PERIOD else asked
    return rows[0].period if len(rows) == 1 else ""


def _feeds(visit: Visit, part: MilestonePart | None) -> list[tuple[str, str]]:
    """(id, title) of the outputs it feeds."""
    feeds = set(part.feeds) if part else set()
    return [(one.id, one.title) for one in visit.definition.outputs if one.id in feeds]
