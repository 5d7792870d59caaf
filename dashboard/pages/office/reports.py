"""Bản đang viết: the draft report as somebody edits it in Word, what came in since, its signing."""

from __future__ import annotations

import mimetypes

from starlette.responses import Response

from consolidation.outputs.environment import details_of
from consolidation.report_work import DETAILS, beside, choose, sign, signed, take_in, working
from consolidation.runs import newest_run
from dashboard.auth.viewer import OFFICE, READERS
from dashboard.pages.agency.handing_in import sent_files
from dashboard.pages.results.runs import output_of
from dashboard.rendering.export import attachment
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from intake.report.outline import outline_of
from plan.definition.model import Output
from plan.errors import UsageError

pages = Pages()
ONE = "/tong-hop/{output}/dang-viet"
DETAIL_WORDS = {"brief": "tóm tắt", "full": "nguyên văn", "none": "không nêu"}
assert DETAIL_WORDS.keys() == set(DETAILS)


def _report(visit: Visit) -> Output:
    output = output_of(visit)
    if output.kind != "report":
        raise MissingError
    return output


def _back(output: Output, visit: Visit, said: str) -> Response:
    return visit.redirect(f"/tong-hop/{output.id}/dang-viet", said)


@pages.get(ONE, may=READERS)
def show(visit: Visit) -> Response:
    output, session, plan = _report(visit), visit.session, visit.plan.id
    mine = working(session, plan, output.id)
    targets = outline_of(visit.definition).targets
    return visit.render(
        "report_work.html",
        output=output,
        newest=newest_run(session, plan, output.id),
        mine=mine,
        signed=signed(session, plan, output.id),
        beside=beside(session, visit.site.store, plan, output.id) if mine else [],
        headings={key: f"{one.node.number} {one.node.title}" for key, one in targets.items()},
        chosen=details_of(session, plan, output.id),
        details=DETAIL_WORDS,
    )


@pages.get(f"{ONE}/tep", may=READERS)
def download(visit: Visit) -> Response:
    """The signed file, or the one being worked on."""
    output = _report(visit)
    row = signed(visit.session, visit.plan.id, output.id)
    row = row or working(visit.session, visit.plan.id, output.id)
    if row is None:
        raise MissingError
    kind = mimetypes.guess_type(row.filename)[0] or "application/octet-stream"
    return attachment(visit.site.store.get(row.sha256), row.filename, kind)


@pages.post(ONE, may=OFFICE, takes_files=True)
def keep(visit: Visit) -> Response:
    """Her edited draft is from now on the one being worked on."""
    output, (name, data) = _report(visit), _one_file(visit)
    number = visit.text("lan", 10)
    with visit.writing() as session:
        take_in(
            session,
            visit.site.store,
            visit.plan.id,
            output.id,
            name,
            data,
            run_number=int(number) if number.isdigit() else None,
            actor=visit.who.actor,
            now=visit.now,
        )
    return _back(output, visit, f"Đã giữ {name} làm bản đang viết.")


@pages.post("/tong-hop/{output}/ky", may=OFFICE, takes_files=True)
def record_signed(visit: Visit) -> Response:
    """Number, day and file; the draft it was made from is frozen."""
    output, (name, data) = _report(visit), _one_file(visit)
    on = visit.day("ngay")
    with visit.writing() as session:
        row = sign(
            session,
            visit.site.store,
            visit.plan.id,
            output.id,
            name,
            data,
            number=visit.text("so", 60),
            on=on,
            actor=visit.who.actor,
            now=visit.now,
        )
        said = f"Đã ghi nhận báo cáo {row.document_number}."
    return _back(output, visit, said)


@pages.post("/tong-hop/{output}/muc", may=OFFICE)
def set_detail(visit: Visit) -> Response:
    """How much stands under a heading of the next drafts."""
    output, node, how = _report(visit), visit.text("muc", 60), visit.text("muc-do", 10)
    with visit.writing() as session:
        choose(session, visit.plan, output.id, node, how, actor=visit.who.actor, now=visit.now)
    return _back(output, visit, f"Mục đã chọn: {DETAIL_WORDS[how]}, từ lần tổng hợp sau.")


def _one_file(visit: Visit) -> tuple[str, bytes]:
    files = sent_files(visit)
    if len(files) != 1:
        raise UsageError("Hãy chọn đúng một tệp.")
    return files[0]
