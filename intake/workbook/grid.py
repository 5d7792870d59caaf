"""A workbook as plain grids: what stands in each cell, and which cells have nothing a reader could take.

Values through python-calamine (.xlsx, .xls, .ods); what it keeps to itself through the scanners of each
format. Formulas are never computed: the result kept in the file is what counts.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import python_calamine

from intake.files import compound
from intake.files.findings import fault
from intake.files.gate import (
    DAMAGE,
    FileKind,
    Limits,
    carried,
    check_size,
    kind_of_archive,
    open_archive,
    read_part,
    refuse,
    refuse_kind,
    sniff,
    with_slashes,
)
from intake.workbook import ods, xls, xlsx
from intake.workbook.cells import CellContent
from intake.workbook.numbers import Exact, Pair, read_number
from intake.workbook.template import FigureLine, SheetPlan
from intake.workbook.xlsx import Place
from plan import legacy_text
from plan.ledger.filing import FoundFault
from plan.text import nfc

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
    scan: Callable[[], dict[Place, str]] = dict
    """Finds the troubles, when they are asked for."""
    percent: Callable[[Place], bool] = _never
    """Whether a cell is shown as a percentage."""

    zeros: bool = False
    """Whether a 0 may be a trouble as well as a blank."""

    @cached_property
    def troubles(self) -> dict[Place, str]:
        """`error`; `uncached`: a formula whose result the file does not keep; `zero`: an .xls formula's 0.

        In an .xlsx each of them reads as a blank, so that a sheet without blanks is never scanned.
        """
        return self.scan()

    def trouble(self, place: Place, content: CellContent) -> str | None:
        """What ails a cell that holds `content`."""
        doubtful = content is None or content == "" or (self.zeros and content == 0)
        return self.troubles.get(place) if doubtful else None

    def at(self, row: int, column: int) -> CellContent:
        """What stands there; None where the grid has no such place."""
        if row < 0 or column < 0:
            return None
        try:
            content: CellContent = self.rows[row][column]
        except IndexError:
            return None
        return content


@dataclass
class Workbook:
    """A workbook's sheets and what it carries besides."""

    kind: FileKind
    names: list[str]
    """Of every sheet, those passed over included."""
    grids: list[Grid]
    findings: list[FoundFault]


Wanted = Callable[[str], bool]


def _every(_name: str) -> bool:
    return True


def read_book(data: bytes, limits: Limits, wanted: Wanted = _every) -> Workbook:
    """The sheets whose names are `wanted`. Raises `Refused` for no workbook, or one that may not come in."""
    check_size(data, limits)
    data = with_slashes(data)
    if not data.startswith(b"PK"):
        return _opener(sniff(data))(data, limits, wanted)
    with open_archive(data, limits) as archive:
        try:
            kind = kind_of_archive(archive)
        except DAMAGE as problem:
            raise refuse("file.broken") from problem
        if refuse_kind(kind) is FileKind.xlsx:
            return _read_xlsx(data, archive, limits, wanted)
        if kind is FileKind.ods:
            return _read_ods(data, archive, limits, wanted)
    raise refuse("file.not_workbook")


def _opener(kind: FileKind) -> Callable[[bytes, Limits, Wanted], Workbook]:
    if refuse_kind(kind) is FileKind.xls:
        return _read_xls
    raise refuse("file.not_workbook")


def _read_xlsx(data: bytes, archive: zipfile.ZipFile, limits: Limits, wanted: Wanted) -> Workbook:
    package = xlsx.Package(archive, limits)
    _check_sheets(len(package.sheet_parts), limits)
    findings = carried(archive)
    sheets: dict[str, bytes] = {}
    for name in filter(wanted, package.sheet_parts):
        xml = package.sheet_xml(name)
        xlsx.check_reach(name, xml, limits)
        sheets[name] = xml
    names, values = _values(data, wanted)
    for name, rows in values:
        _put(rows, package.marked_cells(sheets.get(name, b"")))
    grids = [
        Grid(
            name,
            rows,
            partial(xlsx.troubles, sheets.get(name, b"")),
            _percent_lookup(data, name, limits),
        )
        for name, rows in values
    ]
    return in_unicode(Workbook(FileKind.xlsx, names, grids, findings), package.fonts)


def _percent_lookup(data: bytes, name: str, limits: Limits) -> Callable[[Place], bool]:
    def shows_percent(place: Place) -> bool:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return xlsx.Package(archive, limits).shows_percent(name, place)

    return shows_percent


def _read_ods(data: bytes, archive: zipfile.ZipFile, limits: Limits, wanted: Wanted) -> Workbook:
    if b"manifest:encryption-data" in read_part(archive, "META-INF/manifest.xml"):
        raise refuse("file.encrypted")
    findings = carried(archive)
    facts = ods.read_facts(read_part(archive, "content.xml"), limits)
    _check_sheets(len(facts), limits)
    nothing = ods.SheetFacts()
    grids = []
    names, values = _values(data, wanted)
    for name, rows in values:
        known = facts.get(name, nothing)
        _put(rows, known.marked)
        grids.append(Grid(name, rows, known.troubles.copy, known.percents.__contains__))
    return in_unicode(Workbook(FileKind.ods, names, grids, findings), lambda: ods.fonts(archive))


_VBA = "_VBA_PROJECT_CUR".encode("utf-16-le")
_OBJECTS = "MBD0".encode("utf-16-le")
_TROUBLES = {"error": "error", "zero": "zero"}


def _read_xls(data: bytes, limits: Limits, wanted: Wanted) -> Workbook:
    marks = (("file.macros", _VBA), ("file.embedded", _OBJECTS))
    findings = [fault(code) for code, mark in marks if mark in data]
    stream = xls.Stream(data)
    if stream.locked:
        raise refuse("file.encrypted")
    facts = stream.facts()
    grids = []
    names, values = _values(compound.with_names_as_usual(data, xls.WORKBOOK_STREAMS), wanted)
    for name, rows in values:
        known = facts.get(name, xls.Facts())
        kinds = known.results
        _blank_out(rows, kinds)
        _put(rows, known.marked)
        troubles = {place: _TROUBLES[kind] for place, kind in kinds.items() if kind in _TROUBLES}
        grids.append(Grid(name, rows, troubles.copy, zeros=True))
    _check_sheets(len(names), limits)
    return in_unicode(Workbook(FileKind.xls, names, grids, findings), stream.fonts)


def in_unicode(book: Workbook, fonts: Callable[[], Iterable[str]]) -> Workbook:
    """Every text in NFC, and out of any coding from before Unicode. Raises `Refused` for what is not sure.

    `fonts` is asked for only where texts look like it; none named, the coding is.
    """
    places = [
        (row, column, text)
        for grid in book.grids
        for row in grid.rows
        for column, text in enumerate(row)
        if type(text) is str and not text.isascii()
    ]
    texts = [nfc(text) for _, _, text in places]
    changed, verdict = legacy_text.to_unicode(texts)
    for (row, column, text), new in zip(places, changed, strict=True):
        if new is not text:
            row[column] = new
    if verdict.coding:
        known = [one for one in dict.fromkeys(fonts()) if legacy_text.coding_of(one)]
        named = ", ".join(known[:3]) or f"kiểu {verdict.coding}"
        if not verdict.sure:
            raise refuse("file.old_font", font=named)
        book.findings.append(fault("file.old_font_read", font=named))
    return book


def _blank_out(rows: Rows, kinds: dict[Place, str]) -> None:
    for (row, column), kind in kinds.items():
        if kind == "blank" and row < len(rows) and column < len(rows[row]):
            rows[row][column] = ""


def _put(rows: Rows, texts: Mapping[Place, str]) -> None:
    """Texts in place of what calamine makes of them: it knows nothing of raised marks."""
    for (row, column), text in texts.items():
        if row < len(rows) and column < len(rows[row]) and isinstance(rows[row][column], str):
            rows[row][column] = text


def _check_sheets(count: int, limits: Limits) -> None:
    if count > limits.max_sheets:
        raise refuse("file.too_many_sheets", count=count, limit=limits.max_sheets)


def _values(data: bytes, wanted: Wanted) -> tuple[list[str], list[tuple[str, Rows]]]:
    """Names of all sheets; name and rows from A1 of those wanted. Raises `Refused`."""
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            names = book.sheet_names
            return names, [
                (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
                for name in filter(wanted, names)
            ]
    except python_calamine.PasswordError as problem:
        raise refuse("file.encrypted") from problem
    except _CALAMINE_ERRORS as problem:
        raise refuse("file.broken") from problem
    except BaseException as problem:
        # Rust's panic over a damaged .xls is no Exception, and its class can't be imported.
        if type(problem).__name__ != "PanicException":
            raise
        raise refuse("file.broken") from problem


# --- Where figures stand in a sheet, whether found by key or by label.


@dataclass(
    slots=True
)  # not frozen: hundreds are made a file, and a frozen one costs three times as much
class Spot:
    """The cell of one figure."""

    line: FigureLine
    period: str
    place: Place
    note: Place | None = None
    """Where its row's «Ghi chú» stands."""


@dataclass
class Located:
    """One appendix found on one sheet."""

    grid: Grid
    sheet: SheetPlan
    spots: list[Spot] = field(default_factory=list)
    findings: list[FoundFault] = field(default_factory=list)
    by_key: bool = True
    file: str = ""
    """The file's name, for values and findings."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Agencies' names by id, for what is said of a row that another one fills in."""

    @property
    def filled(self) -> bool:
        """Whether anything at all stands in its cells."""
        return any(has_content(self.grid.at(*spot.place)) for spot in self.spots)


_DIGIT = re.compile(r"\d")


def has_content(content: object) -> bool:
    """Whether a cell says anything."""
    return content is not None and (not isinstance(content, str) or bool(content.strip()))


def is_figure(content: object) -> bool:
    """Whether a cell holds a number, or a text that is nothing but numbers («1.234», «12/15»)."""
    if isinstance(content, str):
        has_digits = bool(_DIGIT.search(content))
        return has_digits and isinstance(read_number(content), Exact | Pair)
    return isinstance(content, int | float) and not isinstance(content, bool)
