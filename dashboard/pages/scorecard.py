"""Bảng điểm: who delivers, over time, for leaders and for the yearly scoring of agencies."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from dashboard.auth.viewer import READERS
from dashboard.pages.common import note_export
from dashboard.rendering.export import FORMS, XLSX, attachment, exported
from dashboard.scorecard_table import detail_table, score_table, workbook
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from plan.models import Plan
from plan.plausible import day_from
from plan.queries.scorecard import (
    DEFINITIONS,
    GROUPINGS,
    Delivery,
    deliveries,
    ranked,
    scores,
    trend,
)
from plan.states import PlanState

pages = Pages()
QUARTERS = 8


@pages.get("/bang-diem", may=READERS)
def show(visit: Visit) -> Response:
    """`theo`: by what; `tu`, `den`: local days; `pham-vi`: this plan or all; `dong`: one group alone."""
    by, found = _by(visit), _found(visit)
    rows = ranked(scores(found, by))
    form = visit.query("dang")
    if form in FORMS:
        note_export(visit, f"Bảng điểm.{form}")
        if form == "xlsx":
            return attachment(workbook(rows, found, by, visit.as_of), "bang-diem.xlsx", XLSX)
        wanted = detail_table(found) if visit.query("bang") == "chi-tiet" else score_table(rows, by)
        return exported(wanted, form)
    return visit.render(
        "scorecard.html",
        rows=rows,
        by=by,
        groupings={key: words for key, (words, *_) in GROUPINGS.items()},
        trend=trend(found)[-QUARTERS:],
        opened=next((r.score for r in rows if r.score.key == visit.query("dong")), None),
        definitions=DEFINITIONS,
        total=len(found),
    )


def _by(visit: Visit) -> str:
    by = visit.query("theo", "agency")
    if by not in GROUPINGS:
        raise MissingError
    return by


def _found(visit: Visit) -> list[Delivery]:
    since, until = visit.query("tu"), visit.query("den")
    return deliveries(
        visit.session,
        _plans(visit),
        visit.as_of,
        since=day_from(since) if since else None,
        until=day_from(until) if until else None,
    )


def _plans(visit: Visit) -> Sequence[Plan]:
    if visit.query("pham-vi") != "tat-ca":
        return [visit.plan]
    return [plan for plan in visit.plans if plan.state != PlanState.draft]
