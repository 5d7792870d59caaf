"""Mục lục: a real TOC field, already filled in, so that it shows before anybody updates it.

Page numbers are known to the program that lays the pages out: whoever has one at hand lets it count and
gives them to `number_contents`. Either way the field is marked dirty, so that Word renews it by its own
pages, with links, when it opens the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from documents.styles import TEXT_WIDTH, field_mark, field_text, use_font

DEEPEST = 4
"""Headings down to «1.1.» stand in the contents; points and dashes would fill pages."""


def add_contents(
    document: Document, title: str = "MỤC LỤC", *, deepest: int = DEEPEST
) -> Paragraph:
    """Where the contents will stand. Hand what it returns to `fill_contents` at the end."""
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    heading.add_run(title).bold = True
    for level in range(1, deepest + 1):
        _entry_style(document, level)
    return document.add_paragraph()


def fill_contents(document: Document, place: Paragraph, deepest: int = DEEPEST) -> int:
    """Writes one entry a heading at `place`; returns how many. `deepest`: as given to `add_contents`."""
    levels = [(paragraph, heading_level(paragraph)) for paragraph in document.paragraphs]
    listed = [(paragraph, level) for paragraph, level in levels if 0 < level <= deepest]
    for paragraph, level in listed:
        place.insert_paragraph_before(_title(paragraph), style=f"toc {level}")
    first = document.paragraphs[_index_of(document, place) - len(listed)]
    _open_field(first, deepest)
    place.add_run()._r.append(field_mark("end"))
    place.paragraph_format.space_after = Pt(0)
    return len(listed)


def number_contents(document: Document, pages: Sequence[tuple[str, int]], deepest: int) -> bool:
    """Gives each entry of a filled-in table its page. `pages`: every heading of the document in order, with
    its page. Where these are not the document's own headings nothing is written, and the answer is no.
    """
    levels = [(one, heading_level(one)) for one in document.paragraphs]
    headings = [(_plain(_title(one)), level) for one, level in levels if level]
    if [title for title, _ in headings] != [_plain(title) for title, _ in pages]:
        return False
    numbers = [
        page for (_, level), (_, page) in zip(headings, pages, strict=True) if level <= deepest
    ]
    entries = [one for one in document.paragraphs if _is_entry(one)]
    if len(entries) != len(numbers):  # a template with a table of its own
        return False
    for entry, number in zip(entries, numbers, strict=True):
        entry.add_run(f"\t{number}")
    return True


def _title(heading: Paragraph) -> str:
    """On one line: «Phần thứ nhất. TÌNH HÌNH …»."""
    return ". ".join(part.strip() for part in heading.text.split("\n"))


def _plain(title: str) -> str:
    """The letters alone: how a line's break or a blank is told differs from program to program."""
    return "".join(letter for letter in title if letter.isalnum())


def _is_entry(paragraph: Paragraph) -> bool:
    style = paragraph._p.style and paragraph.style
    return bool(style and (style.name or "").startswith("toc "))


def heading_level(paragraph: Paragraph) -> int:
    """1–9 for a paragraph of a heading style, 0 for any other.

    A paragraph without a style of its own has none; asking python-docx for its style would search
    all styles for the default, for every paragraph of a long report.
    """
    if paragraph._p.style is None:
        return 0
    name = (paragraph.style.name if paragraph.style is not None else "") or ""
    return int(name.removeprefix("Heading ")) if name.startswith("Heading ") else 0


def _index_of(document: Document, place: Paragraph) -> int:
    return next(i for i, other in enumerate(document.paragraphs) if other._p is place._p)


def _entry_style(document: Document, level: int) -> None:
    style = document.styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    use_font(style, 12, bold=level == 1)
    form = style.paragraph_format
    form.left_indent, form.right_indent = Mm(5 * (level - 1)), Mm(10)
    form.space_after, form.line_spacing = Pt(2), 1.0
    form.tab_stops.add_tab_stop(Mm(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _open_field(paragraph: Paragraph, deepest: int) -> None:
    """begin, instruction and separator in front of the paragraph's own text."""
    parts: list[Any] = [
        field_mark("begin", dirty=True),
        field_text("instrText", f'TOC \\o "1-{deepest}" \\h \\z \\u'),
        field_mark("separate"),
    ]
    own = [run._r for run in paragraph.runs]
    for part in parts:
        run = paragraph.add_run()._r
        run.append(part)
        if own:
            own[0].addprevious(run)
