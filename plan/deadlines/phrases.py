"""Due words as Vietnamese administration writes them, read into rules.

«Trước ngày 30 tháng 4 năm 2020» ends with 29/4 (a plan's switch makes it end with 30/4); «chậm nhất
ngày», «đến hết ngày» end with the day named; «trong tháng / quý / năm» is the whole period; «hằng
tháng trước ngày 15» comes again every month. Case, accents, kinds of dash and words around
(«Thời gian hoàn thành:») don't matter. What could be read in two ways is refused, never guessed:
«đến ngày» (is that day still good?), a date without a year, two dates in one phrase.

Pure; dates are local dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from plan.dates import MONTHS, period_of
from plan.deadlines.open_ended import After, Ongoing, read_open_ended
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
    "từ ngày 01/4/2020 đến ngày 30/6/2020",
    "đến hết tháng 4 năm 2020",
    "hằng tháng trước ngày 15",
    "hằng tháng trước ngày 05 tháng sau",
    "hằng quý trước ngày 15 tháng cuối quý",
    "hằng năm trước ngày 15 tháng 12",
    "trước ngày 01/6 và 15/11 hằng năm",
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


@dataclass(frozen=True, slots=True)
class Once:
    """One deadline: the last good local day, and the first where the words name a period."""

    last_day: date
    first_day: date | None = None
    clock: time | None = None
    """First late moment of the last day; none: the day's end."""


class Every(StrEnum):
    month = "month"
    quarter = "quarter"
    year = "year"

    @property
    def months(self) -> int:
        return MONTHS[self.value]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A deadline in each month, quarter or year: the `day` of the period's `month`-th month.

    A `month` past the period's last is in the next period («tháng sau»).
    """

    every: Every
    day: int
    month: int
    inclusive: bool
    """Whether the day named is still good."""
    also: tuple[tuple[int, int], ...] = ()
    """Further days of the year, as (day, month), after the first and in order: «01/6 và 15/11 hằng năm»."""


DueRule = Once | Recurring | Ongoing | After


# --- grammar, over normalised text (lower case, no accents, plain dashes) ------------------------

_BY = (
    r"(?P<by>(?:(?:cham|muon) nhat|khong (?:cham|muon) hon|khong qua)"
    r"(?: la)?(?: vao)?(?: trong)?(?: den)?(?: het)?|(?:den )?het)"
)
_MARK = rf"\b(?:(?P<before>truoc)|{_BY})"
_CLOCK = r"(?:(?:vao )?(?:luc )?(?P<h>\d{1,2}) ?(?:gio|g|h|:) ?(?:(?P<min>\d{1,2}) ?(?:phut|['’])?)?,? ?)"
_YEAR = r"(?: ?(?:/|-|\.|,? ?nam) ?(?P<y>\d{4})(?!\d))?"
_DAY = (
    rf"{_MARK} {_CLOCK}?(?:ngay )?(?P<d>\d{{1,2}}) ?(?:/|-|\.|thang) ?(?P<m>\d{{1,2}})(?!\d){_YEAR}"
)
_WITHIN = rf"(?:\b(?:{_BY}|(?P<within>trong)) )?\b"
_MONTH = rf"{_WITHIN}thang (?P<m>\d{{1,2}})(?!\d){_YEAR}"
_QUARTER = rf"{_WITHIN}qu[yi] (?P<q>[ivx]+|\d{{1,2}})\b{_YEAR}"
_WHOLE_YEAR = rf"{_WITHIN}nam (?P<y>\d{{4}})(?!\d)"
_HALF = rf"{_WITHIN}(?:0?6 thang|nua) (?P<half>dau|cuoi) nam (?P<y>\d{{4}})(?!\d)"
_DATE = r"\d{1,2} ?(?:/|-|\.|thang) ?\d{1,2} ?(?:/|-|\.|,? ?nam) ?\d{4}(?!\d)"
_TO = r" ?(?:-|den(?: het)?|(?P<listed>va|,)) ?"
_OF_YEAR = r" ?(?:/|-|,? ?nam) ?(?P<y>\d{4})(?!\d)"
_SPANS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\btu (?:ngay )?(?P<from>{_DATE}) ?(?:-|den(?: het)?) ?(?:ngay )?(?P<until>{_DATE})",
        rf"{_WITHIN}(?P<unit>thang) (?P<a>\d{{1,2}}){_TO}(?:thang )?(?P<b>\d{{1,2}}){_OF_YEAR}",
        rf"{_WITHIN}(?P<unit>qu[yi]) (?P<a>[iv]+|\d){_TO}(?:qu[yi] )?(?P<b>[iv]+|\d){_OF_YEAR}",
        rf"{_WITHIN}(?P<unit>nam) (?P<a>\d{{4}}){_TO}(?:nam )?(?P<b>\d{{4}})(?!\d)",
    )
)
"""From one day, month, quarter or year of a year to another, both ends counted."""
_BARE_YEAR = re.compile(r"(?P<y>(?:19|20)\d\d)\.?")
_PERIOD_OF_YEARS = re.compile(r"(?P<unit>thang|qu[yi]) (?P<which>\d{1,2}|[iv]+)$")
_HALF_YEAR = re.compile(
    r"(?:bao cao )?(?:so ket |tong ket |dinh ky )?(?:6|9|sau|chin) thang(?: dau nam)? ?"
    r"\(truoc ngay (?P<d>\d{1,2})(?:/| thang )(?P<m>\d{1,2})\)\.?"
)
_REPEAT = re.compile(r"\b(?:dinh ky )?(?:hang|moi) (?P<every>thang|quy|nam)\b")
_REPEAT_DAY = re.compile(
    rf"{_MARK} (?:ngay )(?P<d>\d{{1,2}})(?!\d)"
    r"(?:(?: cua)? (?P<next>thang (?:sau|tiep theo|ke tiep))"
    r"|(?: cua)? thang (?P<place>dau|giua|cuoi)(?: cua)? quy(?P<later> sau)?"
    r"|(?:/| thang )(?P<m>\d{1,2})(?!\d)(?P<later_year>(?: cua)? nam sau)?)?"
)
_DAYS_OF_YEAR = re.compile(
    rf"{_MARK} (?:ngay )?(?:\d{{1,2}}(?:/| thang )\d{{1,2}}(?![\d/])(?: ?(?:,|;|va) ?"
    rf"(?:(?P=before) )?(?:ngay )?)?){{2,}}"
)
_ONE_OF_DAYS = re.compile(r"(\d{1,2})(?:/| thang )(\d{1,2})")
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
# What may not stand beside the phrase read: it would change it, or be a second one.
_ORDINAL = re.compile(r"\b(?:ky|phien) hop(?: bat thuong| chuyen de)?(?: lan)? thu \d+")
"""«Kỳ họp thứ 9»: which meeting, no part of the time."""
_OTHER_HALF = re.compile(r"\bnua (?:dau|cuoi)\b")
_LASTING = re.compile(
    r"\b(?:cac|nhung|moi|nhieu) (?:nam|quy|thang|ky|giai doan)\b"
    r"|\b(?:nam|quy|thang|ky|giai doan) (?:tiep theo|ke tiep|sau)\b"
    r"|\b(?:thuong xuyen|lien tuc|lau dai|dinh ky)\b"
)
_LEFTOVER = re.compile(r"\d|\b(?:truoc|cham nhat|muon nhat|(?:hang|moi) (?:thang|quy|nam))\b")
_AT_END = re.compile(r"(?:^|[:;,.(-]) ?(?:vao )?cuoi $")
_TURNED = re.compile(r"\b(?:khong|khoang) ?$")
_GOES_ON = re.compile(r"^ ?(?:hoac|den|tro)\b")
_HINTS = (
    (re.compile(r"\bden ngay\b"), "«đến ngày» chưa rõ ngày ấy còn được tính không"),
    (
        re.compile(r"\bngay \d|\d ?(?:/|-|\.|thang) ?\d"),
        "chưa rõ là trước, vào hay đến hết ngày ấy",
    ),
    (re.compile(""), "không thấy ngày, tháng, quý hay năm nào"),
)
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_HALVES = {"dau": (1, 6), "cuoi": (7, 12)}
_EVERY = {"thang": Every.month, "quy": Every.quarter, "nam": Every.year}
_MORE_THAN_ONE = "có hơn một thời hạn trong câu"
_PLACES = {"dau": 1, "giua": 2, "cuoi": 3}


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """Carries the reason up to `parse_due`, which knows the words."""


def parse_due(words: str, *, inclusive_before: bool = False) -> DueRule:
    """Reads due words. `inclusive_before`: «trước ngày d» lets day d itself be good.

    Raises DueWordsError, with a Vietnamese sentence, for everything it cannot read for certain.
    """
    text = normalise(words)
    if (rule := read_open_ended(text)) is not None:
        return rule
    try:
        if (half := _HALF_YEAR.fullmatch(text)) is not None:
            return _every_year(half, inclusive_before)
        if (repeat := _REPEAT.search(text)) is not None:
            return _recurring(text, repeat, inclusive_before)
        return _once(text, inclusive_before)
    except _Refused as refused:
        raise DueWordsError(words, str(refused)) from None


def _once(text: str, inclusive_before: bool) -> Once:
    if (year := _BARE_YEAR.fullmatch(text)) is not None:
        return Once(_date(year["y"], "12", "31"), _date(year["y"], "1", "1"))
    for pattern in _SPANS:
        if (span := pattern.search(text)) is not None:
            return _read_span(span, text)
    name, found = _only_phrase(text)
    _check_ends(text[: found.start()], text[found.end() :])
    _check_around(text[: found.start()], text[found.end() :])
    if name == "day":
        return _read_day(found, inclusive_before)
    if name == "half" and _OTHER_HALF.search(text.replace(found[0], "#", 1)):
        raise _Refused(_MORE_THAN_ONE)
    first, last = _read_period(name, found)
    at_end = bool(_AT_END.search(text[: found.start()])) and name == "month"
    if not (found["by"] or found["within"] or at_end):
        _check_stands_alone(text[: found.start()])
    return Once(last_day=last, first_day=None if found["by"] or at_end else first)


def _read_span(span: re.Match[str], text: str) -> Once:
    """«Tháng 11 - 12/2025», «từ ngày 01/01/2026 đến ngày 31/3/2026»: both ends are good.

    «Quý I, II» is one stretch of time; «quý I, III» and «tháng 6 và tháng 12» are two.
    """
    _check_ends(text[: span.start()], text[span.end() :])
    _check_around(text[: span.start()], text[span.end() :])
    named = span.groupdict()
    if named.get("from"):
        first, last = (_date(*_numbers(named[end])) for end in ("from", "until"))
    else:
        first, first_ends = _period(span["unit"], span["a"], named.get("y") or span["a"])
        second, last = _period(span["unit"], span["b"], named.get("y") or span["b"])
        if span["listed"] and second - timedelta(days=1) != first_ends:
            raise _Refused(_MORE_THAN_ONE)
        if not (span["by"] or span["within"]):
            _check_stands_alone(text[: span.start()])
            if span["unit"] == "nam":
                raise _Refused(
                    "chưa rõ là làm suốt các năm ấy hay xong trước hết năm sau; nếu là hạn, viết «đến hết "
                    f"năm {span['b']}»"
                )
    if first >= last:
        raise _Refused("ngày đầu không trước ngày cuối")
    return Once(last_day=last, first_day=None if named.get("by") else first)


def _numbers(date_words: str) -> tuple[str, str, str]:
    day, month, year = re.findall(r"\d+", date_words)
    return year, month, day


def _period(unit: str, which: str, year: str) -> tuple[date, date]:
    """First and last day of a month, quarter or year named by number, or of half a year («dau», «cuoi»)."""
    if unit == "nam":
        months = (1, 12)
    elif unit == "thang":
        _check_month(int(which))
        months = (int(which), int(which))
    elif unit == "nua":
        months = _HALVES[which]
    else:
        if which not in _QUARTERS:
            raise _Refused(f"không có quý {which.upper()}")
        months = (3 * _QUARTERS[which] - 2, 3 * _QUARTERS[which])
    first, last = (_date(year, str(month), "1") for month in months)
    return first, period_of(last, "month")[1]


def _only_phrase(text: str) -> tuple[str, re.Match[str]]:
    """The one time phrase in the text; a day's phrase hides the month and year inside it."""
    hits: list[tuple[str, re.Match[str]]] = []
    rest = text
    for name, pattern in _FORMS:
        hits += [(name, match) for match in pattern.finditer(rest)]
        rest = pattern.sub(lambda match: "#" * len(match[0]), rest)
    if not hits:
        raise _Refused(next(reason for hint, reason in _HINTS if hint.search(text)))
    if len(hits) > 1:
        raise _Refused(_MORE_THAN_ONE)
    return hits[0]


def _check_around(before: str, after: str) -> None:
    before = _ORDINAL.sub("", before)
    if _LEFTOVER.search(before) or _LEFTOVER.search(after):
        raise _Refused("ngoài thời hạn còn có số hoặc chữ khác về thời gian")
    if _TURNED.search(before) or _GOES_ON.search(after):
        raise _Refused("chữ đứng cạnh làm đổi nghĩa của thời hạn")


def _check_ends(before: str, after: str) -> None:
    """«Năm 2026 và các năm tiếp theo» is no deadline at the end of 2026."""
    if _LASTING.search(before) or _LASTING.search(after):
        raise _Refused("việc còn kéo dài hoặc lặp lại sau thời hạn ấy")


def _check_stands_alone(before: str) -> None:
    """«Tháng 4/2020» without «trong» counts only at the start or after a colon: «cuối tháng 4/2020»,
    «từ quý I/2020» mean something else."""
    if before.strip() and before.strip()[-1] not in ":;,.(-":
        raise _Refused("thiếu chữ «trong», «trước», «chậm nhất» hoặc «đến hết» đứng trước")


def _read_day(found: re.Match[str], inclusive_before: bool) -> Once:
    named = _date(found["y"], found["m"], found["d"])
    if found["h"]:
        return _at_clock(named, int(found["h"]), int(found["min"] or 0))
    exclusive = bool(found["before"]) and not inclusive_before
    return Once(last_day=named - timedelta(days=1) if exclusive else named)


def _at_clock(named: date, hour: int, minute: int) -> Once:
    """24 giờ is the day's end; 0 giờ the end of the day before."""
    if (hour, minute) in ((0, 0), (24, 0)):
        return Once(last_day=named if hour else named - timedelta(days=1))
    try:
        return Once(last_day=named, clock=time(hour, minute))
    except ValueError:
        raise _Refused(f"không có giờ {hour}:{minute:02d}") from None


def _read_period(name: str, found: re.Match[str]) -> tuple[date, date]:
    unit = {"year": "nam", "half": "nua", "quarter": "quy", "month": "thang"}[name]
    which = {"year": "", "half": "half", "quarter": "q", "month": "m"}[name]
    if found["y"] is None:
        raise _Refused("thiếu năm")
    return _period(unit, found[which] if which else "", found["y"])


def _check_month(month: int) -> None:
    if not 1 <= month <= 12:
        raise _Refused(f"không có tháng {month}")


def _date(year: str | None, month: str, day: str) -> date:
    if year is None:
        raise _Refused("thiếu năm")
    if int(year) < 1900:
        raise _Refused(f"năm {year} không phải năm của một kế hoạch")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _Refused(f"không có ngày {int(day)}/{int(month)}/{year}") from None


# --- recurring ---------------------------------------------------------------------------------


def _recurring(text: str, repeat: re.Match[str], inclusive_before: bool) -> Recurring:
    every = _EVERY[repeat["every"]]
    # «Định kỳ hằng tháng (trước ngày 16 hằng tháng)» says the same twice.
    same = {_EVERY[again["every"]] for again in _REPEAT.finditer(text)} == {every}
    rest = " ".join((_REPEAT.sub(" ", text) if same else text).split()).replace(" )", ")")
    if not same:
        raise _Refused("có hơn một kỳ lặp lại trong câu")
    if every is Every.year and (period := _PERIOD_OF_YEARS.fullmatch(rest.removeprefix("trong "))):
        return _whole_period_each_year(period)
    if every is Every.year and (days := _DAYS_OF_YEAR.search(rest)) is not None:
        return _days_of_each_year(days, rest, inclusive_before)
    hits = list(_REPEAT_DAY.finditer(rest))
    if len(hits) != 1:
        raise _Refused(
            "hạn lặp lại phải nêu đúng một ngày; chưa có thì hỏi người phụ trách kế hoạch"
        )
    found = hits[0]
    _check_around(rest[: found.start()], rest[found.end() :])
    rule = Recurring(
        every=every,
        day=int(found["d"]),
        month=_month_of_period(every, found),
        inclusive=not found["before"] or inclusive_before,
    )
    _check_possible(rule)
    return rule


def _days_of_each_year(found: re.Match[str], text: str, inclusive_before: bool) -> Recurring:
    """«Trước ngày 01/6 và 15/11 hằng năm»: each of them, each year, in its own month."""
    _check_around(text[: found.start()], text[found.end() :])
    days = [(int(day), int(month)) for day, month in _ONE_OF_DAYS.findall(found[0])]
    inclusive = not found["before"] or inclusive_before
    for day, month in days:
        _check_month(month)
        _check_possible(Recurring(Every.year, day, month, inclusive))
    months = [month for _, month in days]
    if months != sorted(set(months)):
        raise _Refused("các ngày trong năm phải theo thứ tự, mỗi ngày một tháng")
    (day, month), *also = days
    return Recurring(Every.year, day, month, inclusive, tuple(also))


def _every_year(found: re.Match[str], inclusive_before: bool) -> Recurring:
    """«6 tháng (trước ngày 16/6)»: a report on half a year, no year named, comes each year."""
    _check_month(int(found["m"]))
    rule = Recurring(Every.year, int(found["d"]), int(found["m"]), inclusive_before)
    _check_possible(rule)
    return rule


def _whole_period_each_year(period: re.Match[str]) -> Recurring:
    """«Tháng 12 hằng năm», «quý IV hằng năm»: to the end of that month or quarter, each year."""
    _, last = _period(period["unit"], period["which"], "2021")
    if last.month == 2:
        raise _Refused("tháng 2 không phải năm nào cũng hết vào cùng một ngày")
    return Recurring(Every.year, last.day, last.month, inclusive=True)


def _month_of_period(every: Every, found: re.Match[str]) -> int:
    """Which month of the period is meant; refuses a month that goes with another kind of period."""
    if found["place"]:
        wanted, month = Every.quarter, _PLACES[found["place"]] + 3 * bool(found["later"])
    elif found["m"]:
        _check_month(int(found["m"]))
        wanted, month = Every.year, int(found["m"]) + 12 * bool(found["later_year"])
    elif found["next"]:
        wanted, month = every, every.months + 1
    else:
        wanted, month = Every.month, 1
    if wanted is not every:
        raise _Refused("chưa rõ ngày ấy thuộc tháng nào của kỳ")
    return month


def _check_possible(rule: Recurring) -> None:
    months = range((rule.month - 1) % rule.every.months, 12, rule.every.months)
    ends = (period_of(date(2021, month + 1, 1), "month")[1] for month in months)  # no leap year
    if not 1 <= rule.day <= min(last.day for last in ends):
        raise _Refused(f"không phải kỳ nào cũng có ngày {rule.day}")
    if rule.day == 1 and rule.month == 1 and not rule.inclusive:
        raise _Refused("hạn hết trước khi kỳ bắt đầu; nếu là kỳ sau, viết thêm «tháng sau»")
