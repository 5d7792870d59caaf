"""The pen of consolidated documents: paragraphs in the decree's form, remembered for the check afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from docx.document import Document
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from documents import blocks
from documents.styles import INDENT

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""
_MISSING = RGBColor(0x9C, 0x1C, 0x28)


def fit(text: str) -> str:
    """Text that a document can hold."""
    return _UNFIT.sub("", text)


class Prose:
    """Writes one document. `meant` is what must be found in the finished file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.meant: list[str] = []

    def heading(self, level: int, title: str, number: str = "") -> None:
        blocks.add_heading(self.document, level, fit(title), number=number)

    def said(self, text: str) -> None:
        """What an agency wrote, word for word, a paragraph a line."""
        for line in fit(text).split("\n"):
            if line.strip():
                blocks.add_text(self.document, line.strip())
                self.meant.append(line)

    def who(self, name: str) -> None:
        """Whose words follow."""
        paragraph = blocks.add_text(self.document, name, bold=True)
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_after = Pt(2)

    def line(
        self, text: str, *, bold: bool = False, italic: bool = False, leads: bool = False
    ) -> Paragraph:
        """A sentence of the program's own. `leads`: never parted from what follows."""
        self.meant.append(fit(text))
        paragraph = blocks.add_text(self.document, fit(text), bold=bold, italic=italic)
        paragraph.paragraph_format.keep_with_next = leads or None
        return paragraph

    def point(self, lead: str, text: str, *, deep: bool = False) -> None:
        """«- An Lão, Hoài Ân: …», hanging under the text."""
        paragraph = self.document.add_paragraph()
        form = paragraph.paragraph_format
        form.left_indent = INDENT if not deep else Mm(20)
        form.space_after = Pt(3)
        if lead:
            paragraph.add_run(fit(lead)).bold = True
        paragraph.add_run(fit(text))
        self.meant.append(fit(lead + text))

    def lacking(self, text: str) -> None:
        """An honest gap: italic, in the colour of what is late, and in words."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = INDENT
        run = paragraph.add_run(fit(text))
        run.italic, run.font.color.rgb = True, _MISSING
        self.meant.append(fit(text))

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widths: Sequence[float] = (),
        align: Sequence[str] = (),
        note: str = "",
    ) -> None:
        """A ruled table; every cell is checked afterwards."""
        cells = [[fit(cell) for cell in row] for row in rows]
        blocks.add_table(self.document, heads, cells, widths=widths, align=align, note=note)
        self.meant += [cell for row in cells for cell in row]

    def caption(self, text: str) -> None:
        """Above a table or chart."""
        paragraph: Any = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(6)
        paragraph.alignment = 1
        paragraph.add_run(fit(text)).bold = True
        self.meant.append(fit(text))
