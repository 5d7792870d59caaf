"""Due words that name a stretch of time by its ends or by its parts, both ends counted.

«Từ ngày 01/01/2026 đến ngày 31/3/2026», «tháng 11 - 12/2025», «quý I, II và III/2026». Parts that follow
one another are one stretch; parts apart («quý I, III», «tháng 6 và tháng 12») are deadlines of their own.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

from plan.deadlines.grammar import (
    MORE_THAN_ONE,
    WITHIN,
    RefusedWords,
    check_around,
    check_ends,
    check_stands_alone,
    named_day,
    named_period,
)
from plan.deadlines.rules import Once

_DATE = r"\d{1,2} ?(?:/|-|\.|thang) ?\d{1,2} ?(?:/|-|\.|,? ?nam) ?\d{4}(?!\d)"
_DAYS = re.compile(
    rf"\btu (?:ngay )?(?P<from>{_DATE}) ?(?:-|den(?: het)?) ?(?:ngay )?(?P<until>{_DATE})"
)
_AND = r" ?(?:-|den(?: het)?\b|,? ?va\b|[,;+&]) ?"
_OF_YEAR = r" ?(?:/|-|,? ?nam) ?\d{4}(?!\d)"
_PARTS = tuple(
    re.compile(
        rf"{WITHIN}(?P<unit>{unit}) (?P<parts>(?:{part}(?:{year})?{_AND}(?:{unit} )?)+{part}{year})"
    )
    for unit, part, year in (
        ("thang", r"\d{1,2}(?!\d)", _OF_YEAR),
        ("qu[yi]", r"(?:[ivx]+|\d)(?!\w)", _OF_YEAR),
        ("nam", r"\d{4}(?!\d)", ""),
    )
)
"""Months, quarters or years, the last with its year; one without a year has that of the next that has one."""
_PART = re.compile(r"\b([ivx]+|\d{1,2})(?!\w)(?: ?(?:/|-|,? ?nam) ?(\d{4})(?!\d))?")
_YEAR = re.compile(r"\d{4}")
_RANGE = re.compile(r"# ?(?:-|den(?: het)?) ?(?:[a-z]+ )?#")


def read_stretch(text: str) -> Once | None:
    """A stretch in normalised words; None: they have no such form. Raises RefusedWords where the form is
    there but says nothing certain."""
    if (days := _DAYS.search(text)) is not None:
        _check_beside(days, text)
        first, last = (named_day(*_numbers(days[end])) for end in ("from", "until"))
        return _ordered(first, last)
    for pattern in _PARTS:
        if (parts := pattern.search(text)) is not None:
            _check_beside(parts, text)
            whole = _ordered(*_ends(parts["unit"], parts["parts"]))
            if not (parts["by"] or parts["within"]):
                _check_bare(parts, text, whole.last_day)
            return Once(whole.last_day) if parts["by"] else whole
    return None


def _check_beside(found: re.Match[str], text: str) -> None:
    before, after = text[: found.start()], text[found.end() :]
    check_ends(before, after)
    check_around(before, after)


def _ordered(first: date, last: date) -> Once:
    if first >= last:
        raise RefusedWords("ngày đầu không trước ngày cuối")
    return Once(last_day=last, first_day=first)


def _numbers(date_words: str) -> tuple[str, str, str]:
    day, month, year = re.findall(r"\d+", date_words)
    return year, month, day


def _ends(unit: str, words: str) -> tuple[date, date]:
    """First day of the first part, last day of the last: of «III - IV/2025», or of parts in a row."""
    periods = [named_period(unit, which, year) for which, year in _parts(unit, words)]
    ranged = _RANGE.fullmatch(_PART.sub("#", words) if unit != "nam" else _YEAR.sub("#", words))
    in_a_row = all(second[0] - first[1] == timedelta(days=1) for first, second in pairwise(periods))
    if not (ranged or in_a_row):
        raise RefusedWords(MORE_THAN_ONE)
    return periods[0][0], periods[-1][1]


def _parts(unit: str, words: str) -> list[tuple[str, str]]:
    """Which, and of which year: its own, or that of the next part that names one."""
    if unit == "nam":
        return [(year, year) for year in _YEAR.findall(words)]
    found: list[tuple[str, str]] = []
    named = ""
    for which, year in reversed(_PART.findall(words)):
        named = year or named
        found.append((which, named))
    return found[::-1]


def _check_bare(parts: re.Match[str], text: str, last: date) -> None:
    check_stands_alone(text[: parts.start()])
    if parts["unit"] == "nam":
        raise RefusedWords(
            "chưa rõ là làm suốt các năm ấy hay xong trước hết năm sau; nếu là hạn, viết «đến hết "
            f"năm {last.year}»"
        )
