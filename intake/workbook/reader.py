"""Reads a workbook handed in: first whether it is the right one, then every figure, every fault at once.

Takes bytes, gives values and findings; writes nothing. Run it through `sandbox.read_safely` for a file
from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from intake.files.findings import fault
from intake.files.gate import Limits, Refused, safe_filename
from intake.workbook import by_keys, by_labels
from intake.workbook.by_keys import Mark
from intake.workbook.figures import SheetReader
from intake.workbook.grid import Grid, Located, Workbook, read_book
from intake.workbook.template import COVER_SHEET, FINDINGS_SHEET, KEY_SHEET, Template, template_for
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault, ReadValue

ValueKey = tuple[str, str]
"""Indicator (`PL2.1.3`, `PL3.5.1#n`) and period key."""


@dataclass(frozen=True)
class WorkbookReading:
    """What a workbook says.

    `agency` is whose it says it is, or who was named by the caller; `version` the template's, empty
    without hidden keys. `places` is the sheet and cell of every figure asked for, blank ones included.
    """

    kind: Literal["template", "bare", "refused"]
    plan: str = ""
    agency: str = ""
    version: str = ""
    deliverables: tuple[str, ...] = ()
    values: tuple[ReadValue, ...] = ()
    notes: tuple[ReadValue, ...] = ()
    """Each row's «Ghi chú»; period `note`, or the period where periods are the rows."""
    findings: tuple[FoundFault, ...] = ()
    places: Mapping[ValueKey, tuple[str, str]] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    """Sheet by appendix read."""


def read_workbook(
    data: bytes,
    filename: str,
    definition: PlanDefinition,
    agency: str | None = None,
    limits: Limits | None = None,
) -> WorkbookReading:
    """Read one workbook against the plan; never raises for what the file holds.

    `agency`: who hands it in; none: who the workbook says it is of. Rules and what is missing are
    told by `checks.check_values`, once every file of a package is read.
    """
    name = safe_filename(filename)
    bounds = limits or Limits()
    try:
        book = read_book(data, bounds, _is_form)
        mark = _book_mark(data, book, bounds, (definition.id, agency or ""))
    except Refused as refused:
        return WorkbookReading(kind="refused", findings=(replace(refused.finding, file=name),))
    return _read(book, mark, definition, agency or "", name)


def read_grids(
    grids: Iterable[Grid], filename: str, definition: PlanDefinition, agency: str
) -> WorkbookReading:
    """Tables that stand somewhere else than in a workbook (inside a Word report), read by labels."""
    template = template_for(definition, agency)
    found = [one for grid in grids if (one := by_labels.locate(grid, template)) is not None]
    reading = WorkbookReading(kind="bare", plan=definition.id, agency=agency)
    return _figures(found, reading, safe_filename(filename))


# --- whose it is ----------------------------------------------------------------------------------


def _is_form(name: str) -> bool:
    """Whether a sheet may hold an appendix: not the cover, not the hidden keys (read when needed)."""
    return name not in (KEY_SHEET, COVER_SHEET, FINDINGS_SHEET)


def _read(
    book: Workbook, mark: Mark | None, definition: PlanDefinition, agency: str, file: str
) -> WorkbookReading:
    reading = WorkbookReading(
        kind="template" if mark else "bare",
        plan=mark.plan if mark else definition.id,
        agency=agency or (mark.agency if mark else ""),
        version=mark.version if mark else "",
        findings=tuple(book.findings),
    )
    wrong = _wrong_book(mark, definition, reading.agency)
    if wrong is not None:
        return replace(reading, findings=_in_file((wrong, *reading.findings), file))
    template = template_for(definition, reading.agency)
    remarks = _remarks(mark, template, reading.agency)
    found, more = _locate_all(book, template, definition)
    if mark is not None:
        more += _gone(found, more, template)
    first = replace(reading, findings=(*remarks, *reading.findings, *more))
    return _figures(found, first, file)


def _book_mark(data: bytes, book: Workbook, limits: Limits, wanted: tuple[str, str]) -> Mark | None:
    """What the sheets say with one voice, if it is what is wanted; otherwise what the hidden sheet says."""
    marks = {replace(mark, sheet="") for grid in book.grids if (mark := by_keys.sheet_mark(grid))}
    if len(marks) == 1:
        (mark,) = marks
        if mark.plan == wanted[0] and wanted[1] in (mark.agency, ""):
            return mark
    if KEY_SHEET in book.names:
        hidden = read_book(data, limits, KEY_SHEET.__eq__)
        for grid in hidden.grids:
            if found := by_keys.sheet_mark(grid):
                return found
    return min(marks, key=lambda one: (one.plan, one.agency)) if marks else None


def _wrong_book(mark: Mark | None, definition: PlanDefinition, agency: str) -> FoundFault | None:
    if mark is None:
        return None
    if mark.plan != definition.id:
        return fault("book.other_plan", found=mark.plan, wanted=definition.id)
    if mark.agency != agency:
        words = {
            "found": agency_name(definition, mark.agency),
            "wanted": agency_name(definition, agency),
        }
        return fault("book.other_agency", shown="", **words)
    return None


def _remarks(mark: Mark | None, template: Template, agency: str) -> list[FoundFault]:
    remarks = []
    if mark is not None and mark.version != template.version:
        remarks.append(fault("book.older_version", found=mark.version, wanted=template.version))
    if not agency:
        remarks.append(fault("book.agency_unknown"))
    return remarks


def agency_name(definition: PlanDefinition, agency: str) -> str:
    """The agency's name, or its id where the plan has no such agency."""
    names = [one.names[-1].name for one in definition.agencies if one.id == agency]
    return names[0] if names else agency or "cơ quan không rõ"


# --- which sheet is which -------------------------------------------------------------------------


def _locate_all(
    book: Workbook, template: Template, definition: PlanDefinition
) -> tuple[list[Located], list[FoundFault]]:
    every = template_for(definition, "")
    found: list[Located] = []
    findings: list[FoundFault] = []
    for grid in book.grids:
        if not grid.rows:
            continue
        if foreign := _foreign(grid, template):
            findings.append(foreign)
            continue
        located = _locate(grid, template, findings)
        if located is not None:
            found.append(located)
            continue
        other = by_keys.locate(grid, every) or by_labels.locate(grid, every)
        if other is not None and other.filled:
            heading = other.sheet.appendix.heading
            findings.append(fault("book.not_owed", sheet=grid.name, appendix=heading))
    if not found and not findings:
        findings.append(fault("book.no_appendix"))
    return _once_each(found, findings), findings


def _gone(found: list[Located], findings: list[FoundFault], template: Template) -> list[FoundFault]:
    """Sheets of the form that are no longer in it; not those that were found and put aside, nor those of
    an internal data call, which may not have been opened."""
    there = {one.sheet.name for one in found}
    owed = {part.id for part in template.definition.deliverables}
    if any(one.code in ("sheet.twice", "sheet.other_agency") for one in findings):
        return []
    return [
        fault("sheet.missing", appendix=sheet.appendix.heading)
        for sheet in template.sheets
        if sheet.name not in there and sheet.deliverable in owed
    ]


def _foreign(grid: Grid, template: Template) -> FoundFault | None:
    """A sheet copied in from another agency's form."""
    mark = by_keys.sheet_mark(grid)
    if mark is None or (mark.plan, mark.agency) == (template.definition.id, template.agency):
        return None
    names = [agency_name(template.definition, one) for one in (mark.agency, template.agency)]
    return fault("sheet.other_agency", sheet=grid.name, cell="A1", found=names[0], wanted=names[1])


def _locate(grid: Grid, template: Template, findings: list[FoundFault]) -> Located | None:
    located = by_keys.locate(grid, template)
    if located is not None:
        return located
    located = by_labels.locate(grid, template)
    if located is not None:
        findings.append(fault("book.no_keys", sheet=grid.name))
    return located


def _once_each(found: list[Located], findings: list[FoundFault]) -> list[Located]:
    """One sheet an appendix: an empty copy is passed over, two filled ones that differ are asked about."""
    kept: dict[str, Located] = {}
    spoilt: set[str] = set()
    for one in found:
        name = one.sheet.name
        first = kept.setdefault(name, one)
        if first is one or not one.filled:
            continue
        if not first.filled or _content(first) == _content(one):
            kept[name] = one if not first.filled else first
            continue
        spoilt.add(name)
        words = {
            "appendix": one.sheet.appendix.heading,
            "first": first.grid.name,
            "second": one.grid.name,
        }
        findings.append(fault("sheet.twice", sheet=one.grid.name, **words))
    return [one for name, one in kept.items() if name not in spoilt]


def _content(located: Located) -> dict[tuple[str, str], object]:
    return {(spot.line.name, spot.period): located.grid.at(*spot.place) for spot in located.spots}


# --- figures --------------------------------------------------------------------------------------


def _figures(found: list[Located], first: WorkbookReading, file: str) -> WorkbookReading:
    for located in found:
        located.file = file
    readers = [SheetReader(one) for one in found]
    for reader in readers:
        reader.read()
    findings = (*first.findings, *(one for reader in readers for one in reader.findings))
    return replace(
        first,
        deliverables=tuple(one.sheet.deliverable for one in found if one.sheet.deliverable),
        values=tuple(value for reader in readers for value in reader.values()),
        notes=tuple(note for reader in readers for note in reader.notes()),
        findings=_in_file(findings, file),
        places={key: place for reader in readers for key, place in reader.places.items()},
        sheets={one.sheet.name: one.grid.name for one in found},
    )


def _in_file(findings: Iterable[FoundFault], file: str) -> tuple[FoundFault, ...]:
    return tuple(replace(one, file=file) for one in findings)


def read_as_data(
    definition: PlanDefinition, data: bytes, filename: str, agency: str | None, limits: Limits
) -> dict[str, object]:
    """`read_workbook` as plain data, for the way between processes."""
    return reading_to_data(read_workbook(data, filename, definition, agency, limits))


def reading_to_data(reading: WorkbookReading) -> dict[str, object]:
    """A reading as plain data."""
    return {
        "kind": reading.kind,
        "plan": reading.plan,
        "agency": reading.agency,
        "version": reading.version,
        "deliverables": list(reading.deliverables),
        "values": [list(one) for one in reading.values],
        "notes": [list(one) for one in reading.notes],
        "findings": [list(vars(one).values()) for one in reading.findings],
        "places": [[*key, *place] for key, place in reading.places.items()],
        "sheets": dict(reading.sheets),
    }
