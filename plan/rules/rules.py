"""A small expression language for checks between figures.

    [PL1.1] >= [PL1.1.1] + [PL1.1.2]
    cum([PL2.3]) <= cum([PL2.2])
    [PL1.6.2] > 0 => filled([PL1.6.3])
    [PL4.II.a] == {districts}

`[PL1.1]` is the indicator's value in the period being checked, `[PL1.1@2019]` in a fixed one,
`[PL3.5.1#n]` and `#d` are a ratio's numerator and denominator, `{name}` a constant of the plan. There
are numbers, "text", `+ - * /`, one comparison (`== != < <= > >=`), `not`, `and`, `or`, `=>` (if …
then), `sum max min abs`, `cum` (this period and all earlier ones), `prev` (the period before),
`filled` and `blank`.

A blank is not a zero: a rule that cannot be decided without a missing value is not evaluated. Only
`filled` and `blank` see blanks, and `and`, `or`, `=>` decide on what is known where that suffices.
An expression is parsed once into closures; it reaches nothing but the lookup it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from plan.rules.evaluate import Lookup, Outcome, Ref, Scope, Truth, Value, Verdict
from plan.rules.syntax import Parser, RuleSyntaxError
from plan.text import number_words

__all__ = [
    "Lookup",
    "Outcome",
    "Ref",
    "RuleExpr",
    "RuleSyntaxError",
    "Value",
    "Verdict",
    "parse_rule",
    "tell",
]


class RuleExpr:
    """A parsed rule. Built by `parse_rule`."""

    def __init__(self, text: str, truth: Truth, refs: Sequence[Ref], constants: set[str]) -> None:
        self.text = text
        self.refs = tuple(refs)
        self._truth = truth
        self._constants = frozenset(constants)

    def names(self) -> frozenset[str]:
        """The indicators it speaks of (`PL3.5.1`), without part or period."""
        return frozenset(ref.indicator for ref in self.refs)

    def constants(self) -> frozenset[str]:
        """The constants it uses (`districts`)."""
        return self._constants

    def check(
        self,
        lookup: Lookup,
        period: str,
        periods: Sequence[str],
        constants: Mapping[str, float],
    ) -> Outcome:
        """What the rule says of `period`; `periods` are the table's, earliest first.

        Never raises: a missing value, a text where a number is needed, a division by zero or an
        unknown constant leaves the rule not evaluated.
        """
        return self._truth(Scope(lookup, period, periods, constants))


def tell(message: str, outcome: Outcome) -> str:
    """A rule's message with `{left}` and `{right}` filled in, numbers as Vietnamese writes them."""
    sides = {"left": outcome.left, "right": outcome.right}
    return message.format(**{side: _written(value) for side, value in sides.items()})


def _written(value: Value) -> str:
    if value is None:
        return "trống"
    return value if isinstance(value, str) else number_words(round(value, 2))


@lru_cache(maxsize=2048)
def parse_rule(expr: str) -> RuleExpr:
    """Parse an expression; raises `RuleSyntaxError` with a Vietnamese sentence and the position."""
    parser = Parser(expr)
    truth = parser.rule()
    return RuleExpr(expr, truth, parser.refs, parser.constants)
