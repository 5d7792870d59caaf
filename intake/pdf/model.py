"""What a PDF file says, as the reader gives it: paragraphs and tables, each with its page and box.

A box is in points (1/72 inch) from the upper left corner of the page as it is shown; pages count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass


class UnreadablePdfError(Exception):
    """The file cannot be read; the message is a Vietnamese sentence that says what to do."""


class PicturesOnlyError(UnreadablePdfError):
    """Every one of the file's `pages` pages is a picture."""

    def __init__(self, pages: int) -> None:
        super().__init__(
            "Tệp PDF là bản quét (ảnh chụp), không có chữ để đọc: "
            "hãy gửi bản Word, hoặc bản PDF xuất từ Word."
        )
        self.pages = pages


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """How much of a file is read at all."""

    pages: int = 300
    characters_a_page: int = 60_000
    characters: int = 3_000_000
    drawings_a_page: int = 20_000
    """Lines and shapes looked at for a table's rules; a drawing has more, and no table."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, right, bottom."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        """Half-way down."""
        return (self.y0 + self.y1) / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether the point lies within."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


def around(boxes: list[Box]) -> Box:
    """The smallest box about all of them (at least one)."""
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


@dataclass(frozen=True, slots=True)
class PdfParagraph:
    """One paragraph; `box` is of the part on its first page."""

    text: str
    page: int
    box: Box
    bold: bool = False
    """Whether the paragraph begins in bold."""
    all_bold: bool = False
    """Whether every line of it begins and goes on in bold, as far as runs of letters tell."""
    size: float = 0.0
    """Height of its letters, in points."""


@dataclass(frozen=True, slots=True)
class PdfCell:
    """One cell and its paragraphs. Squares that it is merged over have no cell of their own."""

    lines: tuple[str, ...]
    column: int
    page: int
    box: Box
    colspan: int = 1
    rowspan: int = 1
    bold: bool = False


@dataclass(frozen=True, slots=True)
class PdfRow:
    """One row: its cells from the left."""

    cells: tuple[PdfCell, ...]
    page: int


@dataclass(frozen=True, slots=True)
class PdfTable:
    """One table, whole even if it was broken over pages."""

    rows: tuple[PdfRow, ...]
    columns: tuple[float, ...]
    """Left edge of each column and right edge of the last."""
    page: int
    box: Box


PdfBlock = PdfParagraph | PdfTable


@dataclass(frozen=True, slots=True)
class PdfText:
    """A whole file. `pictures` are the pages without a letter of text."""

    blocks: tuple[PdfBlock, ...]
    pages: int
    pictures: tuple[int, ...] = ()
