"""Who was to write what under each heading of the outline, and who did. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from consolidation.inputs import Input
from consolidation.outputs.material import Material
from intake.report.outline import Outline, outline_of, roots_of, wanted_nodes
from plan.definition.model import DeliverableKind, OutlineNode, PlanDefinition

NARRATIVE = frozenset({DeliverableKind.report, DeliverableKind.proposals})


@dataclass(frozen=True)
class Voice:
    """One agency's document: what it was to write and what it wrote."""

    item: Input
    wanted: frozenset[str]
    texts: Mapping[str, str]

    @property
    def agency(self) -> str:
        return self.item.agency


@dataclass(frozen=True)
class Under:
    """What stands under one heading."""

    written: tuple[tuple[Voice, str], ...] = ()
    missing: tuple[Voice, ...] = ()
    """Their document has not been accepted yet."""
    silent: tuple[Voice, ...] = ()
    """Their document has nothing here."""

    @property
    def concerned(self) -> bool:
        return bool(self.written or self.missing or self.silent)


@dataclass(frozen=True)
class Narratives:
    """Every narrative input of an output, by outline node."""

    outline: Outline
    roots: tuple[OutlineNode, ...]
    voices: tuple[Voice, ...]
    _at: Mapping[str, Under] = field(default_factory=dict)

    def under(self, node: str) -> Under:
        return self._at.get(node, Under())

    def covered(self, node: OutlineNode) -> bool:
        """Whether anybody was to write here or below."""
        return any(self.under(one).concerned for one in self.outline.under(node.id))


def narratives_of(material: Material) -> Narratives:
    """The narratives among an output's inputs."""
    definition = material.definition
    outline = outline_of(definition)
    kinds = {part.id: part for part in definition.deliverables if part.kind in NARRATIVE}
    agencies = {agency.id: agency for agency in definition.agencies}
    voices = []
    for item in material.inputs.items:
        part = kinds.get(item.deliverable)
        if part is None or item.waived:
            continue
        roots = roots_of(definition, part, agencies[item.agency])
        wanted = frozenset(wanted_nodes(outline, roots))
        voices.append(Voice(item, wanted, material.texts.get(item.obligation, {})))
    at = {node: _under(node, outline, voices) for node in outline.targets}
    return Narratives(outline, tuple(definition.outline), tuple(voices), at)


def _under(node: str, outline: Outline, voices: Sequence[Voice]) -> Under:
    """A heading is expected to hold text where nothing stands below it; elsewhere text may stand."""
    leaf = not outline.node(node).children
    concerned = [voice for voice in voices if node in voice.wanted]
    written = [voice for voice in voices if voice.texts.get(node)]
    silent = [
        voice for voice in concerned if voice.item.accepted and not _said(voice, node, outline)
    ]
    return Under(
        written=tuple((voice, voice.texts[node]) for voice in written),
        missing=tuple(voice for voice in concerned if not voice.item.accepted) if leaf else (),
        silent=tuple(silent) if leaf else (),
    )


def _said(voice: Voice, node: str, outline: Outline) -> bool:
    """It wrote here, or gathered what belongs here under the heading above."""
    return any(voice.texts.get(one) for one in (node, *_dash_parents(node, outline)))


def _dash_parents(node: str, outline: Outline) -> Iterator[str]:
    """The headings above a point that need not be a heading itself."""
    at = node
    while at and not outline.node(at).required:
        at = outline.targets[at].parent
        if at:
            yield at


def answers(definition: PlanDefinition) -> dict[str, tuple[str, ...]]:
    """Outline node → the agencies that answer it in the provincial report, their parents' by default."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(nodes: Sequence[OutlineNode], above: tuple[str, ...]) -> None:
        for node in nodes:
            found[node.id] = tuple(node.answered_by) or above
            walk(node.children, found[node.id])

    walk(definition.outline, ())
    return found
