"""The report to fill in: the outline as real Word headings, in the form of Nghị định 30/2020/NĐ-CP.

Under each heading stands what to write, which figures belong there and where «không phát sinh» will do,
in the style «Hướng dẫn», which the reader passes over: nobody has to delete it. Custom properties carry
plan, agency, deliverable and version, so that the file is known whatever it is called.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from documents import blocks
from intake.report.letterheads import Issuer, agency_of, issuer_of, letterhead, signature, title_for
from intake.report.outline import may_be_nil, outline_of, roots_of
from plan.definition.model import (
    Agency,
    Deliverable,
    DeliverableKind,
    Indicator,
    OutlineNode,
    PlanDefinition,
)
from plan.text import long_date

NARRATIVES = frozenset({DeliverableKind.report, DeliverableKind.proposals})
PLAN_PROPERTY, AGENCY_PROPERTY = "dondoc.plan", "dondoc.agency"
DELIVERABLE_PROPERTY, VERSION_PROPERTY = "dondoc.deliverable", "dondoc.version"
MOST_FIGURES = 6
"""Named one by one up to so many; beyond, the appendix is named."""

HOW_TO = (
    "Những dòng chữ nghiêng màu xám như dòng này là hướng dẫn, không tính vào báo cáo; "
    "có thể xóa hoặc để nguyên khi nộp.",
    "Giữ nguyên các đề mục (có thể thêm mục con), viết nội dung ngay dưới đề mục. "
    "Số và ngày văn bản do văn thư cấp.",
)
NIL = (
    "Nếu không phát sinh hoặc không thuộc thẩm quyền, ghi rõ «Không phát sinh» "
    "hoặc «Không thuộc thẩm quyền»."
)


@dataclass(frozen=True)
class ReportTemplate:
    """A blank document ready to be sent out."""

    deliverable: str
    filename: str
    data: bytes


def narratives_of(definition: PlanDefinition, agency: Agency) -> list[Deliverable]:
    """The reports and proposals this agency owes, in the plan's order."""
    own = {agency.id, agency.group}
    return [
        one for one in definition.deliverables if one.kind in NARRATIVES and own & set(one.owners)
    ]


def report_version(definition: PlanDefinition) -> str:
    """Twelve hex digits over the outline's headings: another heading, another version."""
    headings = [
        f"{node_id} {target.node.number} {target.node.title}"
        for node_id, target in outline_of(definition).targets.items()
    ]
    text = "\n".join([definition.id, *headings])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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


@dataclass(frozen=True)
class Wording:
    """What kind of document it is in the decree's terms."""

    kind: str
    code: str
    subject: str
    addressed: bool
    """Whether «Kính gửi» stands on it: on reports sent upwards, not on a plan."""


def wording_of(deliverable: Deliverable, agency: Agency, issuer: Issuer) -> Wording:
    title = _full_title(deliverable, agency)
    where = f" của {issuer.name}" if not issuer.local else f" trên địa bàn {_place(issuer)}"
    for kind, code, addressed in (("Kế hoạch", "KH", False), ("Báo cáo", "BC", True)):
        if title.startswith(f"{kind} "):
            rest = title.removeprefix(kind).strip()
            subject = rest[:1].upper() + rest[1:]
            return Wording(kind, code, subject + (where if issuer.local else ""), addressed)
    return Wording("Báo cáo", "BC", title, True)


def _full_title(deliverable: Deliverable, agency: Agency) -> str:
    """«Báo cáo đánh giá kết quả … chuyên đề: cải cách thể chế», of the common title and the own field."""
    own = title_for(deliverable, agency)
    _, colon, field = own.partition(":")
    return f"{deliverable.title}: {field.strip()}" if colon else own


def _place(issuer: Issuer) -> str:
    """«huyện Vĩnh Thạnh»."""
    return issuer.name.removeprefix("Ủy ban nhân dân ").strip()


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
        due = f"Nộp cho {self._receiver()} {self.deadline}." if self.deadline else ""
        blocks.add_guidance(document, [*HOW_TO, *([due] if due else [])])
        blocks.add_text(document, opening(self.definition, self.issuer, wording))

    def _receiver(self) -> str:
        receiver = self.deliverable.received_by or self.definition.coordinator
        return issuer_of(self.definition, agency_of(self.definition, receiver), self.on).name

    def _close(self) -> None:
        blocks.add_text(self.document, closing(self.wording, self.deliverable))
        first = "Như trên" if self.wording.addressed else self.deliverable.addressed_to
        recipients = [one for one in (first, "Lưu: VT") if one]
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
        title = shown_title(node, self.issuer)
        blocks.add_heading(self.document, target.rank, title, number=node.number)
        if mine:
            nil = may_be_nil(self.outline, node.id, self.agency)
            lines = guidance_for(self.definition, node, local=self.issuer.local, nil=nil)
            blocks.add_guidance(self.document, lines)
            if not node.children:
                blocks.add_text(self.document, "")


def shown_title(node: OutlineNode, issuer: Issuer) -> str:
    """The title as this writer's level reads it: «tỉnh/huyện» is one of the two."""
    return node.title.replace("tỉnh/huyện", "huyện" if issuer.local else "tỉnh")


def opening(definition: PlanDefinition, issuer: Issuer, wording: Wording) -> str:
    """The first sentence: on what ground it is written."""
    plan_title = definition.title.removeprefix("Kế hoạch ")
    verb = "báo cáo" if wording.code == "BC" else "xây dựng kế hoạch"
    return (
        f"Thực hiện Kế hoạch số {definition.number} {long_date(definition.issued_on)} của "
        f"Ủy ban nhân dân tỉnh {definition.province} về việc {plan_title}, {issuer.name} {verb} như sau:"
    )


def closing(wording: Wording, deliverable: Deliverable) -> str:
    """The last sentence, closed as the decree closes a document."""
    what = f"{wording.kind} {wording.subject[:1].lower()}{wording.subject[1:]}"
    sent = f", kính gửi {deliverable.addressed_to}" if deliverable.addressed_to else ""
    return f"Trên đây là {what}{sent}./."


def guidance_for(
    definition: PlanDefinition, node: OutlineNode, *, local: bool, nil: bool
) -> Iterator[str]:
    """What stands under a heading for its writer; empty where the heading says it all.

    `local`: a district, whose own figures stand in no appendix; `nil`: «không phát sinh» will do.
    """
    yield from node.guidance
    if node.figures:
        lead = "Nên nêu số liệu của huyện về" if local else "Số liệu đưa vào mục này"
        yield f"{lead}: {figures_words(definition, node.figures)}."
    if nil:
        yield NIL


def figures_words(definition: PlanDefinition, names: Sequence[str]) -> str:
    """«Phụ lục 2: Tổng số văn bản … (PL2.1); …», or the appendix's name where there are many."""
    labels = indicator_labels(definition)
    by_appendix: dict[str, list[str]] = {}
    for name in names:
        by_appendix.setdefault(name.partition(".")[0], []).append(name)
    parts = []
    for code, codes in by_appendix.items():
        heading = f"Phụ lục {code.removeprefix('PL')}"
        if len(codes) > MOST_FIGURES:
            parts.append(f"{heading} ({len(codes)} chỉ tiêu, {codes[0]} đến {codes[-1]})")
        else:
            named = "; ".join(f"{labels.get(one, one)} ({one})" for one in codes)
            parts.append(f"{heading}: {named}")
    return ". ".join(parts)


def indicator_labels(definition: PlanDefinition) -> dict[str, str]:
    """`PL2.1` → its label, without the dash it may begin with."""
    return {
        f"{appendix.code}.{indicator.code}": _label(indicator)
        for appendix in definition.appendices
        for table in appendix.tables
        for indicator in table.indicators
    }


def _label(indicator: Indicator) -> str:
    return (indicator.standard_label or indicator.label).strip(" -.;")


def all_guidance(definition: PlanDefinition) -> set[str]:
    """Every line of guidance a template may bear, for readers: Google Docs and some mail programs turn
    styles into mere formatting, and left-over guidance must not count as text."""
    lines = set(HOW_TO)
    for target in outline_of(definition).targets.values():
        for local in (True, False):
            lines.update(guidance_for(definition, target.node, local=local, nil=True))
    return lines
