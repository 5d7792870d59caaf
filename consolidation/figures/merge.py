"""Figures of several agencies made one, by each indicator's own rule. Pure.

What may be added up differs from figure to figure: documents issued are summed, a percentage is the
sum of its numerators over the sum of its denominators (never an average of percentages), a shared list
is not added up at all. Contributions are first folded into `Totals`, which can be taken together, or
apart again, in any order with the same result: sums are whole numbers of millionths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from plan.definition.appendices import Aggregate, Indicator, ValueType
from plan.text import number_words

MICRO = 10**6


class Source(NamedTuple):
    """Where a contribution stands: which handing-in, file, sheet and cell.

    A tuple, as the contribution is: thousands are made in a run, and a frozen dataclass costs four times
    as much to make.
    """

    obligation: str = ""
    submission_id: int = 0
    number: int = 0
    """The handing-in's number within its obligation."""
    file: str = ""
    sheet: str = ""
    cell: str = ""


class Contribution(NamedTuple):
    """One agency's figure. A ratio brings its two parts, a weighted percentage its weight."""

    agency: str
    number: float | None = None
    text: str | None = None
    not_applicable: bool = False
    """`text` is then the reason."""
    numerator: float | None = None
    denominator: float | None = None
    source: Source = Source()

    @property
    def value(self) -> float | str | None:
        """What the agency wrote; None where it wrote that there can be none."""
        if self.not_applicable:
            return None
        return self.text if self.number is None else self.number

    @property
    def says_something(self) -> bool:
        """A blank is no contribution (and no nought)."""
        parts = self.numerator is not None and self.denominator is not None
        return self.not_applicable or parts or self.value not in (None, "")


@dataclass(slots=True)
class Totals:
    """What several contributions come to. `a + b` and `a - b` are exact and need no order.

    Nobody changes one; not frozen because every figure of a run makes two, at a third of the cost.
    """

    numbers: int = 0
    total: int = 0
    """Millionths."""
    top: float = -math.inf
    yes: int = 0
    """How many are above nought."""
    pairs: int = 0
    """How many bring both parts."""
    numerator: int = 0
    denominator: int = 0
    """Millionths, both; a weighted percentage's numerator is percentage × weight, in 10⁻¹²."""
    texts: int = 0
    not_applicable: int = 0

    def __add__(self, other: Totals) -> Totals:
        return self._joined(other, 1)

    def __sub__(self, other: Totals) -> Totals:
        """`top` is then unknown (NaN) if the part taken out held it."""
        return self._joined(other, -1)

    def _joined(self, other: Totals, sign: int) -> Totals:
        # Spelt out: a loop over the fields costs ten times as much, and every figure comes by here.
        return Totals(
            numbers=self.numbers + sign * other.numbers,
            total=self.total + sign * other.total,
            top=_top(self, other, sign),
            yes=self.yes + sign * other.yes,
            pairs=self.pairs + sign * other.pairs,
            numerator=self.numerator + sign * other.numerator,
            denominator=self.denominator + sign * other.denominator,
            texts=self.texts + sign * other.texts,
            not_applicable=self.not_applicable + sign * other.not_applicable,
        )


def _top(mine: Totals, other: Totals, sign: int) -> float:
    if sign > 0:
        return max(mine.top, other.top)
    return math.nan if other.numbers and other.top >= mine.top else mine.top


@dataclass(slots=True)
class Merged:
    """A cell of the consolidated table. Nobody changes one once it is settled, as with `Totals`."""

    value: float | str | None
    rule: str
    """In words."""
    count: int = 0
    """How many contributions went in."""
    not_applicable: str = ""
    """Why no figure can exist; empty: one could."""
    why_not: str = ""
    """Why figures handed in were not made one."""
    note: str = ""
    """What a reader of the figure must know."""
    numerator: float | None = None
    denominator: float | None = None
    """Of a percentage whose parts are known."""
    contributions: tuple[Contribution, ...] = ()
    lacking: tuple[str, ...] = ()
    """Of several periods made one, those without a figure."""


def micro(number: float) -> int:
    """Whole millionths; whole numbers stay exact whatever their size."""
    whole = int(number)
    return whole * MICRO + round((number - whole) * MICRO)


def totals(indicator: Indicator, contributions: Iterable[Contribution]) -> Totals:
    """Fold contributions; blanks count for nothing."""
    weighted = bool(indicator.weight)
    folded = (_folded(one, weighted) for one in contributions)
    first = next(folded, None)
    return Totals() if first is None else sum(folded, first)


def _folded(one: Contribution, weighted: bool) -> Totals:
    if one.not_applicable:
        return Totals(not_applicable=1)
    # Without a denominator, which only percentages have, there is no pair.
    pairs, above, below = (0, 0, 0) if one.denominator is None else _pair(one, weighted)
    if one.number is not None:
        yes = int(one.number > 0)
        return Totals(1, micro(one.number), one.number, yes, pairs, above, below)
    # A percentage left blank beside its two parts is known all the same.
    texts = int(bool(one.text) and not pairs)
    return Totals(numbers=pairs, pairs=pairs, numerator=above, denominator=below, texts=texts)


def _pair(one: Contribution, weighted: bool) -> tuple[int, int, int]:
    """(how many pairs, numerator, denominator); a weight is a denominator that scales its figure."""
    top = one.number if weighted else one.numerator
    if top is None or one.denominator is None:
        return 0, 0, 0
    below = micro(one.denominator)
    return 1, micro(top) * below if weighted else micro(top), below


def merge(indicator: Indicator, contributions: Iterable[Contribution]) -> Merged:
    """The consolidated cell of these contributions (one agency each), whatever their order."""
    given = [one for one in contributions if one.says_something]
    if len(given) > 1:
        given.sort(key=lambda one: (one.agency, one.source.submission_id))
    made = settle(indicator, totals(indicator, given), given)
    made.contributions = tuple(given)
    return made


def settle(indicator: Indicator, sums: Totals, given: Sequence[Contribution] = ()) -> Merged:
    """The cell that `sums` come to. `given`, where known, names agencies and holds a single text."""
    made = _settled(indicator, sums, given)
    if indicator.ratio is None or not sums.pairs:
        return made
    made.numerator = plain(Fraction(sums.numerator, MICRO))
    made.denominator = plain(Fraction(sums.denominator, MICRO))
    return made


def _settled(indicator: Indicator, sums: Totals, given: Sequence[Contribution]) -> Merged:
    count = sums.numbers + sums.texts + sums.not_applicable
    words = rule_words(indicator)
    if count == 0:
        return Merged(None, words)
    if count == sums.not_applicable:
        return Merged(None, words, count, not_applicable=_reason(given))
    if count - sums.not_applicable == 1:
        return Merged(_sole(sums, given), ONE_SOURCE, count)
    rule = _WEIGHTED if indicator.weight and _is_ratio(indicator) else _RULES[indicator.aggregate]
    if sums.texts and indicator.aggregate not in (Aggregate.single, Aggregate.never):
        return Merged(None, words, count, why_not="Có cơ quan ghi chữ thay cho số nên không gộp.")
    value, why_not, note = rule(indicator, sums, given)
    note = _joined(note, _without(sums.not_applicable, "ghi «không áp dụng»"))
    return Merged(value, words, count, why_not=why_not, note=note)


def said_by_each(cell: Merged, names: Mapping[str, str]) -> str:
    """«An Lão: 3; Quy Nhơn: 4» where agencies said so many things that none was taken; empty: not so.

    `names` by agency id, for people; of very many agencies the first ten.
    """
    if not cell.why_not or cell.rule != ONE_SOURCE:
        return ""
    told = (one for one in cell.contributions if not one.not_applicable)
    return "; ".join(
        f"{names.get(one.agency, one.agency)}: {_said(one.value)}" for one in islice(told, 10)
    )


def rule_words(indicator: Indicator) -> str:
    """How this indicator is made one, in a few Vietnamese words."""
    if indicator.weight and _is_ratio(indicator):
        return f"bình quân gia quyền theo {indicator.weight}"
    return _WORDS[indicator.aggregate]


ONE_SOURCE = "một nguồn"
_WORDS: Mapping[Aggregate, str] = {
    Aggregate.sum: "cộng số của các cơ quan",
    Aggregate.ratio: "tổng tử số chia tổng mẫu số",
    Aggregate.max: "lấy số lớn nhất",
    Aggregate.count_yes: "đếm số cơ quan có",
    Aggregate.single: ONE_SOURCE,
    Aggregate.never: "không gộp",
}

_Settled = tuple[float | str | None, str, str]
"""value, why there is none, what a reader must know"""


def _sum(_i: Indicator, sums: Totals, _g: Sequence[Contribution]) -> _Settled:
    return plain(Fraction(sums.total, MICRO)), "", ""


def _max(_i: Indicator, sums: Totals, _g: Sequence[Contribution]) -> _Settled:
    return tidy(sums.top), "", ""


def _count_yes(_i: Indicator, sums: Totals, _g: Sequence[Contribution]) -> _Settled:
    return sums.yes, "", ""


def _ratio(_i: Indicator, sums: Totals, _g: Sequence[Contribution]) -> _Settled:
    note = _without(sums.numbers - sums.pairs, "không ghi đủ tử số, mẫu số nên không tính vào")
    if not sums.pairs:
        return None, "Không cơ quan nào ghi tử số và mẫu số; không lấy trung bình các tỷ lệ.", ""
    if not sums.denominator:
        return None, "Tổng mẫu số bằng 0.", ""
    return plain(Fraction(sums.numerator * 100, sums.denominator)), "", note


def _weighted(indicator: Indicator, sums: Totals, _g: Sequence[Contribution]) -> _Settled:
    note = _without(sums.numbers - sums.pairs, f"không ghi {indicator.weight} nên không tính vào")
    if not sums.pairs:
        return None, f"Không cơ quan nào ghi {indicator.weight} để làm quyền số.", ""
    if not sums.denominator:
        return None, f"Tổng {indicator.weight} bằng 0.", ""
    return plain(Fraction(sums.numerator, sums.denominator * MICRO)), "", note


def _single(indicator: Indicator, sums: Totals, given: Sequence[Contribution]) -> _Settled:
    """One source is asked for; several that say the same are taken for one."""
    values = {one.value for one in given if not one.not_applicable}
    alike = len(values) == 1 if given else micro(sums.top) * sums.numbers == sums.total
    if alike and not (sums.texts and not given):
        value = tidy(values.pop() if given else sums.top)
        return value, "", f"{sums.numbers + sums.texts} cơ quan cùng ghi một số."
    why = "Chỉ lấy một nguồn nhưng các cơ quan ghi khác nhau."
    return None, _joined(why, indicator.aggregate_note), ""


def _never(indicator: Indicator, _s: Totals, _g: Sequence[Contribution]) -> _Settled:
    return None, indicator.aggregate_note or "Chỉ tiêu này không gộp qua các cơ quan.", ""


_Rule = Callable[[Indicator, Totals, Sequence[Contribution]], _Settled]
_RULES: Mapping[Aggregate, _Rule] = {
    Aggregate.sum: _sum,
    Aggregate.ratio: _ratio,
    Aggregate.max: _max,
    Aggregate.count_yes: _count_yes,
    Aggregate.single: _single,
    Aggregate.never: _never,
}
_WEIGHTED: _Rule = _weighted


def plain(exact: Fraction) -> float | int:
    """A whole number stays whole; any other is the nearest float."""
    return exact.numerator if exact.denominator == 1 else float(exact)


def tidy(value: float | str | None) -> float | str | None:
    """12.0 as 12; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_ratio(indicator: Indicator) -> bool:
    return indicator.aggregate is Aggregate.ratio and indicator.type is ValueType.percent


def _sole(sums: Totals, given: Sequence[Contribution]) -> float | str | None:
    if sums.top == -math.inf and sums.denominator:  # parts handed in without the percentage
        return plain(Fraction(sums.numerator * 100, sums.denominator))
    if sums.numbers:
        return tidy(sums.top)
    return next((one.text for one in given if one.text and not one.not_applicable), None)


def _reason(given: Sequence[Contribution]) -> str:
    reasons = sorted({one.text for one in given if one.text})
    return "; ".join(reasons) or "Không áp dụng."


def _without(count: int, what: str) -> str:
    return f"{number_words(count)} cơ quan {what}." if count > 0 else ""


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _said(value: float | str | None) -> str:
    return number_words(value) if isinstance(value, int | float) else value or ""
