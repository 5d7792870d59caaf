"""«Giao xuống»: what an agency asks of its own units and decides on what they hand in. In the inner plan the
agency is the coordinator; whose duty it is was found by the path, and the ledger looks again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlmodel import Session

from dashboard.acts import bodies
from dashboard.acts.act import REASON, Act, Deed, Doing, Field, Target
from dashboard.acts.urging import outcome, urge_each
from dashboard.auth.viewer import AGENCY
from plan.errors import NotFoundError, RefusedError
from plan.handdown.definition import Unit
from plan.handdown.handing import add_units, as_coordinator, hand_down, inner_of
from plan.handdown.taking_back import take_back
from plan.ledger.decisions import decide
from plan.ledger.threads import say
from plan.ledger.urging import UrgingRequest
from plan.models import Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation
from plan.queries.progress import obligations
from plan.states import STILL_OWED
from plan.text import date_words, number_words


def _duty(session: Session, plan: Plan, params: Mapping[str, str]) -> tuple[int, str]:
    name = f"{params['agency']}/{params['deliverable']}"
    return find_obligation(session, plan.id, name).id or 0, name


def find_unit(session: Session, plan: Plan, params: Mapping[str, str]) -> Obligation:
    """What the unit of the path owes. A unit is asked once, also for one time of a product that recurs.
    Raises NotFoundError."""
    key, name = _duty(session, plan, params)
    inner = inner_of(session, key)
    if inner is None:
        raise NotFoundError("việc đã giao xuống", name, ())
    product = params["deliverable"].partition("@")[0]
    return find_obligation(session, inner.id, f"{params['unit']}/{product}")


def _unit(session: Session, plan: Plan, params: Mapping[str, str]) -> tuple[int, str]:
    return find_unit(session, plan, params).id or 0, params["unit"]


PAGE = "/don-vi/{agency}/{deliverable}/giao-xuong"
HANDDOWN = Target(PAGE, "/obligations/{agency}/{deliverable}/hand-down", _duty)
UNIT = Target(
    f"{PAGE}/{{unit}}",
    "/obligations/{agency}/{deliverable}/hand-down/units/{unit}",
    _unit,
    f"{PAGE}#{{unit}}",
)


def inner_as(at: Doing) -> Deed:
    """Who does it, as the inner plan knows them."""
    return {"actor": as_coordinator(at.who["actor"]), "now": at.who["now"]}


def _inner(at: Doing) -> Plan:
    found = inner_of(at.session, at.key)
    if found is None:
        raise RefusedError("Việc này chưa giao xuống đơn vị nào.")
    return found


def _ask(at: Doing, body: bodies.UnitsIn) -> str:
    units = [Unit(one.name, one.contact, one.email, one.phone) for one in body.units]
    inner = inner_of(at.session, at.key)
    if inner is not None:
        if body.until not in (None, definition_of(inner).ends_on):
            raise RefusedError(
                "Việc này đã giao xuống rồi: đơn vị thêm có cùng hạn với các đơn vị đang có. Chưa thêm đơn "
                "vị nào; hãy bỏ trống ngày."
            )
        count = add_units(at.session, inner, units, **at.who)
        return f"Đã thêm {number_words(count)} đơn vị."
    if body.until is None:
        raise RefusedError("Cần điền: đơn vị nộp chậm nhất ngày.")
    hand_down(at.session, at.key, units, body.until, **at.who)
    said = f"Đã giao {number_words(len(units))} đơn vị, chậm nhất {date_words(body.until)}"
    return f"{said}; tin đi trong giờ làm việc."


def _urge(at: Doing, body: bodies.UnitsUrgeIn) -> str:
    """One that cannot be urged holds up no other."""
    inner = _inner(at)
    views = obligations(at.session, inner, at.who["now"])
    owing = {view.agency: view.agency_name for view in views if view.state in STILL_OWED}
    if not owing:
        raise RefusedError("Không còn đơn vị nào chưa nộp.")
    done, refused = urge_each(
        at.session,
        inner.id,
        owing,
        UrgingRequest("message", body.words, again=body.again),
        inner_as(at),
    )
    said = f"Đã ghi nhắc {number_words(done)} đơn vị; tin đi trong giờ làm việc."
    return outcome(said, done, refused, "đơn vị")


def _take_back(at: Doing, body: bodies.ReasonIn) -> str:
    count = take_back(at.session, _inner(at), reason=body.reason, **at.who)
    return f"Đã thu lại của {number_words(count)} đơn vị; các đơn vị sẽ được báo tin."


def _take_back_one(at: Doing, body: bodies.ReasonIn) -> str:
    inner = at.session.get_one(Plan, at.session.get_one(Obligation, at.key).plan_id)
    take_back(at.session, inner, reason=body.reason, only=at.key, **at.who)
    return "Đã thu lại; đơn vị sẽ được báo tin."


def _accept(at: Doing, body: bodies.NoteIn) -> str:
    decide(at.session, "accept", at.key, body.note, submission=body.submission, **inner_as(at))
    return "Đã nhận; đơn vị sẽ được báo tin."


def _give_back(at: Doing, body: bodies.ReturnIn) -> str:
    decide(
        at.session,
        "return",
        at.key,
        body.reason,
        submission=body.submission,
        mend_by=body.mend_by,
        **inner_as(at),
    )
    return "Đã trả lại; đơn vị sẽ nhận lý do cùng đường dẫn nộp lại."


def _decides(name: str, said: str) -> Callable[[Doing, bodies.ReasonIn], str]:
    def do(at: Doing, body: bodies.ReasonIn) -> str:
        decide(at.session, name, at.key, body.reason, **inner_as(at))
        return said

    return do


def _answer(at: Doing, body: bodies.PostIn) -> str:
    say(at.session, at.key, body.words, files=at.files, **inner_as(at))
    return "Đã trả lời; đơn vị sẽ được báo tin."


NEWEST = Field("lan", "submission", "", "hidden")
ACTS = (
    Act(
        "handdown",
        "units",
        "giao",
        "Giao xuống các đơn vị, hoặc thêm đơn vị",
        "Giao xuống",
        bodies.UnitsIn,
        _ask,
        (
            Field("don-vi", "units", "Mỗi dòng một đơn vị", "units", required=True),
            Field("ngay", "until", "Đơn vị nộp chậm nhất ngày", "day"),
        ),
        may=AGENCY,
        command="handdown ask",
        follows="Đơn vị làm cùng biểu mẫu, nộp về cơ quan; hạn không sau hạn của cơ quan.",
    ),
    Act(
        "handdown",
        "urge",
        "nhac",
        "Nhắc các đơn vị chưa nộp",
        "Nhắc",
        bodies.UnitsUrgeIn,
        _urge,
        (
            Field("loi", "words", "Lời nhắc, đơn vị đọc đúng lời này", required=True),
            Field("van-nhac", "again", "Vẫn nhắc, kể cả đơn vị hôm nay đã được nhắc", "check"),
        ),
        may=AGENCY,
    ),
    Act(
        "handdown",
        "take-back",
        "thu-lai",
        "Thu lại việc đã giao",
        "Thu lại của mọi đơn vị",
        bodies.ReasonIn,
        _take_back,
        (REASON,),
        may=AGENCY,
        command="handdown take-back",
        follows="Đơn vị chưa được nhận bản nộp thì không phải nộp nữa và được báo tin; bản đã nộp vẫn giữ.",
    ),
    Act(
        "unit",
        "accept",
        "nhan",
        "Nhận bản nộp của đơn vị",
        "Nhận",
        bodies.NoteIn,
        _accept,
        (NEWEST,),
        may=AGENCY,
    ),
    Act(
        "unit",
        "return",
        "tra-lai",
        "Trả lại đơn vị kèm lý do",
        "Trả lại",
        bodies.ReturnIn,
        _give_back,
        (Field("ly-do", "reason", "Lý do, đơn vị sẽ đọc", required=True), NEWEST),
        may=AGENCY,
    ),
    Act(
        "unit",
        "answer",
        "tra-loi",
        "Trả lời đơn vị",
        "Gửi trả lời",
        bodies.PostIn,
        _answer,
        (Field("noi-dung", "words", "Trả lời đơn vị", required=True),),
        may=AGENCY,
        takes_files=True,
    ),
    Act(
        "unit",
        "take-back",
        "thu-lai",
        "Thu lại của một đơn vị",
        "Thu lại",
        bodies.ReasonIn,
        _take_back_one,
        (REASON,),
        may=AGENCY,
        command="handdown take-back",
    ),
    Act(
        "unit",
        "ask-again",
        "giao-lai",
        "Giao lại cho đơn vị",
        "Giao lại",
        bodies.ReasonIn,
        _decides("restore", "Đã giao lại, hạn như cũ; đơn vị sẽ được báo tin."),
        (REASON,),
        may=AGENCY,
    ),
)
