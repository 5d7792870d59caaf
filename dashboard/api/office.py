"""What Sở Nội vụ asks for beside obligations: data calls, a trial of the channels."""

from __future__ import annotations

from fastapi import APIRouter
from sqlmodel import Session

from consolidation.figures.data_calls import rolled_up, side_by_side
from consolidation.outputs.environment import USUAL, details_of
from consolidation.report_work import choose
from dashboard.acts import bodies
from dashboard.api import office_schemas as schemas
from dashboard.api.auth import Caller, by, looking
from dashboard.api.problems import RESPONSES
from dashboard.auth.viewer import OFFICE, READERS, STAFF
from dashboard.web.request import MissingError
from intake.report.outline import outline_of
from notifications.starting import try_channel
from plan.database import writing
from plan.definition.model import DataCall
from plan.definition.periodic import outputs_by_period
from plan.errors import NotFoundError
from plan.ledger.data_calls import asked, find_call, opened

api = APIRouter(responses=RESPONSES)


@api.get("/data-calls", summary="Yêu cầu số liệu nội bộ")
def data_calls(caller: Caller = looking(READERS)) -> list[schemas.CallOut]:
    there = {call.id for call in opened(caller.session, caller.plan.id, caller.definition)}
    return [_call(caller, call, call.id in there) for call in caller.definition.data_calls]


def _call(caller: Caller, call: DataCall, is_open: bool) -> schemas.CallOut:
    answer = rolled_up(caller.session, caller.plan, call, caller.as_of) if is_open else None
    return schemas.CallOut(
        id=call.id,
        title=call.title,
        appendix=call.appendix,
        asked_by=call.asked_by,
        asked=asked(caller.definition, call),
        open=is_open,
        coverage=answer.coverage.words() if answer else "",
    )


@api.get("/data-calls/{call}", summary="Một yêu cầu số liệu và số liệu đã nhận")
def data_call(call: str, caller: Caller = looking(READERS)) -> schemas.CallDetail:
    try:
        found = find_call(caller.definition, call)
    except NotFoundError:
        raise MissingError from None
    is_open = found in opened(caller.session, caller.plan.id, caller.definition)
    heads, rows = side_by_side(rolled_up(caller.session, caller.plan, found, caller.as_of))
    told = _call(caller, found, is_open).model_dump()
    return schemas.CallDetail(**told, heads=heads, rows=rows)


@api.get("/outputs/{output}/headings", summary="Mỗi mục của dự thảo báo cáo nêu kỹ đến đâu")
def headings(output: str, caller: Caller = looking(READERS)) -> list[schemas.HeadingOut]:
    known = {one.id for one in outputs_by_period(caller.definition) if one.kind == "report"}
    if output not in known:
        raise MissingError
    return _headings(caller.session, caller, output)


def _headings(session: Session, caller: Caller, output: str) -> list[schemas.HeadingOut]:
    chosen = details_of(session, caller.plan.id, output)
    return [
        schemas.HeadingOut(
            node=key,
            title=f"{one.node.number} {one.node.title}".strip(),
            detail=chosen.get(key, USUAL),
        )
        for key, one in outline_of(caller.definition).targets.items()
    ]


@api.post("/outputs/{output}/headings/{node}", summary="Chọn một mục nêu kỹ đến đâu")
def choose_detail(
    output: str, node: str, body: bodies.DetailIn, caller: Caller = by(OFFICE)
) -> schemas.HeadingOut:
    """Từ lần tổng hợp sau. `brief`: tóm tắt; `full`: nguyên văn; `none`: không nêu."""
    with writing(caller.site.engine) as session:
        choose(session, caller.plan, output, node, body.detail, **caller.who())
        return next(one for one in _headings(session, caller, output) if one.node == node)


@api.post("/channels/{channel}/test", summary="Thử một kênh gửi tin")
def try_one(channel: str, body: bodies.TrialIn, caller: Caller = by(STAFF)) -> schemas.TrialOut:
    """Có `to` thì gửi một tin thử tới đó. Không có lỗi nào: danh sách trống."""
    site, now = caller.site, caller.now
    try:
        faults = try_channel(
            site.engine,
            site.settings,
            site.clock,
            channel,
            body.to,
            caller.plan.id,
            caller.viewer.actor,
            now,
        )
    except NotFoundError:
        raise MissingError from None
    return schemas.TrialOut(channel=channel, faults=faults)
