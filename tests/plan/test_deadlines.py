"""Deadlines: due words, windows, occurrences, standing."""

from __future__ import annotations

import contextlib
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.calendar import LOCAL, UnknownYearError, WorkingCalendar, local_day, local_instant
from plan.deadlines.standing import Standing, Timeliness, standing
from plan.deadlines.windows import (
    READABLE,
    DeadlineError,
    DueRule,
    DueWordsError,
    Every,
    Once,
    Recurring,
    Window,
    occurrences,
    parse_due,
    window,
)
from plan.errors import DondocError
from plan.text import long_date, strip_accents

CALENDAR = WorkingCalendar.build(range(2019, 2023))
ISSUED = date(2020, 1, 20)
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """A local clock time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


# --- due words ---------------------------------------------------------------------------------

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


# --- windows -----------------------------------------------------------------------------------


def window_of(words: str, **options: object) -> Window:
    rule = parse_due(words)
    found = window(rule, issued_on=ISSUED, calendar=CALENDAR, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("words", "opens_on", "last_day", "last_working_day", "due_at"),
    [
        ("Trước ngày 30 tháng 4 năm 2020", "2020-01-20", "2020-04-29", "2020-04-29", "2020-04-30"),
        ("Trước ngày 20 tháng 6 năm 2020", "2020-01-20", "2020-06-19", "2020-06-19", "2020-06-20"),
        ("Trong tháng 4 năm 2020", "2020-04-01", "2020-04-30", "2020-04-29", "2020-05-01"),
        ("Trong tháng 5 năm 2020", "2020-05-01", "2020-05-31", "2020-05-29", "2020-06-01"),
    ],
)
def test_the_windows_of_2020(
    words: str, opens_on: str, last_day: str, last_working_day: str, due_at: str
) -> None:
    assert window_of(words) == Window(
        opens_on=date.fromisoformat(opens_on),
        opens_at=at(opens_on),
        due_at=at(due_at),
        last_day=date.fromisoformat(last_day),
        last_working_day=date.fromisoformat(last_working_day),
    )
    assert window_of(words).due_at.tzinfo is UTC


def test_a_deadline_at_an_hour() -> None:
    found = window_of("trước 17 giờ ngày 29/4/2020")
    assert found.due_at == at("2020-04-29T17:00")
    assert found.last_day == date(2020, 4, 29)


def test_rolling_forward_only_when_asked() -> None:
    words = "trong tháng 5 năm 2020"
    assert window_of(words).last_day == date(2020, 5, 31)
    rolled = window_of(words, roll_forward=True)
    assert rolled.last_day == rolled.last_working_day == date(2020, 6, 1)
    assert rolled.due_at == at("2020-06-02")
    on_a_working_day = "trước ngày 30/4/2020"
    assert window_of(on_a_working_day, roll_forward=True) == window_of(on_a_working_day)


def test_when_it_opens() -> None:
    assert window_of("trong tháng 4/2020", opens_on=date(2020, 4, 15)).opens_at == at("2020-04-15")
    assert window_of("chậm nhất ngày 29/4/2020", opens_on=date(2020, 4, 29)).opens_on.day == 29
    with pytest.raises(DeadlineError, match="30/04/2020"):
        window_of("chậm nhất ngày 29/4/2020", opens_on=date(2020, 4, 30))


def test_none_is_undated_and_unknown_years_are_refused() -> None:
    assert window(None, issued_on=ISSUED, calendar=CALENDAR) is None
    with pytest.raises(UnknownYearError, match="2031"):
        window_of("trước ngày 30/4/2031")
    with pytest.raises(DeadlineError, match="từng kỳ"):
        window_of("hằng tháng trước ngày 15")


@given(st.dates(date(2019, 2, 1), date(2022, 11, 30)), st.booleans())
def test_windows_are_half_open(day: date, roll_forward: bool) -> None:
    found = window(
        Once(day),
        issued_on=date(2019, 1, 1),
        calendar=CALENDAR,
        roll_forward=roll_forward,
    )
    assert found is not None
    tick = timedelta(microseconds=1)
    assert local_day(found.due_at) == found.last_day + DAY
    assert local_day(found.due_at - tick) == found.last_day
    assert local_day(found.opens_at - tick) < found.opens_on == local_day(found.opens_at)
    assert found.last_day >= day
    assert found.last_day == day or (roll_forward and CALENDAR.is_working(found.last_day))
    assert found.last_working_day == CALENDAR.last_working_day(found.last_day)


# --- occurrences -------------------------------------------------------------------------------


def rule_of(words: str) -> Recurring:
    rule = parse_due(words)
    assert isinstance(rule, Recurring)
    return rule


def test_two_days_a_year_are_two_deadlines_each_behind_the_other() -> None:
    rule = rule_of("trước ngày 01/6 và 15/11 hằng năm")
    found = occurrences(rule, date(2020, 2, 1), date(2021, 12, 31), calendar=CALENDAR)
    assert [(key, str(one.opens_on), str(one.last_day)) for key, one in found] == [
        ("2020-06", "2020-01-01", "2020-05-31"),
        ("2020-11", "2020-06-02", "2020-11-14"),
        ("2021-06", "2021-01-01", "2021-05-31"),
        ("2021-11", "2021-06-02", "2021-11-14"),
    ]


def keys_and_last_days(words: str, start: date, end: date) -> list[tuple[str, str]]:
    found = occurrences(rule_of(words), start, end, calendar=CALENDAR)
    return [(key, span.last_day.isoformat()) for key, span in found]


def test_every_month() -> None:
    found = keys_and_last_days("hằng tháng trước ngày 15", date(2020, 1, 15), date(2020, 4, 14))
    assert found == [
        ("2020-02", "2020-02-14"),
        ("2020-03", "2020-03-14"),
        ("2020-04", "2020-04-14"),
    ]
    spans = occurrences(
        rule_of("hằng tháng trước ngày 15"), date(2020, 3, 1), date(2020, 3, 31), calendar=CALENDAR
    )
    assert [span.opens_on for _, span in spans] == [date(2020, 3, 1)]
    assert [span.last_working_day for _, span in spans] == [date(2020, 3, 13)]


def test_the_key_is_the_period_reported_on_not_the_month_of_the_deadline() -> None:
    year = (date(2020, 1, 1), date(2020, 12, 31))
    monthly = keys_and_last_days("hằng tháng chậm nhất ngày 05 tháng sau", *year)
    assert monthly[0] == ("2019-12", "2020-01-05")
    assert len(monthly) == 12
    assert keys_and_last_days("hằng quý trước ngày 10 tháng đầu quý sau", *year) == [
        ("2019-Q4", "2020-01-09"),
        ("2020-Q1", "2020-04-09"),
        ("2020-Q2", "2020-07-09"),
        ("2020-Q3", "2020-10-09"),
    ]
    assert keys_and_last_days("hằng năm trước ngày 15/12", *year) == [("2020", "2020-12-14")]
    assert keys_and_last_days("hằng năm trước ngày 15/01 năm sau", *year) == [
        ("2019", "2020-01-14")
    ]


def test_an_occurrence_rolls_forward_when_asked() -> None:
    rule = rule_of("hằng tháng trước ngày 15")
    march = (date(2020, 3, 14), date(2020, 3, 14))
    [(key, span)] = occurrences(rule, *march, calendar=CALENDAR, roll_forward=True)
    assert (key, span.last_day) == ("2020-03", date(2020, 3, 16))


@given(
    st.sampled_from(
        [
            "hằng tháng trước ngày 2",
            "hằng tháng chậm nhất ngày 28 tháng sau",
            "hằng quý trước ngày 30 tháng cuối quý",
            "hằng quý trước ngày 1 tháng giữa quý sau",
            "hằng năm chậm nhất ngày 31/12 năm sau",
        ]
    ),
    st.lists(st.dates(date(2019, 2, 1), date(2022, 11, 30)), min_size=3, max_size=3),
)
def test_no_occurrence_is_lost_or_doubled_where_spans_meet(words: str, cuts: list[date]) -> None:
    a, b, c = sorted(cuts)
    whole = keys_and_last_days(words, a, c)
    assert whole == keys_and_last_days(words, a, b) + keys_and_last_days(words, b + DAY, c)
    keys = [key for key, _ in whole]
    assert len(set(keys)) == len(keys)


# --- standing ----------------------------------------------------------------------------------

BEFORE_30_APRIL = window_of("trước ngày 30/4/2020")


def stands(
    now: str, *, nothing_owed: bool = False, decisive: str = "", words: str = "trước ngày 30/4/2020"
) -> Standing:
    span = window_of(words)
    return standing(
        opens_at=span.opens_at,
        due_at=span.due_at,
        last_day=span.last_day,
        nothing_owed=nothing_owed,
        decisive_at=at(decisive) if decisive else None,
        now=at(now),
        calendar=CALENDAR,
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2020-01-19T23:59", Standing(Timeliness.not_open, 0, 0, 101, 67)),
        ("2020-01-20T00:00", Standing(Timeliness.open, 0, 0, 100, 66)),
        ("2020-04-23T08:00", Standing(Timeliness.open, 0, 0, 6, 4)),
        ("2020-04-24T08:00", Standing(Timeliness.due_soon, 0, 0, 5, 3)),
        ("2020-04-29T23:59", Standing(Timeliness.due_soon, 0, 0, 0, 0)),
        ("2020-04-30T00:00", Standing(Timeliness.overdue, 1, 0)),
        ("2020-05-04T00:00", Standing(Timeliness.overdue, 5, 1)),
        ("2020-05-05T12:00", Standing(Timeliness.overdue, 6, 2)),
    ],
)
def test_what_is_owed_stands_by_now(now: str, expected: Standing) -> None:
    assert stands(now) == expected


@pytest.mark.parametrize(
    ("decisive", "expected"),
    [
        ("2020-04-29T23:59:59.999999", Standing(Timeliness.on_time)),
        ("2020-04-30T00:00", Standing(Timeliness.late, 1, 0)),
        ("2020-05-04T09:00", Standing(Timeliness.late, 5, 1)),
    ],
)
def test_what_was_handed_in_stands_by_its_moment(decisive: str, expected: Standing) -> None:
    assert stands("2020-12-01", nothing_owed=True, decisive=decisive) == expected


def test_a_returned_one_is_owed_again_and_a_waived_one_is_never_late() -> None:
    returned = stands("2020-05-04T08:00", decisive="2020-04-28T08:00")
    assert returned == Standing(Timeliness.overdue, 5, 1)
    assert stands("2020-05-04T08:00", nothing_owed=True) == Standing(Timeliness.on_time)


def test_the_day_after_an_hour_missed() -> None:
    words = "trước 17 giờ ngày 29/4/2020"
    assert stands("2020-04-29T16:59", words=words).timeliness is Timeliness.due_soon
    assert stands("2020-04-29T17:00", words=words) == Standing(Timeliness.overdue, 0, 0)


@pytest.mark.parametrize("nothing_owed", [True, False])
@pytest.mark.parametrize("moment", [None, "2020-05-04"])
def test_an_undated_one_is_always_undated(nothing_owed: bool, moment: str | None) -> None:
    found = standing(
        opens_at=None,
        due_at=None,
        last_day=None,
        nothing_owed=nothing_owed,
        decisive_at=at(moment) if moment else None,
        now=at("2031-01-01"),
        calendar=CALENDAR,
    )
    assert found == Standing(Timeliness.undated)


def test_a_year_the_calendar_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownYearError, match="2023"):
        stands("2031-01-05")


@given(
    st.datetimes(datetime(2020, 1, 20), datetime(2020, 8, 1), timezones=st.just(LOCAL)),
    st.integers(0, 5),
)
def test_a_standing_agrees_with_its_window(now: datetime, soon: int) -> None:
    span = BEFORE_30_APRIL
    found = standing(
        opens_at=span.opens_at,
        due_at=span.due_at,
        last_day=span.last_day,
        nothing_owed=False,
        decisive_at=None,
        now=now,
        calendar=CALENDAR,
        soon_working_days=soon,
    )
    today = local_day(now)
    late = today > span.last_day
    assert (found.timeliness is Timeliness.overdue) == late == (now >= span.due_at)
    assert found.days_late == max(0, (today - span.last_day).days)
    assert 0 <= found.working_days_late <= found.days_late
    if found.timeliness is Timeliness.due_soon:
        assert found.working_days_left is not None
        assert found.working_days_left <= soon
    assert (found.days_left is None) == late
    assert local_instant(today) <= now


@pytest.mark.parametrize(
    "words",
    ["Năm 2026 - 2027", "năm 2026-2027", "Năm 2026 và năm 2027", "Thời gian: năm 2026 – 2027"],
)
def test_years_alone_may_be_when_it_goes_on(words: str) -> None:
    """Under «Thời gian thực hiện» they are the years of doing, under «Hoàn thành» an end."""
    with pytest.raises(DueWordsError, match="đến hết năm 2027"):
        parse_due(words)


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("đến hết năm 2027", date(2027, 12, 31)),
        ("trong năm 2026 - 2027", date(2027, 12, 31)),
        ("tháng 11 - 12/2026", date(2026, 12, 31)),
    ],
)
def test_years_with_their_word_are_read(words: str, last: date) -> None:
    rule = parse_due(words)
    assert isinstance(rule, Once)
    assert rule.last_day == last
