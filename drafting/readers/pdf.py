"""Reads a PDF file with text into a `Document`; `intake.pdf` does the reading."""

from __future__ import annotations

from drafting.document import (
    Block,
    Cell,
    Document,
    Paragraph,
    Table,
    TableRow,
    UnreadableError,
    tidy,
)
from intake.pdf.model import PdfBlock, PdfParagraph, PdfRow, UnreadablePdfError
from intake.pdf.reader import read_pdf


def read(data: bytes) -> Document:
    """A .pdf file. Raises UnreadableError."""
    try:
        text = read_pdf(data)
    except UnreadablePdfError as error:
        raise UnreadableError(str(error)) from None
    return Document(
        blocks=tuple(_block(block) for block in text.blocks),
        kind="pdf",
        notes=_notes(text.pictures),
    )


def _block(block: PdfBlock) -> Block:
    place = f"trang {block.page}"
    if isinstance(block, PdfParagraph):
        return Paragraph(tidy(block.text), bold=block.bold, place=place)
    return Table(tuple(_row(row) for row in block.rows), place)


def _row(row: PdfRow) -> TableRow:
    cells = tuple(
        Cell(tuple(tidy(line) for line in cell.lines), cell.colspan, cell.rowspan, cell.bold)
        for cell in row.cells
    )
    return TableRow(cells, f"trang {row.page}")


def _notes(pictures: tuple[int, ...]) -> tuple[str, ...]:
    if not pictures:
        return ()
    pages = ", ".join(map(str, pictures[:20])) + ("…" if len(pictures) > 20 else "")
    return (
        f"Trang {pages} là ảnh, không có chữ để đọc: hãy xem trang đó và thêm việc còn thiếu bằng tay.",
    )
