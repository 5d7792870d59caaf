"""The draft of the province's report: the whole outline, and under each heading the text of whoever answers
it, the figures that belong there, and one paragraph on what the others report; proposals grouped and counted.

Nothing is invented: a sentence is an agency's own, states a figure of the appendices, or counts who wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docx.document import Document
from docx.text.paragraph import Paragraph

from consolidation.outputs.compilation import (
    BuiltDocument,
    coverage_words,
    document_facts,
    missing_lines,
    nil_lines,
)
from consolidation.outputs.environment import USUAL, RunEnvironment
from consolidation.outputs.headings import RUN_IN, heading_of, proposes
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import (
    Narratives,
    Prose,
    Voice,
    answers,
    by_wording,
    narratives_of,
)
from consolidation.outputs.paging import saved
from consolidation.outputs.report.figures_written import FiguresWritten
from consolidation.outputs.report.once import Once
from consolidation.outputs.report.others import Others
from consolidation.outputs.report.template import open_template
from consolidation.outputs.signing import archive_of, office_of
from documents import blocks
from intake.report.letterheads import Issuer, agency_of, issuer_of, letterhead, signature
from intake.report.template import closing, opening, wording_of
from plan.definition.model import Deliverable, OutlineNode
from plan.text import join_names, moment_words

CONTENTS_DOWN_TO = 3
"""Headings down to «1.»; deeper ones would make the contents longer than a page."""


def build_report(material: Material, surroundings: RunEnvironment) -> BuiltDocument:
    """The .docx of an output of kind `report`, in the province's template."""
    frame = _Frame(material)
    document, place = open_template(surroundings.template, frame.context())
    before = len(document.element.body)
    writer = _Writer(material, frame.issuer, document, surroundings.details)
    writer.write()
    _move_to(document, before, place)
    blocks.fill_contents(document, writer.contents, CONTENTS_DOWN_TO)
    facts = document_facts(material, frame.title)
    data = saved(document, facts, CONTENTS_DOWN_TO, count=surroundings.count_pages)
    return BuiltDocument(data, tuple(writer.prose.meant))


def _move_to(document: Document, before: int, place: Paragraph) -> None:
    """What was written at the document's end goes where the template wants it."""
    body = document.element.body
    # The last element says how the page is laid out and stays last.
    written = list(body)[before - 1 : -1]
    for element in written:
        place._p.addprevious(element)
    body.remove(place._p)


class _Frame:
    """What stands around the report."""

    def __init__(self, material: Material) -> None:
        self.material = material
        definition = material.definition
        agency_id, _, deliverable_id = material.inputs.output.delivers.partition("/")
        agency = agency_of(definition, agency_id or definition.coordinator)
        self.issuer = issuer_of(definition, agency, material.inputs.names_on)
        parts = {part.id: part for part in definition.deliverables}
        self.part: Deliverable | None = parts.get(deliverable_id)
        self.wording = wording_of(self.part, agency, self.issuer) if self.part else None
        self.title = self.part.title if self.part else material.inputs.output.title

    def context(self) -> dict[str, str]:
        definition, issuer, part = self.material.definition, self.issuer, self.part
        wording = self.wording
        head = letterhead(
            issuer, wording.code if wording else "BC", self.material.inputs.written_on.year
        )
        office = office_of(definition, issuer)
        return {
            "parent": head.parent,
            "issuer": "\n".join(head.issuer),
            "number": head.number,
            "place_and_date": head.place_and_date,
            "kind": (wording.kind if wording else "Báo cáo").upper(),
            "subject": wording.subject if wording else self.title,
            "addressed_to": part.addressed_to if part else "",
            "opening": opening(definition, issuer, wording) if wording else "",
            "closing": closing(wording, part) if wording and part else "",
            "post": "\n".join(signature(issuer).post),
            "signer": office.signer_name if office else "",
            "archive": archive_of(definition, issuer),
            "plan": definition.number,
            "province": definition.province,
            "coverage": coverage_words(self.material),
            "made_at": moment_words(self.material.inputs.written_at),
        }


class _Writer:
    """Writes the report's body at the document's end."""

    def __init__(
        self,
        material: Material,
        issuer: Issuer,
        document: Document,
        details: Mapping[str, str],
    ) -> None:
        self.material, self.issuer, self.details = material, issuer, details
        self.prose = Prose(document)
        self.narratives: Narratives = narratives_of(material)
        self.answers = answers(material.definition)
        self.figures = FiguresWritten(self.prose, material)
        self.others = Others(self.prose, material)
        self.once = Once()
        self.contents: Paragraph

    def write(self) -> None:
        self._coverage()
        self.contents = blocks.add_contents(self.prose.document, deepest=CONTENTS_DOWN_TO)
        self.prose.document.add_paragraph()
        for root in self.narratives.roots:
            self._nodes([root], proposed=proposes(root))

    def _coverage(self) -> None:
        """What the draft was made from; to be deleted when it is finished."""
        self.prose.line(f"[{coverage_words(self.material)}]", italic=True)
        for said in missing_lines(self.material):
            self.prose.lacking(f"{said}.")
        for said in nil_lines(self.material):
            self.prose.lacking(f"{said}.")
        for said in self._compilations():
            self.prose.lacking(said)

    def _compilations(self) -> list[str]:
        """Where the whole texts stand."""
        mine = set(self.material.inputs.output.inputs)
        named = [
            f"«{one.title}» (tệp {one.filename})"
            for one in self.material.definition.outputs
            if one.kind == "compilation" and mine & set(one.inputs)
        ]
        return [f"Toàn văn từng báo cáo, theo cùng đề mục: {'; '.join(named)}."] if named else []

    def _nodes(self, nodes: Sequence[OutlineNode], *, proposed: bool) -> None:
        for node in nodes:
            if proposed and not node.children:
                self._heading(node)
                self.others.proposals(self.narratives.under(node.id))
            else:
                self._node(node)
            self._nodes(node.children, proposed=proposed)

    def _node(self, node: OutlineNode) -> None:
        under, answering = self.narratives.under(node.id), self.answers[node.id]
        detail, rank = self.details.get(node.id, USUAL), self._rank(node)
        is_section = rank < RUN_IN and not node.children
        most = self.material.inputs.output.sentences + is_section
        others = [(v, text) for v, text in under.written if v.agency not in answering]
        told = self.others.told_of(under, answering, most) if detail == USUAL else ""
        own = [(v, text) for v, text in under.written if v.agency in answering]
        written = self.once.of(own, alone=not told and not (others and detail == "full"))
        several = len(own) > 1
        if rank < RUN_IN:
            self._heading(node)
            self._texts(written, several)
        else:
            self._point(node, written, several)
        self._gaps(node, under.missing, under.silent)
        self.figures.of(node, self._table_title(node))
        if detail == "full":
            self._texts(others, True)
        elif told:
            self.prose.line(told)

    def _table_title(self, node: OutlineNode) -> str:
        title = heading_of(node, self.issuer.local).removeprefix("Về ")
        return title[:1].upper() + title[1:]

    def _rank(self, node: OutlineNode) -> int:
        return self.narratives.outline.targets[node.id].rank

    def _heading(self, node: OutlineNode) -> None:
        self.prose.heading(self._rank(node), heading_of(node, self.issuer.local), node.number)

    def _point(
        self, node: OutlineNode, written: Sequence[tuple[Voice, str]], several: bool
    ) -> None:
        """A point's title runs into the text of whoever answers it alone."""
        title = heading_of(node, self.issuer.local)
        first = written[0][1] if written and not several else ""
        self.prose.run_in(node.number, title, first, ":" if node.children else ".")
        if several:
            self._texts(written, True)

    def _texts(self, written: Sequence[tuple[Voice, str]], named: bool) -> None:
        """What these wrote, word for word; `named`: each under its name, the same words under all their
        names once."""
        for text, names in by_wording(written).items():
            if named:
                self.prose.who(names)
            self.prose.said(text)

    def _gaps(self, node: OutlineNode, missing: Sequence[Voice], silent: Sequence[Voice]) -> None:
        """Who of those that answer this heading is missing; nobody at all where nobody was asked."""
        answering = self.answers[node.id]
        for lead, voices in (("Chưa có", missing), ("Không viết mục này", silent)):
            names = [v.item.agency_name for v in voices if v.agency in answering]
            if names:
                self.prose.lacking(f"{lead}: {join_names(names, 20)}.")
        concerned = {v.agency for v in self.narratives.concerned(node.id)}
        if not node.children and not concerned.intersection(answering):
            names = [self.material.name(agency) for agency in answering]
            by = f"do {join_names(names, 20)} " if names else ""
            self.prose.lacking(f"Mục này {by}viết khi hoàn thiện báo cáo.")
