"""A plan's forms, out of its document: appendices with their tables, and the report's outline.

    forms = read_forms(document)

Pure. What is proposed and unsure stands in `doubts` as Vietnamese questions; nothing is invented: a table
that is no blank form is no appendix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from drafting.document import Block, Document, Paragraph
from drafting.forms.outline import Node, read_outline
from drafting.forms.tables import FormRow, FormTable, form_of, printed_label

_OUTLINE = re.compile(r"ĐỀ CƯƠNG\b.*")
_HEADING = re.compile(
    r"(PHỤ LỤC|Phụ lục|BIỂU(?: MẪU)?|Biểu(?: mẫu)?|MẪU)(?: SỐ| số)?\s*"
    r"([0-9]{1,3}|[IVXLC]{1,6}|[A-Z])?\b[.:]?\s*(.*)"
)
_REFERENCE = re.compile(r"\((?:Kèm theo|Ban hành kèm theo)\b.*\)?")
_TABLE_TITLE = re.compile(r"([IVXLC]{1,6}|[A-Z]|\d{1,2})\.\s+\S")
_NOTE = re.compile(r"ghi chú", re.I)
_FAR = 6
"""Paragraphs that are looked back on for an appendix's title."""


@dataclass
class FormAppendix:
    """One appendix as the plan format has it."""

    code: str
    heading: str
    printed: bool
    title: str
    reference: str
    subtitle: str = ""
    tables: list[FormTable] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)

    @property
    def doubts(self) -> list[str]:
        """Every question about its tables and rows."""
        return [
            doubt
            for table in self.tables
            for doubt in (*table.doubts, *(one for row in table.rows for one in row.doubts))
        ]

    def as_data(self) -> dict[str, Any]:
        """As the plan format's appendix has it."""
        data: dict[str, Any] = {"code": self.code, "heading": self.heading}
        if not self.printed:
            data["heading_printed"] = False
        data["title"] = self.title
        if self.subtitle:
            data["subtitle"] = self.subtitle
        data["reference"] = self.reference
        data["tables"] = [_table_data(table) for table in self.tables]
        if self.footnotes:
            data["footnotes"] = list(self.footnotes)
        return data


@dataclass
class Forms:
    """What a plan asks to be filled in."""

    appendices: list[FormAppendix] = field(default_factory=list)
    outline: list[Node] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """In JSON's types, with the questions."""
        return {
            "appendices": [one.as_data() for one in self.appendices],
            "outline": [node.as_data() for node in self.outline],
            "questions": [
                {"about": "form", "appendix": one.code, "text": doubt}
                for one in self.appendices
                for doubt in one.doubts
            ],
        }


def read_forms(document: Document, year: int | None = None) -> Forms:
    """The forms of a document; `year` of the plan, for heads that name none."""
    blocks = document.blocks
    appendices: list[FormAppendix] = []
    since: list[Paragraph] = []
    for at, block in enumerate(blocks):
        if isinstance(block, Paragraph):
            since.append(block)
            continue
        caption = [paragraph.text for paragraph in since[-_FAR:]]
        code = _table_code(caption)
        form = form_of(block, year, code)
        since = []
        if form is None:
            continue
        form.title = caption[-1] if code else ""
        head = _head(caption[:-1] if code else caption)
        if head is None and appendices:
            appendices[-1].tables.append(form)
        else:
            appendices.append(_appendix(head, form, len(appendices) + 1))
        appendices[-1].footnotes += _footnotes(blocks[at + 1 :])
    return Forms(appendices, read_outline(_outline_part(blocks)))


# --- captions --------------------------------------------------------------------------------------


@dataclass
class _Head:
    number: str = ""
    heading: str = ""
    title: str = ""
    subtitle: str = ""
    reference: str = ""


def _table_code(caption: Sequence[str]) -> str:
    """«II» of «II. Số lượng …» right above a table; empty for a table that bears no title."""
    found = _TABLE_TITLE.match(caption[-1]) if caption else None
    return found[1] if found and not caption[-1].isupper() else ""


def _head(caption: Sequence[str]) -> _Head | None:
    """What the paragraphs above a table say: heading, title in capitals, reference; None: nothing."""
    head = _Head()
    for text in caption:
        for line in text.split("\n"):
            found = _HEADING.fullmatch(line)
            if found and (found[2] or found[1].isupper()) and len(line) < 200:
                head = _Head(
                    number=found[2] or "",
                    heading=f"{found[1]} {found[2] or ''}".strip(),
                    title=found[3],
                )
            elif _REFERENCE.match(line) or "(Kèm theo" in line:
                title, _, rest = line.partition("(Kèm theo")
                head.title = f"{head.title} {title}".strip() if title.isupper() else head.title
                head.reference = f"(Kèm theo{rest}" if rest else line
            elif line.isupper():
                head.title = f"{head.title} {line}".strip()
            elif line.startswith("(") and head.title:
                head.subtitle = line
            elif head.title and not head.reference and not line.isupper():
                head = _Head()  # a sentence: what stood before is no caption
    return head if head.title or head.heading else None


def _appendix(head: _Head | None, form: FormTable, number: int) -> FormAppendix:
    head = head or _Head()
    own = head.number or str(number)
    return FormAppendix(
        code=f"PL{own}",
        heading=head.heading or f"PHỤ LỤC {own}",
        printed=bool(head.heading),
        title=head.title or f"Phụ lục {own}",
        reference=head.reference,
        subtitle=head.subtitle,
        tables=[form],
    )


def _footnotes(following: Sequence[Block]) -> list[str]:
    """The lines after «Ghi chú:» right under a table."""
    if (
        not following
        or not isinstance(following[0], Paragraph)
        or not _NOTE.match(following[0].text)
    ):
        return []
    notes: list[str] = []
    for block in following[1:]:
        if not isinstance(block, Paragraph) or not block.text.startswith(("-", "+", "(")):
            break
        if block.text.startswith("(Kèm"):
            break
        notes.append(block.text)
    return notes


# --- the outline -----------------------------------------------------------------------------------


def _outline_part(blocks: Sequence[Block]) -> Iterator[Paragraph]:
    """The paragraphs from «ĐỀ CƯƠNG …» to the next appendix or table."""
    inside = False
    for block in blocks:
        if not isinstance(block, Paragraph):
            if inside:
                return
            continue
        if inside and _HEADING.fullmatch(block.text) and block.text.isupper():
            return
        if inside:
            yield block
        elif _OUTLINE.fullmatch(block.text) and block.text.isupper():
            inside = True


# --- as data ---------------------------------------------------------------------------------------


def _table_data(table: FormTable) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if table.code:
        data["code"] = table.code
    if table.title:
        data["title"] = table.title
    if table.layout != "rows":
        data["layout"] = table.layout
    data["heads"] = list(table.heads)
    data["periods"] = [
        {"key": one.key, "label": one.label, "ends_on": one.ends_on.isoformat()}
        | ({"partial": True} if one.partial else {})
        for one in table.periods
    ]
    data["indicators"] = [_row_data(row) for row in table.rows]
    return data


def _row_data(row: FormRow) -> dict[str, Any]:
    proposal = row.proposal
    data: dict[str, Any] = {"code": row.code}
    if row.stt:
        data["stt"] = row.stt
    data["label"] = row.label
    if printed_label(row.label) != row.label:
        data["aliases"] = [printed_label(row.label)]
    data["type"] = proposal.type
    if proposal.type != "header":
        if proposal.unit:
            data["unit"] = proposal.unit
        data["period_kind"], data["aggregate"] = proposal.period_kind, proposal.aggregate
    if proposal.choices:
        data["choices"] = list(proposal.choices)
    if proposal.optional:
        data["optional"] = True
    if row.group:
        data["group"] = row.group
    if row.parent:
        data["parent"] = row.parent
    return data
