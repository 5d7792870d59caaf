"""Checks over figures already read: what is missing, and the plan's rules.

Pure. Types and ranges were checked as each cell was read (`cells`); here figures meet each other, within
a year, cumulated, across sheets, across agencies and against last year, as the rules of the appendices
say. A rule that needs a figure not there is not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from intake.files.findings import fault
from intake.files.memo import cached_by_plan
from intake.workbook.plausible import implausible
from intake.workbook.template import (
    FigureLine,
    SheetPlan,
    TablePlan,
    Template,
    beside,
    template_for,
)
from intake.workbook.xlsx import cell_name, place_named
from plan.definition.appendices import Rule
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault, ReadValue, Severity
from plan.rules.evaluate import Outcome
from plan.rules.syntax import RuleExpr, parse_rule, tell
from plan.text import number_words

Key = tuple[str, str]
Places = Mapping[Key, tuple[str, str]]
Others = Callable[[str, str], float | str | None]
"""Other agencies' accepted figures: (`PL4.I.a`, period) → number, text, or None."""

ON_TRIAL = " (Quy tắc đang chạy thử, chỉ nhắc.)"


@dataclass(frozen=True)
class BoundRule:
    """A rule with what it needs to be evaluated and told."""

    rule: Rule
    expr: RuleExpr
    table: TablePlan
    """Its first indicator's: whose periods it runs over."""

    @cached_property
    def periods(self) -> tuple[str, ...]:
        return tuple(period.key for period in self.table.periods)

    @property
    def checked_in(self) -> Sequence[str]:
        return self.rule.periods or self.periods

    @property
    def severity(self) -> Severity:
        return (
            "warning" if self.rule.trial and self.rule.severity == "error" else self.rule.severity
        )


def check_values(
    definition: PlanDefinition,
    values: Iterable[ReadValue],
    deliverables: Iterable[str],
    *,
    agency: str,
    others: Others | None = None,
    places: Places | None = None,
    already: Iterable[FoundFault] = (),
    file: str = "",
) -> tuple[FoundFault, ...]:
    """Findings over all figures of one handing-in.

    `deliverables`: those handed in; only their appendices are checked for what is missing, and only
    rules that speak of them are run. `others`: accepted figures of other agencies, for rules across
    agencies. `places`: sheet and cell of every figure asked for. `already`: findings of the reading;
    a cell that earned one is not called missing as well.
    """
    template = template_for(definition, agency)
    sheets = _sheets(template, set(deliverables))
    return _Check(template, sheets, values, others, places or {}, already, file).run()


def _sheets(template: Template, deliverables: set[str]) -> list[SheetPlan]:
    if not template.agency:
        return list(template.sheets)
    return [sheet for sheet in template.sheets if sheet.deliverable in deliverables]


class _Check:
    def __init__(
        self,
        template: Template,
        sheets: list[SheetPlan],
        values: Iterable[ReadValue],
        others: Others | None,
        places: Places,
        already: Iterable[FoundFault],
        file: str,
    ) -> None:
        self.template, self.sheets, self.others = template, sheets, others
        self.places, self.file = places, file
        self.values = {(one.indicator, one.period): one for one in values}
        self.known = {
            key: one.number if one.number is not None else one.text
            for key, one in self.values.items()
            if not one.not_applicable
        }
        self.asked = _asked(already)
        self.own: frozenset[str] = frozenset().union(*(sheet.owed for sheet in sheets))
        self.constants = template.definition.constants
        self.demanded: set[Key] = set()
        """Cells a rule has already said must be filled in."""

    def run(self) -> tuple[FoundFault, ...]:
        rules = list(self._rules())
        told = {(one.indicator, one.period) for one in rules}
        rules += [
            replace(one, file=self.file)
            for one in implausible(self.sheets, self.known, self.places, told)
        ]
        missing = [one for sheet in self.sheets for one in self._missing(sheet)]
        return (*missing, *rules)

    # --- rules

    def _rules(self) -> Iterator[FoundFault]:
        for bound in rules_about(self.template.definition, self.own):
            for period in bound.checked_in:
                outcome = bound.expr.check(self._lookup, period, bound.periods, self.constants)
                if outcome.fails and not self._refused(self._points_at(bound, period)):
                    yield self._broken(bound, period, outcome)

    def _refused(self, key: Key) -> bool:
        """Whether what stands in the cell could not be taken: what to do there is told already."""
        return key in self.asked.cells and key not in self.known

    def _lookup(self, name: str, period: str) -> float | str | None:
        key = (name, period)
        if key in self.known:
            return self.known[key]
        if self.others is None or self._mine(name) or key in self.values:
            return None
        return self.others(name, period)

    def _mine(self, name: str) -> bool:
        """Whether the figure is this handing-in's own to give; then a blank is a blank."""
        line = self.template.lines.get(name)
        if line is None:
            return False
        # A district asked for part of an appendix must not be measured by the province's other part.
        return line.owed or (line.filled_by != self.template.agency and not self._is_owner(line))

    def _is_owner(self, line: FigureLine) -> bool:
        sheet = self.template.sheet_of[line.appendix]
        return any(one.filled_by == self.template.agency for one in sheet.lines())

    def _broken(self, bound: BoundRule, period: str, outcome: Outcome) -> FoundFault:
        name, where = self._points_at(bound, period)
        self.demanded.add((name, where))
        sheet, cell = self.places.get((name, where), ("", ""))
        message = tell(bound.rule.message, outcome) + (ON_TRIAL if bound.rule.trial else "")
        return FoundFault(
            severity=bound.severity,
            code=bound.rule.id,
            message=message,
            file=self.file,
            sheet=sheet,
            cell=cell,
            indicator=name,
            period=where,
            read=self._shown((name, where)),
        )

    def _points_at(self, bound: BoundRule, period: str) -> Key:
        """The rule's own choice, else the first figure it names; one of this handing-in if there is one."""
        refs = [(ref.name, ref.period or period) for ref in bound.expr.refs]
        chosen = [(bound.rule.at, period)] if bound.rule.at else []
        mine = [key for key in (*chosen, *refs) if key[0].partition("#")[0] in self.own]
        return (mine or [*chosen, *refs])[0]

    def _shown(self, key: Key) -> str:
        value = self.known.get(key)
        return "" if value is None else value if isinstance(value, str) else number_words(value)

    # --- what is missing

    def _missing(self, sheet: SheetPlan) -> Iterator[FoundFault]:
        if sheet.name in self.asked.sheets:
            return
        if self.values.keys().isdisjoint(sheet.asked) and sheet.asked.isdisjoint(self.asked.cells):
            heading = sheet.appendix.heading
            yield replace(fault("sheet.empty", sheet=sheet.name, appendix=heading), file=self.file)
            return
        for table in sheet.tables:
            yield from self._missing_in(table)

    def _missing_in(self, table: TablePlan) -> Iterator[FoundFault]:
        blank = [
            (line, keys)
            for line in table.lines
            if line.fills and not line.indicator.optional and (keys := self._blank(table, line))
        ]
        if not blank:
            return
        rows, sheet = self._rows_of(table), self._sheet_of(table)
        for line, blanks in blank:
            keys = [key for key in blanks if (sheet, key[1]) not in self.asked.columns]
            if keys and rows and line.name not in rows:
                yield self._row_missing(table, line, rows)
                continue
            for key in keys:
                sheet, cell = self.places.get(key, ("", ""))
                yield fault(
                    "value.missing", file=self.file, sheet=sheet, cell=cell,
                    indicator=line.name, period=key[1],
                )  # fmt: skip

    def _blank(self, table: TablePlan, line: FigureLine) -> list[Key]:
        keys = [
            key for period in table.periods if (key := (line.name, period.key)) not in self.values
        ]
        return [key for key in keys if self._must_stand(line, key)]

    def _rows_of(self, table: TablePlan) -> dict[str, int]:
        """On which row of the sheet each line stands; of a table laid out by columns nothing."""
        lines = table.lines if table.by_rows else ()
        found = {line.name: self._place_of(table, line)[1] for line in lines}
        return {name: place_named(cell)[0] for name, cell in found.items() if cell}

    def _sheet_of(self, table: TablePlan) -> str:
        found = (self._place_of(table, line)[0] for line in table.lines)
        return next((sheet for sheet in found if sheet), "")

    def _place_of(self, table: TablePlan, line: FigureLine) -> tuple[str, str]:
        places = (self.places.get(key) for key in _keys(table, line))
        return next((one for one in places if one), ("", ""))

    def _row_missing(
        self, table: TablePlan, line: FigureLine, rows: Mapping[str, int]
    ) -> FoundFault:
        """A row taken out is one finding, at the place where it would stand."""
        row, behind = beside(rows, [one.name for one in table.lines], line.name)
        near = next(
            one for one in table.lines if one.name == (behind or min(rows, key=rows.__getitem__))
        )
        sheet, cell = self._place_of(table, near)
        return fault(
            "row.missing",
            file=self.file,
            sheet=sheet,
            cell=cell_name(row, place_named(cell)[1]),
            indicator=line.name,
            label=line.label,
            behind=f" (sau dòng «{near.label[:80]}»)" if behind else "",
        )

    def _must_stand(self, line: FigureLine, key: Key) -> bool:
        if key in self.asked.cells or key in self.demanded or line.name in self.asked.lines:
            return False
        whole = self.values.get((line.whole, key[1]))
        if line.part:
            ratio = line.indicator.ratio
            asked_for = ratio is not None and ratio.required
            return asked_for and not (whole is not None and whole.not_applicable)
        return not (self._follows_from_parts(line, key) or self._nothing_to_measure(line, key))

    def _follows_from_parts(self, line: FigureLine, key: Key) -> bool:
        """A percentage whose parts stand, or are asked for themselves: it is worked out, not filled in."""
        ratio = line.indicator.ratio
        parts = ((f"{line.name}#n", key[1]), (f"{line.name}#d", key[1]))
        return ratio is not None and (
            ratio.required or all(part in self.known or part in self.asked.cells for part in parts)
        )

    def _nothing_to_measure(self, line: FigureLine, key: Key) -> bool:
        """A percentage of nothing: its denominator or weight is 0, or a rule wants the cell blank."""
        if line.indicator.ratio and self.known.get((f"{line.name}#d", key[1])) == 0:
            return True
        if line.indicator.weight and self.known.get((line.indicator.weight, key[1])) == 0:
            return True
        rules = blank_rules(self.template.definition).get(line.name, ())
        return any(self._wants_blank(bound, key) for bound in rules)

    def _wants_blank(self, bound: BoundRule, key: Key) -> bool:
        def as_if_filled(name: str, period: str) -> float | str | None:
            return 1.0 if (name, period) == key else self._lookup(name, period)

        return bound.expr.check(as_if_filled, key[1], bound.periods, self.constants).fails


@dataclass(frozen=True)
class _Asked:
    """What the reading has asked about already: cells, whole lines, whole sheets."""

    cells: frozenset[Key]
    lines: frozenset[str]
    sheets: frozenset[str]
    columns: frozenset[Key] = frozenset()
    """Sheet and period."""


_WHOLE_LINE = {"row.twice", "row.relabelled"}
_WHOLE_COLUMN = {"column.missing", "column.twice", "column.relabelled"}


def _keys(table: TablePlan, line: FigureLine) -> list[Key]:
    return [(line.name, period.key) for period in table.periods]


def _asked(already: Iterable[FoundFault]) -> _Asked:
    errors = [one for one in already if one.severity == "error"]
    return _Asked(
        cells=frozenset((one.indicator, one.period) for one in errors if one.period),
        lines=frozenset(one.indicator for one in errors if one.code in _WHOLE_LINE | _WHOLE_COLUMN),
        columns=frozenset((one.sheet, one.period) for one in errors if one.code in _WHOLE_COLUMN),
        sheets=frozenset(
            one.sheet for one in errors if one.code in ("sheet.twice", "sheet.other_agency")
        ),
    )


# --- rules, bound once a plan ---------------------------------------------------------------------


@cached_by_plan(8)
def bound_rules(definition: PlanDefinition) -> tuple[BoundRule, ...]:
    """Every rule of the plan, parsed and bound to its table."""
    return tuple(_bind(template_for(definition, "")))


def _bind(every: Template) -> Iterator[BoundRule]:
    for appendix in every.definition.appendices:
        for rule in appendix.rules:
            expr = parse_rule(rule.expr)
            table = every.table_of.get(expr.refs[0].name)
            if table is not None:
                yield BoundRule(rule, expr, table)


@cached_by_plan(64)
def rules_about(definition: PlanDefinition, indicators: frozenset[str]) -> tuple[BoundRule, ...]:
    """Those that speak of any of these indicators."""
    return tuple(
        bound for bound in bound_rules(definition) if not bound.expr.names().isdisjoint(indicators)
    )


@cached_by_plan(8)
def blank_rules(definition: PlanDefinition) -> dict[str, tuple[BoundRule, ...]]:
    """By line: rules that may want its cell blank."""
    found: dict[str, tuple[BoundRule, ...]] = {}
    for bound in bound_rules(definition):
        for ref in bound.expr.refs:
            if f"blank([{ref.name}])" in bound.expr.text.replace(" ", ""):
                found[ref.name] = (*found.get(ref.name, ()), bound)
    return found
