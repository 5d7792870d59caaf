"""The provincial appendices' sheets before a figure is written: which rows, which periods, what look.

The layout is the blank workbook's own, so that what agencies filled in and what the province prints look
alike; only the parts of percentages are left out, and a table that compares two moments gets its
differences. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from consolidation.figures.rows import Book
from intake.forms.style import Styles
from intake.workbook.template import Line, SheetPlan, TablePlan, Template, template_for
from plan.definition.model import Period, PlanDefinition, Table

DIFFERENCE, GROWTH = "@difference", "@growth"
"""Period keys of the comparison's lines: no period of a plan begins with @."""

_BOX: dict[str, Any] = {
    "font_name": "Times New Roman",
    "font_size": 12,
    "valign": "vcenter",
    "border": 1,
    "border_color": "#7F7F7F",
}
_FIGURE: dict[str, Any] = {**_BOX, "align": "right", "indent": 1}
"""A figure stands a little off the rule beside it."""
PLAIN: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 11}
"""How a cell without a format of its own looks: ten thousand cells of a long list then need none. Columns are
measured in its digits, which are as wide as those of the library's own default."""
_SMALL: dict[str, Any] = {**PLAIN, "font_size": 10, "text_wrap": True, "valign": "top"}

_STYLES: dict[str, dict[str, Any]] = {
    "whole": {**_FIGURE, "num_format": "#,##0"},
    "broken": {**_FIGURE, "num_format": "#,##0.00"},
    "derived": {**_FIGURE, "num_format": "#,##0.##", "italic": True},
    "signed": {**_FIGURE, "num_format": "+#,##0;-#,##0;0", "bg_color": "#F2F2F2"},
    "growth": {**_FIGURE, "num_format": "+0.0;-0.0;0.0", "bg_color": "#F2F2F2"},
    "chosen": {**_BOX, "align": "center"},
    "words": {**_BOX, "font_size": 10, "text_wrap": True},
    "note": {**_BOX, "font_size": 11, "text_wrap": True},
    "blank": {**_BOX},
    "remark": {**_BOX, "font_size": 11, "text_wrap": True},
    "list_head": {**_SMALL, "bold": True, "bottom": 1, "bg_color": "#F2F2F2"},
    "list": _SMALL,
    "list_number": {
        **PLAIN,
        "num_format": "#,##0.######",
        "align": "right",
        "indent": 1,
        "valign": "top",
    },
    "lead": {"font_name": "Times New Roman", "font_size": 13, "bold": True},
    "lead_note": {"font_name": "Times New Roman", "font_size": 11, "italic": True},
    "partial": {
        "font_name": "Times New Roman",
        "font_size": 12,
        "italic": True,
        "text_wrap": True,
        "font_color": "#9C0006",
    },
}


class ResultStyles(Styles):
    """The blank workbook's styles, and those of figures that stand."""

    def __getitem__(self, name: str) -> Any:
        if name in _STYLES and name not in self._made:
            self._made[name] = self._book.add_format(_STYLES[name])
        return super().__getitem__(name)


def print_template(definition: PlanDefinition, book: Book) -> Template:
    """The appendices of a book as sheets to print."""
    whole = template_for(definition, "")
    wanted = {appendix.code for appendix in book.appendices}
    sheets = tuple(_sheet(sheet) for sheet in whole.sheets if sheet.name in wanted)
    return replace(whole, sheets=sheets)


def _sheet(sheet: SheetPlan) -> SheetPlan:
    return replace(sheet, tables=tuple(_table(table) for table in sheet.tables))


def _table(table: TablePlan) -> TablePlan:
    lines = tuple(_line(line) for line in table.lines if not line.part)
    return replace(table, table=_compared(table.table), lines=lines)


def _line(line: Line) -> Line:
    return replace(line, owed=True)


def _compared(table: Table) -> Table:
    """A table of two moments side by side («so sánh»), with the lines its print has no room for."""
    if table.layout != "columns" or len(table.periods) != 2:
        return table
    more = [
        Period(key=DIFFERENCE, label="Chênh lệch (tăng +, giảm -)", ends_on=date.max),
        Period(key=GROWTH, label="Tỷ lệ tăng, giảm (%)", ends_on=date.max),
    ]
    return table.model_copy(update={"periods": [*table.periods, *more]})
