"""The blank report: the outline as real headings for what each agency writes; and filled in, read back."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import date
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.contents import heading_level
from documents.styles import GUIDANCE_STYLE
from intake.forms.report import build_reports
from intake.report.letterheads import agency_of, issuer_of, wrapped
from intake.report.reader import read_report
from intake.report.template import narratives_of, report_version
from plan.definition.model import PlanDefinition
from tests.support.report_writing import ON, WRITTEN_AT, fill, template, wanted_of

OWED = [
    ("vinh-thanh", "district-report"),
    ("vinh-thanh", "district-plan"),
    ("snv", "thematic-report"),
    ("snv", "thematic-proposals"),
    ("snv", "provincial-report"),
    ("snv", "provincial-proposals"),
    ("stp", "thematic-report"),
    ("vpub", "thematic-report"),
    ("vpub", "thematic-proposals"),
    ("stc", "thematic-report"),
    ("stttt", "thematic-report"),
    ("skhcn", "thematic-report"),
]


def lines(data: bytes) -> list[str]:
    return [one.text for one in docx.Document(io.BytesIO(data)).paragraphs]


@pytest.mark.parametrize(("agency", "deliverable"), OWED)
def test_blank_has_a_heading_for_each_node_and_no_text(
    definition: PlanDefinition, agency: str, deliverable: str
) -> None:
    reading = read_report(template(definition, agency, deliverable), "x.docx", definition)
    assert set(wanted_of(definition, agency, deliverable)) <= reading.found
    assert reading.sections == ()
    assert reading.findings == ()
    assert (reading.plan, reading.agency) == (definition.id, agency)
    assert (reading.deliverable, reading.version) == (deliverable, report_version(definition))


@pytest.mark.parametrize(("agency", "deliverable"), OWED)
def test_what_is_typed_is_what_is_read(
    definition: PlanDefinition, agency: str, deliverable: str
) -> None:
    data, typed = fill(definition, agency, deliverable)
    reading = read_report(data, "x.docx", definition, agency)
    assert {one.node: one.text for one in reading.sections} == typed
    assert reading.findings == ()


LETTERS = "abcdeghiklmnopqrstuvxyàảãáạăâđêôơưẻ,;%0123456789-–()"
PARAGRAPH = st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=2, max_size=10).map(
    lambda found: f"Rằng {' '.join(found)}"
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_text_comes_back(definition: PlanDefinition, data: st.DataObject) -> None:
    """Whatever is typed under a heading, in several paragraphs, is read under that heading."""
    nodes = wanted_of(definition, "stp", "thematic-report")
    chosen = data.draw(
        st.dictionaries(
            st.sampled_from(nodes), st.lists(PARAGRAPH, min_size=1, max_size=3), max_size=6
        )
    )
    texts = {
        node: "\n".join(f"Rằng {' '.join(p.split())}" for p in found)
        for node, found in chosen.items()
    }
    filled, typed = fill(definition, "stp", "thematic-report", lambda node: texts.get(node, ""))
    reading = read_report(filled, "x.docx", definition, "stp")
    assert {one.node: one.text for one in reading.sections} == typed


@pytest.mark.slow
@pytest.mark.parametrize("way", ["docx", "odt"])
def test_round_trip_through_libreoffice(
    definition: PlanDefinition, tmp_path: Path, way: str
) -> None:
    """Saved by LibreOffice, straight or by way of .odt, the same text stands under the same nodes."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    data, typed = fill(definition, "vinh-thanh", "district-report")
    source = tmp_path / "a.docx"
    source.write_bytes(data)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    for step in (way, "docx"):
        target = tmp_path / f"to-{step}-{source.suffix[1:]}"
        command = [office, "--headless", profile, "--convert-to", step, "--outdir", str(target)]
        subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=180)
        source = target / f"a.{step}"
    reading = read_report(source.read_bytes(), "a.docx", definition)
    assert {one.node: one.text for one in reading.sections} == typed
    assert (reading.agency, reading.deliverable) == ("vinh-thanh", "district-report")


def test_same_plan_same_bytes(definition: PlanDefinition) -> None:
    again = [build_reports(definition, "stp", on=ON, written_at=WRITTEN_AT) for _ in range(2)]
    assert again[0] == again[1]


def test_district_reads_huyen_where_the_plan_says_tinh_huyen(definition: PlanDefinition) -> None:
    texts = lines(template(definition, "vinh-thanh", "district-report"))
    assert not any("tỉnh/huyện" in text for text in texts)
    assert any("của huyện trên cơ sở Hiến pháp năm 2013" in text for text in texts)


def test_sở_tư_pháp_gets_its_own_sections_under_their_headings(definition: PlanDefinition) -> None:
    document = docx.Document(io.BytesIO(template(definition, "stp", "thematic-report")))
    headings = [one.text for one in document.paragraphs if heading_level(one)]
    assert headings[0].startswith("Phần thứ nhất\nTÌNH HÌNH TRIỂN KHAI")
    assert headings[1].startswith("II. ĐÁNH GIÁ")
    assert headings[2] == "1. Cải cách thể chế"
    assert headings[-1] == "1.2. Những tồn tại, hạn chế và nguyên nhân."
    assert not any("Cải cách thủ tục" in text for text in headings)


@pytest.mark.parametrize(
    ("agency", "deliverable", "addressee"),
    [
        ("vinh-thanh", "district-report", "Kính gửi: Sở Nội vụ"),
        ("stp", "thematic-report", "Kính gửi: Ủy ban nhân dân tỉnh (qua Sở Nội vụ)"),
        ("snv", "provincial-report", "Kính gửi: Ủy ban nhân dân tỉnh"),
    ],
)
def test_addressed_as_the_plan_says(
    definition: PlanDefinition, agency: str, deliverable: str, addressee: str
) -> None:
    assert addressee in lines(template(definition, agency, deliverable))


def test_a_plan_is_addressed_to_nobody(definition: PlanDefinition) -> None:
    """Nghị định 30: «Kính gửi» stands on letters and on reports sent upwards, not on a «kế hoạch»."""
    document = docx.Document(io.BytesIO(template(definition, "vinh-thanh", "district-plan")))
    texts = [one.text for one in document.paragraphs]
    assert "KẾ HOẠCH" in texts
    assert not any(text.startswith("Kính gửi") for text in texts)
    assert "- Sở Nội vụ;" in document.tables[-1].rows[0].cells[0].text


def test_guidance_says_figures_and_where_nil_will_do(definition: PlanDefinition) -> None:
    document = docx.Document(io.BytesIO(template(definition, "stttt", "thematic-report")))
    guidance = [one.text for one in document.paragraphs if one.style.name == GUIDANCE_STYLE]
    assert any("Số lượng chữ ký số (PL7.5)" in text for text in guidance)
    document = docx.Document(io.BytesIO(template(definition, "an-lao", "district-report")))
    guidance = [one.text for one in document.paragraphs if one.style.name == GUIDANCE_STYLE]
    assert sum("«Không phát sinh»" in text for text in guidance) >= 7
    assert any(text.startswith("Nên nêu số liệu của huyện về") for text in guidance)


def test_deadline_stands_in_the_guidance(definition: PlanDefinition) -> None:
    words = {"district-report": "chậm nhất 29/04/2020"}
    made = build_reports(definition, "an-lao", on=ON, written_at=WRITTEN_AT, deadlines=words)
    assert "Nộp cho Sở Nội vụ chậm nhất 29/04/2020." in lines(made[0].data)


@pytest.mark.parametrize(
    ("agency", "on", "issuer", "parent", "post"),
    [
        ("vinh-thanh", ON, ("ỦY BAN NHÂN DÂN", "HUYỆN VĨNH THẠNH"), "", "CHỦ TỊCH"),
        ("hoai-nhon", ON, ("ỦY BAN NHÂN DÂN", "HUYỆN HOÀI NHƠN"), "", "CHỦ TỊCH"),
        ("hoai-nhon", date(2020, 6, 1), ("ỦY BAN NHÂN DÂN", "THỊ XÃ HOÀI NHƠN"), "", "CHỦ TỊCH"),
        ("stp", ON, ("SỞ TƯ PHÁP",), "UBND TỈNH BÌNH ĐỊNH", "GIÁM ĐỐC"),
        ("stttt", ON, ("SỞ THÔNG TIN VÀ", "TRUYỀN THÔNG"), "UBND TỈNH BÌNH ĐỊNH", "GIÁM ĐỐC"),
        ("vpub", ON, ("VĂN PHÒNG",), "UBND TỈNH BÌNH ĐỊNH", "CHÁNH VĂN PHÒNG"),
        ("ubnd-tinh", ON, ("ỦY BAN NHÂN DÂN", "TỈNH BÌNH ĐỊNH"), "", "CHỦ TỊCH"),
    ],
)
def test_letterheads(
    definition: PlanDefinition,
    agency: str,
    on: date,
    issuer: tuple[str, ...],
    parent: str,
    post: str,
) -> None:
    found = issuer_of(definition, agency_of(definition, agency), on)
    assert (found.lines, found.parent, found.post[-1]) == (issuer, parent, post)


@given(st.lists(st.text("ABCĐ", min_size=1, max_size=9), min_size=1, max_size=12))
def test_wrapping_loses_no_word(pieces: list[str]) -> None:
    assert " ".join(wrapped(" ".join(pieces))).split() == pieces


@pytest.mark.parametrize("agency", ["stc", "an-lao", "bao-binh-dinh"])
def test_one_for_each_narrative_owed(definition: PlanDefinition, agency: str) -> None:
    owed = [one.id for one in narratives_of(definition, agency_of(definition, agency))]
    made = build_reports(definition, agency, on=ON, written_at=WRITTEN_AT)
    assert [one.deliverable for one in made] == owed
