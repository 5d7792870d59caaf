"""Building blocks of an official document in the form of Nghị định 30/2020/NĐ-CP, Phụ lục I.

    document = new_document()
    add_letterhead(document, Letterhead(("SỞ NỘI VỤ",), "UBND TỈNH BÌNH ĐỊNH", "Số:      /BC-SNV", …))
    add_title(document, "BÁO CÁO", "Tổng kết …")
    add_addressees(document, ["Ủy ban nhân dân tỉnh"])
    add_heading(document, 2, "TÌNH HÌNH TRIỂN KHAI", number="I.")
    add_text(document, "…")
    add_signature(document, Signature(("GIÁM ĐỐC",)), ["Như trên", "Lưu: VT"])
    data = save(document, DocumentFacts(title=…, author=…, written_at=…))

Numbers and dates are left open where the clerk (văn thư) gives them. The cells of the form that each
block fills are named as in the decree (ô 1, 2, 3, …).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from documents.contents import DEEPEST, add_contents, fill_contents
from documents.package import DocumentFacts, save
from documents.styles import (
    GUIDANCE_STYLE,
    INDENT,
    TEXT_WIDTH,
    new_document,
    number_pages,
    page,
    paragraph_in,
    run_in,
)
from documents.tables import add_table, bare_table, rule_below

__all__ = [
    "DEEPEST",
    "DocumentFacts",
    "Letterhead",
    "Signature",
    "add_addressees",
    "add_appendix",
    "add_contents",
    "add_grounds",
    "add_guidance",
    "add_heading",
    "add_letterhead",
    "add_signature",
    "add_table",
    "add_text",
    "add_title",
    "dated_line",
    "document_number",
    "fill_contents",
    "new_document",
    "roman",
    "save",
]

COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
LEFT_COLUMN, RIGHT_COLUMN = 62, TEXT_WIDTH - 62
"""Millimetres; the right one holds the country's name on one line at 13 pt."""

_CENTRE = WD_ALIGN_PARAGRAPH.CENTER


@dataclass(frozen=True)
class Letterhead:
    """Ô 1–4, and 5b for a công văn. `issuer` in one or two bold lines; `place_and_date` as `dated_line`
    gives it; `about` is «V/v …», in place of a title."""

    issuer: tuple[str, ...]
    parent: str = ""
    number: str = ""
    place_and_date: str = ""
    about: str = ""
    draft: bool = False


@dataclass(frozen=True)
class Signature:
    """Ô 7a, 7b: authority and post in capitals, one line each; the name may be left open."""

    post: tuple[str, ...]
    name: str = ""


def document_number(kind: str, issuer: str, number: int | None = None) -> str:
    """Ô 3: «Số: 05/BC-SNV»; without a number, room to write it in."""
    return f"Số: {f'{number:02d}' if number else '      '}/{kind}-{issuer}"


def dated_line(place: str, on: date | None, year: int) -> str:
    """Ô 4: «Bình Định, ngày 05 tháng 02 năm 2020»; days under 10 and months 1, 2 with a nought."""
    if on is None:
        return f"{place}, ngày      tháng      năm {year}"
    month = f"{on.month:02d}" if on.month < 3 else str(on.month)
    return f"{place}, ngày {on.day:02d} tháng {month} năm {on.year}"


def roman(number: int) -> str:
    """I, II, III, IV, … up to 39."""
    ones = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    return "X" * (number // 10) + ones[number % 10]


def add_letterhead(document: Document, head: Letterhead) -> None:
    """Ô 1–4 and 5b, in a table without lines: issuer left, country right."""
    table = bare_table(document, 2, (LEFT_COLUMN, RIGHT_COLUMN))
    left, right = table.rows[0].cells
    if head.parent:
        _line(left, head.parent, 13)
    for text in head.issuer:
        _line(left, text, 13, bold=True)
    rule_below(left, LEFT_COLUMN, _width(head.issuer[-1], 13) * 0.4)
    _line(right, COUNTRY, 13, bold=True)
    _line(right, MOTTO, 14, bold=True)
    rule_below(right, RIGHT_COLUMN, 61)  # as long as the motto at 14 pt
    left, right = table.rows[1].cells
    _line(left, head.number, 13)
    if head.about:
        _line(left, head.about, 12).paragraph_format.space_before = Pt(6)
    _line(right, head.place_and_date, 13, italic=True)
    if head.draft:
        _line(left, "DỰ THẢO", 13, bold=True)
    _gap(document, 12)


def add_title(document: Document, kind: str, subject: str) -> None:
    """Ô 5a: type in capitals, subject below, both bold and centred, a rule under them."""
    _centred(document, kind.upper(), after=0)
    _centred(document, subject, after=0)
    rule_below(document, TEXT_WIDTH, 50)
    _gap(document, 4)


def add_addressees(document: Document, names: Sequence[str]) -> None:
    """Ô 9a «Kính gửi»: one on the same line; several one below the other, closed by a full stop."""
    if not names:
        return
    if len(names) == 1:
        _centred(document, f"Kính gửi: {names[0]}", bold=False, after=10)
        return
    to = paragraph_in(document, "Kính gửi:").paragraph_format
    to.left_indent, to.space_after, to.keep_with_next = Mm(42), Pt(0), True
    for position, name in enumerate(names, start=1):
        paragraph = paragraph_in(document, f"- {name}{'.' if position == len(names) else ';'}")
        paragraph.paragraph_format.left_indent = Mm(61)  # the dashes stand under the colon
        paragraph.paragraph_format.space_after = Pt(10 if position == len(names) else 0)


def add_grounds(document: Document, grounds: Sequence[str]) -> None:
    """Căn cứ: in italics, a line each, parted by «;», closed by «.»."""
    for position, ground in enumerate(grounds, start=1):
        mark = "." if position == len(grounds) else ";"
        add_text(document, ground.rstrip(".;") + mark, italic=True)


def add_heading(document: Document, level: int, text: str, *, number: str = "") -> Paragraph:
    """A real heading, so that Word's navigation and the reader both know it.

    Level 1 («Phần») puts its title in capitals on a line of its own; level 2 is in capitals.
    """
    paragraph = paragraph_in(document, style=f"Heading {level}")
    shown = text.upper() if level <= 2 else text
    if level == 1 and number and text:
        run_in(paragraph, number).add_break()
        run_in(paragraph, shown)
    else:
        run_in(paragraph, f"{number} {shown}".strip())
    return paragraph


def add_text(
    document: Document, text: str, *, bold: bool = False, italic: bool = False, indent: bool = True
) -> Paragraph:
    """Ô 6: a paragraph of the body; newlines part paragraphs, the last one is returned."""
    paragraph = None
    for part in text.split("\n") or [""]:
        paragraph = paragraph_in(document)
        run = run_in(paragraph, part)
        run.bold, run.italic = bold or None, italic or None
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        if indent:
            paragraph.paragraph_format.first_line_indent = INDENT
    assert paragraph is not None
    return paragraph


def add_guidance(document: Document, lines: Iterable[str]) -> None:
    """Words for the writer, in the style that readers pass over."""
    for line in lines:
        paragraph_in(document, line, style=GUIDANCE_STYLE)


def add_signature(document: Document, signature: Signature, recipients: Sequence[str]) -> None:
    """Ô 7, 9b: «Nơi nhận» left, post and name right; on one page, with the paragraph before it."""
    if document.paragraphs:
        form = document.paragraphs[-1].paragraph_format
        form.keep_with_next = form.keep_together = True
    table = bare_table(document, 1, (TEXT_WIDTH * 0.5, TEXT_WIDTH * 0.5))
    left, right = table.rows[0].cells
    _line(left, "Nơi nhận:", 12, bold=True, italic=True, align=WD_ALIGN_PARAGRAPH.LEFT)
    for position, name in enumerate(recipients, start=1):
        mark = "." if position == len(recipients) else ";"
        _line(left, f"- {name}{mark}", 11, align=WD_ALIGN_PARAGRAPH.LEFT)
    for text in signature.post:
        _line(right, text.upper(), 14, bold=True)
    for _ in range(4):
        _line(right, "", 14)
    _line(right, signature.name, 14, bold=True)


def add_appendix(
    document: Document, number: str, title: str, reference: str, *, landscape: bool = False
) -> None:
    """A new section for «Phụ lục …», with its own page numbers; wide tables may lie across."""
    section = document.add_section(WD_SECTION.NEW_PAGE)
    page(section, landscape=landscape)
    number_pages(section, restart=True)
    _centred(document, number, after=0)
    _centred(document, title.upper(), after=0)
    _centred(document, reference, bold=False, italic=True, after=8)


def _centred(
    document: Document, text: str, *, bold: bool = True, italic: bool = False, after: float = 6
) -> None:
    paragraph = paragraph_in(document)
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.space_after = Pt(after)
    paragraph.paragraph_format.keep_with_next = True
    run = run_in(paragraph, text)
    run.bold, run.italic = bold, italic


def _line(
    cell: _Cell,
    text: str,
    size: float,
    *,
    bold: bool = False,
    italic: bool = False,
    align: Any = _CENTRE,
) -> Paragraph:
    """One more line in a cell of the form; the cell's first, empty paragraph is used up first."""
    paragraph = cell.paragraphs[-1]
    if paragraph.runs or paragraph.paragraph_format.space_after is not None:
        paragraph = cell.add_paragraph()
    paragraph.alignment = align
    form = paragraph.paragraph_format
    form.space_after, form.line_spacing, form.keep_with_next = Pt(0), 1.0, True
    run = run_in(paragraph, text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    made: Paragraph = paragraph
    return made


def _gap(document: Document, points: float) -> None:
    form = paragraph_in(document).paragraph_format
    form.space_after, form.line_spacing = Pt(0), Pt(points)


def _width(text: str, size: float) -> float:
    """Millimetres of a bold line in capitals: letters are about 0.7 em wide, blanks 0.25."""
    ems = sum(0.25 if letter == " " else 0.7 for letter in text)
    return ems * size * 25.4 / 72
