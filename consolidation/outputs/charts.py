"""A native chart in a Word document: Word and LibreOffice draw it, its figures can be edited.

XlsxWriter makes a small workbook with the figures and the chart; its chart part goes into the document,
and the workbook goes in beside it as the chart's data.
"""

from __future__ import annotations

import io
import zipfile
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
from consolidation.figures.rows import Row
from consolidation.outputs.charts_part import HEIGHT, WIDTH, Cells, draw
from documents.styles import TEXT_WIDTH

_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET = "Số liệu"
_SHARE = 0.92
"""Of the text's width."""


def add_chart(document: Document, figures: Figures, row: Row, number: int) -> None:
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


def _made(figures: Figures, row: Row) -> tuple[bytes, bytes]:
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
    height = width * HEIGHT // WIDTH
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
