"""One cell's content → a value, a blank, or the question to ask. Pure; tables by type, no guessing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import isfinite

from intake.workbook.marks import split_marks
from intake.workbook.numbers import Exact, Pair, Unclear, read_number, read_words, tidy
from intake.workbook.template import FigureLine
from plan.definition.appendices import ValueType
from plan.text import normalise, number_words

MAX_COUNT = 1e12
MAX_TEXT = 2_000
NOT_APPLICABLE = "Không áp dụng"
_NOT_APPLICABLE = normalise(NOT_APPLICABLE)
_OUT_OF_SCOPE = ("khong thuoc tham quyen", "khong thuoc pham vi")
_SIGNS = frozenset({"-", "--", "x", "kps", "khong phat sinh", "n/a", "na", "...", "..", ".", "/", "\\", "?",
                    "khong co", "chua co", "khong"})  # fmt: skip
_ERRORS = (
    "#REF!",
    "#DIV/0!",
    "#VALUE!",
    "#NAME?",
    "#N/A",
    "#NUM!",
    "#NULL!",
    "Err:",
    "#SPILL!",
    "#CALC!",
)
_FLAGS = {"co": 1.0, "khong": 0.0, "1": 1.0, "0": 0.0, "yes": 1.0, "no": 0.0}
_SIGNED_NUMBER = re.compile(r"[+-]\d+(?:[.,]\d+)*%?\s*", re.ASCII)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

CellContent = int | float | str | bool | date | datetime | time | timedelta | None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question or a remark: the code of a finding and the words it needs."""

    code: str
    words: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)  # not frozen, for speed: one is made a cell
class Taken:
    """A value. `pair`: numerator and denominator, when both were written in the cell."""

    number: float | None = None
    text: str | None = None
    not_applicable: bool = False
    pair: tuple[float, float] | None = None
    remark: Ask | None = None


def read_cell(
    content: CellContent, line: FigureLine, *, percent_format: bool = False
) -> Taken | Ask | None:
    """What the cell says for `line`; None: blank.

    `percent_format`: the cell shows a percentage, so 0,985 stands for 98,5 (Excel turns a typed
    «98,5%» into that).
    """
    if isinstance(content, float):
        if not isfinite(content):
            return Ask("value.not_number", {"read": str(content)})
        return _NUMBERS[line.type](content, line, percent_format)
    if content is None or (isinstance(content, str) and not tidy(content)):
        return None
    if isinstance(content, bool):
        return _boolean(content, line)
    if isinstance(content, int):
        return _NUMBERS[line.type](float(content), line, percent_format)
    if isinstance(content, date | time | timedelta):
        return _moment(content, line)
    return _text(tidy(content), line)


def show(content: CellContent) -> str:
    """The content as a person would write it, for a finding."""
    if isinstance(content, bool):
        return "TRUE" if content else "FALSE"
    if isinstance(content, int | float):
        return number_words(content) if isfinite(content) else str(content)
    if isinstance(content, datetime | date):
        return f"{content:%d/%m/%Y}"
    return "" if content is None else tidy(str(content))[:120]


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet could take this text for a formula when it is pasted or imported."""
    plain = text.lstrip(" \u00a0")
    if not plain.startswith(_FORMULA_STARTS):
        return False
    return plain[0] in "=@\t\r" or "(" in plain or "|" in plain or "!" in plain


def safe_cell_text(text: str) -> str:
    """Text that no spreadsheet will run: a leading `=`, `+`, `-`, `@` gets an apostrophe before it.

    «- Văn bản của …» with a blank after its dash is a list item and stays as it is; so does «-5».
    """
    plain = text.lstrip()
    if plain.startswith("- ") or _SIGNED_NUMBER.fullmatch(plain):
        return text
    return f"'{text}" if plain.startswith(_FORMULA_STARTS) else text


def is_plain_count(content: object) -> bool:
    """Whether a number from a sheet is a count and nothing else: the common case, told quickly."""
    return type(content) is float and 0 <= content <= MAX_COUNT and content.is_integer()


# --- numbers --------------------------------------------------------------------------------------


def _count(number: float, _line: FigureLine, _percent_format: bool) -> Taken | Ask:
    if number < 0:
        return Ask("value.negative", _words(number))
    if not number.is_integer():
        return Ask("value.not_whole", _words(number))
    if number > MAX_COUNT:
        return Ask("value.huge", _words(number))
    return Taken(number=number)


def _percent(number: float, _line: FigureLine, percent_format: bool) -> Taken | Ask:
    if percent_format:
        return _percent_as_shown(number)
    if 0 < number <= 1:
        times = number_words(round(number * 100, 10))
        return Ask(
            "value.percent_fraction", _words(number, as_is=number_words(number), times=times)
        )
    return _within(number)


def _percent_as_shown(number: float) -> Taken | Ask:
    times = round(number * 100, 10)
    taken = _within(times)
    if isinstance(taken, Ask):
        return taken
    return Taken(
        times, remark=Ask("value.percent_as_shown", _words(number, times=number_words(times)))
    )


def _within(number: float) -> Taken | Ask:
    if number < 0 or number > 100:
        return Ask("value.percent_range", _words(number))
    return Taken(number=number)


def _flag(number: float, _line: FigureLine, _percent_format: bool) -> Taken | Ask:
    return Taken(number=number) if number in (0, 1) else Ask("value.flag", _words(number))


def _choice(number: float, line: FigureLine, _percent_format: bool) -> Ask:
    return Ask("value.choice", _words(number, choices=_choices(line)))


def _free(number: float, _line: FigureLine, _percent_format: bool) -> Taken:
    return Taken(text=number_words(number))


def _words(read: float, **more: object) -> dict[str, object]:
    return {"read": number_words(read), **more}


_NUMBERS: dict[ValueType, Callable[[float, FigureLine, bool], Taken | Ask]] = {
    ValueType.count: _count,
    ValueType.percent: _percent,
    ValueType.flag: _flag,
    ValueType.choice: _choice,
    ValueType.text: _free,
    ValueType.header: _free,
}


def _boolean(content: bool, line: FigureLine) -> Taken | Ask:
    if line.type is ValueType.flag:
        return Taken(number=float(content))
    return Ask("value.boolean", {"read": show(content)})


def _moment(content: date | time | timedelta, line: FigureLine) -> Taken | Ask:
    if line.type is ValueType.text:
        return Taken(text=show(content))
    return Ask("value.date", {"read": show(content)})


# --- text -----------------------------------------------------------------------------------------


def _text(text: str, line: FigureLine) -> Taken | Ask:
    if text.startswith(_ERRORS):
        return Ask("value.cell_error", {"read": text[:40]})
    if line.type in (ValueType.text, ValueType.header):
        return _free_text(text)
    if text in line.indicator.choices:
        return Taken(text=text)
    plain = normalise(text)
    if plain.startswith(_NOT_APPLICABLE):
        return Taken(text=_reason(text), not_applicable=True)
    if plain.startswith(_OUT_OF_SCOPE):
        return Taken(text=text, not_applicable=True)
    return _TEXTS[line.type](text, plain, line)


def _free_text(text: str) -> Taken | Ask:
    if len(text) > MAX_TEXT:
        return Ask("value.too_long", {"length": len(text), "limit": MAX_TEXT, "read": text[:80]})
    remark = (
        Ask("value.looks_like_formula", {"read": text[:40]}) if looks_like_formula(text) else None
    )
    return Taken(text=text, remark=remark)


def _reason(text: str) -> str:
    """What stands behind «Không áp dụng»: «Không áp dụng: Nghị định ban hành năm 2016»."""
    return " ".join(text.split()[len(_NOT_APPLICABLE.split()) :]).strip(" :;,.-–()[]")


def _count_text(text: str, plain: str, line: FigureLine) -> Taken | Ask:
    return _numeric_text(text, plain, line, allow_pair=False)


def _percent_text(text: str, plain: str, line: FigureLine) -> Taken | Ask:
    return _numeric_text(text, plain, line, allow_pair=True)


def _numeric_text(text: str, plain: str, line: FigureLine, *, allow_pair: bool) -> Taken | Ask:
    if plain in _SIGNS:
        return Ask("value.sign", {"read": text})
    bare, marks = split_marks(text)
    if marks and bare:
        return _marked(text, bare, marks, line, allow_pair=allow_pair)
    if text.endswith("%") and line.type is not ValueType.percent:
        return Ask("value.with_words", {"read": text, "hint": ""})
    found = read_number(text)
    if found is None:
        return _no_digit(text)
    if isinstance(found, Unclear):
        return _unclear(text, found, line)
    if isinstance(found, Pair):
        return _pair(text, found) if allow_pair else Ask("value.pair_unexpected", {"read": text})
    return _exact(text, found, line)


def _marked(text: str, bare: str, marks: str, line: FigureLine, *, allow_pair: bool) -> Taken | Ask:
    """«3¹»: the number without its footnote mark, and a note that says so. «10³» may be a power."""
    power = unicodedata.normalize("NFKC", marks)
    if bare == "10" and text.startswith("10") and power.isdecimal():
        words: dict[str, object] = {
            "first": "10",
            "second": number_words(10.0 ** min(int(power), 12)),
        }
        return Ask("value.ambiguous", {"read": text, **words})
    found = _numeric_text(bare, normalise(bare), line, allow_pair=allow_pair)
    if isinstance(found, Taken) and found.remark is None:
        found.remark = Ask("value.mark", {"read": text, "mark": marks, "number": bare})
    return found


def _exact(text: str, found: Exact, line: FigureLine) -> Taken | Ask:
    if line.type is ValueType.percent and found.value > 100 and "." in text and "," not in text:
        # «98.500», «98.500 %»: grouped it is out of range, as an English decimal it is not. Ask.
        return Ask("value.ambiguous", {"read": text, "first": number_words(found.value),
                                       "second": number_words(found.value / 1000)})  # fmt: skip
    if found.percent:
        return _within(found.value)
    return _NUMBERS[line.type](found.value, line, False)


def _no_digit(text: str) -> Ask:
    number = read_words(text)
    if number is not None:
        return Ask("value.words", {"read": text[:60], "number": number_words(number)})
    return Ask("value.not_number", {"read": text[:60]})


def _unclear(text: str, found: Unclear, line: FigureLine) -> Taken | Ask:
    possible = [one for one in found.readings if 0 <= one <= 100]
    if line.type is ValueType.percent and not found.rest and len(possible) == 1:
        return Taken(number=possible[0])  # «85,125»: no percentage is 85.125
    if not found.rest and len(found.readings) == 2:
        first, second = (number_words(one) for one in found.readings)
        return Ask("value.ambiguous", {"read": text, "first": first, "second": second})
    hint = (
        f" (có phải {number_words(found.readings[0])} không?)" if len(found.readings) == 1 else ""
    )
    return Ask("value.with_words", {"read": text[:60], "hint": hint})


def _pair(text: str, found: Pair) -> Taken | Ask:
    """Two counts: the plan writes its ratio upside down, so the smaller one is what was done."""
    numerator, denominator = sorted((found.first, found.second))
    if numerator < 0 or denominator <= 0 or numerator % 1 or denominator % 1:
        return Ask("value.not_number", {"read": text})
    number = 100 * numerator / denominator
    words: dict[str, object] = {
        "read": text,
        "numerator": number_words(numerator),
        "denominator": number_words(denominator),
        "number": number_words(round(number, 2)),
    }
    return Taken(number=number, pair=(numerator, denominator), remark=Ask("value.pair", words))


def _flag_text(text: str, plain: str, _line: FigureLine) -> Taken | Ask:
    if plain in _FLAGS:
        return Taken(number=_FLAGS[plain])
    return Ask("value.flag", {"read": text[:60]})


def _choice_text(text: str, plain: str, line: FigureLine) -> Taken | Ask:
    """«đạt», «ĐẠT.», «Không» → the choice it can only be; «x» says nothing and is asked about."""
    bare = plain.strip(" .;")
    for choice in line.indicator.choices:
        if bare == normalise(choice):
            return Taken(text=choice)
    begun = [
        choice for choice in line.indicator.choices if normalise(choice).startswith(f"{bare} ")
    ]
    if bare == "khong" and len(begun) == 1:
        return Taken(text=begun[0])
    return Ask("value.choice", {"read": text[:60], "choices": _choices(line)})


def _choices(line: FigureLine) -> str:
    names = [f"«{choice}»" for choice in line.indicator.choices]
    if line.indicator.may_be_not_applicable:
        names.append(f"«{NOT_APPLICABLE}»")
    return ", ".join(names[:-1]) + f" hoặc {names[-1]}" if len(names) > 1 else "".join(names)


_TEXTS: dict[ValueType, Callable[[str, str, FigureLine], Taken | Ask]] = {
    ValueType.count: _count_text,
    ValueType.percent: _percent_text,
    ValueType.flag: _flag_text,
    ValueType.choice: _choice_text,
}
