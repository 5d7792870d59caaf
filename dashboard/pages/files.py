"""Files handed in, given back byte for byte as attachments, and the copy with its faults marked."""

from __future__ import annotations

from sqlmodel import select
from starlette.responses import Response

from dashboard.auth.viewer import EVERYONE
from dashboard.pages.common import both_doors
from dashboard.pages.office.decisions import locate
from dashboard.queries.obligation import fault_of
from dashboard.rendering.export import XLSX, attachment
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from intake.sandbox import annotate_safely
from plan.errors import RefusedError
from plan.models import Finding, Submission, SubmissionFile

pages = Pages()
ONE = "/{deliverable}/lan/{number}/tep/{file}"
PLAIN = "application/octet-stream"


@both_doors(pages, ONE)
def kept(visit: Visit) -> Response:
    """The very bytes that were handed in."""
    _, file = find_file(visit)
    return attachment(visit.site.store.get(file.sha256), file.filename, PLAIN)


@pages.get(f"/don-vi/{{agency}}{ONE}/danh-dau", may=EVERYONE)
def marked(visit: Visit) -> Response:
    """A copy of the workbook with the faulty cells coloured and commented."""
    submission, file = find_file(visit)
    rows = visit.session.exec(
        select(Finding).where(Finding.submission_id == submission.id, Finding.file == file.filename)
    )
    found = [fault_of(row) for row in rows]
    data = annotate_safely(visit.site.store.get(file.sha256), found, visit.site.limits)
    if data is None:
        raise RefusedError("Không đánh dấu được tệp này; xin xem danh sách phát hiện trên trang.")
    stem = file.filename.rpartition(".")[0] or file.filename
    return attachment(data, f"{stem}-danh-dau.xlsx", XLSX)


def find_file(visit: Visit) -> tuple[Submission, SubmissionFile]:
    """The file the path names, which must belong to that submission of that obligation."""
    obligation = locate(visit, visit.session)
    submission = visit.session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation.id,
            Submission.number == number_in(visit.param("number")),
        )
    ).first()
    file = visit.session.get(SubmissionFile, number_in(visit.param("file")))
    if submission is None or file is None or file.submission_id != submission.id:
        raise MissingError
    return submission, file
