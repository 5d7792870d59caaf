"""Handing in: files, a nil return, a conference, a duty done; an explanation, a request for time."""

from __future__ import annotations

from typing import cast

from sqlmodel import Session
from starlette.responses import Response

from dashboard.auth.viewer import SENDERS
from dashboard.pages.agency.mine import todo_of
from dashboard.pages.common import names_of
from dashboard.pages.office.decisions import EXPLAINED, explain_finding, locate
from dashboard.queries.agency.mine import deadlines
from dashboard.web.request import ForbiddenError, MissingError, Visit, moment_in
from dashboard.web.routing import Pages
from intake.conference import HeldConference
from intake.earlier_figures import earlier_figures
from intake.forms.typed import few_cells, typed_workbook
from intake.package import read_package
from intake.recognise import recognise_safely
from intake.submit import (
    File,
    Filed,
    ReceiptDetails,
    SubmissionContext,
    file_conference,
    file_duty,
    file_nil,
    submit_files,
)
from plan import ledger
from plan.calendar import local_day
from plan.errors import RefusedError
from plan.ledger.data_calls import in_use
from plan.ledger.filing import Via, sending_key
from plan.queries.lookup import find_obligation
from plan.states import Role
from plan.text import number_words

pages = Pages()
BASE = "/don-vi/{agency}"
ONE = f"{BASE}/{{deliverable}}"
VIAS = ("web", "paper", "other-system")


def name_of(visit: Visit) -> str:
    return f"{visit.param('agency')}/{visit.param('deliverable')}"


def _back(visit: Visit, said: str) -> Response:
    return visit.redirect(f"/don-vi/{name_of(visit)}", said)


def sent_files(visit: Visit) -> list[File]:
    """What was sent along, each read whole."""
    return [(part.filename or "tep", part.file.read()) for part in visit.uploads("tep")]


def submission_context(visit: Visit) -> SubmissionContext:
    """Whoever looks, as one who hands in now; read before the session is let go."""
    site = visit.site
    return SubmissionContext(
        site.engine, site.store, visit.plan.id, visit.who.actor, visit.now, _how_it_came(visit)
    )


def _how_it_came(visit: Visit) -> ReceiptDetails:
    """An agency's own comes now, by its own way; Sở Nội vụ may record what came by another."""
    key = _sending(visit)
    if visit.who.role is not Role.coordinator:
        return ReceiptDetails(via="link" if visit.who.via == "link" else "web", key=key)
    via = visit.text("qua", 20) or "web"
    if via not in VIAS:
        raise RefusedError("Cách nhận không hợp lệ.")
    came, reference = moment_in(visit.text("nhan-luc", 20)), visit.text("so", 100)
    if via != "web" and (came is None or not reference):
        raise RefusedError("Bản nhận ngoài hệ thống cần ghi thời điểm nhận và số văn bản.")
    return ReceiptDetails(
        via=cast(Via, via),
        reference=reference,
        received_at=came if via != "web" else None,
        key=key,
    )


def _sending(visit: Visit) -> str:
    """Of the form as it was shown and what was put into it: pressed twice, or sent again when nobody could
    say whether it had arrived, it is one sending; other files out of the same form are another."""
    shown = visit.text("lan-gui", 40)
    if not shown:
        return ""
    parts: list[str | bytes] = [visit.who.actor.account or visit.who.name, shown]
    for name, value in visit.form.multi_items():
        if isinstance(value, str):
            parts += [name, value]
        else:
            value.file.seek(0)
            parts += [name, value.filename or "", value.file.read()]
            value.file.seek(0)
    return sending_key(*parts)


@pages.post(f"{BASE}/nop", may=SENDERS, takes_files=True)
def hand_in(visit: Visit) -> Response:
    """A package of files: each is recognised and filed where it belongs."""
    return take(visit, "", sent_files(visit))


@pages.post(f"{ONE}/nop", may=SENDERS, takes_files=True)
def hand_in_one(visit: Visit) -> Response:
    """Files for one product."""
    return take(visit, visit.param("deliverable"), sent_files(visit))


@pages.post(f"{ONE}/dien", may=SENDERS)
def hand_in_typed(visit: Visit) -> Response:
    """Few figures typed on the page, handed in as the workbook they would stand in."""
    visit.count_sending()
    agency, deliverable = visit.param("agency"), visit.param("deliverable")
    definition = in_use(visit.session, visit.plan.id, visit.definition)
    if not few_cells(definition, agency, deliverable.partition("@")[0]):
        raise MissingError
    typed = {
        (name, period): visit.text(field, 1000)
        for field in visit.form
        for kind, _, rest in [field.partition(":")]
        for name, _, period in [rest.partition(":")]
        if kind == "o" and period
    }
    if not any(typed.values()):
        raise RefusedError("Chưa điền ô nào.")
    data = typed_workbook(
        definition,
        agency,
        typed,
        on=local_day(visit.now),
        deadlines=deadlines(todo_of(visit)),
    )
    return take(visit, deliverable, [(f"bieu-dien-tren-trang-{agency}.xlsx", data)])


def take(visit: Visit, deliverable: str, files: list[File]) -> Response:
    """Files handed in for the agency of the path (for one product, if named), or only checked (`thu`)."""
    agency = visit.param("agency")
    if agency not in names_of(visit).agencies:
        raise MissingError
    if not files:
        raise RefusedError("Chưa chọn tệp nào.")
    if visit.text("thu", 2):
        return _check(visit, agency, files, deliverable)
    _require_acting(visit)
    context = submission_context(visit)
    visit.let_go()
    filed = submit_files(
        context,
        agency,
        files,
        only=f"{agency}/{deliverable}" if deliverable else "",
        limits=visit.site.limits,
    )
    return visit.render("filed.html", filed=filed, code=agency, names=names_of(visit))


def _check(visit: Visit, agency: str, files: list[File], deliverable: str) -> Response:
    """Try without filing anything: what would be found."""
    known = earlier_figures(visit.session, visit.plan, agency)
    package = read_package(
        files,
        visit.definition,
        agency,
        only=deliverable.partition("@")[0],
        known=known,
        limits=visit.site.limits,
        recogniser=recognise_safely,
    )
    return visit.render("checked.html", package=package, code=agency, names=names_of(visit))


def _file_one(visit: Visit, filed: Filed, said: str) -> Response:
    """One filing without report or figures; what the ledger refuses is told."""
    if filed.submission_id is None:
        raise RefusedError(filed.findings[-1].message)
    return _back(visit, said)


def _require_acting(visit: Visit) -> None:
    if not visit.may_act:
        raise ForbiddenError("Đang ở chế độ chỉ xem; không nộp được.")


@pages.post(f"{ONE}/khong-phat-sinh", may=SENDERS)
def nil(visit: Visit) -> Response:
    _require_acting(visit)
    filed = file_nil(
        submission_context(visit),
        name_of(visit),
        visit.text("ly-do"),
    )
    return _file_one(visit, filed, f"Đã báo không phát sinh; chờ {visit.office} duyệt.")


@pages.post(f"{ONE}/hoi-nghi", may=SENDERS, takes_files=True)
def conference(visit: Visit) -> Response:
    _require_acting(visit)
    attending = visit.text("so-nguoi", 6)
    if not attending.isascii() or not attending.isdigit() or int(attending) == 0:
        raise RefusedError("Số người dự phải là số nguyên lớn hơn 0.")
    filed = file_conference(
        submission_context(visit),
        name_of(visit),
        HeldConference(visit.day("ngay"), visit.text("noi", 300), int(attending)),
        minutes=next(iter(sent_files(visit)), None),
    )
    return _file_one(visit, filed, f"Đã báo kết quả hội nghị; chờ {visit.office} duyệt.")


@pages.post(f"{ONE}/da-lam", may=SENDERS, takes_files=True)
def duty_done(visit: Visit) -> Response:
    _require_acting(visit)
    filed = file_duty(
        submission_context(visit),
        name_of(visit),
        evidence=visit.text("minh-chung"),
        files=sent_files(visit),
        done_on=visit.day("ngay"),
    )
    return _file_one(visit, filed, f"Đã báo thực hiện; chờ {visit.office} duyệt.")


@pages.post(f"{ONE}/xin-gia-han", may=SENDERS)
def ask_extension(visit: Visit) -> Response:
    with visit.writing() as session:
        ledger.ask_extension(
            session,
            _row_id(visit, session),
            until=visit.day("den"),
            reason=visit.text("ly-do"),
            actor=visit.who.actor,
            now=visit.now,
            document_number=visit.text("van-ban", 100),
        )
    return _back(visit, f"Đã gửi đề nghị gia hạn; hạn cũ vẫn tính đến khi {visit.office} trả lời.")


@pages.post(f"{BASE}/xin-gia-han", may=SENDERS)
def ask_extensions(visit: Visit) -> Response:
    """For several products at once, each on its own: one that cannot be asked for holds up no other."""
    agency, until, reason = visit.param("agency"), visit.day("den"), visit.text("ly-do")
    done, refused = 0, list[str]()
    for name in dict.fromkeys(str(value) for value in visit.form.getlist("chon")):
        try:
            with visit.writing() as session:
                row = find_obligation(session, visit.plan.id, f"{agency}/{name}")
                ledger.ask_extension(
                    session,
                    row.id or 0,
                    until=until,
                    reason=reason,
                    actor=visit.who.actor,
                    now=visit.now,
                    document_number=visit.text("van-ban", 100),
                )
            done += 1
        except RefusedError as error:
            code, _, period = name.partition("@")
            refused.append(f"{names_of(visit).product(code, period)}: {error}")
    if not done:
        raise RefusedError(" ".join(refused) or "Chưa chọn sản phẩm nào.")
    said = f"Đã gửi {number_words(done)} đề nghị gia hạn; hạn cũ vẫn tính đến khi {visit.office} trả lời."
    return visit.redirect(f"/don-vi/{agency}", " ".join([said, *refused]))


@pages.post(f"{ONE}/giai-trinh", may=SENDERS)
def explain(visit: Visit) -> Response:
    with visit.writing() as session:
        explain_finding(visit, session, _row_id(visit, session))
    return _back(visit, EXPLAINED)


def _row_id(visit: Visit, session: Session) -> int:
    row = locate(visit, session)
    assert row.id is not None
    return row.id
