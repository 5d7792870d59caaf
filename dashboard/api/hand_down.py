"""A duty handed down to an agency's own units: who has handed in what, and that put together. Asked and
decided by the acts of `dashboard.acts.handdown`.

The agency sees it; the office what was handed in, once the agency itself has handed in."""

from __future__ import annotations

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from dashboard.acts import bodies
from dashboard.acts.handdown import HANDDOWN, UNIT, find_unit
from dashboard.api import schemas
from dashboard.api.auth import Caller, by
from dashboard.api.handing_in import todo_by
from dashboard.api.obligations import obligation_facts, submission_out
from dashboard.api.problems import BYTES, PLAIN, RESPONSES
from dashboard.api.threads import PostOut, posts_out, sent_along
from dashboard.auth.viewer import AGENCY, EVERYONE
from dashboard.queries.agency.handdown import UnitLine, merged_workbook, unit_lines
from dashboard.queries.obligation import filed, find_filed
from dashboard.rendering.export import XLSX, attachment
from dashboard.web.request import MissingError
from plan import ledger
from plan.database import writing
from plan.errors import NotFoundError
from plan.handdown.handing import as_coordinator, inner_of
from plan.models import Extension, Obligation, Plan
from plan.queries.lookup import find_obligation
from plan.states import HANDED_IN, Role

api = APIRouter(responses=RESPONSES)


def _inner(caller: Caller, agency: str, deliverable: str) -> Plan:
    """The plan by which it was handed down, if the caller may look into it."""
    try:
        row = find_obligation(caller.session, caller.plan.id, f"{agency}/{deliverable}")
    except NotFoundError:
        raise MissingError from None
    inner = inner_of(caller.session, row.id or 0)
    if inner is None or not (caller.viewer.role is Role.agency or row.state in HANDED_IN):
        raise MissingError
    return inner


def _unit(caller: Caller, session: Session, agency: str, deliverable: str, unit: str) -> Obligation:
    names = {"agency": agency, "deliverable": deliverable, "unit": unit}
    try:
        return find_unit(session, caller.plan, names)
    except NotFoundError:
        raise MissingError from None


class UnitOut(schemas.ObligationOut):
    """What a unit of the agency owes it."""

    submission: schemas.SubmissionOut | None
    """The newest."""
    extension: schemas.ExtensionOut | None
    """More time that it asks for."""
    thread: list[PostOut]
    """Oldest first; empty for whoever is not the agency."""


@api.get(HANDDOWN.api, summary="Việc đã giao xuống: từng đơn vị, bản nộp, xin gia hạn, hỏi đáp")
def units(agency: str, deliverable: str, caller: Caller = by(EVERYONE)) -> list[UnitOut]:
    """Nơi nhận báo cáo và lãnh đạo chỉ xem được khi cơ quan đã nộp, và không thấy hỏi đáp."""
    inner = _inner(caller, agency, deliverable)
    return [_unit_out(caller, line) for line in unit_lines(caller.session, inner, caller.now)]


def _unit_out(caller: Caller, line: UnitLine) -> UnitOut:
    own = caller.viewer.role is Role.agency
    return UnitOut(
        **obligation_facts(caller.plan.id, line.view),
        submission=submission_out(line.filed) if line.filed else None,
        extension=schemas.ExtensionOut.model_validate(line.asked) if own and line.asked else None,
        thread=posts_out(caller.session, line.posts) if own else [],
    )


@api.get(
    f"{UNIT.api}/submissions/{{number}}/files/{{file}}",
    summary="Tải một tệp đơn vị đã nộp, nguyên vẹn",
    response_class=Response,
    responses=BYTES,
)
def unit_file(
    agency: str,
    deliverable: str,
    unit: str,
    number: bodies.RowId,
    file: bodies.RowId,
    caller: Caller = by(EVERYONE),
) -> Response:
    _inner(caller, agency, deliverable)
    row = _unit(caller, caller.session, agency, deliverable, unit)
    one = find_filed(filed(caller.session, row.id or 0, caller.now), number)
    kept = next((row for row in one.files if row.id == file), None) if one else None
    if kept is None:
        raise MissingError
    return attachment(caller.site.store.get(kept.sha256), kept.filename, PLAIN)


@api.get(
    f"{UNIT.api}/thread/files/{{file}}",
    summary="Tải tệp kèm một câu hỏi hay câu trả lời của đơn vị",
    response_class=Response,
    responses=BYTES,
)
def unit_thread_file(
    agency: str, deliverable: str, unit: str, file: bodies.RowId, caller: Caller = by(AGENCY)
) -> Response:
    row = _unit(caller, caller.session, agency, deliverable, unit)
    return sent_along(caller, row.id or 0, file)


@api.post(f"{UNIT.api}/extensions/{{extension}}/decision", summary="Trả lời đơn vị xin gia hạn")
def decide_for_unit(
    agency: str,
    deliverable: str,
    unit: str,
    extension: bodies.RowId,
    body: bodies.ExtensionDecisionIn,
    caller: Caller = by(AGENCY),
) -> schemas.ExtensionOut:
    """Không cho quá hạn của chính cơ quan."""
    with writing(caller.site.engine) as session:
        row = _unit(caller, session, agency, deliverable, unit)
        request = session.get(Extension, extension)
        if request is None or request.obligation_id != row.id:
            raise MissingError
        decided = ledger.decide_extension(
            session,
            extension,
            granted=body.granted,
            note=body.note,
            document_number=body.document_number,
            actor=as_coordinator(caller.viewer.actor),
            now=caller.now,
        )
        return schemas.ExtensionOut.model_validate(decided)


@api.get(
    f"{HANDDOWN.api}/workbook",
    summary="Tải biểu số liệu của cơ quan, gộp từ các đơn vị đã nhận (.xlsx)",
    response_class=Response,
    responses=BYTES,
)
def merged(agency: str, deliverable: str, caller: Caller = by(AGENCY)) -> Response:
    """Nộp như mọi biểu khác: `POST /agencies/{agency}/submissions`."""
    inner = _inner(caller, agency, deliverable)
    found = todo_by(caller, agency)
    data = merged_workbook(caller.session, caller.plan, inner, found, caller.now)
    return attachment(data, f"bieu-so-lieu-{agency}.xlsx", XLSX)
