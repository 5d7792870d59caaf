"""Time words: where they stand in a sentence or cell, and what they mean.

`read_slot` reads words that are known to be a time (a column, what follows «Thời gian hoàn thành:»);
`find_times` cuts deadlines out of running text, where most dates are dates of something else. Meanings are
those of `Due`; `plan.due_words` says which of them the plan format can hold. Dates are local dates; «trước
ngày d» keeps the day named.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from drafting.words import fold


@dataclass(frozen=True, slots=True)
class Due:
    """When something is owed.

    `type`: before, by, on, within_month, within_quarter, within_year, recurring, ongoing, relative, none.
    `day` is the last day, or for «before» the day named; `first` where words name one. `every`, of what
    recurs: day, week, month, quarter, half-year, year, or None («định kỳ» alone). `at`: mark, day,
    month, days.
    """

    type: str = "none"
    day: date | None = None
    every: str | None = None
    at: tuple[tuple[str, Any], ...] | None = None
    first: date | None = None

    @property
    def timed(self) -> bool:
        """Whether a reminder can be set by it, or must be asked for."""
        return self.type not in ("none", "ongoing", "relative")

    def as_data(self) -> dict[str, Any]:
        """In JSON's types."""
        data: dict[str, Any] = {
            "type": self.type,
            "date": self.day.isoformat() if self.day else None,
            "every": self.every,
        }
        if self.at is not None:
            data["at"] = {
                key: list(value) if isinstance(value, tuple) else value for key, value in self.at
            }
        if self.first is not None:
            data["from"] = self.first.isoformat()
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Due:
        """The meaning out of `as_data`."""
        at = data.get("at")
        return cls(
            type=data["type"],
            day=date.fromisoformat(data["date"]) if data["date"] else None,
            every=data["every"],
            at=tuple(
                (key, tuple(value) if isinstance(value, list) else value)
                for key, value in at.items()
            )
            if at is not None
            else None,
            first=date.fromisoformat(data["from"]) if data.get("from") else None,
        )


@dataclass(frozen=True, slots=True)
class Time:
    """Time words found in a text."""

    start: int
    end: int
    words: str
    due: Due
    doubt: str = ""
    """A Vietnamese sentence, where the reading should be confirmed."""


NONE = Due()


class NamedYear(int):
    """The year a plan's title names: a day without a year is in it, and nobody need be asked."""


# --- pieces ---------------------------------------------------------------------------------------

_YEAR = r"(?:\s*(?:/|-|\.|,?\s*năm)\s*(?P<{y}>\d{{4}})(?!\d))"
_DATE = (
    r"(?:ngày\s+)?(?P<{d}>\d{{1,2}})\s*(?:/|-|\.|\s+tháng\s+)\s*(?P<{m}>\d{{1,2}})(?!\d)"
    + f"{_YEAR}?"
)
_MARK = (
    r"(?P<mark>trước|(?:chậm|muộn)\s+nhất(?:\s+là)?(?:\s+(?:vào|đến|trong|trước))?(?:\s+hết)?"
    r"|không\s+(?:quá|muộn\s+hơn|chậm\s+hơn)"
    r"|(?:xong|hoàn\s+thành)\s+(?:trước|trong|vào)|(?:đến\s+)?hết|hạn\s+(?:cuối|chót)(?:\s+là)?)"
)
_MONTH = r"tháng\s+(?P<{m}>\d{{1,2}})(?!\d)" + f"{_YEAR}?"
_QUARTER = r"qu[ýí]\s+(?P<{q}>iv|i{{1,3}}|[1-4])(?!\w)" + f"{_YEAR}?"
_EACH = r"(?:hằng|hàng|mỗi|từng|các)"
_CYCLES = {
    "ngày": "day",
    "tuần": "week",
    "tháng": "month",
    "quý": "quarter",
    "quí": "quarter",
    "6 tháng": "half-year",
    "06 tháng": "half-year",
    "sáu tháng": "half-year",
    "nửa năm": "half-year",
    "năm": "year",
}
_CYCLE = r"(?:0?6\s+tháng|sáu\s+tháng|nửa\s+năm|ngày|tuần|tháng|qu[ýí]|năm)"
_CYCLE_WORD = re.compile(rf"(?:{_EACH}\s+|0?1\s+)?(?P<cycle>{_CYCLE})(?!\w)")
_EVERY = rf"(?:{_EACH}\s+(?P<every>{_CYCLE})(?!\w)(?!\s+\d))"
_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}


def _p(template: str, **names: str) -> str:
    """A piece with its groups named."""
    return template.format(**names)


# --- what recurs ----------------------------------------------------------------------------------

_RECURRING_DAY = re.compile(
    rf"(?:(?:định\s+kỳ\s+)?(?:{_EACH}\s+)?(?P<lead>{_CYCLE}(?:\s+(?:đầu|cuối)\s+năm)?)(?!\w)(?!\s+\d)(?:\s+(?:và"
    rf"|hoặc)\s+đột\s+xuất)?\s*[,(:]?\s*(?:gửi\s+|báo\s+cáo\s+)?)?"
    rf"(?P<mark>trước|chậm\s+nhất(?:\s+là)?(?:\s+(?:vào|trước))?|muộn\s+nhất(?:\s+vào)?|vào"
    rf"|đến)\s+(?:ngày\s+)?(?P<d>\d{{1,2}})(?!\d)(?!\s*(?:giờ|h|g)\b|h\d|g\d)(?:\s*(?:/"
    rf"|\s+tháng\s+)\s*(?P<m>\d{{1,2}})(?![\d/]))?"
    rf"(?P<second>\s*(?:,|và|;)\s*(?:trước\s+)?(?:ngày\s+)?(?P<d2>\d{{1,2}})\s*(?:/"
    rf"|\s+tháng\s+)\s*(?P<m2>\d{{1,2}})(?![\d/]))?"
    rf"(?:\s*(?:của\s+)?(?P<tail>{_EACH}\s+{_CYCLE}|tháng\s+(?:cuối|đầu"
    rf"|giữa)(?:\s+của)?\s+qu[ýí]|tháng\s+(?:sau|kế\s+tiếp|tiếp\s+theo)|cuối\s+qu[ýí]"
    rf"|tháng\s+cuối|\(?(?:đối\s+với\s+)?(?:báo\s+cáo|kỳ)\s+(?:0?6\s+tháng|năm)(?!\s+\d)|năm\s+sau))?"
    rf"\s*(?P<close>\))?"
)
_RECURRING = re.compile(
    rf"(?:báo\s+cáo\s+)?(?P<kind>định\s+kỳ\s*\(?\s*)?{_EVERY}(?:\s*(?:,|và|hoặc)\s*(?:{_EACH}\s+|0?1\s+)?"
    rf"(?:{_CYCLE})(?!\w)(?!\s+\d))*\)?(?:\s+(?:và|hoặc)\s+đột\s+xuất)?(?:\s+theo\s+quy\s+định)?"
    rf"|định\s+kỳ\s*\(?\s*(?P<bare>{_CYCLE})(?!\w)(?:\s*(?:,|và|hoặc)\s*(?:{_EACH}\s+|0?1\s+)?{_CYCLE}(?!\w)"
    rf"(?!\s+\d))*\)?(?:\s*/\s*(?:0?1\s+)?lần|\s+một\s+lần)?"
    rf"|(?:(?<=báo\scáo\s)theo\s+)?(?P<once>{_CYCLE})\s*/\s*(?:0?1\s+)?lần"
    rf"|(?P<times>\d{{1,2}})\s+(?:lần|kỳ)\s*/\s*(?P<per>{_CYCLE})(?!\w)"
    r"|(?P<none>định\s+kỳ)(?:\s*(?:,|và|hoặc)\s*đột\s+xuất)?"
)

# --- what is due once ------------------------------------------------------------------------------

_ONCE = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "open",
            r"(?:(?:từ\s+)?(?:trong\s+)?(?:"
            + _p(_QUARTER, q="q", y="y1")
            + "|"
            + _p(_MONTH, m="m", y="y2")
            + r"|(?:năm\s+)?(?P<y>\d{4})))\s*(?:và\s+(?:các|những)\s+năm\s+(?:tiếp\s+theo|sau"
            r"|kế\s+tiếp)|trở\s+đi|và\s+các\s+năm\s+tiếp)(?:\s+theo)?",
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
        (
            "months",
            r"(?:từ\s+)?tháng\s+(?P<m1>\d{1,2})(?!\d)"
            + _p(_YEAR, y="y1")
            + r"?\s*(?:-|đến|và|,)\s*(?:hết\s+)?(?:tháng\s+)?(?P<m2>\d{1,2})(?!\d)"
            + _p(_YEAR, y="y2")
            + "?",
        ),
        (
            "quarters",
            r"(?:từ\s+)?qu[ýí]\s+(?P<q1>iv|i{1,3}|[1-4])(?!\w)"
            + _p(_YEAR, y="y1")
            + r"?\s*(?:-|đến|và|,)\s*(?:hết\s+)?(?:qu[ýí]\s+)?(?P<q2>iv|i{1,3}|[1-4])(?!\w)"
            + _p(_YEAR, y="y2")
            + "?",
        ),
        (
            "years",
            r"(?:(?:từ|giai\s+đoạn|trong)\s+)?(?:năm\s+)?(?P<y1>\d{4})\s*(?:-|đến(?:\s+hết)?"
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
            rf"(?:{_MARK}\s+)?(?:trong\s+|vào\s+)?(?:(?P<part>đầu|giữa|cuối)\s+)?"
            + _p(_MONTH, m="m", y="y"),
        ),
        (
            "quarter",
            rf"(?:{_MARK}\s+)?(?:trong\s+|vào\s+)?(?:(?P<part>đầu|giữa|cuối)\s+)?"
            + _p(_QUARTER, q="q", y="y"),
        ),
        ("year", rf"(?:{_MARK}\s+)?(?:trong\s+|vào\s+)?(?:cuối\s+)?năm\s+(?P<y>\d{{4}})(?!\d)"),
    )
)
_BARE = (
    ("month", re.compile(r"(?P<m>\d{1,2})\s*[/-]\s*(?P<y>\d{4})")),
    ("quarter", re.compile(r"(?P<q>iv|i{1,3})\s*[/-]\s*(?P<y>\d{4})")),
    ("year", re.compile(r"(?P<y>\d{4})")),
)
_ONGOING = re.compile(
    r"thường\s+xuyên|liên\s+tục|xuyên\s+suốt|trong\s+suốt|suốt\s+(?:quá\s+trình|thời\s+gian)"
    r"|duy\s+trì|lâu\s+dài|hằng\s+ngày"
)
_RELATIVE = re.compile(
    r"^(?:trong\s+(?:vòng|thời\s+hạn)?\s*\d|ngay\s+(?:sau|khi)|sau\s+khi|sau\s+ngày|sau\s+\d"
    r"|khi\b|theo\b|tại\b|cùng\s+(?:thời\s+điểm|với)|kể\s+từ|đến\s+khi|trước\s+khi|tùy\b"
    r"|căn\s+cứ|phù\s+hợp|đảm\s+bảo\s+tiến\s+độ|đột\s+xuất)"
)
_WITHIN_DAYS = re.compile(
    r"(?:trong\s+(?:vòng|thời\s+hạn)\s+|chậm\s+nhất\s+(?:là\s+)?(?:sau\s+)?"
    r"|sau\s+)?(?:\d{1,3}|[\w]+)\s+ngày(?:\s+làm\s+việc)?,?\s+(?:kể\s+)?từ\s+(?:ngày"
    r"|khi)\s+[^.;)]*"
)


def read_slot(words: str, *, finish: bool, year: int | None) -> Time:
    """What words mean that stand where a time stands.

    `finish`: the slot names the end («hoàn thành»), so that a span of years is due at its end; under «thực
    hiện» such a span is a period of work. `year`: the plan's, for words without one.
    """
    text = " ".join(words.split()).strip(" .;,")
    low = fold(text)
    due, doubt = _slot(low, finish, year)
    return Time(0, len(text), text, due, doubt)


def _slot(low: str, finish: bool, year: int | None) -> tuple[Due, str]:
    if not low or low in ("-", "nt", "như trên", "//", '"'):
        return NONE, ""
    opened = _ONCE[0][1].search(low)
    if opened is not None:
        return _open(opened), ""
    recurring = next(_recurrences(low), None)
    if recurring is not None:
        return recurring.due, recurring.doubt
    if _WITHIN_DAYS.search(low):
        return Due("relative"), ""
    once = next(_onces(low, year), None)
    if once is not None and not re.match(r"sau\s+khi|theo\s|tại\s+phiên", low):
        return _by_slot(once[0], once[2], finish), once[3]
    for name, pattern in _BARE:
        if (bare := pattern.fullmatch(low)) is not None:
            return _read_once(name, bare, year)
    if _ONGOING.search(low) and not low.startswith(("sau khi", "theo")):
        return Due("ongoing"), ""
    if _RELATIVE.match(low):
        return Due("relative"), ""
    return NONE, f"Chưa hiểu thời hạn «{low}»: hạn là ngày nào?"


def _by_slot(name: str, due: Due, finish: bool) -> Due:
    """A span of years is a deadline where the slot names the end, else a period of work."""
    if name in ("years", "until") and due.day is not None and not finish:
        return Due("ongoing", day=due.day, first=due.first)
    if name == "day" and due.type == "on" and finish:
        return Due("by", day=due.day)
    return due


# --- in running text -------------------------------------------------------------------------------

_CITED = re.compile(
    r"(?:số\s+\S+|phát\s+sinh|có\s+hiệu\s+lực(?:\s+thi\s+hành)?"
    r"|đã\s+(?:được\s+)?(?:ban\s+hành|phê\s+duyệt|cấp|thành\s+lập)|(?:sinh|tính|thành\s+lập)"
    r"|số\s+liệu|kỳ\s+báo\s+cáo|thời\s+điểm)"
    r"\s*(?:kể\s+|tính\s+)?(?:từ\s+)?$"
)
_DONE_BY = re.compile(
    r"(?:hoàn thành|xong|trình|ban hành|báo cáo|gửi|nộp|thực hiện|tổ chức|triển khai|xây dựng"
    r"|tham mưu|phê duyệt|tổng hợp)"
)
_EACH_YEAR = re.compile(rf"\s*(?:của\s+)?{_EACH}\s+(?:năm|quý|tháng)(?!\w)")
_SUMMED_UP = re.compile(r"(?:sơ kết|tổng kết|hoàn thành|xong|trình|ban hành)\b[^,;.]{0,60}$")
_NOUN_OF_YEARS = re.compile(
    r"(?:dự toán|ngân sách|kinh phí|kế hoạch|chương trình|chi|vốn|đầu tư công|chỉ tiêu"
    r"|nhiệm vụ|báo cáo công tác[^,;.]*|công tác|hoạt động|kế hoạch công tác"
    r"|phát triển kinh tế\s*-\s*xã hội|nguồn|tài chính|ngày"
    r"|thi đua|phong trào|hội nghị tổng kết|sự cố|bảo dưỡng|quy hoạch|sử dụng đất|nhu cầu"
    r"|chính sách|kỳ họp|biên chế|kiểm kê|thu|giao|cân đối)(?:\s+(?:tổ chức|bố trí|nhà nước"
    r"|địa phương|hoạt động|cụ thể|chi tiết|[^\s,;.:]+)){0,4}\s*$"
)
_NOUN_OF_ROUTINE = re.compile(
    r"(?:\bchi|kinh phí|giáo dục|sự nghiệp|nguồn|vốn|chế độ kiểm tra|hoạt động|nhiệm vụ"
    r"|công việc|sự|tính|một cách|cơ quan|mức)\s*$"
)
_ROUTINE_IS_NO_DUTY = re.compile(
    r"^\s+(?:chịu|xảy|bị|có|hoạt động|sử dụng|đi|ở|trên|của|tại các|gặp)\b"
)


def find_times(text: str, year: int | None) -> list[Time]:
    """The deadlines in running text, in their order; overlapping ones reduced to the one that says most."""
    return list(_times_in(text, year))


@lru_cache(maxsize=1024, typed=True)  # a named year equals a guessed one, and asks nobody
def _times_in(text: str, year: int | None) -> tuple[Time, ...]:
    low = fold(text)
    found = [*_recurrences(low), *_deadlines(low, year), *_adverbs(low), *_relatives(low)]
    kept: list[Time] = []
    for time in sorted(found, key=lambda one: (_weight(one), one.start)):
        if not any(time.start < other.end and other.start < time.end for other in kept):
            kept.append(time)
    placed = sorted(kept, key=lambda one: one.start)
    told = [
        Time(one.start, one.end, _trimmed(text[one.start : one.end]), one.due, one.doubt)
        for one in placed
    ]
    return tuple(_joined(text, told))


_YEARS_CYCLES = ("year", "half-year", None)


def _joined(text: str, times: list[Time]) -> list[Time]:
    """«Định kỳ 6 tháng báo cáo … trước ngày 15/6 và trước ngày 01/12»: the days are the recurrence's days."""
    bare = [time for time in times if time.due.type == "recurring" and time.due.at is None]
    days = [
        time
        for time in times
        if time.due.type in ("before", "by") and not re.search(r"\d{4}", time.words)
    ]
    if len(bare) != 1 or not 1 <= len(days) <= 2 or bare[0].due.every not in _YEARS_CYCLES:
        return times
    named = [time.due.day for time in days if time.due.day is not None]
    mark = ("mark", days[0].due.type)
    if len(named) == 1:
        at: tuple[tuple[str, Any], ...] = (mark, ("month", named[0].month), ("day", named[0].day))
    else:
        at = (mark, ("days", tuple(f"{day:%m-%d}" for day in named)))
    every = bare[0].due.every or ("year" if len(named) == 1 else "half-year")
    start, end = days[0].start, days[-1].end
    joined = Time(start, end, _trimmed(text[start:end]), Due("recurring", every=every, at=at))
    others = [time for time in times if time not in (*bare, *days)]
    return sorted([joined, *others], key=lambda one: one.start)


def _trimmed(words: str) -> str:
    """Without marks at its ends and without half a pair of brackets."""
    bare = " ".join(words.split()).strip(" ,;.")
    if bare.count("(") < bare.count(")"):
        bare = bare.rstrip(" )")
    return bare.lstrip("( ") if bare.count("(") > bare.count(")") else bare


def _weight(time: Time) -> int:
    """What says more comes first."""
    if time.due.type == "recurring":
        return 0 if time.due.at else 2
    return 1 if time.due.day else 3


def _recurrences(low: str) -> Iterator[Time]:
    for found in _RECURRING_DAY.finditer(low):
        due = _recurring_day(found, low)
        if due is not None:
            bare = found["lead"] and found["tail"] and found.start() == found.start("lead")
            start = found.start("mark") if bare else found.start()
            yield Time(start, found.end(), low[start : found.end()], due)
    for found in _RECURRING.finditer(low):
        if not _is_noun_phrase(low, found):
            yield from _cycles(low, found)
    for found in _MONTH_OF_YEAR.finditer(low):
        month = found["m"]
        at = (("mark", "in"), ("month", int(month))) if month and 1 <= int(month) <= 12 else None
        yield Time(found.start(), found.end(), found[0], Due("recurring", every="year", at=at))


_MONTH_OF_YEAR = re.compile(
    rf"(?:(?:vào|trong)\s+)?(?:tháng\s+(?P<m>\d{{1,2}})|qu[ýí]\s+(?:iv|i{{1,3}}|[1-4]))\s+{_EACH}\s+năm"
)


def _cycles(low: str, found: re.Match[str]) -> Iterator[Time]:
    """Every cycle of «định kỳ hằng quý, 6 tháng, năm»; one without its name for a bare «định kỳ»."""
    words = list(_CYCLE_WORD.finditer(low, found.start(), found.end())) if not found["none"] else []
    starts = [found.start(), *(word.start() for word in words[1:])]
    ends = [*(word.end() for word in words[:-1]), found.end()]
    cycles = [_CYCLES.get(" ".join(word["cycle"].split())) for word in words] or [None]
    for start, end, cycle in zip(starts, ends, cycles, strict=True):
        yield Time(start, end, low[start:end], Due("recurring", every=cycle))


def _is_noun_phrase(low: str, found: re.Match[str]) -> bool:
    """«dự toán hằng năm», «chế độ kiểm tra định kỳ»: no time of what is owed."""
    before, after = low[max(0, found.start() - 60) : found.start()], low[found.end() :]
    if found["times"]:
        return True
    if found["kind"] or found["bare"] or found[0].startswith("báo cáo"):
        return bool(
            re.search(r"(?:chế độ kiểm tra|lấy mẫu|bảo dưỡng|quan trắc|kiểm định)\s*$", before)
        )
    if found["none"]:
        return bool(
            re.search(
                r"(?:chế độ kiểm tra|bảo dưỡng|khám sức khỏe|kiểm định|kiểm thử[^,;.]*|cảnh báo[^,;.]*"
                r"|theo)\s*$",
                before,
            )
        )
    if re.match(r"\s*(?:nước|hóa)\b", after):
        return True
    return bool(_NOUN_OF_YEARS.search(before)) and not re.search(
        r"(?:kết quả thực hiện|tình hình)[^,;.]*$", before
    )


def _recurring_day(found: re.Match[str], low: str) -> Due | None:
    """A recurrence with its day; None for a date of one year."""
    lead, tail, month = found["lead"], found["tail"], found["m"]
    after = low[found.end() : found.end() + 12]
    if re.match(r"\s*(?:/|-|năm)\s*\d{4}", after) or (month and re.match(r"[/.-]\d", after)):
        return None
    if lead is None and (
        tail is None
        or (
            tail.startswith("tháng")
            and "qu" not in tail
            and not tail.endswith(("sau", "tiếp", "theo"))
        )
    ):
        return None
    every = _every_of(lead, tail, month)
    if every is None:
        return None
    mark = "before" if "trước" in found["mark"] else "in" if found["mark"] == "vào" else "by"
    if found["second"] and month:
        days = (
            f"{int(month):02d}-{int(found['d']):02d}",
            f"{int(found['m2']):02d}-{int(found['d2']):02d}",
        )
        return Due(
            "recurring",
            every="half-year" if every == "year" else every,
            at=(("mark", mark), ("days", days)),
        )
    if not 1 <= int(found["d"]) <= 31 or (month and not 1 <= int(month) <= 12):
        return None
    at: list[tuple[str, Any]] = [("mark", mark)]
    if month:
        at.append(("month", int(month)))
    at.append(("day", int(found["d"])))
    return Due("recurring", every=every, at=tuple(at))


def _every_of(lead: str | None, tail: str | None, month: str | None) -> str | None:
    """The cycle: what stands after the day says it, else what stands before."""
    named: str | None
    if tail and tail.endswith("năm") and ("báo" in tail or "kỳ" in tail):
        named = "year"
    elif tail and "6 tháng" in " ".join(tail.split()):
        named = "half-year"
    elif tail and tail.startswith("năm"):
        named = "year"
    elif tail and re.match(_EACH, tail):
        named = _CYCLES.get(" ".join(tail.split()[1:]))
    elif tail and "qu" in tail:
        named = "quarter"
    else:
        named = None
    led = _CYCLES.get(re.sub(r" (?:đầu|cuối) năm$", "", " ".join(lead.split()))) if lead else None
    if led == "half-year" or (named is None and led):
        return "year" if led == "day" else led
    if named == "month" and month:
        return "year"
    return named or led


def _deadlines(low: str, year: int | None) -> Iterator[Time]:
    """Marked dates: «trước ngày …», «chậm nhất …», «xong trong quý …», a span with «từ … đến»."""
    for name, found, due, doubt in _onces(low, year):
        before = low[max(0, found.start() - 50) : found.start()]
        if _EACH_YEAR.match(low, found.end()):  # «quý IV hằng năm» is no quarter of one year
            continue
        if not _CITED.search(before) and _is_deadline(name, found, due, before):
            yield Time(found.start(), found.end(), found[0], due, doubt)
    for within in _WITHIN_DAYS.finditer(low):
        yield Time(within.start(), within.end(), within[0], Due("relative"))


def _is_deadline(name: str, found: re.Match[str], due: Due, before: str) -> bool:
    mark = found.groupdict().get("mark")
    words = found[0]
    if name == "day":
        return (
            bool(mark) and due.day is not None and not (mark or "").startswith(("hết", "đến"))
        ) or bool(mark and _DONE_BY.search(before))
    if name in ("month", "quarter", "half"):
        return (bool(mark) and not re.search(r"tính đến\s*$", before)) or (
            words.startswith(("trong ", "vào "))
            and (bool(_DONE_BY.search(before)) or not before.strip())
        )
    if name == "year":
        strong = bool(mark) and not (mark or "").endswith("hết")
        if words.startswith(("vào ", "trong ")) and _SUMMED_UP.search(before):
            return True
        return strong or (
            bool(mark) and bool(re.search(r"(?:hoàn thành|xong)\b[^,;.]{0,30}$", before))
        )
    if name == "open":
        return False
    return (
        name in ("days", "day_range")
        and words.startswith("từ")
        and (bool(_DONE_BY.search(before)) or not before.strip())
    )


def _adverbs(low: str) -> Iterator[Time]:
    """«Thường xuyên cập nhật», «cập nhật thường xuyên»."""
    for found in re.finditer(r"thường\s+xuyên(?:,\s+liên\s+tục)?", low):
        before, after = low[: found.start()], low[found.end() :]
        if not _NOUN_OF_ROUTINE.search(before) and not _ROUTINE_IS_NO_DUTY.search(after):
            yield Time(found.start(), found.end(), found[0], Due("ongoing"))


_WHEN = re.compile(
    r"(?:(?:ngay\s+)?sau\s+khi|ngay\s+khi|\bkhi\s+(?:phát\s+hiện|tổng\s+kết|kết\s+thúc"
    r"|hoàn\s+thành|chính\s+phủ|các\s+bộ|bộ\s|trung\s+ương|quốc\s+hội|luật|nghị\s+định"
    r"|có\s+(?:phát\s+sinh|văn\s+bản|hướng\s+dẫn|quyết\s+định|thông\s+báo"
    r"|kết\s+quả)))\s*[^,;.()]*"
)


def _relatives(low: str) -> Iterator[Time]:
    for found in _WHEN.finditer(low):
        if low[found.start() - 1 : found.start()] != "(":
            yield Time(found.start(), found.end(), found[0].rstrip(), Due("relative"))


def ranked(times: Sequence[Time]) -> list[Time]:
    """Deadlines before recurrences without a day, these before routine, this before events."""

    def rank(time: Time) -> int:
        if time.due.timed:
            return 0 if time.due.day or time.due.at else 1 if time.due.every else 2
        return 3 if time.due.type == "ongoing" else 4

    return sorted(times, key=rank)


def best_time(times: Sequence[Time]) -> Time | None:
    """The one that says most."""
    in_order = ranked(times)
    return in_order[0] if in_order else None


# --- reading one match -----------------------------------------------------------------------------


def _onces(low: str, year: int | None) -> Iterator[tuple[str, re.Match[str], Due, str]]:
    """What is due once, each place read by the first form that fits it."""
    rest = low
    hits: list[tuple[str, re.Match[str], Due, str]] = []
    for name, pattern in _ONCE:
        fitting = list(pattern.finditer(rest))
        for found in fitting:
            due, doubt = _read_once(name, found, year)
            if due.type != "none" or doubt:
                hits.append((name, found, due, doubt))
        if fitting:
            rest = pattern.sub(lambda match: "#" * len(match[0]), rest)
    yield from sorted(hits, key=lambda hit: hit[1].start())


def _read_once(name: str, found: re.Match[str], year: int | None) -> tuple[Due, str]:
    try:
        return _READERS[name](_Match(found, year)) if name in _READERS else (NONE, "")
    except ValueError:
        return NONE, f"«{found[0].strip()}» không phải một ngày có thật: hạn là ngày nào?"


class _Match:
    """A match whose groups may be missing, and the year that stands in for a missing one."""

    def __init__(self, found: re.Match[str], year: int | None) -> None:
        self.groups = found.groupdict()
        self.words = found[0].strip()
        self.plan_year = year
        self.guessed = False

    def __getitem__(self, name: str) -> str | None:
        return self.groups.get(name)

    def number(self, *names: str) -> int | None:
        return next((int(value) for name in names if (value := self.groups.get(name))), None)

    def year(self, *names: str) -> int:
        named = self.number(*names)
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
            if mark and not re.search(r"(?:trong|vào)$", mark)
            else "in"
        )

    def with_doubt(self, due: Due) -> tuple[Due, str]:
        if not self.guessed:
            return due, ""
        return due, f"«{self.words}» không ghi năm: có phải năm {self.plan_year} không?"


def _open(found: re.Match[str]) -> Due:
    match = _Match(found, None)
    year = match.number("y", "y1", "y2")
    if year is None:
        return Due("ongoing")
    month = 3 * _QUARTERS[match["q"] or "i"] - 2 if match["q"] else match.number("m") or 1
    return Due("ongoing", first=date(year, month, 1))


def _days(match: _Match) -> tuple[Due, str]:
    last = _date(match.year("y2"), match.number("m2"), match.number("d2"))
    first_year = match.number("y1") or last.year
    first = _date(first_year, match.number("m1") or last.month, match.number("d1"))
    return match.with_doubt(Due("by", day=last, first=first))


def _months(match: _Match) -> tuple[Due, str]:
    year = match.year("y2")
    first = date(match.number("y1") or year, match.number("m1") or 1, 1)
    return match.with_doubt(Due("by", day=_month_end(year, match.number("m2") or 1), first=first))


def _quarters(match: _Match) -> tuple[Due, str]:
    year = match.year("y2")
    first = date(match.number("y1") or year, 3 * _QUARTERS[match["q1"] or ""] - 2, 1)
    return match.with_doubt(
        Due("by", day=_month_end(year, 3 * _QUARTERS[match["q2"] or ""]), first=first)
    )


def _years(match: _Match) -> tuple[Due, str]:
    first, last = match.year("y1"), match.year("y2")
    if not first < last < first + 40:
        return NONE, ""
    return Due("by", day=date(last, 12, 31), first=date(first, 1, 1)), ""


def _since(match: _Match) -> tuple[Due, str]:
    year = match.year("y", "y1", "y2", "y3")
    month = match.number("m1", "m2") or (3 * _QUARTERS[match["q"] or "i"] - 2)
    first = _date(year, month, match.number("d") or 1)
    return Due("ongoing", first=first), ""


def _until(match: _Match) -> tuple[Due, str]:
    year = match.year("y", "y1", "y2", "y3")
    if match["d"]:
        last = _date(year, match.number("m1"), match.number("d"))
    elif match["q"]:
        last = _month_end(year, 3 * _QUARTERS[match["q"] or ""])
    else:
        last = _month_end(year, match.number("m2") or 12)
    return match.with_doubt(Due("by", day=last))


def _day(match: _Match) -> tuple[Due, str]:
    named = _date(match.year("y"), match.number("m"), match.number("d"))
    kind = {"before": "before", "by": "by", "in": "on"}[match.mark]
    return match.with_doubt(Due(kind, day=named))


def _period(match: _Match, first: date, last: date, within: str) -> tuple[Due, str]:
    if match.mark == "before":
        return match.with_doubt(Due("before", day=first))
    if match.mark == "by":
        return match.with_doubt(Due("by", day=last))
    return match.with_doubt(Due(within, day=last))


def _half(match: _Match) -> tuple[Due, str]:
    year = match.year("y")
    first, last = (1, 6) if match["half"] == "đầu" else (7, 12)
    return match.with_doubt(Due("by", day=_month_end(year, last), first=date(year, first, 1)))


def _month(match: _Match) -> tuple[Due, str]:
    year, month = match.year("y"), match.number("m") or 0
    return _period(match, _date(year, month, 1), _month_end(year, month), "within_month")


def _quarter(match: _Match) -> tuple[Due, str]:
    year, quarter = match.year("y"), _QUARTERS[match["q"] or ""]
    return _period(
        match, date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter), "within_quarter"
    )


def _whole_year(match: _Match) -> tuple[Due, str]:
    year = match.year("y")
    return _period(match, date(year, 1, 1), date(year, 12, 31), "within_year")


_READERS: dict[str, Callable[[_Match], tuple[Due, str]]] = {
    "days": _days,
    "day_range": _days,
    "months": _months,
    "quarters": _quarters,
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
