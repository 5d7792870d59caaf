"""Who and when beside a task: in brackets, between dashes, or for each in turn after a label."""

from __future__ import annotations

import re

from drafting.grammar.agencies import agencies_at
from drafting.grammar.names import agencies_in
from drafting.grammar.parts import parts_played
from drafting.grammar.sentences import clauses, partners_of
from drafting.prose.blocks import Block
from drafting.prose.headings import time_alone
from drafting.times.due import DueReading, Time
from drafting.times.expressions import best_time, find_times
from drafting.words import fold, outside_brackets

_LEADS = re.compile(
    r"[\s:,]*(?:chủ trì|thực hiện|phụ trách|tham mưu|(?:làm )?đầu mối|chịu trách nhiệm)\b"
)
_GIVES = re.compile(r"\s*(?:giao|phân công|do)\s+", re.IGNORECASE)


_EVENT = re.compile(r"(?:trình|tại|trước|sau)\s+(?:các\s+)?(?:kỳ họp|phiên họp|đại hội)\b")
_AT_EVENT = DueReading("relative")


def block_in_brackets(inner: str, year: int | None) -> Block | None:
    """«(Sở A chủ trì; xong trước 30/6)», «(xong trước 30/6; giao Sở A)», «(Sở A; quý III)»: who and when."""
    played = parts_played(inner)
    if played is not None and played[1]:
        rest = inner[played[2] :]
        time = time_alone(rest, year) or best_time(find_times(rest, year))
        return Block(played[0], played[1], time) if time is not None or not rest.strip() else None
    parts = re.split(r";\s*", inner)
    for at, part in enumerate(parts):
        gives = _GIVES.match(part)
        dashed = _before_time(part, year)
        named = agencies_at(part[:dashed], gives.end() if gives else 0)
        if named is None:
            continue
        after = part[named.end :]
        others = [other for other in parts if other is not part]
        if after.strip(" .,") and not _LEADS.match(fold(after)):
            others, after = [after.strip(" ,-"), *others], ""
            if time_alone(others[0], year) is None:
                return None
        elif at > 0 and not after.strip() and not gives:
            return None
        times = [time for other in others if (time := time_alone(other, year)) is not None]
        found = best_time(find_times(inner, year)) or next(iter(times), None)
        if found is None and any(_EVENT.search(fold(other)) for other in others):
            found = Time(
                0, len(inner), inner[inner.find(part) + len(part) :].strip(" ;"), _AT_EVENT
            )
        return Block(named.names, partners_of(inner[inner.find(part) + named.end :]), found)
    return None


def _before_time(part: str, year: int | None) -> int:
    """Where a dash begins after which but a time stands: «Văn phòng UBND tỉnh - Quý I/2027»."""
    last = next(reversed(list(_DASH.finditer(part))), None)
    if last is None or time_alone(part[last.end() :], year) is None:
        return len(part)
    return last.start()


_INNER = re.compile(r"\(([^()]{4,60})\)")


def bracketed_time(text: str, year: int | None) -> Time | None:
    """The last time that stands alone in brackets in the last sentence of a text."""
    last = text[clauses(text)[-1][0] :] if text.strip(" .;") else ""
    found = (time_alone(inner[1], year) for inner in reversed(list(_INNER.finditer(last))))
    return next((time for time in found if time is not None), None)


_DASH = re.compile(r"\s+(?:[-–—→⇒➔]|->|=>)\s+")
_FEWEST_WORDS_OF_A_TASK = 3


_UNIT = re.compile(r"(?<!\w)(?:Phòng|Ban|Sở|Bộ|Vụ|Viện|Trung tâm|Khoa|Trường|Đài|Hội|Tổ|Chi cục)\s")


_TIME_FOLLOWS = re.compile(
    r"\s+(?:[-–—→⇒➔]|->|=>)\s+(?:qu[ýí]|tháng|ngày|trước|xong|hoàn thành|năm|\d)"
)


def _in_a_name(text: str, at: int) -> bool:
    """Whether a dash stands within an agency's name: «Phòng Văn hóa - Xã hội»."""
    if _TIME_FOLLOWS.match(fold(text), at):
        return False
    opens = list(_UNIT.finditer(text, max(0, at - 60), at))
    named = agencies_at(text, opens[-1].start()) if opens else None
    return named is not None and named.end > at


def after_dashes(text: str, year: int | None) -> tuple[str, Block] | None:
    """«Rà soát hộ nghèo - Phòng Y tế - Quý II»: the task, and who and when between the dashes after it."""
    dashes = [
        dash
        for dash in _DASH.finditer(outside_brackets(text))
        if not _in_a_name(text, dash.start())
    ]
    if not dashes:
        return None
    last = dashes[-1]
    time = time_alone(text[last.end() :], year)
    rest = text[: last.start()] if time is not None else text
    for dash in dashes:
        names = agencies_in(rest[dash.end() :]) if dash.end() < len(rest) else ()
        if names and len(text[: dash.start()].split()) >= _FEWEST_WORDS_OF_A_TASK:
            return text[: dash.start()], Block(names, time=time)
    long = len(rest.split()) >= _FEWEST_WORDS_OF_A_TASK
    return (rest, Block(time=time)) if time is not None and long else None


_FOR = re.compile(r"[\s,]*(?:\(\s*)?(?:đối với|áp dụng với|dành cho)\s+")
_NAMED_TIME = re.compile(r"(?:mốc\s+)?(?:thời\s+(?:gian|hạn)|hạn)(?:\s+cuối)?\s+", re.IGNORECASE)


def times_for(text: str, year: int | None) -> list[tuple[str, tuple[str, ...], Time]]:
    """«Thời hạn gửi báo cáo: trước ngày d đối với các sở; trước ngày e đối với UBND xã»: what, who and when.

    Empty where a part does not say who and when.
    """
    label, _, value = text.partition(":")
    named = _NAMED_TIME.match(label.strip())
    parts = [value[start:end].strip(" .;") for start, end in clauses(value)]
    told = []
    for part in parts:
        times = [time for time in find_times(part, year) if time.due.day or time.due.at]
        whom = _FOR.match(fold(part), times[0].end) if len(times) == 1 else None
        owners = agencies_in(part[whom.end() :].strip(" .;)")) if whom is not None else ()
        if named is None or not owners:
            return []
        told.append((label.strip()[named.end() :], owners, times[0]))
    return told
