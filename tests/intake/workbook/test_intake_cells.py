"""A cell's content read for an indicator's type: a value, or a finding that asks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.files.findings import FAULTS
from intake.workbook.cells import Ask, Taken, looks_like_formula, read_cell, safe_cell_text
from intake.workbook.template import FigureLine
from plan.definition.appendices import Indicator, ValueType


def line(kind: str, **more: Any) -> FigureLine:
    choices = ["Đạt", "Không đạt"] if kind == "choice" else []
    indicator = Indicator(code="1", label="Chỉ tiêu", type=ValueType(kind), choices=choices, **more)
    return FigureLine("PL1.1", indicator, "PL1")


TAKEN: list[tuple[str, object, float | str]] = [
    ("count", 0.0, 0), ("count", 125, 125), ("count", "1.234", 1234), ("count", "1 234", 1234),
    ("count", "１２３", 123), ("count", " 7 ", 7), ("count", "12,0", 12),
    ("percent", 98.5, 98.5), ("percent", "98,5%", 98.5), ("percent", "98.5", 98.5), ("percent", 0, 0),
    ("percent", "0,5%", 0.5), ("percent", 100.0, 100), ("percent", "100%", 100),
    ("flag", 1.0, 1), ("flag", "có", 1), ("flag", "Không", 0), ("flag", "1", 1), ("flag", False, 0),
    ("choice", "Đạt", "Đạt"), ("choice", "đạt", "Đạt"), ("choice", "ĐẠT.", "Đạt"),
    ("choice", "Không", "Không đạt"), ("choice", "không đạt;", "Không đạt"),
    ("text", "Tờ rơi, áp phích", "Tờ rơi, áp phích"), ("text", 12.0, "12"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "value"), TAKEN)
def test_what_is_clear_is_taken(kind: str, content: Any, value: float | str) -> None:
    found = read_cell(content, line(kind))
    assert isinstance(found, Taken)
    assert (found.number if found.number is not None else found.text) == value


ASKED: list[tuple[str, object, str]] = [
    ("count", "-", "value.sign"), ("count", "x", "value.sign"), ("count", "KPS", "value.sign"),
    ("count", "kps", "value.sign"), ("count", "không phát sinh", "value.sign"),
    ("count", "125 (ước)", "value.with_words"), ("count", "1,234", "value.ambiguous"),
    ("count", "5%", "value.with_words"), ("count", "mười hai", "value.words"),
    ("count", "đang thống kê", "value.not_number"), ("count", 12.5, "value.not_whole"),
    ("count", "12,5", "value.not_whole"), ("count", -3.0, "value.negative"),
    ("count", "-3", "value.negative"),
    ("count", 1e15, "value.huge"), ("count", True, "value.boolean"),
    ("count", date(2020, 12, 15), "value.date"),
    ("count", "#REF!", "value.cell_error"), ("count", "Err:502", "value.cell_error"),
    ("count", "12.345/12.300", "value.pair_unexpected"),
    ("percent", 0.985, "value.percent_fraction"), ("percent", "0,985", "value.percent_fraction"),
    ("percent", 1.0, "value.percent_fraction"), ("percent", 985.0, "value.percent_range"),
    ("percent", "98.500", "value.ambiguous"), ("percent", "85.125 %", "value.ambiguous"),
    ("count", "85,125 %", "value.with_words"), ("percent", "120%", "value.percent_range"),
    ("percent", -1.0, "value.percent_range"), ("percent", datetime(2020, 12, 15), "value.date"),
    ("flag", 2.0, "value.flag"), ("flag", "x", "value.flag"), ("choice", "x", "value.choice"),
    ("choice", 1.0, "value.choice"), ("choice", "gần đạt", "value.choice"),
    ("text", "a" * 3000, "value.too_long"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "code"), ASKED)
def test_what_is_not_clear_is_asked(kind: str, content: Any, code: str) -> None:
    found = read_cell(content, line(kind))
    assert isinstance(found, Ask)
    assert found.code == code
    assert FAULTS[code].message.format_map({**found.words, "sheet": ""})


@pytest.mark.parametrize("content", [None, "", "  ", "\u00a0", "\n\t"])
def test_blank_is_not_zero(content: str | None) -> None:
    assert read_cell(content, line("count")) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Không áp dụng", ""),
        ("không áp dụng: Nghị định ban hành năm 2016", "Nghị định ban hành năm 2016"),
        ("KHÔNG ÁP DỤNG (chưa thành lập)", "chưa thành lập"),
        ("Không thuộc thẩm quyền", "Không thuộc thẩm quyền"),
    ],
)
def test_not_applicable_is_a_value_with_a_reason(content: str, reason: str) -> None:
    found = read_cell(content, line("count"))
    assert isinstance(found, Taken)
    assert found.not_applicable
    assert found.text == reason


def test_a_percentage_shown_as_one_is_what_was_shown() -> None:
    found = read_cell(0.985, line("percent"), percent_format=True)
    assert isinstance(found, Taken)
    assert found.number == 98.5
    assert found.remark is not None


@pytest.mark.parametrize("text", ["12.345/12.300", "12.300/12.345"])
def test_a_pair_gives_its_parts_the_smaller_one_first(text: str) -> None:
    found = read_cell(text, line("percent"))
    assert isinstance(found, Taken)
    assert found.pair == (12300, 12345)
    assert found.number == pytest.approx(99.6355, abs=1e-3)


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "@SUM(1)", "=1+1", "-2+3!A1"]
)
def test_text_that_a_spreadsheet_would_run(text: str) -> None:
    assert looks_like_formula(text)
    assert safe_cell_text(text) == f"'{text}"
    found = read_cell(text, line("text"))
    assert isinstance(found, Taken)
    assert found.remark is not None
    assert found.remark.code == "value.looks_like_formula"


@pytest.mark.parametrize(
    "text", ["- Văn bản của Tỉnh ủy", "Tờ rơi = 3", "a@b.vn", "", "-5", "+1.234,5%"]
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert not looks_like_formula(text)
    assert safe_cell_text(text) == text


@given(st.text(max_size=60))
def test_safe_text_never_starts_a_formula(text: str) -> None:
    safe = safe_cell_text(text)
    shown = safe.lstrip()
    number = shown[:1] in ("+", "-") and set(shown[1:].rstrip()) <= set("0123456789.,%")
    assert number or shown[:2] == "- " or not shown.startswith(("=", "+", "-", "@"))


@given(
    st.sampled_from(["count", "percent", "flag", "choice", "text"]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(allow_nan=False),
        st.text(max_size=40),
        st.dates(),
        st.times(),
    ),
)
def test_any_content_gives_an_answer_in_range(kind: str, content: Any) -> None:
    found = read_cell(content, line(kind))
    if isinstance(found, Taken) and found.number is not None:
        assert found.number >= 0
        assert kind != "percent" or found.number <= 100
        assert kind != "count" or found.number == int(found.number)
