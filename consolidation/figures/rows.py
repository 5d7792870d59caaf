"""Which rows an output has, and whose figures count in each. Pure.

A row belongs to one agency (its own owner, or the appendix's, or the only one that owes the appendix),
or is shared by all that owe it, and then rolled up. What an agency writes in another's row does not
enter: it is compared, and a difference is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from consolidation.figures.periods import columns_of
from plan.definition.appendices import Appendix, Indicator, Period, Table, ValueType
from plan.definition.model import DataCall, Output, PlanDefinition
from plan.definition.ownership import owners
from plan.definition.periodic import output_parts, recurrence
from plan.text import period_words


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator as a line (or column) of the consolidated appendix."""

    name: str
    """`PL2.1.3`"""
    appendix: Appendix
    table: Table
    indicator: Indicator
    owner: str
    """The one agency whose figure counts; empty: those of all that owe the appendix."""

    @property
    def periods(self) -> Sequence[Period]:
        return self.table.periods

    @property
    def fillable(self) -> bool:
        """A heading holds no figure."""
        return self.indicator.type is not ValueType.header

    @property
    def label(self) -> str:
        """Number and label as printed, for people."""
        return f"{self.indicator.stt} {self.indicator.label}".strip()

    @property
    def bare_label(self) -> str:
        """The label without number, dash or full stop."""
        return _bare(self.indicator.label)

    @property
    def short_label(self) -> str:
        """The label alone where the table has it once, else under its parents'."""
        same = [one for one in self.table.indicators if one.label == self.indicator.label]
        return _bare(self.indicator.label) if len(same) == 1 else self.full_label

    @property
    def full_label(self) -> str:
        """The label under its parents' («Tổng số biên chế viên chức: Tổng số có mặt»)."""
        by_code = {part.code: part for part in self.table.indicators}
        parts, at = [_bare(self.indicator.label)], self.indicator.parent
        while at in by_code:
            parts.insert(0, _bare(by_code[at].label))
            at = by_code[at].parent
        return ": ".join(
            dict.fromkeys([self.indicator.group, *parts] if self.indicator.group else parts)
        )

    def impossible(self, period: str) -> str:
        """Why no figure can exist in this period, in the plan's own words; empty: it can."""
        why = self.indicator.not_applicable
        return why.get(period, why.get("*", ""))


def _bare(label: str) -> str:
    return label.lstrip("-– ").rstrip(".;: ")


@dataclass(frozen=True)
class OutputRows:
    """The rows of an output, in printed order."""

    rows: Mapping[str, IndicatorRow]
    appendices: tuple[Appendix, ...]
    owing: Mapping[str, tuple[str, ...]]
    """Appendix code → the agencies that owe it."""
    by_period: bool = False
    """Whether a figure stands under the period its obligation is for, not under the form's own column."""

    @cached_property
    def shared(self) -> tuple[IndicatorRow, ...]:
        return tuple(row for row in self.rows.values() if not row.owner and row.fillable)

    @cached_property
    def places(self) -> frozenset[tuple[str, str]]:
        """(row, period) of every cell that a figure may stand in."""
        return frozenset((row.name, period.key) for row, period in self.cells())

    def cells(self) -> Iterator[tuple[IndicatorRow, Period]]:
        """Every cell that a figure may stand in."""
        for row in self.rows.values():
            if row.fillable:
                for period in row.periods:
                    yield row, period

    def plan_as_shown(self, definition: PlanDefinition) -> PlanDefinition:
        """The plan with the appendices as this output has them: by period, with its own columns."""
        if not self.by_period:
            return definition
        return definition.model_copy(update={"appendices": list(self.appendices)})

    def of(self, appendix: str, indicator: str) -> IndicatorRow:
        return self.rows[f"{appendix}.{indicator}"]


def output_rows(definition: PlanDefinition, output: Output) -> OutputRows:
    """The rows of the appendices that an output is made from."""
    owing = _owing(definition, output.inputs)
    appendices = tuple(one for one in definition.appendices if one.code in owing)
    book = OutputRows(dict(_rows(appendices, owing)), appendices, owing)
    columns = columns_of(definition, output)
    if not columns.own:
        return book
    period = period_words(output_parts(output.id)[1])
    return in_periods(book, columns.periods, sorted(columns.own_keys), f"Kỳ báo cáo: {period}")


def in_periods(
    book: OutputRows, periods: Sequence[Period], checked: Sequence[str] = (), subtitle: str = ""
) -> OutputRows:
    """The same rows over periods of the calendar; rules speak of the `checked` ones. `subtitle`: below each
    appendix's own."""
    appendices = tuple(
        _dated(one, list(periods), list(checked), subtitle) for one in book.appendices
    )
    return OutputRows(dict(_rows(appendices, book.owing)), appendices, book.owing, by_period=True)


def _dated(
    appendix: Appendix, periods: list[Period], checked: list[str], subtitle: str
) -> Appendix:
    tables = [one.model_copy(update={"periods": periods}) for one in appendix.tables]
    rules = [one.model_copy(update={"periods": checked}) for one in appendix.rules if checked]
    below = "\n".join(part for part in (appendix.subtitle, subtitle) if part)
    return appendix.model_copy(update={"tables": tables, "rules": rules, "subtitle": below})


def handed_in_once(definition: PlanDefinition, output: Output) -> bool:
    """Whether nobody hands in the same appendix twice for this output: none recurs, none is owed by the same
    agency in two deliverables."""
    given: set[tuple[str, str]] = set()
    for part in definition.deliverables:
        if part.id in output.inputs and part.appendix:
            mine = {(part.appendix, agency) for agency in owners(definition, part)}
            if mine & given or recurrence(definition, part):
                return False
            given |= mine
    return True


def call_rows(definition: PlanDefinition, call: DataCall) -> OutputRows:
    """The rows that an internal data call asks of others: shared by all asked."""
    asked = set(call.asked_of)
    agencies = tuple(a.id for a in definition.agencies if a.id in asked or a.group in asked)
    appendices = tuple(one for one in definition.appendices if one.code == call.appendix)
    wanted = {f"{call.appendix}.{code.removeprefix(f'{call.appendix}.')}" for code in call.rows}
    rows = {
        f"{appendix.code}.{part.code}": IndicatorRow(
            f"{appendix.code}.{part.code}", appendix, table, part, owner=""
        )
        for appendix in appendices
        for table in appendix.tables
        for part in table.indicators
        if f"{appendix.code}.{part.code}" in wanted
    }
    return OutputRows(rows, appendices, {call.appendix: agencies})


def _owing(definition: PlanDefinition, inputs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    wanted = set(inputs)
    owing: dict[str, dict[str, None]] = {}
    for part in definition.deliverables:
        if part.id in wanted and part.appendix:
            agencies = owing.setdefault(part.appendix, {})
            agencies.update(dict.fromkeys(owners(definition, part)))
    return {code: tuple(agencies) for code, agencies in owing.items()}


def _rows(
    appendices: Sequence[Appendix], owing: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, IndicatorRow]]:
    for appendix in appendices:
        agencies = frozenset(owing[appendix.code])
        alone = next(iter(agencies)) if len(agencies) == 1 else ""
        for table in appendix.tables:
            for part in table.indicators:
                name = f"{appendix.code}.{part.code}"
                named = part.owner or appendix.owner or ""
                yield (
                    name,
                    IndicatorRow(
                        name, appendix, table, part, named if named in agencies else alone
                    ),
                )
