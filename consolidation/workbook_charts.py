"""Native charts of the key indicators, where people look rather than read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consolidation.intake.blank_layout import SheetLayout, TableLayout
from consolidation.material import Material
from consolidation.rows import Row
from consolidation.workbook_form import ResultStyles
from plan.definition import PeriodKind, ValueType

CHARTS = "Biểu đồ"
_WIDTH, _HEIGHT, _ROWS, _COLUMNS = 620, 330, 17, 10
"""Pixels of a chart; rows and columns of the sheet it takes."""
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


def write_charts(
    book: Any, styles: ResultStyles, layouts: Mapping[str, SheetLayout], material: Material
) -> int:
    """Two charts a row, one for each key indicator with at least two figures. Gives how many."""
    rows = [row for row in material.figures.book.rows.values() if worth_a_chart(material, row)]
    sheet = book.add_worksheet(CHARTS)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    note = (
        "Năm chưa trọn: cột gạch chéo, chấm trắng; số cộng dồn trong năm đó không so được với "
        "các năm trước."
    )
    sheet.write_string(0, 0, "BIỂU ĐỒ CÁC CHỈ TIÊU CHÍNH", styles["lead"])
    sheet.write_string(1, 0, note if rows else "Chưa đủ số liệu để vẽ.", styles["lead_note"])
    for position, row in enumerate(rows):
        chart = _chart(book, _table(layouts, row), row)
        place = (3 + position // 2 * _ROWS, position % 2 * _COLUMNS)
        sheet.insert_chart(*place, chart, {"object_position": 1})
    sheet.set_h_pagebreaks([3 + n * _ROWS for n in range(2, (len(rows) + 1) // 2, 2)])
    return len(rows)


def worth_a_chart(material: Material, row: Row) -> bool:
    """A key indicator, by years, with a line to draw."""
    if not row.indicator.key_indicator or row.table.layout != "rows":
        return False
    values = (material.figures.at(row.name, period.key).value for period in row.periods)
    return sum(isinstance(value, int | float) for value in values) >= 2


def _table(layouts: Mapping[str, SheetLayout], row: Row) -> TableLayout:
    layout = layouts[row.appendix.code]
    return next(table for table in layout.tables if row.name in table.rows)


def _chart(book: Any, table: TableLayout, row: Row) -> Any:
    """Drawn from the appendix's own cells. What happened in a year stands as a column, the partial
    year hatched; what stood at a year's end, or is a rate, is a line, the partial year hollow."""
    columns = _adds_up_over_a_year(row)
    chart = book.add_chart({"type": "column" if columns else "line"})
    first, last = (table.columns[row.periods[n].key].first for n in (0, -1))
    sheet, line, head = row.appendix.code, table.rows[row.name], table.head_rows[-1]
    form = _COLUMN if columns else _LINE
    chart.add_series(
        {
            "name": row.full_label,
            "categories": [sheet, head, first, head, last],
            "values": [sheet, line, first, line, last],
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
    chart.set_y_axis(
        {
            "num_font": _FONT,
            "major_gridlines": {"visible": True, "line": {"color": "#E0E0E0"}},
            "line": {"none": True},
            "name": row.indicator.unit,
            "name_font": {**_FONT, "bold": False},
        }
    )
    chart.show_blanks_as("gap")
    chart.set_size({"width": _WIDTH, "height": _HEIGHT})


def _title(row: Row) -> str:
    """Broken in two where it would not fit over the chart."""
    lines = [""]
    for word in row.full_label.split():
        if len(lines[-1]) + len(word) > _TITLE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")
