"""Shapes as other provinces, ministries, wards and schools write them. The texts are made up."""

from __future__ import annotations

from typing import Any

import pytest

from drafting.draft import make_draft
from drafting.grammar.casing import agency_case, sentence_case
from drafting.readers.registry import read_document
from tests.support.drafts import HEAD, drafted, due, rows


def read(text: str) -> dict[str, Any]:
    return make_draft(read_document(text.encode(), "a.txt")).as_data()


def whom(body: str) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    return [(tuple(row["owners"]), row["due"]) for row in rows(body)]


# --- times -----------------------------------------------------------------------------------------


def test_two_times_in_brackets_are_two_deadlines() -> None:
    found = rows(
        "II. TỔ CHỨC THỰC HIỆN\n\n1. Sở Y tế\n\n- Báo cáo Bộ Y tế và UBND tỉnh kết quả thực hiện "
        "định kỳ 6 tháng "
        "(trước ngày 15/6) và năm (trước ngày 15/12).\n"
    )
    days = [row["due"]["at"] for row in found]
    assert [(day["month"], day["day"]) for day in days] == [(6, 15), (12, 15)]


def test_where_two_brackets_cannot_be_told_apart_it_is_asked() -> None:
    [row] = rows(
        "II. TỔ CHỨC THỰC HIỆN\n\n1. Sở Y tế\n\n- Chuẩn bị nội dung sơ kết 6 tháng đầu năm (tháng "
        "7), tổng kết năm "
        "(tháng 12).\n"
    )
    assert [one["about"] for one in row["questions"]] == ["time"]


def test_a_meeting_halfway_and_one_at_the_end_are_two() -> None:
    found = whom(
        "II. TỔ CHỨC THỰC HIỆN\n\n1. Vụ Pháp chế sơ kết vào tháng 6, tổng kết vào tháng 12/2026.\n"
    )
    assert [one["date"] for _, one in found] == ["2026-06-30", "2026-12-31"]


def test_a_day_of_each_month_is_kept_under_a_stretch_of_months() -> None:
    [row] = rows(
        "II. NHIỆM VỤ\n\nSở Y tế:\n\n- Từ tháng 3/2026 đến tháng 9/2026: báo cáo UBND tỉnh trước "
        "ngày 25 hằng tháng.\n"
    )
    assert row["due"] == due("recurring", every="month", at={"mark": "before", "day": 25})


def test_a_time_named_as_such_in_a_sentence() -> None:
    [(owners, when)] = whom(
        "II. NHIỆM VỤ\n\n1. Sở Xây dựng\n\n- Chủ trì kiểm tra tải trọng xe; thời gian từ ngày "
        "15/02/2026 đến hết ngày 15/12/2026.\n"
    )
    assert owners == ("Sở Xây dựng",)
    assert (when["date"], when["from"]) == ("2026-12-15", "2026-02-15")


# --- owners ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Các đơn vị được kiểm tra",
        "Cục Công nghệ thông tin",
        "Trung tâm Dịch vụ tổng hợp phường",
        "Báo và Phát thanh, Truyền hình Tây Ninh",
        "Phòng Văn hóa - Xã hội",
    ],
)
def test_names_end_where_the_verb_begins(name: str) -> None:
    [(owners, when)] = whom(
        f"II. TỔ CHỨC THỰC HIỆN\n\n1. {name} chuẩn bị tài liệu trước ngày 15/4/2026.\n"
    )
    assert owners == (name,)
    assert when == due("before", "2026-04-15")


def test_a_dash_within_a_name_divides_nothing() -> None:
    [(owners, _)] = whom(
        "II. NHIỆM VỤ\n\n- Tổ chức tập huấn cho tổ công nghệ số (Phòng Văn hóa - Xã hội chủ trì, "
        "phối hợp với Công an "
        "phường; thời gian: tháng 10/2026).\n"
    )
    assert owners == ("Phòng Văn hóa - Xã hội",)
    [row] = rows("II. NHIỆM VỤ\n\n- Định kỳ báo cáo số liệu về Phòng Văn hóa - Xã hội.\n")
    assert row["owners"] == []


def test_a_sentence_after_a_task_says_who_leads_and_until_when() -> None:
    found = whom(
        "II. NHIỆM VỤ\n\n1. Tổ chức 05 lớp tập huấn cho người nuôi. Chi cục Thú y chủ trì; hoàn "
        "thành trong quý "
        "II/2026.\n"
    )
    assert found == [(("Chi cục Thú y",), due("within_quarter", "2026-06-30"))]


def test_content_that_tells_who_does_it() -> None:
    found = whom(
        "II. NỘI DUNG\n\n1. Rà soát các văn bản có liên quan\n\na) Nội dung: Các bộ, cơ quan "
        "ngang bộ chủ động rà soát "
        "văn bản thuộc lĩnh vực được phân công.\n\nb) Thời gian thực hiện: Trước ngày 30/5/2026.\n"
    )
    assert found == [(("Các bộ, cơ quan ngang bộ",), due("before", "2026-05-30"))]


def test_the_place_before_the_agency() -> None:
    found = whom(
        "II. NỘI DUNG\n\n1. Tổ chức hội nghị\n\na) Ở Trung ương, Bộ Y tế tổ chức hội nghị toàn "
        "quốc trong Quý II năm "
        "2026.\n\nb) Ở địa phương, Ủy ban nhân dân các tỉnh tổ chức hội nghị; thời gian hoàn "
        "thành: Quý III năm 2026.\n"
    )
    assert [owners for owners, _ in found] == [("Bộ Y tế",), ("Ủy ban nhân dân các tỉnh",)]


def test_who_gathers_is_not_who_works() -> None:
    found = whom(
        "II. TỔ CHỨC THỰC HIỆN\n\n1. Giao Vụ Pháp chế làm đầu mối, các Vụ, Cục rà soát văn bản, "
        "gửi kết quả về Vụ Pháp "
        "chế trước ngày 31/3/2026.\n"
    )
    assert found[-1][0] == ("các Vụ", "Cục")
    assert found[-1][1] == due("before", "2026-03-31")


# --- what is no task -------------------------------------------------------------------------------

DECISION = """BỘ KHOA HỌC VÀ CÔNG NGHỆ
Số: 512/QĐ-BKHCN
Hà Nội, ngày 07 tháng 4 năm 2026

QUYẾT ĐỊNH
BAN HÀNH KẾ HOẠCH KIỂM TRA NĂM 2026
BỘ TRƯỞNG BỘ KHOA HỌC VÀ CÔNG NGHỆ
Căn cứ Nghị định số 55/2025/NĐ-CP ngày 02 tháng 3 năm 2025 của Chính phủ;
QUYẾT ĐỊNH:
Điều 1. Ban hành kèm theo Quyết định này Kế hoạch kiểm tra năm 2026.
Điều 2. Chánh Văn phòng Bộ, Thủ trưởng các đơn vị thuộc Bộ chịu trách nhiệm thi hành Quyết định này./.
BỘ TRƯỞNG
Nguyễn Văn A

KẾ HOẠCH
KIỂM TRA NĂM 2026
I. MỤC ĐÍCH
Đánh giá đúng thực trạng.
II. PHÂN CÔNG THỰC HIỆN
STT | Nội dung công việc | Đơn vị thực hiện | Thời hạn
1 | Thành lập Đoàn kiểm tra | Văn phòng Bộ | 25/4/2026
2 | Báo cáo Bộ trưởng kết quả kiểm tra | Đoàn kiểm tra | Trước 31/10/2026
"""


def test_a_decision_ends_with_who_signs_it_and_a_table_needs_no_outer_bars() -> None:
    found = read(DECISION)
    assert [(row["owners"], row["due"]["date"]) for row in found["obligations"]] == [
        (["Văn phòng Bộ"], "2026-04-25"),
        (["Đoàn kiểm tra"], "2026-10-31"),
    ]
    assert found["plan"]["issuer"] == "Bộ Khoa học và Công nghệ"


def test_a_part_titled_in_the_line_below() -> None:
    found = drafted(
        "Phần thứ nhất\n\nMỤC ĐÍCH, YÊU CẦU\n\n1. Chủ động phòng, chống dịch bệnh.\n\nPhần thứ "
        "hai\n\nTỔ CHỨC THỰC HIỆN\n\n"
        "1. Sở Y tế báo cáo UBND tỉnh trước ngày 15/4/2026.\n"
    )
    assert [row["owners"] for row in found["obligations"]] == [["Sở Y tế"]]


def test_difficulties_met_on_the_way_are_a_condition() -> None:
    found = rows(
        "II. TỔ CHỨC THỰC HIỆN\n\n1. Sở Y tế báo cáo UBND tỉnh trước ngày 15/4/2026.\n\nQuá trình "
        "triển khai, có vướng "
        "mắc, các đơn vị phản ánh về Sở Y tế.\n"
    )
    assert len(found) == 1


# --- capitals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capitals", "written", "wanted"),
    [
        ("CẢI CÁCH HÀNH CHÍNH TỈNH BÌNH ĐỊNH NĂM 2026", "", "Cải cách hành chính tỉnh Bình Định năm 2026"),
        ("THI HÀNH LUẬT DI SẢN VĂN HÓA", "Căn cứ Luật Di sản văn hóa;", "Thi hành Luật Di sản văn hóa"),
        ("PHẠM VI QUẢN LÝ QUÝ IV", "", "Phạm vi quản lý quý IV"),
        ("Kế hoạch đã viết thường", "", "Kế hoạch đã viết thường"),
    ],
)  # fmt: skip
def test_a_title_in_capitals_keeps_its_names(capitals: str, written: str, wanted: str) -> None:
    assert sentence_case(capitals, written) == wanted


@pytest.mark.parametrize(
    ("capitals", "wanted"),
    [
        ("ỦY BAN NHÂN DÂN TỈNH ĐẮK LẮK", "Ủy ban nhân dân tỉnh Đắk Lắk"),
        ("SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG", "Sở Nông nghiệp và Môi trường"),
        ("BỘ VĂN HÓA, THỂ THAO VÀ DU LỊCH", "Bộ Văn hóa, Thể thao và Du lịch"),
        ("THỦ TƯỚNG CHÍNH PHỦ", "Thủ tướng Chính phủ"),
        ("TRƯỜNG THPT LƯU VĂN LIỆT", "Trường THPT Lưu Văn Liệt"),
        ("UBND PHƯỜNG HỒNG BÀNG", "UBND phường Hồng Bàng"),
    ],
)
def test_an_agency_in_capitals(capitals: str, wanted: str) -> None:
    assert agency_case(capitals) == wanted


def test_below_its_parent_an_agency_is_itself() -> None:
    text = (
        HEAD.replace("Số:", "UBND TỈNH HÀ SƠN\nSỞ Y TẾ\nSố:")
        + "I. NHIỆM VỤ\n\n1. Sở Y tế báo cáo.\n"
    )
    assert read(text)["plan"]["issuer"] == "Sở Y tế"
