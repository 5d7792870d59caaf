"""Times as plans word them, in sentences and in cells. The texts are made up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from drafting.plan_folder import due_words_of
from drafting.times.due import DueReading
from drafting.times.expressions import find_times, read_slot
from plan.deadlines.phrases import parse_due
from tests.support.drafts import due, rows

TASKS = "III. TỔ CHỨC THỰC HIỆN\n\n1. Sở Y tế\n\n"


def times_of(text: str) -> list[dict[str, Any]]:
    return [time.due.as_data() for time in find_times(text, 2026)]


@pytest.mark.parametrize(
    "text",
    [
        "Trình quyết định tuần cuối tháng 8/2026",
        "Báo cáo vào tuần cuối cùng của tháng 8/2026",
        "Họp cuối tháng 8/2026",
    ],
)
def test_the_end_of_a_month_is_its_last_day(text: str) -> None:
    [time] = find_times(text, 2026)
    assert (time.due, time.doubt) == (DueReading("within_month", day=date(2026, 8, 31)), "")


@pytest.mark.parametrize(
    "words",
    [
        "đầu tháng 8/2026",
        "giữa tháng 8/2026",
        "tuần 2 tháng 8/2026",
        "tuần thứ ba của tháng 8/2026",
        "ngày làm việc cuối cùng của tháng 8/2026",
    ],
)
def test_a_part_of_a_month_is_asked_about(words: str) -> None:
    [time] = find_times(f"Trình quyết định {words}", 2026)
    assert time.doubt
    assert read_slot(words, finish=True, year=2026).doubt


def test_from_the_beginning_of_a_month_is_no_deadline() -> None:
    assert find_times("Thực hiện từ đầu tháng 8/2026 tại các xã", 2026) == []


def test_the_last_working_day_of_each_quarter_recurs() -> None:
    assert times_of("Gửi số liệu vào ngày làm việc cuối cùng của quý") == [
        due("recurring", every="quarter")
    ]


def test_a_report_on_nine_months_comes_once_a_year() -> None:
    found = times_of(
        "báo cáo 6 tháng trước ngày 10/6, 9 tháng trước ngày 10/9 và cả năm trước ngày 05/12"
    )
    assert [(one["every"], one["at"]["month"], one["at"]["day"]) for one in found] == [
        ("half-year", 6, 10),
        ("year", 9, 10),
        ("year", 12, 5),
    ]


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("Báo cáo Bộ Y tế 6 tháng và cả năm.", ["half-year", "year"]),
        ("Định kỳ 6 tháng, 1 năm báo cáo UBND tỉnh.", ["half-year", "year"]),
        (
            "Định kỳ hằng quý, 6 tháng, 9 tháng và năm báo cáo UBND tỉnh.",
            ["quarter", "half-year", "year", "year"],
        ),
    ],
)
def test_every_period_of_a_phrase_is_a_row(text: str, cycles: list[str]) -> None:
    assert [row["due"]["every"] for row in rows(f"{TASKS}- {text}\n")] == cycles


def test_what_comes_each_year_holds_for_the_month_before_too() -> None:
    found = rows(
        f"{TASKS}- Trình UBND tỉnh báo cáo sơ kết vào tháng 6, báo cáo tổng kết vào tháng 12 hằng năm.\n"
    )
    assert [row["due"]["at"] for row in found] == [
        {"mark": "in", "month": 6},
        {"mark": "in", "month": 12},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Gửi danh mục sách trước Tết Nguyên đán.",
        "Sửa chữa trường học trước khai giảng năm học mới.",
        "Thẩm định hồ sơ trong thời hạn 07 ngày làm việc.",
        "Báo cáo đột xuất khi có yêu cầu.",
    ],
)
def test_what_is_counted_from_another_thing(text: str) -> None:
    [row] = rows(f"{TASKS}- {text}\n")
    assert row["due"]["type"] == "relative"


def test_in_the_year_and_all_year() -> None:
    assert read_slot("Trong năm", finish=True, year=2026).due == DueReading(
        "within_year", day=date(2026, 12, 31)
    )
    assert read_slot("Cả năm", finish=True, year=2026).due == DueReading("ongoing")


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("vào tháng 6", "tháng 6 hằng năm"),
        ("ngày 15 tháng cuối quý", "hằng quý chậm nhất ngày 15 tháng cuối quý"),
        ("vào ngày 5 tháng đầu quý", "hằng quý chậm nhất ngày 5 tháng đầu quý"),
    ],
)
def test_a_recurrence_is_written_in_words_the_plan_reads(words: str, written: str) -> None:
    meant = {
        "vào tháng 6": DueReading("recurring", every="year", at=(("mark", "in"), ("month", 6))),
    }.get(words, read_slot(words, finish=True, year=2026).due)
    [told] = due_words_of(meant, words)
    assert told == written
    assert parse_due(told)


def test_periods_before_the_report_they_are_of() -> None:
    found = rows(f"{TASKS}- Theo dõi các chi bộ; 6 tháng, một năm báo cáo Đảng ủy.\n")
    assert [row["due"]["every"] for row in found] == [None, "half-year", "year"]
