"""Words an office writes: dates, deadlines, numbers, lists; and text made comparable."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.deadlines.standing import Standing, Timeliness, deadline_words, left_words
from plan.text import (
    date_words,
    join_names,
    long_date,
    moment_words,
    normalise,
    number_words,
    span_words,
    strip_accents,
    weekday_words,
)


def test_dates() -> None:
    assert date_words(date(2020, 4, 29)) == "29/04/2020"
    assert date_words(date(2020, 1, 5)) == "05/01/2020"
    assert weekday_words(date(2020, 4, 29)) == "Thứ Tư"
    assert weekday_words(date(2020, 5, 31)) == "Chủ nhật"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2020, 4, 29), "ngày 29 tháng 4 năm 2020"),
        (date(2020, 2, 5), "ngày 05 tháng 02 năm 2020"),
        (date(2020, 1, 20), "ngày 20 tháng 01 năm 2020"),
        (date(2020, 3, 9), "ngày 09 tháng 3 năm 2020"),
        (date(2020, 12, 1), "ngày 01 tháng 12 năm 2020"),
    ],
)
def test_long_dates_have_the_decrees_zeros(day: date, words: str) -> None:
    assert long_date(day) == words


def test_spans_and_moments() -> None:
    assert span_words(date(2020, 4, 1), date(2020, 4, 30)) == "01/04–30/04/2020"
    assert span_words(date(2019, 12, 30), date(2020, 1, 3)) == "30/12/2019–03/01/2020"
    assert span_words(date(2020, 4, 1), date(2020, 4, 1)) == "01/04/2020"
    assert moment_words(datetime(2020, 4, 29, 10, 5, tzinfo=UTC)) == "17:05 ngày 29/04/2020"
    assert moment_words(datetime(2020, 4, 29, 17, 0, tzinfo=UTC)) == "00:00 ngày 30/04/2020"


def test_deadlines() -> None:
    last_day = date(2020, 4, 29)
    assert deadline_words(last_day) == "chậm nhất 29/04/2020"
    day_ends = datetime(2020, 4, 29, 17, tzinfo=UTC)
    assert deadline_words(last_day, day_ends) == "chậm nhất 29/04/2020"
    at_17 = datetime(2020, 4, 29, 10, tzinfo=UTC)
    assert deadline_words(last_day, at_17) == "trước 17:00 ngày 29/04/2020"
    assert deadline_words(None) == "không có hạn"


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (Standing(Timeliness.undated), "không có hạn"),
        (Standing(Timeliness.not_open, days_left=30, working_days_left=20), "chưa mở"),
        (Standing(Timeliness.open, days_left=7, working_days_left=5), "còn 5 ngày làm việc"),
        (Standing(Timeliness.due_soon, days_left=0, working_days_left=0), "hôm nay là ngày cuối"),
        (
            Standing(Timeliness.due_soon, days_left=2, working_days_left=0),
            "còn 2 ngày (0 ngày làm việc)",
        ),
        (
            Standing(Timeliness.overdue, days_late=6, working_days_late=2),
            "quá hạn 2 ngày làm việc",
        ),
        (Standing(Timeliness.overdue, days_late=1), "quá hạn 1 ngày (0 ngày làm việc)"),
        (Standing(Timeliness.overdue), "quá hạn trong ngày"),
        (Standing(Timeliness.on_time), "đúng hạn"),
        (Standing(Timeliness.late, days_late=5, working_days_late=1), "trễ 1 ngày làm việc"),
    ],
)
def test_how_it_stands(standing: Standing, words: str) -> None:
    assert left_words(standing) == words


def test_every_timeliness_has_words() -> None:
    words = {left_words(Standing(kind, 3, 2, 3, 2)) for kind in Timeliness}
    assert len(words) == len(Timeliness) - 1  # open and due soon read alike


@pytest.mark.parametrize(
    ("value", "places", "words"),
    [
        (0, None, "0"),
        (999, None, "999"),
        (2054776, None, "2.054.776"),
        (-1234.5, None, "-1.234,5"),
        (0.1, None, "0,1"),
        (100.0, None, "100"),
        (1e21, None, "1.000.000.000.000.000.000.000"),
        (Decimal("98.70"), None, "98,7"),
        (98.65, 1, "98,7"),
        (5, 2, "5,00"),
        (-0.001, 1, "0,0"),
        (-0.0, None, "0"),
        (1200, 0, "1.200"),
    ],
)
def test_numbers(value: float, places: int | None, words: str) -> None:
    assert number_words(value, places) == words


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("-Infinity")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        number_words(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_numbers_read_back(value: Decimal) -> None:
    words = number_words(value)
    assert Decimal(words.replace(".", "").replace(",", ".")) == value


def test_lists() -> None:
    names = ["An Lão", "Vân Canh", "Hoài Ân", "Phù Cát", "Phù Mỹ"]
    assert join_names([]) == ""
    assert join_names(names[:1]) == "An Lão"
    assert join_names(names[:2]) == "An Lão và Vân Canh"
    assert join_names(names) == "An Lão, Vân Canh, Hoài Ân, Phù Cát và Phù Mỹ"
    assert join_names(names, limit=2) == "An Lão, Vân Canh và 3 đơn vị khác"
    assert join_names(names, limit=4, noun="huyện") == (
        "An Lão, Vân Canh, Hoài Ân, Phù Cát và 1 huyện khác"
    )
    assert join_names(names, limit=0) == "5 đơn vị"


def test_accents() -> None:
    assert strip_accents("Đôn đốc ĐƯỜNG Ở Quy Nhơn, nghỉ bù") == "Don doc DUONG O Quy Nhon, nghi bu"
    assert strip_accents("Ho\u00e0i \u00c2n") == strip_accents("Hoa\u0300i A\u0302n") == "Hoai An"


def test_normalise() -> None:
    assert normalise("  HOÀI\u00a0\tNHƠN ") == "hoai nhon"
    assert normalise("2011 – 2020") == normalise("2011-2020") == normalise("2011 —2020")
    assert normalise("\ufeffPhụ\u200b lục\u00ad 1") == "phu luc 1"
    assert normalise("Đ") == "d"


@given(st.text())
def test_normalise_is_stable(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert normalise(text.upper()) == normalise(text.upper().lower())
