"""Tracked changes, comments, notes, hidden text and equations: kept, or named."""

from __future__ import annotations

import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.text.paragraph import Paragraph

from intake.report.reader import ReportReading, read_report
from plan.definition.model import PlanDefinition
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
