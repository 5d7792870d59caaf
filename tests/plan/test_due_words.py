"""Due words: what is read, what is refused and why, and that nothing is read in two ways."""

from __future__ import annotations

import contextlib
from calendar import monthrange
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.deadlines.phrases import READABLE, DueWordsError, parse_due
from plan.deadlines.rules import DueRule, Every, Once, Recurring
from plan.errors import DondocError
from plan.text import long_date, strip_accents

DAY = timedelta(days=1)

DAILY = Recurring(Every.day, 1, 1, True, clock=time(16, 30))
APRIL = Once(last_day=date(2020, 4, 30), first_day=date(2020, 4, 1))


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("Thời gian hoàn thành: Trước ngày 30 tháng 4 năm 2020.", Once(date(2020, 4, 29))),
        ("Thời gian thực hiện: Trong tháng 4 năm 2020.", APRIL),
        ("Thời gian thực hiện: Trong tháng 5 năm 2020.", Once(date(2020, 5, 31), date(2020, 5, 1))),
        ("trước ngày 20/6/2020", Once(date(2020, 6, 19))),
        ("trong tháng 4-5/2020", Once(date(2020, 5, 31), date(2020, 4, 1))),
        ("Tháng 11 - 12/2025", Once(date(2025, 12, 31), date(2025, 11, 1))),
        ("trong quý I, II năm 2020", Once(date(2020, 6, 30), date(2020, 1, 1))),
        ("chậm nhất quý III-IV/2025", Once(date(2025, 12, 31))),
        ("Quý II và Quý III/2026", Once(date(2026, 9, 30), date(2026, 4, 1))),
        ("Quý I, II, III/2026", Once(date(2026, 9, 30), date(2026, 1, 1))),
        ("Quý I, II và III/2026", Once(date(2026, 9, 30), date(2026, 1, 1))),
        ("Trong quý I, quý II và quý III năm 2026", Once(date(2026, 9, 30), date(2026, 1, 1))),
        ("Quý I; II; III/2026", Once(date(2026, 9, 30), date(2026, 1, 1))),
        ("Quý I-II-III/2026", Once(date(2026, 9, 30), date(2026, 1, 1))),
        ("chậm nhất quý I, II, III/2026", Once(date(2026, 9, 30))),
        ("Quý IV/2025 và quý I, II/2026", Once(date(2026, 6, 30), date(2025, 10, 1))),
        ("Quý IV/2025 - quý III/2026", Once(date(2026, 9, 30), date(2025, 10, 1))),
        ("Tháng 3, 4, 5/2026", Once(date(2026, 5, 31), date(2026, 3, 1))),
        ("Tháng 12/2025, tháng 01 và tháng 02/2026", Once(date(2026, 2, 28), date(2025, 12, 1))),
        ("trong năm 2026, 2027 và 2028", Once(date(2028, 12, 31), date(2026, 1, 1))),
        ("Tháng 6 và tháng 7/2026", Once(date(2026, 7, 31), date(2026, 6, 1))),
        ("Tháng 6 - 12/2026", Once(date(2026, 12, 31), date(2026, 6, 1))),
        ("6 tháng đầu năm 2026", Once(date(2026, 6, 30), date(2026, 1, 1))),
        ("trong 6 tháng đầu năm 2026", Once(date(2026, 6, 30), date(2026, 1, 1))),
        ("6 tháng cuối năm 2026", Once(date(2026, 12, 31), date(2026, 7, 1))),
        ("Nửa đầu năm 2026", Once(date(2026, 6, 30), date(2026, 1, 1))),
        ("Thời gian: Nửa cuối năm 2026.", Once(date(2026, 12, 31), date(2026, 7, 1))),
        ("đến hết 6 tháng đầu năm 2026", Once(date(2026, 6, 30))),
        ("Từ ngày 01/01/2026 đến ngày 31/3/2026", Once(date(2026, 3, 31), date(2026, 1, 1))),
        ("2025", Once(date(2025, 12, 31), date(2025, 1, 1))),
        ("Quí IV-2025", Once(date(2025, 12, 31), date(2025, 10, 1))),
        ("cuối tháng 4/2020", Once(date(2020, 4, 30))),
        ("Kỳ họp bất thường lần thứ 9 (cuối tháng 02/2025)", Once(date(2025, 2, 28))),
        ("Phiên họp thứ 42 (tháng 02/2025)", Once(date(2025, 2, 28), date(2025, 2, 1))),
        ("6 tháng (trước ngày 16/6)", Recurring(Every.year, 16, 6, False)),
        (
            "6 tháng (trước ngày 15/6), năm (trước ngày 15/12)",
            Recurring(Every.year, 15, 6, False, ((15, 12),)),
        ),
        (
            "báo cáo 6 tháng trước ngày 10/6, 9 tháng trước ngày 10/9 và cả năm trước ngày 05/12",
            Recurring(Every.year, 10, 6, False, ((10, 9), (5, 12))),
        ),
        ("Định kỳ hàng tháng (trước ngày 16 hàng tháng)", Recurring(Every.month, 16, 1, False)),
        ("Tháng 12 hằng năm", Recurring(Every.year, 31, 12, True)),
        ("Trong quý II hằng năm", Recurring(Every.year, 30, 6, True)),
        ("TRUOC NGAY 30-4-2020", Once(date(2020, 4, 29))),
        ("trước ngày 30 – 4 – 2020", Once(date(2020, 4, 29))),
        ("trước 01.03.2020", Once(date(2020, 2, 29))),
        (
            "gửi về Sở Nội vụ trước ngày 30/4/2020 để tổng hợp theo quy định",
            Once(date(2020, 4, 29)),
        ),
        ("chậm nhất ngày 29/4/2020", Once(date(2020, 4, 29))),
        ("Chậm nhất là ngày 5 tháng 3 năm 2020", Once(date(2020, 3, 5))),
        ("muộn nhất vào ngày 29/4/2020", Once(date(2020, 4, 29))),
        ("không muộn hơn ngày 29/4/2020", Once(date(2020, 4, 29))),
        ("đến hết ngày 29/4/2020", Once(date(2020, 4, 29))),
        ("trước 17 giờ 00 ngày 29/4/2020", Once(date(2020, 4, 29), clock=time(17))),
        ("trước 16h30' ngày 27/4/2020", Once(date(2020, 4, 27), clock=time(16, 30))),
        ("chậm nhất 16:30, ngày 27/4/2020", Once(date(2020, 4, 27), clock=time(16, 30))),
        ("trước 24h00 ngày 29/4/2020", Once(date(2020, 4, 29))),
        ("trước 0 giờ ngày 30/4/2020", Once(date(2020, 4, 29))),
        ("tháng 4/2020", APRIL),
        ("Trong tháng 4, năm 2020", APRIL),
        ("trong quý I năm 2020", Once(date(2020, 3, 31), date(2020, 1, 1))),
        ("Quý IV/2020", Once(date(2020, 12, 31), date(2020, 10, 1))),
        ("quý 2-2020", Once(date(2020, 6, 30), date(2020, 4, 1))),
        ("trong năm 2020", Once(date(2020, 12, 31), date(2020, 1, 1))),
        ("đến hết tháng 2 năm 2020", Once(date(2020, 2, 29))),
        ("chậm nhất trong quý II năm 2020", Once(date(2020, 6, 30))),
        ("hằng tháng trước ngày 15", Recurring(Every.month, 15, 1, False)),
        ("Trước ngày 25 hàng tháng", Recurring(Every.month, 25, 1, False)),
        ("định kỳ hằng tháng, chậm nhất ngày 05 tháng sau", Recurring(Every.month, 5, 2, True)),
        ("trước 17 giờ ngày 15 hằng tháng", Recurring(Every.month, 15, 1, True, clock=time(17))),
        ("hằng ngày", Recurring(Every.day, 1, 1, True)),
        ("trước 19h00’ hằng ngày", Recurring(Every.day, 1, 1, True, clock=time(19))),
        ("Hàng ngày, chậm nhất 16 giờ 30 phút", DAILY),
        ("trước 16g30 mỗi ngày, kể cả ngày nghỉ, lễ", replace(DAILY, days_off=True)),
        ("hằng ngày trước 24 giờ", Recurring(Every.day, 1, 1, True)),
        ("hằng ngày trước 8 giờ ngày hôm sau", Recurring(Every.day, 2, 1, True, clock=time(8))),
        ("thứ Sáu hằng tuần", Recurring(Every.week, 5, 1, True)),
        ("trước thứ 6 hằng tuần", Recurring(Every.week, 5, 1, False)),
        (
            "Định kỳ hằng tuần, trước 15 giờ thứ Năm",
            Recurring(Every.week, 4, 1, True, clock=time(15)),
        ),
        ("hằng tuần, chậm nhất thứ Hai tuần sau", Recurring(Every.week, 8, 1, True)),
        ("Chủ nhật hằng tuần", Recurring(Every.week, 7, 1, True)),
        ("hằng quý trước ngày 15 của tháng cuối quý", Recurring(Every.quarter, 15, 3, False)),
        ("hằng quý chậm nhất ngày 10 tháng đầu quý sau", Recurring(Every.quarter, 10, 4, True)),
        ("hằng năm trước ngày 15/12", Recurring(Every.year, 15, 12, False)),
        ("mỗi năm trước ngày 15 tháng 01 năm sau", Recurring(Every.year, 15, 13, False)),
        (
            "định kỳ trước ngày 01/6 và 15/11 hằng năm",
            Recurring(Every.year, 1, 6, False, ((15, 11),)),
        ),
        (
            "trước ngày 01/6 và trước ngày 15/11 hằng năm",
            Recurring(Every.year, 1, 6, False, ((15, 11),)),
        ),
        (
            "Hằng năm, chậm nhất ngày 15/3, 15/6, 15/9 và 15/12",
            Recurring(Every.year, 15, 3, True, ((15, 6), (15, 9), (15, 12))),
        ),
    ],
)
def test_readable_words(words: str, rule: DueRule) -> None:
    assert parse_due(words) == rule


@pytest.mark.parametrize("words", READABLE)
def test_every_form_a_refusal_shows_is_readable(words: str) -> None:
    assert parse_due(words)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "không thấy"),
        ("càng sớm càng tốt", "không thấy"),
        ("Năm 2026 và các năm tiếp theo", "kéo dài"),
        ("hằng tuần", "một ngày trong tuần"),
        ("chiều thứ Sáu hằng tuần", "một ngày trong tuần"),
        ("thứ Hai và thứ Năm hằng tuần", "một ngày trong tuần"),
        ("trước thứ Hai hằng tuần", "trước khi kỳ bắt đầu"),
        ("trước 4 giờ chiều hằng ngày", "chỉ nêu giờ"),
        ("06 giờ và 18 giờ hằng ngày", "chỉ nêu giờ"),
        ("hằng ngày trước ngày 30/4/2020", "chỉ nêu giờ"),
        ("trước 25 giờ hằng ngày", "không có giờ 25"),
        ("hằng tháng, thứ Sáu hằng tuần", "hơn một kỳ"),
        ("Quý IV năm 2025 và các năm tiếp theo", "kéo dài"),
        ("trước ngày 30/6/2026 và những năm sau", "kéo dài"),
        ("Thường xuyên, trong năm 2026", "kéo dài"),
        ("Năm 2026 - 2030 và các giai đoạn sau", "kéo dài"),
        ("2024-2025", "chưa rõ"),
        ("tháng 12 - 11/2025", "ngày đầu"),
        ("quý IV - VI/2025", "không có quý VI"),
        ("tháng 2 hằng năm", "tháng 2"),
        ("trước ngày 15/11 và 01/6 hằng năm", "theo thứ tự"),
        ("trước ngày 01/6 và 15/6 hằng năm", "theo thứ tự"),
        ("trước ngày 01/6 và 31/11 hằng năm", "ngày 31"),
        ("trước ngày 01/6 và 15/13 hằng năm", "không có tháng 13"),
        ("trước ngày 01/6, chậm nhất 15/11 hằng năm", "còn có số"),
        ("chậm nhất 01/6, trước 15/11 hằng năm", "một ngày"),
        ("trước ngày 01/6/2026 và 15/11 hằng năm", "còn có số"),
        ("hằng tháng và hằng quý trước ngày 15", "hơn một kỳ"),
        ("đến ngày 30/4/2020", "«đến ngày»"),
        ("ngày 30/4/2020", "chưa rõ"),
        ("sau ngày 30/4/2020", "chưa rõ"),
        ("trước ngày 31/4/2020", "không có ngày 31/4/2020"),
        ("trước ngày 29/2/2021", "không có ngày 29/2/2021"),
        ("trước ngày 1/1/0001", "năm 0001"),
        ("trước ngày 30 tháng 4", "thiếu năm"),
        ("trong tháng 4", "thiếu năm"),
        ("trong quý I", "thiếu năm"),
        ("trong tháng 13/2020", "không có tháng 13"),
        ("trong quý V năm 2020", "không có quý V"),
        ("trước 25 giờ ngày 1/1/2020", "không có giờ 25:00"),
        ("trước ngày 30/4/20", "còn có số"),
        ("trước ngày 30/4/2020, trước ngày 20/6/2020", "hơn một"),
        ("trước ngày 30/4/2020 và 20/6/2020", "còn có số"),
        ("trước ngày 30/4/2020 trong tháng 5/2020", "hơn một"),
        ("Quý I, III/2026", "hơn một"),
        ("Quý II và Quý IV/2026", "hơn một"),
        ("Quý I, III và IV/2026", "hơn một"),
        ("Quý III, II, I/2026", "hơn một"),
        ("Quý I, I, II/2026", "hơn một"),
        ("Quý I-III, IV/2026", "hơn một"),
        ("quý I và quý III", "hơn một"),
        ("quý I/2026, II", "hơn một"),
        ("quý I/2026 hoặc II", "hơn một"),
        ("quý I, II, III, V/2026", "không có quý V"),
        ("Tháng 3, 6, 9/2026", "hơn một"),
        ("Tháng 3, 6, 9 và 12 năm 2026", "hơn một"),
        ("tháng 3, 6, 9", "còn có số"),
        ("Tháng 3, 4, 5", "còn có số"),
        ("các quý I, II, III năm 2026", "thiếu chữ"),
        ("Quý I, II, III và các năm tiếp theo", "kéo dài"),
        ("Quý I, II, III/2026 và các năm tiếp theo", "kéo dài"),
        ("Quý I, II, III hằng năm", "đúng một ngày"),
        ("Năm 2026, 2027 và 2028", "chưa rõ"),
        ("6 tháng và cả năm", "theo kỳ"),
        ("định kỳ 6 tháng, 1 năm", "theo kỳ"),
        ("6 tháng, 9 tháng và cả năm 2026", "còn có số"),
        ("6 tháng đầu năm và cả năm 2026", "còn có số"),
        ("Tháng 6 và tháng 12/2026", "hơn một"),
        ("Tháng 6, 12/2026", "hơn một"),
        ("chậm nhất tháng 6, 12/2026", "hơn một"),
        ("trong năm 2026, 2028", "hơn một"),
        ("quý IV, VI/2025", "không có quý VI"),
        ("báo cáo 6 tháng đầu năm 2026", "thiếu chữ"),
        ("báo cáo 6 tháng đầu năm 2026 trước ngày 15/6/2026", "hơn một"),
        ("9 tháng đầu năm 2026", "còn có số"),
        ("6 tháng đầu năm và 6 tháng cuối năm 2026", "còn có số"),
        ("Nửa đầu năm 2026 và nửa cuối năm", "hơn một"),
        ("trong nửa đầu và trong nửa cuối năm 2026", "hơn một"),
        ("Nửa đầu năm 2026 và các năm tiếp theo", "kéo dài"),
        ("trong nửa đầu tháng 4/2020", "thiếu chữ"),
        ("từ quý I/2020", "thiếu chữ"),
        ("trước tháng 5 năm 2020", "chữ khác về thời gian"),
        ("trước khi hết ngày 30/4/2020", "chữ khác về thời gian"),
        ("chậm nhất trước ngày 30/4/2020", "chữ khác về thời gian"),
        ("không trước ngày 30/4/2020", "đổi nghĩa"),
        ("khoảng trước ngày 30/4/2020", "đổi nghĩa"),
        ("trước ngày 30/4/2020 hoặc khi có yêu cầu", "đổi nghĩa"),
        ("hằng tháng", "đúng một ngày"),
        ("hằng tháng trước ngày 15, trước ngày 25", "đúng một ngày"),
        ("hằng tháng trước ngày 15 và 25", "còn có số"),
        ("hằng tháng trước ngày 15 năm 2020", "còn có số"),
        ("hằng tháng trước ngày 30", "không phải kỳ nào cũng có ngày 30"),
        ("hằng tháng trước ngày 1", "trước khi kỳ bắt đầu"),
        ("hằng quý trước ngày 15", "tháng nào của kỳ"),
        ("hằng quý trước ngày 31 tháng cuối quý", "không phải kỳ nào"),
        ("hằng tháng trước ngày 15 tháng cuối quý", "tháng nào của kỳ"),
        ("hằng năm trước ngày 15", "tháng nào của kỳ"),
        ("hằng năm trước ngày 15/13", "không có tháng 13"),
        ("hằng năm trước ngày 29/2", "không phải kỳ nào"),
    ],
)
def test_what_is_not_certain_is_refused(words: str, reason: str) -> None:
    with pytest.raises(DueWordsError) as caught:
        parse_due(words)
    assert reason in caught.value.reason
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, DondocError)
    assert f"«{words}»" in str(caught.value)
    assert all(form in str(caught.value) for form in READABLE)


def test_the_inclusive_switch_moves_only_before() -> None:
    assert parse_due("trước ngày 30/4/2020", inclusive_before=True) == Once(date(2020, 4, 30))
    assert parse_due("chậm nhất ngày 30/4/2020", inclusive_before=True) == Once(date(2020, 4, 30))
    assert parse_due("trong tháng 4/2020", inclusive_before=True) == APRIL
    clock = parse_due("trước 17h00 ngày 30/4/2020", inclusive_before=True)
    assert clock == Once(date(2020, 4, 30), clock=time(17))
    monthly = parse_due("hằng tháng trước ngày 1", inclusive_before=True)
    assert monthly == Recurring(Every.month, 1, 1, True)


DATES = st.dates(date(1950, 1, 2), date(2199, 12, 31))
BEFORE = ["trước ngày", "Trước ngày", "trước"]
BY = [
    "chậm nhất ngày",
    "chậm nhất là ngày",
    "muộn nhất ngày",
    "đến hết ngày",
    "hết ngày",
    "không quá ngày",
]
LEADS = [
    "",
    "Thời gian hoàn thành: ",
    "Thời gian thực hiện - ",
    "các huyện, thị xã gửi về Sở Nội vụ ",
]
TAILS = ["", ".", " để tổng hợp, báo cáo theo quy định.", " (theo đề cương gửi kèm);"]


@st.composite
def written_dates(draw: st.DrawFn, day: date) -> str:
    forms = [
        long_date(day).removeprefix("ngày "),
        *(f"{day.day}{mark}{day.month}{mark}{day.year}" for mark in ("/", "-", ".", " – ", "—")),
        f"{day:%d/%m/%Y}",
        f"{day.day} tháng {day.month}, năm {day.year}",
    ]
    return draw(st.sampled_from(forms))


@st.composite
def period_phrases(draw: st.DrawFn) -> tuple[str, Once]:
    day = draw(DATES)
    months = draw(st.sampled_from([1, 3, 12]))
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    end = first.month + months - 1
    last = date(day.year, end, monthrange(day.year, end)[1])
    quarter = ["I", "II", "III", "IV"][(day.month - 1) // 3]
    year = f"{draw(st.sampled_from([' năm ', '/', '-', ', năm ']))}{day.year}"
    name = {1: f"tháng {day.month}{year}", 3: f"quý {quarter}{year}", 12: f"năm {day.year}"}[months]
    mark, opens = draw(
        st.sampled_from([("trong ", first), ("đến hết ", None), ("chậm nhất trong ", None)])
    )
    return mark + name, Once(last, opens)


@st.composite
def day_phrases(draw: st.DrawFn) -> tuple[str, Once]:
    day = draw(DATES)
    mark = draw(st.sampled_from([*BEFORE, *BY]))
    phrase = f"{mark} {draw(written_dates(day))}"
    return phrase, Once(day - DAY if mark in BEFORE else day)


@st.composite
def disguises(draw: st.DrawFn, phrases: st.SearchStrategy[tuple[str, Once]]) -> tuple[str, Once]:
    """The same phrase as people type it: other words around, no accents, other case, odd blanks."""
    phrase, rule = draw(phrases)
    text = draw(st.sampled_from(LEADS)) + phrase + draw(st.sampled_from(TAILS))
    for change in draw(
        st.lists(
            st.sampled_from(
                [strip_accents, str.upper, str.title, lambda t: t.replace(" ", "\u00a0 ")]
            ),
            max_size=2,
        )
    ):
        text = change(text)
    return text, rule


@given(disguises(st.one_of(day_phrases(), period_phrases())))
def test_phrases_read_back_in_any_disguise(case: tuple[str, Once]) -> None:
    text, rule = case
    assert parse_due(text) == rule


SOUP_WORDS = (
    "trước chậm nhất đến hết trong hằng định_kỳ ngày tháng quý năm sau cuối đầu giờ h : / - , . "
    "là vào không và hoặc 0 1 4 5 15 29 30 31 12 13 24 2020 2021 0000 99999 I IV V # ٣ ²"
)
SOUP = st.lists(st.sampled_from(SOUP_WORDS.split()), max_size=14).map(
    lambda words: " ".join(words).replace("_", " ")
)


@given(SOUP | st.text(max_size=60), st.booleans())
def test_any_text_is_read_or_refused_never_worse(words: str, inclusive: bool) -> None:
    with contextlib.suppress(DueWordsError):
        assert isinstance(parse_due(words, inclusive_before=inclusive), Once | Recurring)


@given(day_phrases(), day_phrases(), st.sampled_from([", ", " và ", " hoặc ", " - ", "; "]))
def test_two_deadlines_in_one_phrase_are_refused(
    one: tuple[str, Once], two: tuple[str, Once], between: str
) -> None:
    with pytest.raises(DueWordsError):
        parse_due(one[0] + between + two[0])


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=4),
    st.sampled_from([", ", " và ", "; ", " + "]),
    st.integers(2000, 2100),
)
def test_parts_are_one_stretch_only_in_a_row(parts: list[int], between: str, year: int) -> None:
    """Quarters and the months of the same numbers alike."""
    in_a_row = parts == list(range(parts[0], parts[0] + len(parts)))
    for unit, months in (("quý", 3), ("tháng", 1)):
        words = f"{unit} {between.join(map(str, parts))}/{year}"
        if not in_a_row:
            with pytest.raises(DueWordsError):
                parse_due(words)
            continue
        month = parts[-1] * months
        last = date(year, month, monthrange(year, month)[1])
        assert parse_due(words) == Once(last, date(year, (parts[0] - 1) * months + 1, 1))
