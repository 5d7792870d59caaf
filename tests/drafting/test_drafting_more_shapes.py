"""Rarer places where a plan says who owes what by when: one test each. The texts are made up."""

from __future__ import annotations

import pytest

from drafting.draft import make_draft
from drafting.readers.registry import read_document
from tests.support.drafts import drafted, due, rows

TASKS = "III. TỔ CHỨC THỰC HIỆN\n\n"


# --- labels ----------------------------------------------------------------------------------------


def test_label_as_a_heading_with_its_names_in_bullets() -> None:
    found = rows(
        "II. NỘI DUNG\n\n1. Mua sách\n\na) Nội dung\n\n- Lập danh mục sách thiếu nhi.\n\n"
        "b) Cơ quan thực hiện\n\n- Cơ quan chủ trì: Sở Nội vụ.\n\n- Cơ quan phối hợp: Sở Y tế.\n\n"
        "c) Thời gian hoàn thành: Tháng 4/2026.\n"
    )
    assert [(row["owners"], row["cooperating"]) for row in found] == [(["Sở Nội vụ"], ["Sở Y tế"])]
    assert found[0]["due"] == due("within_month", "2026-04-30")


def test_three_labels_in_one_line() -> None:
    [row] = rows(
        "II. NỘI DUNG\n\n1. Thư viện\n\n- Tổ chức cuộc thi vẽ tranh theo sách.\n\n"
        "Chủ trì: Sở Nội vụ. Phối hợp: UBND các xã. Thời gian: Quý II/2026.\n"
    )
    assert (row["owners"], row["cooperating"]) == (["Sở Nội vụ"], ["UBND các xã"])
    assert row["due"] == due("within_quarter", "2026-06-30")


@pytest.mark.parametrize(
    ("brackets", "partners", "kind", "day"),
    [
        ("Sở Y tế", [], "none", None),
        ("Sở Y tế; quý III/2026", [], "within_quarter", "2026-09-30"),
        ("Sở Y tế chủ trì; hoàn thành trước ngày 30/9/2026", [], "before", "2026-09-30"),
        ("hoàn thành trước ngày 30/9/2026; giao Sở Y tế thực hiện", [], "before", "2026-09-30"),
        ("Sở Y tế chủ trì, phối hợp với Sở Nội vụ", ["Sở Nội vụ"], "none", None),
    ],
)
def test_owner_in_brackets(brackets: str, partners: list[str], kind: str, day: str | None) -> None:
    [row] = rows(f"II. NỘI DUNG\n\n1. Thư viện\n\n- Lắp đặt tủ sách tại bến xe ({brackets}).\n")
    assert (row["owners"], row["cooperating"]) == (["Sở Y tế"], partners)
    assert row["due"] == due(kind, day)


# --- times -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "task", ["Phát động cuộc thi (tháng 5/2026).", "Phát động cuộc thi: Tháng 5/2026."]
)
def test_time_alone_after_the_task(task: str) -> None:
    [row] = rows(f"{TASKS}1. Sở Nội vụ\n\n- {task}\n")
    assert row["due"] == due("within_month", "2026-05-31")


def test_time_heads_its_tasks() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\na) Tháng 5/2026:\n\n- Mở trại sáng tác.\n\n- In tờ rơi.\n"
    )
    assert [row["due"] for row in found] == [due("within_month", "2026-05-31")] * 2


def test_a_phase_dates_its_tasks() -> None:
    found = rows(
        f"{TASKS}1. Giai đoạn 1 (từ tháng 01 đến tháng 6/2026)\n\n- Sở Nội vụ xây dựng tài liệu.\n\n"
        "2. Giai đoạn 2 (từ tháng 7 đến tháng 12/2026)\n\n- Sở Y tế mở lớp tập huấn.\n"
    )
    assert [(row["owners"], row["due"]["date"]) for row in found] == [
        (["Sở Nội vụ"], "2026-06-30"),
        (["Sở Y tế"], "2026-12-31"),
    ]


def test_reports_listed_under_who_reports() -> None:
    found = rows(
        "IV. CHẾ ĐỘ BÁO CÁO\n\n1. Các sở, ngành, UBND các xã báo cáo định kỳ:\n\n- Báo cáo quý: gửi trước "
        "ngày 20 tháng cuối quý.\n\n- Báo cáo năm: trước ngày 15/12.\n\n2. Sở Nội vụ tổng hợp, báo cáo "
        "UBND tỉnh trước ngày 20/12 hằng năm.\n"
    )
    both = ["Các sở, ngành", "UBND các xã"]
    assert [(row["owners"], row["kind"], row["due"]["every"]) for row in found] == [
        (both, "report", "quarter"),
        (both, "report", "year"),
        (["Sở Nội vụ"], "report", "year"),
    ]


def test_a_numbered_demand_is_no_heading() -> None:
    [row] = rows(
        f"{TASKS}1. Yêu cầu Giám đốc các sở nghiêm túc thực hiện; kết quả báo cáo về UBND tỉnh (qua Sở "
        "Nội vụ) chậm nhất ngày 05/12/2026.\n"
    )
    assert (row["owners"], row["due"]) == (["Giám đốc các sở"], due("by", "2026-12-05"))


def test_a_day_without_a_year_is_in_the_year_of_the_title() -> None:
    [row] = rows(f"{TASKS}1. Sở Nội vụ\n\n- Báo cáo UBND tỉnh trước ngày 15/12.\n")
    assert row["due"] == due("before", "2026-12-15")
    assert row["questions"] == []


def test_several_cycles_are_several_obligations() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Định kỳ hằng quý, 6 tháng, năm báo cáo kết quả về UBND tỉnh.\n"
    )
    assert [row["due"]["every"] for row in found] == ["quarter", "half-year", "year"]


def test_days_belong_to_the_recurrence_beside_them() -> None:
    [row] = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Định kỳ 6 tháng báo cáo UBND tỉnh trước ngày 15/6 và trước ngày "
        "01/12.\n"
    )
    assert row["due"]["every"] == "half-year"
    assert row["due"]["at"] == {"mark": "before", "days": ["06-15", "12-01"]}


def test_cited_dates_are_no_deadlines() -> None:
    [row] = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Thực hiện Kế hoạch số 15/KH-UBND ngày 03/02/2025 của UBND tỉnh về "
        "văn hóa đọc.\n"
    )
    assert row["due"]["type"] == "none"


def test_an_event_is_no_day() -> None:
    [row] = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Ban hành quy chế sau khi Chính phủ ban hành Nghị định.\n"
    )
    assert (row["due"]["type"], row["due"]["date"]) == ("relative", None)


def test_two_hand_ins_in_one_dated_sentence() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Xây dựng kế hoạch triển khai gửi UBND tỉnh trước ngày 01/3/2026 và "
        "báo cáo kết quả trước ngày 01/12/2026.\n"
    )
    assert [(row["kind"], row["due"]["date"]) for row in found] == [
        ("plan", "2026-03-01"),
        ("report", "2026-12-01"),
    ]


# --- owners ----------------------------------------------------------------------------------------


def test_agency_named_after_the_ground_it_stands_on() -> None:
    [row] = rows(
        f"{TASKS}Trên cơ sở đề xuất của các sở, ngành, Sở Tài chính tham mưu bố trí kinh phí.\n"
    )
    assert row["owners"] == ["Sở Tài chính"]


def test_who_orders_others_owes_it() -> None:
    [row] = rows(
        f"{TASKS}1. UBND các xã, phường\n\n- Chỉ đạo các trường học tổ chức ngày đọc sách.\n"
    )
    assert row["owners"] == ["UBND các xã, phường"]


def test_dashes_and_letters_may_change_places() -> None:
    for mark in ("-", "+", "•", "*"):
        [row] = rows(f"{TASKS}1. Sở Nội vụ\n{mark} Theo dõi việc thực hiện Kế hoạch.\n")
        assert row["owners"] == ["Sở Nội vụ"]


def test_broken_numbers_do_not_move_the_owner() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Theo dõi Kế hoạch.\n\n3. Sở Y tế\n\n- Mở lớp tập huấn.\n\n"
        "3. Sở Tư pháp\n\n- Soạn tài liệu.\n"
    )
    assert [row["owners"] for row in found] == [["Sở Nội vụ"], ["Sở Y tế"], ["Sở Tư pháp"]]


def test_a_heading_among_agencies_is_offered_as_the_owner() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ\n\n- Theo dõi Kế hoạch.\n\n2. Sở Y tế\n\n- Mở lớp tập huấn.\n\n"
        "3. Nhóm Bạn đọc Hà Sơn\n\n- Xây dựng tủ sách tại các bến xe.\n"
    )
    assert found[-1]["owners"] == []
    assert [ask["choices"] for ask in found[-1]["questions"]] == [["Nhóm Bạn đọc Hà Sơn"]]


def test_marks_in_brackets() -> None:
    found = rows(
        f"{TASKS}(1) Sở Nội vụ\n\n(a) Theo dõi Kế hoạch;\n\n(b) Kiểm tra các xã.\n\n(2) Sở Y tế\n\n"
        "(a) Mở lớp tập huấn.\n"
    )
    assert [row["owners"] for row in found] == [["Sở Nội vụ"], ["Sở Nội vụ"], ["Sở Y tế"]]


# --- tables ----------------------------------------------------------------------------------------


def bars(*lines: list[str]) -> str:
    """Rows divided by bars."""
    return "".join("|\n" + "".join(f"{cell}\n|\n" for cell in line) for line in lines)


def table(*lines: list[str]) -> str:
    return "I. NỘI DUNG\n\nNhư phụ lục.\n\nNơi nhận:\n\nPHỤ LỤC\n\n" + bars(*lines)


def test_owner_and_partner_in_one_column() -> None:
    [row] = rows(
        table(
            ["TT", "Nội dung", "Cơ quan chủ trì, phối hợp", "Thời hạn"],
            [
                "1",
                "Xây dựng kho sách điện tử",
                "Chủ trì: Sở Nội vụ; Phối hợp: Sở Y tế",
                "Quý I/2026",
            ],
        )
    )
    assert (row["owners"], row["cooperating"]) == (["Sở Nội vụ"], ["Sở Y tế"])
    assert row["due"] == due("within_quarter", "2026-03-31")


def test_the_same_as_above() -> None:
    found = rows(
        table(
            ["TT", "Nội dung", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn"],
            ["1", "Khảo sát nhu cầu đọc sách", "Sở Nội vụ", "Sở Y tế", "Tháng 3/2026"],
            ["2", "Mua sách cho các xã", "nt", "nt", '"'],
        )
    )
    assert [row["owners"] for row in found] == [["Sở Nội vụ"]] * 2
    assert [row["due"] for row in found] == [due("within_month", "2026-03-31")] * 2


def test_of_begin_and_end_the_end_is_due() -> None:
    [row] = rows(
        table(
            ["TT", "Nội dung", "Đơn vị chủ trì", "Bắt đầu", "Kết thúc"],
            ["1", "Khảo sát nhu cầu đọc sách", "Sở Nội vụ", "01/3/2026", "31/3/2026"],
        )
    )
    assert row["due"] == due("by", "2026-03-31")


def test_two_deadlines_in_a_cell() -> None:
    found = rows(
        table(
            ["TT", "Nội dung", "Cơ quan chủ trì", "Thời hạn"],
            ["1", "Báo cáo kết quả đọc sách", "Sở Nội vụ", "Trước 15/6/2026; Trước 15/12/2026"],
        )
    )
    assert [row["due"]["date"] for row in found] == ["2026-06-15", "2026-12-15"]


def test_a_table_of_figures_owes_nothing() -> None:
    plan = drafted(
        table(
            ["TT", "Chỉ tiêu", "Đơn vị tính", "Năm 2026"],
            ["1", "Số thư viện cấp xã", "thư viện", "120"],
        )
    )
    assert [row for row in plan["obligations"] if row["source"].startswith("PL")] == []


# --- the frame -------------------------------------------------------------------------------------


def test_a_decision_that_issues_a_plan() -> None:
    text = (
        "Số: 12/QĐ-UBND\n\nHà Sơn, ngày 05 tháng 01 năm 2026\n\nQUYẾT ĐỊNH\n\nVề việc ban hành Kế hoạch "
        "đọc sách\n\nĐiều 1. Ban hành kèm theo Quyết định này Kế hoạch đọc sách.\n\nĐiều 2. Quyết định "
        "này có hiệu lực kể từ ngày ký.\n\nĐiều 3. Chánh Văn phòng UBND tỉnh, Giám đốc các sở chịu trách "
        "nhiệm thi hành Quyết định này./.\n\nNơi nhận:\n- Như Điều 3;\n\nKẾ HOẠCH\n\nĐỌC SÁCH NĂM "
        f"2026\n\n(Ban hành kèm theo Quyết định số 12/QĐ-UBND)\n\n{TASKS}1. Sở Nội vụ\n\n- Mua sách cho "
        "các xã.\n"
    )
    plan = make_draft(read_document(text.encode(), "a.txt")).as_data()
    assert [row["deliverable"] for row in plan["obligations"]] == ["Mua sách cho các xã"]
    assert plan["plan"]["number"] == "12/QĐ-UBND"


def test_said_twice_is_one_with_both_places() -> None:
    said = "Xây dựng phần mềm mượn sách dùng chung của tỉnh"
    body = (
        f"II. TỔ CHỨC THỰC HIỆN\n\n1. Sở Nội vụ\n\n- {said}, hoàn thành trước ngày 30/6/2026.\n\n"
    )
    cells = (
        ["TT", "Nhiệm vụ", "Cơ quan chủ trì", "Thời hạn"],
        ["1", said, "Sở Nội vụ", "Trước ngày 30/6/2026"],
    )
    [row] = rows(f"{body}Nơi nhận:\n\nPHỤ LỤC\n\n{bars(*cells)}")
    assert row["source"] == "II.1"
    assert [place["source"] for place in row["also"]] == ["PL.1"]
    assert row["deliverable"] == said
