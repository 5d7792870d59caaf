"""«Giao xuống các đơn vị»: what an agency asked of its own units, what they handed in, and that put together.
What it asks and decides is `dashboard.acts.handdown`.

The units' own pages are the plan's (their links lead there). What they handed in is the agency's to see, and
the office's once the agency has handed in.
"""

from __future__ import annotations

from sqlmodel import Session, select
from starlette.responses import Response

from consolidation.claim import RunRequest
from consolidation.runs import consolidate
from dashboard.acts.handdown import find_unit
from dashboard.auth.viewer import AGENCY, READERS
from dashboard.pages.agency.handing_in import name_of, take
from dashboard.pages.agency.mine import office_of, todo_of
from dashboard.pages.obligations import duty_of
from dashboard.pages.office.decisions import answer_request
from dashboard.pages.thread_files import given_back
from dashboard.queries.agency.handdown import counted, merges, unit_lines
from dashboard.queries.agency.handdown import merged_workbook as merged_workbook_of
from dashboard.queries.naming import naming
from dashboard.rendering.export import DOCX, XLSX, attachment
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from plan.calendar import local_day
from plan.errors import RefusedError
from plan.handdown.definition import MERGED
from plan.handdown.handing import (
    FORM,
    as_coordinator,
    inner_of,
)
from plan.models import Obligation, Plan, Submission, SubmissionFile
from plan.queries.lookup import find_obligation
from plan.queries.threads import files_with
from plan.states import HANDED_IN

pages = Pages()
BASE = "/don-vi/{agency}/{deliverable}/giao-xuong"
SEEN = "/nghia-vu/{agency}/{deliverable}/giao-xuong"
PLAIN = "application/octet-stream"


@pages.get(BASE, may=AGENCY)
def show(visit: Visit) -> Response:
    return _page(visit)


@pages.get(SEEN, may=READERS)
def show_office(visit: Visit) -> Response:
    """For the office, once the agency has handed in."""
    _require_handed_in(visit)
    return _page(visit)


def _page(visit: Visit) -> Response:
    if visit.plan.parent_obligation_id is not None:  # one level down, and no further
        raise MissingError
    duty = duty_of(visit)
    inner = inner_of(visit.session, duty.view.row_id)
    lines = unit_lines(visit.session, inner, visit.as_of) if inner else []
    return visit.render(
        "handdown.html",
        duty=duty,
        inner=inner,
        lines=lines,
        counted=counted(lines),
        names=naming(visit.session, inner.id, local_day(visit.as_of)) if inner else None,
        base=visit.request.url.path,
        sent=files_with(visit.session, [post for line in lines for post in line.posts]),
        form=FORM,
        merges=merges(inner),
        office=office_of(visit),
    )


# --- what is said -----------------------------------------------------------------------------------


@pages.get(f"{BASE}/{{unit}}/hoi-dap/{{file}}", may=AGENCY)
def sent_along(visit: Visit) -> Response:
    """A file of the thread between a unit and the agency."""
    return given_back(visit, _unit_row(visit, visit.session))


@pages.post(f"{BASE}/{{unit}}/gia-han/{{extension}}", may=AGENCY)
def decide_extension(visit: Visit) -> Response:
    """A unit's request for time: never beyond the agency's own day."""
    with visit.writing() as session:
        row = _unit_row(visit, session)
        said = answer_request(visit, session, row, as_coordinator(visit.who.actor))
    return _back(visit, said)


# --- what came --------------------------------------------------------------------------------------


@pages.get(f"{BASE}/{{unit}}/lan/{{number}}/tep/{{file}}", may=AGENCY)
def kept(visit: Visit) -> Response:
    return _file(visit)


@pages.get(f"{SEEN}/{{unit}}/lan/{{number}}/tep/{{file}}", may=READERS)
def kept_for_office(visit: Visit) -> Response:
    _require_handed_in(visit)
    return _file(visit)


def _file(visit: Visit) -> Response:
    """The very bytes that a unit handed in."""
    row = _unit_row(visit, visit.session)
    submission = visit.session.exec(
        select(Submission).where(
            Submission.obligation_id == row.id,
            Submission.number == number_in(visit.param("number")),
        )
    ).first()
    file = visit.session.get(SubmissionFile, number_in(visit.param("file")))
    if submission is None or file is None or file.submission_id != submission.id:
        raise MissingError
    return attachment(visit.site.store.get(file.sha256), file.filename, PLAIN)


# --- together ---------------------------------------------------------------------------------------


@pages.get(f"{BASE}/bieu.xlsx", may=AGENCY)
def merged_workbook(visit: Visit) -> Response:
    """The agency's own workbook with its units' figures in it."""
    return attachment(_workbook(visit), f"bieu-so-lieu-{visit.param('agency')}.xlsx", XLSX)


@pages.post(f"{BASE}/nop", may=AGENCY)
def hand_in(visit: Visit) -> Response:
    """That workbook, handed in as the agency's own."""
    visit.count_sending()
    file = (f"bieu-so-lieu-{visit.param('agency')}.xlsx", _workbook(visit))
    return take(visit, visit.param("deliverable"), [file])


def _workbook(visit: Visit) -> bytes:
    return merged_workbook_of(visit.session, visit.plan, _inner(visit), todo_of(visit), visit.now)


@pages.post(f"{BASE}/tong-hop", may=AGENCY)
def compile_texts(visit: Visit) -> Response:
    """What the units wrote, side by side under each heading, to write the agency's own from."""
    inner = _inner(visit)
    if merges(inner) != "compilation":
        raise MissingError
    if not visit.may_act:
        raise RefusedError("Đang ở chế độ chỉ xem; không tổng hợp được.")
    inner_id = inner.id
    visit.let_go()
    made = consolidate(
        visit.site.engine,
        visit.site.store,
        inner_id,
        MERGED,
        RunRequest("by-hand", visit.who.name, as_of=visit.now, now=visit.now),
    )
    file = next(one for one in made.files if one.filename.endswith(".docx"))
    return attachment(visit.site.store.get(file.sha256), file.filename, DOCX)


# --- finding ----------------------------------------------------------------------------------------


def _row(visit: Visit) -> Obligation:
    return find_obligation(visit.session, visit.plan.id, name_of(visit))


def _inner(visit: Visit) -> Plan:
    """The plan by which the duty of the path was handed down."""
    inner = inner_of(visit.session, _row(visit).id or 0)
    if inner is None:
        raise MissingError
    return inner


def _unit_row(visit: Visit, session: Session) -> Obligation:
    """Of the unit that the path names."""
    return find_unit(session, visit.plan, visit.request.path_params)


def _require_handed_in(visit: Visit) -> None:
    """Until the agency has handed in, its units' files are its own affair."""
    if _row(visit).state not in HANDED_IN:
        raise MissingError


def _back(visit: Visit, said: str) -> Response:
    return visit.redirect(f"/don-vi/{name_of(visit)}/giao-xuong", said)
