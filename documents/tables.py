"""Tables of an official document: of figures, and the ones without lines that hold the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from documents.styles import NOTE_STYLE, TABLE_SIZE, TABLE_STYLE, TEXT_WIDTH, paragraph_in, run_in

SHORT = 6
"""Lines of a table that is not worth tearing apart."""
_MARGIN = 68
"""1.2 mm."""

_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "centre": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}


def add_table(
    document: Document,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    widths: Sequence[float] = (),
    align: Sequence[str] = (),
    note: str = "",
    size: float = TABLE_SIZE,
    merged: int | None = None,
) -> Table:
    """A ruled table: head repeated on every page, rows never split across pages, a short table neither.

    `widths` are shares of the text's width (any unit); `align` one of left, centre, right a column; `size`
    in points. Equal values under one another in the column `merged` stand once.
    Raises ValueError where a row has not as many cells as there are heads.
    """
    for row in rows:
        if len(row) != len(heads):
            raise ValueError(f"{len(row)} cells under {len(heads)} heads: {row!r}")
    table: Any = document.add_table(rows=0, cols=len(heads), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    sides = list(align) or ["left"] * len(heads)
    _fill(table.add_row(), heads, ["centre"] * len(heads), size, bold=True)
    _repeat(table.rows[0])
    for cells in rows:
        _fill(table.add_row(), cells, sides, size)
    if merged is not None:
        _merge(table, merged)
    _set_widths(table, _millimetres(widths or [1.0] * len(heads), _text_width(document)))
    _margins(table, _MARGIN)
    if len(rows) <= SHORT:
        _keep_together(table)
    after = paragraph_in(document, note, style=NOTE_STYLE)
    after.paragraph_format.space_after = Pt(6)
    made: Table = table
    return made


def bare_table(document: Document, rows: int, widths: Sequence[float]) -> Table:
    """A table without lines or cell margins, `widths` in millimetres."""
    table: Table = document.add_table(rows=rows, cols=len(widths))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _set_widths(table, widths)
    _margins(table, 0)
    for row in table.rows:
        _keep_whole(row)
    return table


def _margins(table: Table, width: int) -> None:
    """Between a cell's text and its lines, twentieths of a point."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), str(width))
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    properties: Any = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    if look is None:
        properties.append(margins)
    else:
        look.addprevious(margins)


def _keep_together(table: Table) -> None:
    """On one page, with the note below it."""
    for row in table.rows:
        for cell in row.cells:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = True


def rule_below(container: Document | _Cell, width: float, length: float) -> None:
    """A short centred line, `length` mm long in `width` mm: the decree bans underlining instead."""
    paragraph: Paragraph = container.add_paragraph()
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(3), Pt(0)
    form.line_spacing = Pt(3)
    form.first_line_indent = Mm(0)
    form.left_indent = form.right_indent = Mm(max(0.0, (width - length) / 2))
    borders: Any = OxmlElement("w:pBdr")
    line = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _fill(
    row: _Row, cells: Sequence[str], sides: Sequence[str], size: float, *, bold: bool = False
) -> None:
    for cell, text, side in zip(row.cells, cells, sides, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph.style = TABLE_STYLE
        paragraph.alignment = _ALIGN[side]
        run = run_in(paragraph, text)
        run.bold = bold or None
        if size != TABLE_SIZE:  # else as the style has it
            run.font.size = Pt(size)
    _keep_whole(row)


def _merge(table: Table, column: int) -> None:
    above = ""
    for row in table.rows[1:]:
        cell = row.cells[column]
        same, above = cell.text == above, cell.text
        mark = OxmlElement("w:vMerge")
        mark.set(qn("w:val"), "continue" if same else "restart")
        cell._tc.get_or_add_tcPr().append(mark)
        if same:
            cell.paragraphs[0].clear()


def _keep_whole(row: _Row) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _repeat(row: _Row) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _text_width(document: Document) -> float:
    section = document.sections[-1]
    sides: Any = (section.page_width, section.left_margin, section.right_margin)
    if None in sides:
        return TEXT_WIDTH
    return float(sides[0] - sides[1] - sides[2]) / 36000


def _millimetres(shares: Sequence[float], total: float) -> list[float]:
    return [share * total / sum(shares) for share in shares]


def _set_widths(table: Table, widths: Sequence[float]) -> None:
    """Both on the columns and on every cell: Word reads the cells, LibreOffice the columns."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
