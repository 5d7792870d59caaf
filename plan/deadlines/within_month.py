"""Due words that come again each day or week: «hằng ngày trước 15 giờ», «thứ Sáu hằng tuần».

Pure, over normalised text that the recurrence itself («hằng ngày») was taken out of.
"""

from __future__ import annotations

import re

from plan.deadlines.grammar import CLOCK, MARK, RefusedWords, read_clock
from plan.deadlines.rules import Every, Recurring

_NOT_SAID = {
    Every.day: "hạn hằng ngày chỉ nêu giờ («trước 15 giờ», «trước 8 giờ ngày hôm sau»)",
    Every.week: "hạn hằng tuần phải nêu đúng một ngày trong tuần; chưa có thì hỏi người phụ trách kế hoạch",
}
_AROUND = re.compile(r"^(?:dinh ky|bao cao|gui|nop|[ ,;:.()-])+|[ ,;:.()-]+$")
"""What says nothing about when. Anything else beside the form read is refused: «chiều», a second weekday."""
_DAYS_OFF = re.compile(
    r",? ?\(?\bke ca (?:(?:cac )?ngay nghi(?:,? (?:va )?(?:ngay )?(?:le|tet))*)\)?"
)
_WEEKDAY = r"(?:ngay )?(?P<weekday>thu (?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat)"
_NEXT_WEEK = r"(?: (?:cua )?(?P<next>tuan (?:sau|tiep theo|ke tiep)))?"
_NEXT_DAY = r"(?P<next>(?:cua )?(?:(?:ngay )?hom sau|ngay (?:sau|tiep theo|ke tiep)))?"
_FORMS = {
    Every.day: re.compile(rf"(?:(?:{MARK} |vao |luc )?{CLOCK}{_NEXT_DAY})?"),
    Every.week: re.compile(rf"(?:{MARK} |vao |luc )?{CLOCK}?{_WEEKDAY}{_NEXT_WEEK}"),
}
_WEEKDAYS = {"hai": 1, "ba": 2, "tu": 3, "nam": 4, "sau": 5, "bay": 6, "nhat": 7}


def read_within_month(every: Every, text: str, inclusive_before: bool) -> Recurring:
    """The recurrence in each day or week. Raises RefusedWords for words that say more than one form holds."""
    said = _DAYS_OFF.sub("", text)
    found = _FORMS[every].fullmatch(_AROUND.sub("", said).strip())
    if found is None:
        raise RefusedWords(_NOT_SAID[every])
    clock, good = read_clock(found) if found["h"] else (None, inclusive_before)
    day = _weekday(found["weekday"]) if every is Every.week else 1
    length = 7 if every is Every.week else 1
    rule = Recurring(
        every=every,
        day=day + length * bool(found["next"]),
        month=1,
        inclusive=(not found["before"] and not found["h"]) or good,
        clock=clock,
        days_off=said != text,
    )
    if rule.day == 1 and not rule.inclusive:
        raise RefusedWords(
            "hạn hết trước khi kỳ bắt đầu; nếu là kỳ sau, viết thêm «hôm sau» hay «tuần sau»"
        )
    return rule


def _weekday(words: str) -> int:
    """Monday is 1."""
    last = words.split()[-1]
    return int(last) - 1 if last.isdigit() else _WEEKDAYS[last]
