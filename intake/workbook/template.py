"""How a workbook's sheets, rows and columns are known: the template of one agency, and its keys.

A key stands in a hidden column and a hidden row of every sheet, so that a row moved, a sheet renamed or
a file saved by another program is still read by key, never by place. The same keys, with plan, agency
and template version, stand on the hidden sheet `_dondoc`.

Pure. A template is compiled once for a plan and an agency, and kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from intake.files.memo import cached_by_plan
from intake.workbook.marks import split_marks
from plan.definition.appendices import Appendix, Indicator, Period, Table, ValueType
from plan.definition.model import DataCall, Deliverable, DeliverableKind, PlanDefinition
from plan.text import normalise

KEY_SHEET = "_dondoc"
COVER_SHEET = "Hướng dẫn"
FINDINGS_SHEET = "Phát hiện"
"""Put before the others in a copy with findings marked; passed over when that copy comes back."""
SHEET_MARK = "dondoc:"
TABLE_MARK = "bang:"
ROW_MARK = "dong:"
COLUMN_MARK = "cot:"
NOTE = "note"
"""Column key of «Ghi chú», and the period key under which a note is told."""

Part = Literal["", "n", "d"]


@dataclass(frozen=True)
class FigureLine:
    """What one figure a period is asked for: an indicator, or one part of its percentage."""

    name: str
    """`PL3.5.1`, `PL3.5.1#n`, `PL3.5.1#d`"""
    indicator: Indicator
    appendix: str
    part: Part = ""
    owed: bool = True
    """Whether this agency fills it in."""
    filled_by: str = ""
    """The agency that does."""
    spellings: frozenset[str] = frozenset()
    """Its label as it may be written (the source's misspelling, the corrected one, aliases), normalised."""

    @cached_property
    def fills(self) -> bool:
        """Whether this agency writes a figure there: owed, and no heading."""
        return self.owed and self.type is not ValueType.header

    @cached_property
    def asks_parts(self) -> bool:
        """Whether it is a percentage whose numerator and denominator are asked for too."""
        return self.indicator.ratio is not None and not self.part

    @cached_property
    def whole(self) -> str:
        """The indicator's own name, without its part."""
        return self.name.partition("#")[0]

    @cached_property
    def type(self) -> ValueType:
        return ValueType.count if self.part else self.indicator.type

    @property
    def label(self) -> str:
        ratio = self.indicator.ratio
        if not self.part or ratio is None:
            return self.indicator.label
        return f"Tử số: {ratio.numerator}" if self.part == "n" else f"Mẫu số: {ratio.denominator}"


@dataclass(frozen=True)
class TablePlan:
    """A table of the appendix with its lines, parts of percentages included, in printed order."""

    name: str
    """`PL4.I`; without a code of its own, the appendix's."""
    table: Table
    lines: tuple[FigureLine, ...]

    @property
    def by_rows(self) -> bool:
        return self.table.layout == "rows"

    @property
    def periods(self) -> tuple[Period, ...]:
        return tuple(self.table.periods)


@dataclass(frozen=True)
class SheetPlan:
    """One appendix as this agency fills it in."""

    appendix: Appendix
    tables: tuple[TablePlan, ...]
    deliverable: str
    """The deliverable (or data call) it answers; empty: none of this agency's."""

    @property
    def name(self) -> str:
        return self.appendix.code

    def lines(self) -> Iterator[FigureLine]:
        for table in self.tables:
            yield from table.lines

    @cached_property
    def row_lines(self) -> frozenset[str]:
        """Lines of tables laid out by rows."""
        return frozenset(
            line.name for table in self.tables if table.by_rows for line in table.lines
        )

    @cached_property
    def asked(self) -> frozenset[tuple[str, str]]:
        """Every (line, period) this agency fills in."""
        return frozenset(
            (line.name, period.key)
            for table in self.tables
            for line in table.lines
            if line.fills
            for period in table.table.periods
            if period.key not in line.indicator.not_applicable
        )

    @cached_property
    def owed(self) -> frozenset[str]:
        """Indicators this agency fills in."""
        return frozenset(line.whole for line in self.lines() if line.owed)


@dataclass(frozen=True)
class Template:
    """Everything one agency is asked for in workbooks. Agency empty: every row of every appendix."""

    definition: PlanDefinition
    agency: str
    version: str
    sheets: tuple[SheetPlan, ...]

    @cached_property
    def lines(self) -> dict[str, FigureLine]:
        """Every line by name."""
        return {line.name: line for sheet in self.sheets for line in sheet.lines()}

    @cached_property
    def tables(self) -> dict[str, TablePlan]:
        """Every table by name."""
        return {table.name: table for sheet in self.sheets for table in sheet.tables}

    @cached_property
    def agency_names(self) -> dict[str, str]:
        """The latest name of every agency by id."""
        return {one.id: one.names[-1].name for one in self.definition.agencies}

    @cached_property
    def sheet_of(self) -> dict[str, SheetPlan]:
        """The sheet by appendix code."""
        return {sheet.name: sheet for sheet in self.sheets}

    @cached_property
    def table_of(self) -> dict[str, TablePlan]:
        """The table by line name."""
        return {line.name: table for table in self.tables.values() for line in table.lines}

    @property
    def deliverables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(sheet.deliverable for sheet in self.sheets if sheet.deliverable))

    def mark(self, sheet: str) -> str:
        """What stands in A1 of a sheet: plan, agency, sheet and version."""
        return f"{SHEET_MARK}{self.definition.id}/{self.agency}/{sheet}/{self.version}"


def indicator_name(appendix: str, code: str) -> str:
    """`PL2.1.3`: how an indicator is named everywhere."""
    return f"{appendix}.{code}"


def table_name(appendix: Appendix, table: Table) -> str:
    return f"{appendix.code}.{table.code}" if table.code else appendix.code


@cached_by_plan(64)
def template_for(definition: PlanDefinition, agency: str) -> Template:
    """The template of one agency; `agency` empty: all appendices, whoever fills them in."""
    version = _version(definition)
    wanted = _wanted(definition, agency)
    sheets = tuple(
        _sheet(appendix, *wanted[appendix.code], agency)
        for appendix in definition.appendices
        if appendix.code in wanted
    )
    return Template(definition=definition, agency=agency, version=version, sheets=sheets)


# --- compiling ------------------------------------------------------------------------------------


def _version(definition: PlanDefinition) -> str:
    shape = [
        [
            appendix.code,
            [
                [table.code, table.layout, [period.key for period in table.periods]]
                + [_shape(indicator) for indicator in table.indicators]
                for table in appendix.tables
            ],
        ]
        for appendix in definition.appendices
    ]
    text = json.dumps([definition.id, shape], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _shape(indicator: Indicator) -> list[Any]:
    parts = [indicator.ratio.numerator, indicator.ratio.denominator] if indicator.ratio else []
    return [indicator.code, indicator.label, indicator.type.value, indicator.unit, parts]


def _wanted(
    definition: PlanDefinition, agency: str
) -> dict[str, tuple[str, frozenset[str] | None]]:
    """Appendix → deliverable it answers, and the codes asked for (none: by owner)."""
    if not agency:
        return {appendix.code: ("", None) for appendix in definition.appendices}
    own = {agency} | {one.group for one in definition.agencies if one.id == agency}
    wanted: dict[str, tuple[str, frozenset[str] | None]] = {}
    for call in definition.data_calls:
        if own & set(call.asked_of):
            wanted[call.appendix] = (call.id, _rows_of(call))
    for deliverable in definition.deliverables:
        if _asks_figures(deliverable) and own & set(deliverable.owners) and deliverable.appendix:
            call_rows = wanted.get(deliverable.appendix, ("", None))[1]
            wanted[deliverable.appendix] = (deliverable.id, call_rows)
    return wanted


def _asks_figures(deliverable: Deliverable) -> bool:
    return deliverable.kind is DeliverableKind.appendix


def _rows_of(call: DataCall) -> frozenset[str]:
    return frozenset(code.removeprefix(f"{call.appendix}.") for code in call.rows)


def _sheet(
    appendix: Appendix, deliverable: str, asked: frozenset[str] | None, agency: str
) -> SheetPlan:
    tables = tuple(
        TablePlan(
            name=table_name(appendix, table),
            table=table,
            lines=tuple(
                line
                for indicator in table.indicators
                for line in _lines(appendix, indicator, asked, agency)
            ),
        )
        for table in appendix.tables
    )
    return SheetPlan(appendix=appendix, tables=tables, deliverable=deliverable)


def _lines(
    appendix: Appendix, indicator: Indicator, asked: frozenset[str] | None, agency: str
) -> Iterator[FigureLine]:
    name = indicator_name(appendix.code, indicator.code)
    filled_by = indicator.owner or appendix.owner or ""
    owed = filled_by in (agency, "") or (asked is not None and indicator.code in asked)
    owed = owed or not agency
    parts: tuple[Part, ...] = ("", "n", "d") if indicator.ratio else ("",)
    for part in parts:
        full = f"{name}#{part}" if part else name
        line = FigureLine(full, indicator, appendix.code, part=part, owed=owed, filled_by=filled_by)
        yield replace(line, spellings=_spellings(line))


def _spellings(line: FigureLine) -> frozenset[str]:
    one = line.indicator
    written = [line.label] if line.part else [one.label, one.standard_label, *one.aliases]
    return frozenset(plain_label(text) for text in written if text)


_BULLET = re.compile(r"^(?:[-+*•–—]|\d{1,2}(?:\.\d{1,2})*[.)]?|[a-zđ][.)])\s+")
_PUNCTUATION = re.compile(r"[^\w%]+")


def plain_label(text: str) -> str:
    """A label made comparable: no bullet, number or footnote mark, no accents, case or punctuation."""
    plain = normalise(split_marks(text)[0])
    plain = _BULLET.sub("", plain) if plain[:1] in "-+*•" else plain
    return _PUNCTUATION.sub(" ", plain).strip()


def beside(places: Mapping[str, int], order: Sequence[str], name: str) -> tuple[int, str]:
    """Where a row or column that is not there would stand, and behind which one: right behind the nearest
    before it in `order` that has a place; with none, where the first that has one stands (behind «»)."""
    before = [one for one in order[: list(order).index(name)] if one in places]
    if before:
        return places[before[-1]] + 1, before[-1]
    return min(places.values(), default=0), ""
