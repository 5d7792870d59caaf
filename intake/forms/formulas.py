"""A plan's rules as spreadsheet formulas, so that a workbook shows what is wrong while it is filled in.

The same grammar as `plan.rules.syntax`, read into Excel's words. A formula is TRUE when the rule is broken
and every figure it needs is a number; what can't be said in one workbook (another agency's figures, a
period before the first) gives None, and the check after handing in says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from plan.rules.syntax import SIGNS, TOKEN, RuleExpr

Address = Callable[[str, str], str | None]
"""(`PL3.5.1#n`, period) → «E8», or None where this workbook has no such cell."""

_SIGNS = {"==": "=", "!=": "<>"}
_FUNCTIONS = {"sum": "SUM", "max": "MAX", "min": "MIN", "abs": "ABS"}


class Untranslatable(Exception):  # noqa: N818 - an answer, not a failure
    """This workbook cannot say it."""


def violation(
    expr: RuleExpr,
    address: Address,
    period: str,
    periods: Sequence[str],
    constants: Mapping[str, float],
) -> str | None:
    """A formula that is TRUE where the rule is broken in `period`; None where it can't be said."""
    try:
        return _Translator(expr.text, address, period, periods, constants).violation()
    except Untranslatable:
        return None


class _Translator:
    """Recursive descent over the rule's tokens; every method gives a formula without its `=`."""

    def __init__(
        self,
        text: str,
        address: Address,
        period: str,
        periods: Sequence[str],
        constants: Mapping[str, float],
    ) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.address, self.constants = address, constants
        self.period, self.periods = period, list(periods)
        self.needed: list[str] = []
        """Cells that must hold numbers before the rule may speak."""

    def violation(self) -> str:
        broken = f"NOT({self.rule()})"
        if self.tokens[self.at][0] != "end":
            raise Untranslatable
        needed = list(dict.fromkeys(self.needed))
        return f"AND(COUNT({','.join(needed)})={len(needed)},{broken})" if needed else broken

    # --- truths

    def rule(self) -> str:
        condition = self._joined("or", "OR", self._both)
        if not self._take("=>"):
            return condition
        return f"OR(NOT({condition}),{self.rule()})"

    def _both(self) -> str:
        return self._joined("and", "AND", self._not)

    def _joined(self, word: str, function: str, part: Callable[[], str]) -> str:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else f"{function}({','.join(parts)})"

    def _not(self) -> str:
        return f"NOT({self._not()})" if self._take("not") else self._test()

    def _test(self) -> str:
        kind, text, _ = self.tokens[self.at]
        if kind == "word" and text in ("filled", "blank"):
            self.at += 2
            cell = self._cell(self._reference())
            self._take(")")
            return f'{cell}{"<>" if text == "filled" else "="}""'
        left = self._sum()
        sign = self._next()
        if sign not in SIGNS:
            raise Untranslatable
        return f"{left}{_SIGNS.get(sign, sign)}{self._sum()}"

    # --- numbers

    def _sum(self) -> str:
        return self._chain("+-", lambda: self._chain("*/", self._atom))

    def _chain(self, signs: str, part: Callable[[], str]) -> str:
        text = part()
        while self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs:
            text += self._next() + part()
        return text

    def _atom(self) -> str:
        kind, text, _ = self.tokens[self.at]
        if kind == "ref":
            return self._number(self._reference())
        self.at += 1
        if kind == "number":
            return text
        if kind == "text":
            # A rule about a text needs no number from that cell.
            if self.needed:
                self.needed.pop()
            return f'"{text[1:-1]}"'
        if kind == "constant" and text[1:-1] in self.constants:
            return f"{self.constants[text[1:-1]]:g}"
        if text == "(":
            inner = self._sum()
            self._take(")")
            return f"({inner})"
        if kind == "word" and text in _FUNCTIONS:
            return f"{_FUNCTIONS[text]}({','.join(self._arguments())})"
        if kind == "word" and text in ("cum", "prev"):
            return self._shifted(text)
        raise Untranslatable

    def _arguments(self) -> list[str]:
        self._take("(")
        parts = [self._sum()]
        while self._take(","):
            parts.append(self._sum())
        self._take(")")
        return parts

    def _shifted(self, function: str) -> str:
        """`cum` and `prev` of one figure; of a sum nobody writes them."""
        self._take("(")
        name, fixed = self._reference()
        self._take(")")
        if fixed or self.period not in self.periods:
            raise Untranslatable
        now = self.periods.index(self.period)
        if function == "prev":
            if not now:
                raise Untranslatable
            return self._number((name, self.periods[now - 1]))
        return f"({'+'.join(self._number((name, one)) for one in self.periods[: now + 1])})"

    # --- cells

    def _reference(self) -> tuple[str, str]:
        kind, name, fixed = self.tokens[self.at]
        if kind != "ref":
            raise Untranslatable
        self.at += 1
        return name, fixed

    def _cell(self, reference: tuple[str, str]) -> str:
        name, fixed = reference
        cell = self.address(name, fixed or self.period)
        if cell is None:
            raise Untranslatable
        return cell

    def _number(self, reference: tuple[str, str]) -> str:
        cell = self._cell(reference)
        self.needed.append(cell)
        return cell

    # --- tokens

    def _next(self) -> str:
        text = self.tokens[self.at][1]
        self.at += self.tokens[self.at][0] != "end"
        return text

    def _take(self, text: str) -> bool:
        found = self.tokens[self.at][1] == text and self.tokens[self.at][0] != "text"
        self.at += found
        return found


def _tokens(text: str) -> list[tuple[str, str, str]]:
    """Kind, words and fixed period of each token, and an end."""
    found: list[tuple[str, str, str]] = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if match["ref"]:
            part = f"#{match['part']}" if match["part"] else ""
            found.append(("ref", f"{match['ref']}{part}", match["period"] or ""))
        elif kind != "space":
            found.append((_kind(match.group(0)), match.group(0), ""))
    return [*found, ("end", "", "")]


def _kind(text: str) -> str:
    if text[0] in "\"'":
        return "text"
    if text[0] == "{":
        return "constant"
    if text[0].isdigit():
        return "number"
    return "word" if text[0].isalpha() else "sign"


def parts_of_total(text: str) -> tuple[str, list[str]] | None:
    """(`PL2.1`, its parts) of a rule that measures a total by the sum of its parts; None otherwise."""
    tokens = _tokens(text)
    kinds = [kind for kind, _, _ in tokens]
    if kinds[:1] != ["ref"] or tokens[1][1] not in ("==", ">=", "<=") or any(
        kind == "ref" and fixed for kind, _, fixed in tokens
    ):  # fmt: skip
        return None
    rest = tokens[2:-1]
    plain = all(kind == "ref" or words in ("sum", "(", ")", ",", "+") for kind, words, _ in rest)
    parts = [words for kind, words, _ in rest if kind == "ref"]
    return (tokens[0][1], parts) if plain and len(parts) > 1 else None
