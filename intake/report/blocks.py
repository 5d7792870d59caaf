"""A Word document as a plain list of blocks: paragraphs and tables in reading order.

The XML is read as a stream and dropped behind, so that a long report costs no more memory than a
short one. What is deleted (tracked changes), hidden in fields or drawn twice is left out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from intake.files.findings import fault
from intake.files.gate import refuse as refuse_gate
from intake.files.word_gate import DocxParts, ReportLimits, parse_xml, refuse
from intake.report.besides import Besides, M, equation
from intake.report.formatting import (
    Numbering,
    StyleFacts,
    Styles,
    W,
    font_of,
    is_bold,
    is_hidden,
    list_of,
    outline_level,
    position_of,
    read_numbering,
    value_of,
)
from intake.report.outline import words
from intake.workbook.marks import lowered, raised
from plan import legacy_text
from plan.ledger.filing import FoundFault
from plan.text import nfc

MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_GONE = frozenset({f"{W}del", f"{W}moveFrom", f"{W}txbxContent", MC_FALLBACK, f"{W}rPr", f"{W}pPr"})
_TEXT = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_FETCHING_FIELDS = ("DDE", "DDEAUTO", "INCLUDETEXT", "INCLUDEPICTURE", "RD", "LINK")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a table (`rows` not empty) whose `text` is its cells joined.

    `label` is an automatic number; `level` 1–9 a heading's; `lead` the bold words a paragraph begins
    with when the rest is not bold. `guidance`: formed as guidance, and once hints are told from text, is
    guidance; `typed`: formed so, but somebody's text.
    """

    text: str
    label: str = ""
    level: int = 0
    bold: bool = False
    lead: str = ""
    guidance: bool = False
    typed: bool = False
    contents: bool = False
    rows: tuple[tuple[str, ...], ...] = ()


_CLOSING = "tren day la"
_RECIPIENTS = "noi nhan"


def closes(block: Block) -> bool:
    """Whether the closing sentence or «Nơi nhận» stands here."""
    return any(words(line).startswith((_CLOSING, _RECIPIENTS)) for line in _lines(block))


def names_recipients(block: Block) -> bool:
    """Whether «Nơi nhận» stands here: what follows is an annex, or the whole once more."""
    return any(words(line).startswith(_RECIPIENTS) for line in _lines(block))


def _lines(block: Block) -> Iterator[str]:
    yield block.text[:200]
    for row in block.rows[:3]:
        yield from row


@dataclass(frozen=True)
class ReadBlocks:
    blocks: tuple[Block, ...]
    findings: tuple[FoundFault, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    bold: bool
    font: str = ""


def read_blocks(parts: DocxParts, limits: ReportLimits | None = None) -> ReadBlocks:
    """Every block of the document's body. Raises Refused for what is no Word XML."""
    limits = limits or ReportLimits()
    styles = Styles(parse_xml(parts.styles) if parts.styles else None)
    numbering = read_numbering(parse_xml(parts.numbering) if parts.numbering else None)
    reader = _Reader(styles, numbering, limits)
    try:
        blocks = tuple(reader.read(parts.document))
    except etree.XMLSyntaxError as error:
        raise refuse("report.unreadable", str(error)[:100]) from None
    blocks, told = _unicode(blocks, reader.old_fonts)
    return ReadBlocks(blocks, (*reader.findings, *reader.besides.findings(), *told))


def _unicode(
    blocks: tuple[Block, ...], fonts: dict[str, list[str]]
) -> tuple[tuple[Block, ...], list[FoundFault]]:
    """The blocks without any text in an old coding, and what is said of it. Raises Refused where what the
    text means is not sure."""
    names = ", ".join(fonts)
    for font, texts in fonts.items():
        known = legacy_text.coding_of(font) in legacy_text.CODINGS
        if not known or legacy_text.share_of_syllables(" ".join(texts)) < legacy_text.SURE:
            raise refuse_gate("file.old_font", font=font)
    texts = [text for block in blocks for text in (block.text, *_cells(block))]
    changed, verdict = legacy_text.to_unicode(texts)
    if not verdict.sure:
        raise refuse_gate("file.old_font", font="không rõ tên")
    if changed != texts:
        names = names or f"kiểu {verdict.coding}"
        following = iter(changed)
        blocks = tuple(_with_texts(block, following) for block in blocks)
    return blocks, [fault("file.old_font_read", font=names)] if names else []


def _cells(block: Block) -> Iterator[str]:
    return (cell for row in block.rows for cell in row)


def _with_texts(block: Block, texts: Iterator[str]) -> Block:
    text = next(texts)
    rows = tuple(tuple(next(texts) for _ in row) for row in block.rows)
    return replace(block, text=text, rows=rows, lead=block.lead if text == block.text else "")


class _Reader:
    def __init__(self, styles: Styles, numbering: Numbering, limits: ReportLimits) -> None:
        self.styles, self.numbering, self.limits = styles, numbering, limits
        self.findings: list[FoundFault] = []
        self.besides = Besides(b"")
        self.old_fonts: dict[str, list[str]] = {}
        """By font from before Unicode: its texts, converted."""
        self.paragraphs = 0
        self.rows = 0

    def read(self, document: bytes) -> Iterator[Block]:
        self.besides = Besides(document)
        stream = etree.iterparse(
            io.BytesIO(document),
            events=("end",),
            tag=(f"{W}p", f"{W}tr", f"{W}tbl", f"{W}document"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        rows: list[tuple[str, ...]] = []
        last: Any = None
        for _, element in stream:
            last = element
            if _depth(element) > 1 or (element.tag == f"{W}p" and _in_table_or_box(element)):
                continue
            if element.tag == f"{W}p":
                yield from self.paragraph(element)
            elif element.tag == f"{W}tr":
                self.besides.look(element)
                rows.append(self.row(element))
            elif element.tag == f"{W}tbl":
                yield table_block(rows)
                rows = []
            _drop(element)
        if last is None or last.tag != f"{W}document":
            raise refuse("report.not-docx")

    def paragraph(self, element: Any) -> Iterator[Block]:
        self.paragraphs += 1
        self.stop_if_endless()
        for name in fetching_fields(element):
            self.findings.append(_fetching(name))
        self.besides.look(element)
        yield self.block(element)
        for box in element.iter(f"{W}txbxContent"):
            if not any(parent.tag == MC_FALLBACK for parent in box.iterancestors()):
                for inner in box.iterfind(f"{W}p"):
                    yield self.block(inner)

    def block(self, element: Any) -> Block:
        properties = element.find(f"{W}pPr")
        style_id = "" if properties is None else value_of(properties, "pStyle")
        facts = self.styles.facts(style_id)
        level = outline_level(properties, facts.level)
        list_id, list_level = list_of(properties, facts.list_id, facts.list_level)
        pieces = [self.unicode(piece) for piece in _pieces(element, self.styles, facts)]
        text = nfc("".join(piece.text for piece in pieces)).strip()
        block = _formed(text, pieces, facts, level)
        if list_id and text:
            block = replace(block, label=self.numbering.next_label(list_id, list_level))
        return replace(block, contents=facts.contents or _in_contents(element))

    def row(self, element: Any) -> tuple[str, ...]:
        self.rows += 1
        self.stop_if_endless()
        cells: list[str] = []
        for cell in element.iterfind(f"{W}tc"):
            cells.append(self.cell(cell))
            properties = cell.find(f"{W}tcPr")
            span = "" if properties is None else value_of(properties, "gridSpan")
            if span.isdecimal() and len(span) < 3:
                cells.extend([""] * (int(span) - 1))
        return tuple(cells)

    def cell(self, cell: Any) -> str:
        """The paragraphs of a cell, nested tables included, on one line."""
        texts = (self.text(paragraph) for paragraph in cell.iter(f"{W}p"))
        return " ".join(" ".join(text.split()) for text in texts if text.strip())

    def text(self, paragraph: Any) -> str:
        """Everything a paragraph shows."""
        properties = paragraph.find(f"{W}pPr")
        facts = self.styles.facts("" if properties is None else value_of(properties, "pStyle"))
        pieces = _pieces(paragraph, self.styles, facts)
        return nfc("".join(self.unicode(piece).text for piece in pieces))

    def unicode(self, piece: _Piece) -> _Piece:
        """The run in Unicode, where its font is one from before."""
        coding = legacy_text.coding_of(piece.font)
        if not coding or piece.text.isascii() or legacy_text.typed_in_unicode(piece.text):
            return piece
        text = piece.text
        if coding in legacy_text.CODINGS:
            text = legacy_text.convert(text, coding, piece.font)
        self.old_fonts.setdefault(piece.font, []).append(text)
        return replace(piece, text=text)

    def stop_if_endless(self) -> None:
        if self.paragraphs > self.limits.paragraphs or self.rows > self.limits.table_rows:
            raise refuse("report.too-large", "quá nhiều đoạn hoặc dòng bảng")


def _formed(text: str, pieces: list[_Piece], facts: StyleFacts, level: int) -> Block:
    bold = bool(text) and all(piece.bold for piece in pieces if piece.text.strip())
    return Block(
        text=text,
        level=level,
        bold=bold,
        lead="" if bold else _lead(pieces),
        guidance=facts.guidance,
    )


def _lead(pieces: list[_Piece]) -> str:
    lead = ""
    for piece in pieces:
        if piece.text.strip() and not piece.bold:
            break
        lead += piece.text
    return nfc(lead).strip()


def _pieces(element: Any, styles: Styles, facts: StyleFacts) -> Iterator[_Piece]:
    """The paragraph's runs, through links, content controls and accepted insertions."""
    for child in element:
        if child.tag in _GONE or not isinstance(child.tag, str):
            continue
        if child.tag == f"{M}oMath":
            yield _Piece(equation(child), bold=False)
        elif child.tag == f"{W}r":
            properties = child.find(f"{W}rPr")
            if not is_hidden(properties) and (text := run_text(child)):
                style = "" if properties is None else value_of(properties, "rStyle")
                own = styles.facts(style) if style else facts
                shown = _at(position_of(properties, own.position), text)
                yield _Piece(shown, is_bold(properties, own.bold), font_of(properties, own.font))
        elif len(child):
            yield from _pieces(child, styles, facts)


def _at(position: str, text: str) -> str:
    """Text above or below the line, as code points that say so."""
    return {"superscript": raised, "subscript": lowered}.get(position, str)(text)


def run_text(run: Any) -> str:
    """What a run shows: text, tabs as blanks, breaks as newlines; no field instructions."""
    parts: list[str] = []
    for child in run:
        if child.tag == f"{W}softHyphen":
            # LibreOffice writes so what .VnTime shows as «ư».
            parts.append("\u00ad")
        elif child.tag == f"{W}t":
            parts.append(child.text or "")
        elif child.tag in _TEXT and child.get(f"{W}type") != "page":
            parts.append(_TEXT[child.tag])
    return "".join(parts)


def fetching_fields(element: Any) -> Iterator[str]:
    """Fields that fetch or run something when the document is opened or updated."""
    for instruction in element.iter(f"{W}instrText"):
        words = (instruction.text or "").split()
        if words and words[0].upper() in _FETCHING_FIELDS:
            yield words[0].upper()
    for simple in element.iter(f"{W}fldSimple"):
        words = simple.get(f"{W}instr", "").split()
        if words and words[0].upper() in _FETCHING_FIELDS:
            yield words[0].upper()


def _fetching(name: str) -> FoundFault:
    return FoundFault(
        "error",
        "report.fetching-field",
        f"Tệp có trường {name} tự lấy nội dung từ nơi khác khi mở. "
        "Hãy chọn cả văn bản, bấm Ctrl+Shift+F9 để đổi trường thành chữ rồi nộp lại.",
        read=name,
    )


def table_block(rows: list[tuple[str, ...]]) -> Block:
    """A table as a block, from the texts of its cells."""
    lines = (" | ".join(cell for cell in row if cell) for row in rows)
    return Block("\n".join(line for line in lines if line), rows=tuple(rows) or (("",),))


def _depth(element: Any) -> int:
    """How many tables it stands in, itself counted if it is one."""
    own = 1 if element.tag == f"{W}tbl" else 0
    return own + sum(1 for parent in element.iterancestors(f"{W}tbl"))


def _in_table_or_box(element: Any) -> bool:
    return any(parent.tag in (f"{W}tbl", f"{W}txbxContent") for parent in element.iterancestors())


def _in_contents(element: Any) -> bool:
    """Inside Word's own «Table of Contents» control."""
    for control in element.iterancestors(f"{W}sdt"):
        gallery = control.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
        if gallery is not None and gallery.get(f"{W}val") == "Table of Contents":
            return True
    return False


def _drop(element: Any) -> None:
    """Free what was read: the element's content, and its already read elder siblings."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        previous = element.getprevious()
        if previous.tag not in (f"{W}p", f"{W}tr", f"{W}tbl"):
            break
        parent.remove(previous)
