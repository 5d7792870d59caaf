"""Labels that say who and when: other words, several in a line, and the tasks they serve. The texts are made
up."""

from __future__ import annotations

import pytest

from drafting.grammar.labels import label_of, labels_of
from tests.support.drafts import drafted, due, rows

TASKS = "II. NHIỆM VỤ\n\n"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Đơn vị đầu mối, chịu trách nhiệm: Sở Nội vụ", "owner"),
        ("Cấp/đơn vị thực hiện: Sở Nội vụ", "owner"),
        ("Cơ quan chính: Sở Nội vụ", "owner"),
        ("Cùng làm: UBND các xã", "partner"),
        ("Đơn vị cùng thực hiện: UBND các xã", "partner"),
        ("Cơ quan cùng phối hợp: UBND các xã", "partner"),
        ("Mốc thời gian: quý II/2026", "time"),
        ("Hạn chót: 31/8/2026", "time"),
        ("Thời gian bắt đầu: tháng 3/2026", "start"),
    ],
)
def test_labels_of_other_words(line: str, kind: str) -> None:
    label = label_of(line)
    assert label is not None
    assert label.kind == kind


def test_a_start_and_a_product_among_labels_end_what_the_owner_says() -> None:
    line = (
        "Chủ trì: Sở Nội vụ; sản phẩm: Đề án; thời gian bắt đầu: tháng 3/2026; "
        "thời gian kết thúc: tháng 9/2026"
    )
    told = [(label.kind, label.value) for label in labels_of(line)]
    assert told == [
        ("owner", "Sở Nội vụ"),
        ("product", "Đề án"),
        ("start", "tháng 3/2026"),
        ("time", "tháng 9/2026"),
    ]


def test_a_day_of_beginning_is_no_deadline() -> None:
    [row] = rows(
        f"{TASKS}1. Số hóa tài liệu lưu trữ\n\n- Chủ trì: Sở Nội vụ\n\n- Thời gian bắt đầu: tháng 3/2026\n"
    )
    assert (row["owners"], row["due"]) == (["Sở Nội vụ"], due("none"))


@pytest.mark.parametrize(
    "label",
    [
        "Phân công: Thanh tra tỉnh chủ trì; Sở Nội vụ, Sở Y tế phối hợp.",
        "Phân công: Thanh tra tỉnh chủ trì, Sở Nội vụ và Sở Y tế phối hợp thực hiện.",
        "(Thanh tra tỉnh chủ trì, Sở Nội vụ, Sở Y tế phối hợp; hoàn thành trong quý III/2026)",
    ],
)
def test_parts_played_by_name(label: str) -> None:
    [row] = rows(f"{TASKS}1. Kiểm tra công vụ\n\n{label}\n")
    assert row["owners"] == ["Thanh tra tỉnh"]
    assert row["cooperating"] == ["Sở Nội vụ", "Sở Y tế"]


def test_several_times_of_a_label_are_asked_about_where_it_is_a_sentence() -> None:
    found = rows(
        f"{TASKS}1. Kiểm tra công vụ\n\n"
        "- Cơ quan thực hiện: Sở Nội vụ rà soát hồ sơ; Sở Y tế báo cáo kết quả.\n\n"
        "- Thời gian: đợt 1: tháng 4/2026; đợt 2: tháng 10/2026\n"
    )
    assert [[one["about"] for one in row["questions"]] for row in found] == [["time"], ["time"]]


def test_a_numbered_time_among_tasks_that_name_their_owners_is_of_none_of_them() -> None:
    plan = drafted(
        f"{TASKS}1. Sở Nội vụ xây dựng đề án sắp xếp thư viện.\n\n2. Sở Y tế mở tủ sách cho người bệnh.\n\n"
        "3. Thời gian báo cáo: báo cáo năm gửi trước ngày 10/12/2026.\n"
    )
    told = [(row["owners"], row["due"]["date"]) for row in plan["obligations"]]
    assert told == [(["Sở Nội vụ"], None), (["Sở Y tế"], None), ([], "2026-12-10")]


def test_a_time_of_reports_is_of_what_reports() -> None:
    found = rows(
        f"{TASKS}1. Sở Y tế\n\na) Mở tủ sách cho người bệnh.\n\nb) Báo cáo kết quả về Sở Nội vụ.\n\n"
        "c) Thời hạn báo cáo: trước ngày 10/12/2026.\n"
    )
    assert [row["due"]["date"] for row in found] == [None, "2026-12-10"]


def test_a_day_of_ones_own_stands_against_a_time_said_for_several() -> None:
    found = rows(
        f"{TASKS}1. Sở Y tế\n\n- Lập danh mục sách trước ngày 31/01/2026.\n\n- Mở tủ sách cho người bệnh.\n\n"
        "Thời gian thực hiện: Quý II/2026.\n"
    )
    assert [row["due"]["date"] for row in found] == ["2026-01-31", "2026-06-30"]


def test_each_has_its_own_day_after_a_label() -> None:
    found = rows(
        f"{TASKS}1. Sở Nội vụ theo dõi việc thực hiện.\n\n"
        "2. Thời hạn gửi báo cáo: trước ngày 20/11/2026 đối với các sở, ngành; "
        "trước ngày 25/11/2026 đối với UBND các xã.\n"
    )
    assert [(row["owners"], row["deliverable"], row["due"]["date"]) for row in found[1:]] == [
        (["các sở, ngành"], "Gửi báo cáo", "2026-11-20"),
        (["UBND các xã"], "Gửi báo cáo", "2026-11-25"),
    ]


def test_a_name_alone_in_its_line_heads_the_lines_below() -> None:
    found = rows(
        f"{TASKS}**Sở Nội vụ:**\n\nTheo dõi việc thực hiện.\n\nBáo cáo UBND tỉnh trước ngày 20/12/2026.\n\n"
        "Sở Y tế\n\nMở tủ sách cho người bệnh.\n"
    )
    assert [row["owners"] for row in found] == [["Sở Nội vụ"], ["Sở Nội vụ"], ["Sở Y tế"]]
