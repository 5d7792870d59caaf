"""The report to fill in: the outline as real Word headings, in the form of Nghị định 30/2020/NĐ-CP.

Under each heading stands what to write, which figures belong there and where «không phát sinh» will do,
in the style «Hướng dẫn», which the reader passes over: nobody has to delete it. Custom properties carry
plan, agency, deliverable and version, so that the file is known whatever it is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from documents import blocks
from intake.report.letterheads import agency_of, issuer_of, letterhead, signature
from intake.report.outline import may_be_nil, outline_of, roots_of
from intake.report.template import (
    AGENCY_PROPERTY,
    DELIVERABLE_PROPERTY,
    DUE,
    HOW_TO,
    PLAN_PROPERTY,
    VERSION_PROPERTY,
    closing,
    guidance_for,
    narratives_of,
    opening,
    report_version,
    shown_title,
    wording_of,
)
from plan.definition.model import (
    Agency,
    Deliverable,
    OutlineNode,
    PlanDefinition,
)


@dataclass(frozen=True)
class ReportTemplate:
    """A blank document ready to be sent out."""

    deliverable: str
    filename: str
    data: bytes


def build_reports(
    definition: PlanDefinition,
    agency_id: str,
    *,
    on: date,
    written_at: datetime,
    deadlines: Mapping[str, str] | None = None,
) -> list[ReportTemplate]:
    """A blank document for each report and proposal the agency owes.

    `on` (local) decides names and the year; `written_at` is the instant the file bears;
    `deadlines` gives by deliverable how its deadline is worded («chậm nhất 29/4/2020»).
    """
    agency = agency_of(definition, agency_id)
    made = []
    for deliverable in narratives_of(definition, agency):
        form = _Form(definition, agency, deliverable, on, (deadlines or {}).get(deliverable.id, ""))
        data = form.build(written_at)
        made.append(ReportTemplate(deliverable.id, f"{agency_id}-{deliverable.id}.docx", data))
    return made


class _Form:
    """One document being built."""

    def __init__(
        self,
        definition: PlanDefinition,
        agency: Agency,
        deliverable: Deliverable,
        on: date,
        deadline: str,
    ) -> None:
        self.definition, self.agency, self.deliverable = definition, agency, deliverable
        self.on, self.deadline = on, deadline
        self.issuer = issuer_of(definition, agency, on)
        self.wording = wording_of(deliverable, agency, self.issuer)
        self.outline = outline_of(definition)
        self.document = blocks.new_document()

    def build(self, written_at: datetime) -> bytes:
        self._open()
        roots = roots_of(self.definition, self.deliverable, self.agency)
        self._outline(self.definition.outline, set(roots), inside=False)
        self._close()
        return blocks.save(self.document, self._facts(written_at))

    def _facts(self, written_at: datetime) -> blocks.DocumentFacts:
        return blocks.DocumentFacts(
            title=f"{self.wording.kind} {self.wording.subject}",
            author=self.issuer.name,
            written_at=written_at,
            subject=self.definition.title,
            properties={
                PLAN_PROPERTY: self.definition.id,
                AGENCY_PROPERTY: self.agency.id,
                DELIVERABLE_PROPERTY: self.deliverable.id,
                VERSION_PROPERTY: report_version(self.definition),
            },
        )

    def _open(self) -> None:
        document, wording = self.document, self.wording
        blocks.add_letterhead(document, letterhead(self.issuer, wording.code, self.on.year))
        blocks.add_title(document, wording.kind, wording.subject)
        if wording.addressed and self.deliverable.addressed_to:
            blocks.add_addressees(document, [self.deliverable.addressed_to])
        due = f"{DUE}{self._receiver()} {self.deadline}." if self.deadline else ""
        blocks.add_guidance(document, [*HOW_TO, *([due] if due else [])])
        blocks.add_text(document, opening(self.definition, self.issuer, wording))

    def _receiver(self) -> str:
        receiver = self.deliverable.received_by or self.definition.coordinator
        return issuer_of(self.definition, agency_of(self.definition, receiver), self.on).name

    def _close(self) -> None:
        blocks.add_text(self.document, closing(self.wording, self.deliverable))
        first = "Như trên" if self.wording.addressed else self.deliverable.addressed_to
        recipients = [one for one in (first, "Lưu: VT, (đơn vị soạn thảo)") if one]
        blocks.add_signature(self.document, signature(self.issuer), recipients)

    def _outline(self, nodes: Sequence[OutlineNode], roots: set[str], *, inside: bool) -> None:
        """The nodes to write, and above them the headings they stand under."""
        for node in nodes:
            mine = inside or node.id in roots
            if mine or roots & set(self.outline.under(node.id)):
                self._node(node, mine=mine)
                self._outline(node.children, roots, inside=mine)

    def _node(self, node: OutlineNode, *, mine: bool) -> None:
        target = self.outline.targets[node.id]
        title = shown_title(node, self.issuer.local)
        blocks.add_heading(self.document, target.rank, title, number=node.number)
        if mine:
            nil = may_be_nil(self.outline, node.id, self.agency)
            lines = guidance_for(self.definition, node, local=self.issuer.local, nil=nil)
            blocks.add_guidance(self.document, lines)
            if not node.children:
                blocks.add_text(self.document, "")
