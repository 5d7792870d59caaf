"""Lãnh đạo: the whole plan on one screen, for reading on a phone."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.access.viewer import READERS
from dashboard.pages.milestones import rows_of
from dashboard.pages.parts import names_of
from dashboard.reads.board import headline, still_owing
from dashboard.reads.runs import runs_by_output
from dashboard.routing import Pages
from dashboard.visit import Visit
from plan.progress import obligations

pages = Pages()
MOST = 40
"""Agencies named on one screen."""


@pages.get("/lanh-dao", may=READERS, remembered=True)
def show(visit: Visit) -> Response:
    """One sentence, the milestones, who is behind, the newest documents."""
    names = names_of(visit)
    rows = [row for row in rows_of(visit) if row.dated]
    over = {
        code for row in rows if row.due_at and row.due_at <= visit.as_of for code, _ in row.missing
    }
    views = (
        obligations(visit.session, visit.plan, visit.as_of, agencies=sorted(over)[:MOST])
        if over
        else []
    )
    outputs = runs_by_output(visit.session, visit.plan.id, visit.definition, visit.as_of)
    return visit.render(
        "leader.html",
        headline=headline(rows, visit.as_of, visit.plan.soon_working_days),
        rows=rows,
        late=[
            (code, name, behind)
            for code, name, owed in still_owing(views)
            if (behind := [view for view in owed if view.timeliness == "overdue"])
        ],
        outputs=[one for one in outputs if one.newest is not None],
        names=names,
    )
