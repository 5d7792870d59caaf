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
        blocks=tuple(_block(block, number) for number, block in enumerate(text.blocks, start=1)),
        kind="pdf",
        notes=_notes(text.pictures),
    )


def _block(block: PdfBlock, number: int) -> Block:
    """A block, with its number in the file: a table's rows may stand on several pages."""
    place = f"trang {block.page}, đoạn {number}"
    if isinstance(block, PdfParagraph):
        return Paragraph(tidy(block.text), bold=block.bold, place=place)
    rows = (
        _row(row, f"trang {row.page}, đoạn {number}, dòng {at}")
        for at, row in enumerate(block.rows, start=1)
    )
    return Table(tuple(rows), place)


def _row(row: PdfRow, place: str) -> TableRow:
    cells = tuple(
        Cell(tuple(tidy(line) for line in cell.lines), cell.colspan, cell.rowspan, cell.bold)
        for cell in row.cells
    )
    return TableRow(cells, place)


def _notes(pictures: tuple[int, ...]) -> tuple[str, ...]:
    if not pictures:
        return ()
    pages = ", ".join(map(str, pictures[:20])) + ("…" if len(pictures) > 20 else "")
    return (
        f"Trang {pages} là ảnh, không có chữ để đọc: hãy xem trang đó và thêm việc còn thiếu bằng tay.",
    )
