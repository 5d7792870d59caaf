"""The draft invents nothing: every sentence is an agency's, states a figure, or is one of few templates."""

from __future__ import annotations

import io
import re
from collections import Counter

import docx
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from consolidation.outputs.environment import RunEnvironment
from consolidation.outputs.grouping import points_of
from consolidation.outputs.headings import heading_of, proposes
from consolidation.outputs.material import Material, read_material
from consolidation.outputs.report.districts import sentences_of
from consolidation.outputs.report.draft import build_report
from consolidation.outputs.report.figures import (
    filled,
    flag_sentences,
    goals_linked,
    numeric,
    sentence,
)
from consolidation.outputs.report.template import template_bytes
from documents.contents import heading_level
from intake.report.letterheads import agency_of, issuer_of
from intake.report.outline import outline_of
from plan.database import reading
from plan.definition.model import PlanDefinition
from plan.models import Section
from plan.queries.lookup import find_plan
from tests.conftest import at

NOW = at("2020-05-01 08:00")
TEMPLATES = [
    r"Có \d+ (địa phương|cơ quan) đề xuất, gộp thành \d+ nội dung:",
    r"Ngoài ra có \d+ đề xuất khác, mỗi đề xuất của ít cơ quan hơn\.",
    r"Có \d+/\d+ (địa phương|cơ quan) báo cáo nội dung này; .*",
    r"Số liệu cụ thể nêu tại Bảng \d+\.",
    r"Diễn biến qua các năm thể hiện ở Biểu đồ \d+\.",
    r"Trong \d+ mục tiêu của giai đoạn có \d+ mục tiêu đạt.*\(Bảng \d+\)\.",
    r"Mục tiêu «.*»: .*",
    r"(Bảng|Biểu đồ) \d+\. .*",
    r"(Sở|Văn phòng) [\w ]+(; (Sở|Văn phòng) [\w ]+)*:",
    r"Nguồn: Phụ lục \d\..*|«-»: .*|3/2020: .*|Ô trống: .*",
]


def material_of(engine: Engine, definition: PlanDefinition) -> Material:
    from consolidation.inputs import collect

    output = next(one for one in definition.outputs if one.kind == "report")
    with reading(engine) as session:
        inputs = collect(session, find_plan(session), output, NOW)
        return read_material(session, definition, inputs)


@pytest.fixture
def material(province: Engine, definition: PlanDefinition) -> Material:
    return material_of(province, definition)


def body(material: Material) -> list[str]:
    """The report's own paragraphs, headings and what stands in brackets (the editor's notes) apart."""
    made = build_report(material, RunEnvironment(NOW, template=template_bytes(None)))
    paragraphs = docx.Document(io.BytesIO(made.data)).paragraphs
    first = next(n for n, one in enumerate(paragraphs) if heading_level(one))
    lines = [one.text.strip() for one in paragraphs[first:] if not heading_level(one)]
    last = next(n for n, line in enumerate(lines) if line.startswith("Trên đây là"))
    return [line for line in lines[:last] if line and not line.startswith("[")]


def test_every_sentence_is_an_agencys_a_figures_or_a_templates(
    province: Engine, material: Material, definition: PlanDefinition
) -> None:
    with reading(province) as session:
        texts = [one.text for one in session.exec(select(Section))]
    known = {plain(one) for text in texts for one in (*sentences_of(text), *lines_of(text))}
    rows = material.figures.book.rows.values()
    goals = goals_linked(material.figures)
    for row in rows:
        if row in numeric([row]) and filled(material.figures, row):
            known.add(plain(sentence(material.figures, row, goals)))
    issuer = issuer_of(definition, agency_of(definition, "snv"), material.inputs.names_on)
    titles = [heading_of(t.node, issuer.local) for t in outline_of(definition).targets.values()]
    flags = {
        one
        for target in outline_of(definition).targets.values()
        for one in flag_sentences(
            material.figures,
            [r for r in rows if r.name in target.node.figures and r.indicator.type.value == "flag"],
        )
    }
    known |= {plain(one) for flag in flags for one in (flag, *sentences_of(flag))}
    lines = body(material)
    assert len(lines) > 200
    strangers = [
        said
        for line in lines
        if not any(re.fullmatch(one, line) for one in TEMPLATES)
        for said in sentences_of(without_leads(line, titles))
        if plain(said) not in known
        and plain(without_source(said)) not in known
        and not any(re.fullmatch(one, said) for one in TEMPLATES)
    ]
    assert strangers == []


def lines_of(text: str) -> list[str]:
    return [one.text for one in points_of("", text)]


def plain(text: str) -> str:
    return " ".join(text.split()).rstrip(" .;")


def without_source(said: str) -> str:
    """«… (An Lão; tương tự: Vân Canh).» without who says so."""
    return re.sub(r"\s*\([^()]*\)\.?$", "", said)


def without_leads(line: str, titles: list[str]) -> str:
    line = re.sub(r"^[-+] ", "", line)
    for title in sorted(titles, key=len, reverse=True):
        if line.startswith((f"{title}:", f"{title}.")):
            line = line[len(title) + 1 :].strip()
    line = re.sub(r"^(Có \d+/\d+ [^.]*\.) ", r"\1\n", line)
    return re.sub(r"(Ở địa phương|Ở các cơ quan|Khó khăn, hạn chế): ", "\n", line)


def test_no_sentence_of_others_stands_twice(material: Material) -> None:
    said = [
        one
        for line in body(material)
        if "Ở địa phương: " in line
        for one in sentences_of(
            line.partition("Ở địa phương: ")[2].replace("Khó khăn, hạn chế: ", "\n")
        )
    ]
    assert len(said) > 80
    assert [one for one, times in Counter(said).items() if times > 1] == []


def test_no_sentence_of_those_that_answer_stands_twice_where_a_heading_has_other_text(
    material: Material,
) -> None:
    """Sở Tư pháp writes one sentence under II.1.1 a and, as all it says, under a point of b; there the
    districts' paragraph stands."""
    said = "Năm 2019 HĐND tỉnh ban hành 26 nghị quyết"
    wrote = [one for texts in material.texts.values() for one in texts.values() if said in one]
    assert len(wrote) > 1
    assert len([line for line in body(material) if said in line]) == 1


def test_proposals_are_counted_and_every_maker_is_named(
    material: Material, definition: PlanDefinition
) -> None:
    lines = body(material)
    counted = [line for line in lines if re.match(r"Có \d+ .* đề xuất, gộp thành", line)]
    leaves = [n for root in definition.outline if proposes(root) for n in root.children]
    assert len(counted) == len(leaves)
    start = lines.index(counted[0])
    makers, groups = map(int, re.findall(r"\d+", counted[0]))
    below = lines[start + 1 : lines.index(counted[1])]
    assert len([line for line in below if line.startswith("- ")]) == groups
    named = {name for line in below for name in re.split(r", | và |; ý tương tự: ", inside(line))}
    assert len(named) == makers


def inside(line: str) -> str:
    found = re.search(r"\(([^()]*)\)\.$", line)
    return found[1] if found else ""
