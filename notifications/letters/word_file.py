"""A letter as a Word file, in the form of Nghị định 30/2020/NĐ-CP."""

from __future__ import annotations

from documents.blocks import (
    DocumentFacts,
    Letterhead,
    Signature,
    add_addressees,
    add_letterhead,
    add_signature,
    add_table,
    add_text,
    new_document,
    save,
)
from notifications.letters.gather import Letter
from notifications.letters.wording import text_of

_WIDTHS = {True: (11, 31, 48, 14, 24, 32), False: (10, 74, 16, 26, 34)}
"""The table's columns in mm, by whether it says whose each row is."""
_IN_WORDS = ("Cơ quan", "Sản phẩm", "Tình hình")
"""Columns of words stand left, the short ones in the middle."""
_TABLE_SIZE = 13
"""Points: a letter's table has a few columns of words, and is read as the text is."""


def draft_letter(letter: Letter) -> bytes:
    """The letter as a .docx: the same bytes for the same letter."""
    text = text_of(letter)
    document = new_document()
    add_letterhead(
        document,
        Letterhead(text.office, text.parent, text.number, text.place, about=text.subject),
    )
    add_addressees(document, text.addressees)
    for paragraph in text.before:
        add_text(document, paragraph)
    add_table(
        document,
        text.heads,
        text.rows,
        widths=_WIDTHS[text.many],
        align=["left" if head in _IN_WORDS else "centre" for head in text.heads],
        size=_TABLE_SIZE,
        merged=1 if text.many else None,
    )
    for paragraph in text.after:
        add_text(document, paragraph)
    add_signature(document, Signature(text.signs, text.signer), text.received)
    return save(document, DocumentFacts(letter.subject, letter.office.name, letter.at))
