"""What the API shows: the same reads as the pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import col, select
from starlette.responses import Response

from dashboard.access.viewer import EVERYONE, READERS, STAFF
from dashboard.api import shapes
from dashboard.api.caller import Caller, Page, TaggedRoute, by
from dashboard.api.problems import RESPONSES
from dashboard.exports import attachment
from dashboard.reads.board import milestone_rows
from dashboard.reads.listing import STATES, Wanted, listed
from dashboard.reads.messages import MessageFilter, where
from dashboard.reads.obligation import Filed, duty, filed, find_filed, find_view
from dashboard.reads.runs import RunLine, find_run, runs_by_output
from dashboard.views import helpers
from dashboard.visit import MissingError
from plan.lookup import load_calendar
from plan.models import AuditEvent, Message, Plan
from plan.progress import ObligationView, obligations, summary

api = APIRouter(route_class=TaggedRoute, responses=RESPONSES)
PLAIN = "application/octet-stream"
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {PLAIN: {"schema": {"type": "string", "format": "binary"}}}}
}
Filter = Annotated[str, Query(max_length=100)]


@api.get("/plans", summary="Các kế hoạch")
def plans(caller: Caller = by(EVERYONE)) -> list[shapes.PlanOut]:
    rows = caller.session.exec(select(Plan).order_by(col(Plan.issued_on)))
    return [shapes.PlanOut.model_validate(row) for row in rows]


def own(caller: Caller, views: list[ObligationView]) -> list[ObligationView]:
    """What this caller may see of them."""
    return [view for view in views if caller.viewer.may_see(view.agency)]


@api.get("/summary", summary="Tình hình chung")
def count(caller: Caller = by(EVERYONE)) -> shapes.SummaryOut:
    views = own(caller, obligations(caller.session, caller.plan, caller.now))
    return shapes.SummaryOut(plan=caller.plan.id, as_of=caller.now, counts=summary(views))


@api.get("/milestones", summary="Các mốc")
def milestones(caller: Caller = by(EVERYONE)) -> list[shapes.MilestoneOut]:
    views = own(caller, obligations(caller.session, caller.plan, caller.now))
    calendar = load_calendar(caller.session, caller.plan.id, caller.now.year)
    rows = milestone_rows(list(caller.names.milestones.values()), views, caller.now, calendar)
    return [
        shapes.MilestoneOut(
            id=row.code,
            title=row.title,
            short=row.short,
            opens_at=row.opens_at,
            due_at=row.due_at,
            last_day=row.last_day,
            closed_at=row.closed_at,
            owing=row.tally.owing,
            handed_in=row.tally.handed_in,
            accepted=row.tally.accepted,
            late=row.tally.late,
            missing=[code for code, _ in row.missing],
        )
        for row in rows
    ]


@api.get("/agencies", summary="Các cơ quan")
def agencies(caller: Caller = by(EVERYONE)) -> list[shapes.AgencyOut]:
    groups = {part.id: part.group for part in caller.definition.agencies}
    return [
        shapes.AgencyOut(id=code, name=name.name, short=name.short, group=groups.get(code, ""))
        for code, name in caller.names.agencies.items()
        if caller.viewer.may_see(code)
    ]


# --- obligations -------------------------------------------------------------------------------


def obligation_out(view: ObligationView) -> shapes.ObligationOut:
    return shapes.ObligationOut(**_facts(view))


def _facts(view: ObligationView) -> dict[str, Any]:
    names = shapes.ObligationOut.model_fields.keys() - {"words", "days_late", "working_days_late"}
    return {name: getattr(view, name) for name in names} | {
        "days_late": view.standing.days_late,
        "working_days_late": view.standing.working_days_late,
        "words": helpers.state(view),
    }


@api.get("/obligations", summary="Danh sách nghĩa vụ")
def obligation_list(
    response: Response,
    page: Page,
    agency: Filter = "",
    milestone: Filter = "",
    deliverable: Filter = "",
    state: Annotated[str, Query(description=f"Một trong: {', '.join(STATES)}", max_length=30)] = "",
    caller: Caller = by(EVERYONE),
) -> list[shapes.ObligationOut]:
    views = own(
        caller,
        obligations(caller.session, caller.plan, caller.now, agency=agency, milestone=milestone),
    )
    found = listed(views, Wanted(deliverable=deliverable, state=state))
    return [obligation_out(view) for view in page.cut(found, response)]


def view_of(caller: Caller, agency: str, deliverable: str) -> ObligationView:
    view = find_view(caller.session, caller.plan, caller.now, agency, deliverable)
    if view is None:
        raise MissingError
    return view


@api.get("/obligations/{agency}/{deliverable}", summary="Một nghĩa vụ")
def obligation(
    agency: str, deliverable: str, caller: Caller = by(EVERYONE)
) -> shapes.ObligationDetail:
    view = view_of(caller, agency, deliverable)
    found = duty(caller.session, caller.plan, caller.definition, view, caller.now, caller.names)
    return shapes.ObligationDetail(
        **_facts(view),
        deadlines=[shapes.DeadlineOut.model_validate(row) for row in found.deadlines],
        extensions=[shapes.ExtensionOut.model_validate(row) for row in found.extensions],
        submission_list=[submission_out(one) for one in found.submissions],
    )


def submission_out(one: Filed) -> shapes.SubmissionOut:
    fields = shapes.SubmissionOut.model_fields.keys() - {"state", "files", "findings"}
    return shapes.SubmissionOut(
        **{name: getattr(one.row, name) for name in fields},
        state=one.state,
        files=[shapes.FileOut.model_validate(file) for file in one.files],
        findings=[shapes.FindingOut.model_validate(finding) for finding in one.findings],
    )


@api.get(
    "/obligations/{agency}/{deliverable}/submissions/{number}/files/{file}",
    summary="Tải một tệp đã nộp, nguyên vẹn",
    response_class=Response,
    responses=BYTES,
)
def submitted_file(
    agency: str,
    deliverable: str,
    number: shapes.RowId,
    file: shapes.RowId,
    caller: Caller = by(EVERYONE),
) -> Response:
    view = view_of(caller, agency, deliverable)
    one = find_filed(filed(caller.session, view.row_id, caller.now), number)
    kept = next((row for row in one.files if row.id == file), None) if one else None
    if kept is None:
        raise MissingError
    return attachment(caller.site.store.get(kept.sha256), kept.filename, PLAIN)


# --- messages, runs, the trail -----------------------------------------------------------------


@api.get("/messages", summary="Tin đã soạn")
def messages(
    response: Response, page: Page, state: Filter = "", caller: Caller = by(STAFF)
) -> list[shapes.MessageOut]:
    statement = where(caller.plan.id, caller.now, MessageFilter(state=state))
    rows = list(caller.session.exec(statement.order_by(col(Message.id).desc())))
    return [shapes.MessageOut.model_validate(row) for row in page.cut(rows, response)]


def run_out(line: RunLine) -> shapes.RunOut:
    fields = shapes.RunOut.model_fields.keys() - {"files"}
    return shapes.RunOut(
        **{name: getattr(line.row, name) for name in fields},
        files=[shapes.RunFileOut.model_validate(file) for file in line.files],
    )


@api.get("/runs", summary="Các lần tổng hợp")
def runs(
    response: Response, page: Page, output: Filter = "", caller: Caller = by(READERS)
) -> list[shapes.RunOut]:
    found = runs_by_output(caller.session, caller.plan.id, caller.definition, caller.now)
    lines = [run for one in found if output in ("", one.output.id) for run in one.runs]
    return [run_out(line) for line in page.cut(lines, response)]


@api.get(
    "/runs/{output}/{number}/files/{filename}",
    summary="Tải một tệp tổng hợp",
    response_class=Response,
    responses=BYTES,
)
def run_file(
    output: str, number: shapes.RowId, filename: str, caller: Caller = by(READERS)
) -> Response:
    run = find_run(caller.session, caller.plan.id, output, number, caller.now)
    kept = next((one for one in run.files if one.filename == filename), None) if run else None
    if kept is None:
        raise MissingError
    return attachment(caller.site.store.get(kept.sha256), kept.filename, PLAIN)


@api.get("/events", summary="Nhật ký, cũ trước")
def events(
    page: Page,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Chỉ những dòng sau số này.")] = 0,
    caller: Caller = by(STAFF),
) -> list[shapes.EventOut]:
    rows = caller.session.exec(
        select(AuditEvent)
        .where(AuditEvent.plan_id == caller.plan.id, col(AuditEvent.id) > after)
        .order_by(col(AuditEvent.id))
        .limit(page.per_page)
        .offset((page.page - 1) * page.per_page)
    )
    return [shapes.EventOut.model_validate(row) for row in rows]
