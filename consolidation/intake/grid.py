"""A workbook as plain grids: what stands in each cell, and which cells have nothing a reader could take.

Values through python-calamine (.xlsx, .xls, .ods); what it keeps to itself through the scanners of each
format. Formulas are never computed: the result kept in the file is what counts.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import python_calamine

from consolidation.intake import biff, ooxml, opendocument
from consolidation.intake.cells import CellContent
from consolidation.intake.faults import fault
from consolidation.intake.gate import (
    WORKBOOKS,
    FileKind,
    Limits,
    carried,
    check_kind,
    open_archive,
    read_part,
    refuse,
)
from consolidation.intake.ooxml import Place
from plan.filing import FoundFault

_CALAMINE_ERRORS = (
    python_calamine.CalamineError,
    python_calamine.XmlError,
    python_calamine.ZipError,
    python_calamine.WorksheetNotFound,
)


Rows = Sequence[list[Any]]
"""Cells by row and column; each a `CellContent`."""


def _never(_place: Place) -> bool:
    return False


@dataclass
class Grid:
    """One sheet from A1 on. Rows may differ in length; a place beyond them is blank."""

    name: str
    rows: Rows
    troubles: dict[Place, str] = field(default_factory=dict)
    """`error`; `uncached`: a formula whose result the file does not keep; `zero`: an .xls formula's 0."""
    percent: Callable[[Place], bool] = _never
    """Whether a cell is shown as a percentage."""

    def at(self, row: int, column: int) -> CellContent:
        """What stands there; None where the grid has no such place."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            content: CellContent = self.rows[row][column]
            return content
        return None


@dataclass
class Book:
    """A workbook's sheets and what it carries besides."""

    kind: FileKind
    grids: list[Grid]
    findings: list[FoundFault]


def read_book(data: bytes, limits: Limits) -> Book:
    """Every sheet of a workbook. Raises `Refused` for what is none, or may not come in."""
    kind = check_kind(data, limits)
    if kind not in WORKBOOKS:
        raise refuse("file.not_workbook")
    return _OPENERS[kind](data, limits)


def _read_xlsx(data: bytes, limits: Limits) -> Book:
    with open_archive(data, limits) as archive:
        package = ooxml.Package(archive, limits)
        _check_sheets(len(package.sheet_parts), limits)
        findings = carried(archive)
        found: dict[str, dict[Place, str]] = {}
        for name in package.sheet_parts:
            xml = package.sheet_xml(name)
            ooxml.check_reach(name, xml, limits)
            found[name] = ooxml.troubles(xml)
        read_part(archive, "xl/sharedStrings.xml")  # for entities only
        grids = [
            Grid(name, rows, found.get(name, {}), _percent_lookup(data, name, limits))
            for name, rows in _values(data)
        ]
    return Book(FileKind.xlsx, grids, findings)


def _percent_lookup(data: bytes, name: str, limits: Limits) -> Callable[[Place], bool]:
    def shows_percent(place: Place) -> bool:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return ooxml.Package(archive, limits).shows_percent(name, place)

    return shows_percent


def _read_ods(data: bytes, limits: Limits) -> Book:
    with open_archive(data, limits) as archive:
        if b"manifest:encryption-data" in read_part(archive, "META-INF/manifest.xml"):
            raise refuse("file.encrypted")
        findings = carried(archive)
        facts = opendocument.read_facts(read_part(archive, "content.xml"), limits)
    _check_sheets(len(facts), limits)
    nothing = opendocument.SheetFacts()
    grids = []
    for name, rows in _values(data):
        known = facts.get(name, nothing)
        grids.append(Grid(name, rows, known.troubles, known.percents.__contains__))
    return Book(FileKind.ods, grids, findings)


_VBA = "_VBA_PROJECT_CUR".encode("utf-16-le")
_OBJECTS = "MBD0".encode("utf-16-le")
_TROUBLES = {"error": "error", "zero": "zero"}


def _read_xls(data: bytes, limits: Limits) -> Book:
    marks = (("file.macros", _VBA), ("file.embedded", _OBJECTS))
    findings = [fault(code) for code, mark in marks if mark in data]
    results = biff.formula_results(data)
    grids = []
    for name, rows in _values(data):
        kinds = results.get(name, {})
        _blank_out(rows, kinds)
        troubles = {place: _TROUBLES[kind] for place, kind in kinds.items() if kind in _TROUBLES}
        grids.append(Grid(name, rows, troubles))
    _check_sheets(len(grids), limits)
    return Book(FileKind.xls, grids, findings)


def _blank_out(rows: Rows, kinds: dict[Place, str]) -> None:
    for (row, column), kind in kinds.items():
        if kind == "blank" and row < len(rows) and column < len(rows[row]):
            rows[row][column] = ""


_OPENERS: dict[FileKind, Callable[[bytes, Limits], Book]] = {
    FileKind.xlsx: _read_xlsx,
    FileKind.ods: _read_ods,
    FileKind.xls: _read_xls,
}


def _check_sheets(count: int, limits: Limits) -> None:
    if count > limits.max_sheets:
        raise refuse("file.too_many_sheets", count=count, limit=limits.max_sheets)


def _values(data: bytes) -> list[tuple[str, Rows]]:
    """Name and rows of every worksheet, from A1. Raises `Refused`."""
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return [
                (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in book.sheet_names
            ]
    except python_calamine.PasswordError as problem:
        raise refuse("file.encrypted") from problem
    except _CALAMINE_ERRORS as problem:
        raise refuse("file.broken") from problem
