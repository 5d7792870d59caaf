"""A letter as a Word file, in the form of Nghị định 30/2020/NĐ-CP."""

from __future__ import annotations

from docx.document import Document
from docx.shared import Pt

from notifications.document import (
    BODY,
    LEFT,
    TEXT_WIDTH,
    Line,
    as_bytes,
    body,
    columns,
    fill,
    grid,
    new_document,
    rule,
    write_line,
)
from notifications.letters.gather import Letter
from notifications.letters.wording import MOTTO, NATION, LetterText, text_of

_LEFT_WIDTH, _RIGHT_WIDTH = 60.0, 100.0
"""The right one holds the country's name on one line at 13 pt."""
_WIDTHS = {True: (11.0, 31.0, 48.0, 14.0, 24.0, 32.0), False: (10.0, 74.0, 16.0, 26.0, 34.0)}
"""The table's columns in mm, by whether it says whose each row is."""


def draft_letter(letter: Letter) -> bytes:
    """The letter as a .docx."""
    text = text_of(letter)
    document = new_document(letter.subject, letter.office.name, letter.at)
    _head(document, text)
    _addressees(document, text)
    for paragraph in text.before:
        body(document, paragraph)
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)
    heads, centred = list(text.heads), [0, len(text.heads) - 3, len(text.heads) - 2]
    rows, widths = [list(row) for row in text.rows], list(_WIDTHS[text.many])
    grid(document, heads, rows, widths, centred=centred, merged=1 if text.many else None)
    for paragraph in text.after:
        closing = body(document, paragraph)
    # The signature never stands on a page of its own: anything could be put above it.
    closing.paragraph_format.keep_with_next = closing.paragraph_format.keep_together = True
    _foot(document, text)
    return as_bytes(document)


def _head(document: Document, text: LetterText) -> None:
    """Ô 1–5b: country and motto, agency, number and «V/v», place and day."""
    above, below = columns(document, (_LEFT_WIDTH, _RIGHT_WIDTH), rows=2)
    left, right = above
    parent = [Line(text.parent, 13)] if text.parent else []
    fill(left, [*parent, *(Line(part, 13, bold=True) for part in text.office)])
    rule(left, _LEFT_WIDTH, 22)
    fill(right, [Line(NATION, 13, bold=True), Line(MOTTO, 14, bold=True)])
    rule(right, _RIGHT_WIDTH, 63)
    left, right = below
    fill(left, [Line(text.number, 13, before=4), Line(text.subject, 12, before=6)])
    fill(right, [Line(text.place, 14, italic=True, before=4)])


def _addressees(document: Document, text: LetterText) -> None:
    """Ô 9a: one addressee on the line itself, several below one another."""
    names = text.addressees
    if len(names) == 1:
        write_line(document.add_paragraph(), Line(f"Kính gửi: {names[0]}.", before=16, after=10))
        return
    write_line(document.add_paragraph(), Line("Kính gửi:", align=LEFT, before=16, indent=42))
    for name in names:
        # The dashes stand under the colon (Phụ lục I, II.9a).
        mark = "." if name == names[-1] else ";"
        write_line(document.add_paragraph(), Line(f"- {name}{mark}", align=LEFT, indent=61))


def _foot(document: Document, text: LetterText) -> None:
    """Ô 7 and 9b: who signs, who receives."""
    gap = document.add_paragraph().paragraph_format
    gap.line_spacing, gap.keep_with_next = Pt(10), True
    [[left, right]] = columns(document, (80, TEXT_WIDTH - 80))
    received = [Line(part, 11, align=LEFT) for part in text.received]
    fill(left, [Line("Nơi nhận:", 12, bold=True, italic=True, align=LEFT), *received])
    lines = [Line(part, BODY, bold=True) for part in text.signs]
    lines += [Line("", BODY)] * 4
    fill(right, [*lines, Line(text.signer, BODY, bold=True)])
