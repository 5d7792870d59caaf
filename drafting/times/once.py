"""What is due once: days, months, quarters, years, spans of them, from and until.

`ONCE` lists the forms, the longer before the shorter; `READERS` says what each means.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import pairwise

from drafting.times.due import NONE, DueReading, NamedYear

_YEAR = r"(?:\s*(?:/|-|\.|,?\s*năm)\s*(?P<{y}>\d{{4}})(?!\d))"
_IS_NO_DAY = r"(?<!tuần\s)(?<!thứ\s)(?<!\d)(?<!\b[tq])(?<!\b[tq][.\s])"
"""Before a number that counts something else: «T3-5/2026» are months, and so are «3-5/2026»."""
_DATE = (
    rf"(?:ngày\s+)?{_IS_NO_DAY}(?P<{{d}}>\d{{{{1,2}}}})\s*(?:/|-(?!\s*\d{{{{1,2}}}}/\d{{{{4}}}})|\.|\s+tháng\s+)\s*(?P<{{m}}>\d{{{{1,2}}}})(?!\d)"
    + f"{_YEAR}?"
)
_MARK = (
    r"(?P<mark>trước|(?:chậm|muộn)\s+nhất(?:\s+là)?(?:\s+(?:vào|đến|trong|trước))?(?:\s+hết)?"
    r"|không\s+(?:quá|muộn\s+hơn|chậm\s+hơn)"
    r"|(?:xong|hoàn\s+thành)\s+(?:trước|trong|vào)|(?:đến\s+)?hết|hạn\s+(?:cuối|chót)(?:\s+là)?)"
)
_MONTH = r"tháng\s+(?P<{m}>\d{{1,2}})(?!\d)" + f"{_YEAR}?"
_QUARTER = r"qu[ýí]\s+(?P<{q}>iv|i{{1,3}}|[1-4])(?!\w)" + f"{_YEAR}?"
_PART_OF = (
    r"(?P<part>(?:đầu|giữa|cuối|tuần\s+(?:thứ\s+)?(?:cuối(?:\s+cùng)?|đầu(?:\s+tiên)?|[1-4]|i{1,3}|iv|nhất"
    r"|hai|ba|tư)|ngày\s+(?:làm\s+việc\s+)?cuối(?:\s+cùng)?)(?:\s+của)?)"
)
"""«Cuối tháng 6», «tuần thứ hai của tháng 6»."""
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}


_YEARS_AFTER = r"và\s+(?:các|những)\s+năm\s+(?:tiếp(?:\s+theo)?|sau|kế\s+tiếp)"
_AND = r"\s*(?:-|đến(?:\s+hết)?|,?\s*và|[,+&])\s*"
_OF_YEAR = r"\s*(?:/|-|\.|,?\s*năm)\s*\d{4}(?!\d)"


def _p(template: str, **names: str) -> str:
    """A piece with its groups named."""
    return template.format(**names)


def _parts(unit: str, part: str) -> str:
    """Months or quarters named one by one, or the first and the last; only the last needs its year."""
    named = rf"(?:{part}(?:{_OF_YEAR})?{_AND}(?:{unit}\s+)?)+{part}{_OF_YEAR}"
    bare = rf"(?:{part}{_AND}(?:{unit}\s+)?)+{part}"
    return rf"(?:từ\s+|(?P<asked>(?:các|mỗi|từng|trước)\s+))?{unit}\s+(?P<parts>{named}|{bare})"


ONCE = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "open",
            r"(?:(?:từ\s+)?(?:trong\s+)?(?:"
            + _p(_QUARTER, q="q", y="y1")
            + "|"
            + _p(_MONTH, m="m", y="y2")
            + rf"|(?:năm\s+)?(?P<y>\d{{4}})))\s*(?:{_YEARS_AFTER}|trở\s+đi)|{_YEARS_AFTER}",
        ),
        (
            "days",
            r"(?:từ\s+)?"
            + _p(_DATE, d="d1", m="m1", y="y1")
            + r"\s*(?:đến|-)\s*(?:hết\s+)?"
            + _p(_DATE, d="d2", m="m2", y="y2"),
        ),
        (
            "day_range",
            r"từ\s+(?:ngày\s+)?(?P<d1>\d{1,2})\s*(?:đến|-)\s*(?:hết\s+)?"
            + _p(_DATE, d="d2", m="m2", y="y2"),
        ),
        ("months", _parts("tháng", r"\d{1,2}(?!\d)")),
        ("quarters", _parts("qu[ýí]", r"(?:iv|i{1,3}|[1-4])(?!\w)")),
        (
            "years",
            r"(?<!học\s)(?<!niên\s)(?<!kỳ\s)(?<!khóa\s)(?:(?:từ|giai\s+đoạn|trong)\s+)?(?:năm\s+(?!học))?"
            r"(?<!học\s)(?P<y1>\d{4})\s*(?:-|đến(?:\s+hết)?"
            r"|và)\s*(?:năm\s+)?(?P<y2>\d{4})(?!\d)",
        ),
        (
            "since",
            r"từ\s+(?:"
            + _p(_DATE, d="d", m="m1", y="y1")
            + "|"
            + _p(_MONTH, m="m2", y="y2")
            + "|"
            + _p(_QUARTER, q="q", y="y3")
            + r"|năm\s+(?P<y>\d{4}))(?=\s*(?:\.|,|;|\)|$|đến\s+khi))(?P<until>\s*đến\s+khi\b[^.;]*)?",
        ),
        (
            "until",
            r"(?:từ\s+)?(?:nay|khi\s+ban\s+hành(?:\s+kế\s+hoạch)?)\s+(?:đến|cho\s+đến)\s+(?:hết\s+"
            r"|cuối\s+)?(?:"
            + _p(_DATE, d="d", m="m1", y="y1")
            + "|"
            + _p(_MONTH, m="m2", y="y2")
            + "|"
            + _p(_QUARTER, q="q", y="y3")
            + r"|năm\s+(?P<y>\d{4}))",
        ),
        (
            "day",
            rf"(?:{_MARK}\s+)?(?:\d{{1,2}}\s*(?:giờ|h|g)\s*\d{{0,2}}\s*(?:phút\s*)?,?\s*)?"
            + _p(_DATE, d="d", m="m", y="y"),
        ),
        (
            "half",
            rf"(?:{_MARK}\s+)?(?:trong\s+)?(?:0?6|sáu)\s+tháng\s+(?P<half>đầu"
            rf"|cuối)\s+năm(?:\s+(?P<y>\d{{4}}))?",
        ),
        (
            "month",
            rf"(?:{_MARK}\s+)?(?:trong\s+|vào\s+)?(?:{_PART_OF}\s+)?" + _p(_MONTH, m="m", y="y"),
        ),
        (
            "quarter",
            rf"(?:{_MARK}\s+)?(?:trong\s+|vào\s+)?(?:{_PART_OF}\s+)?" + _p(_QUARTER, q="q", y="y"),
        ),
        ("year", rf"(?:{_MARK}\s+)?(?:trong\s+|vào\s+)?(?:cuối\s+)?năm\s+(?P<y>\d{{4}})(?!\d)"),
    )
)
BARE = (
    (
        "months",
        re.compile(
            r"(?:từ\s+)?(?P<parts>(?:t[.\s]?|tháng\s+)?\d{1,2}(?:\s*/\s*\d{4})?\s*(?:-|đến)\s*"
            r"(?:t[.\s]?|tháng\s+)?\d{1,2}\s*/\s*\d{4})"
        ),
    ),
    (
        "quarters",
        re.compile(
            r"(?:từ\s+)?(?P<parts>q[.\s]?(?:iv|i{1,3}|[1-4])(?:\s*/\s*\d{4})?\s*(?:-|đến)\s*"
            r"(?:q[.\s]?)?(?:iv|i{1,3}|[1-4])\s*/\s*\d{4})"
        ),
    ),
    ("month", re.compile(r"t?(?P<m>\d{1,2})\s*[/-]\s*(?P<y>\d{4})")),
    (
        "quarter",
        re.compile(
            r"(?:q[.\s]?)?(?P<q>iv|i{1,3}|(?<=q)[1-4]|(?<=q[.\s])[1-4])\s*[/-]\s*(?P<y>\d{4})"
        ),
    ),
    ("year", re.compile(r"(?P<y>\d{4})")),
    ("year", re.compile(r"trong\s+năm(?P<y>)")),
)


_NUMBERED = re.compile(r"\d|qu[ýí]\s|sáu\s+tháng")
"""No form is without one of these; most sentences have none."""


def onces(low: str, year: int | None) -> Iterator[tuple[str, re.Match[str], DueReading, str]]:
    """What is due once, each place read by the first form that fits it."""
    if not _NUMBERED.search(low):
        return
    rest = low
    hits: list[tuple[str, re.Match[str], DueReading, str]] = []
    for name, pattern in ONCE:
        fitting = list(pattern.finditer(rest))
        for found in fitting:
            due, doubt = read_once(name, found, year)
            if due.type != "none" or doubt:
                hits.append((name, found, due, doubt))
        if fitting:
            rest = pattern.sub(lambda match: "#" * len(match[0]), rest)
    yield from sorted(hits, key=lambda hit: hit[1].start())


def read_once(name: str, found: re.Match[str], year: int | None) -> tuple[DueReading, str]:
    try:
        return _READERS[name](_Match(found, year)) if name in _READERS else (NONE, "")
    except ValueError:
        return NONE, f"«{found[0].strip()}» không phải một ngày có thật: hạn là ngày nào?"


class _Match:
    """A match whose groups may be missing, and the year that stands in for a missing one."""

    def __init__(self, found: re.Match[str], year: int | None) -> None:
        self.groups = found.groupdict()
        self.words = found[0].strip()
        self.after = found.string[found.end() :]
        self.plan_year = year
        self.guessed = False

    def __getitem__(self, name: str) -> str | None:
        return self.groups.get(name)

    def number(self, *names: str) -> int | None:
        return next((int(value) for name in names if (value := self.groups.get(name))), None)

    def year(self, *names: str) -> int:
        return self.year_of(self.number(*names))

    def year_of(self, named: int | None) -> int:
        """The year named, or the plan's."""
        if named is None:
            if self.plan_year is None:
                raise ValueError("no year")
            self.guessed = not isinstance(self.plan_year, NamedYear)
            return self.plan_year
        if not 1990 <= named <= 2100:
            raise ValueError("no plan's year")
        return named

    @property
    def mark(self) -> str:
        mark = self.groups.get("mark") or ""
        return (
            "before"
            if "trước" in mark
            else "by"
            if mark
            and (mark.startswith(("chậm", "muộn")) or not re.search(r"(?:trong|vào)$", mark))
            else "in"
        )

    def with_doubt(self, due: DueReading) -> tuple[DueReading, str]:
        if not self.guessed:
            return due, ""
        return due, f"«{self.words}» không ghi năm: có phải năm {self.plan_year} không?"


def opening(found: re.Match[str]) -> DueReading:
    match = _Match(found, None)
    year = match.number("y", "y1", "y2")
    if year is None:
        return DueReading("ongoing")
    month = 3 * _QUARTERS[match["q"] or "i"] - 2 if match["q"] else match.number("m") or 1
    return DueReading("ongoing", first=date(year, month, 1))


def _days(match: _Match) -> tuple[DueReading, str]:
    last = _date(match.year("y2"), match.number("m2"), match.number("d2"))
    first_year = match.number("y1") or last.year
    first = _date(first_year, match.number("m1") or last.month, match.number("d1"))
    return match.with_doubt(DueReading("by", day=last, first=first))


_PART = re.compile(r"(?<!\w)[tq]?(iv|i{1,3}|\d{1,2})(?!\w)(?:\s*(?:/|-|\.|,?\s*năm)\s*(\d{4}))?")
_RANGE = re.compile(r"#\s*(?:-|đến(?:\s+hết)?)\s*(?:\w+\s+)?#")


_DAY_OR_MONTHS = re.compile(r"(?:[1-9]|1[0-2])\s*-\s*(?:[1-9]|1[0-2])\s*/\s*\d{4}")
"""«3-5/2026»: March to May, or the third of May."""


def _stretch(match: _Match, months: int) -> tuple[DueReading, str]:
    """Parts of `months` each: one stretch where they are in a row or name its ends; else asked about."""
    words = match["parts"] or ""
    periods: list[tuple[date, date]] = []
    year = 0
    for which, named in reversed(_PART.findall(words)):
        if named or not periods:
            year = match.year_of(int(named) if named else None)
        month = months * (_QUARTERS.get(which) or int(which))
        periods.insert(0, (date(year, month - months + 1, 1), _month_end(year, month)))
    in_a_row = all((second[0] - first[1]).days == 1 for first, second in pairwise(periods))
    ranged = _RANGE.fullmatch(_PART.sub("#", words)) and periods[0] < periods[-1]
    last = max(end for _, end in periods)
    if _DAY_OR_MONTHS.fullmatch(match.words):
        return DueReading(
            "by", day=last, first=periods[0][0]
        ), f"«{match.words}»: từ tháng đầu đến tháng cuối, hay một ngày?"
    if match["asked"] or not (in_a_row or ranged):
        unit = "quý" if months == 3 else "tháng"
        return DueReading(
            "by", day=last
        ), f"«{match.words}»: một hạn ở cuối, hay mỗi {unit} ấy một hạn?"
    return match.with_doubt(DueReading("by", day=last, first=periods[0][0]))


def _years(match: _Match) -> tuple[DueReading, str]:
    first, last = match.year("y1"), match.year("y2")
    if not first < last < first + 40:
        return NONE, ""
    return DueReading("by", day=date(last, 12, 31), first=date(first, 1, 1)), ""


def _since(match: _Match) -> tuple[DueReading, str]:
    year = match.year("y", "y1", "y2", "y3")
    month = match.number("m1", "m2") or (3 * _QUARTERS[match["q"] or "i"] - 2)
    first = _date(year, month, match.number("d") or 1)
    return DueReading("ongoing", first=first), ""


def _until(match: _Match) -> tuple[DueReading, str]:
    year = match.year("y", "y1", "y2", "y3")
    if match["d"]:
        last = _date(year, match.number("m1"), match.number("d"))
    elif match["q"]:
        last = _month_end(year, 3 * _QUARTERS[match["q"] or ""])
    else:
        last = _month_end(year, match.number("m2") or 12)
    return match.with_doubt(DueReading("by", day=last))


_ANOTHER_DAY = re.compile(r"\s*(?:,|và|;)\s*(?:trước\s+)?(?:ngày\s+)?\d{1,2}\s*/\s*\d{1,2}")


def _day(match: _Match) -> tuple[DueReading, str]:
    named = _date(match.year("y"), match.number("m"), match.number("d"))
    kind = {"before": "before", "by": "by", "in": "on"}[match.mark]
    if match["y"] is None and _ANOTHER_DAY.match(match.after):
        return DueReading(
            kind, day=named
        ), f"«{match.words}» và một ngày nữa sau đó: mỗi ngày một hạn?"
    return match.with_doubt(DueReading(kind, day=named))


def _period(match: _Match, first: date, last: date, within: str) -> tuple[DueReading, str]:
    part = " ".join((match["part"] or "").split())
    if part and ("làm việc" in part or "cuối" not in part):
        return DueReading(within, day=last), f"«{match.words}»: hạn là ngày nào?"
    if match.mark == "before":
        return match.with_doubt(DueReading("before", day=first))
    if match.mark == "by":
        return match.with_doubt(DueReading("by", day=last))
    return match.with_doubt(DueReading(within, day=last))


def _half(match: _Match) -> tuple[DueReading, str]:
    year = match.year("y")
    first, last = (1, 6) if match["half"] == "đầu" else (7, 12)
    return match.with_doubt(
        DueReading("by", day=_month_end(year, last), first=date(year, first, 1))
    )


def _month(match: _Match) -> tuple[DueReading, str]:
    year, month = match.year("y"), match.number("m") or 0
    return _period(match, _date(year, month, 1), _month_end(year, month), "within_month")


def _quarter(match: _Match) -> tuple[DueReading, str]:
    year, quarter = match.year("y"), _QUARTERS[match["q"] or ""]
    return _period(
        match, date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter), "within_quarter"
    )


def _whole_year(match: _Match) -> tuple[DueReading, str]:
    year = match.year("y")
    return _period(match, date(year, 1, 1), date(year, 12, 31), "within_year")


_READERS: dict[str, Callable[[_Match], tuple[DueReading, str]]] = {
    "days": _days,
    "day_range": _days,
    "months": partial(_stretch, months=1),
    "quarters": partial(_stretch, months=3),
    "years": _years,
    "since": _since,
    "until": _until,
    "day": _day,
    "half": _half,
    "month": _month,
    "quarter": _quarter,
    "year": _whole_year,
}


def _date(year: int, month: int | None, day: int | None) -> date:
    return date(year, month or 0, day or 0)


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
