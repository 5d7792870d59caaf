"""The draft on one page, and as slides: the figures that changed most, who was late, what to decide."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import docx
import pytest
from pptx import Presentation
from sqlalchemy import Engine

from consolidation.inputs import collect
from consolidation.outputs.material import Material, read_material
from consolidation.outputs.report.slides import build_slides
from consolidation.outputs.report.summary import (
    MOST_CHANGES,
    SMALLEST_BASE,
    build_summary,
    summary_of,
)
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.queries.lookup import find_plan
from tests.conftest import at
from tests.support.consolidation_kit import hand_in, take_back, world_sections

NOW = at("2020-05-20 08:00")


@pytest.fixture
def material(province: Engine, definition: PlanDefinition) -> Material:
    with writing(province) as session:
        take_back(session, "an-lao/district-report", at("2020-05-01 08:00"))
        take_back(session, "van-canh/district-report", at("2020-05-01 08:00"))
        roots = ["p1", "p3"]
        sections = world_sections(definition, "an-lao", roots)
        hand_in(session, "an-lao/district-report", at("2020-05-15 08:00"), sections=sections)
    output = next(one for one in definition.outputs if one.kind == "report")
    with reading(province) as session:
        return read_material(session, definition, collect(session, find_plan(session), output, NOW))


def test_the_figures_that_changed_most_stand_first(material: Material) -> None:
    said = summary_of(material)
    shares = [abs(one.share) for one in said.changes]
    assert len(shares) == MOST_CHANGES
    assert shares == sorted(shares, reverse=True)
    assert said.changes[0].row.name == "PL7.5"  # digital signatures, 186 to 2.364
    assert said.changes[0].share_words == "+1.171%"
    assert all(one.before >= SMALLEST_BASE for one in said.changes)


def test_who_is_missing_and_what_to_decide(material: Material) -> None:
    said = summary_of(material)
    assert (said.owing, said.waiting) == (("Vân Canh",), ())
    assert len(said.failed) == 4
    counts = [count for _, count in said.proposals]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 3
    text = "\n".join(
        one.text for one in docx.Document(io.BytesIO(build_summary(material).data)).paragraphs
    )
    assert "Chưa nộp: Vân Canh." in text
    assert "- 4/16 mục tiêu không đạt: " in text


def test_who_waits_for_review_has_handed_in(province: Engine, material: Material) -> None:
    with writing(province) as session:
        again = world_sections(material.definition, "van-canh", ["p1", "p3"])
        at_noon = at("2020-05-19 12:00")
        hand_in(session, "van-canh/district-report", at_noon, sections=again, accepted=False)
        inputs = collect(session, find_plan(session), material.inputs.output, NOW)
        now = read_material(session, material.definition, inputs)
    said = summary_of(now)
    assert (said.owing, said.waiting) == ((), ("Vân Canh",))
    page = docx.Document(io.BytesIO(build_summary(now).data))
    text = "\n".join(one.text for one in page.paragraphs)
    assert "Chưa nộp: không có. Đã nộp, chờ duyệt: Vân Canh." in text


def test_the_day_and_the_year_are_those_of_the_office(material: Material) -> None:
    """Half past midnight of the first of January is still the old year in UTC."""
    new_year = replace(material.inputs, written_at=at("2021-01-01 00:30"))
    late = replace(material, inputs=new_year)
    head = docx.Document(io.BytesIO(build_summary(late).data)).tables[0]
    dated = " ".join(cell.text for row in head.rows for cell in row.cells)
    assert re.search(r"ngày\s+tháng\s+năm 2021", dated)
    deck = Presentation(io.BytesIO(build_slides(late)))
    below = [s.text_frame.text for s in deck.slides[0].shapes]
    assert any(one.endswith("ngày 01 tháng 01 năm 2021") for one in below)


def test_slides_are_8_to_10_with_native_charts(material: Material) -> None:
    deck = Presentation(io.BytesIO(build_slides(material)))
    assert 8 <= len(deck.slides) <= 10
    charts = [s.chart for page in deck.slides for s in page.shapes if s.has_chart]
    assert len(charts) >= 5
    goals = charts[-1].plots[0]
    assert list(goals.categories) == ["Đạt", "Không đạt"]
    assert list(goals.series[0].values) == [12, 4]
    words = [s.text_frame.text for page in deck.slides for s in page.shapes if s.has_text_frame]
    assert all(words)
    assert any("Chưa gửi: Vân Canh." in one for one in words)
