"""One bullet into its obligations: most are one; different owners, times or hand-ins divide it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from drafting import words
from drafting.grammar.agencies import agencies_at
from drafting.grammar.hand_ins import is_hand_in, kind_of
from drafting.grammar.names import same_agencies, without_names
from drafting.grammar.sentences import (
    Subject,
    begins_with_verb,
    clauses,
    partners_of,
    recipients_of,
    report_at,
    subject_of,
)
from drafting.times.due import DueReading, Time
from drafting.times.expressions import find_times, perhaps, ranked, yearly_too
from drafting.words import fold


@dataclass(frozen=True)
class Sentence:
    """A part of a bullet that is one obligation."""

    text: str
    task: str
    """Without its subject."""
    owners: tuple[str, ...]
    partners: tuple[str, ...]
    time: Time | None
    named: bool
    """Whether its own words name the owner."""
    doubt: str = ""


@dataclass
class _Part:
    text: str
    subject: Subject | None
    times: list[Time]
    """Deadlines in the part, the best first."""
    apart: bool = False
    """Whether it was cut off at a comma because it is an obligation of its own."""


def read_sentences(text: str, inherited: tuple[str, ...], year: int | None) -> list[Sentence]:
    """The obligations of one bullet or sentence; none when all of it is condition or exhortation."""
    parts = [
        part
        for part in _parts(text, year, bool(inherited))
        if not words.ENFORCEMENT.search(fold(part.text))
        and (not words.is_conditional(part.text) or _is_duty_with_condition(part))
    ]
    groups: list[list[_Part]] = []
    for part in parts:
        if groups and not _begins_anew(groups[-1], part, inherited):
            groups[-1].append(part)
        else:
            groups.append([part])
    sentences: list[Sentence] = []
    owners: tuple[str, ...] = ()
    seen: set[tuple[str, ...]] = set()
    for group in groups:
        subject = next((part.subject for part in group if part.subject), None)
        if subject is not None:
            owners = subject.owners
            seen.add(owners)
        elif len(seen) > 1 and inherited:  # after each had its own, the rest is everybody's
            owners = ()
        sentences += _sentences_of(group, owners, subject)
    return sentences


_AND = re.compile(r"(?:\s+(?:và|đồng thời))?[\s,]*$")


def _is_duty_with_condition(part: _Part) -> bool:
    """A duty that only mentions difficulties («tháo gỡ khó khăn, vướng mắc»)."""
    low = words.outside_brackets(part.text)
    return not re.search(
        r"(?:^|[,;]\s*)(?:nếu|trường hợp)\b|nếu (?:có|phát sinh|gặp|thấy)", low
    ) and not words.CLOSING.match(low)


def _parts(text: str, year: int | None, under_owner: bool) -> list[_Part]:
    parts: list[_Part] = []
    for start, end in clauses(text):
        clause = text[start:end].strip()
        cut = _report_cut(clause, year)
        pieces = (_AND.sub("", clause[:cut]), clause[cut:].strip()) if cut else (clause,)
        for at, piece in enumerate(piece for piece in pieces if piece.strip(" .,;")):
            subject = subject_of(piece, under_owner=under_owner)
            if at > 0 and subject is None:
                subject = _passes_on(pieces[0])
            parts.append(_Part(piece, subject, _times_of(piece, year), apart=at > 0))
        if cut and parts[-1].times and len(parts) > 1:
            parts[-2].times = [yearly_too(time, parts[-1].times[0]) for time in parts[-2].times]
    return parts


def _times_of(piece: str, year: int | None) -> list[Time]:
    """The deadlines of a clause, the best first; where none is sure, the one that may be."""
    times = ranked(find_times(piece, year))
    if any(time.due.type != "ongoing" for time in times):
        return times
    possible = perhaps(piece, year)
    return [possible] if possible is not None else times


_FOR_WHOM = re.compile(r"(?<!\w)để\s+")
_GATHERS = re.compile(
    r"\s*(?:(?:theo dõi|tổng hợp|rà soát|thẩm định|hoàn thiện|xây dựng báo cáo|xem xét)[\s,]*(?:và\s+)?)+"
)


def _passes_on(before: str) -> Subject | None:
    """«(các xã) gửi Sở A trước ngày d để (Sở A) tổng hợp», and on with a report: Sở A's."""
    for purpose in reversed(list(_FOR_WHOM.finditer(fold(before)))):
        named = agencies_at(before, purpose.end())
        at = named.end if named is not None else purpose.end()
        if not _GATHERS.fullmatch(fold(before), at):
            continue
        names = named.names if named is not None else recipients_of(before[: purpose.start()])
        return Subject(tuple(name.split(" (")[0] for name in names), 0) if names else None
    return None


def _report_cut(clause: str, year: int | None) -> int | None:
    """Divides at «, báo cáo …» when the report has its own time, or a plan stands before it."""
    other = _other_subject(clause)
    if other is not None:
        return other
    cut = _second_hand_in(clause, year)
    if cut is not None:
        return cut
    cut = report_at(clause)
    if cut is None:
        return None
    before, after = clause[:cut], clause[cut:]
    timed = any(time.due.timed for time in find_times(after, year))
    subject = subject_of(before)
    main = before[subject.rest :] if subject else before
    gathers = fold(main).strip(" ,:").startswith("tổng hợp")
    if timed and not gathers and not any(time.due.timed for time in find_times(before, year)):
        return cut
    return cut if kind_of(main) == "plan" and re.search(r"kết quả|tình hình", fold(after)) else None


_SECOND = re.compile(
    r"(?:,\s+(?:và\s+|đồng thời\s+)?|\s+và\s+)(?=(?:báo cáo|tổng hợp|trình|gửi|nộp|xây dựng|lập|ban hành"
    r"|tổ chức|tham mưu|hoàn thành|hoàn thiện|tổng kết|sơ kết)\s)"
)


_TOLD_APART = ("recurring", "relative")


def _second_hand_in(clause: str, year: int | None) -> int | None:
    """Divides «lập kế hoạch trước ngày a và báo cáo kết quả trước ngày b»: each has its own day."""
    times = [
        time for time in find_times(clause, year) if time.due.day or time.due.type in _TOLD_APART
    ]
    for one, other in pairwise(times):
        found = _SECOND.search(fold(clause), one.end, other.start)
        if found is not None and one.due != other.due:
            return found.end()
    return None


_DESK_ALONE = re.compile(r"\s*(?:là|làm)\s+(?:cơ quan\s+)?đầu mối,\s+")
"""«Giao Vụ A làm đầu mối, các Vụ, Cục rà soát …»: who works is named after who gathers."""


def _other_subject(clause: str) -> int | None:
    """Divides at «, các cơ quan phối hợp có trách nhiệm …»: a second subject after a comma."""
    whole = subject_of(clause)
    if whole is None:
        return None
    desk = _DESK_ALONE.match(fold(clause), whole.rest)
    if desk is not None and (others := subject_of(clause[desk.end() :])) is not None:
        return desk.end() if others.rest > 0 else None
    for comma in re.finditer(r",\s+(?:và\s+)?", clause):
        named = agencies_at(clause, comma.end())
        if (
            named is not None
            and len(clause[: comma.start()].split()) > 7
            and re.match(r"\s+(?:có|chịu) trách nhiệm\b", fold(clause[named.end :]))
        ):
            return comma.end() if whole.rest < comma.start() else None
    return None


def _begins_anew(group: Sequence[_Part], part: _Part, inherited: tuple[str, ...]) -> bool:
    """Whether a part is an obligation of its own beside those before it."""
    before = next((one.subject.owners for one in reversed(group) if one.subject), inherited)
    if part.subject is not None and before and not same_agencies(part.subject.owners, before):
        return True
    if (
        part.subject is not None
        and part.subject
        and not any(one.subject for one in group)
        and not same_agencies(part.subject.owners, inherited)
    ):
        return True
    if part.apart:
        return True
    last = group[-1]
    topic = last.subject is not None and ":" in last.text[: last.subject.rest]
    if topic and last.subject and _ONLY_LEADS.fullmatch(fold(last.text[last.subject.rest :])):
        return False  # «Thông tư A: Vụ B chủ trì; ban hành tháng 10/2027»
    timed_before = [one.times[0].due for one in group if one.times and one.times[0].due.timed]
    timed = [time.due for time in part.times if time.due.timed]
    if timed and not timed_before and part.subject is None and _COMPLETES.match(fold(part.text)):
        return False
    if timed and (not timed_before or timed[0] != timed_before[-1]):
        return is_hand_in(part.text) or bool(timed_before) or _is_own_task(part)
    after_event = any(time.due.type == "relative" for time in part.times[:1])
    if timed_before and after_event and is_hand_in(part.text):
        return True
    events = [one.times[0].words for one in group if one.times and one.times[0].due == _EVENT]
    if events and after_event and begins_with_verb(part.text) and part.times[0].words not in events:
        return True
    if timed_before and not timed and not part.times:
        return begins_with_verb(part.text) and is_hand_in(group[-1].text) and is_hand_in(part.text)
    if _routine(part) != any(map(_routine, group)) and begins_with_verb(part.text):
        return True
    low = fold(part.text)
    if _RESULTS.match(low) and any(kind_of(one.text) == "plan" for one in group):
        return True
    return bool(re.match(r"(?:chủ trì,?\s*phối hợp)\b", low)) and any(
        re.search(r"chủ trì,?\s*phối hợp", fold(one.text)) for one in group
    )


def _is_own_task(part: _Part) -> bool:
    """«…; tháng 6/2027 tổ chức diễn tập»: a verb, be it after its time."""
    leading = next((time.end for time in part.times if not part.text[: time.start].strip()), 0)
    clause = part.text[leading:]
    return begins_with_verb(clause) and not _ENDS_TASK.match(fold(part.text))


_ENDS_TASK = re.compile(r"(?:và\s+)?(?:hoàn thành|xong|kết thúc|báo cáo|thời gian|thời hạn)\b")
"""«…; hoàn thành trước ngày d» is the day of what goes before."""
_EVENT = DueReading("relative")
_COMPLETES = re.compile(r"(?:và\s+)?hoàn thành\s*(?:,|và)\s*(?:báo cáo|gửi|trình|nộp)\b")
"""«… tổ chức cuộc thi. Hoàn thành, báo cáo UBND tỉnh trong tháng 5»: the day is that of what goes before."""
_RESULTS = re.compile(
    r"(?:và\s+)?kết quả(?: thực hiện)?(?: hằng năm)?[^,;.]{0,20} (?:báo cáo|gửi)\b"
)
"""«Xây dựng kế hoạch …; kết quả thực hiện báo cáo về Sở A»: a plan and a report."""


def _routine(part: _Part) -> bool:
    """Whether a part is to be done all the time («cập nhật thường xuyên»)."""
    return any(time.due.type == "ongoing" for time in part.times[:1])


def _sentences_of(
    group: Sequence[_Part], owners: tuple[str, ...], subject: Subject | None
) -> list[Sentence]:
    text = " ".join(part.text for part in group)
    times = ranked([time for part in group for time in part.times])
    first = group[0]
    task = first.text[first.subject.rest :] if first.subject else first.text
    if _ONLY_LEADS.fullmatch(fold(task.replace(times[0].words, "") if times else task)):
        task = _GIVEN_AT_END.sub("", first.text[: first.subject.rest if first.subject else 0])
    task = " ".join(
        [
            re.sub(r"^(?:\s*[,:]\s*|\s*có trách nhiệm\s+|\s+)+", "", task),
            *(part.text for part in group[1:]),
        ]
    )
    partners = without_names(
        tuple(dict.fromkeys(name for part in group for name in partners_of(part.text))), owners
    )
    named = subject is not None
    doubt = (
        "Câu này giao cho ai: chỉ cơ quan đứng ngay trước động từ, hay cả các cơ quan kể trước đó?"
        if subject and subject.doubtful
        else ""
    )
    directed = _directed(first.text)
    if directed is not None:
        owners, named = directed, True
    timed = [time for time in times if time.due.timed]
    distinct = list(
        {(time.due, bool(_NINE_MONTHS.search(time.words))): time for time in timed}.values()
    )
    if len(distinct) > 1:
        return [
            Sentence(text, task, owners, partners, time, named, doubt)
            for time in told_apart(distinct)
        ]
    return [Sentence(text, task, owners, partners, times[0] if times else None, named, doubt)]


_NINE_MONTHS = re.compile(r"(?:9|chín)\s+tháng", re.IGNORECASE)
"""Comes once a year, as the year's report does, and is another."""
_ONLY_LEADS = re.compile(
    r"[\s,]*(?:chủ trì|chịu trách nhiệm|làm đầu mối|phụ trách)"
    r"(?:(?:,|\s+và)?\s+(?:thực hiện|triển khai|tổ chức))*[\s.;,]*"
)
_GIVEN_AT_END = re.compile(r"[\s,;:]+(?:do|giao|phân công)\s+(?!.*\b(?:do|giao|phân công)\s).*$")
"""«Thành lập tổ công tác do Sở A chủ trì»: what is owed stands before who leads it."""
_DIRECTS = re.compile(r"^(?:chỉ đạo|yêu cầu|đôn đốc)\s+")


def _directed(text: str) -> tuple[str, ...] | None:
    """«Chỉ đạo UBND xã định kỳ báo cáo …»: those directed report."""
    low = fold(text)
    found = _DIRECTS.match(low)
    named = agencies_at(text, found.end()) if found else None
    if named is None:
        return None
    return (
        named.names
        if re.match(r"\s+(?:định kỳ|hằng \w+|hàng \w+)[^,;.]{0,30}\s*báo cáo\b", low[named.end :])
        else None
    )


def told_apart(times: list[Time]) -> list[Time]:
    """Of several times those that stand for themselves: beside a day a bare cycle says nothing more."""
    with_day = [time for time in times if time.due.at or time.due.day]
    return with_day or times[:1] if with_day else _bare_cycles(times)


def _bare_cycles(times: list[Time]) -> list[Time]:
    named = [time for time in times if time.due.every is not None]
    return named or times[:1]
