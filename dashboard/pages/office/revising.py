"""A plan that stands, on the desk again: to be amended by a document, or as the plan of another year; and its
versions, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.pages.common import taken_away
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from drafting import workshop
from notifications.amending import Preview, preview_amendment
from plan.amending.differences import KINDS, Difference, differences
from plan.amending.versions import Listed, compared, versions
from plan.calendar import local_day
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.importing.obligations import AmendedBy
from plan.models import Plan, PlanDraft
from plan.plausible import day_from
from plan.queries.definitions import definition_of

pages = Pages()
FEW = 4
"""Agencies that are named; of more, how many."""
TRIAL = "(xem trước)"
ASKED = ("so", "ngay", "ly-do")
"""What is asked of the amending document: its number, its day, the reason."""


@pages.get("/ke-hoach/phien-ban", may=STAFF)
def index(visit: Visit) -> Response:
    """Every version of the plan, and the two that are compared."""
    listed = versions(visit.session, visit.plan.id)
    file = taken_away(visit, {"": lambda: _as_table(listed)})
    if file is not None:
        return file
    newest = listed[0].number if listed else 0
    after = number_in(visit.query("sau") or str(newest))
    before = number_in(visit.query("truoc") or str(max(after - 1, 1)))
    found: list[Difference] = []
    if before != after:
        found = compared(visit.session, visit.plan.id, before, after)
    return visit.render(
        "plan_versions.html",
        versions=listed,
        before=before,
        after=after,
        changes=_shown(found, definition_of(visit.plan)),
    )


def _as_table(listed: Sequence[Listed]) -> Table:
    heads = ("Phiên bản", "Văn bản", "Ngày văn bản", "Lý do", "Người ghi", "Có hiệu lực từ")
    rows = [
        [one.number, one.document_number, one.document_on, one.reason, one.made_by, one.made_at]
        for one in listed
    ]
    return Table("Phiên bản kế hoạch", heads, rows)


@pages.post("/ke-hoach/soan-lai", may=OFFICE)
def draft_again(visit: Visit) -> Response:
    """The plan as rows of the desk. `ngay`: the day on which the next year's is issued; none: to amend it."""
    start = day_from(visit.text("ngay", 20)) if visit.text("ngay", 20) else None
    if not start and visit.text("cho", 20) == "nam-sau":
        raise RefusedError("Hãy ghi ngày ban hành của kế hoạch mới.")
    with visit.writing() as session:
        plan = session.get_one(Plan, visit.plan.id)
        draft = workshop.draft_plan(
            session, plan, start=start, actor=visit.who.actor, now=visit.now
        )
    said = "Đã chép, hạn dời theo ngày làm việc; hãy xem lại từng dòng." if start else ""
    return visit.redirect(f"/soan/{draft.id}", said or "Sửa trên trang này; kế hoạch chưa đổi gì.")


@pages.get("/soan/{draft}/sua-doi", may=OFFICE)
def confirm(visit: Visit) -> Response:
    """What would change and who would be told, before it is confirmed."""
    draft = workshop.find_draft(visit.session, number_in(visit.param("draft")))
    return _confirm(visit, draft, dict.fromkeys(ASKED, ""), "")


def _confirm(visit: Visit, draft: PlanDraft, typed: dict[str, str], fault: str) -> Response:
    plan_id = workshop.amends(draft)
    plan = visit.session.get(Plan, plan_id) if plan_id and not draft.plan_id else None
    if plan is None:
        raise MissingError
    try:
        after = workshop.definition_as_drafted(draft)
    except RefusedError as refused:
        return visit.redirect(f"/soan/{draft.id}", str(refused), "bad")
    found = differences(definition_of(plan), after)
    seen = str(draft.made["basis"]["seen"])
    values: dict[str, Any] = {
        "draft": draft,
        "plan": plan,
        "changes": _shown(found, after),
        "typed": typed,
        "fault": fault,
        "stale": plan.definition_hash != seen,
        "preview": None,
        "today": local_day(visit.now),
    }
    if found and not values["stale"]:
        values["preview"] = _preview(visit, plan.id, after, seen)
    return visit.render("draft_amend.html", status=422 if fault else 200, **values)


def _preview(visit: Visit, plan_id: str, after: PlanDefinition, seen: str) -> Preview:
    site, now, actor = visit.site, visit.now, visit.who.actor
    visit.let_go()  # the preview opens a transaction of its own
    trial = AmendedBy(TRIAL, local_day(now), TRIAL, actor)
    return preview_amendment(
        site.engine, plan_id, after, seen=seen, amended_by=trial, desk=site.desk, now=now
    )


@pages.post("/soan/{draft}/sua-doi", may=OFFICE)
def amend(visit: Visit) -> Response:
    """Confirmed: the plan says what the draft says, and those concerned are told in the next round."""
    key = number_in(visit.param("draft"))
    typed = {name: visit.text(name, 500) for name in ASKED}
    if not all(typed.values()):
        draft = workshop.find_draft(visit.session, key)
        return _confirm(visit, draft, typed, "Cần số, ngày văn bản sửa đổi và lý do.")
    by = AmendedBy(typed["so"], day_from(typed["ngay"]), typed["ly-do"], visit.who.actor)
    with visit.writing() as session:
        done = workshop.amend(
            session, key, number_in(visit.text("ban", 10)), amended_by=by, now=visit.now
        )
    return visit.redirect("/ke-hoach/phien-ban", done.words)


def _shown(found: list[Difference], definition: PlanDefinition) -> list[dict[str, str]]:
    """Differences with the agencies by name; of many, a few and how many more."""
    names = {agency.id: agency.names[-1].short for agency in definition.agencies}
    return [
        {
            "kind": KINDS[one.kind],
            "title": one.title,
            "who": _names([names.get(code, code) for code in one.agencies]),
            "before": one.before,
            "after": one.after,
        }
        for one in found
    ]


def _names(names: list[str]) -> str:
    more = len(names) - FEW
    shown = "; ".join(names[:FEW])
    return f"{shown} và {more} cơ quan khác" if more > 0 else shown
