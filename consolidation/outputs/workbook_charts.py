"""The workbook's sheet of charts: key indicators, where people look rather than read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consolidation.figures.rows import Row
from consolidation.outputs.charts_part import Cells, draw, worth_a_chart
from consolidation.outputs.material import Material
from consolidation.outputs.workbook_style import ResultStyles
from intake.forms.layout import SheetLayout

CHARTS = "Biểu đồ"
_ROWS, _COLUMNS = 17, 10
"""Rows and columns of the sheet that a chart takes."""
_NOTE = (
    "Năm chưa trọn: cột gạch chéo, chấm trắng; số cộng dồn trong năm đó không so được với "
    "các năm trước."
)


def write_charts(
    book: Any, styles: ResultStyles, layouts: Mapping[str, SheetLayout], material: Material
) -> int:
    """Two charts a row, one for each key indicator with at least two figures. Gives how many."""
    figures = material.figures
    rows = [row for row in figures.book.rows.values() if worth_a_chart(figures, row)]
    sheet = book.add_worksheet(CHARTS)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, "BIỂU ĐỒ CÁC CHỈ TIÊU CHÍNH", styles["lead"])
    sheet.write_string(1, 0, _NOTE if rows else "Chưa đủ số liệu để vẽ.", styles["lead_note"])
    for position, row in enumerate(rows):
        chart = draw(book, row, _cells(layouts, row))
        place = (3 + position // 2 * _ROWS, position % 2 * _COLUMNS)
        sheet.insert_chart(*place, chart, {"object_position": 1})
    sheet.set_h_pagebreaks([3 + n * _ROWS for n in range(2, (len(rows) + 1) // 2, 2)])
    return len(rows)


def _cells(layouts: Mapping[str, SheetLayout], row: Row) -> Cells:
    """The appendix's own cells: the chart follows them."""
    layout = layouts[row.appendix.code]
    table = next(table for table in layout.tables if row.name in table.rows)
    first, last = (table.columns[row.periods[n].key].first for n in (0, -1))
    return Cells(row.appendix.code, table.head_rows[-1], table.rows[row.name], first, last)
