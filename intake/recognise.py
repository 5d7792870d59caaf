"""What a file is, told by what is in it: a workbook, a report, minutes, or something kept unread.

The name of a file says nothing: people send «bc moi (2) final.docx». Whose it is, is told by the hidden
keys, by the custom properties, or by the letterhead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from intake.files.findings import fault
from intake.files.gate import (
    MEGABYTE,
    WORKBOOKS,
    FileKind,
    Limits,
    Refused,
    check_kind,
    refuse,
    safe_filename,
    sniff,
)
from intake.files.word_gate import ReportLimits, is_word
from intake.pdf.model import PdfLimits, PicturesOnlyError, UnreadablePdfError
from intake.pdf.signatures import Signature, has_signatures, read_roots, signatures_of
from intake.programs.office import foreign_kind, to_docx
from intake.report.letterheads import agency_in_letterhead, is_minutes
from intake.report.pdf import read_pdf_report
from intake.report.reader import ReportReading, read_report, report_from_data, report_to_data
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, reading_from_data, sandbox_for
from intake.workbook.csv_grid import read_csv_book
from intake.workbook.reader import (
    WorkbookReading,
    agency_name,
    read_grids,
    read_workbook,
    reading_to_data,
)
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault


class Content(StrEnum):
    """What is done with a file."""

    workbook = "workbook"
    report = "report"
    minutes = "minutes"
    unread = "unread"
    """Kept as it is; a person reads it."""
    refused = "refused"
    """Not taken in at all."""


@dataclass(frozen=True)
class Recognised:
    """One file and what it says of itself. `agency` and `plan` are empty where it says nothing."""

    filename: str
    data: bytes
    content: Content
    agency: str = ""
    plan: str = ""
    workbook: WorkbookReading | None = None
    report: ReportReading | None = None
    findings: tuple[FoundFault, ...] = ()
    signatures: tuple[Signature, ...] = ()
    """Of a PDF file."""
    scanned: tuple[int, ...] = ()
    """Pages (from 1) that are pictures, which a machine may read into words."""

    @property
    def figures(self) -> int:
        """How many values were read."""
        return len(self.workbook.values) if self.workbook else 0


_UNREAD = {FileKind.doc: ".doc"}
_PHOTOS = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_UNREAD_MARKS = ((b"{\\rtf", ".rtf"), *((mark, "ảnh") for mark in _PHOTOS))
_HEIC = re.compile(rb".{4}ftyp(?:heic|heix|hevc|heim|heis|mif1|msf1|avif)", re.S)
"""ISO/IEC 23008-12: a photo of a telephone. No decoder whose licence fits is among our libraries."""

_PACKED = ((b"Rar!\x1a\x07", ".rar"), (b"7z\xbc\xaf\x27\x1c", ".7z"))


def recognise(
    data: bytes,
    filename: str,
    definition: PlanDefinition,
    agency: str = "",
    limits: Limits | None = None,
) -> Recognised:
    """Reads one file as what its bytes are. `agency`: who hands it in; empty: whoever it says.

    Never raises for what the file holds: a refusal is a finding.
    """
    limits = limits or Limits()
    found = _recognised(data, safe_filename(filename), definition, agency, limits)
    if not _may_be_signed(data):
        return found
    return replace(found, signatures=signatures_of(data, read_roots(limits.trust_store)))


def _may_be_signed(data: bytes) -> bool:
    return has_signatures(data) and sniff(data) is FileKind.pdf


def _recognised(
    data: bytes, name: str, definition: PlanDefinition, agency: str, limits: Limits
) -> Recognised:
    kind = sniff(data)
    if kind in WORKBOOKS:
        return _workbook(data, name, definition, agency, limits)
    if is_word(data) or kind is FileKind.docx:
        return _report(data, name, definition, agency, limits)
    if kind is FileKind.pdf:
        return _pdf(data, name, definition, agency)
    if kind is FileKind.other and (found := _table(data, name, definition, agency, limits)):
        return found
    shown = _unread_kind(data, kind)
    if shown:
        finding = fault("file.unread", file=name, read=shown)
        scanned = _photos(data)
        return Recognised(name, data, Content.unread, findings=(finding,), scanned=scanned)
    return Recognised(name, data, Content.refused, findings=(_refusal(data, name, limits),))


def _photos(data: bytes) -> tuple[int, ...]:
    """The pages of a photo's file; none for what is no photo, or cannot be opened as one."""
    if not data.startswith(_PHOTOS):
        return ()
    from intake.scans.picture import frames_of  # Pillow is loaded for photos alone

    try:
        return tuple(range(1, min(frames_of(data), PdfLimits().pages) + 1))
    except ValueError:
        return ()


def _table(
    data: bytes, name: str, definition: PlanDefinition, agency: str, limits: Limits
) -> Recognised | None:
    """An appendix as .csv; any other table is no file of ours. None for what is no table."""
    try:
        book = read_csv_book(data, limits)
    except Refused as refused:
        return _refused(refused, name, data)
    if book is None:
        return None
    reading = read_grids(book.grids, name, definition, agency)
    if reading.deliverables or reading.values:
        told = (replace(one, file=name) for one in book.findings)
        return _of_workbook(replace(reading, findings=(*told, *reading.findings)), name, data)
    return Recognised(name, data, Content.refused, findings=(fault("file.unknown", file=name),))


def _refused(refused: Refused, name: str, data: bytes) -> Recognised:
    finding = replace(refused.finding, file=name)
    return Recognised(name, data, Content.refused, findings=(finding,))


def _unread_kind(data: bytes, kind: FileKind) -> str:
    if kind in _UNREAD:
        return _UNREAD[kind]
    return next((shown for mark, shown in _UNREAD_MARKS if data.startswith(mark)), "")


def _refusal(data: bytes, name: str, limits: Limits) -> FoundFault:
    """Why it is neither: the gate knows the empty, the locked, the broken and the packed."""
    if _HEIC.match(data):
        return fault("file.heic", file=name)
    for mark, shown in _PACKED:
        if data.startswith(mark):
            return fault("file.packed", file=name, read=shown)
    try:
        check_kind(data, limits)
    except Refused as refused:
        if refused.finding.code != "file.not_office":
            return replace(refused.finding, file=name)
    return fault("file.unknown", file=name)


# --- workbooks ------------------------------------------------------------------------------------


def _workbook(
    data: bytes, name: str, definition: PlanDefinition, agency: str, limits: Limits
) -> Recognised:
    return _of_workbook(read_workbook(data, name, definition, agency or None, limits), name, data)


def _of_workbook(reading: WorkbookReading, name: str, data: bytes) -> Recognised:
    refused = reading.kind == "refused"
    return Recognised(
        name,
        data,
        Content.refused if refused else Content.workbook,
        agency=reading.agency,
        plan=reading.plan,
        workbook=reading,
        findings=reading.findings,
    )


# --- reports --------------------------------------------------------------------------------------


def _report(
    data: bytes, name: str, definition: PlanDefinition, agency: str, limits: Limits
) -> Recognised:
    try:
        reading = read_report(
            data, name, definition, agency, limits=ReportLimits(archive_bytes=limits.max_bytes)
        )
    except Refused as refused:
        return _refused(refused, name, data)
    return _of_report(data, name, definition, agency, reading)


def _pdf(data: bytes, name: str, definition: PlanDefinition, agency: str) -> Recognised:
    """A report, if it has text; else it is kept for a person."""
    try:
        reading = read_pdf_report(data, name, definition, agency)
    except PicturesOnlyError as problem:
        pages = tuple(range(1, problem.pages + 1))
        return replace(_kept_pdf(data, name, str(problem)), scanned=pages)
    except UnreadablePdfError as problem:
        return _kept_pdf(data, name, str(problem))
    return _of_report(data, name, definition, agency, reading)


def _kept_pdf(data: bytes, name: str, why: str) -> Recognised:
    finding = replace(fault("pdf.unread", file=name, read=why), code="file.unread", read=".pdf")
    return Recognised(name, data, Content.unread, findings=(finding,))


def _of_report(
    data: bytes, name: str, definition: PlanDefinition, agency: str, reading: ReportReading
) -> Recognised:
    heading = agency_in_letterhead(definition, reading.head)
    content = Content.minutes if is_minutes(reading.head) else Content.report
    own = reading.agency or heading
    wrong = _wrong_report(definition, reading, own, agency, name)
    if wrong is not None:
        return Recognised(name, data, Content.refused, own, reading.plan, findings=(wrong,))
    return Recognised(
        name,
        data,
        content,
        agency=agency or own,
        plan=reading.plan,
        report=reading,
        scanned=reading.scanned,
        findings=(*reading.findings, *_two_agencies(definition, reading.agency, heading, name)),
    )


def _wrong_report(
    definition: PlanDefinition, reading: ReportReading, own: str, agency: str, name: str
) -> FoundFault | None:
    if reading.plan and reading.plan != definition.id:
        return fault("file.other-plan", file=name, read=reading.plan, wanted=definition.id)
    if agency and own and own != agency:
        names = [agency_name(definition, one) for one in (own, agency)]
        return fault("file.other-agency", file=name, read=names[0], wanted=names[1])
    return None


def _two_agencies(
    definition: PlanDefinition, stated: str, heading: str, name: str
) -> Iterator[FoundFault]:
    if stated and heading and stated != heading:
        names = [agency_name(definition, one) for one in (heading, stated)]
        yield fault("file.two-agencies", file=name, read=names[0], wanted=names[1])


# --- in a process of its own ------------------------------------------------------------------------

_LONG_PDF = "Tệp PDF quá dài hoặc quá nặng để đọc tự động."
_TARGET = "intake.recognise:recognise_as_data"
_SIGNATURES = "intake.pdf.signatures:signatures_as_data"


def recognise_safely(
    data: bytes,
    filename: str,
    definition: PlanDefinition,
    agency: str = "",
    limits: Limits | None = None,
) -> Recognised:
    """`recognise` in the worker: whatever the file is, an answer in bounded time and memory."""
    bounds = limits or Limits()
    if (foreign := foreign_kind(data)) and len(data) <= bounds.max_bytes:
        return _through_office(data, foreign, filename, definition, agency, bounds)
    found = _read_safely(data, filename, definition, agency, bounds)
    if found.content is Content.refused or not _may_be_signed(data):
        return found
    return replace(found, signatures=signatures_safely(data, agency, bounds))


def _through_office(
    data: bytes,
    foreign: str,
    filename: str,
    definition: PlanDefinition,
    agency: str,
    limits: Limits,
) -> Recognised:
    """Another word processor's file: read as the .docx that LibreOffice makes of it, kept as it came."""
    name = safe_filename(filename)
    made = to_docx(data, foreign)
    found = _read_safely(made, name, definition, agency, limits) if made is not None else None
    if found is None or found.content is Content.refused:
        finding = fault("file.unread", file=name, read=f".{foreign}")
        return Recognised(name, data, Content.unread, findings=(finding,))
    note = fault("file.converted", file=name, read=f".{foreign}")
    return replace(found, data=data, findings=(*found.findings, note))


def signatures_safely(data: bytes, agency: str, limits: Limits) -> tuple[Signature, ...]:
    """Every signature of a PDF, looked into in the guarded process by itself: what it costs takes nothing
    from the reading. `agency`: whose turn it is."""
    try:
        rows = sandbox_for(limits).run(
            _SIGNATURES, data, read_roots(limits.trust_store), lane=agency
        )
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError):
        return (Signature(problem="không kiểm tra được trong thời gian cho phép"),)
    return tuple(Signature(*row) for row in rows)


def _read_safely(
    data: bytes, filename: str, definition: PlanDefinition, agency: str, bounds: Limits
) -> Recognised:
    name = safe_filename(filename)
    if len(data) > bounds.max_bytes:  # before it is copied through a pipe
        return _oversteps("file.too_large", name, data, limit=bounds.max_bytes // MEGABYTE)
    try:
        found = sandbox_for(bounds).run(
            _TARGET, data, name, agency, bounds, shared=definition, lane=agency
        )
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError) as problem:
        if sniff(data) is FileKind.pdf:
            # A thick scan with a layer of text is a good document: kept, as it was before it could be read.
            return _kept_pdf(data, name, _LONG_PDF)
        if isinstance(problem, RuntimeError):
            raise
        if isinstance(problem, SandboxTimeoutError):
            return _oversteps("file.too_slow", name, data, seconds=f"{bounds.seconds:g}")
        return _oversteps("file.too_heavy", name, data)
    if "workbook" in found:
        return _of_workbook(reading_from_data(found["workbook"]), name, data)
    return Recognised(
        filename=name,
        data=data,
        content=Content(found["content"]),
        agency=found["agency"],
        plan=found["plan"],
        report=report_from_data(found["report"]) if found["report"] else None,
        findings=tuple(FoundFault(*one) for one in found["findings"]),
        scanned=tuple(found["scanned"]),
    )


def _oversteps(code: str, name: str, data: bytes, **said: object) -> Recognised:
    finding = replace(refuse(code, **said).finding, file=name)
    return Recognised(name, data, Content.refused, findings=(finding,))


def recognise_as_data(
    definition: PlanDefinition, data: bytes, filename: str, agency: str, limits: Limits
) -> dict[str, Any]:
    """`recognise` as plain data, the bytes left out: the caller has them."""
    found = _recognised(data, safe_filename(filename), definition, agency, limits)
    if found.workbook is not None:
        return {"workbook": reading_to_data(found.workbook)}
    return {
        "content": found.content.value,
        "agency": found.agency,
        "plan": found.plan,
        "report": report_to_data(found.report) if found.report else None,
        "findings": [list(vars(one).values()) for one in found.findings],
        "scanned": list(found.scanned),
    }
