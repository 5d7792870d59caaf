"""Tracked changes, comments, notes, hidden text and equations: kept, or named."""

from __future__ import annotations

import io
from datetime import date

import docx
import pytest
from docx.oxml import parse_xml
from docx.text.paragraph import Paragraph

from intake.forms.report import build_reports
from intake.report.reader import ReportReading, read_report
from plan.definition.model import PlanDefinition
from tests.conftest import at
from tests.support.report_writing import enough, fill, saved

NS = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
RUN = "<w:r><w:t>{}</w:t></w:r>"
DELETED = '<w:del {ns} w:id="1" w:author="a"><w:r><w:delText>phần bị xóa</w:delText></w:r></w:del>'
INSERTED = '<w:ins {ns} w:id="2" w:author="a"><w:r><w:t>phần chèn thêm</w:t></w:r></w:ins>'
COMMENT = '<w:r {ns}><w:commentReference w:id="0"/></w:r>'
NOTE = '<w:r {ns}><w:footnoteReference w:id="2"/></w:r>'
HIDDEN = "<w:r {ns}><w:rPr><w:vanish/></w:rPr><w:t>chữ ẩn đây</w:t></w:r>"
EQUATION = (
    "<m:oMath {ns}><m:r><m:t>T=</m:t></m:r><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num>"
    "<m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
)


def read(definition: PlanDefinition, xml: str) -> tuple[ReportReading, str]:
    filled, _ = fill(definition, "an-lao", "district-report")
    document = docx.Document(io.BytesIO(filled))
    wanted = enough("p1-i-2-1").strip()
    target: Paragraph = next(one for one in document.paragraphs if one.text == wanted)
    target._p.append(parse_xml(xml.format(ns=NS)))
    reading = read_report(saved(document), "bc.docx", definition, "an-lao")
    return reading, next(one.text for one in reading.sections if one.node == "p1-i-2-1")


@pytest.mark.parametrize(
    ("xml", "code", "kept", "quoted"),
    [
        (DELETED, "report.deleted", "", "phần bị xóa"),
        (INSERTED, "report.inserted", "phần chèn thêm", ""),
        (COMMENT, "report.comment", "", ""),
        (NOTE, "report.note", "", ""),
        (HIDDEN, "report.hidden", "", "chữ ẩn đây"),
    ],
)
def test_what_is_no_text_is_named(
    definition: PlanDefinition, xml: str, code: str, kept: str, quoted: str
) -> None:
    reading, text = read(definition, xml)
    assert text == enough("p1-i-2-1").strip() + kept
    (told,) = [one for one in reading.findings if one.code == code]
    assert quoted in told.message


def test_an_equation_is_kept_as_text(definition: PlanDefinition) -> None:
    _, text = read(definition, EQUATION)
    assert text.endswith("T=a/b")


def test_a_plain_report_has_nothing_besides(definition: PlanDefinition) -> None:
    filled, _ = fill(definition, "an-lao", "district-report")
    reading = read_report(filled, "bc.docx", definition, "an-lao")
    assert not [one for one in reading.findings if one.code != "report.lengths"]


LOST = "Huyện đã hoàn thành trước hạn toàn bộ chín nhiệm vụ được giao trong giai đoạn này."


@pytest.mark.parametrize(
    ("place", "text", "code", "severity"),
    [
        (6, LOST, "report.left-out-before", "note"),
        (-1, LOST, "report.left-out-behind", "note"),
        (-1, f"{LOST} " * 10, "report.left-out-behind", "warning"),
        (5, "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;", "", ""),
        (5, "Tổng kết mười năm cải cách hành chính của huyện An Lão", "", ""),
        (-1, "- Lưu: VT, phòng Nội vụ, Văn phòng HĐND và UBND huyện An Lão.", "", ""),
    ],
)
def test_what_stands_where_no_section_is_is_named(
    definition: PlanDefinition, place: int, text: str, code: str, severity: str
) -> None:
    filled, _ = fill(definition, "an-lao", "district-report")
    document = docx.Document(io.BytesIO(filled))
    if place < 0:
        document.add_paragraph(text)
    else:
        document.paragraphs[place].insert_paragraph_before(text)
    reading = read_report(saved(document), "bc.docx", definition, "an-lao")
    told = [(one.code, one.severity) for one in reading.findings]
    assert told == ([(code, severity)] if code else [])
    assert all(text.strip()[:80] in one.message for one in reading.findings)


@pytest.mark.parametrize(
    ("closing", "left_out"),
    [
        ("Trên đây là báo cáo của UBND huyện tại TP. Quy Nhơn, kính gửi Sở Nội vụ tổng hợp./.", 0),
        (f"Trên đây là báo cáo của huyện. {LOST}", 1),
    ],
)
def test_a_closing_that_says_more_is_named(
    definition: PlanDefinition, closing: str, left_out: int
) -> None:
    filled, _ = fill(definition, "an-lao", "district-report")
    document = docx.Document(io.BytesIO(filled))
    next(one for one in document.paragraphs if one.text.startswith("Trên đây là")).text = closing
    reading = read_report(saved(document), "bc.docx", definition, "an-lao")
    assert (
        len([one for one in reading.findings if one.code == "report.left-out-behind"]) == left_out
    )


def test_a_line_nearly_like_its_heading_is_named_and_the_heading_again_is_not(
    definition: PlanDefinition,
) -> None:
    filled, _ = fill(definition, "an-lao", "district-report")
    document = docx.Document(io.BytesIO(filled))
    heading = next(
        one for one in document.paragraphs if one.text.startswith("- Việc xây dựng, ban")
    )
    nearly = heading.text.replace("hàng năm", "cả 10 năm")
    body = heading._p.getnext()
    for text in (heading.text, nearly):
        body.addprevious(document.add_paragraph(text.removeprefix("- ") + ".")._p)
    reading = read_report(saved(document), "bc.docx", definition, "an-lao")
    (told,) = [one for one in reading.findings if one.code == "report.left-out-heading"]
    assert "cả 10 năm" in told.message
    assert "1 đoạn" in told.message


def test_the_title_of_an_annex_is_no_heading_of_the_report(definition: PlanDefinition) -> None:
    """«Thống kê … lĩnh vực cải cách thể chế» behind the signature sounds like a section."""
    filled, _ = fill(definition, "an-lao", "district-report")
    before = read_report(filled, "bc.docx", definition, "an-lao").sections
    document = docx.Document(io.BytesIO(filled))
    document.add_paragraph("PHỤ LỤC 2")
    document.add_paragraph("THỐNG KÊ CÁC NHIỆM VỤ TẠI LĨNH VỰC CẢI CÁCH THỂ CHẾ")
    document.add_table(rows=2, cols=2)
    assert read_report(saved(document), "bc.docx", definition, "an-lao").sections == before


def test_the_forms_own_line_about_the_deadline_is_guidance(definition: PlanDefinition) -> None:
    (made, *_) = build_reports(
        definition,
        "an-lao",
        on=date(2020, 4, 1),
        written_at=at("2020-04-01 08:00"),
        deadlines={"district-report": "chậm nhất 29/04/2020"},
    )
    assert "Nộp cho Sở Nội vụ chậm nhất 29/04/2020." in [
        one.text for one in docx.Document(io.BytesIO(made.data)).paragraphs
    ]
    assert read_report(made.data, "bc.docx", definition, "an-lao").findings == ()
