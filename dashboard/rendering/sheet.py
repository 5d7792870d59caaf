"""An appendix drawn as the plan prints it, with what was read in its cells and the findings marked.

Drawn from the plan's data and the values kept, never from the file: it shows what the program
understood, which is what a person must check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from consolidation.figures.rows import IndicatorRow
from plan.definition.appendices import Appendix, Indicator, Table, ValueType
from plan.definition.model import PlanDefinition
from plan.models import Finding, Value
from plan.text import number_words

Key = tuple[str, str]
"""(indicator, period)"""
RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class DrawnCell:
    """One cell. `text` as people write numbers; `findings` gravest first."""

    anchor: str
    text: str
    address: str
    findings: tuple[Finding, ...] = ()
    number: bool = True
    value: float | str | None = None
    """The same as a plain value, for a table to take away; None where it is the text."""
    mark: str = ""
    """Set where another drawing differs: «trước: 12»."""
    href: str = ""
    """Where a click on the figure leads."""

    @property
    def severity(self) -> str:
        return self.findings[0].severity if self.findings else ""


@dataclass(frozen=True)
class DrawnRow:
    stt: str
    label: str
    header: bool
    cells: tuple[DrawnCell, ...]


@dataclass(frozen=True)
class DrawnTable:
    """A table with its heads; the first heads stand over the row's own words."""

    title: str
    row_heads: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[DrawnRow, ...]


@dataclass(frozen=True)
class DrawnSheet:
    code: str
    heading: str
    title: str
    tables: tuple[DrawnTable, ...]


@dataclass(frozen=True)
class Written:
    """What stands in a cell, as people write it, and the cell's address in the file."""

    text: str
    address: str = ""
    value: float | str | None = None
    """The same as a plain value; None where it is the text."""


@dataclass(frozen=True)
class Content:
    """What stands in the cells."""

    values: Mapping[Key, Written]
    findings: Mapping[Key, tuple[Finding, ...]]
    marks: Mapping[Key, str] = field(default_factory=dict)
    href: Callable[[Key], str] = lambda _key: ""


def content(
    values: Iterable[Value], findings: Iterable[Finding], marks: Mapping[Key, str] | None = None
) -> Content:
    """Values and findings by the cell they belong to."""
    by_cell: dict[Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_cell[finding.indicator.partition("#")[0], finding.period].append(finding)
    return Content(
        {
            (value.indicator, value.period): Written(
                value_words(value), value.cell, None if value.not_applicable else value.number
            )
            for value in values
        },
        {
            key: tuple(sorted(found, key=lambda one: RANK[one.severity]))
            for key, found in by_cell.items()
        },
        marks or {},
    )


def drawn_sheets(
    definition: PlanDefinition, codes: Sequence[str], agency: str | None, has: Content
) -> list[DrawnSheet]:
    """The appendices with these codes, of an agency's own rows only where rows have owners; without
    an agency, every row."""
    return [
        _sheet(appendix, agency, has)
        for appendix in definition.appendices
        if appendix.code in codes
    ]


def _sheet(appendix: Appendix, agency: str | None, has: Content) -> DrawnSheet:
    tables = (
        _table(appendix, table, _mine(appendix, table, agency), has) for table in appendix.tables
    )
    filled = tuple(table for table in tables if table.rows)
    return DrawnSheet(appendix.code, appendix.heading, appendix.title, filled)


def drawn_rows(
    definition: PlanDefinition, names: Collection[str], has: Content
) -> list[DrawnTable]:
    """These indicators alone (`PL2.1`), each table they stand in drawn with no other row; a row whose
    label needs its parents' is told under theirs."""
    found = []
    for appendix in definition.appendices:
        for table in appendix.tables:
            some = [one for one in table.indicators if f"{appendix.code}.{one.code}" in names]
            if some:
                drawn = _table(appendix, table, some, has)
                found.append(replace(drawn, rows=tuple(_alone(drawn, appendix, table, some))))
    return found


def _alone(
    drawn: DrawnTable, appendix: Appendix, table: Table, some: Sequence[Indicator]
) -> Iterator[DrawnRow]:
    if table.layout == "columns":
        yield from drawn.rows
        return
    for row, one in zip(drawn.rows, some, strict=True):
        number = one.stt if any(c.isalnum() for c in one.stt) else ""
        yield replace(row, stt=number, label=_label(appendix, table, one))


def _label(appendix: Appendix, table: Table, one: Indicator) -> str:
    """The label alone where the table has it once, else under its parents' or its group's."""
    return IndicatorRow(one.code, appendix, table, one, owner="").short_label


def _table(
    appendix: Appendix, table: Table, indicators: Sequence[Indicator], has: Content
) -> DrawnTable:
    heads, rows = _heads(appendix, table, indicators), _rows(appendix, table, indicators, has)
    return DrawnTable(table.title, tuple(table.heads), heads, rows)


def _mine(appendix: Appendix, table: Table, agency: str | None) -> list[Indicator]:
    """The agency's own rows."""
    if agency is None:
        return list(table.indicators)
    return [one for one in table.indicators if (one.owner or appendix.owner or agency) == agency]


def _heads(appendix: Appendix, table: Table, indicators: Sequence[Indicator]) -> tuple[str, ...]:
    if table.layout == "columns":
        return tuple(_label(appendix, table, one) for one in indicators)
    return tuple(period.label for period in table.periods)


def _rows(
    appendix: Appendix, table: Table, indicators: Sequence[Indicator], has: Content
) -> tuple[DrawnRow, ...]:
    if table.layout == "columns":
        return tuple(
            DrawnRow(
                table.constant,
                period.label,
                False,
                tuple(_cell(appendix, one, period.key, has) for one in indicators),
            )
            for period in table.periods
        )
    return tuple(
        DrawnRow(
            one.stt,
            one.label,
            one.type is ValueType.header,
            ()
            if one.type is ValueType.header
            else tuple(_cell(appendix, one, period.key, has) for period in table.periods),
        )
        for one in indicators
    )


def _cell(appendix: Appendix, indicator: Indicator, period: str, has: Content) -> DrawnCell:
    name = f"{appendix.code}.{indicator.code}"
    key = (name, period)
    value, findings = has.values.get(key), has.findings.get(key, ())
    address = value.address if value else next((f.cell for f in findings if f.cell), "")
    return DrawnCell(
        anchor=anchor(name, period),
        text=value.text if value else next((one.read for one in findings if one.read), ""),
        address=address,
        findings=findings,
        value=value.value if value else None,
        number=indicator.type not in (ValueType.text, ValueType.choice),
        mark=has.marks.get(key, ""),
        href=has.href(key) if value and value.text else "",
    )


def value_words(value: Value) -> str:
    """«1.850», «98,5», «Không áp dụng»."""
    if value.not_applicable:
        return "Không áp dụng"
    if value.number is not None:
        return number_words(value.number)
    return value.text or ""


def anchor(indicator: str, period: str) -> str:
    """The id of a cell on the page: `o-PL3.1.1-2018`."""
    safe = "".join(c if c.isalnum() or c in ".-" else "_" for c in f"{indicator}-{period}")
    return f"o-{safe}"
