"""Contents with page numbers: counted where LibreOffice is, left to Word everywhere else."""

from __future__ import annotations

import io

import docx
import pytest
from docx.document import Document

from consolidation.outputs import paging
from consolidation.outputs.environment import pages_counted
from documents import blocks
from documents.contents import number_contents
from intake.pdf.outline import Bookmark
from intake.programs import office
from plan.definition.model import PlanDefinition
from tests.conftest import at
from tests.support.office import SOFFICE

FACTS = blocks.DocumentFacts("Báo cáo", "Sở Nội vụ", at("2020-05-01 08:00"))
HEADINGS = (
    (1, "Phần thứ nhất", "Tình hình triển khai", 2),
    (2, "I.", "Chỉ đạo, điều hành", 2),
    (5, "a)", "Sâu hơn mục lục", 3),
    (2, "II.", "Kiểm tra", 4),
)
"""Level, number, title, and the page it is made to stand on."""
DEEPEST = 3


def report() -> Document:
    """The contents on a page of their own, and headings on the pages that `HEADINGS` says."""
    document = blocks.new_document()
    place = blocks.add_contents(document, deepest=DEEPEST)
    page = 1
    for level, number, title, stands_on in HEADINGS:
        for _ in range(stands_on - page):
            document.add_page_break()
        page = stands_on
        blocks.add_heading(document, level, title, number=number)
        blocks.add_text(document, "Nội dung của mục này.")
    blocks.fill_contents(document, place, DEEPEST)
    return document


def listed(data: bytes) -> list[str]:
    paragraphs = docx.Document(io.BytesIO(data)).paragraphs
    return [
        one.text for one in paragraphs if ((one.style and one.style.name) or "").startswith("toc")
    ]


BARE = ["Phần thứ nhất. TÌNH HÌNH TRIỂN KHAI", "I. CHỈ ĐẠO, ĐIỀU HÀNH", "II. KIỂM TRA"]
NUMBERED = [f"{entry}\t{page}" for entry, page in zip(BARE, (2, 2, 4), strict=True)]


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice counts the pages")
def test_libreoffice_counts_and_the_same_document_gives_the_same_bytes() -> None:
    first = paging.saved(report(), FACTS, DEEPEST, count=True)
    assert listed(first) == NUMBERED
    assert paging.saved(report(), FACTS, DEEPEST, count=True) == first
    printed = office.heading_pages(first)
    assert printed is not None
    assert [one.page for one in printed] == [page for *_, page in HEADINGS], (
        "the numbers move nothing"
    )


FOUND = [
    Bookmark(f"{number} {title.upper() if level <= 2 else title}", page)
    for level, number, title, page in HEADINGS
]


@pytest.mark.parametrize(
    "answer",
    [None, [], FOUND[:-1], [*FOUND[:-1], Bookmark("II. KIỂM SOÁT", 4)]],
    ids=["failed or timed out", "no headings", "one missing", "another heading"],
)
def test_counting_that_fails_leaves_the_document_as_it_was(
    answer: list[Bookmark] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = paging.saved(report(), FACTS, DEEPEST, count=False)
    monkeypatch.setattr(office, "heading_pages", lambda _: answer)
    assert paging.saved(report(), FACTS, DEEPEST, count=True) == plain
    assert listed(plain) == BARE


def test_pages_are_written_to_the_entries_alone() -> None:
    document = report()
    assert number_contents(document, FOUND, DEEPEST)
    data = blocks.save(document, FACTS)
    assert listed(data) == NUMBERED
    assert 'w:dirty="true"' in document.element.xml, "Word counts by its own pages when it opens it"


def test_a_very_long_document_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_PARAGRAPHS", 3)
    monkeypatch.setattr(office, "heading_pages", lambda _: pytest.fail("counted"))
    assert listed(paging.saved(report(), FACTS, DEEPEST, count=True)) == BARE


@pytest.mark.parametrize("there", [True, False])
def test_pages_are_counted_where_the_program_is(
    there: bool, definition: PlanDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of outputs with contents alone: reports and compilations."""
    monkeypatch.setattr(office, "installed", lambda: there)
    kinds = {one.kind for one in definition.outputs if pages_counted(one)}
    assert kinds == ({"report", "compilation"} if there else set())
