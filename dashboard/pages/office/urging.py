"""Đôn đốc: who still owes, how often they were urged, and «Nhắc ngay» to those that are ticked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from dashboard.acts.table import act
from dashboard.auth.viewer import READERS
from dashboard.pages.common import names_of, taken_away
from dashboard.queries.glance.matrix import still_owing
from dashboard.queries.naming import Naming
from dashboard.queries.urgings import Counted, count_urgings
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from plan.queries.progress import ObligationView, obligations
from plan.queries.urgings import WAYS, urgings_of

pages = Pages()


@dataclass(frozen=True)
class OwingLine:
    """An agency that owes, its nearest first."""

    code: str
    name: str
    views: list[ObligationView]
    counted: Counted


@pages.get("/don-doc", may=READERS)
def index(visit: Visit) -> Response:
    """Worst first; ticked and urged in place. Of one milestone, if the address bar asks."""
    names, milestone = names_of(visit), visit.query("moc")
    if milestone and milestone not in names.milestones:
        raise MissingError
    views = obligations(visit.session, visit.plan, visit.as_of, milestone=milestone)
    owing = still_owing(views)
    counted = count_urgings(
        visit.session, visit.plan.id, visit.as_of, [code for code, _, _ in owing]
    )
    lines = [OwingLine(code, name, owed, counted[code]) for code, name, owed in owing]
    if (file := taken_away(visit, {"": lambda: _table(lines, names)})) is not None:
        return file
    return visit.render(
        "urging.html",
        lines=lines,
        milestone=milestone,
        act=act("urging", "send"),
        ways=WAYS,
        history=urgings_of(visit.session, visit.plan.id, visit.as_of, limit=30),
        titles=_titles(visit),
        names=names,
        ticked=set(visit.request.query_params.getlist("co-quan")),
    )


def _titles(visit: Visit) -> Mapping[int, str]:
    """Short names of what was urged about, by row id."""
    names = names_of(visit)
    found = urgings_of(visit.session, visit.plan.id, visit.as_of, limit=30)
    ids = {key for _, _, about in found for key in about}
    views = obligations(visit.session, visit.plan, visit.as_of, ids=ids) if ids else []
    return {view.row_id: names.product(view.deliverable, view.period) for view in views}


def _table(lines: list[OwingLine], names: Naming) -> Table:
    heads = ("Cơ quan", "Còn thiếu", "Tin tự động", "Nhắc ngay", "Lần gần nhất")
    rows = [
        (
            line.name,
            "; ".join(names.product(view.deliverable, view.period) for view in line.views),
            line.counted.by_ladder,
            line.counted.by_hand,
            line.counted.last,
        )
        for line in lines
    ]
    return Table("Đôn đốc", heads, rows)
