"""What people's keys do in the outline: Enter at a hint, Shift+Enter at a heading, a copy pasted below."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from docx.enum.text import WD_BREAK
from docx.text.paragraph import Paragraph

from documents.contents import heading_level
from documents.styles import GUIDANCE_STYLE
from intake.package import read_package
from intake.recognise import recognise
from intake.report.reader import ReportReading, read_report
from plan.definition.model import PlanDefinition
from tests.support.report_writing import enough, fill, retyped, saved, template

AGENCY, DELIVERABLE = "an-lao", "district-report"


def read(definition: PlanDefinition, data: bytes) -> ReportReading:
    return read_report(data, "bao-cao.docx", definition, AGENCY)


def texts(reading: ReportReading) -> dict[str, str]:
    return {one.node: one.text for one in reading.sections}


def codes(reading: ReportReading) -> list[str]:
    return [one.code for one in reading.findings]


def _is_hint(paragraph: Paragraph) -> bool:
    return paragraph.style is not None and paragraph.style.name == GUIDANCE_STYLE


def _hints(document: Document) -> list[Paragraph]:
    """Hints under headings; not those above the first one."""
    paragraphs = document.paragraphs
    first = next(n for n, one in enumerate(paragraphs) if heading_level(one))
    return [one for one in paragraphs[first:] if _is_hint(one)]


def _enter(hint: Paragraph, text: str) -> None:
    below = copy.deepcopy(hint._p)
    hint._p.addnext(below)
    Paragraph(below, hint._parent).text = text


def _shift_enter(hint: Paragraph, text: str) -> None:
    hint.add_run().add_break(WD_BREAK.LINE)
    hint.add_run(text)


def _go_on(hint: Paragraph, text: str) -> None:
    hint.add_run(f" {text}")


@pytest.mark.parametrize("way", [_enter, _shift_enter, _go_on])
def test_what_is_typed_at_a_hint_is_kept(
    definition: PlanDefinition, way: Callable[[Paragraph, str], None]
) -> None:
    filled, _ = fill(definition, AGENCY, DELIVERABLE, lambda _node: "")

    def type_below(document: Document) -> None:
        for number, hint in enumerate(_hints(document)):
            way(hint, f"Câu trả lời thứ {number} gõ ngay ở dòng hướng dẫn.")

    reading = read(definition, retyped(filled, type_below))
    stored = "\n".join(texts(reading).values())
    count = len(_hints(docx.Document(io.BytesIO(filled))))
    assert count > 20
    missing = [n for n in range(count) if f"Câu trả lời thứ {n} gõ" not in stored]
    assert not missing
    assert "Nên nêu số liệu" not in stored
    assert "Không thuộc thẩm quyền" not in stored
    assert "report.typed-as-guidance" in codes(reading)


def test_answers_typed_at_hints_stand_in_their_sections(definition: PlanDefinition) -> None:
    """Some typed where they belong, some after Enter at the end of the hint, in the hint's own style."""
    filled, typed = fill(definition, AGENCY, DELIVERABLE)
    moved = []

    def into_hints(document: Document) -> None:
        for hint in _hints(document):
            answer = hint._p.getprevious()
            text = Paragraph(answer, hint._parent).text
            if text.startswith("Nội dung mục"):
                answer.getparent().remove(answer)
                _enter(hint, text)
                moved.append(text)

    reading = read(definition, retyped(filled, into_hints))
    assert 20 < len(moved) < len(typed)
    assert texts(reading) == typed
    assert codes(reading) == ["report.typed-as-guidance"]


def test_enter_after_a_hint_leaves_its_style(definition: PlanDefinition) -> None:
    document = docx.Document(io.BytesIO(template(definition, AGENCY, DELIVERABLE)))
    style = document.styles[GUIDANCE_STYLE]
    assert style.next_paragraph_style.name == "Normal"


def test_untouched_hints_are_no_text(definition: PlanDefinition) -> None:
    reading = read(definition, template(definition, AGENCY, DELIVERABLE))
    assert not reading.sections
    assert "report.typed-as-guidance" not in codes(reading)


def test_text_typed_after_shift_enter_in_a_heading(definition: PlanDefinition) -> None:
    filled, typed = fill(definition, AGENCY, DELIVERABLE)

    def into_heading(document: Document) -> None:
        for heading in [one for one in document.paragraphs if heading_level(one)]:
            below = heading._p.getnext()
            text = Paragraph(below, heading._parent).text
            if text.startswith("Nội dung mục"):
                heading.add_run().add_break(WD_BREAK.LINE)
                heading.add_run(text)
                below.getparent().remove(below)

    reading = read(definition, retyped(filled, into_heading))
    assert texts(reading) == typed
    assert "report.heading-own" not in codes(reading)


def test_a_heading_broken_over_two_lines_is_one_heading(definition: PlanDefinition) -> None:
    filled, typed = fill(definition, AGENCY, DELIVERABLE)

    def broken(document: Document) -> None:
        for heading in [one for one in document.paragraphs if heading_level(one)]:
            words = heading.text.split()
            if len(words) < 6:
                continue
            first, second = " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])
            heading.text = first
            heading.add_run().add_break(WD_BREAK.LINE)
            heading.add_run(second)

    assert texts(read(definition, retyped(filled, broken))) == typed


def test_two_sections_typed_in_one_paragraph(definition: PlanDefinition) -> None:
    """Lines parted by Shift+Enter alone: heading, text, heading, text."""
    lines = [
        "3. Những bài học kinh nghiệm trong triển khai cải cách hành chính",
        enough("p1-iii-3"),
    ]
    document = docx.Document()
    document.add_paragraph("III. ĐÁNH GIÁ CHUNG").runs[0].bold = True
    paragraph = document.add_paragraph()
    before = ["1. Những kết quả tích cực đã đạt được", enough("p1-iii-1")]
    for line in [*before, *lines]:
        paragraph.add_run(line).add_break(WD_BREAK.LINE)
    found = texts(read(definition, saved(document)))
    assert enough("p1-iii-1").strip() in found["p1-iii-1"]
    assert enough("p1-iii-3").strip() in found["p1-iii-3"]


# --- a copy of the outline below the first -------------------------------------------------------


def _pasted(first: bytes, second: bytes, *, headings: int | None = None) -> bytes:
    """`second`'s paragraphs behind the first's, from its first heading on; so many headings of it."""

    def paste(document: Document) -> None:
        seen = 0
        for paragraph in docx.Document(io.BytesIO(second)).paragraphs:
            seen += 1 if heading_level(paragraph) else 0
            if headings is not None and seen > headings:
                return
            if seen:
                document.element.body.insert(
                    len(document.element.body) - 1, copy.deepcopy(paragraph._p)
                )

    return retyped(first, paste)


def test_an_outline_pasted_twice_keeps_both_texts_and_says_so(definition: PlanDefinition) -> None:
    first, typed = fill(definition, AGENCY, DELIVERABLE)
    second, other = fill(definition, AGENCY, DELIVERABLE, lambda node: f"Bản hai, {enough(node)}")
    reading = read(definition, _pasted(first, second))
    found = texts(reading)
    assert {node: text.split("\n") for node, text in found.items()} == {
        node: [typed[node], other[node]] for node in typed
    }
    (twice,) = [one for one in reading.findings if one.code == "report.heading-twice"]
    assert twice.severity == "error"
    assert twice.read == str(len(typed))


def test_three_copies_lose_nothing_either(definition: PlanDefinition) -> None:
    made = [
        fill(definition, AGENCY, DELIVERABLE, lambda node, n=number: f"Bản {n}, {enough(node)}")
        for number in range(3)
    ]
    (first, typed), (second, other), (third, last) = made
    reading = read(definition, _pasted(_pasted(first, second), third))
    found = {node: text.split("\n") for node, text in texts(reading).items()}
    for copied in (typed, other, last):
        assert [node for node, text in copied.items() if text not in found[node]] == []
    assert codes(reading).count("report.heading-twice") == 1


def test_an_outline_pasted_twice_is_not_taken_as_complete(definition: PlanDefinition) -> None:
    data, _ = fill(definition, AGENCY, DELIVERABLE)
    package = read_package(
        [("a.docx", _pasted(data, data))], definition, AGENCY, recogniser=recognise
    )
    assert package.blocked
    assert [one.code for one in package.all_findings() if one.severity == "error"] == [
        "report.heading-twice"
    ]


def test_some_sections_pasted_once_more_are_named(definition: PlanDefinition) -> None:
    first, typed = fill(definition, AGENCY, DELIVERABLE)
    second, _other = fill(definition, AGENCY, DELIVERABLE, lambda node: f"Bản hai, {enough(node)}")
    reading = read(definition, _pasted(first, second, headings=6))
    (twice,) = [one for one in reading.findings if one.code == "report.heading-twice"]
    assert int(twice.read) <= 6
    assert all(typed[node] in text for node, text in texts(reading).items())


def test_a_list_of_headings_typed_as_contents_is_no_second_copy(definition: PlanDefinition) -> None:
    filled, typed = fill(definition, AGENCY, DELIVERABLE)

    def with_contents(document: Document) -> None:
        headings = [one for one in document.paragraphs if heading_level(one)]
        for heading in headings:
            line = copy.deepcopy(heading._p)
            headings[0]._p.addprevious(line)

    reading = read(definition, retyped(filled, with_contents))
    assert texts(reading) == typed
    assert "report.heading-twice" not in codes(reading)
