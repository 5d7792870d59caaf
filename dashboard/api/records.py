"""What was sent, what was consolidated, who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import col, select
from starlette.responses import Response

from consolidation.compare import changes_since
from consolidation.trace import trace, trace_run
from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import (
    Caller,
    Page,
    TaggedRoute,
    ahead_over,
    by,
    looking,
    looking_over,
    scope_of,
)
from dashboard.api.problems import BYTES, PLAIN, RESPONSES
from dashboard.auth import links
from dashboard.auth.viewer import READERS, STAFF
from dashboard.queries import messages as reads
from dashboard.queries.messages import MessageFilter
from dashboard.queries.runs import RunLine, find_run, inputs_of, runs_by_output
from dashboard.rendering.export import attachment
from dashboard.web.request import MissingError
from dashboard.words import MESSAGE_EVENTS
from notifications.outbox.queries import show_message
from notifications.reminders.digests import Digest
from notifications.reminders.tick import preview
from notifications.words import CHANNELS, MESSAGE_WORDS
from plan.definition.periodic import outputs_by_period
from plan.errors import NotFoundError, UsageError
from plan.ledger.audit import verify
from plan.models import AuditEvent, Message, Obligation
from plan.queries.lookup import find_agency, obligation_name

api = APIRouter(route_class=TaggedRoute, responses=RESPONSES)
Filter = Annotated[str, Query(max_length=100)]
RUN = "/runs/{output}/{number}"


# --- messages ----------------------------------------------------------------------------------


@api.get("/messages", summary="Tin đã soạn, mới trước")
def messages(
    response: Response,
    page: Page,
    state: Filter = "",
    channel: Filter = "",
    agency: Filter = "",
    event: Filter = "",
    callers: list[Caller] = looking_over(STAFF),
) -> list[schemas.MessageOut]:
    caller = callers[0]
    caller.know(
        state=(state, MESSAGE_WORDS),
        channel=(channel, CHANNELS),
        agency=(agency, dict.fromkeys(code for one in callers for code in one.agencies)),
        event=(event, MESSAGE_EVENTS),
    )
    wanted = MessageFilter(state=state, channel=channel, agency=agency, event=event)
    statement = reads.where(scope_of(callers), caller.as_of, wanted).order_by(
        col(Message.id).desc()
    )
    rows = page.cut_query(caller.session, statement, response)
    return [schemas.MessageOut.model_validate(row) for row in rows]


@api.get("/messages/next", summary="Lượt nhắc kế tiếp: gửi ai, vì sao")
def next_messages(
    response: Response, page: Page, agency: Filter = "", callers: list[Caller] = ahead_over(STAFF)
) -> list[schemas.PlannedOut]:
    """Tính thử, không ghi và không gửi gì. Lượt xem lại nhiều nghĩa vụ thì phải nêu cơ quan."""
    caller, scope = callers[0], scope_of(callers)
    caller.know(agency=(agency, dict.fromkeys(code for one in callers for code in one.agencies)))
    at = reads.next_opening(caller.session, scope, caller.now)
    place = _place_of(callers, agency) if agency else None
    if place is None and reads.is_wide(caller.session, scope, at):
        raise UsageError(
            f"Lượt nhắc kế tiếp xem lại hơn {reads.MOST_WHOLE} nghĩa vụ; hãy hỏi từng cơ quan: "
            "agency=…, mã ở /agencies."
        )
    look, sent_at = preview(caller.site.engine, scope, at, caller.site.desk, place)
    return [_planned(one, sent_at) for one in page.cut(look.digests, response)]


def _place_of(callers: list[Caller], code: str) -> int | None:
    """The agency's row in the first of these plans that it takes part in."""
    plan = next(one for one in callers if code in one.agencies).plan
    return find_agency(callers[0].session, plan.id, code).id


def _planned(digest: Digest, at: datetime) -> schemas.PlannedOut:
    return schemas.PlannedOut(
        at=at,
        recipient_name=digest.person.name,
        channel=digest.channel,
        why=digest.why,
        obligations=[row.name for row in digest.rows],
        plans=list(dict.fromkeys(row.plan_id for row in digest.rows)),
    )


@api.get("/messages/{message}", summary="Một tin: nội dung, các lần gửi")
def message(message: bodies.RowId, caller: Caller = by(STAFF)) -> schemas.MessageDetail:
    """Đường dẫn riêng của người nhận được che đi."""
    try:
        found = show_message(caller.session, caller.plan.id, message)
    except NotFoundError:
        raise MissingError from None
    rows = [caller.session.get_one(Obligation, key) for key in found["obligation_ids"]]
    return schemas.MessageDetail(
        **{name: found[name] for name in schemas.MessageOut.model_fields},
        subject=str(found["content"].get("subject", "")),
        text=reads.without_links(str(found["content"].get("text", ""))),
        attempt_list=[schemas.AttemptOut.model_validate(one) for one in found["attempt_list"]],
        obligations=[obligation_name(caller.session, row) for row in rows],
    )


@api.get("/link-uses", summary="Đường dẫn riêng đã được mở, đã được dùng")
def link_uses(caller: Caller = by(STAFF)) -> list[schemas.LinkUseOut]:
    rows = links.recent_uses(caller.session, caller.plan.id)
    return [schemas.LinkUseOut.model_validate(row) for row in rows]


# --- consolidation runs ------------------------------------------------------------------------


def run_out(line: RunLine) -> schemas.RunOut:
    fields = schemas.RunOut.model_fields.keys() - {"files"}
    return schemas.RunOut(
        **{name: getattr(line.row, name) for name in fields},
        files=[schemas.RunFileOut.model_validate(file) for file in line.files],
    )


def run_of(caller: Caller, output: str, number: int) -> RunLine:
    found = find_run(caller.session, caller.plan.id, output, number, caller.as_of)
    if found is None:
        raise MissingError
    return found


@api.get("/runs", summary="Các lần tổng hợp")
def runs(
    response: Response, page: Page, output: Filter = "", caller: Caller = looking(READERS)
) -> list[schemas.RunOut]:
    caller.know(output=(output, [one.id for one in outputs_by_period(caller.definition)]))
    found = runs_by_output(caller.session, caller.plan.id, caller.definition, caller.as_of)
    lines = [run for one in found if output in ("", one.output.id) for run in one.runs]
    return [run_out(line) for line in page.cut(lines, response)]


@api.get(RUN, summary="Một lần tổng hợp và những bản nộp đã vào")
def run(output: str, number: bodies.RowId, caller: Caller = looking(READERS)) -> schemas.RunDetail:
    line = run_of(caller, output, number)
    inputs = inputs_of(caller.session, line.row)
    return schemas.RunDetail(
        **run_out(line).model_dump(),
        inputs=[schemas.RunInputOut.model_validate(one) for one in inputs],
    )


@api.get(f"{RUN}/differences", summary="Khác gì so với lần chốt (hoặc lần trước)")
def run_differences(
    output: str, number: bodies.RowId, caller: Caller = by(READERS)
) -> list[schemas.RunChangeOut]:
    line = run_of(caller, output, number)
    assert line.row.id is not None
    found = changes_since(caller.session, caller.site.store, line.row.id)
    return [schemas.RunChangeOut.model_validate(one) for one in found]


@api.get(
    f"{RUN}/files/{{filename}}",
    summary="Tải một tệp tổng hợp",
    response_class=Response,
    responses=BYTES,
)
def run_file(
    output: str, number: bodies.RowId, filename: str, caller: Caller = looking(READERS)
) -> Response:
    line = run_of(caller, output, number)
    kept = next((one for one in line.files if one.filename == filename), None)
    if kept is None:
        raise MissingError
    return attachment(caller.site.store.get(kept.sha256), kept.filename, PLAIN)


@api.get("/figures/{indicator}/{period}", summary="Một số liệu tổng hợp từ đâu mà có")
def figure(indicator: str, period: str, caller: Caller = looking(READERS)) -> schemas.TraceOut:
    """Như `dondoc trace`: từng cơ quan, lần nộp, trang tính, ô."""
    return _traced(lambda: trace(caller.session, caller.plan, indicator, period, caller.as_of))


@api.get(f"{RUN}/figures/{{indicator}}/{{period}}", summary="Số liệu đó trong lần tổng hợp này")
def run_figure(
    output: str,
    number: bodies.RowId,
    indicator: str,
    period: str,
    caller: Caller = by(READERS),
) -> schemas.TraceOut:
    line = run_of(caller, output, number)
    return _traced(lambda: trace_run(caller.session, line.row, indicator, period))


def _traced(find: Any) -> schemas.TraceOut:
    try:
        return schemas.TraceOut.model_validate(find().as_json())
    except NotFoundError:
        raise MissingError from None


# --- the trail ---------------------------------------------------------------------------------


@api.get("/events", summary="Nhật ký, cũ trước")
def events(
    page: Page,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Chỉ những dòng sau số này.")] = 0,
    subject: Filter = "",
    callers: list[Caller] = looking_over(STAFF),
) -> list[schemas.EventOut]:
    caller = callers[0]
    statement = select(AuditEvent).where(
        col(AuditEvent.plan_id).in_([one.plan.id for one in callers]),
        col(AuditEvent.id) > after,
        AuditEvent.at <= caller.as_of,
    )
    if subject:
        statement = statement.where(AuditEvent.subject == subject)
    rows = caller.session.exec(
        statement.order_by(col(AuditEvent.id)).limit(page.per_page).offset(page.offset)
    )
    return [schemas.EventOut.model_validate(row) for row in rows]


@api.get("/events/check", summary="Chuỗi băm của nhật ký còn nguyên không")
def check(caller: Caller = by(STAFF)) -> schemas.CheckOut:
    broken = [schemas.BrokenOut.model_validate(one) for one in verify(caller.session)]
    return schemas.CheckOut(whole=not broken, broken=broken)
