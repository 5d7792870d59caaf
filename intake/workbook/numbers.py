"""Numbers as Vietnamese offices write them: «1.234», «1 234», «98,5%», «12.345/12.300», «mười hai».

Pure. A dot groups thousands and a comma parts decimals, unless the writing itself shows the opposite.
What can be read in two ways is never decided here: it comes back as `Unclear` with both readings.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from intake.workbook.marks import is_mark, split_marks


@dataclass(frozen=True, slots=True)
class Exact:
    """One number and no doubt. `percent`: a % sign stood behind it; the number is not divided."""

    value: float
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two counts with a slash between them, in the order written."""

    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Unclear:
    """Could be any of `readings`; none: a number stands in it, but so does something else (`rest`)."""

    readings: tuple[float, ...]
    rest: str = ""


_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_PLAIN = re.compile(r"[+-]?\d+")
_DOT_GROUPS = re.compile(r"([+-]?[1-9]\d{0,2})((?:\.\d{3})+)(?:,(\d+))?")
_COMMA_GROUPS = re.compile(r"([+-]?[1-9]\d{0,2})((?:,\d{3}){2,})(?:\.(\d+))?")
_MIXED_ENGLISH = re.compile(r"([+-]?[1-9]\d{0,2})((?:,\d{3})+)\.(\d+)")
_SPACE_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?")
_DECIMAL = re.compile(r"[+-]?\d+[.,]\d+")
_COMMA_THREE = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_SOME_NUMBER = re.compile(r"\d[\d.,]*")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2014": "-"})


def tidy(text: str) -> str:
    """Full-width digits and letters made plain, every kind of space one space, ends trimmed. Raised and
    lowered marks stay what they are: «3¹» is not 31."""
    if not unicodedata.is_normalized("NFKC", text):
        text = "".join(_plain(character) for character in unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", text).strip()


def _plain(character: str) -> str:
    return character if is_mark(character) else unicodedata.normalize("NFKC", character)


def read_number(text: str) -> Exact | Pair | Unclear | None:
    """What number `text` is. None: no digit in it at all.

    Marks before and behind are left out. «1,234» alone is `Unclear((1.234, 1234.0))`: a decimal here, a
    thousand in English software.
    """
    plain = split_marks(tidy(text))[0].translate(_MINUS).replace("- ", "-")
    percent = plain.endswith("%")
    body = plain[:-1].rstrip() if percent else plain
    if not any(mark.isdigit() for mark in body):
        return None
    if "/" in body and not percent:
        return _pair(body)
    number = _one(body)
    return Exact(number.value, percent=percent) if isinstance(number, Exact) else number


def _one(body: str) -> Exact | Unclear:
    if _PLAIN.fullmatch(body):
        return Exact(float(body))
    if found := _DOT_GROUPS.fullmatch(body):
        return Exact(_grouped(*found.groups()))
    if found := _COMMA_GROUPS.fullmatch(body) or _MIXED_ENGLISH.fullmatch(body):
        return Exact(_grouped(*found.groups()))
    if _SPACE_GROUPS.fullmatch(body):
        return Exact(float(body.replace(" ", "").replace(",", ".")))
    if _COMMA_THREE.fullmatch(body):
        return Unclear((float(body.replace(",", ".")), float(body.replace(",", ""))))
    if _DECIMAL.fullmatch(body):
        return Exact(float(body.replace(",", ".")))
    return _with_words(body)


def _grouped(head: str, groups: str, decimals: str | None) -> float:
    whole = head + groups.replace(".", "").replace(",", "")
    return float(f"{whole}.{decimals}" if decimals else whole)


def _pair(body: str) -> Pair | Unclear:
    sides = [_one(side.strip()) for side in body.split("/")]
    if len(sides) == 2 and all(isinstance(side, Exact) for side in sides):
        first, second = (side.value for side in sides if isinstance(side, Exact))
        return Pair(first, second)
    return _with_words(body)


def _with_words(body: str) -> Unclear:
    """Several marks around a number: the numbers named, so that a person can be asked."""
    readings = []
    for found in _SOME_NUMBER.findall(body):
        inner = _one(found.strip(".,")) if found.strip(".,") != body else None
        if isinstance(inner, Exact):
            readings.append(inner.value)
    rest = _SPACES.sub(" ", _SOME_NUMBER.sub(" ", body)).strip(" ()[];:,.")
    return Unclear(tuple(readings), rest=rest or body)


# --- numbers in words -----------------------------------------------------------------------------

_DIGITS = {
    "không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5,
    "nhăm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
}  # fmt: skip
_SCALES = {
    "nghìn": 1_000,
    "ngàn": 1_000,
    "triệu": 1_000_000,
    "tỷ": 1_000_000_000,
    "tỉ": 1_000_000_000,
}
_SILENT = {"lẻ", "linh"}


def read_words(text: str) -> int | None:
    """«một trăm hai mươi lăm» → 125; None when any word is not part of a number."""
    words = unicodedata.normalize("NFC", tidy(text)).lower().split()
    if not words:
        return None
    total = group = 0
    digit: int | None = None
    for word in words:
        if word in _DIGITS:
            if digit is not None:
                return None
            digit = _DIGITS[word]
        elif word == "mười" and digit is None:
            group, digit = group + 10, None
        elif word in ("mươi", "trăm") and digit is not None:
            group, digit = group + digit * (10 if word == "mươi" else 100), None
        elif word in _SCALES:
            total, group, digit = total + (group + (digit or 0)) * _SCALES[word], 0, None
        elif word not in _SILENT:
            return None
    return total + group + (digit or 0)
