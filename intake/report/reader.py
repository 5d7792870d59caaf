"""Reading a report: a .docx in, the text under each node of the outline out.

    reading = read_report(data, "bao-cao.docx", definition, "vinh-thanh")

Raises `gate.Refused` with a finding for what is not read at all. What the sections lack is told by
`report_checks`; this module tells what it could not make out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from documents.package import read_custom_properties
from intake.files.memo import cached_by_plan
from intake.files.word_gate import ReportLimits, open_docx, parse_xml
from intake.report.blocks import Block, read_blocks
from intake.report.candidates import titles_of
from intake.report.letterheads import agency_of
from intake.report.lines import Guidance, part_lines, typed_as_guidance, without_guidance
from intake.report.matching import Matching, match_headings
from intake.report.outline import Outline, outline_of, roots_of, wanted_nodes
from intake.report.sections import Sections, gather_sections
from intake.report.template import (
    AGENCY_PROPERTY,
    DELIVERABLE_PROPERTY,
    PLAN_PROPERTY,
    VERSION_PROPERTY,
    all_guidance,
    narratives_of,
)
from plan.definition.model import Agency, PlanDefinition
from plan.ledger.filing import FoundFault, ReadSection
from plan.text import number_words

Grid = tuple[tuple[str, ...], ...]
MOST_STRANGERS = 5


@dataclass(frozen=True)
class ReportReading:
    """What a report says.

    `plan`, `agency`, `deliverable` and `version` are what the file itself says of them, empty where it
    says nothing. `found` are the nodes whose heading stands in it. `head` is its text before the first
    heading, which tells what kind of document it is. `tables` are all its tables, cell by cell.
    """

    plan: str = ""
    agency: str = ""
    deliverable: str = ""
    version: str = ""
    sections: tuple[ReadSection, ...] = ()
    found: frozenset[str] = frozenset()
    head: str = ""
    tables: tuple[Grid, ...] = ()
    findings: tuple[FoundFault, ...] = ()
    places: tuple[Grid, ...] = ()
    """Of a PDF file: where each cell of `tables` stands (`intake.pdf.places`); empty for a Word document."""
    kind: Literal["docx", "pdf"] = "docx"
    scanned: tuple[int, ...] = ()
    """Of a PDF file: pages that are pictures."""

    def text_of(self, node: str) -> str:
        """The node's own text; empty for none."""
        return next((one.text for one in self.sections if one.node == node), "")


def read_report(
    data: bytes,
    filename: str,
    definition: PlanDefinition,
    agency: str = "",
    *,
    limits: ReportLimits | None = None,
) -> ReportReading:
    """The report's sections. `agency` (or, without one, what the file says) tells which nodes are
    expected; a heading that several nodes bear is taken for an expected one."""
    parts = open_docx(data, limits)
    properties = read_custom_properties(parse_xml(parts.properties)) if parts.properties else {}
    read = read_blocks(parts, limits)
    own = properties.get(AGENCY_PROPERTY, "")
    reading = reading_of(read.blocks, filename, definition, agency or own)
    before = tuple(_with_file((*parts.findings, *read.findings), filename))
    return replace(
        reading,
        plan=properties.get(PLAN_PROPERTY, ""),
        agency=own,
        deliverable=properties.get(DELIVERABLE_PROPERTY, ""),
        version=properties.get(VERSION_PROPERTY, ""),
        findings=(*before, *reading.findings),
    )


def reading_of(
    blocks: Sequence[Block], filename: str, definition: PlanDefinition, agency: str
) -> ReportReading:
    """What a document says whose blocks are `blocks`, whatever file they stood in."""
    outline = outline_of(definition)
    titles = titles_of(definition)
    blocks = part_lines(without_guidance(blocks, guidance_of(definition)), titles)
    expected = _expected(definition, outline, _agency(definition, agency))
    matching = match_headings(blocks, outline, expected, titles)
    sections = gather_sections(blocks, matching, outline)
    findings = [
        *typed_as_guidance(blocks[_first_heading(blocks, matching) :]),
        *_told(blocks, matching, outline),
        *_twice(sections, outline),
        *sections.left_out.findings(),
    ]
    return ReportReading(
        sections=tuple(_sections(sections, outline, filename)),
        found=frozenset(sections.found),
        head=_head(blocks, matching),
        tables=tuple(block.rows for block in blocks if block.rows),
        findings=tuple(_with_file(findings, filename)),
    )


def _agency(definition: PlanDefinition, agency_id: str) -> Agency | None:
    try:
        return agency_of(definition, agency_id)
    except KeyError:
        return None


def _expected(definition: PlanDefinition, outline: Outline, agency: Agency | None) -> set[str]:
    if agency is None:
        return set()
    return {
        node
        for deliverable in narratives_of(definition, agency)
        for node in wanted_nodes(outline, roots_of(definition, deliverable, agency))
    }


@cached_by_plan(8)
def guidance_of(definition: PlanDefinition) -> Guidance:
    """Every line of guidance that a form of this plan bears."""
    return Guidance.of(all_guidance(definition))


def _sections(sections: Sections, outline: Outline, filename: str) -> Iterator[ReadSection]:
    order = sorted(sections.text, key=lambda node: outline.targets[node].order)
    for node in order:
        lines = sections.text[node]
        if lines:
            yield ReadSection(node=node, text="\n".join(lines), file=filename)


def _first_heading(blocks: Sequence[Block], matching: Matching) -> int:
    return min([*matching.hits, *matching.unsure], default=len(blocks))


def _head(blocks: Sequence[Block], matching: Matching) -> str:
    first = _first_heading(blocks, matching)
    lines = [line for block in blocks[: min(first, 60)] for line in _block_lines(block)]
    return "\n".join(lines)[:4000]


def _block_lines(block: Block) -> Iterator[str]:
    if block.rows:
        yield from (cell for row in block.rows for cell in row if cell)
    elif block.text and not block.guidance:
        yield block.text


def _told(blocks: Sequence[Block], matching: Matching, outline: Outline) -> Iterator[FoundFault]:
    for index, nodes in matching.unsure.items():
        text = blocks[index].text[:120]
        might = " hay ".join(f"{outline.path(node)}" for node in nodes[:3])
        yield FoundFault(
            "error",
            "report.heading-unsure",
            f"Không rõ đề mục «{text}» là mục nào: {might}. "
            "Hãy ghi đủ số thứ tự và tên mục theo đề cương; nội dung dưới đề mục này chưa được nhận.",
            read=text,
        )
    strangers = [one.text for one in matching.strangers.values() if one.level][:MOST_STRANGERS]
    if strangers:
        names = "; ".join(f"«{text[:80]}»" for text in strangers)
        yield FoundFault(
            "note",
            "report.heading-own",
            f"Đề mục không có trong đề cương: {names}. Nội dung được tính vào mục chứa đề mục đó.",
        )


def _twice(sections: Sections, outline: Outline) -> Iterator[FoundFault]:
    """One finding for all: a copy of the outline pasted below the first repeats every heading."""
    if not sections.twice:
        return
    first = next(iter(sections.twice))
    most = len(sections.twice)
    others = f" và {number_words(most - 1)} đề mục khác" if most > 1 else ""
    yield FoundFault(
        "error",
        "report.heading-twice",
        f"Đề mục {outline.path(first)} «{outline.node(first).title.rstrip(' .:;')[:80]}»{others} đứng "
        "hơn một lần trong tệp, mỗi lần có nội dung riêng. Mọi nội dung được giữ dưới cùng đề mục; "
        "hãy để lại một bản rồi nộp lại.",
        sheet=outline.path(first),
        read=str(most),
    )


def _with_file(findings: Sequence[FoundFault], filename: str) -> Iterator[FoundFault]:
    seen: set[tuple[str, str]] = set()
    for one in findings:
        if (one.code, one.read) not in seen or one.code.startswith("report.heading"):
            seen.add((one.code, one.read))
            yield replace(one, file=filename)


# --- for the way between processes -----------------------------------------------------------------


def report_to_data(reading: ReportReading) -> dict[str, Any]:
    """The reading as plain data."""
    data = dict(vars(reading))
    data["sections"] = [list(vars(one).values()) for one in reading.sections]
    data["findings"] = [list(vars(one).values()) for one in reading.findings]
    data["found"] = sorted(reading.found)
    return data


def report_from_data(data: dict[str, Any]) -> ReportReading:
    """The reading out of what `report_to_data` said."""
    return ReportReading(
        plan=data["plan"],
        agency=data["agency"],
        deliverable=data["deliverable"],
        version=data["version"],
        sections=tuple(ReadSection(*one) for one in data["sections"]),
        found=frozenset(data["found"]),
        head=data["head"],
        tables=_grids(data["tables"]),
        findings=tuple(FoundFault(*one) for one in data["findings"]),
        places=_grids(data["places"]),
        kind=data["kind"],
        scanned=tuple(data["scanned"]),
    )


def _grids(tables: Sequence[Sequence[Sequence[str]]]) -> tuple[Grid, ...]:
    return tuple(tuple(tuple(row) for row in table) for table in tables)
