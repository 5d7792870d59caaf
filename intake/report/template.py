"""What a report's outline asks for, in words: titles, guidance, what may be left out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intake.report.letterheads import Issuer, title_for
from intake.report.outline import outline_of
from plan.definition.appendices import Indicator
from plan.definition.model import Agency, Deliverable, DeliverableKind, OutlineNode, PlanDefinition
from plan.text import plan_cited

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

DUE = "Nộp cho "
"""How the line of the form begins that says to whom and until when; its day differs by form."""
NIL = (
    "Nếu không phát sinh hoặc không thuộc thẩm quyền, ghi rõ «Không phát sinh» "
    "hoặc «Không thuộc thẩm quyền»."
)


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


def shown_title(node: OutlineNode, local: bool | None) -> str:
    """The title as its writer's level reads it: «tỉnh/huyện» is one of the two; None: both write."""
    if local is None:
        return node.title
    return node.title.replace("tỉnh/huyện", "huyện" if local else "tỉnh")


def opening(definition: PlanDefinition, issuer: Issuer, wording: Wording) -> str:
    """The first sentence: on what ground it is written."""
    committee = f"Ủy ban nhân dân tỉnh {definition.province}"
    plan = plan_cited(definition.number, definition.issued_on, committee, definition.title)
    verb = "báo cáo" if wording.code == "BC" else "xây dựng kế hoạch"
    return f"Thực hiện {plan}, {issuer.name} {verb} như sau:"


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
