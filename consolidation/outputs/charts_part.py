"""How a key indicator is drawn, in the workbook and in the report: one look, from cells. XlsxWriter's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consolidation.figures.gather import Figures
from consolidation.figures.rows import Row
from plan.definition.model import PeriodKind, ValueType

WIDTH, HEIGHT = 620, 330
"""Pixels."""
_TITLE = 62
"""Characters on a line of a chart's title."""
_RED, _FONT = "#9C1C28", {"name": "Times New Roman", "size": 11, "color": "#404040"}
_COLUMN: dict[str, Any] = {
    "series": {"fill": {"color": _RED}, "gap": 90},
    "partial": {
        "border": {"color": _RED, "width": 1},
        "pattern": {"pattern": "wide_upward_diagonal", "fg_color": _RED, "bg_color": "#FFFFFF"},
    },
}
_LINE: dict[str, Any] = {
    "series": {
        "line": {"color": _RED, "width": 2.0},
        "marker": {"type": "circle", "size": 7, "fill": {"color": _RED}, "border": {"color": _RED}},
    },
    "partial": {"fill": {"color": "#FFFFFF"}, "border": {"color": _RED, "width": 1.5}},
}


@dataclass(frozen=True)
class Cells:
    """Where a chart's figures stand: a row of heads and a row of values, on one sheet."""

    sheet: str
    head: int
    row: int
    first: int
    last: int


def worth_a_chart(figures: Figures, row: Row) -> bool:
    """A key indicator, by years, with a line to draw."""
    if not row.indicator.key_indicator or row.table.layout != "rows":
        return False
    values = (figures.at(row.name, period.key).value for period in row.periods)
    return sum(isinstance(value, int | float) for value in values) >= 2


def draw(book: Any, row: Row, cells: Cells) -> Any:
    """A native chart of these cells. What happened in a year stands as a column, the partial year
    hatched; what stood at a year's end, or is a rate, is a line, the partial year hollow."""
    columns = _adds_up_over_a_year(row)
    chart = book.add_chart({"type": "column" if columns else "line"})
    form: Mapping[str, Any] = _COLUMN if columns else _LINE
    chart.add_series(
        {
            "name": row.full_label,
            "categories": [cells.sheet, cells.head, cells.first, cells.head, cells.last],
            "values": [cells.sheet, cells.row, cells.first, cells.row, cells.last],
            "points": [form["partial"] if period.partial else None for period in row.periods],
            "data_labels": {
                "value": True,
                "position": "outside_end" if columns else "above",
                "font": _FONT,
                "num_format": "#,##0.0" if row.indicator.type is ValueType.percent else "#,##0",
            },
            **form["series"],
        }
    )
    _frame(chart, row)
    return chart


def _adds_up_over_a_year(row: Row) -> bool:
    counted = row.indicator.type is not ValueType.percent
    return counted and row.indicator.period_kind is PeriodKind.flow


def _frame(chart: Any, row: Row) -> None:
    chart.set_title(
        {"name": _title(row), "name_font": {**_FONT, "size": 12, "bold": True}, "overlay": False}
    )
    chart.set_legend({"none": True})
    chart.set_x_axis({"num_font": {**_FONT, "size": 10}, "line": {"color": "#7F7F7F"}})
    # A count drawn from nought: a line that climbs from 12 to 13 must not look like a leap.
    floor = {} if row.indicator.type is ValueType.percent else {"min": 0}
    chart.set_y_axis(
        {
            **floor,
            "num_font": _FONT,
            "major_gridlines": {"visible": True, "line": {"color": "#E0E0E0"}},
            "line": {"none": True},
            "name": row.indicator.unit,
            "name_font": {**_FONT, "bold": False},
        }
    )
    chart.show_blanks_as("gap")
    chart.set_size({"width": WIDTH, "height": HEIGHT})


def _title(row: Row) -> str:
    """Broken in two where it would not fit over the chart."""
    lines = [""]
    for word in row.full_label.split():
        if len(lines[-1]) + len(word) > _TITLE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")
