"""Page and styles of a document in the form of Nghị định 30/2020/NĐ-CP, Phụ lục I.

A4 upright, margins 20 mm above and below, 30 mm left, 20 mm right; Times New Roman; the page number
in the middle of the top margin, not on the first page; paragraphs justified, first line 1.27 cm in,
at least 6 pt apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

FONT = "Times New Roman"
BODY_SIZE = 14
TABLE_SIZE = 11
"""The smallest size that Phụ lục I uses (nơi nhận): readable, and a year's columns fit."""
MARGINS = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 20}
PAGE_WIDTH, PAGE_HEIGHT = 210, 297
TEXT_WIDTH = PAGE_WIDTH - MARGINS["left_margin"] - MARGINS["right_margin"]
"""Millimetres between the side margins of an upright page."""
INDENT = Mm(12.7)

GUIDANCE_STYLE = "Hướng dẫn"
"""Paragraphs of this style tell the writer what to write; readers pass them over."""
TABLE_STYLE = "Bảng số liệu"
NOTE_STYLE = "Ghi chú bảng"

KEPT_STYLES = frozenset(
    {
        "Normal",
        "Default Paragraph Font",
        "Normal Table",
        "No List",
        "Table Grid",
        "Header",
        "Footer",
    }
    | {f"Heading {level}" for level in range(1, 8)}
)

_CENTRE = WD_ALIGN_PARAGRAPH.CENTER
_BOTH = WD_ALIGN_PARAGRAPH.JUSTIFY


@dataclass(frozen=True)
class HeadingForm:
    """How a heading of one level looks; `numbers` says which numbering it carries."""

    level: int
    numbers: str
    size: int = BODY_SIZE
    bold: bool = False
    italic: bool = False
    align: Any = _BOTH
    indent: Any = INDENT
    before: int = 6


HEADINGS = (
    HeadingForm(1, "Phần", bold=True, align=_CENTRE, indent=None, before=12),
    HeadingForm(2, "I.", bold=True, before=10),
    HeadingForm(3, "1.", bold=True),
    HeadingForm(4, "1.1.", bold=True, italic=True),
    HeadingForm(5, "a)"),
    HeadingForm(6, "-", italic=True),
    HeadingForm(7, "+", italic=True),
)


def new_document(*, landscape: bool = False) -> Document:
    """An empty document with the decree's page, styles and page number."""
    document = docx.Document()
    _keep_only(document, KEPT_STYLES)
    _defaults(document)
    for form in HEADINGS:
        _heading_style(document, form)
    _guidance_style(document)
    _table_styles(document)
    section = document.sections[0]
    page(section, landscape=landscape)
    number_pages(section)
    return document


def page(section: Section, *, landscape: bool = False) -> None:
    """A4 with the decree's margins. Wide tables may lie across."""
    long_side, short_side = Mm(PAGE_HEIGHT), Mm(PAGE_WIDTH)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width = long_side if landscape else short_side
    section.page_height = short_side if landscape else long_side
    for name, millimetres in MARGINS.items():
        setattr(section, name, Mm(millimetres))
    section.header_distance = section.footer_distance = Mm(10)


def number_pages(section: Section, *, restart: bool = False) -> None:
    """Arabic numbers, 13 pt, centred above the text; the first page bears none.

    `restart`: an appendix counts its own pages.
    """
    section.different_first_page_header_footer = True
    section.header.is_linked_to_previous = False
    section.first_page_header.is_linked_to_previous = False
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.first_line_indent = Mm(0)
    run = paragraph.add_run()
    run.font.size = Pt(13)
    add_field(run, "PAGE", "1")
    if restart:
        kind = OxmlElement("w:pgNumType")
        kind.set(qn("w:start"), "1")
        section._sectPr.append(kind)


def add_field(run: Any, instruction: str, shown: str) -> None:
    """A Word field in `run`; `shown` stands until the program works it out."""
    for part in (
        field_mark("begin"),
        field_text("instrText", instruction),
        field_mark("separate"),
        field_text("t", shown),
        field_mark("end"),
    ):
        run._r.append(part)


def field_mark(kind: str, *, dirty: bool = False) -> Any:
    """`begin`, `separate` or `end` of a field; a dirty one is renewed when the file is opened."""
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if dirty:
        mark.set(qn("w:dirty"), "true")
    return mark


def field_text(tag: str, text: str) -> Any:
    """A field's instruction (`instrText`) or shown text (`t`)."""
    part = OxmlElement(f"w:{tag}")
    part.set(qn("xml:space"), "preserve")
    part.text = text
    return part


def use_font(style: Any, size: float, *, bold: bool = False, italic: bool = False) -> None:
    """Times New Roman for every script, black: the template's theme fonts are taken out."""
    font = style.font
    font.name, font.size, font.bold, font.italic = FONT, Pt(size), bold, italic
    font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in [key for key in fonts.attrib if key.endswith("Theme")]:
        del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), FONT)


def _keep_only(document: Document, names: frozenset[str]) -> None:
    """The library's template brings 160 styles that nothing here uses; each lookup walks them all."""
    for style in list(document.styles):
        if style.name not in names:
            style.delete()


def _defaults(document: Document) -> None:
    normal = document.styles["Normal"]
    use_font(normal, BODY_SIZE)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    normal.element.get_or_add_rPr().append(language)
    form = normal.paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(0), Pt(6), 1.0
    form.widow_control = True


def _heading_style(document: Document, form: HeadingForm) -> None:
    style = document.styles[f"Heading {form.level}"]
    use_font(style, form.size, bold=form.bold, italic=form.italic)
    paragraph = style.paragraph_format
    paragraph.alignment = form.align
    paragraph.first_line_indent = form.indent
    paragraph.space_before, paragraph.space_after = Pt(form.before), Pt(6)
    paragraph.keep_with_next = True


def _guidance_style(document: Document) -> None:
    style = document.styles.add_style(GUIDANCE_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    use_font(style, 12, italic=True)
    style.font.color.rgb = RGBColor(0x6B, 0x6B, 0x6B)
    style.quick_style = True
    # Enter at the end of a hint goes on in plain text.
    style.next_paragraph_style = document.styles["Normal"]
    form = style.paragraph_format
    form.left_indent, form.space_after, form.line_spacing = INDENT, Pt(3), 1.0
    form.alignment = _BOTH


def _table_styles(document: Document) -> None:
    cell = document.styles.add_style(TABLE_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    note = document.styles.add_style(NOTE_STYLE, WD_STYLE_TYPE.PARAGRAPH)
    for style, size, italic in ((cell, TABLE_SIZE, False), (note, TABLE_SIZE, True)):
        style.base_style = document.styles["Normal"]
        use_font(style, size, italic=italic)
        form = style.paragraph_format
        form.space_before = form.space_after = Pt(2)
        form.line_spacing = 1.0


def paragraph_in(document: Document, text: str = "", style: str | None = None) -> Paragraph:
    """One more paragraph at the end of the document. As `document.add_paragraph`, which looks through the
    whole body for its last element each time: a compilation has tens of thousands of paragraphs."""
    element: Any = OxmlElement("w:p")
    document.element.body[-1].addprevious(element)  # the last one says how the page is laid out
    paragraph = Paragraph(element, document._body)
    if text:
        run_in(paragraph, text)
    if style is not None:
        paragraph.style = style
    return paragraph


def run_in(paragraph: Paragraph, text: str) -> Run:
    """As `paragraph.add_run(text)`, which goes letter by letter for tabs and line breaks: most text has
    none."""
    if "\t" in text or "\n" in text or "\r" in text:
        return paragraph.add_run(text)
    run = paragraph.add_run()
    run._r.append(field_text("t", text))
    return run
