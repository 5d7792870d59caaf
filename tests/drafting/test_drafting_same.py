"""One plan as text, as an office's Word file and as the PDF printed from it: the draft is the same."""

from __future__ import annotations

from typing import Any

import pytest

from drafting.draft import make_draft
from drafting.readers.registry import read_document
from tests.support.drafts import as_text, as_word
from tests.support.office import SOFFICE, converted


def drafted(data: bytes, name: str) -> dict[str, Any]:
    """What the draft says, without where it stands."""
    data_of = make_draft(read_document(data, name)).as_data()
    kept = ("owners", "cooperating", "text", "kind", "due_words", "due", "questions")
    return {
        "plan": data_of["plan"],
        "obligations": [{key: one[key] for key in kept} for one in data_of["obligations"]],
    }


def test_word_says_what_the_text_says() -> None:
    text = drafted(as_text(), "ke-hoach.txt")
    assert (text["plan"]["number"], text["plan"]["issued_on"]) == ("15/KH-UBND", "2027-01-05")
    assert len(text["obligations"]) == 9
    assert drafted(as_word(), "ke-hoach.docx") == text


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice prints the PDF")
def test_the_pdf_printed_from_it_says_the_same() -> None:
    word = as_word()
    printed = converted({"ke-hoach.docx": word}, "pdf")["ke-hoach.docx"]
    assert drafted(printed, "ke-hoach.pdf") == drafted(word, "ke-hoach.docx")
