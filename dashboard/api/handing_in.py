"""Handing in: packages of files, nil returns, conferences, duties; blank forms to fill; trying first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Header, UploadFile
from starlette.responses import Response

from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import Caller, by
from dashboard.api.problems import BYTES, RESPONSES, TooOftenError
from dashboard.auth import limits
from dashboard.auth.viewer import EVERYONE, SENDERS
from dashboard.queries.agency.mine import Todo, deadlines, todo
from dashboard.rendering.export import DOCX, XLSX, attachment
from dashboard.web.request import ForbiddenError, MissingError
from intake import submit
from intake.conference import HeldConference
from intake.earlier_figures import earlier_figures
from intake.forms.report import build_reports
from intake.forms.workbook import build_workbook
from intake.package import read_package
from intake.recognise import recognise_safely
from intake.submit import ReceiptDetails, SubmissionContext
from plan.calendar import local_day
from plan.ledger.data_calls import in_use
from plan.ledger.filing import sending_key
from plan.plausible import MOST_ATTENDING
from plan.queries.progress import obligations
from plan.states import Role
from plan.text import typed_text

api = APIRouter(responses=RESPONSES)
AGENCY = "/agencies/{agency}"
ONE = "/obligations/{agency}/{deliverable}"
Files = Annotated[list[UploadFile], File(description="Các tệp .xlsx, .docx…")]
Deliverable = Annotated[str, Form(max_length=100, description="Trống: nội dung tệp quyết định.")]
Sent = list[tuple[str, bytes]]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Tự đặt, mỗi lần nộp một khóa: gọi lại với cùng khóa thì không ghi hai lần.",
    ),
]


def sent_files(caller: Caller, files: Sequence[UploadFile]) -> Sent:
    """Each file read whole; counted against the key."""
    now = caller.site.real_clock()
    if not limits.take(
        caller.site.engine, limits.UPLOAD, caller.viewer.session_key, now, caller.viewer.account
    ):
        words = "Đã gửi quá nhiều lần trong 10 phút; xin đợi một lát."
        raise TooOftenError(words, limits.UPLOAD)
    return [(one.filename or "tep", one.file.read()) for one in files]


def _sending(caller: Caller, key: str) -> str:
    """The caller's own key of this sending: another's of the same letters is another."""
    return sending_key(caller.viewer.session_key, key) if key else ""


def _how(
    caller: Caller, via: bodies.Via, reference: str, received_at: datetime | None, key: str
) -> ReceiptDetails:
    if caller.viewer.role is Role.agency and (via != "api" or received_at is not None):
        raise ForbiddenError("Chỉ Sở Nội vụ được ghi bản nhận ngoài hệ thống.")
    return ReceiptDetails(via, reference, received_at=received_at, key=_sending(caller, key))


def _by_api(caller: Caller, key: str) -> ReceiptDetails:
    return ReceiptDetails(via="api", key=_sending(caller, key))


def _context(caller: Caller, how: ReceiptDetails) -> SubmissionContext:
    """Whoever calls, as one who hands in now."""
    site = caller.site
    return SubmissionContext(
        site.engine, site.store, caller.plan.id, caller.viewer.actor, caller.now, how
    )


@api.post(f"{AGENCY}/submissions", summary="Nộp một gói tệp", status_code=201)
def hand_in(
    agency: str,
    files: Files,
    deliverable: Deliverable = "",
    via: Annotated[bodies.Via, Form()] = "api",
    reference: Annotated[str, Form(max_length=200)] = "",
    received_at: Annotated[bodies.Moment | None, Form()] = None,
    key: Key = "",
    caller: Caller = by(SENDERS),
) -> list[schemas.FiledOut]:
    """Mỗi tệp được nhận dạng, kiểm tra và ghi vào đúng nghĩa vụ; mọi phát hiện trả về một lần."""
    sent, how = sent_files(caller, files), _how(caller, via, reference, received_at, key)
    filed = submit.submit_files(
        _context(caller, how),
        agency,
        sent,
        only=f"{agency}/{deliverable}" if deliverable else "",
        limits=caller.site.limits,
    )
    return [schemas.FiledOut.model_validate(one) for one in filed]


@api.post(f"{AGENCY}/checks", summary="Kiểm tra thử một gói tệp, không nộp")
def check(
    agency: str, files: Files, deliverable: Deliverable = "", caller: Caller = by(SENDERS)
) -> list[schemas.FaultOut]:
    known = earlier_figures(caller.session, caller.plan, agency)
    package = read_package(
        sent_files(caller, files),
        caller.definition,
        agency,
        only=deliverable.partition("@")[0],
        known=known,
        limits=caller.site.limits,
        recogniser=recognise_safely,
    )
    found = [*package.findings, *(one for part in package.parts for one in part.findings)]
    return [schemas.FaultOut.model_validate(one) for one in found]


@api.post(f"{ONE}/nil", summary="Báo không phát sinh", status_code=201)
def nil(
    agency: str,
    deliverable: str,
    body: bodies.ReasonIn,
    key: Key = "",
    caller: Caller = by(SENDERS),
) -> schemas.FiledOut:
    filed = submit.file_nil(
        _context(caller, _by_api(caller, key)),
        f"{agency}/{deliverable}",
        body.reason,
    )
    return schemas.FiledOut.model_validate(filed)


@api.post(f"{ONE}/conference", summary="Báo kết quả hội nghị", status_code=201)
def conference(
    agency: str,
    deliverable: str,
    held_on: Annotated[bodies.Day, Form()],
    place: Annotated[str, Form(min_length=1, max_length=300)],
    attending: Annotated[int, Form(ge=1, le=MOST_ATTENDING)],
    minutes: Annotated[UploadFile | None, File(description="Biên bản, nếu có.")] = None,
    key: Key = "",
    caller: Caller = by(SENDERS),
) -> schemas.FiledOut:
    filed = submit.file_conference(
        _context(caller, _by_api(caller, key)),
        f"{agency}/{deliverable}",
        HeldConference(held_on, typed_text(place), attending),
        minutes=sent_files(caller, [minutes])[0] if minutes else None,
    )
    return schemas.FiledOut.model_validate(filed)


@api.post(f"{ONE}/done", summary="Báo đã thực hiện nhiệm vụ", status_code=201)
def duty_done(
    agency: str,
    deliverable: str,
    evidence: Annotated[str, Form(min_length=1, max_length=4000)],
    done_on: Annotated[date | None, Form()] = None,
    files: Annotated[list[UploadFile], File(description="Minh chứng, nếu có.")] = [],  # noqa: B006 - FastAPI copies it
    key: Key = "",
    caller: Caller = by(SENDERS),
) -> schemas.FiledOut:
    filed = submit.file_duty(
        _context(caller, _by_api(caller, key)),
        f"{agency}/{deliverable}",
        evidence=typed_text(evidence),
        files=sent_files(caller, files) if files else [],
        done_on=done_on,
    )
    return schemas.FiledOut.model_validate(filed)


# --- blank forms -------------------------------------------------------------------------------


def todo_by(caller: Caller, agency: str) -> Todo:
    """What the agency owes now."""
    views = obligations(caller.session, caller.plan, caller.now, agency=agency)
    return todo(caller.session, caller.definition, agency, views, caller.now)


@api.get(
    f"{AGENCY}/workbook",
    summary="Tải biểu số liệu trống của cơ quan (.xlsx)",
    response_class=Response,
    responses=BYTES,
)
def workbook(agency: str, caller: Caller = by(EVERYONE)) -> Response:
    found, day = todo_by(caller, agency), local_day(caller.now)
    if not found.has_workbook:
        raise MissingError
    asking = in_use(caller.session, caller.plan.id, caller.definition)
    data = build_workbook(asking, agency, on=day, deadlines=deadlines(found))
    return attachment(data, f"bieu-so-lieu-{agency}.xlsx", XLSX)


@api.get(
    f"{AGENCY}/outlines/{{deliverable}}",
    summary="Tải đề cương báo cáo trống (.docx)",
    response_class=Response,
    responses=BYTES,
)
def outline(agency: str, deliverable: str, caller: Caller = by(EVERYONE)) -> Response:
    made = build_reports(
        caller.definition,
        agency,
        on=local_day(caller.now),
        written_at=caller.now,
        deadlines=deadlines(todo_by(caller, agency)),
    )
    for template in made:
        if template.deliverable == deliverable:
            return attachment(template.data, template.filename, DOCX)
    raise MissingError
