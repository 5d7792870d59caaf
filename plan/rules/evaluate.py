"""What a rule's expression is made of: closures that read figures and say whether they agree.

Nothing here parses; `plan.rules.syntax` is what other rooms use.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Value = float | str | None
Lookup = Callable[[str, str], Value]
"""(`PL1.1` or `PL3.5.1#n`, period) → the figure, the text of a choice, or None where it is blank."""


class Verdict(StrEnum):
    holds = "holds"
    fails = "fails"
    not_evaluated = "not_evaluated"


@dataclass(frozen=True)
class Outcome:
    """What a rule says of one period; of one that fails, the two sides of the comparison."""

    verdict: Verdict
    left: Value = None
    right: Value = None

    @property
    def fails(self) -> bool:
        return self.verdict is Verdict.fails


HOLDS = Outcome(Verdict.holds)
NOT_EVALUATED = Outcome(Verdict.not_evaluated)


@dataclass(frozen=True)
class Ref:
    """One `[…]`: the indicator, `n` or `d` of its ratio, a fixed period; and where it stands."""

    indicator: str
    part: str
    period: str
    position: int

    @property
    def name(self) -> str:
        """What the lookup is asked for."""
        return f"{self.indicator}#{self.part}" if self.part else self.indicator


class Scope(NamedTuple):
    """What an expression is evaluated against."""

    lookup: Lookup
    period: str
    periods: Sequence[str]
    constants: Mapping[str, float]


Number = Callable[[Scope], Value]
Truth = Callable[[Scope], Outcome]


# --- values ------------------------------------------------------------------------------------


def number(value: Value) -> float | None:
    """A usable number, or None for a blank, a text, an infinity."""
    if isinstance(value, str) or value is None:
        return None
    return value if math.isfinite(value) else None


def reference(ref: Ref) -> Number:
    name, fixed = ref.name, ref.period
    if fixed:
        return lambda scope: scope.lookup(name, fixed)
    return lambda scope: scope.lookup(name, scope.period)


def constant(name: str) -> Number:
    return lambda scope: scope.constants.get(name)


def literal(value: Value) -> Number:
    return lambda _: value


def arithmetic(sign: str, left: Number, right: Number) -> Number:
    compute = _ARITHMETIC[sign]

    def value(scope: Scope) -> Value:
        a, b = number(left(scope)), number(right(scope))
        if a is None or b is None:
            return None
        try:
            return number(compute(a, b))
        except (ZeroDivisionError, OverflowError):
            return None

    return value


def fold(function: str, parts: Sequence[Number]) -> Number:
    compute = _FOLDS[function]

    def value(scope: Scope) -> Value:
        found = [number(part(scope)) for part in parts]
        known = [part for part in found if part is not None]
        return number(compute(known)) if len(known) == len(found) else None

    return value


def cumulated(part: Number) -> Number:
    def value(scope: Scope) -> Value:
        if scope.period not in scope.periods:
            return None
        upto = scope.periods[: scope.periods.index(scope.period) + 1]
        found = [number(part(_at(scope, period))) for period in upto]
        known = [figure for figure in found if figure is not None]
        return number(math.fsum(known)) if len(known) == len(found) else None

    return value


def previous(part: Number) -> Number:
    def value(scope: Scope) -> Value:
        if scope.period not in scope.periods:
            return None
        index = scope.periods.index(scope.period)
        return part(_at(scope, scope.periods[index - 1])) if index else None

    return value


def _at(scope: Scope, period: str) -> Scope:
    return Scope(scope.lookup, period, scope.periods, scope.constants)


# --- truth -------------------------------------------------------------------------------------


def comparison(sign: str, left: Number, right: Number) -> Truth:
    holds = _COMPARISONS[sign]

    def truth(scope: Scope) -> Outcome:
        a, b = left(scope), right(scope)
        if isinstance(a, str) and isinstance(b, str):
            a, b = a.strip(), b.strip()
            if sign not in _TEXT_SIGNS:
                return NOT_EVALUATED
            return HOLDS if (a == b) is (sign == "==") else Outcome(Verdict.fails, a, b)
        x, y = number(a), number(b)
        if x is None or y is None:
            return NOT_EVALUATED
        return HOLDS if holds(x, y) else Outcome(Verdict.fails, x, y)

    return truth


def presence(ref: Ref, *, wanted: bool) -> Truth:
    read = reference(ref)

    def truth(scope: Scope) -> Outcome:
        value = read(scope)
        blank = value is None or (isinstance(value, str) and not value.strip())
        return HOLDS if blank is not wanted else Outcome(Verdict.fails, value)

    return truth


def negation(part: Truth) -> Truth:
    def truth(scope: Scope) -> Outcome:
        found = part(scope)
        return _OPPOSITE[found.verdict]

    return truth


def conjunction(parts: Sequence[Truth]) -> Truth:
    """Fails as soon as one part fails, whatever is unknown about the others."""

    def truth(scope: Scope) -> Outcome:
        worst = HOLDS
        for part in parts:
            found = part(scope)
            if found.fails:
                return found
            worst = found if found.verdict is Verdict.not_evaluated else worst
        return worst

    return truth


def disjunction(parts: Sequence[Truth]) -> Truth:
    """Holds as soon as one part holds; fails, with the last part's sides, when all fail."""

    def truth(scope: Scope) -> Outcome:
        best = HOLDS
        for part in parts:
            found = part(scope)
            if found.verdict is Verdict.holds:
                return found
            best = best if best.verdict is Verdict.not_evaluated else found
        return best

    return truth


_OPPOSITE = {
    Verdict.holds: Outcome(Verdict.fails),
    Verdict.fails: HOLDS,
    Verdict.not_evaluated: NOT_EVALUATED,
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_FOLDS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "max": max,
    "min": min,
    "abs": lambda values: abs(values[0]),
}


def _same(a: float, b: float) -> bool:
    """98.5 typed and 98.5 computed are the same figure."""
    return a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


_TEXT_SIGNS = {"==", "!="}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": _same,
    "!=": lambda a, b: not _same(a, b),
    "<": lambda a, b: a < b and not _same(a, b),
    "<=": lambda a, b: a < b or _same(a, b),
    ">": lambda a, b: a > b and not _same(a, b),
    ">=": lambda a, b: a > b or _same(a, b),
}
