"""A document with contents, saved; its page numbers counted by LibreOffice first, where that is wanted."""

from __future__ import annotations

from docx.document import Document

from documents import blocks
from documents.contents import number_contents
from intake.programs import office

MOST_PARAGRAPHS = 5000
"""Of a longer document (some 300 pages) Word counts when it opens it: nobody waits for that here."""


def saved(document: Document, facts: blocks.DocumentFacts, deepest: int, *, count: bool) -> bytes:
    """The document's bytes. `deepest`: as given to `fill_contents`. Counting that fails changes nothing."""
    data = blocks.save(document, facts)
    if not count or len(document.paragraphs) > MOST_PARAGRAPHS:
        return data
    pages = office.heading_pages(data)
    if pages and number_contents(document, pages, deepest):
        return blocks.save(document, facts)
    return data
