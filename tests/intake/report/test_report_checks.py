"""What a report lacks, by name; nil answers; figures that contradict the appendix; automatic numbers."""

from __future__ import annotations

import io

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from hypothesis import given
from hypothesis import strategies as st

from intake.report.checks import Read, check_sections, contradictions, is_nil, said
from intake.report.formatting import ListLevel, Numbering, write_number
from intake.report.letterheads import agency_of
from intake.report.outline import Outline, roots_of
from intake.report.reader import read_report
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault, ReadSection
from plan.text import number_words
from tests.support.report_writing import deliverable_of, enough, fill, saved, wanted_of


def check(
    definition: PlanDefinition,
    texts: dict[str, str],
    agency: str = "an-lao",
    deliverable: str = "district-report",
    found: frozenset[str] | None = None,
) -> list[FoundFault]:
    outline = Outline(definition.outline)
    owner = agency_of(definition, agency)
    roots = roots_of(definition, deliverable_of(definition, deliverable), owner)
    headings = found if found is not None else frozenset(outline.targets)
    return check_sections(outline, roots, owner, Read(texts, headings, "a.docx"))


def complete(definition: PlanDefinition, agency: str, deliverable: str) -> dict[str, str]:
    return {node: enough(node) for node in wanted_of(definition, agency, deliverable)}


def faults(found: list[FoundFault]) -> list[tuple[str, str]]:
    return [(one.code, one.sheet) for one in found if one.severity == "error"]


REQUIRED = [
    "p1-i-4-a",
    "p1-i-4-b",
    *(f"p1-ii-{n}-{half}" for n in range(1, 7) for half in (1, 2)),
    *(f"p1-iii-{n}" for n in (1, 2, 3)),
    *(f"p3-{n}" for n in (1, 2, 3)),
]


@pytest.mark.parametrize(
    ("agency", "deliverable"),
    [("an-lao", "district-report"), ("an-lao", "district-plan"), ("stp", "thematic-report")],
)
def test_a_complete_report_has_no_fault(
    definition: PlanDefinition, agency: str, deliverable: str
) -> None:
    found = check(definition, complete(definition, agency, deliverable), agency, deliverable)
    assert {one.code for one in found} == {"report.lengths"}


@pytest.mark.parametrize("node", REQUIRED)
def test_each_required_section_left_out_is_that_one_fault(
    definition: PlanDefinition, node: str
) -> None:
    outline = Outline(definition.outline)
    gone = set(outline.under(node))
    texts = {
        n: t for n, t in complete(definition, "an-lao", "district-report").items() if n not in gone
    }
    headings = frozenset(outline.targets) - gone
    found = check(definition, texts, found=headings)
    assert faults(found) == [("report.section-missing", outline.path(node))]
    assert outline.node(node).title.rstrip(" .")[:80] in found[0].message
    assert found[0].file == "a.docx"


@pytest.mark.parametrize("node", REQUIRED)
def test_each_required_section_without_text_is_that_one_fault(
    definition: PlanDefinition, node: str
) -> None:
    outline = Outline(definition.outline)
    gone = set(outline.under(node))
    texts = {
        n: t for n, t in complete(definition, "an-lao", "district-report").items() if n not in gone
    }
    assert faults(check(definition, texts)) == [("report.section-empty", outline.path(node))]


@pytest.mark.parametrize("number", range(1, 7))
def test_the_plans_six_items_are_all_required(definition: PlanDefinition, number: int) -> None:
    texts = complete(definition, "an-lao", "district-plan")
    del texts[f"p2-{number}"]
    found = check(definition, texts, deliverable="district-plan")
    assert faults(found) == [("report.section-empty", f"Phần thứ hai, {number}")]


def test_a_whole_part_missing_is_one_fault_that_names_what_belongs_there(
    definition: PlanDefinition,
) -> None:
    outline = Outline(definition.outline)
    gone = set(outline.under("p3"))
    texts = {
        n: t for n, t in complete(definition, "an-lao", "district-report").items() if n not in gone
    }
    found = check(definition, texts, found=frozenset(outline.targets) - gone)
    assert faults(found) == [("report.section-missing", "Phần thứ ba")]
    assert "Những kiến nghị, đề xuất khác" in found[0].message


def test_an_agency_is_asked_for_its_own_sections_only(definition: PlanDefinition) -> None:
    assert faults(check(definition, {}, "skhcn", "thematic-report")) == [
        ("report.section-empty", "Phần thứ nhất, II.6.1.c"),
        ("report.section-empty", "Phần thứ nhất, II.6.2"),
    ]
    vpub = faults(check(definition, {}, "vpub", "thematic-report", found=frozenset()))
    assert [path for _, path in vpub] == ["Phần thứ nhất, II.2", "Phần thứ nhất, II.6.1.b, gạch 3"]


def test_dashes_are_not_required_of_a_district(definition: PlanDefinition) -> None:
    """Required of a district is what the plan's outline numbers, not each dash under it."""
    outline = Outline(definition.outline)
    texts = {
        node: text
        for node, text in complete(definition, "an-lao", "district-report").items()
        if outline.targets[node].rank <= 5
    }
    headings = frozenset(texts)
    assert faults(check(definition, texts, found=headings)) == []


def test_a_heading_left_out_above_its_children_is_a_warning(definition: PlanDefinition) -> None:
    texts = complete(definition, "an-lao", "district-report")
    headings = frozenset(Outline(definition.outline).targets) - {"p1"}
    found = check(definition, texts, found=headings)
    assert [(one.code, one.severity) for one in found] == [
        ("report.heading-missing", "warning"),
        ("report.lengths", "note"),
    ]


@pytest.mark.parametrize(
    ("text", "nil"),
    [
        ("Không phát sinh.", True),
        ("Không thuộc thẩm quyền của huyện", True),
        ("không phát sinh", True),
        ("KPS", True),
        ("Không có", True),
        (
            "Không phát sinh trường hợp nào trong giai đoạn, song huyện đã chủ động rà soát từng năm.",
            False,
        ),
        ("Đã thực hiện đầy đủ.", False),
    ],
)
def test_nil_answers(text: str, nil: bool) -> None:
    assert is_nil(text) is nil


def test_nil_will_do_only_where_the_outline_says(definition: PlanDefinition) -> None:
    texts = complete(definition, "an-lao", "district-report")
    outline = Outline(definition.outline)
    nil = [node for node in texts if "district" in outline.node(node).may_be_nil]
    assert len(nil) >= 7
    for node in nil:
        for inner in outline.under(node)[1:]:
            texts.pop(inner)
        texts[node] = "Không thuộc thẩm quyền."
    assert faults(check(definition, texts)) == []
    texts["p1-i-4-b"] = "Không phát sinh."
    assert faults(check(definition, texts)) == [("report.section-nil", "Phần thứ nhất, I.4.b")]


def test_lengths_are_told_in_one_note(definition: PlanDefinition) -> None:
    texts = complete(definition, "stp", "thematic-report") | {"p1-ii-1-2": "một hai ba"}
    found = check(definition, texts, "stp", "thematic-report")
    notes = {one.code: one for one in found}
    assert "II.1.2: 3" in notes["report.lengths"].message
    assert notes["report.section-short"].read == "3 chữ"
    total = sum(len(text.split()) for text in texts.values())
    assert notes["report.lengths"].read == number_words(total)


# --- figures in the text ---------------------------------------------------------------------------

PL71, PL75 = "Tỷ lệ văn bản hành chính được trao đổi dưới dạng điện tử", "Số lượng chữ ký số"
FIGURES = {
    ("PL7.1", "2018"): 80.0,
    ("PL7.1", "2019"): 92.4,
    ("PL7.2", "2019"): 35.0,
    ("PL7.5", "2019"): 1234.0,
}


def found_in(definition: PlanDefinition, text: str) -> list[FoundFault]:
    section = ReadSection("p1-ii-6-1-b-2", text, "a.docx")
    keys = {
        p.ends_on.year: p.key
        for a in definition.appendices
        if a.code == "PL7"
        for p in a.tables[0].periods
    }
    figures = {(name, keys[int(year)]): number for (name, year), number in FIGURES.items()}
    return contradictions(definition, Outline(definition.outline), [section], figures)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"{PL71} năm 2019 đạt 95%.", ["PL7.1"]),
        (f"{PL71} năm 2019 đạt 92,4%.", []),
        (f"{PL71} năm 2019 đạt 92%.", []),
        (f"{PL71} năm 2018 là 80%, năm 2019 là 85%.", ["PL7.1"]),
        (f"{PL71} năm 2018 là 81%, năm 2019 là 85%.", ["PL7.1", "PL7.1"]),
        (f"{PL71} đạt 85% (năm 2019).", ["PL7.1"]),
        (f"{PL71} tăng từ 80% lên 95% năm 2019.", []),
        (f"{PL71} tăng qua các năm.", []),
        (f"{PL71} năm 2019 theo Quyết định số 28/2018/QĐ-TTg đạt 85%.", ["PL7.1"]),
        (f"Năm 2017, {PL71.lower()} là 60%.", []),
        ("Số đơn vị kết nối Trục liên thông VBQG năm 2019 là 40.", ["PL7.2"]),
        ("Số đơn vị kết nối Trục liên thông VBQG (năm 2019): 35", []),
        ("Ty le van ban hanh chinh duoc trao doi duoi dang dien tu nam 2019 la 50", ["PL7.1"]),
        ("Tỷ lệ văn bản điện tử năm 2019 đạt 50%.", []),
    ],
)
def test_figures_that_contradict(definition: PlanDefinition, text: str, wrong: list[str]) -> None:
    found = found_in(definition, text)
    assert [one.indicator for one in found] == wrong
    assert {one.severity for one in found} <= {"warning"}


def test_a_contradiction_says_both_numbers_and_where(definition: PlanDefinition) -> None:
    [one] = found_in(definition, f"Kết quả tốt. {PL71} năm 2019 đạt 95%. Hết.")
    assert "ghi 95 nhưng phụ lục ghi 92,4" in one.message
    assert (one.sheet, one.period, one.read) == ("Phần thứ nhất, II.6.1.b, gạch 2", "2019", "95")


@given(st.text("0123456789., năm là đạt%/-()2019", max_size=60))
def test_any_sentence_is_survived(text: str) -> None:
    for year, number in said(text):
        assert len(year) == 4
        assert number >= 0


# --- automatic numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number", "shown"),
    [
        ("decimal", 12, "12"),
        ("upperRoman", 4, "IV"),
        ("lowerRoman", 9, "ix"),
        ("upperLetter", 2, "B"),
        ("lowerLetter", 26, "z"),
        ("lowerLetter", 27, "aa"),
        ("upperRoman", 0, "0"),
        ("unknown", 7, "7"),
    ],
)
def test_number_formats(kind: str, number: int, shown: str) -> None:
    assert write_number(number, kind) == shown


def test_lists_count_as_word_does() -> None:
    levels = {
        0: ListLevel("upperRoman", "%1."),
        1: ListLevel("decimal", "%2."),
        2: ListLevel("decimal", "%2.%3."),
    }
    lists = Numbering({"1": ("abstract:0", levels)})
    shown = [lists.next_label("1", level) for level in (0, 1, 2, 2, 1, 2, 0, 1)]
    assert shown == ["I.", "1.", "1.1.", "1.2.", "2.", "2.1.", "II.", "1."]


def test_unknown_lists_and_levels_show_nothing() -> None:
    assert Numbering().next_label("7", 0) == ""
    assert Numbering({"1": ("a", {})}).next_label("1", 99) == ""


NUMBERING = f"""<w:numbering {nsdecls("w")}>
 <w:abstractNum w:abstractNumId="40">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>
  <w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2.%3."/></w:lvl>
  <w:lvl w:ilvl="3"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%4)"/></w:lvl>
 </w:abstractNum>
 <w:num w:numId="40"><w:abstractNumId w:val="40"/></w:num>
</w:numbering>"""
AUTOMATIC = [
    (0, "Tình hình triển khai"),
    (1, "Công tác chỉ đạo, điều hành"),
    (1, "Kiểm tra việc thực hiện"),
    (0, "Đánh giá kết quả thực hiện các nội dung theo Chương trình tổng thể"),
    (1, "Cải cách thể chế"),
    (2, "Kết quả"),
    (2, "Hạn chế"),
    (1, "Cải cách thủ tục hành chính"),
    (2, "Kết quả"),
    (2, "Hạn chế"),
]


def test_numbers_that_stand_in_no_text_are_counted(definition: PlanDefinition) -> None:
    """«2.2.» is worked out from the list; it vouches for a title shortened to one word."""
    document = docx.Document()
    part = document.part.numbering_part
    for element in parse_xml(NUMBERING):
        part._element.append(element)
    for place, (level, title) in enumerate(AUTOMATIC):
        paragraph = document.add_paragraph(title)
        numbers = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        for name, value in (("w:ilvl", level), ("w:numId", 40)):
            child = OxmlElement(name)
            child.set(qn("w:val"), str(value))
            numbers.append(child)
        document.add_paragraph(f"nội dung {place}")
    reading = read_report(saved(document), "x.docx", definition, "an-lao")
    assert {one.node: one.text for one in reading.sections} == {
        "p1-i": "nội dung 0",
        "p1-i-1": "nội dung 1",
        "p1-i-2": "nội dung 2",
        "p1-ii": "nội dung 3",
        "p1-ii-1": "nội dung 4",
        "p1-ii-1-1": "nội dung 5",
        "p1-ii-1-2": "nội dung 6",
        "p1-ii-2": "nội dung 7",
        "p1-ii-2-1": "nội dung 8",
        "p1-ii-2-2": "nội dung 9",
    }


def test_one_break_one_fault_through_the_whole_way(definition: PlanDefinition) -> None:
    """Fill the template but for one section, read the file, check: exactly that fault."""
    outline = Outline(definition.outline)
    data, _ = fill(
        definition,
        "an-lao",
        "district-report",
        lambda node: "" if node == "p1-iii-2" else enough(node),
    )
    reading = read_report(data, "a.docx", definition)
    texts = {one.node: one.text for one in reading.sections}
    found = check(definition, texts, found=reading.found)
    assert faults(found) == [("report.section-empty", outline.path("p1-iii-2"))]
    assert docx.Document(io.BytesIO(data)).core_properties.author == "Ủy ban nhân dân huyện An Lão"
