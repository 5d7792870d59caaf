"""What the API does: the same doors as the pages and the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import AwareDatetime
from sqlmodel import Session

from consolidation.intake import filing_service
from consolidation.intake.filing_service import How
from consolidation.runs import consolidate, finalise
from dashboard.access import limits
from dashboard.access.viewer import OFFICE, SENDERS
from dashboard.api import shapes
from dashboard.api.caller import Caller, by
from dashboard.api.problems import RESPONSES
from dashboard.api.reads import obligation_out, run_out, view_of
from dashboard.reads.runs import find_run, run_line
from dashboard.visit import MissingError
from plan import ledger
from plan.database import reading, writing
from plan.errors import NotFoundError, RefusedError
from plan.lookup import find_obligation
from plan.models import ConsolidationRun, Extension, Finding, Submission
from plan.states import Role

api = APIRouter(responses=RESPONSES)
ONE = "/obligations/{agency}/{deliverable}"


def row_id(caller: Caller, session: Session, agency: str, deliverable: str) -> int:
    try:
        row = find_obligation(session, caller.plan.id, f"{agency}/{deliverable}")
    except NotFoundError:
        raise MissingError from None
    assert row.id is not None
    return row.id


def now_of(caller: Caller, agency: str, deliverable: str) -> shapes.ObligationOut:
    """The obligation as it stands after the deed."""
    with reading(caller.site.engine) as session:
        fresh = Caller(caller.site, caller.viewer, session, caller.plan, caller.now, caller.request)
        return obligation_out(view_of(fresh, agency, deliverable))


# --- handing in --------------------------------------------------------------------------------


@api.post("/agencies/{agency}/submissions", summary="Nộp một gói tệp", status_code=201)
def hand_in(
    agency: str,
    files: Annotated[list[UploadFile], File(description="Các tệp .xlsx, .docx…")],
    deliverable: Annotated[str, Form(max_length=100)] = "",
    via: Annotated[shapes.Via, Form()] = "api",
    reference: Annotated[str, Form(max_length=200)] = "",
    received_at: Annotated[AwareDatetime | None, Form()] = None,
    caller: Caller = by(SENDERS),
) -> list[shapes.FiledOut]:
    """Mỗi tệp được nhận dạng, kiểm tra và ghi vào đúng nghĩa vụ; mọi phát hiện trả về một lần."""
    _counted(caller)
    how = _how(caller, via, reference, received_at)
    filed = filing_service.submit_files(
        caller.site.engine,
        caller.site.store,
        caller.plan.id,
        agency,
        [(one.filename or "tep", one.file.read()) for one in files],
        actor=caller.viewer.actor,
        now=caller.now,
        received_at=how.received_at,
        via=how.via,
        reference=how.reference,
        only=f"{agency}/{deliverable}" if deliverable else "",
    )
    return [shapes.FiledOut.model_validate(one) for one in filed]


def _counted(caller: Caller) -> None:
    now = caller.site.real_clock()
    if not limits.take(caller.site.engine, limits.UPLOAD, caller.viewer.name, now):
        raise RefusedError("Đã gửi quá nhiều lần trong 10 phút; xin đợi một lát.")


def _how(caller: Caller, via: shapes.Via, reference: str, received_at: datetime | None) -> How:
    if caller.viewer.role is Role.agency and (via != "api" or received_at is not None):
        raise RefusedError("Chỉ Sở Nội vụ được ghi bản nhận ngoài hệ thống.")
    return How(via=via, reference=reference, received_at=received_at)


@api.post(f"{ONE}/nil", summary="Báo không phát sinh", status_code=201)
def nil(
    agency: str, deliverable: str, body: shapes.ReasonIn, caller: Caller = by(SENDERS)
) -> shapes.FiledOut:
    filed = filing_service.file_nil(
        caller.site.engine,
        caller.plan.id,
        f"{agency}/{deliverable}",
        body.reason,
        actor=caller.viewer.actor,
        now=caller.now,
        how=How(via="api"),
    )
    return shapes.FiledOut.model_validate(filed)


@api.post(f"{ONE}/conference", summary="Báo kết quả hội nghị", status_code=201)
def conference(
    agency: str, deliverable: str, body: shapes.ConferenceIn, caller: Caller = by(SENDERS)
) -> shapes.FiledOut:
    filed = filing_service.file_conference(
        caller.site.engine,
        caller.site.store,
        caller.plan.id,
        f"{agency}/{deliverable}",
        held_on=body.held_on,
        place=body.place,
        attending=body.attending,
        actor=caller.viewer.actor,
        now=caller.now,
        how=How(via="api"),
    )
    return shapes.FiledOut.model_validate(filed)


@api.post(f"{ONE}/done", summary="Báo đã thực hiện nhiệm vụ", status_code=201)
def duty_done(
    agency: str, deliverable: str, body: shapes.DutyIn, caller: Caller = by(SENDERS)
) -> shapes.FiledOut:
    filed = filing_service.file_duty(
        caller.site.engine,
        caller.site.store,
        caller.plan.id,
        f"{agency}/{deliverable}",
        evidence=body.evidence,
        done_on=body.done_on,
        actor=caller.viewer.actor,
        now=caller.now,
        how=How(via="api"),
    )
    return shapes.FiledOut.model_validate(filed)


# --- decisions ---------------------------------------------------------------------------------


def decided(
    caller: Caller, agency: str, deliverable: str, do: Callable[[Session, int], object]
) -> shapes.ObligationOut:
    """One call to the ledger, then the obligation as it stands."""
    with writing(caller.site.engine) as session:
        do(session, row_id(caller, session, agency, deliverable))
    return now_of(caller, agency, deliverable)


@api.post(f"{ONE}/accept", summary="Nhận")
def accept(
    agency: str, deliverable: str, body: shapes.NoteIn, caller: Caller = by(OFFICE)
) -> shapes.ObligationOut:
    who = caller.who()
    return decided(
        caller, agency, deliverable, lambda s, key: ledger.accept(s, key, note=body.note, **who)
    )


@api.post(f"{ONE}/return", summary="Trả lại kèm lý do")
def give_back(
    agency: str, deliverable: str, body: shapes.ReasonIn, caller: Caller = by(OFFICE)
) -> shapes.ObligationOut:
    who = caller.who()
    return decided(
        caller,
        agency,
        deliverable,
        lambda s, key: ledger.give_back(s, key, reason=body.reason, **who),
    )


@api.post(f"{ONE}/reopen", summary="Mở lại nghĩa vụ đã nhận")
def reopen(
    agency: str, deliverable: str, body: shapes.ReasonIn, caller: Caller = by(OFFICE)
) -> shapes.ObligationOut:
    who = caller.who()
    return decided(
        caller, agency, deliverable, lambda s, key: ledger.reopen(s, key, reason=body.reason, **who)
    )


@api.post(f"{ONE}/waive", summary="Miễn")
def waive(
    agency: str, deliverable: str, body: shapes.ReasonIn, caller: Caller = by(OFFICE)
) -> shapes.ObligationOut:
    who = caller.who()
    return decided(
        caller, agency, deliverable, lambda s, key: ledger.waive(s, key, reason=body.reason, **who)
    )


@api.post(f"{ONE}/restore", summary="Bỏ miễn")
def restore(
    agency: str, deliverable: str, body: shapes.ReasonIn, caller: Caller = by(OFFICE)
) -> shapes.ObligationOut:
    who = caller.who()
    return decided(
        caller,
        agency,
        deliverable,
        lambda s, key: ledger.restore(s, key, reason=body.reason, **who),
    )


@api.post(f"{ONE}/explanations", summary="Giải trình một cảnh báo")
def explain(
    agency: str, deliverable: str, body: shapes.ExplanationIn, caller: Caller = by(SENDERS)
) -> shapes.ObligationOut:
    def do(session: Session, key: int) -> object:
        finding = session.get(Finding, body.finding)
        submission = session.get(Submission, finding.submission_id) if finding else None
        if submission is None or submission.obligation_id != key:
            raise MissingError
        who = caller.who()
        return ledger.explain(session, body.finding, explanation=body.explanation, **who)

    return decided(caller, agency, deliverable, do)


@api.post(f"{ONE}/extensions", summary="Xin gia hạn", status_code=201)
def ask_extension(
    agency: str, deliverable: str, body: shapes.ExtensionIn, caller: Caller = by(SENDERS)
) -> shapes.ExtensionOut:
    with writing(caller.site.engine) as session:
        asked = ledger.ask_extension(
            session,
            row_id(caller, session, agency, deliverable),
            until=body.until,
            reason=body.reason,
            document_number=body.document_number,
            actor=caller.viewer.actor,
            now=caller.now,
        )
        return shapes.ExtensionOut.model_validate(asked)


@api.post(f"{ONE}/extensions/{{extension}}/decision", summary="Quyết định gia hạn")
def decide_extension(
    agency: str,
    deliverable: str,
    extension: shapes.RowId,
    body: shapes.ExtensionDecisionIn,
    caller: Caller = by(OFFICE),
) -> shapes.ExtensionOut:
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
            actor=caller.viewer.actor,
            now=caller.now,
        )
        return shapes.ExtensionOut.model_validate(decided)


# --- consolidation -----------------------------------------------------------------------------


@api.post("/outputs/{output}/runs", summary="Tổng hợp ngay", status_code=201)
def run(output: str, caller: Caller = by(OFFICE)) -> shapes.RunOut:
    """Đầu vào không đổi thì trả về lần tổng hợp đã có."""
    if output not in {one.id for one in caller.definition.outputs}:
        raise MissingError
    result = consolidate(
        caller.site.engine,
        caller.site.store,
        caller.plan.id,
        output,
        trigger="by-hand",
        started_by=caller.viewer.name,
        as_of=caller.now,
        now=caller.now,
        templates=caller.site.settings.templates,
    )
    with reading(caller.site.engine) as session:
        return run_out(run_line(session, session.get_one(ConsolidationRun, result.run_id)))


@api.post("/runs/{output}/{number}/final", summary="Chốt một lần tổng hợp")
def freeze(output: str, number: shapes.RowId, caller: Caller = by(OFFICE)) -> shapes.RunOut:
    found = find_run(caller.session, caller.plan.id, output, number, caller.now)
    if found is None or found.row.id is None:
        raise MissingError
    with writing(caller.site.engine) as session:
        row = finalise(session, found.row.id, actor=caller.viewer.actor, now=caller.now)
        return run_out(run_line(session, row))
