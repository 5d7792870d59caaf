"""What python-calamine does not tell of an .xlsx: formulas without a kept result, cells in error, how far
a sheet really reaches, and which cells show a percentage. Scans the sheets' XML as bytes; builds no tree.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import cached_property, lru_cache
from posixpath import normpath

from lxml import etree

from intake.files.gate import Limits, read_part, refuse
from intake.workbook.marks import lowered, raised

Place = tuple[int, int]
"""Row and column, from zero."""

_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.S)
_PREFIXED_FORMULA = re.compile(rb"<\w+:c\b([^>]*)>\s*<\w+:f\b(.*?)</\w+:c>", re.S)
_KEPT_RESULT = re.compile(rb"<(?:\w+:)?v\b[^>]*>[^<]")
_ERROR_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=\"e\"[^>]*)>")
_REFERENCE = re.compile(rb"\br=\"([A-Z]{1,3})(\d{1,7})\"")
_STYLE = re.compile(rb"\bs=\"(\d+)\"")
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d{1,7})\"")
_FAR_COLUMN = re.compile(rb"<c r=\"[A-Z]{3}")
_PERCENT_BUILTIN = frozenset({9, 10})
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


_RUN_FONT = re.compile(rb"<(?:\w+:)?rFont val=\"([^\"]*)\"")
_OFF_LINE = (b"superscript", b"subscript")
_AT = {"superscript": raised, "subscript": lowered}
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>(\d{1,9})<")
_WRAPPED = (
    b'<si xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    b' xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%b</si>'
)


def _with_marks(node: etree._Element) -> str | None:
    """A rich text with what stands off the line as code points; None where all stands on it."""
    parts: list[str] = []
    marked = False
    for run in node.iter("{*}r"):
        text = "".join(part.text or "" for part in run.iterfind("{*}t"))
        align = run.find("{*}rPr/{*}vertAlign")
        at = "" if align is None else str(align.get("val"))
        marked = marked or (at in _AT and bool(text))
        parts.append(_AT[at](text) if at in _AT else text)
    return "".join(parts) if marked else None


def place_of(reference: bytes) -> Place | None:
    """(7, 4) from the attributes of cell E8."""
    found = _REFERENCE.search(reference)
    return None if found is None else place_named(f"{found[1].decode()}{found[2].decode()}")


def place_named(cell: str) -> Place:
    """(7, 4) from «E8»."""
    column = 0
    letters = cell.rstrip("0123456789")
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(cell[len(letters) :]) - 1, column - 1


class Package:
    """The XML beside the values of one .xlsx, read part by part when asked for."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits

    @cached_property
    def sheet_parts(self) -> dict[str, str]:
        """The archive's part by sheet name, in the workbook's order. Raises `Refused`."""
        targets = {
            node.get("Id", ""): node.get("Target", "")
            for node in self._tree("xl/_rels/workbook.xml.rels")
        }
        parts: dict[str, str] = {}
        for node in self._tree("xl/workbook.xml").iter("{*}sheet"):
            attributes = {str(name): str(value) for name, value in node.items()}
            key = next((attributes[name] for name in attributes if name.endswith("}id")), "")
            target = targets.get(key, "")
            path = target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")
            parts[node.get("name", "")] = path
        return parts

    def sheet_xml(self, name: str) -> bytes:
        """Raises `Refused` when the part is damaged."""
        return read_part(self._archive, self.sheet_parts.get(name, ""))

    @cached_property
    def _percent_styles(self) -> frozenset[int]:
        root = self._tree("xl/styles.xml")
        codes = {
            int(node.get("numFmtId", 0)): node.get("formatCode", "")
            for node in root.iter("{*}numFmt")
        }
        formats = [int(xf.get("numFmtId", 0)) for xfs in root.iter("{*}cellXfs") for xf in xfs]
        return frozenset(
            place
            for place, number in enumerate(formats)
            if number in _PERCENT_BUILTIN or "%" in codes.get(number, "")
        )

    @cached_property
    def _marked_strings(self) -> dict[int, str]:
        """Number in the table of strings → text with its raised runs as code points."""
        xml = read_part(self._archive, self._strings_part)
        if not any(mark in xml for mark in _OFF_LINE):
            return {}
        root = self._parsed(xml)
        return {
            number: text
            for number, node in enumerate(root.iter("{*}si"))
            if (text := _with_marks(node)) is not None
        }

    def fonts(self) -> list[str]:
        """Names of the fonts of cells and of runs inside them."""
        styles = self._tree("xl/styles.xml")
        strings = read_part(self._archive, self._strings_part)
        names = [node.get("val", "") for node in styles.iter("{*}name")]
        return names + [found.decode("utf-8", "ignore") for found in _RUN_FONT.findall(strings)]

    @property
    def _strings_part(self) -> str:
        for node in self._tree("xl/_rels/workbook.xml.rels"):
            if node.get("Type", "").endswith("/sharedStrings"):
                target = node.get("Target", "")
                return target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")
        return ""

    def marked_cells(self, xml: bytes) -> dict[Place, str]:
        """Cells of a sheet whose text has raised marks, as text that says so."""
        inline = b"inlineStr" in xml and any(mark in xml for mark in _OFF_LINE)
        if not inline and not self._marked_strings:
            return {}
        found: dict[Place, str] = {}
        for cell in _CELL.finditer(xml):
            attributes, content = cell[1], cell[2] or b""
            text = None
            if b't="s"' in attributes and (number := _VALUE.search(content)):
                text = self._marked_strings.get(int(number[1]))
            elif inline and b't="inlineStr"' in attributes:
                text = _with_marks(self._parsed(_WRAPPED % content))
            place = place_of(attributes)
            if text is not None and place is not None:
                found[place] = text
        return found

    def shows_percent(self, sheet: str, place: Place) -> bool:
        """Whether the cell's number format is a percentage. Slow; asked for doubtful cells only."""
        name = f'r="{column_letters(place[1])}{place[0] + 1}"'.encode()
        xml = self.sheet_xml(sheet)
        at = xml.find(name)
        if at < 0:
            return False
        tag = xml[xml.rfind(b"<", 0, at) : xml.find(b">", at)]
        style = _STYLE.search(tag)
        return style is not None and int(style[1]) in self._percent_styles

    def _tree(self, part: str) -> etree._Element:
        return self._parsed(read_part(self._archive, part))

    def _parsed(self, xml: bytes) -> etree._Element:
        try:
            return etree.fromstring(xml, _PARSER)
        except etree.XMLSyntaxError as problem:
            raise refuse("file.broken") from problem


def troubles(xml: bytes) -> dict[Place, str]:
    """Cells that have no value a reader could take: `error`, or `uncached` (a formula, no result kept)."""
    found: dict[Place, str] = {}
    if b't="e"' in xml:
        for cell in _ERROR_CELL.finditer(xml):
            _put(found, cell[1], "error")
    for attributes, content in _formulas(xml):
        # t="str" with an empty result is a formula that says "", which is blank, and kept.
        if not _KEPT_RESULT.search(content) and b't="str"' not in attributes:
            _put(found, attributes, "uncached")
    return found


def _formulas(xml: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and content of every cell with a formula. `find` is ten times a pattern's speed here."""
    if b":f" in xml:
        for cell in _PREFIXED_FORMULA.finditer(xml):
            yield cell[1], cell[2]
    at = xml.find(b"<f")
    while at >= 0:
        if xml[at + 2 : at + 3] in (b">", b" ", b"/"):
            start = xml.rfind(b"<c ", 0, at)
            tag_end = xml.find(b">", start)
            end = xml.find(b"</c>", at)
            yield xml[start:tag_end], xml[at : end if end >= 0 else None]
        at = xml.find(b"<f", at + 2)


def _put(found: dict[Place, str], attributes: bytes, trouble: str) -> None:
    place = place_of(attributes)
    if place is not None:
        found[place] = trouble


def check_reach(name: str, xml: bytes, limits: Limits) -> None:
    """Refuse a sheet whose values lie so far out that a table up to there would not fit in memory.

    Cells with a format and no value do not count: a whole column in a border is a habit, not a fault.
    """
    last = 0
    at = xml.rfind(b"<row")
    if at < 0:
        at = xml.rfind(b":row ")
    found = _ROW.search(xml, max(at - 20, 0)) if at >= 0 else None
    last = int(found[1]) if found else 0
    if last > limits.max_rows or _FAR_COLUMN.search(xml):
        _check_values_reach(name, xml, limits)


def _check_values_reach(name: str, xml: bytes, limits: Limits) -> None:
    for cell in _CELL.finditer(xml):
        if not cell[2]:
            continue
        place = place_of(cell[1])
        if place is None:
            continue
        if place[0] >= limits.max_rows:
            raise refuse("sheet.too_far", sheet=name, row=place[0] + 1, limit=limits.max_rows)
        if place[1] >= limits.max_columns:
            raise refuse("sheet.too_wide", sheet=name, column=column_letters(place[1]))


@lru_cache(maxsize=1024)
def column_letters(column: int) -> str:
    """«E» from 4."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """«E8» from (7, 4)."""
    return f"{column_letters(column)}{row + 1}"
