"""Files of a thread: taken in with a question or an answer, given back byte for byte to its two sides."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.pages.common import both_doors
from dashboard.pages.office.decisions import locate
from dashboard.rendering.export import attachment
from dashboard.web.request import ForbiddenError, MissingError, Visit, number_in
from dashboard.web.routing import Pages
from intake.files.attached import keep_attached
from plan.ledger.filing import FiledFile
from plan.models import Obligation
from plan.queries.threads import file_of

pages = Pages()
PLAIN = "application/octet-stream"


def attached(visit: Visit) -> tuple[FiledFile, ...]:
    """What came along with the words of a form, kept. RefusedError for what the gate refuses."""
    sent = [(part.filename or "tep", part.file.read()) for part in visit.uploads("tep")]
    if sent and not visit.may_act:
        raise ForbiddenError("Đang ở chế độ chỉ xem; không nhận tệp.")
    return keep_attached(visit.site.store, sent, visit.site.limits)


def given_back(visit: Visit, row: Obligation) -> Response:
    """The file the path names, of this obligation's thread."""
    file = file_of(visit.session, row.id or 0, number_in(visit.param("file")))
    if file is None:
        raise MissingError
    return attachment(visit.site.store.get(file.sha256), file.filename, PLAIN)


@both_doors(pages, "/{deliverable}/hoi-dap/{file}")
def kept(visit: Visit) -> Response:
    """To whom the thread is shown: its agency, and the office."""
    return given_back(visit, locate(visit, visit.session))
