"""A document as the drafter reads it: paragraphs and tables in their order, whatever file they stood in.

Every reader (`drafting.readers`) makes one of these, and nothing after it knows what kind of file it was.
What a reader promises:

- Text is NFC with single blanks, without soft hyphens and zero-width characters; `tidy` does that.
- One `Paragraph` is one paragraph of the document, not one printed line: lines that a page or a column
  broke are joined again. A number that Word counts by itself («1.», «a)», «-») stands at the beginning of
  the text, as on paper.
- Running heads, page numbers and the halves of a table broken over two pages are no business of the
  grammar: the reader drops the ones and joins the others.
- A table keeps its lines in order. Where the file says which cells are merged, every cell carries its spans
  and only the cell in which the content stands is given (its other squares are absent). Where it does not
  (`ragged`), a row has the cells that were seen, from the left: leading, trailing and merged ones may be
  missing, and the grammar finds each cell's column by what it says.
- `place` is for people: «dòng 12», «trang 3», «Nhiệm vụ!A5».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

_BLANKS = re.compile(r"[^\S\n]+")


class UnreadableError(Exception):
    """The file cannot be drafted from; the message is a Vietnamese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    text: str
    level: int | None = None
    """Depth of a heading where the file says so (Word's heading style, Markdown's #), from 1."""
    bold: bool = False
    """Whether the paragraph begins in bold."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its paragraphs as lines."""

    lines: tuple[str, ...] = ()
    colspan: int = 1
    rowspan: int = 1
    bold: bool = False

    @property
    def text(self) -> str:
        """All lines in one."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table row: its cells from the left."""

    cells: tuple[Cell, ...]
    place: str = ""

    @property
    def text(self) -> str:
        """What the row says, cell after cell."""
        return " ".join(cell.text for cell in self.cells if cell.lines)


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    rows: tuple[TableRow, ...]
    place: str = ""
    ragged: bool = False
    """The file did not say which columns the cells stand in."""


Block = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Document:
    """Paragraphs and tables from first to last."""

    blocks: tuple[Block, ...]
    kind: str = "txt"
    """The reader's name: txt, md, docx, pdf, xlsx, csv."""
    notes: tuple[str, ...] = field(default=())
    """Vietnamese sentences on what could not be read (pages that are pictures, …); shown with the draft."""

    @property
    def paragraphs(self) -> Iterator[Paragraph]:
        """The paragraphs outside tables."""
        return (block for block in self.blocks if isinstance(block, Paragraph))

    @property
    def text(self) -> str:
        """Everything, a paragraph or a table row a line."""
        return "\n".join(_lines(self.blocks))


def _lines(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield block.text
        else:
            yield from (row.text for row in block.rows)


def tidy(text: str) -> str:
    """NFC, single blanks, no invisible characters; line breaks stay."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(c for c in composed if unicodedata.category(c) != "Cf")
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in visible.splitlines())


# --- as plain data, for the guarded process --------------------------------------------------------


def document_as_data(document: Document) -> dict[str, Any]:
    """The document in JSON's types."""
    data = asdict(document)
    for block, plain in zip(document.blocks, data["blocks"], strict=True):
        plain["is"] = "table" if isinstance(block, Table) else "paragraph"
    return data


def document_from_data(data: dict[str, Any]) -> Document:
    """The document out of `document_as_data`."""
    return Document(
        blocks=tuple(_block(plain) for plain in data["blocks"]),
        kind=data["kind"],
        notes=tuple(data["notes"]),
    )


def _block(plain: dict[str, Any]) -> Block:
    fields = {name: value for name, value in plain.items() if name != "is"}
    if plain["is"] == "paragraph":
        return Paragraph(**fields)
    rows = tuple(
        TableRow(
            tuple(Cell(**{**cell, "lines": tuple(cell["lines"])}) for cell in row["cells"]),
            row["place"],
        )
        for row in fields.pop("rows")
    )
    return Table(rows=rows, **fields)
