"""Reads a rule's text into closures of `plan.rules.evaluate`, with a sentence and a position for every fault.

rule   = or ["=>" rule]           or  = and {"or" and}        and = not {"and" not}
not    = "not" not | test         test = "(" rule ")" | filled | blank | sum sign sum
sum    = product {+|- product}    product = unary {*|/ unary} unary = "-" unary | atom
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import NoReturn

from plan.rules import evaluate as terms
from plan.rules.evaluate import Lookup, Number, Outcome, Ref, Scope, Truth, Value
from plan.text import number_words

MAX_LENGTH = 2000
MAX_DEPTH = 40

TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | \[(?P<ref>[A-Za-z0-9]+(?:\.[A-Za-z0-9_-]+)+)(?:\#(?P<part>[nd]))?(?:@(?P<period>[\w.-]+))?\]
  | \{(?P<constant>[A-Za-z_][A-Za-z0-9_]*)\}
  | (?P<number>\d{1,15}(?:\.\d{1,9})?)(?![\w.])
  | (?P<text>"[^"]*"|'[^']*')
  | (?P<word>[A-Za-z_]+)
  | (?P<sign>=>|==|!=|<=|>=|[-+*/<>(),])
    """,
    re.VERBOSE,
)

SIGNS = ("==", "!=", "<=", ">=", "<", ">")
FOLDS = {"sum": 99, "max": 99, "min": 99, "abs": 1}
"""Function → how many parts it takes at most."""
SHIFTS = {"cum": terms.cumulated, "prev": terms.previous}
TESTS = {"filled": True, "blank": False}
WORDS = (*FOLDS, *SHIFTS, *TESTS, "and", "or", "not")


class RuleSyntaxError(ValueError):
    """The expression cannot be read; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (ký tự thứ {position + 1})")
        self.position = position


class _Token:
    __slots__ = ("kind", "match", "position", "text")

    def __init__(self, kind: str, text: str, position: int, match: Ref | None = None) -> None:
        self.kind = kind
        self.text = text
        self.position = position
        self.match = match


class Parser:
    """Parses one expression; `refs` and `constants` are what it names, in order."""

    def __init__(self, expr: str) -> None:
        if len(expr) > MAX_LENGTH:
            raise RuleSyntaxError(f"Quy tắc dài quá {MAX_LENGTH} ký tự", MAX_LENGTH)
        self.refs: list[Ref] = []
        self.constants: set[str] = set()
        self.tokens = list(_tokens(expr))
        self.at = 0
        self.depth = 0

    def rule(self) -> Truth:
        """The whole expression."""
        truth = self.implication()
        if self.now.kind != "end":
            self.fail("Thừa từ đây")
        if not self.refs:
            raise RuleSyntaxError("Quy tắc không nhắc tới chỉ tiêu nào", 0)
        return truth

    # --- truths

    def implication(self) -> Truth:
        with self.deeper():
            condition = self.either()
            if not self.take("=>"):
                return condition
            return terms.disjunction([terms.negation(condition), self.implication()])

    def either(self) -> Truth:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else terms.disjunction(parts)

    def both(self) -> Truth:
        parts = [self.denial()]
        while self.take("and"):
            parts.append(self.denial())
        return parts[0] if len(parts) == 1 else terms.conjunction(parts)

    def denial(self) -> Truth:
        with self.deeper():
            return terms.negation(self.denial()) if self.take("not") else self.test()

    def test(self) -> Truth:
        if self.now.text in TESTS and self.now.kind == "word":
            wanted = TESTS[self.step().text]
            self.need("(")
            ref = self.ref()
            self.need(")")
            return terms.presence(ref, wanted=wanted)
        if self.now.text == "(" and self.holds_truth():
            self.step()
            truth = self.implication()
            self.need(")")
            return truth
        return self.comparison()

    def holds_truth(self) -> bool:
        """Whether the bracket opened here holds a truth: something in it decides, at any depth."""
        depth = 0
        for token in self.tokens[self.at :]:
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
            if depth == 0:
                return False
            if token.text in SIGNS or token.text == "=>":
                return True
            if token.kind == "word" and token.text in ("and", "or", "not", *TESTS):
                return True
        return False

    def comparison(self) -> Truth:
        left = self.total()
        if self.now.kind != "sign" or self.now.text not in SIGNS:
            self.fail("Thiếu phép so sánh (==, !=, <, <=, >, >=)")
        sign = self.step().text
        truth = terms.comparison(sign, left, self.total())
        if self.now.text in SIGNS:
            self.fail("Chỉ một phép so sánh mỗi vế; hãy nối bằng «and»")
        return truth

    # --- numbers

    def total(self) -> Number:
        with self.deeper():
            value = self.product()
            while self.now.kind == "sign" and self.now.text in "+-":
                value = terms.arithmetic(self.step().text, value, self.product())
            return value

    def product(self) -> Number:
        value = self.unary()
        while self.now.kind == "sign" and self.now.text in "*/":
            value = terms.arithmetic(self.step().text, value, self.unary())
        return value

    def unary(self) -> Number:
        with self.deeper():
            if self.take("-"):
                return terms.arithmetic("-", terms.literal(0.0), self.unary())
            return self.atom()

    def atom(self) -> Number:
        token = self.now
        if token.kind == "ref":
            return terms.reference(self.ref())
        if token.kind == "word":
            return self.call()
        if self.take("("):
            value = self.total()
            self.need(")")
            return value
        if token.kind == "constant":
            self.constants.add(token.text)
        elif token.kind not in ("number", "text"):
            self.fail("Thiếu một giá trị")
        self.step()
        return _ATOMS[token.kind](token.text)

    def call(self) -> Number:
        name = self.step()
        if name.text not in FOLDS and name.text not in SHIFTS:
            self.fail(f"Không có hàm «{name.text}»", name)
        self.need("(")
        parts = [self.total()]
        while self.take(","):
            parts.append(self.total())
        if len(parts) > FOLDS.get(name.text, 1):
            self.fail(f"«{name.text}» chỉ nhận một giá trị", name)
        self.need(")")
        shift = SHIFTS.get(name.text)
        return shift(parts[0]) if shift else terms.fold(name.text, parts)

    # --- tokens

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def step(self) -> _Token:
        token = self.now
        self.at += token.kind != "end"
        return token

    def take(self, text: str) -> bool:
        found = self.now.text == text and self.now.kind in ("sign", "word")
        self.at += found
        return found

    def need(self, text: str) -> None:
        if not self.take(text):
            self.fail(f"Thiếu «{text}»")

    def ref(self) -> Ref:
        ref = self.now.match
        if ref is None:
            self.fail("Thiếu một chỉ tiêu, ví dụ [PL1.1]")
        self.step()
        self.refs.append(ref)
        return ref

    def fail(self, message: str, token: _Token | None = None) -> NoReturn:
        raise RuleSyntaxError(message, (token or self.now).position)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail("Quy tắc lồng quá sâu")
        yield
        self.depth -= 1


_ATOMS: Mapping[str, Callable[[str], Number]] = {
    "constant": terms.constant,
    "number": lambda text: terms.literal(float(text)),
    "text": lambda text: terms.literal(text[1:-1]),
}


def _tokens(expr: str) -> Iterator[_Token]:
    position = 0
    while position < len(expr):
        match = TOKEN.match(expr, position)
        if match is None:
            raise RuleSyntaxError(f"Không hiểu «{expr[position : position + 12]}»", position)
        yield from _token(match, position)
        position = match.end()
    yield _Token("end", "", position)


def _token(match: re.Match[str], position: int) -> Iterator[_Token]:
    if match["ref"]:
        ref = Ref(match["ref"], match["part"] or "", match["period"] or "", position)
        yield _Token("ref", match["ref"], position, ref)
        return
    for kind in ("constant", "number", "text", "word", "sign"):
        if match[kind] is not None:
            yield _Token(kind, match[kind], position)


# --- A small expression language for checks between figures.
#
# [PL1.1] >= [PL1.1.1] + [PL1.1.2] cum([PL2.3]) <= cum([PL2.2]) [PL1.6.2] > 0 => filled([PL1.6.3])
# [PL4.II.a] == {districts}
#
# `[PL1.1]` is the indicator's value in the period being checked, `[PL1.1@2019]` in a fixed one,
# `[PL3.5.1#n]` and `#d` are a ratio's numerator and denominator, `{name}` a constant of the plan.
# There are numbers, "text", `+ - * /`, one comparison (`== != < <= > >=`), `not`, `and`, `or`, `=>`
# (if … then), `sum max min abs`, `cum` (this period and all earlier ones), `prev` (the period
# before), `filled` and `blank`.
#
# A blank is not a zero: a rule that cannot be decided without a missing value is not evaluated.
# Only `filled` and `blank` see blanks, and `and`, `or`, `=>` decide on what is known where that
# suffices. An expression is parsed once into closures; it reaches nothing but the lookup it is
# given.


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
