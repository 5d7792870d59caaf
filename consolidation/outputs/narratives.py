"""Who was to write what under each heading of the outline, and who did. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docx.document import Document
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from consolidation.inputs import Input
from consolidation.outputs.material import Material
from documents import blocks
from documents.styles import paragraph_in, run_in
from intake.report.outline import Outline, outline_of, roots_of, wanted_nodes
from plan.definition.model import DeliverableKind, OutlineNode, PlanDefinition

NIL = "nil"
"""A submission of this kind says «không phát sinh»."""
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

    def concerned(self, node: str) -> list[Voice]:
        """Whose document was to say something here."""
        return [voice for voice in self.voices if node in voice.wanted]

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
        voice
        for voice in concerned
        if voice.item.accepted and voice.item.kind != NIL and not _said(voice, node, outline)
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


def by_wording(written: Sequence[tuple[Voice, str]]) -> dict[str, list[str]]:
    """Each text with the names of the agencies that wrote just that."""
    same: dict[str, dict[str, None]] = {}
    for voice, text in written:
        same.setdefault(text, {})[voice.item.agency_name] = None
    return {text: list(names) for text, names in same.items()}


# --- The pen of consolidated documents: paragraphs in the decree's form, remembered for the check
# afterwards.

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""


def fit(text: str) -> str:
    """Text that a document can hold."""
    return _UNFIT.sub("", text)


class Prose:
    """Writes one document. `meant` is what must be found in the finished file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.meant: list[str] = []

    def heading(self, level: int, title: str, number: str = "") -> None:
        blocks.add_heading(self.document, level, fit(title), number=number)

    def said(self, text: str) -> None:
        """What an agency wrote, word for word, a paragraph a line."""
        for line in fit(text).split("\n"):
            if line.strip():
                blocks.add_text(self.document, line.strip())
                self.meant.append(line)

    def run_in(self, number: str, title: str, text: str, end: str = ".") -> None:
        """A point with its title at the beginning of its first paragraph: «- Quy chế làm việc: …»; `end`:
        what closes a title without text."""
        first, *rest = [line.strip() for line in fit(text).split("\n") if line.strip()] or [""]
        paragraph = blocks.add_text(self.document, f"{number} ")
        run_in(paragraph, fit(title) + (": " if first else end)).italic = True
        run_in(paragraph, first)
        self.meant.append(f"{number} {fit(title)}{': ' if first else end}{first}")
        for line in rest:
            self.line(line)

    def who(self, names: Sequence[str]) -> None:
        """Whose words follow; of several, parted by what stands in no name."""
        paragraph = blocks.add_text(self.document, f"{'; '.join(names)}:", bold=True)
        paragraph.paragraph_format.keep_with_next = True

    def line(
        self, text: str, *, bold: bool = False, italic: bool = False, leads: bool = False
    ) -> Paragraph:
        """A sentence of the program's own. `leads`: never parted from what follows."""
        self.meant.append(fit(text))
        paragraph = blocks.add_text(self.document, fit(text), bold=bold, italic=italic)
        paragraph.paragraph_format.keep_with_next = leads or None
        return paragraph

    def point(self, lead: str, text: str, *, deep: bool = False) -> None:
        """«- An Lão, Hoài Ân: …», a paragraph of its own; `deep`: below the one before it."""
        paragraph = blocks.add_text(self.document, "")
        if deep:
            paragraph.paragraph_format.left_indent = Mm(7)
        if lead:
            run_in(paragraph, fit(lead)).bold = True
        run_in(paragraph, fit(text))
        self.meant.append(fit(lead + text))

    def lacking(self, text: str) -> None:
        """An honest gap, in brackets: to be filled, or taken out, before anybody signs."""
        self.line(f"[{text}]", italic=True)

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        widths: Sequence[float] = (),
        align: Sequence[str] = (),
        note: str = "",
    ) -> None:
        """A ruled table; every cell is checked afterwards."""
        cells = [[fit(cell) for cell in row] for row in rows]
        blocks.add_table(self.document, heads, cells, widths=widths, align=align, note=note)
        self.meant += [cell for row in cells for cell in row]

    def caption(self, text: str) -> None:
        """Above a table or chart."""
        paragraph: Any = paragraph_in(self.document)
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_before = Pt(6)
        paragraph.alignment = 1
        run_in(paragraph, fit(text)).bold = True
        self.meant.append(fit(text))
