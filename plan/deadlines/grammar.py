"""What the forms of due words share: pieces of pattern, named periods, what may not stand beside a phrase.

Over normalised text: lower case, no accents, plain dashes. Pure; dates are local dates.
"""

from __future__ import annotations

import re
from datetime import date, time

from plan.dates import period_of

MORE_THAN_ONE = "có hơn một thời hạn trong câu"

_BY = (
    r"(?P<by>(?:(?:cham|muon) nhat|khong (?:cham|muon) hon|khong qua)"
    r"(?: la)?(?: vao)?(?: trong)?(?: den)?(?: het)?|(?:den )?het)"
)
MARK = rf"\b(?:(?P<before>truoc)|{_BY})"
CLOCK = r"(?:(?:vao )?(?:luc )?(?P<h>\d{1,2}) ?(?:gio|g|h|:) ?(?:(?P<min>\d{1,2}) ?(?:phut|['’])?)?,? ?)"
WITHIN = rf"(?:\b(?:{_BY}|(?P<within>trong)) )?\b"

# What may not stand beside the phrase read: it would change it, or be a second one.
_ORDINAL = re.compile(r"\b(?:ky|phien) hop(?: bat thuong| chuyen de)?(?: lan)? thu \d+")
"""«Kỳ họp thứ 9»: which meeting, no part of the time."""
_LASTING = re.compile(
    r"\b(?:cac|nhung|moi|nhieu) (?:nam|quy|thang|ky|giai doan)\b"
    r"|\b(?:nam|quy|thang|ky|giai doan) (?:tiep theo|ke tiep|sau)\b"
    r"|\b(?:thuong xuyen|lien tuc|lau dai|dinh ky)\b"
)
_LEFTOVER = re.compile(
    r"\d|\b(?:truoc|cham nhat|muon nhat|(?:hang|moi) (?:ngay|tuan|thang|quy|nam))\b"
)
_ANOTHER_QUARTER = re.compile(r"^ ?(?:[,;+&/-]|va\b|hoac\b|den\b) ?(?:i{1,3}|iv)\b")
_TURNED = re.compile(r"\b(?:khong|khoang) ?$")
_GOES_ON = re.compile(r"^ ?(?:hoac|den|tro)\b")

_QUARTERS = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_HALVES = {"dau": (1, 6), "cuoi": (7, 12)}


class RefusedWords(Exception):  # noqa: N818 - a reason on its way up to `parse_due`, which knows the words
    """Due words that a form cannot read for certain; says why."""


def named_period(unit: str, which: str, year: str) -> tuple[date, date]:
    """First and last day of a month, quarter or year named by number, or of half a year («dau», «cuoi»)."""
    if unit == "nam":
        months = (1, 12)
    elif unit == "thang":
        check_month(int(which))
        months = (int(which), int(which))
    elif unit == "nua":
        months = _HALVES[which]
    else:
        if which not in _QUARTERS:
            raise RefusedWords(f"không có quý {which.upper()}")
        months = (3 * _QUARTERS[which] - 2, 3 * _QUARTERS[which])
    first, last = (named_day(year, str(month), "1") for month in months)
    return first, period_of(last, "month")[1]


def named_day(year: str | None, month: str, day: str) -> date:
    if year is None:
        raise RefusedWords("thiếu năm")
    if int(year) < 1900:
        raise RefusedWords(f"năm {year} không phải năm của một kế hoạch")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise RefusedWords(f"không có ngày {int(day)}/{int(month)}/{year}") from None


def read_clock(found: re.Match[str]) -> tuple[time | None, bool]:
    """First late moment of the day named, and whether that day is still good: 24 giờ is its end, 0 giờ the
    end of the day before."""
    hour, minute = int(found["h"]), int(found["min"] or 0)
    if (hour, minute) in ((0, 0), (24, 0)):
        return None, bool(hour)
    try:
        return time(hour, minute), True
    except ValueError:
        raise RefusedWords(f"không có giờ {hour}:{minute:02d}") from None


def check_month(month: int) -> None:
    if not 1 <= month <= 12:
        raise RefusedWords(f"không có tháng {month}")


def check_around(before: str, after: str) -> None:
    """Beside a phrase stands no other time."""
    before = _ORDINAL.sub("", before)
    if _LEFTOVER.search(before) or _LEFTOVER.search(after):
        raise RefusedWords("ngoài thời hạn còn có số hoặc chữ khác về thời gian")
    if _ANOTHER_QUARTER.search(after):
        raise RefusedWords(MORE_THAN_ONE)
    if _TURNED.search(before) or _GOES_ON.search(after):
        raise RefusedWords("chữ đứng cạnh làm đổi nghĩa của thời hạn")


def check_ends(before: str, after: str) -> None:
    """«Năm 2026 và các năm tiếp theo» is no deadline at the end of 2026."""
    if _LASTING.search(before) or _LASTING.search(after):
        raise RefusedWords("việc còn kéo dài hoặc lặp lại sau thời hạn ấy")


def check_stands_alone(before: str) -> None:
    """«Tháng 4/2020» without «trong» counts only at the start or after a colon: «cuối tháng 4/2020»,
    «từ quý I/2020» mean something else."""
    if before.strip() and before.strip()[-1] not in ":;,.(-":
        raise RefusedWords("thiếu chữ «trong», «trước», «chậm nhất» hoặc «đến hết» đứng trước")
