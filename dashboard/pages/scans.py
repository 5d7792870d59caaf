"""A scan or photo that was handed in: the words a machine read beside it, and the figures it offers, which
count only once a person has said yes."""

from __future__ import annotations

import base64

from starlette.responses import Response

from dashboard.auth.viewer import SENDERS
from dashboard.pages.agency.handing_in import submission_context
from dashboard.pages.common import both_doors, names_of
from dashboard.pages.files import ONE, PLAIN, find_file
from dashboard.queries.scans import Scan, form_of, scan_of, shown_lines, typed_in
from dashboard.rendering.export import attachment
from dashboard.web.request import ForbiddenError, MissingError, Visit, number_in
from dashboard.web.routing import Pages
from intake.pdf.model import PdfLimits
from intake.programs import tesseract
from intake.scans import queue
from intake.scans.confirm import confirm_figures
from intake.scans.figures import Key, Offered, offered_safely
from intake.scans.page import all_text
from intake.scans.work import UnreadablePageError, picture_of
from plan.ledger.data_calls import in_use
from plan.models import ScanPage
from plan.queries.definitions import definition_of

pages = Pages()
SCAN = f"{ONE}/ban-quet"
_SHOWN = "intake.scans.picture:shown_as_data"


def _rows(visit: Visit) -> list[ScanPage]:
    _, file = find_file(visit)
    rows = queue.pages_of(visit.session, file.sha256)
    if not rows:
        raise MissingError
    return rows


@both_doors(pages, SCAN)
def show(visit: Visit) -> Response:
    submission, file = find_file(visit)
    scan = scan_of(visit.site.store, _rows(visit))
    agency, product = visit.param("agency"), visit.param("deliverable").partition("@")[0]
    offered = _offered(visit, agency, scan)
    base = visit.request.url.path
    return visit.render(
        "scan.html",
        file=file,
        submission=submission,
        scan=scan,
        installed=tesseract.installed(),
        base=base,
        back=base.rpartition("/lan/")[0],
        code=agency,
        duty=f"{agency}/{visit.param('deliverable')}",
        lines=shown_lines,
        offered=offered,
        form=form_of(definition_of(visit.plan), agency, product, offered) if scan.pages else [],
    )


def _offered(visit: Visit, agency: str, scan: Scan) -> dict[Key, Offered]:
    if not scan.pages:
        return {}
    return offered_safely(definition_of(visit.plan), agency, scan.pages, visit.site.limits)


@both_doors(pages, f"{SCAN}.txt")
def text(visit: Visit) -> Response:
    """The words of every page read so far, as plain text."""
    _, file = find_file(visit)
    scan = scan_of(visit.site.store, _rows(visit), PdfLimits().pages)
    return attachment(all_text(scan.pages).encode(), f"{file.filename}.txt", PLAIN)


@both_doors(pages, f"{SCAN}/{{page}}")
def picture(visit: Visit) -> Response:
    """The page set straight, as the machine read it."""
    _, file = find_file(visit)
    number = number_in(visit.param("page"))
    row = next((row for row in _rows(visit) if row.page == number), None)
    if row is None:
        raise MissingError
    turn = 0
    if row.words_sha256:
        turn = scan_of(visit.site.store, [row]).pages[0].turn
    try:
        data = visit.site.store.get(file.sha256)
        made = picture_of(_SHOWN, data, number, turn, visit.site.limits)
    except UnreadablePageError:
        raise MissingError from None
    return Response(base64.b64decode(made), media_type="image/png")


@pages.post(f"/don-vi/{{agency}}{SCAN}", may=SENDERS)
def confirm(visit: Visit) -> Response:
    """A person says yes to the figures as they stand in the form."""
    if not visit.may_act:
        raise ForbiddenError("Đang ở chế độ chỉ xem; không nộp được.")
    visit.count_sending()
    _, file = find_file(visit)
    _rows(visit)  # a scan, and no other file
    agency = visit.param("agency")
    definition = in_use(visit.session, visit.plan.id, definition_of(visit.plan))
    texts = {name: value for name, value in visit.form.items() if isinstance(value, str)}
    context = submission_context(visit)
    scan = (file.filename, visit.site.store.get(file.sha256))
    visit.let_go()
    filed = confirm_figures(
        context,
        definition,
        f"{agency}/{visit.param('deliverable')}",
        scan,
        typed_in(texts),
        limits=visit.site.limits,
    )
    return visit.render("filed.html", filed=filed, code=agency, names=names_of(visit))
