"""Sample data: every event with every field, to try templates on before they are used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from notifications.messages.views import (
    AgencyView,
    Context,
    DigestView,
    ItemView,
    OfficeView,
    PersonView,
    PlanView,
    RowView,
    news_view,
)
from plan.text import join_names

PLAN = PlanView(
    id="04-kh-ubnd-2020",
    number="Kế hoạch số 04/KH-UBND",
    short="KH 04",
    title="Tổng kết Chương trình tổng thể cải cách hành chính nhà nước giai đoạn 2011 - 2020",
    issued="20/01/2020",
)
OFFICE = OfficeView(
    name="Sở Nội vụ",
    parent="Ủy ban nhân dân tỉnh Bình Định",
    desk="Phòng Cải cách hành chính",
    phone="0256 000 0000",
    email="cchc@snv.binhdinh.example",
    place="Bình Định",
)
PERSON = PersonView(name="Nguyễn Thị Mai", role="Chuyên viên", agencies=("UBND huyện An Lão",))
BASE = "https://dondoc.example"
URL = f"{BASE}/l/mau.mau"

_SOON: dict[str, Any] = {
    "deadline": "29/04/2020",
    "left": "còn 3 ngày làm việc",
    "sign": "◑",
    "tone": "amber",
    "state": "chưa nộp",
}
_LATE = _SOON | {"left": "quá hạn 2 ngày làm việc", "sign": "▲", "tone": "late", "late": True}


def row(agency: str = "UBND huyện An Lão", **changes: Any) -> RowView:
    """A sample obligation; `changes` are fields of `RowView`."""
    fields: dict[str, Any] = {
        "id": "an-lao/district-report",
        "title": "Báo cáo tổng kết Chương trình tổng thể cải cách hành chính giai đoạn 2011 - 2020",
        "short": "Báo cáo tổng kết",
        "agency": agency,
        "agency_short": agency.removeprefix("UBND huyện "),
        "milestone": "Báo cáo của các huyện, thị xã, thành phố",
        "attach": "báo cáo (tệp Word .docx) theo đề cương",
        "url": URL,
        "outline_url": f"{URL}/de-cuong",
        **_SOON,
    }
    return RowView(**(fields | changes))


def plan_row(**changes: Any) -> RowView:
    return row(
        id="an-lao/district-plan",
        title="Kế hoạch cải cách hành chính giai đoạn 2021 - 2030",
        short="Kế hoạch CCHC 2021–2030",
        attach="kế hoạch (tệp Word .docx)",
        **changes,
    )


def appendix_row(**changes: Any) -> RowView:
    return row(
        "Sở Tư pháp",
        id="stp/appendix-2",
        title="Thống kê Phụ lục 2",
        short="Phụ lục 2",
        attach="biểu số liệu (tệp Excel .xlsx) theo biểu mẫu",
        outline_url="",
        workbook_url=f"{URL}/bieu-mau",
        **changes,
    )


def digest(rows: tuple[RowView, ...], show_agency: bool = False) -> DigestView:
    agencies = tuple(dict.fromkeys(r.agency for r in rows))
    left = rows[0].left
    return DigestView(
        rows=rows,
        count=len(rows),
        headline=left[0].upper() + left[1:],
        what=join_names(list(dict.fromkeys(r.short for r in rows)), 2, "việc"),
        agencies=agencies,
        show_agency=show_agency,
        late=sum(r.late for r in rows),
        late_agencies=tuple(dict.fromkeys(r.agency for r in rows if r.late)),
        by_agency=tuple(
            AgencyView(r.agency, r.agency_short, r.short, 1, r) for r in rows if show_agency
        ),
    )


PLAIN = digest((row(), plan_row()))
LATE = digest((row(**_LATE), plan_row(**_LATE | {"state": "trả lại, cần sửa"})))
MANY = digest(
    (row(**_LATE), row("UBND huyện Vân Canh", **_LATE), appendix_row(**_LATE)), show_agency=True
)

_REMINDED = "3 lần, lần gần nhất ngày 05/05/2020"
DIGESTS = {
    "announcement": PLAIN,
    "backlog": LATE,
    "reminder": PLAIN,
    "overdue": LATE,
    "escalation-head": replace(LATE, reminded=_REMINDED),
    "escalation-leadership": replace(MANY, reminded=f"mỗi cơ quan từ 2 đến {_REMINDED}"),
    "escalation-issuer": MANY,
    "internal": PLAIN,
    "situation": MANY,
}

_CHANGE = {
    "row": row(deadline="15/05/2020", left="còn 10 ngày làm việc", sign="◔", tone="blue"),
    "given": "15/05/2020",
    "previous": "29/04/2020",
    "document": "Công văn số 57/SNV-CCHC ngày 27/04/2020",
}
_RECEIPT: dict[str, Any] = {
    "state": "filed",
    "subject": "Báo cáo của huyện An Lão",
    "received": "16:20 ngày 28/04/2020",
    "why": "",
    "agency": "An Lão",
    "headline": "Đã nhận thư, có chỗ phải sửa",
    "tone": "purple",
    "sign": "↩",
    "mend": True,
    "items": [
        {
            "title": "Thống kê Phụ lục 2",
            "result": "lần 1, có chỗ phải sửa",
            "findings": [{"place": "PL2, ô E9", "message": "Tổng phải bằng 41."}],
            "more": 2,
        }
    ],
    "findings": [{"place": "anh.zip", "message": "Gói nén có mật khẩu nên không mở được."}],
    "files": ["phu-luc-2.xlsx", "bao-cao.pdf"],
    "marked": ["phu-luc-2-danh-dau.xlsx"],
}
FACTS: dict[str, list[dict[str, Any]]] = {
    "accepted": [
        {
            "row": row(state="đã nhận"),
            "number": 2,
            "received": "16:20 ngày 28/04/2020",
            "timeliness": "đúng hạn",
            "note": "",
        }
    ],
    "returned": [
        {
            "row": row(state="trả lại, cần sửa"),
            "number": 1,
            "reason": "Số liệu năm 2019 chưa khớp với báo cáo.",
            "findings": [
                {"place": "PL2, ô E9", "message": "Tổng số phải bằng cộng các dòng dưới: 41 ≠ 39."},
                {
                    "place": "Báo cáo, mục II.3",
                    "message": "Thiếu phần tồn tại, hạn chế, nguyên nhân.",
                },
            ],
            "more": 3,
        },
        {"row": row(), "number": 1, "reason": "Nộp nhầm tệp.", "findings": [], "more": 0},
    ],
    "extension": [
        {**_CHANGE, "granted": True, "note": ""},
        {**_CHANGE, "granted": False, "note": "Còn đủ thời gian thực hiện.", "document": ""},
    ],
    "extension-asked": [
        {
            "row": row(),
            "until": "15/05/2020",
            "reason": "Đang sáp nhập xã, chưa chốt số liệu.",
            "document": "",
            "asked_by": "Nguyễn Thị Mai",
        }
    ],
    "question": [
        {
            "row": row(),
            "words": "Số liệu tính đến 31/12 hay 15/12?",
            "by": "Nguyễn Thị Mai",
            "files": "bieu-mau.pdf",
        }
    ],
    "passed": [
        {"row": row(), "everything": False, "until": "29/04/2020", "by": "Nguyễn Thị Mẫu"},
        {"row": row(), "everything": True, "until": "29/04/2020", "by": "Nguyễn Thị Mẫu"},
    ],
    "answer": [
        {"row": row(), "words": "Tính đến hết ngày 31/12.", "by": "Trần Văn Bình", "files": ""}
    ],
    "urging": [
        {
            "row": row(),
            "words": "Đề nghị quý cơ quan gửi trong hôm nay để kịp tổng hợp.",
            "by": "Trần Văn Bình",
        }
    ],
    "amended": [
        {
            "row": row(state=state),
            "result": result,
            "again": again,
            "document": "12/KH-UBND ngày 05/05/2020",
            "reason": "Điều chỉnh nhiệm vụ",
        }
        for state, result, again in (
            ("được miễn", "Không còn phải nộp", False),
            ("chưa nộp", "Lại phải nộp", True),
        )
    ],
    "deadline": [{**_CHANGE, "reason": "Thực hiện giãn cách xã hội"}],
    "run": [
        {
            "title": "Các phụ lục của tỉnh",
            "number": 3,
            "partial": partial,
            "have": 16 if partial else 17,
            "owed": 17,
            "missing": ["UBND huyện An Lão: Báo cáo tổng kết"] if partial else [],
            "faults": 2 if partial else 0,
            "finished": "08:05 ngày 04/05/2020",
        }
        for partial in (True, False)
    ],
    "mail-receipt": [
        _RECEIPT,
        _RECEIPT | {"items": [], "findings": [], "state": "to_confirm", "marked": []},
        _RECEIPT
        | {
            "items": [],
            "state": "to_person",
            "why": "Chưa rõ tệp thuộc sản phẩm nào.",
            "marked": [],
        },
    ],
    "signed-letter": [
        {
            "number": "15/SNV-CCHC",
            "issued": "20/04/2020",
            "subject": "V/v đôn đốc báo cáo tổng kết",
            "agency": "Ủy ban nhân dân huyện An Lão",
            "agency_short": "An Lão",
            "due": due,
            "signer": signer,
            "file": "15-SNV-CCHC.pdf",
        }
        for due, signer in (("24/04/2020", "Trần Văn Giám đốc"), ("", ""))
    ],
    "account": [
        {
            "title": "Mật khẩu vừa được đổi",
            "account": "lan@example.vn",
            "at": "09:12 ngày 27/04/2020",
            "by": by,
        }
        for by in ("", "Phạm Văn Quản trị")
    ],
    "board": [
        {
            "summary": "Còn 6 ngày làm việc. 14/17 đã nộp. Thiếu: An Lão, Vân Canh, Sở Tài chính.",
            "at": "07:30 ngày 27/04/2020",
        }
    ],
    "unreachable": [
        {
            "agencies": [
                {"name": "UBND huyện Vân Canh", "why": "thư bị trả lại", "owes": 3},
                {"name": "UBND huyện Hoài Ân", "why": "chưa có người nhận", "owes": 2},
            ]
        }
    ],
    "alarm": [
        {
            "title": "Kênh Zalo OA không gửi được",
            "what_to_do": "Kiểm tra số dư tài khoản Zalo Cloud rồi chạy lại việc gửi.",
            "since": "07:05 ngày 27/04/2020",
            "words": "Không đủ số dư",
            "code": "-321",
            "waiting": 12,
        }
    ],
}
_RETURNED = ItemView(
    event="returned",
    result="Trả lại, cần sửa",
    about="Thống kê Phụ lục 2",
    short="Phụ lục 2",
    agency="An Lão",
    sign="↩",
    tone="purple",
    lines=("Chậm nhất 29/04/2020, còn 2 ngày làm việc", "Lý do: Số liệu năm 2019 chưa khớp."),
    url=URL,
)
_ACCEPTED = replace(
    _RETURNED,
    event="accepted",
    result="Đã nhận đúng hạn",
    about="Báo cáo tổng kết Chương trình tổng thể cải cách hành chính giai đoạn 2011 - 2020",
    short="Báo cáo tổng kết",
    sign="●",
    tone="green",
    lines=("Bản nộp lần 2, 16:20 ngày 28/04/2020",),
)
NEWS = {"news": [news_view([_ACCEPTED, _RETURNED]), news_view([_ACCEPTED] * 45)]}
EVENTS = (*DIGESTS, *FACTS, *NEWS)


def sample_contexts() -> Iterator[Context]:
    """Every event at least once, on the real clock and on a virtual one."""
    for event, view in DIGESTS.items():
        yield _context(event, digest=view)
    yield _context("reminder", digest=PLAIN, clock="Đang diễn tập: 27/04/2020 07:00")
    for event, cases in FACTS.items():
        for facts in cases:
            yield _context(event, facts=facts)
    for event, views in NEWS.items():
        for news in views:
            yield _context(event, news=news)


def _context(event: str, **fields: Any) -> Context:
    return Context(event=event, plan=PLAN, office=OFFICE, person=PERSON, url=URL, **fields)
