"""Reads a Word document into a `Document`: paragraphs with the numbers Word counts, tables with spans.

The XML is read as a stream and dropped behind. What is deleted (tracked changes), hidden, a table of contents
or drawn twice is left out; a text box's paragraphs follow the one it hangs on.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from drafting.document import (
    Block,
    Cell,
    Document,
    Paragraph,
    Table,
    TableRow,
    UnreadableError,
    tidy,
)
from intake.files.gate import Refused
from intake.files.word_gate import ReportLimits, open_docx, parse_xml
from intake.pdf.legacy_fonts import VNI_REFUSED, from_tcvn3, is_tcvn3, is_vni
from intake.report.formatting import (
    Numbering,
    Styles,
    W,
    int_of,
    is_bold,
    is_hidden,
    list_of,
    outline_level,
    read_numbering,
    value_of,
)

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_GONE = frozenset({f"{W}del", f"{W}moveFrom", _FALLBACK, f"{W}rPr", f"{W}pPr"})
_SHOWN = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_MOST_COLUMNS = 200
_CONTENTS = "Table of Contents"
_MARKED = re.compile(r"(?:[-–+•*]\s|[IVXLC]+\.\s|\d+(?:\.\d+)*[.)]?\s|[a-zđ]\)\s)")
_KINDS = re.compile(
    r"(?:KẾ HOẠCH|QUYẾT ĐỊNH|NGHỊ QUYẾT|CHƯƠNG TRÌNH|ĐỀ ÁN|PHƯƠNG ÁN|PHỤ LỤC(?: \w{1,5})?)"
)
REFUSALS = {
    "report.unreadable": "Tệp Word bị hỏng hoặc chưa tải lên hết, không mở được: "
    "hãy mở tệp trên máy, lưu lại dạng .docx rồi gửi lại.",
    "report.not-docx": "Tệp không phải văn bản Word (.docx): hãy lưu kế hoạch dạng .docx rồi gửi lại.",
    "report.encrypted": "Tệp được đặt mật khẩu nên không đọc được: hãy bỏ mật khẩu rồi gửi lại.",
    "report.too-large": "Tệp quá lớn, không giống một kế hoạch: hãy bỏ bớt ảnh, tách phụ lục rồi gửi lại.",
    "report.unsafe-xml": "Tệp có khai báo XML không an toàn nên không đọc: "
    "hãy mở bằng Word, lưu thành tệp mới rồi gửi lại.",
}


def read(data: bytes) -> Document:
    """A .docx file. Raises UnreadableError."""
    try:
        parts = open_docx(data)
        reader = _Reader(
            _Look(parse_xml(parts.styles) if parts.styles else None),
            read_numbering(parse_xml(parts.numbering) if parts.numbering else None),
        )
        blocks = tuple(reader.read(parts.document))
    except Refused as refused:
        told = REFUSALS.get(refused.finding.code, refused.finding.message)
        raise UnreadableError(told) from None
    except etree.XMLSyntaxError:
        raise UnreadableError(REFUSALS["report.unreadable"]) from None
    return Document(blocks=blocks, kind="docx")


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one run shows."""

    text: str
    bold: bool


class _Look:
    """Styles, and the font that text of a style has."""

    def __init__(self, root: Any | None) -> None:
        self.styles = Styles(root)
        self._fonts: dict[str, tuple[str, str]] = {}
        self._default = ""
        self.usual = ""
        """The style of a paragraph that names none."""
        for style in () if root is None else root.iterfind(f"{W}style"):
            own = _font_of(style.find(f"{W}rPr"))
            style_id = style.get(f"{W}styleId", "")
            self._fonts[style_id] = (own, value_of(style, "basedOn"))
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") == "1":
                self.usual = style_id
        if root is not None:
            self._default = _font_of(root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))

    def font(self, style_id: str) -> str:
        """The font of a style or its ancestors, else the document's."""
        for _ in range(20):  # a longer chain is a circle
            own, parent = self._fonts.get(style_id, ("", ""))
            if own or not parent:
                return own or self._default
            style_id = parent
        return self._default


def _font_of(properties: Any | None) -> str:
    fonts = None if properties is None else properties.find(f"{W}rFonts")
    return "" if fonts is None else str(fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "")


class _Reader:
    def __init__(self, look: _Look, numbering: Numbering) -> None:
        self.look, self.numbering, self.limits = look, numbering, ReportLimits()
        self.paragraphs = self.rows = self.tables = 0

    def read(self, document: bytes) -> Iterator[Block]:
        """The blocks of the body, each as soon as it is complete."""
        stream = etree.iterparse(
            io.BytesIO(document),
            events=("end",),
            tag=(f"{W}p", f"{W}tbl", f"{W}sdt", f"{W}document"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        last: Any = None
        for _, element in stream:
            last = element
            parent = element.getparent()
            if parent is None or parent.tag != f"{W}body":
                continue
            yield from self.block(element)
            element.clear()
            while element.getprevious() is not None:
                parent.remove(element.getprevious())
        if last is None or last.tag != f"{W}document":
            raise UnreadableError(REFUSALS["report.not-docx"])

    def blocks(self, container: Any) -> Iterator[Block]:
        for child in container:
            yield from self.block(child)

    def block(self, element: Any) -> Iterator[Block]:
        if element.tag == f"{W}p":
            yield from self.paragraph(element)
        elif element.tag == f"{W}tbl":
            yield self.table(element)
        elif element.tag == f"{W}sdt":
            if not _is_contents(element):
                for content in element.iterfind(f"{W}sdtContent"):
                    yield from self.blocks(content)
        elif isinstance(element.tag, str) and element.tag not in _GONE:
            yield from self.blocks(element)

    # --- paragraphs

    def paragraph(self, element: Any) -> Iterator[Block]:
        """The paragraph and what its text boxes hold."""
        self.paragraphs += 1
        self.stop_if_endless()
        properties = element.find(f"{W}pPr")
        style_id = self.style_of(properties)
        facts = self.look.styles.facts(style_id)
        label, pieces = self.label(properties, style_id), list(self.pieces(element, style_id))
        level = outline_level(properties, facts.level) or None
        if not facts.contents:
            lines = _lines("".join(piece.text for piece in pieces))
            for place, line in enumerate(lines):
                text = f"{label} {line}" if label and not place else line
                bold = _is_bold_from(pieces, line) if place else _begins_bold(pieces)
                yield Paragraph(text, level, bold, f"đoạn {self.paragraphs}")
        for box in element.iter(f"{W}txbxContent"):
            if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
                yield from self.blocks(box)

    def style_of(self, properties: Any | None) -> str:
        own = "" if properties is None else value_of(properties, "pStyle")
        return own or self.look.usual

    def label(self, properties: Any | None, style_id: str) -> str:
        """The number that Word shows before the paragraph."""
        facts = self.look.styles.facts(style_id)
        list_id, level = list_of(properties, facts.list_id, facts.list_level)
        return self.numbering.next_label(list_id, level) if list_id else ""

    def pieces(self, element: Any, style_id: str) -> Iterator[_Piece]:
        """What the paragraph's runs show, through links, content controls and accepted insertions."""
        for child in element:
            if child.tag in _GONE or not isinstance(child.tag, str):
                continue
            if child.tag == f"{W}r":
                yield from self.run(child, style_id)
            elif len(child):
                yield from self.pieces(child, style_id)

    def run(self, run: Any, style_id: str) -> Iterator[_Piece]:
        properties = run.find(f"{W}rPr")
        if is_hidden(properties):
            return
        text = "".join(_shown(child) for child in run)
        own = "" if properties is None else value_of(properties, "rStyle")
        font = _font_of(properties) or self.look.font(own or style_id)
        if is_vni(font) and text.strip():
            raise UnreadableError(VNI_REFUSED)
        if is_tcvn3(font):
            text = from_tcvn3(text, font)
        if text:
            inherited = self.look.styles.facts(own or style_id).bold
            yield _Piece(text, is_bold(properties, inherited))

    # --- tables

    def table(self, element: Any) -> Table:
        self.tables += 1
        where = f"sau đoạn {self.paragraphs}, bảng {self.tables}"
        rows: list[list[Cell]] = []
        open_cells: dict[int, tuple[int, int]] = {}
        """Column → row and place of the cell that is merged downwards there."""
        for row in element.iter(f"{W}tr"):
            if _nearest_table(row) is not element:
                continue
            self.rows += 1
            self.stop_if_endless()
            rows.append(self.row(row, rows, open_cells))
        return Table(
            tuple(
                TableRow(tuple(cells), f"{where}, dòng {place}")
                for place, cells in enumerate(rows, start=1)
            ),
            place=where,
        )

    def row(
        self, element: Any, above: list[list[Cell]], open_cells: dict[int, tuple[int, int]]
    ) -> list[Cell]:
        """The row's cells; one that goes on from above makes that one taller."""
        cells: list[Cell] = []
        column = _before(element)
        for cell in _cells(element):
            properties = cell.find(f"{W}tcPr")
            span = _span(properties)
            merged = None if properties is None else properties.find(f"{W}vMerge")
            held = open_cells.get(column)
            if merged is not None and merged.get(f"{W}val") != "restart" and held is not None:
                row, place = held
                above[row][place] = replace(
                    above[row][place], rowspan=above[row][place].rowspan + 1
                )
            else:
                open_cells.pop(column, None)
                if merged is not None:
                    open_cells[column] = (len(above), len(cells))
                cells.append(self.cell(cell, span))
            column += span
        return cells

    def cell(self, element: Any, span: int) -> Cell:
        lines: list[str] = []
        bold: bool | None = None
        for paragraph in element.iter(f"{W}p"):
            if any(parent.tag == _FALLBACK for parent in paragraph.iterancestors()):
                continue
            properties = paragraph.find(f"{W}pPr")
            style_id = self.style_of(properties)
            label = self.label(properties, style_id)
            pieces = list(self.pieces(paragraph, style_id))
            own = _lines("".join(piece.text for piece in pieces))
            if label:
                own[:1] = [f"{label} {own[0]}" if own else label]
            if own and bold is None:
                bold = _begins_bold(pieces)
            lines.extend(own)
        return Cell(tuple(lines), colspan=span, bold=bool(bold))

    def stop_if_endless(self) -> None:
        if self.paragraphs > self.limits.paragraphs or self.rows > self.limits.table_rows:
            raise UnreadableError(REFUSALS["report.too-large"])


# --- small things of the XML -----------------------------------------------------------------------


def _shown(child: Any) -> str:
    if child.tag == f"{W}t":
        return child.text or ""
    if child.tag in _SHOWN and child.get(f"{W}type") not in ("page", "column"):
        return _SHOWN[child.tag]
    return ""


def _is_contents(control: Any) -> bool:
    gallery = control.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(f"{W}val") == _CONTENTS


def _nearest_table(row: Any) -> Any:
    return next(row.iterancestors(f"{W}tbl"))


def _cells(row: Any) -> Iterator[Any]:
    """The row's own cells, also those inside a content control."""
    for child in row:
        if child.tag == f"{W}tc":
            yield child
        elif child.tag == f"{W}sdt":
            for content in child.iterfind(f"{W}sdtContent"):
                yield from _cells(content)


def _before(row: Any) -> int:
    """Columns that the row leaves out on its left."""
    properties = row.find(f"{W}trPr")
    before = "" if properties is None else value_of(properties, "gridBefore")
    return min(int_of(before), _MOST_COLUMNS) if before else 0


def _span(properties: Any | None) -> int:
    span = "" if properties is None else value_of(properties, "gridSpan")
    return min(max(int_of(span, 1), 1), _MOST_COLUMNS) if span else 1


def _lines(text: str) -> list[str]:
    """A paragraph's text; a line broken on purpose before a number or after the kind of document apart."""
    lines: list[str] = []
    for raw in tidy(text).split("\n"):
        line = raw.strip()
        if not line:
            continue
        if lines and not _KINDS.fullmatch(lines[-1]) and _goes_on(lines[-1], line):
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
    return lines


def _goes_on(before: str, line: str) -> bool:
    """Whether a line broken on purpose goes on with the sentence, or with a title in capitals; a number, a
    dash or a capital begins a line of its own."""
    if before.isupper() and line.isupper():
        return True
    return not _MARKED.match(line) and not line[:1].isupper()


def _begins_bold(pieces: Sequence[_Piece]) -> bool:
    return next((piece.bold for piece in pieces if piece.text.strip()), False)


def _is_bold_from(pieces: Sequence[_Piece], line: str) -> bool:
    """Whether the piece that a later line begins in is bold."""
    return any(
        piece.bold for piece in pieces if piece.text.strip() and line[:8] in tidy(piece.text)
    )
