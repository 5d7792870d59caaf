"""The plan format's appendices: tables of indicators by periods, and the rules between them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from plan.definition.base import DefinitionPart, Id, Text


class ValueType(StrEnum):
    # Hides `str.count`, which nobody calls on a type's name.
    count = "count"  # type: ignore[assignment]
    percent = "percent"
    flag = "flag"
    choice = "choice"
    text = "text"
    header = "header"


class PeriodKind(StrEnum):
    flow = "flow"
    """happened in the period; a partial period must not be compared with a whole one"""
    stock = "stock"
    """stood so at the period's end"""
    catalogue = "catalogue"
    """size of a shared list at the period's end; never added up across agencies"""


class Aggregate(StrEnum):
    sum = "sum"
    ratio = "ratio"
    max = "max"
    count_yes = "count_yes"
    single = "single"
    never = "never"


class Period(DefinitionPart):
    key: Text
    label: Text
    ends_on: date
    partial: bool = False


class RatioParts(DefinitionPart):
    """What a percentage is made of; both are asked for in the workbook, as `CODE#n` and `CODE#d`."""

    numerator: Text
    denominator: Text
    required: bool = True


class Indicator(DefinitionPart):
    code: Text
    """Within the appendix: `1.2`; named `PL1.1.2` everywhere else."""
    stt: str = ""
    """The number as printed; empty where the plan prints none."""
    label: Text
    """Verbatim, the source's own misspellings included."""
    standard_label: str = ""
    """The corrected label, where the source is misspelt."""
    aliases: list[str] = []
    type: ValueType
    unit: str = ""
    period_kind: PeriodKind = PeriodKind.flow
    aggregate: Aggregate = Aggregate.single
    aggregate_note: str = ""
    """Why it may (not) be added up, in Vietnamese."""
    ratio: RatioParts | None = None
    weight: str = ""
    """For a percentage averaged by another indicator: that one's code (`PL1.6.2`)."""
    parent: str | None = None
    optional: bool = False
    not_applicable: dict[str, Text] = {}
    """Period key → why no figure can exist there (a decree of a later year)."""
    owner: Id | None = None
    """None: the appendix's owner."""
    group: str = ""
    """Column group heading, in a table laid out by columns."""
    choices: list[str] = []
    may_be_not_applicable: bool = False
    """Whether «Không áp dụng», with a reason, may stand in place of a value."""
    goal: str = ""
    """The measurable part of a goal, in words."""
    links: list[str] = []
    """Indicators of other appendices to read beside this one (`PL1.6.3`)."""
    key_indicator: bool = False
    """Charted in the consolidated workbook."""
    note: str = ""


class Table(DefinitionPart):
    """Rows: indicators down, periods across. Columns: periods down, indicators across."""

    code: str = ""
    title: str = ""
    layout: Literal["rows", "columns"] = "rows"
    heads: list[str]
    """Column heads before the periods (`STT`, `Chỉ tiêu`), or before the indicators."""
    constant: str = ""
    """By columns: what stands in the first column («Bình Định»)."""
    periods: Annotated[list[Period], Field(min_length=1)]
    indicators: Annotated[list[Indicator], Field(min_length=1)]


class Rule(DefinitionPart):
    """A check in the expression form of `plan.rules.syntax`, e.g. `[PL1.1] >= [PL1.1.1] + [PL1.1.2]`."""

    id: Text
    expr: Text
    severity: Literal["error", "warning", "note"] = "error"
    message: Text
    """In Vietnamese: what is wrong and what to do. `{left}` and `{right}` stand for the two sides."""
    at: str = ""
    """Indicator the finding points to; none: the first one named."""
    periods: list[str] = []
    """Only in these; none: in every period of the first indicator's table."""
    trial: bool = False
    """On trial: only warns, whatever its severity."""


class Appendix(DefinitionPart):
    code: Annotated[str, StringConstraints(pattern=r"^PL[0-9A-Za-z]+$")]
    heading: Text
    """«PHỤ LỤC 3»."""
    heading_printed: bool = True
    """Whether the plan's text prints the heading (the source forgot six)."""
    title: Text
    subtitle: str = ""
    reference: Text
    owner: Id | None = None
    tables: Annotated[list[Table], Field(min_length=1)]
    rules: list[Rule] = []
    footnotes: list[str] = []
    ambiguities: list[str] = []
