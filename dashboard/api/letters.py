"""Letters: drafted to be signed; the signed one sent with its number and day, then how it went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, UploadFile
from starlette.responses import Response

from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import TOTAL, Caller, Page, by, looking
from dashboard.api.handing_in import sent_files
from dashboard.api.problems import BYTES, PLAIN, RESPONSES
from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.queries.letters import letter_in, letters_count, letters_page, story_of
from dashboard.rendering.export import attachment
from dashboard.web.request import MissingError
from intake.mail.letters import LetterFacts
from notifications.letters import LetterDesk, draft_letter, letter_of, read_signed, send_letter
from plan.models import SignedLetter

api = APIRouter(responses=RESPONSES)


@api.get("/letter", summary="Công văn đôn đốc (.docx)", responses=BYTES, response_class=Response)
def letter(
    agency: Annotated[str, Query(max_length=100)] = "",
    milestone: Annotated[str, Query(max_length=100)] = "",
    by_issuer: bool = False,
    caller: Caller = looking(OFFICE),
) -> Response:
    """Cho một cơ quan, hoặc về một mốc; `by_issuer`: bản để UBND ký."""
    caller.know(
        agency=(agency, caller.agencies),
        milestone=(milestone, caller.names.milestones),
    )
    made = letter_of(
        caller.session,
        caller.plan,
        caller.as_of,
        agency=agency,
        milestone=milestone,
        by_issuer=by_issuer,
    )
    return attachment(draft_letter(made), made.filename, PLAIN)


class SentOut(schemas.Out):
    """A letter on its way; agencies by their short names."""

    number: int
    """Its row, as `/letters/{letter}` asks."""
    by_axis: list[str]
    by_mail: list[str]
    by_none: list[str]
    """Whom no way leads to: they need the paper."""


class LetterOut(schemas.Out):
    id: int
    number: str
    issued_on: date
    subject: str
    due_on: date | None
    signer: str
    filename: str
    sent_at: datetime
    sent_by: str
    to: int
    """How many agencies it went to."""
    answers: int


class CarriedOut(schemas.Out):
    """A mail that carries the letter: to whom, and what became of it (`sent`, `refused`, …)."""

    recipient_name: str
    state: str


class DeliveryOut(schemas.Out):
    agency: str
    organ: str
    """Its code on the axis, where it went by it."""
    mails: list[CarriedOut]


class AnswerOut(schemas.Out):
    mail: int
    """Its number in the inbox."""
    agency: str
    received_at: datetime
    subject: str
    status: str
    """Of a status message of the axis: what it says."""


class LetterDetail(schemas.Out):
    letter: LetterOut
    signatures: list[dict[str, Any]]
    """What was found of each signature; `said`: in a sentence."""
    axis_taken_at: datetime | None
    deliveries: list[DeliveryOut]
    answered: list[AnswerOut]


@api.post("/letters", summary="Gửi công văn đã ký, có số và ngày", status_code=201)
def send(
    file: Annotated[UploadFile, File(description="Công văn đã ký (.pdf); giữ nguyên từng byte.")],
    number: Annotated[str, Form(max_length=80, description="15/SNV-CCHC")],
    issued_on: Annotated[bodies.Day, Form()],
    subject: Annotated[str, Form(min_length=1, max_length=500)],
    agencies: Annotated[list[str], Form(max_length=500, description="Mã các cơ quan nhận.")],
    due_on: Annotated[bodies.Day | None, Form()] = None,
    signer: Annotated[str, Form(max_length=200)] = "",
    caller: Caller = by(OFFICE),
) -> SentOut:
    """Qua trục liên thông cho cơ quan có mã trên trục, và qua thư điện tử kèm tệp. Đã gửi rồi thì từ chối."""
    ((name, data),) = sent_files(caller, [file])
    site = caller.site
    facts = LetterFacts(number, subject, issued_on, due_on, signer)
    read = read_signed(name, data, site.limits)
    desk = LetterDesk(site.engine, site.store, site.desk, site.settings.edoc_organ_id)
    done = send_letter(desk, caller.plan.id, facts, read, agencies, **caller.who())
    return SentOut.model_validate(done)


@api.get("/letters", summary="Công văn đã gửi")
def letters(response: Response, page: Page, caller: Caller = by(STAFF)) -> list[LetterOut]:
    """Mới trước."""
    response.headers[TOTAL] = str(letters_count(caller.session, caller.plan.id))
    rows = letters_page(caller.session, caller.plan.id, page.per_page, page.offset)
    return [_out(row, to, answers) for row, to, answers in rows]


@api.get("/letters/{letter}", summary="Một công văn đã gửi: đi đường nào, được trả lời ra sao")
def sent_letter(letter: bodies.RowId, caller: Caller = by(STAFF)) -> LetterDetail:
    row = letter_in(caller.session, caller.plan.id, letter)
    if row is None:
        raise MissingError
    story, codes = story_of(caller.session, row), caller.names.agency_ids
    return LetterDetail(
        letter=_out(row, len(story.deliveries), story.answered),
        signatures=row.signatures,
        axis_taken_at=story.package.taken_at if story.package else None,
        deliveries=[
            DeliveryOut(
                agency=codes.get(one.agency_id, ""),
                organ=one.organ,
                mails=[CarriedOut.model_validate(mail) for mail in one.mails],
            )
            for one in story.deliveries
        ],
        answered=[
            AnswerOut(
                mail=one.id or 0,
                agency=one.agency,
                received_at=one.received_at,
                subject=one.subject,
                status=one.outcome.get("edoc", {}).get("status", ""),
            )
            for one in story.answers
        ],
    )


def _out(row: SignedLetter, to: int, answers: int) -> LetterOut:
    return LetterOut(**row.model_dump(include=set(LetterOut.model_fields)), to=to, answers=answers)
