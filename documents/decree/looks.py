"""How a paragraph of a Word file looks once its styles are followed: size, weight, place, spacing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from documents.styles import GUIDANCE_STYLE

CENTRE, BOTH = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY


@dataclass(frozen=True)
class ParagraphLook:
    """One paragraph of the document, those in tables included, in the file's order."""

    text: str
    style: str
    in_table: bool
    size: float | None
    """Points, of the first run; None where nothing says so."""
    bold: bool
    italic: bool
    align: Any
    indent: float | None
    """First line, in millimetres."""
    after: float | None
    before: float | None
    """Points."""
    line: float | None
    """Of a single line; None for an exact height."""
    font: str | None
    colours: frozenset[str]
    kept_with_next: bool

    @property
    def is_body(self) -> bool:
        """A paragraph of the text, long enough to be one."""
        return not self.in_table and self.style == "Normal" and len(self.text) > 60


def looks_of(document: Document) -> list[ParagraphLook]:
    """Every paragraph that bears text; words for the writer (`GUIDANCE_STYLE`) are no part of that."""
    found = []
    for paragraph, in_table in _paragraphs(document):
        style = paragraph.style.name if paragraph.style is not None else "Normal"
        if paragraph.text.strip() and style != GUIDANCE_STYLE:
            found.append(_look(paragraph, style or "Normal", in_table))
    return found


def _paragraphs(document: Document) -> Iterator[tuple[Paragraph, bool]]:
    for element in document.element.body.iterchildren():
        if element.tag == qn("w:p"):
            yield Paragraph(element, document), False
        elif element.tag == qn("w:tbl"):
            table = Table(element, document)
            seen: set[Any] = set()
            for row in table.rows:
                for cell in row.cells:
                    if cell._tc not in seen:
                        seen.add(cell._tc)
                        yield from ((paragraph, True) for paragraph in cell.paragraphs)


def _look(paragraph: Paragraph, style: str, in_table: bool) -> ParagraphLook:
    runs = [run for run in paragraph.runs if run.text.strip()]
    first = runs[0] if runs else None
    form = paragraph.paragraph_format
    line = _of(paragraph, "line_spacing")
    size = first.font.size if first is not None and first.font.size else _font(paragraph, "size")
    colours = {run.font.color.rgb for run in runs if run.font.color is not None}
    return ParagraphLook(
        text=" ".join(paragraph.text.split()),
        style=style,
        in_table=in_table,
        size=size.pt if size is not None else None,
        bold=_weight(paragraph, runs, "bold"),
        italic=_weight(paragraph, runs, "italic"),
        align=_of(paragraph, "alignment"),
        indent=_millimetres(_of(paragraph, "first_line_indent")),
        after=_points(_of(paragraph, "space_after")),
        before=_points(_of(paragraph, "space_before")),
        line=line if isinstance(line, float) else None,
        font=(first.font.name if first is not None else None) or _font(paragraph, "name"),
        colours=frozenset(str(one) for one in colours if one is not None),
        kept_with_next=bool(form.keep_with_next),
    )


def _weight(paragraph: Paragraph, runs: list[Any], name: str) -> bool:
    """Bold or italic: all that is written is."""
    own = [getattr(run, name) for run in runs]
    style = bool(_font(paragraph, name))
    return bool(own) and all(style if one is None else one for one in own)


def _of(paragraph: Paragraph, name: str) -> Any:
    value = getattr(paragraph.paragraph_format, name)
    style: Any = paragraph.style
    while value is None and style is not None:
        value, style = getattr(style.paragraph_format, name), style.base_style
    return value


def _font(paragraph: Paragraph, name: str) -> Any:
    value, style = None, paragraph.style
    while value is None and style is not None:
        value, style = getattr(style.font, name), style.base_style
    return value


def _points(length: Any) -> float | None:
    return length.pt if length is not None else None


def _millimetres(length: Any) -> float | None:
    return length.mm if length is not None else None
