"""What python-calamine does not tell of an .ods: cells in error, formulas without a result, percentages."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field

from lxml import etree

from intake.files.gate import Limits, read_part, refuse
from intake.workbook.marks import lowered, raised
from intake.workbook.xlsx import Place

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_AT = {"superscript": raised, "subscript": lowered}
_VALUES = ("value", "string-value", "boolean-value", "date-value", "time-value")


@dataclass
class SheetFacts:
    """Of one sheet: cells without a value to take, and cells shown as a percentage."""

    troubles: dict[Place, str] = field(default_factory=dict)
    percents: set[Place] = field(default_factory=set)
    marked: dict[Place, str] = field(default_factory=dict)
    """Texts with raised marks, as code points."""


class _Walk:
    """Keeps the place while the content is read once, start to end."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.sheets: dict[str, SheetFacts] = {}
        self.name = ""
        self.row = self.column = 0
        self.styles: dict[str, str] = {}
        """Styles that lift text off the line: `superscript` or `subscript`."""

    def start(self, node: etree._Element) -> None:
        kind = etree.QName(node).localname
        if kind == "table":
            self.name, self.row = node.get(f"{{{_TABLE}}}name", ""), 0
            self.sheets[self.name] = SheetFacts()
        elif kind == "table-row":
            self.column = 0

    def end(self, node: etree._Element) -> None:
        kind = etree.QName(node).localname
        if kind == "text-properties":
            self._style(node)
        elif kind in ("table-cell", "covered-table-cell"):
            self._cell(node)
        elif kind == "table-row":
            self.row += _repeats(node, "rows")
            node.clear()

    def _cell(self, node: etree._Element) -> None:
        repeats = _repeats(node, "columns")
        if len(node) or node.get(f"{{{_OFFICE}}}value-type"):
            self._check_reach(repeats)
            self._note(node)
        self.column += repeats

    def _style(self, node: etree._Element) -> None:
        """«super 58%», «33% 58%» are above the line, «sub …», «-8% …» below it."""
        position = node.get(f"{{{_STYLE}}}text-position", "").split(" ")[0]
        parent = node.getparent()
        if position and position.rstrip("%") != "0" and parent is not None:
            below = position == "sub" or position.startswith("-")
            name = parent.get(f"{{{_STYLE}}}name", "")
            self.styles[name] = "subscript" if below else "superscript"

    def _check_reach(self, repeats: int) -> None:
        if self.row >= self.limits.max_rows:
            raise refuse(
                "sheet.too_far", sheet=self.name, row=self.row + 1, limit=self.limits.max_rows
            )
        if self.column + repeats > self.limits.max_columns:
            raise refuse("sheet.too_wide", sheet=self.name, column=self.column + repeats)

    def _note(self, node: etree._Element) -> None:
        facts, place = self.sheets[self.name], (self.row, self.column)
        kind = node.get(f"{{{_OFFICE}}}value-type")
        if self.styles and (text := _with_marks(node, self.styles)) is not None:
            facts.marked[place] = text
        if node.get(f"{{{_CALCEXT}}}value-type") == "error":
            facts.troubles[place] = "error"
        elif kind == "percentage":
            facts.percents.add(place)
        elif node.get(f"{{{_TABLE}}}formula") and not _has_result(node):
            facts.troubles[place] = "uncached"


def _with_marks(cell: etree._Element, styles: dict[str, str]) -> str | None:
    """The cell's text with lifted spans as code points; None where all stands on the line."""
    spans = [
        one for one in cell.iter(f"{{{_TEXT}}}span") if one.get(f"{{{_TEXT}}}style-name") in styles
    ]
    if not spans:
        return None
    for span in spans:
        lift = _AT[styles[str(span.get(f"{{{_TEXT}}}style-name"))]]
        for part in span.iter():
            part.text = lift(part.text or "")
    paragraphs = cell.iterfind(f"{{{_TEXT}}}p")
    return "\n".join("".join(str(text) for text in one.itertext()) for one in paragraphs)


def _repeats(node: etree._Element, what: str) -> int:
    try:
        return max(int(node.get(f"{{{_TABLE}}}number-{what}-repeated", 1)), 1)
    except ValueError:
        return 1


def _has_result(node: etree._Element) -> bool:
    kept = any(node.get(f"{{{_OFFICE}}}{name}") is not None for name in _VALUES)
    return kept or node.get(f"{{{_OFFICE}}}value-type") == "string"


def read_facts(content: bytes, limits: Limits) -> dict[str, SheetFacts]:
    """By sheet name. Raises `Refused` for values too far out, or damaged XML."""
    walk = _Walk(limits)
    wanted = [
        f"{{{_TABLE}}}{tag}" for tag in ("table", "table-row", "table-cell", "covered-table-cell")
    ] + [f"{{{_STYLE}}}text-properties"]
    try:
        steps = etree.iterparse(
            io.BytesIO(content), events=("start", "end"), tag=wanted, resolve_entities=False,
            no_network=True, huge_tree=False,
        )  # fmt: skip
        for event, node in steps:
            walk.start(node) if event == "start" else walk.end(node)
    except etree.XMLSyntaxError as problem:
        raise refuse("file.broken") from problem
    return walk.sheets


_FONT = re.compile(rb"style:font-name=\"([^\"]*)\"")


def fonts(archive: zipfile.ZipFile) -> list[str]:
    """Names of the fonts its styles use."""
    parts = (read_part(archive, name) for name in ("content.xml", "styles.xml"))
    return [name.decode("utf-8", "ignore") for part in parts for name in _FONT.findall(part)]
