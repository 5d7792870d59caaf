"""Obligations, with their submissions, files, findings and differences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import TOTAL, Caller, Page, TaggedRoute, looking, looking_over
from dashboard.api.problems import BYTES, PLAIN, RESPONSES
from dashboard.auth.viewer import EVERYONE
from dashboard.queries.listing import STATES, Wanted, find_over
from dashboard.queries.obligation import Duty, Filed, duty, fault_of, filed, find_filed, find_view
from dashboard.rendering import helpers
from dashboard.rendering.export import XLSX, attachment
from dashboard.web.request import MissingError
from intake.compare import diff_submissions
from intake.sandbox import annotate_safely
from plan.database import reading
from plan.errors import RefusedError
from plan.models import SubmissionFile
from plan.queries.progress import ObligationView

api = APIRouter(route_class=TaggedRoute, responses=RESPONSES)
Filter = Annotated[str, Query(max_length=100)]
ONE = "/obligations/{agency}/{deliverable}"
FILE = f"{ONE}/submissions/{{number}}/files/{{file}}"


def obligation_out(plan: str, view: ObligationView) -> schemas.ObligationOut:
    """`plan`: whose it is."""
    return schemas.ObligationOut(**obligation_facts(plan, view))


def obligation_facts(plan: str, view: ObligationView) -> dict[str, Any]:
    names = schemas.ObligationOut.model_fields.keys() - {
        "plan",
        "words",
        "days_late",
        "working_days_late",
    }
    return {name: getattr(view, name) for name in names} | {
        "plan": plan,
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
    state: Annotated[
        str, Query(description=f"Một trong: {', '.join(STATES)}", max_length=100)
    ] = "",
    words: Annotated[
        str, Query(description="Tên cơ quan, sản phẩm hay kỳ có các chữ này.", max_length=100)
    ] = "",
    period: Annotated[str, Query(description="Khóa của kỳ, như 2027-03.", max_length=10)] = "",
    callers: list[Caller] = looking_over(EVERYONE),
) -> list[schemas.ObligationOut]:
    """Của một kế hoạch, hay lần lượt của từng kế hoạch."""
    callers[0].know(
        agency=(agency, _all(one.agencies for one in callers)),
        milestone=(milestone, _all(one.names.milestones for one in callers)),
        deliverable=(deliverable, _all(_products(one) for one in callers)),
        state=(state, STATES),
    )
    wanted = Wanted(
        milestone=milestone,
        deliverable=deliverable,
        agency=agency,
        state=state,
        words=words,
        period=period,
    )
    found, shown = find_over([one.plan_view for one in callers], wanted, page.page, page.per_page)
    response.headers[TOTAL] = str(shown.total)
    if shown.number != page.page:
        return []
    return [obligation_out(plan.id, view) for plan, view in found]


def _all(found: Iterable[Iterable[str]]) -> dict[str, None]:
    return dict.fromkeys(name for one in found for name in one)


def _products(caller: Caller) -> list[str]:
    return [part.id for part in caller.definition.deliverables]


def view_of(caller: Caller, agency: str, deliverable: str) -> ObligationView:
    view = find_view(caller.session, caller.plan, caller.as_of, agency, deliverable)
    if view is None:
        raise MissingError
    return view


def as_it_stands(caller: Caller, agency: str, deliverable: str) -> schemas.ObligationOut:
    """The obligation after something was done to it."""
    with reading(caller.site.engine) as session:
        fresh = replace(caller, session=session, as_of=caller.now)
        return obligation_out(caller.plan.id, view_of(fresh, agency, deliverable))


def _duty(caller: Caller, agency: str, deliverable: str) -> Duty:
    view = view_of(caller, agency, deliverable)
    return duty(caller.session, caller.plan, caller.definition, view, caller.as_of, caller.names)


@api.get(ONE, summary="Một nghĩa vụ: các lần nộp, phát hiện, hạn, gia hạn, nhật ký")
def obligation(
    agency: str, deliverable: str, caller: Caller = looking(EVERYONE)
) -> schemas.ObligationDetail:
    found = _duty(caller, agency, deliverable)
    return schemas.ObligationDetail(
        **obligation_facts(caller.plan.id, found.view),
        deadlines=[schemas.DeadlineOut.model_validate(row) for row in found.deadlines],
        extensions=[schemas.ExtensionOut.model_validate(row) for row in found.extensions],
        submission_list=[submission_out(one) for one in found.submissions],
        history=[schemas.HistoryOut.model_validate(line) for line in found.events],
    )


def submission_out(one: Filed) -> schemas.SubmissionOut:
    fields = schemas.SubmissionOut.model_fields.keys() - {"state", "files", "findings"}
    return schemas.SubmissionOut(
        **{name: getattr(one.row, name) for name in fields},
        state=one.state,
        files=[schemas.FileOut.model_validate(file) for file in one.files],
        findings=[schemas.FindingOut.model_validate(finding) for finding in one.findings],
    )


@api.get(f"{ONE}/differences", summary="So hai lần nộp: theo ô, theo mục, theo tệp")
def differences(
    agency: str,
    deliverable: str,
    before: Annotated[int, Query(ge=1, le=2**31 - 1)],
    after: Annotated[int, Query(ge=1, le=2**31 - 1)],
    caller: Caller = looking(EVERYONE),
) -> list[schemas.ChangeOut]:
    found = _duty(caller, agency, deliverable)
    old, new = (find_filed(found.submissions, number) for number in (before, after))
    if old is None or new is None:
        raise MissingError
    changes = diff_submissions(caller.session, caller.definition, old.row, new.row)
    return [schemas.ChangeOut.model_validate(one) for one in changes]


# --- files -------------------------------------------------------------------------------------


@api.get(
    FILE,
    summary="Tải một tệp đã nộp, nguyên vẹn",
    response_class=Response,
    responses=BYTES,
)
def submitted_file(
    agency: str,
    deliverable: str,
    number: bodies.RowId,
    file: bodies.RowId,
    caller: Caller = looking(EVERYONE),
) -> Response:
    _, kept = _file(caller, agency, deliverable, number, file)
    return attachment(caller.site.store.get(kept.sha256), kept.filename, PLAIN)


@api.get(
    f"{FILE}/marked",
    summary="Tải bản đánh dấu từng ô có phát hiện",
    response_class=Response,
    responses=BYTES,
)
def marked(
    agency: str,
    deliverable: str,
    number: bodies.RowId,
    file: bodies.RowId,
    caller: Caller = looking(EVERYONE),
) -> Response:
    one, kept = _file(caller, agency, deliverable, number, file)
    found = [fault_of(row) for row in one.findings if row.file == kept.filename]
    data = annotate_safely(caller.site.store.get(kept.sha256), found, caller.site.limits)
    if data is None:
        raise RefusedError("Không đánh dấu được tệp này; xin đọc danh sách phát hiện.")
    stem = kept.filename.rpartition(".")[0] or kept.filename
    return attachment(data, f"{stem}-danh-dau.xlsx", XLSX)


def _file(
    caller: Caller, agency: str, deliverable: str, number: int, file: int
) -> tuple[Filed, SubmissionFile]:
    """The file, which must belong to that submission of that obligation."""
    view = view_of(caller, agency, deliverable)
    one = find_filed(filed(caller.session, view.row_id, caller.as_of), number)
    kept = next((row for row in one.files if row.id == file), None) if one else None
    if one is None or kept is None:
        raise MissingError
    return one, kept
