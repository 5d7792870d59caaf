"""«Giao xuống các đơn vị»: an agency asks its own units, decides on what they hand in, and puts it together.

The units' own pages are the plan's (their links lead there). What they handed in is the agency's to see, and
the office's once the agency has handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, select
from starlette.responses import Response

from consolidation.handed_down import merged_figures
from consolidation.runs import consolidate
from dashboard.acts.urging import outcome, urge_each
from dashboard.auth.viewer import READERS
from dashboard.pages.agency.handing_in import name_of, take
from dashboard.pages.agency.mine import office_of, todo_of
from dashboard.pages.obligations import duty_of
from dashboard.pages.office.decisions import answer_request
from dashboard.pages.thread_files import attached, given_back
from dashboard.queries.agency.handdown import counted, unit_lines
from dashboard.queries.agency.mine import deadlines
from dashboard.queries.naming import naming
from dashboard.rendering.export import DOCX, XLSX, attachment
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from intake.forms.workbook import build_workbook
from plan.calendar import local_day
from plan.errors import RefusedError
from plan.handdown.definition import MERGED
from plan.handdown.handing import (
    FORM,
    add_units,
    as_coordinator,
    hand_down,
    inner_of,
    read_units,
)
from plan.ledger.data_calls import in_use
from plan.ledger.decisions import decide
from plan.ledger.threads import say
from plan.models import Obligation, Plan, Submission, SubmissionFile
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation
from plan.queries.threads import files_with
from plan.states import HANDED_IN, STILL_OWED, Role
from plan.text import date_words, number_words

pages = Pages()
AGENCY = frozenset({Role.agency})
BASE = "/don-vi/{agency}/{deliverable}/giao-xuong"
SEEN = "/nghia-vu/{agency}/{deliverable}/giao-xuong"
PLAIN = "application/octet-stream"


@dataclass(frozen=True)
class _Handed:
    """The duty of the path and the plan it was handed down by."""

    row: Obligation
    inner: Plan


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
        merges=_merges(inner),
        office=office_of(visit),
    )


def _merges(inner: Plan | None) -> str:
    """What the units' is put together into: appendices | compilation; empty: nothing."""
    outputs = definition_of(inner).outputs if inner else []
    return outputs[0].kind if outputs else ""


# --- asking -----------------------------------------------------------------------------------------


@pages.post(BASE, may=AGENCY)
def ask_units(visit: Visit) -> Response:
    """Hand down, or ask more units."""
    units, actor = read_units(visit.text("don-vi", 60_000)), visit.who.actor
    with visit.writing() as session:
        row = _row(visit, session)
        inner = inner_of(session, row.id or 0)
        if inner is not None:
            count = add_units(session, inner, units, actor=actor, now=visit.now)
            return _back(visit, f"Đã thêm {number_words(count)} đơn vị.")
        until = visit.day("ngay")
        hand_down(session, row.id or 0, units, until, actor=actor, now=visit.now)
    said = f"Đã giao {number_words(len(units))} đơn vị, chậm nhất {date_words(until)}"
    return _back(visit, f"{said}; tin đi trong giờ làm việc.")


@pages.post(f"{BASE}/nhac", may=AGENCY)
def urge_units(visit: Visit) -> Response:
    """Every unit that still owes, in the agency's own words; one that cannot be urged holds up no other."""
    with visit.writing() as session:
        inner = _handed(visit, session).inner
        lines = unit_lines(session, inner, visit.now)
        owing = {one.code: one.view.agency_name for one in lines if one.view.state in STILL_OWED}
        if not owing:
            raise RefusedError("Không còn đơn vị nào chưa nộp.")
        done, refused = urge_each(
            session,
            inner.id,
            owing,
            way="message",
            words=visit.text("loi"),
            again=bool(visit.text("van-nhac", 2)),
            actor=as_coordinator(visit.who.actor),
            now=visit.now,
        )
    said = f"Đã ghi nhắc {number_words(done)} đơn vị; tin đi trong giờ làm việc."
    return _back(visit, outcome(said, done, refused, "đơn vị"))


# --- deciding ---------------------------------------------------------------------------------------


@pages.post(f"{BASE}/{{unit}}/nhan", may=AGENCY)
def accept(visit: Visit) -> Response:
    return _decide(visit, "accept", "Đã nhận; đơn vị sẽ được báo tin.")


@pages.post(f"{BASE}/{{unit}}/tra-lai", may=AGENCY)
def give_back(visit: Visit) -> Response:
    return _decide(visit, "return", "Đã trả lại; đơn vị sẽ nhận lý do cùng đường dẫn nộp lại.")


def _decide(visit: Visit, name: str, said: str) -> Response:
    with visit.writing() as session:
        handed = _handed(visit, session)
        decide(
            session,
            name,
            _unit_row(visit, session, handed.inner).id or 0,
            visit.text("ly-do"),
            submission=number_in(visit.text("lan", 10)) or None,
            actor=as_coordinator(visit.who.actor),
            now=visit.now,
        )
    return _back(visit, said)


# --- answering --------------------------------------------------------------------------------------


@pages.post(f"{BASE}/{{unit}}/tra-loi", may=AGENCY, takes_files=True)
def answer(visit: Visit) -> Response:
    """What a unit asked."""
    files = attached(visit)
    with visit.writing() as session:
        row = _unit_row(visit, session, _handed(visit, session).inner)
        actor = as_coordinator(visit.who.actor)
        words = visit.text("noi-dung")
        say(session, row.id or 0, words, actor=actor, now=visit.now, files=files)
    return _back(visit, "Đã trả lời; đơn vị sẽ được báo tin.", visit.param("unit"))


@pages.get(f"{BASE}/{{unit}}/hoi-dap/{{file}}", may=AGENCY)
def sent_along(visit: Visit) -> Response:
    """A file of the thread between a unit and the agency."""
    return given_back(visit, _unit_row(visit, visit.session, _handed(visit, visit.session).inner))


@pages.post(f"{BASE}/{{unit}}/gia-han/{{extension}}", may=AGENCY)
def decide_extension(visit: Visit) -> Response:
    """A unit's request for time: never beyond the agency's own day."""
    with visit.writing() as session:
        row = _unit_row(visit, session, _handed(visit, session).inner)
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
    handed = _handed(visit, visit.session)
    row = _unit_row(visit, visit.session, handed.inner)
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
    handed, agency = _handed(visit, visit.session), visit.param("agency")
    if _merges(handed.inner) != "appendices":
        raise MissingError
    figures, coverage = merged_figures(visit.session, handed.inner, visit.now)
    if not coverage.have:
        raise RefusedError("Chưa nhận bản nào của đơn vị nên chưa gộp được.")
    return build_workbook(
        in_use(visit.session, visit.plan.id, visit.definition),
        agency,
        on=local_day(visit.now),
        deadlines=deadlines(todo_of(visit)),
        prefill=figures,
    )


@pages.post(f"{BASE}/tong-hop", may=AGENCY)
def compile_texts(visit: Visit) -> Response:
    """What the units wrote, side by side under each heading, to write the agency's own from."""
    handed = _handed(visit, visit.session)
    if _merges(handed.inner) != "compilation":
        raise MissingError
    if not visit.may_act:
        raise RefusedError("Đang ở chế độ chỉ xem; không tổng hợp được.")
    inner_id = handed.inner.id
    visit.let_go()
    made = consolidate(
        visit.site.engine,
        visit.site.store,
        inner_id,
        MERGED,
        trigger="by-hand",
        started_by=visit.who.name,
        as_of=visit.now,
        now=visit.now,
    )
    file = next(one for one in made.files if one.filename.endswith(".docx"))
    return attachment(visit.site.store.get(file.sha256), file.filename, DOCX)


# --- finding ----------------------------------------------------------------------------------------


def _row(visit: Visit, session: Session) -> Obligation:
    return find_obligation(session, visit.plan.id, name_of(visit))


def _handed(visit: Visit, session: Session) -> _Handed:
    row = _row(visit, session)
    inner = inner_of(session, row.id or 0)
    if inner is None:
        raise MissingError
    return _Handed(row, inner)


def _unit_row(visit: Visit, session: Session, inner: Plan) -> Obligation:
    """A unit is asked once, also for one time of a product that recurs."""
    product = visit.param("deliverable").partition("@")[0]
    return find_obligation(session, inner.id, f"{visit.param('unit')}/{product}")


def _require_handed_in(visit: Visit) -> None:
    """Until the agency has handed in, its units' files are its own affair."""
    if _row(visit, visit.session).state not in HANDED_IN:
        raise MissingError


def _back(visit: Visit, said: str, unit: str = "") -> Response:
    at = f"#{unit}" if unit else ""
    return visit.redirect(f"/don-vi/{name_of(visit)}/giao-xuong{at}", said)
