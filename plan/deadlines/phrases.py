"""Due words as Vietnamese administration writes them, read into rules.

«Trước ngày 30 tháng 4 năm 2020» ends with 29/4 (a plan's switch makes it end with 30/4); «chậm nhất
ngày», «đến hết ngày» end with the day named; «trong tháng / quý / năm» is the whole period; «hằng
tháng trước ngày 15» comes again every month, «thứ Sáu hằng tuần» every week. Case, accents, kinds of
dash and words around («Thời gian hoàn thành:») don't matter. What could be read in two ways is refused,
never guessed: «đến ngày» (is that day still good?), a date without a year, two dates in one phrase.

Pure; dates are local dates.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from plan.deadlines.grammar import (
    CLOCK,
    MARK,
    MORE_THAN_ONE,
    WITHIN,
    RefusedWords,
    check_around,
    check_ends,
    check_stands_alone,
    named_day,
    named_period,
    read_clock,
)
from plan.deadlines.open_ended import read_open_ended
from plan.deadlines.recurring import read_recurring
from plan.deadlines.rules import DueRule, Once, Recurring
from plan.deadlines.stretches import read_stretch
from plan.errors import DondocError
from plan.text import normalise

READABLE = (
    "trước ngày 30 tháng 4 năm 2020",
    "trước ngày 30/4/2020",
    "chậm nhất ngày 29/4/2020",
    "đến hết ngày 29/4/2020",
    "trước 17 giờ 00 ngày 29/4/2020",
    "trong tháng 4 năm 2020",
    "trong quý I năm 2020",
    "6 tháng đầu năm 2020",
    "trong năm 2020",
    "tháng 11 - 12/2020",
    "quý I, II và III/2020",
    "từ ngày 01/4/2020 đến ngày 30/6/2020",
    "đến hết tháng 4 năm 2020",
    "hằng ngày trước 15 giờ",
    "thứ Sáu hằng tuần",
    "hằng tháng trước ngày 15",
    "hằng tháng trước ngày 05 tháng sau",
    "hằng quý trước ngày 15 tháng cuối quý",
    "hằng năm trước ngày 15 tháng 12",
    "trước ngày 01/6 và 15/11 hằng năm",
    "6 tháng (trước ngày 15/6), năm (trước ngày 15/12)",
    "tháng 12 hằng năm",
    "thường xuyên",
    "10 ngày làm việc kể từ ngày nhận được văn bản",
    "sau khi Nghị định được ban hành",
)
"""One example of each readable form; refusals show them."""


class DueWordsError(DondocError, ValueError):
    """Due words that cannot be read, or could be read in two ways; says why and shows the forms."""

    def __init__(self, words: str, reason: str) -> None:
        forms = ", ".join(f"«{form}»" for form in READABLE)
        super().__init__(
            f"Không đọc được thời hạn «{words.strip()}»: {reason}. Các cách viết đọc được: {forms}."
        )
        self.words = words
        self.reason = reason


# --- grammar, over normalised text (lower case, no accents, plain dashes) ------------------------

_YEAR = r"(?: ?(?:/|-|\.|,? ?nam) ?(?P<y>\d{4})(?!\d))?"
_DAY = (
    rf"{MARK} {CLOCK}?(?:ngay )?(?P<d>\d{{1,2}}) ?(?:/|-|\.|thang) ?(?P<m>\d{{1,2}})(?!\d){_YEAR}"
)
_MONTH = rf"{WITHIN}thang (?P<m>\d{{1,2}})(?!\d){_YEAR}"
_QUARTER = rf"{WITHIN}qu[yi] (?P<q>[ivx]+|\d{{1,2}})\b{_YEAR}"
_WHOLE_YEAR = rf"{WITHIN}nam (?P<y>\d{{4}})(?!\d)"
_HALF = rf"{WITHIN}(?:0?6 thang|nua) (?P<half>dau|cuoi) nam (?P<y>\d{{4}})(?!\d)"
_BARE_YEAR = re.compile(r"(?P<y>(?:19|20)\d\d)\.?")
_FORMS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("day", _DAY),
        ("half", _HALF),
        ("month", _MONTH),
        ("quarter", _QUARTER),
        ("year", _WHOLE_YEAR),
    )
)
_OTHER_HALF = re.compile(r"\bnua (?:dau|cuoi)\b")
_AT_END = re.compile(r"(?:^|[:;,.(-]) ?(?:vao )?cuoi $")
_HINTS = (
    (re.compile(r"\bden ngay\b"), "«đến ngày» chưa rõ ngày ấy còn được tính không"),
    (
        re.compile(r"\b(?:0?6|9) thang\b"),
        "báo cáo theo kỳ chưa có ngày phải nộp; chưa có thì hỏi người phụ trách kế hoạch",
    ),
    (
        re.compile(r"\bngay \d|\d ?(?:/|-|\.|thang) ?\d"),
        "chưa rõ là trước, vào hay đến hết ngày ấy",
    ),
    (re.compile(""), "không thấy ngày, tháng, quý hay năm nào"),
)


def parse_due(words: str, *, inclusive_before: bool = False) -> DueRule:
    """Reads due words. `inclusive_before`: «trước ngày d» lets day d itself be good.

    Raises DueWordsError, with a Vietnamese sentence, for everything it cannot read for certain.
    """
    text = normalise(words)
    if (rule := read_open_ended(text)) is not None:
        return rule
    try:
        return (
            read_recurring(text, inclusive_before)
            or read_stretch(text)
            or _once(text, inclusive_before)
        )
    except RefusedWords as refused:
        raise DueWordsError(words, str(refused)) from None


def recurs(words: str) -> bool:
    """Whether due words name a deadline in each of some periods («hằng tuần» without a day names none)."""
    try:
        return isinstance(parse_due(words), Recurring)
    except DueWordsError:
        return False


def _once(text: str, inclusive_before: bool) -> Once:
    if (year := _BARE_YEAR.fullmatch(text)) is not None:
        return Once(named_day(year["y"], "12", "31"), named_day(year["y"], "1", "1"))
    name, found = _only_phrase(text)
    check_ends(text[: found.start()], text[found.end() :])
    check_around(text[: found.start()], text[found.end() :])
    if name == "day":
        return _read_day(found, inclusive_before)
    if name == "half" and _OTHER_HALF.search(text.replace(found[0], "#", 1)):
        raise RefusedWords(MORE_THAN_ONE)
    first, last = _read_period(name, found)
    at_end = bool(_AT_END.search(text[: found.start()])) and name == "month"
    if not (found["by"] or found["within"] or at_end):
        check_stands_alone(text[: found.start()])
    return Once(last_day=last, first_day=None if found["by"] or at_end else first)


def _only_phrase(text: str) -> tuple[str, re.Match[str]]:
    """The one time phrase in the text; a day's phrase hides the month and year inside it."""
    hits: list[tuple[str, re.Match[str]]] = []
    rest = text
    for name, pattern in _FORMS:
        hits += [(name, match) for match in pattern.finditer(rest)]
        rest = pattern.sub(lambda match: "#" * len(match[0]), rest)
    if not hits:
        raise RefusedWords(next(reason for hint, reason in _HINTS if hint.search(text)))
    if len(hits) > 1:
        raise RefusedWords(MORE_THAN_ONE)
    return hits[0]


def _read_day(found: re.Match[str], inclusive_before: bool) -> Once:
    named = named_day(found["y"], found["m"], found["d"])
    if found["h"]:
        clock, good = read_clock(found)
        return Once(last_day=named if good else named - timedelta(days=1), clock=clock)
    exclusive = bool(found["before"]) and not inclusive_before
    return Once(last_day=named - timedelta(days=1) if exclusive else named)


def _read_period(name: str, found: re.Match[str]) -> tuple[date, date]:
    unit = {"year": "nam", "half": "nua", "quarter": "quy", "month": "thang"}[name]
    which = {"year": "", "half": "half", "quarter": "q", "month": "m"}[name]
    if found["y"] is None:
        raise RefusedWords("thiếu năm")
    return named_period(unit, found[which] if which else "", found["y"])
