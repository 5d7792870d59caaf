"""A column's head → the period whose figures stand under it.

«Năm 2019», «Quý II/2027», «Tháng 3/2027», «6 tháng đầu năm 2027», «Giai đoạn 2011-2020 (Tính đến 12/2019)».
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from plan.text import normalise

_UNTIL = re.compile(
    r"(?:tinh )?den (?:het )?(?:ngay )?(?:(\d{1,2})[/.-])?(\d{1,2})(?:[/.-](\d{4}))?(?!\d)"
)
_UNTIL_MONTH = re.compile(r"(?:tinh )?den (?:het )?(?:thang )?(\d{1,2})[/.-](\d{4})(?!\d)")
_SPAN = re.compile(r"(?:giai doan |nam )?(\d{4}) ?[-–] ?(\d{4})")
_QUARTER = re.compile(r"quy (iv|iii|ii|i|[1-4])\b(?:\D{0,8}(\d{4}))?")
_MONTH = re.compile(r"thang (\d{1,2})\b(?:\D{0,8}(\d{4}))?")
_HALF = re.compile(r"(?:6|06|sau) thang (dau|cuoi) nam(?: (\d{4}))?")
_YEAR = re.compile(r"(?:nam |^)(\d{4})\b")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


@dataclass(frozen=True, slots=True)
class Period:
    """`key` as the plan format has it; `partial`: the period had not ended when figures were taken."""

    key: str
    label: str
    ends_on: date
    partial: bool = False


def period_of(head: str, year: int | None = None) -> Period | None:
    """The period a head names; `year` for one that names none. None: no period."""
    words = normalise(head)
    named = _named(words, year)
    if named is None:
        return None
    key, ends_on, month_given = named
    until = _until(words, ends_on.year)
    if until is not None and not month_given:
        # «Giai đoạn 2011-2020 (Tính đến 12/2019)» is known by the day its figures were taken.
        partial = until < ends_on
        key = str(until.year) if _SPAN.search(words) else key
        return Period(key, head, until, partial and not _SPAN.search(words))
    return Period(key, head, ends_on)


def _named(words: str, year: int | None) -> tuple[str, date, bool] | None:
    """Key, last day, and whether what was found is itself a month (no «tính đến»)."""
    if found := _SPAN.search(words):
        return found[2], date(int(found[2]), 12, 31), False
    if (found := _QUARTER.search(words)) and (own := _year(found[2], year)):
        number = _ROMAN.get(found[1]) or int(found[1])
        return f"{own}-Q{number}", _month_end(own, number * 3), False
    if (found := _HALF.search(words)) and (own := _year(found[2], year)):
        half = 1 if found[1] == "dau" else 2
        return f"{own}-H{half}", _month_end(own, half * 6), False
    found = _MONTH.search(words)
    own = _year(found[2], year) if found else None
    if found and own and 0 < int(found[1]) < 13 and "den" not in words[: found.start()]:
        return f"{own}-{int(found[1]):02d}", _month_end(own, int(found[1])), True
    if found := _YEAR.search(words):
        return found[1], date(int(found[1]), 12, 31), False
    return None


def _year(found: str | None, year: int | None) -> int | None:
    return int(found) if found else year


def _until(words: str, year: int) -> date | None:
    """The day that «tính đến …» names."""
    if found := _UNTIL_MONTH.search(words):
        month, own = int(found[1]), int(found[2])
        return _month_end(own, month) if 0 < month < 13 else None
    found = _UNTIL.search(words)
    if found is None or found[1] is None:
        return None
    day, month, own = int(found[1]), int(found[2]), int(found[3] or year)
    try:
        return date(own, month, day)
    except ValueError:
        return None


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
