"""The pen of the provincial appendices: writes what stands, and remembers it for the check afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consolidation.figures.gather import Figures
from consolidation.figures.merge import Merged, tidy
from consolidation.outputs.workbook_style import DIFFERENCE, GROWTH
from intake.forms.style import Styles
from intake.forms.writer import Pen
from intake.workbook.cells import NOT_APPLICABLE
from intake.workbook.template import Line, Template
from intake.workbook.xlsx import Place
from plan.definition.model import ValueType

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

    def figure(self, place: Place, line: Line, period: str, *, ratio: str = "") -> None:
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

    def impossible(self, row: int, column: int, reason: str) -> None:
        """Where no figure can exist; the reason stands in the note."""
        self.written[row, column] = NOT_APPLICABLE
        self.text(row, column, NOT_APPLICABLE, "impossible")

    def note(self, row: int, column: int, line: Line) -> str:
        text = self.remarks.get(line.name, "")
        self.text(row, column, text, "remark")
        return text

    def _shown(self, line: Line, period: str) -> tuple[float | str | None, str]:
        if period in (DIFFERENCE, GROWTH):
            return _compared(self.figures, line, growth=period == GROWTH)
        merged = self.figures.at(line.name, period)
        if merged.not_applicable:
            return NOT_APPLICABLE, "impossible"
        if merged.value is None:
            return (_NOT_MERGED, "impossible") if merged.why_not else (None, "blank")
        return merged.value, self._style(line, period, merged)

    def _style(self, line: Line, period: str, merged: Merged) -> str:
        if isinstance(merged.value, str):
            return "words" if line.type is ValueType.text else "chosen"
        if (line.name, period) in self.figures.derived:
            return "derived"
        if line.type is ValueType.percent or isinstance(tidy(merged.value), float):
            return "broken"
        return "whole"


def _compared(figures: Figures, line: Line, *, growth: bool) -> tuple[float | None, str]:
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
