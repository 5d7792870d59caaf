"""The headings that a PDF file lists beside its pages (bookmarks): with the page each stands on."""

from __future__ import annotations

from typing import NamedTuple

from intake.pdf.pages import open_pdf


class Bookmark(NamedTuple):
    """A heading as the file lists it; pages count from 1."""

    title: str
    page: int


def bookmarks(data: bytes) -> list[Bookmark]:
    """In the file's order, of every depth; those that lead to no page are left out. Raises
    UnreadablePdfError."""
    document = open_pdf(data)
    try:
        found = [(one.get_title(), one.get_dest()) for one in document.get_toc()]
        pages = [(title, dest.get_index()) for title, dest in found if dest is not None]
        return [Bookmark(title, index + 1) for title, index in pages if index is not None]
    finally:
        document.close()
