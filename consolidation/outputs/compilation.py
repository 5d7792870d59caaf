"""Compilations: what the agencies wrote, side by side under each heading of the outline.

Nothing is shortened. Who has not handed in, and who wrote nothing under a heading, is named there.
Of proposals, those that say nearly the same stand together, each wording kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consolidation.inputs import Input
from consolidation.outputs.environment import RunEnvironment
from consolidation.outputs.grouping import Group, grouped, points_of
from consolidation.outputs.headings import heading_of
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import (
    NIL,
    Narratives,
    Prose,
    Under,
    Voice,
    by_wording,
    narratives_of,
)
from consolidation.outputs.paging import saved
from consolidation.outputs.signing import coordinator_on, head, sign
from documents import blocks
from intake.report.letterheads import issuer_of
from plan.definition.model import DeliverableKind, OutlineNode
from plan.text import join_names, moment_words, number_words

FEW = 2
"""So many agencies are named in full."""


@dataclass(frozen=True)
class BuiltDocument:
    """The file, and every paragraph that must be found in it."""

    data: bytes
    meant: tuple[str, ...]


def build_compilation(material: Material, surroundings: RunEnvironment) -> BuiltDocument:
    """The .docx of an output of kind `compilation`."""
    narratives = narratives_of(material)
    prose = Prose(blocks.new_document())
    _open(prose, material)
    contents = blocks.add_contents(prose.document)
    prose.document.add_paragraph()
    _nodes(prose, material, narratives, narratives.roots, _level(material, narratives))
    prose.line("Trên đây là nội dung tổng hợp, giữ nguyên văn của từng cơ quan./.")
    definition = material.definition
    sign(prose.document, definition, coordinator_on(definition, material.inputs.names_on))
    blocks.fill_contents(prose.document, contents)
    facts = document_facts(material, material.inputs.output.title)
    data = saved(prose.document, facts, blocks.DEEPEST, count=surroundings.count_pages)
    return BuiltDocument(data, tuple(prose.meant))


def document_facts(material: Material, title: str) -> blocks.DocumentFacts:
    """The file bears the moment of its newest input."""
    return blocks.DocumentFacts(
        title=title,
        author=material.name(material.definition.coordinator),
        written_at=material.inputs.written_at,
        subject=material.definition.title,
    )


def coverage_words(material: Material) -> str:
    """«Tổng hợp từ 9/11 văn bản đã nhận, tính đến 10:00 ngày 29/4/2020.»"""
    coverage = material.inputs.coverage
    at = moment_words(material.inputs.written_at)
    return f"Tổng hợp từ {coverage.have}/{coverage.owed} sản phẩm đã nhận, tính đến {at}."


def _open(prose: Prose, material: Material) -> None:
    issuer = coordinator_on(material.definition, material.inputs.names_on)
    head(prose.document, issuer, material.inputs.written_on.year, material.inputs.output.title)
    prose.line(coverage_words(material))
    for said in missing_lines(material):
        prose.lacking(said)


def missing_lines(material: Material) -> list[str]:
    """«Chưa có: UBND huyện An Lão (Báo cáo tổng kết)», a product a line."""
    return _by_product("Chưa có", material.inputs.missing)


def nil_lines(material: Material) -> list[str]:
    """«Không phát sinh: UBND huyện Phù Mỹ (Kế hoạch)», a product a line."""
    return _by_product("Không phát sinh", [one for one in material.inputs.items if one.kind == NIL])


def _by_product(lead: str, items: Sequence[Input]) -> list[str]:
    products: dict[str, list[Input]] = {}
    for item in items:
        products.setdefault(item.deliverable_short, []).append(item)
    return [f"{lead}: {names_in_full(some)} ({what})" for what, some in products.items()]


def names_in_full(items: Sequence[Input]) -> str:
    """Agencies by name; of more than two, each by its short one."""
    short = len(items) > FEW
    return join_names([one.agency_short if short else one.agency_name for one in items], limit=20)


def _level(material: Material, narratives: Narratives) -> bool | None:
    """Whether those that write are all districts, or none of them is; None: both."""
    definition, on = material.definition, material.inputs.names_on
    write = {voice.agency for voice in narratives.voices}
    levels = {issuer_of(definition, o, on).local for o in definition.agencies if o.id in write}
    return levels.pop() if len(levels) == 1 else None


def _nodes(
    prose: Prose,
    material: Material,
    narratives: Narratives,
    nodes: Sequence[OutlineNode],
    local: bool | None,
) -> None:
    for node in nodes:
        if not narratives.covered(node):
            continue
        rank = narratives.outline.targets[node.id].rank
        prose.heading(rank, heading_of(node, local), node.number)
        _under(prose, material, node, narratives.under(node.id))
        _nodes(prose, material, narratives, node.children, local)


def _under(prose: Prose, material: Material, node: OutlineNode, under: Under) -> None:
    parts = material.definition.deliverables
    proposing = {part.id for part in parts if part.kind is DeliverableKind.proposals}
    proposals = [(v, text) for v, text in under.written if v.item.deliverable in proposing]
    if proposals:
        points = [one for voice, text in proposals for one in points_of(voice.agency, text)]
        groups = sorted(grouped(points), key=lambda group: -len(group.agencies))
        for number, group in enumerate(groups, start=1):
            _group(prose, material, f"{node.number}{number}.", group)
    reported = [(v, text) for v, text in under.written if v.item.deliverable not in proposing]
    for text, names in by_wording(reported).items():
        prose.who(names)
        prose.said(text)
    _gaps(prose, under)


def _group(prose: Prose, material: Material, number: str, group: Group) -> None:
    """The wording most like the others, who proposes it, then how the rest word it: each wording once."""
    names = join_names([material.short(agency) for agency in group.agencies], limit=20)
    count = len(group.agencies)
    lead = f"{number} " if count == 1 else f"{number} ({number_words(count)} cơ quan) "
    prose.point(lead, group.lead.text)
    prose.point("", f"Đề xuất của: {names}.", deep=True)
    wordings: dict[str, list[str]] = {}
    for point in group.variants:
        wordings.setdefault(point.text, []).append(material.short(point.agency))
    for text, those in wordings.items():
        prose.point(f"{join_names(those, limit=20)}: ", text, deep=True)


def _gaps(prose: Prose, under: Under) -> None:
    if under.missing:
        prose.lacking(f"Chưa có: {_names(under.missing)}.")
    if under.silent:
        prose.lacking(f"Không viết mục này: {_names(under.silent)}.")


def _names(voices: Sequence[Voice]) -> str:
    return names_in_full([voice.item for voice in voices])
