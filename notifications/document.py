"""The few pieces of a document in the form of Nghị định 30/2020/NĐ-CP, Phụ lục I, on python-docx.

A4 upright, margins 20 mm above, below and right, 30 mm left; Times New Roman, black; page number in
the middle of the top margin, not on the first page; paragraphs justified, first line 1.27 cm in,
6 pt apart. Sizes are those of the decree's Mục II (đối với từng ô).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
BODY = 14
LEFT, CENTRE = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER
TEXT_WIDTH = 160
"""Millimetres between the side margins."""


@dataclass(frozen=True)
class Line:
    """A line of a heading block: text and how it looks."""

    text: str
    size: float = BODY
    bold: bool = False
    italic: bool = False
    align: Any = CENTRE
    before: float = 0
    after: float = 0
    indent: float = 0
    """Millimetres from the left margin."""


def new_document(title: str, author: str, now: datetime) -> Document:
    """An empty document with the decree's page and font; dated `now`, not by the machine's clock."""
    document = docx.Document()
    _page(document)
    _font(document)
    _page_number(document)
    properties = document.core_properties
    properties.title, properties.author, properties.language = title, author, "vi-VN"
    properties.created = properties.modified = now.astimezone(UTC).replace(tzinfo=None)
    return document


def as_bytes(document: Document) -> bytes:
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _page(document: Document) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin = Mm(30)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True


def _font(document: Document) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(BODY)
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    style.element.get_or_add_rPr().append(language)
    style.paragraph_format.space_after = Pt(0)


def _page_number(document: Document) -> None:
    paragraph = document.sections[0].header.paragraphs[0]
    paragraph.alignment = CENTRE
    run = paragraph.add_run()
    run.font.size = Pt(13)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)


# --- paragraphs ----------------------------------------------------------------------------------


def body(document: Document, text: str, *, italic: bool = False) -> Paragraph:
    """A paragraph of the letter's text."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    form = paragraph.paragraph_format
    form.first_line_indent, form.space_before, form.space_after = Mm(12.7), Pt(6), Pt(0)
    form.line_spacing = 1.1
    paragraph.add_run(text).italic = italic
    return paragraph


def write_line(paragraph: Paragraph, line: Line) -> None:
    paragraph.alignment = line.align
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(line.before), Pt(line.after)
    if line.indent:
        form.left_indent = Mm(line.indent)
    run = paragraph.add_run(line.text)
    run.font.size, run.bold, run.italic = Pt(line.size), line.bold, line.italic


def fill(cell: _Cell, lines: Sequence[Line]) -> None:
    """Lines one under the other, from the cell's first paragraph on."""
    for number, line in enumerate(lines):
        write_line(cell.paragraphs[0] if number == 0 else cell.add_paragraph(), line)


def rule(cell: _Cell, width: float, length: float) -> None:
    """A drawn line under what stands in the cell, `length` mm long in a cell `width` mm wide."""
    paragraph = cell.add_paragraph()
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm((width - length) / 2)
    form.line_spacing = Pt(4)
    border = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        border.set(qn(f"w:{name}"), value)
    borders = OxmlElement("w:pBdr")
    borders.append(border)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


# --- tables --------------------------------------------------------------------------------------


def columns(document: Document, widths: Sequence[float], rows: int = 1) -> list[list[_Cell]]:
    """Rows of cells without borders: the letter's head and foot. Widths in mm."""
    table = document.add_table(rows=rows, cols=len(widths))
    _shape(table, widths, padding=0)
    return [list(row.cells) for row in table.rows]


def grid(
    document: Document,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    centred: Sequence[int],
    merged: int | None = None,
) -> None:
    """A table with borders; the head is repeated on each page, a row is never cut in two.

    Equal values under one another in the column `merged` stand once. Widths in mm.
    """
    table: Any = document.add_table(rows=1, cols=len(heads))
    table.style = "Table Grid"
    _shape(table, widths, padding=1.5)
    for cell, words in zip(table.rows[0].cells, heads, strict=True):
        fill(cell, [Line(words, 13, bold=True, before=2, after=2)])
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    _row_property(table.rows[0], "w:tblHeader")
    for values in rows:
        row = table.add_row()
        _row_property(row, "w:cantSplit")
        for number, (cell, words) in enumerate(zip(row.cells, values, strict=True)):
            align = CENTRE if number in centred else LEFT
            fill(cell, [Line(words, 13, align=align, before=2, after=2)])
    _set_widths(table, widths)
    if merged is not None:
        _merge(table, merged)


def _merge(table: Table, column: int) -> None:
    previous = ""
    for row in table.rows[1:]:
        cell = row.cells[column]
        same, previous = cell.text == previous, cell.text
        mark = OxmlElement("w:vMerge")
        mark.set(qn("w:val"), "continue" if same else "restart")
        cell._tc.get_or_add_tcPr().append(mark)
        if same:
            cell.paragraphs[0].clear()


def _shape(table: Table, widths: Sequence[float], padding: float) -> None:
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        part = OxmlElement(f"w:{side}")
        part.set(qn("w:w"), str(round(padding * 56.7)))
        part.set(qn("w:type"), "dxa")
        margins.append(part)
    look: Any = table._tbl.tblPr.find(qn("w:tblLook"))
    look.addprevious(margins)  # Word minds the schema's order
    _set_widths(table, widths)


def _set_widths(table: Table, widths: Sequence[float]) -> None:
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _row_property(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))
