"""A native chart in a Word document: Word and LibreOffice draw it, its figures can be edited.

XlsxWriter makes a small workbook with the figures and the chart; its chart part goes into the document,
and the workbook goes in beside it as the chart's data.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Mm, Pt
from lxml import etree

from consolidation.figures.gather import Figures
from consolidation.figures.rows import IndicatorRow
from consolidation.outputs.material import Material
from consolidation.outputs.workbook_style import ResultStyles
from documents.styles import TEXT_WIDTH
from intake.forms.layout import SheetLayout
from plan.definition.appendices import PeriodKind, ValueType

_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET = "Số liệu"
_SHARE = 0.92
_FLAT = 0.42
"""Height of a chart in a report, as a share of its width."""
"""Of the text's width."""


def add_chart(document: Document, figures: Figures, row: IndicatorRow, number: int) -> None:
    """A chart of one indicator over its periods, in a paragraph of its own. `number`: the document's
    how-manyth."""
    data, chart = _made(figures, row)
    package = document.part.package
    book = Part(PackURI(f"/word/embeddings/so-lieu-{number}.xlsx"), _SHEET_TYPE, data, package)
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART_TYPE, b"", package)
    link = part.relate_to(book, f"{_RELATIONS}/package")
    part._blob = _linked(chart, link)
    relation = document.part.relate_to(part, f"{_RELATIONS}/chart")
    paragraph: Any = document.add_paragraph()
    paragraph.alignment = 1
    paragraph.paragraph_format.space_after = Pt(8)
    paragraph.add_run()._r.append(_drawing(relation, number, row.full_label))


def _made(figures: Figures, row: IndicatorRow) -> tuple[bytes, bytes]:
    """The workbook of the figures, and its chart part."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet(_SHEET)
    sheet.write_string(1, 0, row.full_label)
    for column, period in enumerate(row.periods, start=1):
        sheet.write_string(0, column, period.label)
        value = figures.at(row.name, period.key).value
        if isinstance(value, int | float):
            sheet.write_number(1, column, value)
    sheet.insert_chart(3, 0, draw(book, row, Cells(_SHEET, 0, 1, 1, len(row.periods))))
    book.close()
    data = target.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data, archive.read("xl/charts/chart1.xml")


def _linked(chart: bytes, relation: str) -> bytes:
    """The chart part, told where its figures are."""
    root = etree.fromstring(chart)
    _spell_out(root)
    external = etree.Element(f"{{{_CHART}}}externalData")
    external.set(f"{{{_RELATIONS}}}id", relation)
    etree.SubElement(external, f"{{{_CHART}}}autoUpdate").set("val", "0")
    settings = root.find(f"{{{_CHART}}}printSettings")
    if settings is not None:
        root.remove(settings)
    root.append(external)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


_LABELS = (
    "showLegendKey",
    "showVal",
    "showCatName",
    "showSerName",
    "showPercent",
    "showBubbleSize",
)


def _spell_out(root: Any) -> None:
    """Say what Excel takes for granted and Word and LibreOffice do not; the caption is the title."""
    for labels in root.iter(f"{{{_CHART}}}dLbls"):
        for name in _LABELS:
            for old in labels.findall(f"{{{_CHART}}}{name}"):
                labels.remove(old)
            shown = "1" if name == "showVal" else "0"
            etree.SubElement(labels, f"{{{_CHART}}}{name}").set("val", shown)
    for series in root.iterfind(f".//{{{_CHART}}}lineChart/{{{_CHART}}}ser"):
        etree.SubElement(series, f"{{{_CHART}}}smooth").set("val", "0")
    chart = root.find(f"{{{_CHART}}}chart")
    title = chart.find(f"{{{_CHART}}}title")
    if title is not None:
        chart.remove(title)
    deleted = etree.Element(f"{{{_CHART}}}autoTitleDeleted")
    deleted.set("val", "1")
    for old in chart.findall(f"{{{_CHART}}}autoTitleDeleted"):
        chart.remove(old)
    chart.find(f"{{{_CHART}}}plotArea").addprevious(deleted)


def _drawing(relation: str, number: int, title: str) -> Any:
    width = int(Mm(TEXT_WIDTH * _SHARE))
    height = int(width * _FLAT)
    inline = parse_xml(
        '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        f' xmlns:c="{_CHART}" xmlns:r="{_RELATIONS}">'
        '<wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{width}" cy="{height}"/><wp:docPr id="{1000 + number}" name="Biểu đồ {number}"/>'
        f'<a:graphic><a:graphicData uri="{_CHART}"><c:chart r:id="{relation}"/></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing>"
    )
    # Through the tree, not the text: a label may hold any character.
    next(element for element in inline.iter() if element.tag.endswith("docPr")).set("descr", title)
    return inline


# --- How a key indicator is drawn, in the workbook and in the report: one look, from cells.
# XlsxWriter's.

WIDTH, HEIGHT = 620, 330
"""Pixels."""
_TITLE = 62
"""Characters on a line of a chart's title."""
_RED, _FONT = "#9C1C28", {"name": "Times New Roman", "size": 11, "color": "#000000"}
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


def worth_a_chart(figures: Figures, row: IndicatorRow) -> bool:
    """A key indicator, by years, with a line to draw."""
    if not row.indicator.key_indicator or row.table.layout != "rows":
        return False
    values = (figures.at(row.name, period.key).value for period in row.periods)
    return sum(isinstance(value, int | float) for value in values) >= 2


def draw(book: Any, row: IndicatorRow, cells: Cells) -> Any:
    """A native chart of these cells. What happened in a year stands as a column, the partial year
    hatched; what stood at a year's end, or is a rate, is a line, the partial year hollow."""
    columns = adds_up(row)
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


def adds_up(row: IndicatorRow) -> bool:
    counted = row.indicator.type is not ValueType.percent
    return counted and row.indicator.period_kind is PeriodKind.flow


def _frame(chart: Any, row: IndicatorRow) -> None:
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


def _title(row: IndicatorRow) -> str:
    """Broken in two where it would not fit over the chart."""
    lines = [""]
    for word in row.full_label.split():
        if len(lines[-1]) + len(word) > _TITLE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")


# --- The workbook's sheet of charts: key indicators, where people look rather than read.

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


def _cells(layouts: Mapping[str, SheetLayout], row: IndicatorRow) -> Cells:
    """The appendix's own cells: the chart follows them."""
    layout = layouts[row.appendix.code]
    table = next(table for table in layout.tables if row.name in table.rows)
    first, last = (table.columns[row.periods[n].key].first for n in (0, -1))
    return Cells(row.appendix.code, table.head_rows[-1], table.rows[row.name], first, last)
