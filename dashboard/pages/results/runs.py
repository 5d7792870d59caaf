"""Tổng hợp: outputs and their runs, what went in, what came out, freezing."""

from __future__ import annotations

import mimetypes

from starlette.responses import Response

from consolidation.claim import OutputOptions, RunRequest
from consolidation.outputs.environment import WITH_CONTENTS, pages_counted
from consolidation.runs import consolidate, finalise
from dashboard.auth.viewer import OFFICE, READERS
from dashboard.pages.common import names_of, taken_away
from dashboard.queries.naming import Naming
from dashboard.queries.runs import (
    InputLine,
    OutputRuns,
    RunLine,
    find_run,
    inputs_of,
    runs_by_output,
)
from dashboard.rendering.export import attachment
from dashboard.table import Table
from dashboard.web.request import ForbiddenError, MissingError, Visit, number_in
from dashboard.web.routing import Pages
from dashboard.words import TRIGGERS
from plan.definition.model import Output
from plan.definition.periodic import output_parts, outputs_by_period

pages = Pages()
ONE = "/tong-hop/{output}/{number}"


@pages.get("/tong-hop", may=READERS)
def index(visit: Visit) -> Response:
    found = runs_by_output(visit.session, visit.plan.id, visit.definition, visit.as_of)
    chosen = visit.query("san-pham")
    names = names_of(visit)
    if (file := taken_away(visit, {"": lambda: _runs_table(found)})) is not None:
        return file
    return visit.render(
        "runs.html",
        outputs=[
            one for one in found if chosen in ("", one.output.id, output_parts(one.output.id)[0])
        ],
        chosen=chosen,
        names=names,
    )


def _runs_table(found: list[OutputRuns]) -> Table:
    heads = ("Sản phẩm", "Lần", "Lúc", "Vì", "Đầu vào", "Trạng thái", "Tệp")
    return Table(
        "Tổng hợp",
        heads,
        [
            (
                one.output.title,
                run.row.number,
                run.row.started_at,
                TRIGGERS.get(run.row.trigger, ""),
                run.coverage,
                run.sign[1],
                ", ".join(file.filename for file in run.files),
            )
            for one in found
            for run in one.runs
        ],
    )


def output_of(visit: Visit) -> Output:
    code = visit.param("output")
    output = next((one for one in outputs_by_period(visit.definition) if one.id == code), None)
    if output is None:
        raise MissingError
    return output


def run_of(visit: Visit) -> RunLine:
    number = number_in(visit.param("number"))
    found = find_run(visit.session, visit.plan.id, visit.param("output"), number, visit.as_of)
    if found is None:
        raise MissingError
    return found


@pages.get(ONE, may=READERS)
def show(visit: Visit) -> Response:
    output, run = output_of(visit), run_of(visit)
    names, inputs = names_of(visit), inputs_of(visit.session, run.row)
    if (file := taken_away(visit, {"": lambda: _inputs_table(inputs, names)})) is not None:
        return file
    counted = visit.site.settings.count_pages and pages_counted(output)
    return visit.render(
        "run.html",
        output=output,
        run=run,
        inputs=inputs,
        names=names,
        left_to_word=output.kind in WITH_CONTENTS and not counted,
    )


def _inputs_table(inputs: list[InputLine], names: Naming) -> Table:
    heads = ("Bản nộp", "Lần", "Nhận lúc", "Người duyệt")
    rows = [
        (names.obligation(one.obligation), one.number, one.received_at, one.decided_by)
        for one in inputs
    ]
    return Table("Đầu vào", heads, rows)


@pages.get(f"{ONE}/tep/{{filename}}", may=READERS)
def download(visit: Visit) -> Response:
    """The very bytes the run wrote."""
    run, wanted = run_of(visit), visit.param("filename")
    file = next((one for one in run.files if one.filename == wanted), None)
    if file is None:
        raise MissingError
    kind = mimetypes.guess_type(file.filename)[0] or "application/octet-stream"
    return attachment(visit.site.store.get(file.sha256), file.filename, kind)


@pages.post("/tong-hop/{output}/chay", may=OFFICE)
def run_now(visit: Visit) -> Response:
    """Consolidate by hand. The same inputs give the run there already is."""
    if not visit.may_act:
        raise ForbiddenError("Đang ở chế độ chỉ xem; không tổng hợp được.")
    output = output_of(visit)
    result = consolidate(
        visit.site.engine,
        visit.site.store,
        visit.plan.id,
        output.id,
        RunRequest("by-hand", visit.who.name, as_of=visit.now, now=visit.now),
        OutputOptions(
            templates=visit.site.settings.templates, count_pages=visit.site.settings.count_pages
        ),
    )
    said = (
        f"Đã tổng hợp lần {result.number}."
        if result.created
        else f"Đầu vào không đổi; lần {result.number} vẫn đúng."
    )
    return visit.redirect(f"/tong-hop/{output.id}/{result.number}", said)


@pages.post(f"{ONE}/chot", may=OFFICE)
def freeze(visit: Visit) -> Response:
    """Its files stay exactly as they are, whatever comes later."""
    run = run_of(visit)
    assert run.row.id is not None
    with visit.writing() as session:
        finalise(session, run.row.id, actor=visit.who.actor, now=visit.now)
    return visit.redirect(
        f"/tong-hop/{run.row.output}/{run.row.number}", f"Đã chốt lần {run.row.number}."
    )
