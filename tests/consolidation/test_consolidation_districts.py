"""One paragraph for what many agencies say: nothing in it that nobody wrote."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.outputs.report.districts import picked, sentences_of, telling

NO_NAMES: dict[str, re.Pattern[str]] = {}
A = "Huyện đã ban hành 12 văn bản chỉ đạo, điều hành công tác cải cách hành chính."
B = "Ủy ban nhân dân huyện quan tâm chỉ đạo công tác cải cách hành chính hằng năm."
C = "Còn khó khăn về kinh phí và nhân lực công nghệ thông tin ở cấp xã hiện nay."


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"{A} {B}", 2),
        (f"{A}\n{B}", 2),
        ("Thực hiện tại TP. Quy Nhơn và các xã. Kết quả tốt.", 2),
        ("Đạt 12.500 hồ sơ, tăng 1.200 hồ sơ so với năm trước.", 1),
        ("", 0),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, count: int) -> None:
    assert len(sentences_of(text)) == count


def test_a_figure_tells_more_than_a_result_a_result_more_than_good_intentions() -> None:
    assert telling(A) > telling(C) > telling(B)
    assert telling("Kế hoạch ban hành ngày 15/3/2019 năm 2019.") == 0  # a date is no figure


def test_every_agency_is_heard_before_one_is_heard_twice() -> None:
    other = "Toàn huyện có 35 dịch vụ công trực tuyến mức độ 3, tăng 12 dịch vụ."
    found = picked([("a", f"{A} {other}"), ("b", B), ("c", C)], NO_NAMES, most=3)
    assert [one.agencies for one in found] == [
        ("a",),
        ("c",),
        ("a",),
    ]  # b says too little to stand there


def test_near_duplicates_are_shown_once_and_never_under_a_name_that_did_not_write_them() -> None:
    done = "Công tác rà soát thủ tục hành chính cấp xã đã hoàn thành đúng thời gian quy định."
    not_done = done.replace("đã hoàn thành", "chưa hoàn thành")
    found = picked([("a", done), ("b", not_done)], NO_NAMES, 2)
    assert len(found) == 1
    assert len(found[0].agencies) == 1


def test_what_differs_only_in_its_figures_is_shown_once() -> None:
    said = "Huyện và {} xã công bố áp dụng hệ thống quản lý chất lượng trong năm 2019."
    found = picked([(one, said.format(n)) for n, one in enumerate("abc", start=12)], NO_NAMES, 2)
    assert [one.text for one in found] == [said.format(12)]


def test_what_was_told_before_is_not_told_again() -> None:
    assert [one.text for one in picked([("a", A), ("b", C)], NO_NAMES, 2, told={A})] == [C]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcdefg"),
            st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=4).map(" ".join),
        ),
        max_size=12,
    )
)
def test_nothing_is_said_that_its_agency_did_not_write(texts: list[tuple[str, str]]) -> None:
    written = [(agency, sentence) for agency, text in texts for sentence in sentences_of(text)]
    found = picked(texts, NO_NAMES, 2)
    assert len(found) <= 2
    assert all((agency, one.text) in written for one in found for agency in one.agencies)
    assert len({one.text for one in found}) == len(found)
