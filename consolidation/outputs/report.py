"""The draft of the province's report: the whole outline, and under each heading whoever answers it,
the figures that belong there, then what the districts say, and what is still missing.

Nothing is invented: a sentence is an agency's own, or states a figure of the appendices.
"""

from __future__ import annotations

from collections.abc import Sequence

from docx.document import Document
from docx.text.paragraph import Paragraph

from consolidation.figures.rows import Row
from consolidation.outputs.charts import add_chart, worth_a_chart
from consolidation.outputs.compilation import (
    BuiltDocument,
    coverage_words,
    document_facts,
    missing_lines,
    names_in_full,
)
from consolidation.outputs.districts import picked
from consolidation.outputs.environment import Surroundings
from consolidation.outputs.grouping import own_names
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import (
    NARRATIVE,
    Narratives,
    Prose,
    Under,
    answers,
    narratives_of,
)
from consolidation.outputs.report_figures import (
    MOST_SENTENCES,
    Goals,
    filled,
    goals,
    numeric,
    rows_of,
    sentence,
    tables,
)
from consolidation.outputs.report_template import open_template
from documents import blocks
from intake.report.letterheads import Issuer, agency_of, issuer_of, letterhead, signature
from intake.report.outline import Outline
from intake.report.template import closing, opening, shown_title, wording_of
from plan.definition.model import Deliverable, OutlineNode
from plan.text import join_names, moment_words, number_words

MOST_CHARTS = 1
"""Under a heading; its table holds the others' figures."""
MOST_NAMES = 20
"""Agencies named behind a sentence; more are counted."""


def build_report(material: Material, surroundings: Surroundings) -> BuiltDocument:
    """The .docx of an output of kind `report`, in the province's template."""
    frame = _Frame(material)
    document, place = open_template(surroundings.template, frame.context())
    before = len(document.element.body)
    writer = _Writer(material, frame.issuer, document)
    writer.write()
    _move_to(document, before, place)
    blocks.fill_contents(document, writer.contents)
    return BuiltDocument(
        blocks.save(document, document_facts(material, frame.title)), tuple(writer.prose.meant)
    )


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
            issuer, wording.code if wording else "BC", self.material.inputs.written_at.year
        )
        office = next((one for one in definition.offices if one.name in issuer.lines), None)
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
            "archive": office.archive if office else "VT",
            "plan": definition.number,
            "province": definition.province,
            "coverage": coverage_words(self.material),
            "made_at": moment_words(self.material.inputs.written_at),
        }


class _Writer:
    """Writes the report's body at the document's end."""

    def __init__(self, material: Material, issuer: Issuer, document: Document) -> None:
        self.material, self.issuer = material, issuer
        self.prose = Prose(document)
        self.narratives: Narratives = narratives_of(material)
        self.answers = answers(material.definition)
        self.own_names = {one.id: own_names(one) for one in material.definition.agencies}
        self.elsewhere = _elsewhere(material, self.narratives.outline)
        self.tables = self.charts = 0
        self.shown: dict[tuple[tuple[str, ...], ...], int] = {}
        """What a table says → its number: each is printed once."""
        self.drawn: set[str] = set()
        self.contents: Paragraph

    def write(self) -> None:
        self._coverage()
        self.contents = blocks.add_contents(self.prose.document)
        self.prose.document.add_paragraph()
        self._nodes(self.narratives.roots)

    def _coverage(self) -> None:
        """What the draft was made from; to be deleted when it is finished."""
        self.prose.line(coverage_words(self.material), italic=True)
        for said in missing_lines(self.material):
            self.prose.lacking(said)

    def _nodes(self, nodes: Sequence[OutlineNode]) -> None:
        for node in nodes:
            level = self.narratives.outline.targets[node.id].rank
            self.prose.heading(level, shown_title(node, self.issuer), node.number)
            self._answers(node)
            self._figures(node)
            self._others(node)
            self._nodes(node.children)

    # --- texts

    def _answers(self, node: OutlineNode) -> None:
        """The text of whoever answers this heading, word for word; and who of them is missing."""
        under, answering = self.narratives.under(node.id), self.answers[node.id]
        written = [(v, text) for v, text in under.written if v.agency in answering]
        for voice, text in written:
            if len(written) > 1:
                self.prose.who(f"{voice.item.agency_name}:")
            self.prose.said(text)
        missing = [v.item for v in under.missing if v.agency in answering]
        silent = [v.item for v in under.silent if v.agency in answering]
        if missing:
            self.prose.lacking(f"Chưa có: {names_in_full(missing)}.")
        if silent:
            self.prose.lacking(f"Không viết mục này: {names_in_full(silent)}.")
        if not node.children and not (written or missing or silent):
            self._nobody(node, under)

    def _nobody(self, node: OutlineNode, under: Under) -> None:
        """Nobody was asked for this in what the report is made from."""
        if node.id in self.elsewhere and not under.concerned:
            self.prose.line(f"(Xem {self.elsewhere[node.id]}.)", italic=True)
            return
        names = [self.material.name(agency) for agency in self.answers[node.id]]
        self.prose.lacking(
            f"Chưa có: mục này do {join_names(names, 20)} viết khi hoàn thiện báo cáo."
        )

    def _others(self, node: OutlineNode) -> None:
        """One paragraph on those that report on the same heading from below: how many, what stands out."""
        under, answering = self.narratives.under(node.id), self.answers[node.id]
        texts = [(v.agency, text) for v, text in under.written if v.agency not in answering]
        silent = [v.agency for v in under.silent if v.agency not in answering]
        missing = [v.item for v in under.missing if v.agency not in answering]
        if texts:
            asked = len(texts) + len(silent) + len(missing)
            parts = [
                f"Có {number_words(len(texts))}/{number_words(asked)} địa phương báo cáo nội dung này."
            ]
            parts += [
                f"{one.text.rstrip(' .;')} ({self._names(one.agencies)})."
                for one in picked(texts, self.own_names)
            ]
            if silent:
                parts.append(f"Không viết mục này: {self._names(silent)}.")
            self.prose.line(" ".join(parts))
        if missing:
            self.prose.lacking(f"Chưa có: {names_in_full(missing)}.")

    def _names(self, agencies: Sequence[str]) -> str:
        return join_names([self.material.short(agency) for agency in agencies], MOST_NAMES)

    # --- figures

    def _figures(self, node: OutlineNode) -> None:
        figures = self.material.figures
        rows = rows_of(figures, node.figures)
        known = [row for row in numeric(rows) if filled(figures, row)]
        if len(known) <= MOST_SENTENCES:
            for row in known:
                self.prose.line(sentence(figures, row))
        else:
            self._tables(known)
        worth = [r for r in known if r.name not in self.drawn and worth_a_chart(figures, r)]
        for row in worth[:MOST_CHARTS]:
            self.drawn.add(row.name)
            self.charts += 1
            self.prose.caption(f"Biểu đồ {self.charts}. {row.full_label}")
            add_chart(self.prose.document, figures, row, self.charts)
        self._unknown([row for row in numeric(rows) if not filled(figures, row)])
        found = goals(figures, rows)
        if found is not None:
            self._goals(found)

    def _tables(self, rows: Sequence[Row]) -> None:
        for table in tables(self.material.figures, rows):
            if (earlier := self.shown.get(table.rows)) is not None:
                self.prose.line(f"(Xem Bảng {earlier}.)", italic=True)
                continue
            self.tables += 1
            self.shown[table.rows] = self.tables
            self.prose.caption(f"Bảng {self.tables}. {table.title}")
            align = ["left", "centre", *["right"] * (len(table.heads) - 2)]
            self.prose.table(
                table.heads, table.rows, widths=table.widths, align=align, note=table.note
            )

    def _unknown(self, rows: Sequence[Row]) -> None:
        """Figures nobody gave yet: one by its label, more by how many of which appendix."""
        by_owner: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            by_owner.setdefault((row.owner, row.appendix.heading.capitalize()), []).append(row)
        for (owner, appendix), lacking in by_owner.items():
            who = f" ({self.material.name(owner)})" if owner else ""
            one = (
                f"«{lacking[0].full_label}»"
                if len(lacking) == 1
                else f"{number_words(len(lacking))} chỉ tiêu"
            )
            self.prose.lacking(f"Chưa có số liệu: {one} của {appendix}{who}.")

    def _goals(self, found: Goals) -> None:
        """Goals not reached, one by one: what the outline asks to be named here."""
        yes, no = found.words
        count = len(found.reached) + len(found.failed) + len(found.unanswered)
        self.prose.line(
            f"Trong {number_words(count)} mục tiêu: {yes} {number_words(len(found.reached))}; "
            f"{no} {number_words(len(found.failed))}"
            + (
                f"; chưa đánh giá {number_words(len(found.unanswered))}."
                if found.unanswered
                else "."
            )
        )
        if found.failed:
            self.prose.line(f"Các mục tiêu «{no}»:", bold=True, leads=True)
        for row in found.failed:
            self.prose.point("- ", row.full_label)
        self._unknown(found.unanswered)


def _elsewhere(material: Material, outline: Outline) -> dict[str, str]:
    """Outline node → the other output that gathers it («Tổng hợp đề xuất … (tệp)»)."""
    definition = material.definition
    parts = {part.id: part for part in definition.deliverables if part.kind in NARRATIVE}
    found: dict[str, str] = {}
    for output in definition.outputs:
        if output.id == material.inputs.output.id or output.kind != "compilation":
            continue
        for part in (parts[name] for name in output.inputs if name in parts):
            for roots in part.outline_parts.values():
                for node in (one for root in roots for one in outline.under(root)):
                    found.setdefault(node, f"«{output.title}», tệp {output.filename}")
    return found
