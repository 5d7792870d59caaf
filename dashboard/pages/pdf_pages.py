"""A PDF that was handed in, page by page, with what was read from it marked where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select
from starlette.responses import Response

from dashboard.pages.common import both_doors
from dashboard.pages.files import ONE, find_file
from dashboard.rendering.sheet import RANK, value_words
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from intake.copies.pictures import picture_safely, sizes_safely
from intake.pdf.model import Box
from intake.pdf.places import spot_of
from plan.errors import RefusedError
from plan.models import Finding, Submission, SubmissionFile, Value

pages = Pages()


@dataclass(frozen=True)
class Mark:
    """Something read from the page: where, in points, and what was made of it."""

    box: Box
    words: str
    severity: str = ""


@both_doors(pages, f"{ONE}/trang/{{page}}")
def page(visit: Visit) -> Response:
    submission, file = find_file(visit)
    sizes = sizes_safely(visit.site.store.get(file.sha256), visit.site.limits)
    number = number_in(visit.param("page"))
    if not sizes:
        raise RefusedError("Tệp này không phải PDF, hoặc không vẽ được trang nào.")
    if not 0 < number <= len(sizes):
        raise MissingError
    marks = _marks(
        _values(visit.session, submission, file), _findings(visit.session, submission, file)
    )
    base, _, _ = visit.request.url.path.rpartition("/trang/")
    back, _, _ = base.rpartition("/lan/")
    return visit.render(
        "pdf_page.html",
        file=file,
        submission=submission,
        base=base,
        back=back,
        number=number,
        size=sizes[number - 1],
        count=len(sizes),
        marks=[mark for page, mark in marks if page == number],
        elsewhere=sorted({page for page, _ in marks} - {number}),
    )


@both_doors(pages, f"{ONE}/anh/{{page}}")
def picture(visit: Visit) -> Response:
    _, file = find_file(visit)
    made = picture_safely(
        visit.site.store.get(file.sha256), number_in(visit.param("page")), visit.site.limits
    )
    if made is None:
        raise MissingError
    return Response(made, media_type="image/png")


def _values(session: Session, submission: Submission, file: SubmissionFile) -> Sequence[Value]:
    mine = (Value.submission_id == submission.id, Value.file == file.filename)
    return session.exec(select(Value).where(*mine)).all()


def _findings(session: Session, submission: Submission, file: SubmissionFile) -> list[Finding]:
    """Gravest last: what is drawn later is seen."""
    mine = (Finding.submission_id == submission.id, Finding.file == file.filename)
    found = session.exec(select(Finding).where(*mine).order_by(col(Finding.id)))
    return sorted(found, key=lambda one: -RANK[one.severity])


def _marks(values: Sequence[Value], findings: Sequence[Finding]) -> list[tuple[int, Mark]]:
    """Figures read and findings about a place, each with its page."""
    marks: list[tuple[Value | Finding, str, str]] = [
        (value, f"{value.indicator} kỳ {value.period}: {value_words(value)}", "")
        for value in values
    ]
    marks += [(finding, finding.message, finding.severity) for finding in findings]
    return [
        (spot.page, Mark(spot.box, words, severity))
        for one, words, severity in marks
        if (spot := spot_of(one.sheet, one.cell)) is not None
    ]
