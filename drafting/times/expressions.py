"""Time words: where they stand in a sentence or cell, and what they mean.

`read_slot` reads words that are known to be a time (a column, what follows «Thời gian hoàn thành:»);
`find_times` cuts deadlines out of running text, where most dates are dates of something else. Meanings are
those of `DueReading`; `plan.deadlines.phrases` says which of them the plan format can hold. Dates are local
dates; «trước
ngày d» keeps the day named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from drafting.times.due import NONE, DueReading, Time
from drafting.times.once import BARE, ONCE, onces, opening, read_once
from drafting.times.recurring import EACH, recurrence_alone, recurrences
from drafting.words import fold

_ONGOING = re.compile(
    r"thường\s+xuyên|liên\s+tục|xuyên\s+suốt|trong\s+suốt|suốt\s+(?:quá\s+trình|thời\s+gian)"
    r"|duy\s+trì|lâu\s+dài|hằng\s+ngày|(?:cả|quanh)\s+năm"
)
_BEFORE_EVENT = (
    r"trước\s+(?:tết|(?:ngày\s+|lễ\s+)?khai\s+giảng|(?:các\s+)?kỳ\s+họp|phiên\s+họp|mùa\s+(?:mưa|bão|khô|lũ)"
    r"|đại\s+hội|kỳ\s+thi)"
)
"""«Trước Tết Nguyên đán»: a day that a person must look up."""
_EVENT_FIRST = re.compile(_BEFORE_EVENT)
_RELATIVE = re.compile(
    rf"^(?:{_BEFORE_EVENT}|trong\s+(?:vòng|thời\s+hạn)?\s*\d|ngay\s+(?:sau|khi)|sau\s+khi|sau\s+ngày|sau\s+\d"
    r"|khi\b|theo\b|tại\b|cùng\s+(?:thời\s+điểm|với)|kể\s+từ|đến\s+khi|trước\s+khi|tùy\b"
    r"|căn\s+cứ|phù\s+hợp|đảm\s+bảo\s+tiến\s+độ|đột\s+xuất)"
)
_WITHIN_DAYS = re.compile(
    r"(?:trong\s+(?:vòng|thời\s+hạn)\s+|chậm\s+nhất\s+(?:là\s+)?(?:sau\s+)?"
    r"|sau\s+)?(?:\d{1,3}|[\w]+)\s+ngày(?:\s+làm\s+việc)?,?\s+(?:(?:kể\s+)?từ\s+(?:ngày"
    r"|khi)|sau\s+(?:khi|phiên|cuộc|hội|kỳ|ngày))\s+[^.;)]*|trong\s+(?:vòng|thời\s+hạn)\s+\d{1,3}\s+ngày(?:\s+làm\s+việc)?(?=\s*(?:[.;,)]|$))"
    r"|trước\s+(?:ít\s+nhất\s+)?\d{1,3}\s+ngày(?!\s*\d)(?:\s+làm\s+việc)?"
    r"(?:\s+(?:tính\s+đến|so\s+với)\s+[^,.;)]*)?"
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


def _slot(low: str, finish: bool, year: int | None) -> tuple[DueReading, str]:
    if not low or low in ("-", "nt", "như trên", "//", '"'):
        return NONE, ""
    opened = ONCE[0][1].search(low)
    if opened is not None:
        return opening(opened), ""
    if _EVENT_FIRST.match(low):
        return DueReading("relative"), ""
    alone = recurrence_alone(low)
    if alone is not None:
        return alone, ""
    recurring = next(recurrences(low), None)
    if recurring is not None:
        return recurring.due, recurring.doubt
    if _WITHIN_DAYS.search(low):
        return DueReading("relative"), ""
    several = list(onces(low, year))
    once = several[0] if several else None
    if once is not None and not re.match(r"sau\s+khi|theo\s|tại\s+phiên", low):
        more = len({due.day for _, _, due, _ in several if due.day}) > 1 or _names_more(
            low, several
        )
        return _by_slot(once[0], once[2], finish), once[3] or (_SEVERAL.format(low) if more else "")
    for name, pattern in BARE:
        if (bare := pattern.fullmatch(low)) is not None:
            return read_once(name, bare, year)
    if _ONGOING.search(low) and not low.startswith(("sau khi", "theo")):
        return DueReading("ongoing"), ""
    if _RELATIVE.match(low):
        return DueReading("relative"), ""
    return NONE, f"Chưa hiểu thời hạn «{low}»: hạn là ngày nào?"


_PART_BESIDE = re.compile(
    r"\s*(?:[,;+&-]|và|hoặc|hay)?\s*(?:và\s+)?"
    r"(?:[ivx]+(?!\w)|\d{4}(?!\d)|\d{1,2}\s*(?:/\s*\d{4}|$))"
)
_MONTHS_COUNTED = re.compile(r"(?<!\d)(?:0?6|9|sáu|chín)\s+tháng(?!\s+\d)")


def _names_more(low: str, several: Sequence[tuple[str, re.Match[str], DueReading, str]]) -> bool:
    """Beside what was read stands another part («quý I; II») or another report («6 tháng và cả năm 2026»)."""
    rest = low
    for _, found, _, _ in several:
        rest = rest.replace(found[0], "#", 1)
    counted = several[0][0] != "day" and _MONTHS_COUNTED.search(rest)
    return bool(counted or _PART_BESIDE.match(low, several[-1][1].end()))


_SEVERAL = "«{}» nêu nhiều thời hạn: hạn là ngày nào?"


def _by_slot(name: str, due: DueReading, finish: bool) -> DueReading:
    """A span of years is a deadline where the slot names the end, else a period of work."""
    if name in ("years", "until") and due.day is not None and not finish:
        return DueReading("ongoing", day=due.day, first=due.first)
    if name == "day" and due.type == "on" and finish:
        return DueReading("by", day=due.day)
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
    r"|tham mưu|phê duyệt|tổng hợp|sơ kết|tổng kết|đánh giá|rà soát|kiểm tra|công bố)"
)
_EACH_YEAR = re.compile(rf"\s*(?:của\s+)?{EACH}\s+(?:năm|quý|tháng)(?!\w)")
_SUMMED_UP = re.compile(r"(?:sơ kết|tổng kết|hoàn thành|xong|trình|ban hành)\b[^,;.]{0,60}$")
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


@lru_cache(maxsize=4_096, typed=True)  # a named year equals a guessed one, and asks nobody
def _times_in(text: str, year: int | None) -> tuple[Time, ...]:
    low = fold(text)
    found = [*recurrences(low), *_deadlines(low, year), *_adverbs(low), *_relatives(low)]
    kept: list[Time] = []
    for time in sorted(found, key=lambda one: (_weight(one), one.start)):
        if not any(time.start < other.end and other.start < time.end for other in kept):
            kept.append(time)
    placed = sorted(kept, key=lambda one: one.start)
    told = [
        Time(one.start, one.end, _trimmed(text[one.start : one.end]), one.due, one.doubt)
        for one in placed
    ]
    return tuple(_joined(text, _each_year(text, told)))


def _each_year(text: str, times: list[Time]) -> list[Time]:
    """«Sơ kết vào tháng 6, tổng kết vào tháng 12 hằng năm»: what comes each year holds for both."""
    told = list(times)
    for at, (one, other) in enumerate(pairwise(times)):
        if not re.search(r"[.;]\s", text[one.end : other.start]):
            told[at] = yearly_too(one, other)
    return told


def yearly_too(one: Time, other: Time) -> Time:
    """A time without a year before one of each year: it comes each year too."""
    day = one.due.day
    yearly = other.due.every == "year" and "month" in dict(other.due.at or ())
    if day is None or not yearly or one.due.type not in _MARK_OF or re.search(r"\d{4}", one.words):
        return one
    named = () if one.due.type == "within_month" else (("day", day.day),)
    when = (("mark", _MARK_OF[one.due.type]), ("month", day.month), *named)
    return replace(one, due=DueReading("recurring", every="year", at=when), doubt="")


_MARK_OF = {"within_month": "in", "on": "in", "before": "before", "by": "by"}
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
    joined = Time(
        start, end, _trimmed(text[start:end]), DueReading("recurring", every=every, at=at)
    )
    others = [time for time in times if time not in (*bare, *days)]
    return sorted([joined, *others], key=lambda one: one.start)


def _trimmed(words: str) -> str:
    """Without marks at its ends and without half a pair of brackets."""
    bare = " ".join(words.split()).strip(" ,;.")
    if bare.count("(") < bare.count(")"):
        bare = bare.rstrip(" )")
    return bare.replace("(", "").strip() if bare.count("(") > bare.count(")") else bare


def _weight(time: Time) -> int:
    """What says more comes first."""
    if time.due.type == "recurring":
        return 0 if time.due.at else 2
    return 1 if time.due.day else 3


def _deadlines(low: str, year: int | None) -> Iterator[Time]:
    """Marked dates: «trước ngày …», «chậm nhất …», «xong trong quý …», a span with «từ … đến»."""
    for name, found, due, doubt in onces(low, year):
        before = low[max(0, found.start() - 50) : found.start()]
        if _EACH_YEAR.match(low, found.end()):  # «quý IV hằng năm» is no quarter of one year
            continue
        ends = bool(_CLAUSE_END.match(low, found.end()))
        last = re.match(r"chậm|muộn|không|hạn", found.groupdict().get("mark") or "")
        if (last or not _CITED.search(before)) and _is_deadline(
            name, found, due, before, ends=ends
        ):
            yield Time(found.start(), found.end(), found[0], due, doubt)
    for within in _WITHIN_DAYS.finditer(low):
        yield Time(within.start(), within.end(), within[0], DueReading("relative"))


_CLAUSE_END = re.compile(r"\s*(?:[.;)]|$)")


_LABELLED = re.compile(
    r"(?:thời\s+(?:gian|hạn)(?:\s+(?:thực\s+hiện|tổ\s+chức|hoàn\s+thành|dự\s+kiến|triển\s+khai|nộp|gửi))*"
    r"|hạn\s+(?:chót|cuối))\s*(?::|là)?\s*$"
)
"""«…; thời gian từ ngày 15/2 đến hết ngày 15/12»: said to be the time, with or without a colon."""


def _is_deadline(
    name: str, found: re.Match[str], due: DueReading, before: str, *, ends: bool
) -> bool:
    mark = found.groupdict().get("mark")
    words = found[0]
    if _LABELLED.search(before):
        return True
    if name == "day":
        return (
            bool(mark) and due.day is not None and not (mark or "").startswith(("hết", "đến"))
        ) or bool(mark and _DONE_BY.search(before))
    if found.groupdict().get("part"):
        return not re.search(r"(?:từ|kể từ|tính đến)\s*$", before)
    if name in ("month", "quarter", "half"):
        return (bool(mark) and not re.search(r"tính đến\s*$", before)) or (
            words.startswith(("trong ", "vào "))
            and (bool(_DONE_BY.search(before)) or not before.strip() or ends)
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
    if name in ("months", "quarters"):
        return bool(re.search(r"(?:trong|vào)\s+$", before))
    return (
        name in ("days", "day_range")
        and words.startswith("từ")
        and (bool(_DONE_BY.search(before)) or not before.strip())
    )


_ALWAYS = re.compile(
    r"thường\s+xuyên(?:,\s+liên\s+tục)?|(?<=cập nhật )liên\s+tục|liên\s+tục(?=\s*(?:[.,;]|$))"
    r"|(?:trong\s+)?suốt\s+(?:mùa|thời\s+gian|quá\s+trình|đợt|năm)\s[^,.;()]*"
    r"|24\s*/\s*(?:24|7)(?:\s*(?:giờ|h)\b)?"
)


def _adverbs(low: str) -> Iterator[Time]:
    """«Thường xuyên cập nhật», «cập nhật liên tục», «trực 24/24»."""
    for found in _ALWAYS.finditer(low):
        before, after = low[: found.start()], low[found.end() :]
        if not _NOUN_OF_ROUTINE.search(before) and not _ROUTINE_IS_NO_DUTY.search(after):
            yield Time(found.start(), found.end(), found[0], DueReading("ongoing"))


_DATED_PAPER = re.compile(
    r"(?:kết luận|thông báo|công văn|luật|nghị (?:định|quyết)|quyết định|chỉ thị|văn bản|hướng dẫn|hợp đồng"
    r"|thông tư|đăng ký|ký|sinh|phát sinh|số liệu|thời kỳ|niên độ|tình hình|xảy ra|hiệu lực|mốc|so với"
    r"|tính đến|tính từ|kể từ)\b[^,;.]{0,60}$"
)
"""Before a day that is another thing's."""
_LIMIT = re.compile(r"(?:thời\s+)?hạn(?:\s+[^\W\d]+){1,3}\s*:?\s*$")
"""«(hạn đăng ký 31/3/2027)»."""
_MAY_BE = ("day", "days", "day_range", "month", "months", "quarter", "quarters", "half")


def perhaps(text: str, year: int | None) -> Time | None:
    """A day or stretch at a clause's end that nothing says is the deadline, nor another's: it is asked about.

    «Mở đợt cao điểm từ ngày 20/4 đến hết ngày 20/7/2027.»; «từ tháng 5/2027» is open-ended, and not asked.
    """
    low = fold(text)
    for name, found, due, _ in onces(low, year):
        before = low[max(0, found.start() - 80) : found.start()]
        over = due.day is not None and year is not None and due.day.year < year
        bare = name == "day" and not re.search(
            r"ngày|tháng|[/.-]\s*\d{4}", found[0]
        )  # «24/7», «Mục 1.3»
        cited = _CITED.search(before) or _DATED_PAPER.search(before)
        if over or bare or (cited and not _LIMIT.search(before)):
            continue
        if not _CLAUSE_END.match(low, found.end()) or _EACH_YEAR.match(low, found.end()):
            continue
        words = _trimmed(text[found.start() : found.end()])
        if name == "since":
            return Time(found.start(), found.end(), words, due)
        if name in _MAY_BE and due.day is not None:
            doubt = f"«{words}» có phải thời hạn của việc này không?"
            return Time(found.start(), found.end(), words, due, doubt)
    return None


_WHEN = re.compile(
    r"(?:(?:ngay\s+)?sau\s+khi|ngay\s+khi|^khi\b|\bkhi\s+(?:phát\s+hiện|tổng\s+kết|kết\s+thúc"
    r"|hoàn\s+thành|chính\s+phủ|các\s+bộ|bộ\s|trung\s+ương|quốc\s+hội|luật|nghị\s+định"
    r"|có\s+(?:phát\s+sinh|yêu\s+cầu|văn\s+bản|hướng\s+dẫn|quyết\s+định|thông\s+báo"
    r"|kết\s+quả)))\s*[^,;.()]*"
)


_WHEN_IN_BRACKETS = re.compile(
    r"\(\s*(?P<when>(?:ngay\s+)?(?:sau\s+)?khi\s+(?!không\b|chưa\b|cần\b)[^()]*?\b(?:triển\s+khai|ban\s+hành"
    r"|hướng\s+dẫn|phê\s+duyệt|thông\s+qua|có\s+hiệu\s+lực|có\s+văn\s+bản|quyết\s+định|kết\s+thúc"
    r"|hoàn\s+thành)\b[^()]*)\)(?=\s*(?:[.;:/]|$))"
)
"""«(khi Bộ A có văn bản triển khai)» at a clause's end: an event to come; «(khi cần)» is a condition."""
_BEFORE_EVENT_THERE = re.compile(
    rf"{_BEFORE_EVENT}\b[^,;.()]*"
    r"|trước\s+khi\s[^,;.()]*?\s\d{1,3}\s+(?:giờ|ngày)(?!\w)|trước,\s+trong\s+và\s+sau\s+(?:khi|thời\s+gian|đợt|dịp|kỳ|lễ|tết)\b[^,;:.()]*"
)
_ON_DEMAND = re.compile(r"khi\s+có\s+yêu\s+cầu\b")
_HANDED_IN = re.compile(r"\b(?:báo cáo|gửi|nộp|trình|cung cấp|đột xuất)\b")
"""What is handed in on demand has its time; what else is done «khi có yêu cầu» is done if need be."""
_FOR_EXAMPLE = re.compile(r"(?:nhất là|đặc biệt là|kể cả|ví dụ(?: như)?)\s+[^,;.()]*$")
"""«(nhất là học viên sau khi tốt nghiệp …)»: the event tells whom, not when."""


def _relatives(low: str) -> Iterator[Time]:
    for found in _WHEN.finditer(low):
        before = low[max(0, found.start() - 80) : found.start()]
        clause = re.split(r"[.;]\s", low[: found.end()])[-1]
        if _ON_DEMAND.match(found[0]) and not _HANDED_IN.search(clause):
            continue
        if not before.endswith("(") and not _FOR_EXAMPLE.search(before):
            yield Time(found.start(), found.end(), found[0].rstrip(), DueReading("relative"))
    for found in _BEFORE_EVENT_THERE.finditer(low):
        yield Time(found.start(), found.end(), found[0].rstrip(), DueReading("relative"))
    for found in _WHEN_IN_BRACKETS.finditer(low):
        yield Time(found.start("when"), found.end("when"), found["when"], DueReading("relative"))


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
