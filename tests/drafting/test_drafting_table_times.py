"""Columns of a task table by other heads, and the times its rows say. The texts are made up."""

from __future__ import annotations

import pytest

from tests.support.drafts import due, rows


def table(head: str, *lines: str) -> str:
    bars = "|".join("---" for _ in head.split("|"))
    return "II. BẢNG\n\n" + "\n".join(f"| {line} |" for line in (head, bars, *lines)) + "\n"


@pytest.mark.parametrize(
    ("head", "cell", "day"),
    [
        ("Tháng", "3", "2026-03-31"),
        ("Tháng", "4-5", "2026-05-31"),
        ("Tháng", "4-5/2026", "2026-05-31"),
        ("Tháng", "6/2026", "2026-06-30"),
        ("Quý", "II", "2026-06-30"),
        ("Quý", "II-III", "2026-09-30"),
        ("Ngày", "20/6/2026", "2026-06-20"),
    ],
)
def test_a_column_of_months_or_quarters(head: str, cell: str, day: str) -> None:
    [row] = rows(
        table(f"{head} | Công việc | Người phụ trách", f"{cell} | Khảo sát thư viện | Phòng Nội vụ")
    )
    assert (row["due"]["date"], row["questions"]) == (day, [])


def test_a_column_of_those_who_work_along() -> None:
    [row] = rows(
        table("TT | Đầu việc | Đầu mối | Cùng thực hiện", "1 | Mở tủ sách | Sở Y tế | Sở Nội vụ")
    )
    assert (row["owners"], row["cooperating"]) == (["Sở Y tế"], ["Sở Nội vụ"])


def test_heads_below_a_head_say_which_column_is_which() -> None:
    found = rows(
        table(
            "TT | Nội dung công việc | Phân công thực hiện | Phân công thực hiện | Thời gian",
            " | | Chủ trì | Phối hợp | ",
            "1 | Ban hành quy chế | Phòng Tổ chức | Các phòng | Tháng 02",
            "2 | Kiện toàn Ban Chỉ đạo | -nt- | -nt- | -nt-",
        )
    )
    assert [(row["owners"], row["cooperating"], row["due"]["date"]) for row in found] == [
        (["Phòng Tổ chức"], ["Các phòng"], "2026-02-28")
    ] * 2


def test_a_table_by_agencies() -> None:
    [row] = rows(
        table("TT | Sở, ngành | Nhiệm vụ được giao | Mốc", "1 | Sở Y tế | Mở tủ sách | Tháng 3")
    )
    assert (row["owners"], row["due"]["date"]) == (["Sở Y tế"], "2026-03-31")


def test_a_day_in_the_tasks_own_words() -> None:
    [row] = rows(
        table("TT | Nội dung | Chủ trì", "1 | Rà soát tủ sách, xong trước ngày 20/6/2026 | Sở Y tế")
    )
    assert row["due"] == due("before", "2026-06-20")


def test_a_column_of_reports_makes_a_report_beside_the_task() -> None:
    found = rows(
        table(
            "TT | Nhiệm vụ | Chủ trì | Thời gian thực hiện | Thời hạn báo cáo",
            "1 | Rà soát tủ sách | Sở Y tế | Quý II/2026 | 10/7/2026",
        )
    )
    assert [(row["kind"], row["due"]["date"]) for row in found] == [
        ("duty", "2026-06-30"),
        ("report", "2026-07-10"),
    ]


def test_a_second_time_that_is_no_reports_is_asked_about() -> None:
    [row] = rows(
        table(
            "TT | Nhiệm vụ | Chủ trì | Thời gian trình | Thời gian hoàn thành",
            "1 | Rà soát tủ sách | Sở Y tế | 10/5/2026 | 10/7/2026",
        )
    )
    assert [one["about"] for one in row["questions"]] == ["time"]


def test_a_column_of_leaders_and_partners_in_one_is_asked_about() -> None:
    [row] = rows(
        table("TT | Nhiệm vụ | Chủ trì/phối hợp", "1 | Rà soát tủ sách | Sở Y tế; UBND các xã")
    )
    assert [one["about"] for one in row["questions"]] == ["owner"]
