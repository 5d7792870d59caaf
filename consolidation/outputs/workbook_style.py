"""The provincial appendices' sheets before a figure is written: which rows, which periods, what look.

The layout is the blank workbook's own, so that what agencies filled in and what the province prints look
alike; only the parts of percentages are left out, and a table that compares two moments gets its
differences. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from consolidation.figures.gather import Figures
from consolidation.figures.merge import Merged, tidy
from consolidation.figures.rows import OutputRows
from intake.forms.style import Styles
from intake.forms.writer import Pen
from intake.workbook.cells import NOT_APPLICABLE
from intake.workbook.template import FigureLine, SheetPlan, TablePlan, Template, template_for
from intake.workbook.xlsx import Place
from plan.definition.appendices import Period, Table, ValueType
from plan.definition.model import PlanDefinition

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
_SMALL_FIGURE: dict[str, Any] = {**PLAIN, "align": "right", "indent": 1, "valign": "top"}
# Excel shows a whole number as «60.» where a format has only decimals that may be left out («#,##0.##»).

_STYLES: dict[str, dict[str, Any]] = {
    "whole": {**_FIGURE, "num_format": "#,##0"},
    "broken": {**_FIGURE, "num_format": "#,##0.00"},
    "derived": {**_FIGURE, "num_format": "#,##0", "italic": True},
    "derived_broken": {**_FIGURE, "num_format": "#,##0.00", "italic": True},
    "signed": {**_FIGURE, "num_format": "+#,##0;-#,##0;0", "bg_color": "#F2F2F2"},
    "growth": {**_FIGURE, "num_format": "+0.0;-0.0;0.0", "bg_color": "#F2F2F2"},
    "chosen": {**_BOX, "align": "center"},
    "words": {**_BOX, "font_size": 10, "text_wrap": True},
    "note": {**_BOX, "font_size": 11, "text_wrap": True},
    "blank": {**_BOX},
    "remark": {**_BOX, "font_size": 11, "text_wrap": True},
    "list_head": {**_SMALL, "bold": True, "bottom": 1, "bg_color": "#F2F2F2"},
    "list": _SMALL,
    "list_number": {**_SMALL_FIGURE, "num_format": "#,##0"},
    "list_broken": {**_SMALL_FIGURE, "num_format": "#,##0.######"},
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


def print_template(definition: PlanDefinition, book: OutputRows) -> Template:
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


def _line(line: FigureLine) -> FigureLine:
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


def add_footer(sheet: Any, left: str) -> None:
    """What stands at the foot of each printed page: this, and the page's number."""
    small = '&"Times New Roman,Italic"&9'
    words = left.replace("&", "&&")
    sheet.set_footer(f"&L{small}{words}&R{small}Trang &P/&N", {"margin": 0.35})


# --- The pen of the provincial appendices: writes what stands, and remembers it for the check
# afterwards.

Written = dict[Place, float | str]
_NOT_MERGED = "Không gộp"


class ResultPen(Pen):
    """Writes one sheet of figures that nobody fills in any more."""

    def __init__(
        self,
        sheet: Any,
        styles: Styles,
        template: Template,
        figures: Figures,
        remarks: Mapping[str, str],
    ) -> None:
        super().__init__(sheet, styles, template, {})
        self.figures, self.remarks = figures, remarks
        self.written: Written = {}
        """Every figure on the sheet, by place: what the finished file must say when it is read."""

    def figure(self, place: Place, line: FigureLine, period: str, *, ratio: str = "") -> None:  # noqa: ARG002 - the signature is the blank workbook's
        """A merged cell. A blank stays blank; a text is never a formula."""
        value, style = self._shown(line, period)
        if value is None:
            self.sheet.write_blank(*place, None, self.styles[style])
            return
        self.written[place] = value
        if isinstance(value, str):
            self.sheet.write_string(*place, value, self.styles[style])
        else:
            self.sheet.write_number(*place, value, self.styles[style])

    def impossible(self, row: int, column: int, reason: str) -> None:  # noqa: ARG002 - the note beside the table tells it
        """Where no figure can exist; the reason stands in the note."""
        self.written[row, column] = NOT_APPLICABLE
        self.text(row, column, NOT_APPLICABLE, "impossible")

    def note(self, row: int, column: int, line: FigureLine) -> str:
        text = self.remarks.get(line.name, "")
        self.text(row, column, text, "remark")
        return text

    def _shown(self, line: FigureLine, period: str) -> tuple[float | str | None, str]:
        if period in (DIFFERENCE, GROWTH):
            return _compared_value(self.figures, line, growth=period == GROWTH)
        merged = self.figures.at(line.name, period)
        if merged.not_applicable:
            return NOT_APPLICABLE, "impossible"
        if merged.value is None:
            return (_NOT_MERGED, "impossible") if merged.why_not else (None, "blank")
        return merged.value, self._style(line, period, merged)

    def _style(self, line: FigureLine, period: str, merged: Merged) -> str:
        if isinstance(merged.value, str):
            return "words" if line.type is ValueType.text else "chosen"
        broken = line.type is ValueType.percent or isinstance(tidy(merged.value), float)
        if (line.name, period) in self.figures.derived:
            return "derived_broken" if broken else "derived"
        return "broken" if broken else "whole"


def _compared_value(
    figures: Figures, line: FigureLine, *, growth: bool
) -> tuple[float | None, str]:
    """The second moment against the first: difference, or growth in percent of the first."""
    style = "growth" if growth else "signed"
    periods = figures.book.rows[line.name].periods
    before, after = (figures.at(line.name, period.key).value for period in periods)
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return None, "blank"
    if growth:
        return (100 * (after - before) / before, style) if before else (None, "blank")
    difference = tidy(float(after - before))
    assert not isinstance(difference, str)
    return difference, style
