"""What Sở Nội vụ decides about agencies and people of the directory, whatever plans they take part in."""

from __future__ import annotations

from dashboard.acts import bodies
from dashboard.acts.act import Act, Doing, Field
from dashboard.auth.viewer import STAFF
from plan.directory.absences import note_absence
from plan.directory.agencies import end_agency
from plan.directory.looking_after import choose_people
from plan.directory.seats import find_seat
from plan.errors import RefusedError
from plan.handing_over import hand_over
from plan.models import Agency, Contact
from plan.text import date_words


def _code(at: Doing) -> str:
    """The agency's code in the directory."""
    agency = at.session.get_one(Agency, at.key)
    return agency.directory_code or agency.code


def _away(at: Doing, body: bodies.AwayIn) -> str:
    away = at.session.get_one(Contact, at.key)
    agency = at.session.get_one(Agency, away.agency_id)
    if away.until is not None:
        raise RefusedError("Người này chỉ nhận việc được chuyển cho; hãy lấy việc lại.")
    other = find_seat(at.session, agency.directory_code or agency.code, body.substitute)
    days = body.from_on, body.to_on
    note_absence(at.session, away, other, *days, plan_id=at.plan.id, **at.who)
    return (
        f"Từ {date_words(days[0])} đến {date_words(days[1])}, {other.name} nhận thay {away.name}."
    )


def _choose(at: Doing, body: bodies.SeatsIn) -> str:
    names = choose_people(at.session, at.plan.id, at.code, body.people, **at.who)
    return f"Từ nay phụ trách kế hoạch này: {', '.join(names)}."


def _end(at: Doing, body: bodies.EndIn) -> str:
    successors = [one.strip() for one in body.successors.split(";") if one.strip()]
    end_agency(at.session, _code(at), successors, body.on, **at.who)
    return "Đã ghi. Việc còn nợ chưa chuyển đi đâu; muốn chuyển thì dùng «Chuyển việc cho đơn vị kế tục»."


def _hand_over(at: Doing, body: bodies.SuccessorIn) -> str:
    done = hand_over(at.session, at.plan.id, at.code, body.successor, **at.who)
    return f"Đã chuyển {done.words()}."


ACTS = (
    Act(
        "contact",
        "absences",
        "vang",
        "Ghi người này vắng",
        "Ghi vắng",
        bodies.AwayIn,
        _away,
        (
            Field(
                "thay",
                "substitute",
                "Người nhận thay: họ tên hoặc địa chỉ thư",
                "line",
                required=True,
                hint="Người của cùng cơ quan, đã có trong danh bạ.",
            ),
            Field("tu", "from_on", "Từ ngày", "day", required=True),
            Field("den", "to_on", "Đến hết ngày", "day", required=True),
        ),
        may=STAFF,
        command="directory away",
        follows="Trong những ngày ấy người nhận thay nghe mọi tin của người này, trong mọi kế hoạch; sổ gửi "
        "tin ghi thay ai.",
    ),
    Act(
        "agency",
        "seats",
        "phu-trach",
        "Giao người phụ trách kế hoạch này",
        "Giao",
        bodies.SeatsIn,
        _choose,
        (Field("nguoi", "people", "Ai phụ trách", "people", required=True),),
        may=STAFF,
        command="directory seats",
        follows="Chỉ trong kế hoạch này; kế hoạch khác giữ người của mình. Người thôi phụ trách vẫn ở trong "
        "danh bạ, nhưng không nghe tin về kế hoạch này nữa và đường dẫn đã gửi cho họ ngừng hoạt động.",
    ),
    Act(
        "agency",
        "end",
        "ket-thuc",
        "Ghi cơ quan sáp nhập, chia tách, kết thúc",
        "Ghi",
        bodies.EndIn,
        _end,
        (
            Field("ngay", "on", "Ngày cuối cùng còn hoạt động", "day", required=True),
            Field(
                "ke-tuc",
                "successors",
                "Mã cơ quan kế tục trong danh bạ",
                "line",
                hint="Chia tách thì cách nhau bằng dấu chấm phẩy; kết thúc hẳn thì để trống.",
            ),
        ),
        command="directory end",
        follows="Tên cũ được giữ. Việc cơ quan còn nợ không tự chuyển cho ai.",
    ),
    Act(
        "agency",
        "hand-over",
        "chuyen-giao",
        "Chuyển việc cho đơn vị kế tục",
        "Chuyển việc",
        bodies.SuccessorIn,
        _hand_over,
        (Field("ke-tuc", "successor", "Mã cơ quan kế tục trong danh bạ", "line", required=True),),
        command="directory hand-over",
        follows="Việc còn nợ được miễn cho cơ quan cũ và thành việc của đơn vị kế tục, cùng hạn. Việc đã nộp "
        "giữ nguyên; yêu cầu số liệu nội bộ ở lại cơ quan cũ.",
        final=True,
    ),
)
