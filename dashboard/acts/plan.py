"""What Sở Nội vụ decides about a whole plan: milestones, data calls, people, days, the ladder, its life."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from dashboard.acts import bodies
from dashboard.acts.act import DOCUMENT, REASON, Act, Doing, Field, Target
from dashboard.auth.viewer import STAFF
from plan import ledger
from plan.adjustments import change_ladder, set_day
from plan.board_mailing import set_board_mailing
from plan.contacts import add_contact, remove_contact
from plan.errors import NotFoundError
from plan.ledger.data_calls import find_call, open_call
from plan.ledger.deadlines import amend_deadline
from plan.ledger.new_deadline import Amendment, Basis
from plan.ledger.occurred import Occurrence, record_event
from plan.ledger.threads import note
from plan.models import Agency, Contact, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_agency, find_milestone
from plan.text import date_words, number_words


def _milestone(session: Session, plan: Plan, params: Mapping[str, str]) -> tuple[int, str]:
    row = find_milestone(session, plan.id, params["milestone"])
    return row.id or 0, row.code


def _call(_session: Session, plan: Plan, params: Mapping[str, str]) -> tuple[int, str]:
    return 0, find_call(definition_of(plan), params["call"]).id


def _agency(session: Session, plan: Plan, params: Mapping[str, str]) -> tuple[int, str]:
    row = find_agency(session, plan.id, params["agency"])
    return row.id or 0, row.code


def _contact(session: Session, plan: Plan, params: Mapping[str, str]) -> tuple[int, str]:
    text = params["contact"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    row = session.get(Contact, number)
    agency = session.get(Agency, row.agency_id) if row is not None else None
    if agency is None or agency.plan_id != plan.id:
        raise NotFoundError("người nhận số", text, ())
    return number, agency.code


def _plan(_session: Session, plan: Plan, _params: Mapping[str, str]) -> tuple[int, str]:
    return 0, plan.id


MILESTONE = Target("/moc/{milestone}", "/milestones/{milestone}", _milestone)
CALL = Target("/so-lieu-noi-bo/{call}", "/data-calls/{call}", _call, "/so-lieu-noi-bo")
AGENCY = Target("/co-quan/{agency}", "/agencies/{agency}", _agency)
CONTACT = Target(
    "/quan-tri/danh-ba/{contact}", "/contacts/{contact}", _contact, "/quan-tri/danh-ba"
)
DAYS = Target("/quan-tri/lich-nghi", "/days", _plan)
LADDER = Target("/quan-tri/chinh-sach", "/reminder-policy", _plan)
BOARD_MAIL = Target("/quan-tri/gui-buc-tranh", "/board-mailing", _plan)
LIFE = Target("/ke-hoach", "/plan", _plan)


def _amend(at: Doing, body: bodies.AmendIn) -> str:
    done = amend_deadline(
        at.session,
        at.plan,
        at.code,
        Amendment(body.until, Basis(body.reason, body.document_number, body.document_on)),
        agencies=body.agencies,
        **at.who,
    )
    return " ".join(done.sentences(body.until))


def _event(at: Doing, body: bodies.EventIn) -> str:
    names = record_event(
        at.session,
        at.plan,
        at.code,
        Occurrence(body.happened_on, Basis(body.reason, body.document_number), until=body.until),
        agencies=body.agencies,
        **at.who,
    )
    return f"Đã ghi sự kiện; {number_words(len(names))} nghĩa vụ bắt đầu tính hạn."


def _close(at: Doing, _body: bodies.NothingIn) -> str:
    ledger.close_milestone(at.session, at.key, **at.who)
    return "Đã đóng mốc."


def _open(at: Doing, body: bodies.CallIn) -> str:
    asked = open_call(
        at.session,
        at.plan,
        definition_of(at.plan),
        at.code,
        body.until,
        reason=body.reason,
        **at.who,
    )
    return (
        f"Đã gửi yêu cầu đến {number_words(len(asked))} đơn vị, chậm nhất {date_words(body.until)}."
    )


def _add(at: Doing, body: bodies.ContactIn) -> str:
    row = add_contact(at.session, at.plan.id, at.code, body.model_dump(), **at.who)
    return f"Đã thêm người nhận {row.name}."


def _remove(at: Doing, _body: bodies.NothingIn) -> str:
    row = remove_contact(at.session, at.plan.id, at.key, **at.who)
    return f"Đã bỏ người nhận {row.name}; các đường dẫn đã gửi cho người này ngừng hoạt động."


def _day(at: Doing, body: bodies.DayIn) -> str:
    set_day(at.session, at.plan.id, body.day, body.kind, body.why, **at.who)
    return f"Đã ghi ngày {date_words(body.day)}; số ngày làm việc được đếm lại."


def _ladder(at: Doing, body: bodies.LadderIn) -> str:
    change_ladder(at.session, at.plan.id, body.rungs, **at.who)
    return f"Đã đổi bậc thang nhắc: {number_words(len(body.rungs))} nấc, dùng từ lượt nhắc tới."


def _board_mail(at: Doing, body: bodies.BoardMailIn) -> str:
    row = set_board_mailing(
        at.session,
        at.plan.id,
        weekdays=body.weekdays,
        send_at=body.send_at,
        recipients=body.recipients,
        **at.who,
    )
    if not row.recipients:
        return "Đã thôi gửi bức tranh định kỳ."
    return f"Đã đặt lịch: bức tranh gửi cho {number_words(len(row.recipients))} người."


def _pause(at: Doing, body: bodies.ReasonIn) -> str:
    ledger.pause_plan(at.session, at.plan.id, reason=body.reason, **at.who)
    return "Đã tạm dừng: không nhắc nữa, vẫn nhận bài nộp."


def _end(at: Doing, body: bodies.ReasonIn) -> str:
    ledger.close_plan(at.session, at.plan.id, reason=body.reason, **at.who)
    return "Đã đóng kế hoạch; từ nay chỉ còn xem được."


def _note(at: Doing, body: bodies.WordsIn) -> str:
    note(at.session, at.plan.id, at.code, body.words, **at.who)
    return "Đã ghi chú; cơ quan không thấy ghi chú này."


ACTS = (
    Act(
        "agency",
        "notes",
        "ghi-chu",
        "Ghi chú nội bộ",
        "Lưu ghi chú",
        bodies.WordsIn,
        _note,
        (Field("noi-dung", "words", "Ghi chú", required=True),),
        may=STAFF,
        follows="Chỉ Sở Nội vụ, quản trị và lãnh đạo đọc được; cơ quan không bao giờ thấy.",
    ),
    Act(
        "milestone",
        "amend",
        "doi-han",
        "Đổi hạn theo văn bản điều chỉnh",
        "Đổi hạn",
        bodies.AmendIn,
        _amend,
        (
            Field("ngay", "until", "Hạn mới: chậm nhất ngày", "day", required=True),
            Field("van-ban", "document_number", "Số văn bản điều chỉnh", "line", required=True),
            Field("ngay-van-ban", "document_on", "Ngày văn bản", "day", required=True),
            REASON,
            Field(
                "co-quan",
                "agencies",
                "Chỉ những cơ quan này (không chọn: mọi cơ quan của mốc)",
                "agencies",
            ),
        ),
        command="amend",
        follows="Mọi nghĩa vụ còn nợ của mốc có hạn mới; cơ quan được báo tin, hạn cũ vẫn xem lại được. "
        "Cơ quan đã được gia hạn riêng quá ngày này thì giữ hạn của mình.",
    ),
    Act(
        "milestone",
        "event",
        "su-kien",
        "Ghi sự kiện mà hạn tính theo",
        "Ghi sự kiện",
        bodies.EventIn,
        _event,
        (
            Field("ngay", "happened_on", "Xảy ra ngày", "day", required=True),
            Field("den", "until", "Chậm nhất ngày (khi kế hoạch không nêu bao nhiêu ngày)", "day"),
            DOCUMENT,
            Field("ly-do", "reason", "Ghi chú"),
            Field(
                "co-quan",
                "agencies",
                "Chỉ những cơ quan này (không chọn: mọi cơ quan của mốc)",
                "agencies",
            ),
        ),
        command="event",
        follows="Hạn ghi «… ngày kể từ …» bắt đầu tính từ ngày này; ghi lại lần nữa là sửa ngày.",
    ),
    Act(
        "milestone",
        "close",
        "dong",
        "Đóng mốc",
        "Đóng mốc",
        bodies.NothingIn,
        _close,
        command="close",
        follows="Sau khi đóng, bản nộp muộn vẫn được nhận và ghi trễ, nhưng không tự vào bản tổng hợp đã "
        "chốt. Không mở lại được.",
        final=True,
    ),
    Act(
        "call",
        "open",
        "mo",
        "Mở yêu cầu số liệu",
        "Gửi yêu cầu",
        bodies.CallIn,
        _open,
        (
            Field("ngay", "until", "Chậm nhất ngày", "day", required=True),
            Field("ly-do", "reason", "Lý do (để trống: ghi theo kế hoạch)"),
        ),
        command="call open",
        follows="Mỗi đơn vị được hỏi có thêm một việc nội bộ, được nhắc như mọi việc khác và không bao giờ "
        "tính trễ theo kế hoạch.",
    ),
    Act(
        "agency",
        "contacts",
        "nguoi-nhan",
        "Thêm người nhận",
        "Thêm người nhận",
        bodies.ContactIn,
        _add,
        (
            Field("name", "name", "Họ tên", "line", required=True),
            Field("role", "role", "Chức vụ", "line"),
            Field("is_head", "is_head", "Là thủ trưởng cơ quan", "check"),
            Field("email", "email", "Thư điện tử", "line"),
            Field("phone", "phone", "Số điện thoại", "line"),
            Field("zalo_user_id", "zalo_user_id", "Mã người dùng Zalo OA", "line"),
            Field("zalo_chat_id", "zalo_chat_id", "Mã trò chuyện Zalo Bot", "line"),
        ),
        may=STAFF,
        command="contacts import",
    ),
    Act(
        "contact",
        "remove",
        "bo",
        "Bỏ người nhận",
        "Bỏ người nhận này",
        bodies.NothingIn,
        _remove,
        may=STAFF,
        command="contacts import",
        follows="Người này không nhận tin nào nữa; các đường dẫn đã gửi ngừng hoạt động ngay.",
        final=True,
    ),
    Act(
        "days",
        "set",
        "dat",
        "Đặt ngày nghỉ hoặc ngày làm bù",
        "Ghi ngày này",
        bodies.DayIn,
        _day,
        (
            Field("ngay", "day", "Ngày", "day", required=True),
            Field(
                "loai",
                "kind",
                "Ngày này",
                "choice",
                required=True,
                choices=(
                    ("off", "nghỉ"),
                    ("working", "làm bù"),
                    ("usual", "như thường lệ (bỏ ngày đã đặt)"),
                ),
            ),
            Field("vi", "why", "Vì", "line", hint="Ví dụ: nghỉ theo thông báo của UBND tỉnh."),
        ),
        may=STAFF,
        follows="Hạn của cơ quan giữ nguyên ngày; số ngày làm việc còn lại và các nấc nhắc được đếm lại.",
    ),
    Act(
        "ladder",
        "rungs",
        "dat",
        "Đổi bậc thang nhắc",
        "Dùng bậc thang này",
        bodies.LadderIn,
        _ladder,
        may=STAFF,
        follows="Nấc đã nhắc rồi thì không nhắc lại. Dùng từ lượt nhắc kế tiếp.",
    ),
    Act(
        "board-mail",
        "set",
        "dat",
        "Đặt lịch gửi bức tranh qua thư",
        "Dùng lịch này",
        bodies.BoardMailIn,
        _board_mail,
        (
            Field("ngay", "weekdays", "Gửi vào", "many"),
            Field("luc", "send_at", "Lúc", "line", required=True),
            Field("nguoi", "recipients", "Người nhận", "many"),
        ),
        may=STAFF,
        follows="Bỏ trống cả ngày lẫn người nhận thì thôi gửi. Ngày nghỉ không gửi; sản phẩm mật không bao "
        "giờ có trên bức tranh.",
    ),
    Act(
        "life",
        "pause",
        "tam-dung",
        "Tạm dừng kế hoạch",
        "Tạm dừng",
        bodies.ReasonIn,
        _pause,
        (REASON,),
        command="plan pause",
    ),
    Act(
        "life",
        "close",
        "dong",
        "Đóng hẳn kế hoạch",
        "Đóng kế hoạch",
        bodies.ReasonIn,
        _end,
        (REASON,),
        command="plan close",
        final=True,
    ),
)
