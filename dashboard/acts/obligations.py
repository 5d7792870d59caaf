"""What Sở Nội vụ decides about one obligation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlmodel import Session

from dashboard.acts import bodies
from dashboard.acts.act import DOCUMENT, REASON, Act, Doing, Field, Target
from dashboard.auth.viewer import SENDERS
from plan import ledger
from plan.ledger.deadlines import set_internal_date
from plan.ledger.decisions import decide
from plan.ledger.threads import say
from plan.models import Plan
from plan.queries.lookup import find_obligation
from plan.states import CLOSED, STILL_OWED, State
from plan.text import date_words

NEWEST = Field("lan", "submission", "", "hidden")


def _find(session: Session, plan: Plan, params: Mapping[str, str]) -> tuple[int, str]:
    name = f"{params['agency']}/{params['deliverable']}"
    return find_obligation(session, plan.id, name).id or 0, name


OBLIGATION = Target(
    "/nghia-vu/{agency}/{deliverable}", "/obligations/{agency}/{deliverable}", _find
)
OWN = Target(
    "/don-vi/{agency}/{deliverable}",
    OBLIGATION.api,
    _find,
    "/don-vi/{agency}/{deliverable}#hoi-dap",
)
"""The same, by who owes it."""


def _accept(at: Doing, body: bodies.NoteIn) -> str:
    decide(at.session, "accept", at.key, body.note, submission=body.submission, **at.who)
    return "Đã nhận báo cáo; cơ quan sẽ được báo tin."


def _give_back(at: Doing, body: bodies.ReturnIn) -> str:
    decide(
        at.session,
        "return",
        at.key,
        body.reason,
        submission=body.submission,
        mend_by=body.mend_by,
        **at.who,
    )
    until = f" Phải sửa xong chậm nhất {date_words(body.mend_by)}." if body.mend_by else ""
    return f"Đã trả lại; cơ quan sẽ nhận lý do cùng đường dẫn nộp lại.{until}"


def _decides(name: str, said: str) -> Callable[[Doing, bodies.ReasonIn], str]:
    """One of the ledger's decisions that asks for a reason and nothing else."""

    def do(at: Doing, body: bodies.ReasonIn) -> str:
        decide(at.session, name, at.key, body.reason, **at.who)
        return said

    return do


def _internal_date(at: Doing, body: bodies.InternalDateIn) -> str:
    set_internal_date(at.session, at.key, body.until, reason=body.reason, **at.who)
    return "Đã đặt mốc nội bộ."


def _extend(at: Doing, body: bodies.ExtendIn) -> str:
    """A request in the office's own name, granted at once: the deadline has one history, asked or not."""
    asked = ledger.ask_extension(
        at.session,
        at.key,
        until=body.until,
        reason=body.reason,
        document_number=body.document_number,
        **at.who,
    )
    ledger.decide_extension(
        at.session,
        asked.id or 0,
        granted=True,
        document_number=body.document_number,
        **at.who,
    )
    return f"Đã gia hạn đến hết ngày {date_words(body.until)}; cơ quan sẽ được báo tin."


def _answer(at: Doing, body: bodies.PostIn) -> str:
    say(at.session, at.key, body.words, files=at.files, **at.who)
    return "Đã gửi câu trả lời; cơ quan sẽ được báo tin."


def _ask(at: Doing, body: bodies.PostIn) -> str:
    say(at.session, at.key, body.words, files=at.files, **at.who)
    return "Đã gửi câu hỏi; câu trả lời sẽ ở đây và có tin báo."


ACTS = (
    Act(
        "obligation",
        "answer",
        "tra-loi",
        "Trả lời cơ quan",
        "Gửi câu trả lời",
        bodies.PostIn,
        _answer,
        (Field("noi-dung", "words", "Nội dung, cơ quan sẽ đọc", required=True),),
        takes_files=True,
    ),
    Act(
        "own",
        "ask",
        "hoi",
        "Hỏi cơ quan nhận báo cáo",
        "Gửi câu hỏi",
        bodies.PostIn,
        _ask,
        (Field("noi-dung", "words", "Câu hỏi", required=True),),
        may=SENDERS,
        takes_files=True,
    ),
    Act(
        "obligation",
        "accept",
        "nhan",
        "Nhận",
        "Nhận báo cáo",
        bodies.NoteIn,
        _accept,
        (Field("ghi-chu", "note", "Ghi chú (không bắt buộc)"), NEWEST),
        command="review accept",
    ),
    Act(
        "obligation",
        "return",
        "tra-lai",
        "Trả lại kèm lý do",
        "Trả lại kèm lý do",
        bodies.ReturnIn,
        _give_back,
        (
            Field("ly-do", "reason", "Lý do trả lại, cơ quan sẽ đọc", required=True),
            Field("sua-truoc", "mend_by", "Phải sửa xong chậm nhất (không bắt buộc)", "day"),
            NEWEST,
        ),
        command="review return",
    ),
    Act(
        "obligation",
        "reopen",
        "mo-lai",
        "Mở lại nghĩa vụ đã nhận",
        "Mở lại",
        bodies.ReasonIn,
        _decides("reopen", "Đã mở lại; cơ quan có thể nộp bản thay."),
        (REASON,),
        command="review reopen",
        states=frozenset({State.accepted}),
    ),
    Act(
        "obligation",
        "extend",
        "gia-han",
        "Gia hạn khi cơ quan không xin",
        "Gia hạn",
        bodies.ExtendIn,
        _extend,
        (
            Field("ngay", "until", "Đến hết ngày", "day", required=True),
            Field("ly-do", "reason", "Lý do", "line", required=True),
            DOCUMENT,
        ),
        command="extend",
        states=STILL_OWED,
    ),
    Act(
        "obligation",
        "internal-date",
        "moc-noi-bo",
        "Đặt mốc nội bộ cho nhiệm vụ không có hạn",
        "Đặt mốc",
        bodies.InternalDateIn,
        _internal_date,
        (
            Field("ngay", "until", "Chậm nhất ngày", "day", required=True),
            Field("ly-do", "reason", "Lý do", "line", required=True),
        ),
        command="deadline",
        states=STILL_OWED,
    ),
    Act(
        "obligation",
        "waive",
        "mien",
        "Miễn",
        "Miễn nghĩa vụ",
        bodies.ReasonIn,
        _decides("waive", "Đã miễn; sẽ không nhắc nữa."),
        (REASON,),
        command="waive",
        states=frozenset(State) - CLOSED,
    ),
    Act(
        "obligation",
        "restore",
        "bo-mien",
        "Bỏ miễn",
        "Bỏ miễn",
        bodies.ReasonIn,
        _decides("restore", "Đã bỏ miễn; nghĩa vụ được nhắc trở lại."),
        (REASON,),
        command="waive",
        states=frozenset({State.waived}),
    ),
)
