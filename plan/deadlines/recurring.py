"""Due words that come again each month, quarter or year: «hằng tháng trước ngày 15», «tháng 12 hằng năm».
Those of each day or week are read by `within_month`.

Pure, over normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from plan.dates import period_of
from plan.deadlines.grammar import (
    CLOCK,
    MARK,
    RefusedWords,
    check_around,
    check_month,
    named_period,
    read_clock,
)
from plan.deadlines.rules import Every, Recurring
from plan.deadlines.within_month import read_within_month

_PERIOD_OF_YEARS = re.compile(r"(?P<unit>thang|qu[yi]) (?P<which>\d{1,2}|[iv]+)$")
_REPORT = (
    r"(?:bao cao )?(?:so ket |tong ket |dinh ky )?"
    r"(?:(?:0?6|0?9|sau|chin) thang(?: dau nam)?|(?:ca |0?1 )?nam) ?(?:gui )?"
    r"(?:truoc ngay \d{1,2}(?:/| thang )\d{1,2}(?![\d/])"
    r"|\(truoc ngay \d{1,2}(?:/| thang )\d{1,2}\))"
)
_REPORTS_OF_YEAR = re.compile(rf"{_REPORT}(?: ?(?:,|;|,? va) ?{_REPORT})*\.?")
_REPEAT = re.compile(r"\b(?:dinh ky )?(?:hang|moi) (?P<every>ngay|tuan|thang|quy|nam)\b")
_REPEAT_DAY = re.compile(
    rf"{MARK} {CLOCK}?(?:ngay )(?P<d>\d{{1,2}})(?!\d)"
    r"(?:(?: cua)? (?P<next>thang (?:sau|tiep theo|ke tiep))"
    r"|(?: cua)? thang (?P<place>dau|giua|cuoi)(?: cua)? quy(?P<later> sau)?"
    r"|(?:/| thang )(?P<m>\d{1,2})(?!\d)(?P<later_year>(?: cua)? nam sau)?)?"
)
_DAYS_OF_YEAR = re.compile(
    rf"{MARK} (?:ngay )?(?:\d{{1,2}}(?:/| thang )\d{{1,2}}(?![\d/])(?: ?(?:,|;|va) ?"
    rf"(?:(?P=before) )?(?:ngay )?)?){{2,}}"
)
_ONE_OF_DAYS = re.compile(r"(\d{1,2})(?:/| thang )(\d{1,2})")
_EVERY = {
    "ngay": Every.day,
    "tuan": Every.week,
    "thang": Every.month,
    "quy": Every.quarter,
    "nam": Every.year,
}
_PLACES = {"dau": 1, "giua": 2, "cuoi": 3}


def read_recurring(text: str, inclusive_before: bool) -> Recurring | None:
    """A recurrence in normalised words; None: they name none. Raises RefusedWords where it says no day for
    certain."""
    if _REPORTS_OF_YEAR.fullmatch(text) is not None:
        return _on_days_of_year(_ONE_OF_DAYS.findall(text), inclusive_before)
    if (repeat := _REPEAT.search(text)) is not None:
        return _repeated(text, repeat, inclusive_before)
    return None


def _repeated(text: str, repeat: re.Match[str], inclusive_before: bool) -> Recurring:
    every = _EVERY[repeat["every"]]
    # «Định kỳ hằng tháng (trước ngày 16 hằng tháng)» says the same twice.
    same = {_EVERY[again["every"]] for again in _REPEAT.finditer(text)} == {every}
    rest = " ".join((_REPEAT.sub(" ", text) if same else text).split()).replace(" )", ")")
    if not same:
        raise RefusedWords("có hơn một kỳ lặp lại trong câu")
    if every is Every.year and (period := _PERIOD_OF_YEARS.fullmatch(rest.removeprefix("trong "))):
        return _whole_period_each_year(period)
    if every is Every.year and (days := _DAYS_OF_YEAR.search(rest)) is not None:
        return _days_of_each_year(days, rest, inclusive_before)
    if every.within_month:
        return read_within_month(every, rest, inclusive_before)
    hits = list(_REPEAT_DAY.finditer(rest))
    if len(hits) != 1:
        raise RefusedWords(
            "hạn lặp lại phải nêu đúng một ngày; chưa có thì hỏi người phụ trách kế hoạch"
        )
    found = hits[0]
    check_around(rest[: found.start()], rest[found.end() :])
    clock, good = read_clock(found) if found["h"] else (None, inclusive_before)
    rule = Recurring(
        every=every,
        day=int(found["d"]),
        month=_month_of_period(every, found),
        inclusive=(not found["before"] and not found["h"]) or good,
        clock=clock,
    )
    _check_possible(rule)
    return rule


def _days_of_each_year(found: re.Match[str], text: str, inclusive_before: bool) -> Recurring:
    """«Trước ngày 01/6 và 15/11 hằng năm»: each of them, each year, in its own month."""
    check_around(text[: found.start()], text[found.end() :])
    inclusive = not found["before"] or inclusive_before
    return _on_days_of_year(_ONE_OF_DAYS.findall(found[0]), inclusive)


def _on_days_of_year(named: Sequence[tuple[str, str]], inclusive: bool) -> Recurring:
    """Days as (day, month), in their order: «6 tháng (trước ngày 16/6), năm (trước ngày 15/12)» are two that
    come each year."""
    days = [(int(day), int(month)) for day, month in named]
    for day, month in days:
        check_month(month)
        _check_possible(Recurring(Every.year, day, month, inclusive))
    months = [month for _, month in days]
    if months != sorted(set(months)):
        raise RefusedWords("các ngày trong năm phải theo thứ tự, mỗi ngày một tháng")
    (day, month), *also = days
    return Recurring(Every.year, day, month, inclusive, tuple(also))


def _whole_period_each_year(period: re.Match[str]) -> Recurring:
    """«Tháng 12 hằng năm», «quý IV hằng năm»: to the end of that month or quarter, each year."""
    _, last = named_period(period["unit"], period["which"], "2021")
    if last.month == 2:
        raise RefusedWords("tháng 2 không phải năm nào cũng hết vào cùng một ngày")
    return Recurring(Every.year, last.day, last.month, inclusive=True)


def _month_of_period(every: Every, found: re.Match[str]) -> int:
    """Which month of the period is meant; refuses a month that goes with another kind of period."""
    if found["place"]:
        wanted, month = Every.quarter, _PLACES[found["place"]] + 3 * bool(found["later"])
    elif found["m"]:
        check_month(int(found["m"]))
        wanted, month = Every.year, int(found["m"]) + 12 * bool(found["later_year"])
    elif found["next"]:
        wanted, month = every, every.months + 1
    else:
        wanted, month = Every.month, 1
    if wanted is not every:
        raise RefusedWords("chưa rõ ngày ấy thuộc tháng nào của kỳ")
    return month


def _check_possible(rule: Recurring) -> None:
    months = range((rule.month - 1) % rule.every.months, 12, rule.every.months)
    ends = (period_of(date(2021, month + 1, 1), "month")[1] for month in months)  # no leap year
    if not 1 <= rule.day <= min(last.day for last in ends):
        raise RefusedWords(f"không phải kỳ nào cũng có ngày {rule.day}")
    if rule.day == 1 and rule.month == 1 and not rule.inclusive:
        raise RefusedWords("hạn hết trước khi kỳ bắt đầu; nếu là kỳ sau, viết thêm «tháng sau»")
