"""Numbers as people type them: one reading, or the question to ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.workbook.numbers import Exact, Pair, Unclear, read_number, read_words
from plan.text import number_words

EXACT = {
    "0": 0,
    "125": 125,
    "1.234": 1234,
    "1 234": 1234,
    "1\u00a0234": 1234,
    "12.345.678": 12345678,
    "1,234,567": 1234567,
    "1,234.5": 1234.5,
    "1.234,5": 1234.5,
    "98,5": 98.5,
    "98.5": 98.5,
    "0,985": 0.985,
    "0.985": 0.985,
    "-7": -7,
    "−7": -7,
    "- 7": -7,
    "１２３": 123,
    " 42 ": 42,
}


@pytest.mark.parametrize(("text", "value"), EXACT.items())
def test_one_number_one_reading(text: str, value: float) -> None:
    assert read_number(text) == Exact(value)


@pytest.mark.parametrize(
    ("text", "value"), [("98,5%", 98.5), ("100 %", 100), ("0,5%", 0.5), ("９８％", 98)]
)
def test_percent_sign_is_kept_beside_the_number(text: str, value: float) -> None:
    assert read_number(text) == Exact(value, percent=True)


def test_pair_with_a_slash() -> None:
    assert read_number("12.345/12.300") == Pair(12345, 12300)
    assert read_number("12/15") == Pair(12, 15)


def test_two_readings_are_both_told() -> None:
    assert read_number("1,234") == Unclear((1.234, 1234.0))


@pytest.mark.parametrize("text", ["125 (ước)", "khoảng 125", "125 người", "~125", ">125"])
def test_a_number_with_words_is_not_taken(text: str) -> None:
    found = read_number(text)
    assert isinstance(found, Unclear)
    assert found.readings == (125.0,)
    assert found.rest


@pytest.mark.parametrize("text", ["1.23.4", "12.34.567", "1 23", "2015-2016", "1/2/2020", "12:30"])
def test_what_is_no_number_is_never_one(text: str) -> None:
    assert isinstance(read_number(text), Unclear)


@pytest.mark.parametrize("text", ["", "-", "x", "KPS", "không phát sinh", "…"])
def test_no_digit_no_number(text: str) -> None:
    assert read_number(text) is None


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_what_the_office_writes_is_read_back(number: int) -> None:
    assert read_number(number_words(number)) == Exact(float(number))


@given(st.text(max_size=40))
def test_any_text_gives_an_answer(text: str) -> None:
    read_number(text)
    read_words(text)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("không", 0),
        ("mười", 10),
        ("mười lăm", 15),
        ("hai mươi mốt", 21),
        ("một trăm hai mươi lăm", 125),
        ("hai trăm linh năm", 205),
        ("ba nghìn không trăm lẻ bốn", 3004),
        ("một triệu hai trăm nghìn", 1_200_000),
        ("Mười hai", 12),
    ],
)
def test_numbers_in_words(words: str, number: int) -> None:
    assert read_words(words) == number


@pytest.mark.parametrize("words", ["", "mười hai đơn vị", "chưa có", "hai ba"])
def test_words_that_are_no_number(words: str) -> None:
    assert read_words(words) is None
