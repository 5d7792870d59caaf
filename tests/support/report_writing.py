"""Word documents for tests: templates filled in, documents typed by hand, packages tampered with."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.text.paragraph import Paragraph

from documents.contents import heading_level
from intake.forms.report import build_reports
from intake.report.letterheads import agency_of
from intake.report.outline import Outline, roots_of, wanted_nodes
from plan.definition.model import Deliverable, PlanDefinition

ON = date(2020, 3, 10)
WRITTEN_AT = datetime(2020, 3, 10, 1, 0, tzinfo=UTC)


def deliverable_of(definition: PlanDefinition, deliverable: str) -> Deliverable:
    return next(one for one in definition.deliverables if one.id == deliverable)


def template(definition: PlanDefinition, agency: str, deliverable: str) -> bytes:
    """The blank document of one deliverable."""
    return _templates(definition, agency)[deliverable]


_kept: dict[tuple[int, str], dict[str, bytes]] = {}


def _templates(definition: PlanDefinition, agency: str) -> dict[str, bytes]:
    """Built once a test session: there is one definition, and the bytes are always the same."""
    key = (id(definition), agency)
    if key not in _kept:
        made = build_reports(definition, agency, on=ON, written_at=WRITTEN_AT)
        _kept[key] = {one.deliverable: one.data for one in made}
    return _kept[key]


def wanted_of(definition: PlanDefinition, agency: str, deliverable: str) -> list[str]:
    """The nodes the agency writes, in reading order."""
    outline = Outline(definition.outline)
    owner, part = agency_of(definition, agency), deliverable_of(definition, deliverable)
    wanted = wanted_nodes(outline, roots_of(definition, part, owner))
    return [node for node in outline.targets if node in wanted]


def enough(node: str) -> str:
    """A text long enough for any section, its own for each node."""
    return (
        f"Nội dung mục {node}: "
        + "các cơ quan, đơn vị đã thực hiện đầy đủ nhiệm vụ được giao. " * 3
    )


def fill(
    definition: PlanDefinition,
    agency: str,
    deliverable: str,
    text_for: Callable[[str], str] = enough,
    data: bytes | None = None,
) -> tuple[bytes, dict[str, str]]:
    """The template with `text_for(node)` typed under each heading ("" for none), and what was typed."""
    document = docx.Document(io.BytesIO(data or template(definition, agency, deliverable)))
    outline = Outline(definition.outline)
    wanted = set(wanted_of(definition, agency, deliverable))
    shown = [n for n in outline.targets if n in wanted or wanted & set(outline.under(n))]
    headings = [one for one in document.paragraphs if heading_level(one)]
    typed: dict[str, str] = {}
    for node, heading in zip(shown, headings, strict=True):
        text = text_for(node).strip() if node in wanted else ""
        if text:
            _write_below(heading, text)
            typed[node] = text
    return saved(document), typed


def _write_below(heading: Paragraph, text: str) -> None:
    for line in reversed(text.split("\n")):
        new = OxmlElement("w:p")
        heading._p.addnext(new)
        Paragraph(new, heading._parent).add_run(line)


def typed(lines: str | Iterable[str]) -> bytes:
    """A document typed by hand: `# x` a heading 1, `## x` a heading 2, `**x** y` x in bold."""
    document = docx.Document()
    for line in lines.strip().split("\n") if isinstance(lines, str) else lines:
        depth = len(line) - len(line.lstrip("#"))
        if depth:
            document.add_paragraph(line[depth:].strip(), style=f"Heading {depth}")
            continue
        paragraph = document.add_paragraph()
        for place, piece in enumerate(line.split("**")):
            if piece:
                paragraph.add_run(piece).bold = place % 2 == 1 or None
    return saved(document)


def saved(document: Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def repacked(
    data: bytes,
    changed: Mapping[str, Callable[[bytes], bytes]] | None = None,
    added: Mapping[str, bytes] | None = None,
    without: Iterable[str] = (),
) -> bytes:
    """The same archive with parts changed, added or left out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name not in set(without):
                content = source.read(name)
                target.writestr(name, (changed or {}).get(name, lambda same: same)(content))
        for name, content in (added or {}).items():
            target.writestr(name, content)
    return out.getvalue()


def retyped(data: bytes, change: Callable[[Document], None]) -> bytes:
    """The document after somebody worked on it in Word."""
    document = docx.Document(io.BytesIO(data))
    change(document)
    return saved(document)
