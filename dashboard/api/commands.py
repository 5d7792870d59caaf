"""What is decided and done through the API: the same doors as the pages and the command line."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from sqlmodel import Session

from consolidation.claim import OutputOptions, RunRequest
from consolidation.runs import consolidate, finalise
from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import Caller, by
from dashboard.api.obligations import as_it_stands
from dashboard.api.problems import RESPONSES
from dashboard.api.records import run_of, run_out
from dashboard.auth.viewer import OFFICE, SENDERS
from dashboard.queries.runs import run_line
from dashboard.web.request import MissingError
from intake.reassign import move_submission
from intake.submit import SubmissionContext
from notifications.resending import retry
from plan import ledger
from plan.database import reading, writing
from plan.definition.periodic import outputs_by_period
from plan.errors import NotFoundError
from plan.models import ConsolidationRun, Extension, Finding, Message, Submission
from plan.queries.lookup import find_obligation

api = APIRouter(responses=RESPONSES)
ONE = "/obligations/{agency}/{deliverable}"


def row_id(caller: Caller, session: Session, agency: str, deliverable: str) -> int:
    try:
        row = find_obligation(session, caller.plan.id, f"{agency}/{deliverable}")
    except NotFoundError:
        raise MissingError from None
    assert row.id is not None
    return row.id


def decided(
    caller: Caller, agency: str, deliverable: str, do: Callable[[Session, int], object]
) -> schemas.ObligationOut:
    """One call to the ledger, then the obligation as it stands after it."""
    with writing(caller.site.engine) as session:
        do(session, row_id(caller, session, agency, deliverable))
    return as_it_stands(caller, agency, deliverable)


@api.post(f"{ONE}/submissions/{{number}}/move", summary="Chuyển bản nộp nhầm chỗ, kiểm tra lại")
def move(
    agency: str,
    deliverable: str,
    number: bodies.RowId,
    body: bodies.MoveIn,
    caller: Caller = by(OFFICE),
) -> schemas.FiledOut:
    """Chỗ cũ vẫn giữ bản nộp, ghi «đã chuyển»; chỗ mới có lần nộp mới với phát hiện của sản phẩm mới."""
    row_id(caller, caller.session, agency, deliverable)
    filed = move_submission(
        SubmissionContext(
            caller.site.engine,
            caller.site.store,
            caller.plan.id,
            caller.viewer.actor,
            caller.now,
        ),
        f"{agency}/{deliverable}",
        number,
        body.to,
        reason=body.reason,
        limits=caller.site.limits,
    )
    return schemas.FiledOut.model_validate(filed)


@api.post(f"{ONE}/explanations", summary="Giải trình một cảnh báo")
def explain(
    agency: str, deliverable: str, body: bodies.ExplanationIn, caller: Caller = by(SENDERS)
) -> schemas.ObligationOut:
    def do(session: Session, key: int) -> object:
        finding = session.get(Finding, body.finding)
        submission = session.get(Submission, finding.submission_id) if finding else None
        if submission is None or submission.obligation_id != key:
            raise MissingError
        who = caller.who()
        return ledger.explain(session, body.finding, explanation=body.explanation, **who)

    return decided(caller, agency, deliverable, do)


# --- extensions ---------------------------------------------------------------------------------


@api.post(f"{ONE}/extensions", summary="Xin gia hạn", status_code=201)
def ask_extension(
    agency: str, deliverable: str, body: bodies.ExtensionIn, caller: Caller = by(SENDERS)
) -> schemas.ExtensionOut:
    with writing(caller.site.engine) as session:
        asked = ledger.ask_extension(
            session,
            row_id(caller, session, agency, deliverable),
            until=body.until,
            reason=body.reason,
            document_number=body.document_number,
            **caller.who(),
        )
        return schemas.ExtensionOut.model_validate(asked)


@api.post(f"{ONE}/extensions/{{extension}}/decision", summary="Quyết định gia hạn")
def decide_extension(
    agency: str,
    deliverable: str,
    extension: bodies.RowId,
    body: bodies.ExtensionDecisionIn,
    caller: Caller = by(OFFICE),
) -> schemas.ExtensionOut:
    with writing(caller.site.engine) as session:
        request = session.get(Extension, extension)
        if request is None or request.obligation_id != row_id(caller, session, agency, deliverable):
            raise MissingError
        decided = ledger.decide_extension(
            session,
            extension,
            granted=body.granted,
            note=body.note,
            document_number=body.document_number,
            **caller.who(),
        )
        return schemas.ExtensionOut.model_validate(decided)


# --- consolidation, messages -------------------------------------------------------------------


@api.post("/outputs/{output}/runs", summary="Tổng hợp ngay", status_code=201)
def run(output: str, caller: Caller = by(OFFICE)) -> schemas.RunOut:
    """Đầu vào không đổi thì trả về lần tổng hợp đã có."""
    if output not in {one.id for one in outputs_by_period(caller.definition)}:
        raise MissingError
    result = consolidate(
        caller.site.engine,
        caller.site.store,
        caller.plan.id,
        output,
        RunRequest("by-hand", caller.viewer.name, as_of=caller.now, now=caller.now),
        OutputOptions(
            templates=caller.site.settings.templates, count_pages=caller.site.settings.count_pages
        ),
    )
    with reading(caller.site.engine) as session:
        return run_out(run_line(session, session.get_one(ConsolidationRun, result.run_id)))


@api.post("/runs/{output}/{number}/final", summary="Chốt một lần tổng hợp")
def freeze(output: str, number: bodies.RowId, caller: Caller = by(OFFICE)) -> schemas.RunOut:
    found = run_of(caller, output, number)
    assert found.row.id is not None
    with writing(caller.site.engine) as session:
        row = finalise(session, found.row.id, **caller.who())
        return run_out(run_line(session, row))


@api.post("/messages/{message}/retry", summary="Gửi lại một tin bị từ chối")
def retry_message(message: bodies.RowId, caller: Caller = by(OFFICE)) -> schemas.MessageOut:
    """Ở lượt gửi kế tiếp; địa chỉ được coi là dùng được trở lại."""
    with writing(caller.site.engine) as session:
        row = session.get(Message, message)
        if row is None or row.plan_id != caller.plan.id:
            raise MissingError
        retry(session, caller.plan.id, caller.now, [message])
        session.expire(row)
        return schemas.MessageOut.model_validate(row)
