"""What the merged figures say of one another: totals worked out again, rules across agencies. Pure.

At intake each agency's own figures were checked. Here they stand side by side for the first time: a
rule that joins figures of two agencies can only fail now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from consolidation.figures.gather import Cell, Figures, Stray
from consolidation.figures.merge import Merged, said_by_each, tidy
from consolidation.figures.rows import OutputRows
from plan.definition.appendices import Appendix, Rule
from plan.definition.model import PlanDefinition
from plan.rules.syntax import parse_rule, tell
from plan.text import number_words

_REF = r"\[([A-Za-z0-9.]+)\]"
_TOTAL = re.compile(rf"^{_REF}\s*==\s*(?:sum\(([^()]*)\)|(.*))$")
_PARTS = re.compile(rf"^\s*{_REF}(?:\s*[+,]\s*{_REF})+\s*$")
DERIVED = "tính từ các dòng thành phần"


@dataclass(frozen=True)
class RunFinding:
    """Something a reader of the consolidated output must know. `message` is Vietnamese."""

    severity: str
    code: str
    indicator: str
    period: str
    message: str
    agencies: tuple[str, ...] = ()
    """Whose figures are concerned; two or more contradict one another."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"agencies": list(self.agencies)}


def total_parts(expr: str) -> tuple[str, tuple[str, ...]] | None:
    """(total, parts) where a rule says that one figure is the sum of others; else None."""
    found = _TOTAL.match(expr.strip())
    if not found or not _PARTS.match(found[2] or found[3] or ""):
        return None
    return found[1], tuple(re.findall(_REF, found[2] or found[3]))


def with_totals(book: OutputRows, figures: Figures) -> Figures:
    """Totals that nobody handed in, worked out where every part is known; the rest stays as it is."""
    cells = dict(figures.cells)
    derived: set[Cell] = set()
    for rule in _rules(book):
        known = total_parts(rule.expr)
        if known is None or rule.severity != "error" or known[0] not in book.rows:
            continue
        for period in book.rows[known[0]].periods:
            made = _derived(cells, known[0], known[1], period.key)
            if made is not None:
                cells[known[0], period.key] = made
                derived.add((known[0], period.key))
    return replace(figures, cells=cells, derived=frozenset(derived))


def _derived(
    cells: Mapping[Cell, Merged], total: str, parts: Sequence[str], period: str
) -> Merged | None:
    cell = cells.get((total, period))
    if cell is None or cell.count:
        return None
    values = [cells[part, period].value for part in parts if (part, period) in cells]
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) < len(parts):
        return None
    return replace(cell, value=tidy(sum(numbers)), rule=DERIVED)


def check_figures(definition: PlanDefinition, figures: Figures) -> tuple[RunFinding, ...]:
    """Rules that the merged figures break, what several agencies say differently, what could not be
    made one."""
    strays = [stray for stray in figures.strays if _differs(stray, figures)]
    apart = [(at, cell) for at, cell in figures.cells.items() if cell.why_not]
    names = _short_names(definition) if strays or apart else {}
    return (
        *_broken_rules(definition, figures),
        *(_stray(stray, figures, names) for stray in strays),
        *(_not_merged(at, cell, names) for at, cell in apart),
    )


def _short_names(definition: PlanDefinition) -> dict[str, str]:
    """By agency id, as last named: a message is read today."""
    return {one.id: one.names[-1].short for one in definition.agencies}


def _rules(book: OutputRows) -> Iterator[Rule]:
    for appendix in book.appendices:
        yield from appendix.rules


def _broken_rules(definition: PlanDefinition, figures: Figures) -> Iterator[RunFinding]:
    for appendix in figures.book.appendices:
        for rule in appendix.rules:
            if not rule.trial:
                yield from _broken(definition, figures, appendix, rule)


def _broken(
    definition: PlanDefinition, figures: Figures, appendix: Appendix, rule: Rule
) -> Iterator[RunFinding]:
    parsed = parse_rule(rule.expr)
    named = [ref.indicator for ref in parsed.refs]
    at = rule.at or (named[0] if named else appendix.code)
    row = figures.book.rows.get(at)
    if row is None:
        return
    keys = [period.key for period in row.periods]
    for period in rule.periods or keys:
        outcome = parsed.check(figures.lookup, period, keys, definition.constants)
        agencies = _concerned(figures, named, period)
        # What one agency's own figures say of each other it was asked, and answered, at intake.
        if outcome.fails and len(agencies) != 1:
            yield RunFinding(
                rule.severity, rule.id, at, period, tell(rule.message, outcome), agencies
            )


def _concerned(figures: Figures, named: Sequence[str], period: str) -> tuple[str, ...]:
    """The agencies behind these figures: those that own the rows, or handed figures in for them."""
    found: dict[str, None] = {}
    for name in dict.fromkeys(named):
        row = figures.book.rows.get(name)
        if row is not None and row.owner:
            found[row.owner] = None
        for one in figures.at(name, period).contributions[:_MOST]:
            found[one.agency] = None
    return tuple(found)


_MOST = 20


def _differs(stray: Stray, figures: Figures) -> bool:
    value = stray.contribution.value
    return value not in (None, "", figures.at(*stray.cell).value)


def _stray(stray: Stray, figures: Figures, names: Mapping[str, str]) -> RunFinding:
    name, period = stray.cell
    owner, writer = stray.owner, stray.contribution.agency
    said, used = stray.contribution.value, figures.at(name, period).value
    message = (
        f"Dòng này do {names.get(owner, owner)} phụ trách (dùng số {_words(used)}); "
        f"{names.get(writer, writer)} ghi {_words(said)}. Số ngoài phạm vi không đưa vào tổng hợp."
    )
    return RunFinding("warning", "stray", name, period, message, (owner, writer))


def _not_merged(at: Cell, cell: Merged, names: Mapping[str, str]) -> RunFinding:
    agencies = tuple(one.agency for one in cell.contributions[:_MOST])
    said = said_by_each(cell, names)
    message = f"{cell.why_not} Đã ghi: {said}." if said else cell.why_not
    return RunFinding("note", "not-merged", *at, message, agencies)


def _words(value: float | str | None) -> str:
    if value is None:
        return "trống"
    return value if isinstance(value, str) else number_words(value)
