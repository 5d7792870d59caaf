"""The gate: what a file is, told from its bytes, and whether it may come in at all.

Nothing here trusts a file's name or what an archive says of itself beyond using it to refuse. Pure but
for `read_upload`, which never reads more than the limit. Refusals carry a finding in Vietnamese.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from intake.files import compound
from intake.files.findings import fault
from plan.ledger.filing import FoundFault
from plan.settings import Settings

MEGABYTE = 1024 * 1024


class FileKind(StrEnum):
    """What the bytes are."""

    xlsx = "xlsx"
    xls = "xls"
    ods = "ods"
    docx = "docx"
    doc = "doc"
    pdf = "pdf"
    xlsb = "xlsb"
    encrypted = "encrypted"
    archive = "archive"
    broken = "broken"
    empty = "empty"
    other = "other"


WORKBOOKS = frozenset({FileKind.xlsx, FileKind.xls, FileKind.ods})


@dataclass(frozen=True)
class Limits:
    """How much a file may cost (bytes, seconds, megabytes, counts), and whose signatures are known here."""

    max_bytes: int = 50 * MEGABYTE
    seconds: float = 5.0
    memory_mb: int = 300
    max_unpacked: int = 128 * MEGABYTE
    max_part: int = 64 * MEGABYTE
    max_entries: int = 2_000
    max_sheets: int = 60
    max_rows: int = 20_000
    max_columns: int = 500
    workers: int = 2
    """Files read at the same time."""
    trust_store: str = ""
    """Folder of root certificates that signatures are looked up in; empty: none."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Limits:
        """The limits of this installation."""
        return cls(
            max_bytes=settings.max_upload_bytes,
            seconds=settings.intake_seconds,
            memory_mb=settings.intake_memory_mb,
            max_unpacked=settings.intake_unpacked_mb * MEGABYTE,
            max_part=settings.intake_unpacked_mb * MEGABYTE // 2,
            max_sheets=settings.intake_max_sheets,
            max_rows=settings.intake_max_rows,
            workers=settings.intake_workers,
            trust_store=str(settings.trust_store or ""),
        )


class Refused(Exception):  # noqa: N818 - it is a decision, not an error
    """The file may not come in; `finding` says why and what to do."""

    def __init__(self, finding: FoundFault) -> None:
        super().__init__(finding.message)
        self.finding = finding


def refuse(code: str, **words: Any) -> Refused:
    """A refusal with the text kept for `code` in `faults.FAULTS`."""
    return Refused(fault(code, **words))


# --- names ----------------------------------------------------------------------------------------

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NAME_LIMIT = 150


@lru_cache(maxsize=256)
def safe_filename(name: str) -> str:
    """A name to show and keep: no folders, no invisible or direction-turning characters, not too long.

    Files are kept under their hash, so that a name never becomes a path; this is for people's eyes.
    """
    bare = PurePosixPath(PureWindowsPath(unicodedata.normalize("NFC", name)).name).name
    shown = "".join(c for c in bare if unicodedata.category(c) not in _UNPRINTABLE).strip(" .")
    if len(shown) > _NAME_LIMIT:
        stem, dot, suffix = shown.rpartition(".")
        shown = f"{stem[: _NAME_LIMIT - 10]}…{dot}{suffix[:8]}" if dot else shown[:_NAME_LIMIT]
    return shown or "tep-khong-ten"


def read_upload(path: Path, limits: Limits) -> bytes:
    """The file's bytes; never more than the limit is read. Raises `Refused`, OSError."""
    with path.open("rb") as file:
        data = file.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise refuse("file.too_large", limit=limits.max_bytes // MEGABYTE)
    return data


# --- what it is -----------------------------------------------------------------------------------

_OLE_STREAMS = (
    ("ENCRYPTEDPACKAGE", FileKind.encrypted),
    ("WORKBOOK", FileKind.xls),
    ("BOOK", FileKind.xls),
    ("WORDDOCUMENT", FileKind.doc),
)
_ZIP_PARTS = (
    ("xl/workbook.xml", FileKind.xlsx),
    ("xl/workbook.bin", FileKind.xlsb),
    ("word/document.xml", FileKind.docx),
)
_OTHERS = (b"xl/workbook.bin", b"word/document.xml", b"mimetype")
_BACKSLASHED = (b"xl\\workbook.xml", b"word\\document.xml")
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"


DAMAGE = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    zlib.error,
)
"""What zipfile raises on an archive that is damaged or made to hurt."""


def sniff(data: bytes) -> FileKind:
    """What the bytes are, whatever the name says. Never raises."""
    if not data:
        return FileKind.empty
    if data.startswith(compound.MAGIC):
        return _sniff_ole(data)
    if data.startswith(b"PK"):
        return _sniff_zip(data)
    return FileKind.pdf if data[:1024].lstrip().startswith(b"%PDF-") else FileKind.other


def _sniff_ole(data: bytes) -> FileKind:
    """By the streams at its top: an embedded Word object makes no .doc of a workbook.

    A damaged directory is searched for names: whoever reads on finds the damage.
    """
    try:
        top = frozenset(compound.Compound(data).top())
    except compound.DAMAGE:
        upper = data.upper()
        top = frozenset(n for n, _ in _OLE_STREAMS if f"{n}\0".encode("utf-16-le") in upper)
    return next((kind for name, kind in _OLE_STREAMS if name in top), FileKind.other)


def _sniff_zip(data: bytes) -> FileKind:
    if _plainly_xlsx(data):
        return FileKind.xlsx
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return kind_of_archive(archive)
    except DAMAGE:
        return FileKind.broken


def _plainly_xlsx(data: bytes) -> bool:
    """Whether the archive's directory names a workbook and nothing else it could be: the common case,
    told without unpacking the directory. Whoever reads on looks properly."""
    end = data.rfind(b"PK\5\6")
    directory = data[int.from_bytes(data[end + 16 : end + 20], "little") : end] if end >= 0 else b""
    return b"xl/workbook.xml" in directory and not any(mark in directory for mark in _OTHERS)


def kind_of_archive(archive: zipfile.ZipFile) -> FileKind:
    """What an opened archive is, by the parts it has. May raise what zipfile raises on damage."""
    names = {name.replace("\\", "/") for name in archive.namelist()}
    for part, kind in _ZIP_PARTS:
        if part in names:
            return kind
    if "mimetype" in names and "content.xml" in names:
        with archive.open("mimetype") as file:
            kept = file.read(len(_SPREADSHEET) + 1)
        return FileKind.ods if kept.strip() == _SPREADSHEET else FileKind.other
    return FileKind.archive


_REFUSED_KINDS = {
    FileKind.empty: "file.empty",
    FileKind.encrypted: "file.encrypted",
    FileKind.broken: "file.broken",
    FileKind.xlsb: "file.xlsb",
    FileKind.archive: "file.archive",
    FileKind.other: "file.not_office",
}


def check_kind(data: bytes, limits: Limits) -> FileKind:
    """The kind of a file that may be read on. Raises `Refused` for what may not."""
    check_size(data, limits)
    return refuse_kind(sniff(data))


def check_size(data: bytes, limits: Limits) -> None:
    """Raises `Refused` for more bytes than the limit."""
    if len(data) > limits.max_bytes:
        raise refuse("file.too_large", limit=limits.max_bytes // MEGABYTE)


def refuse_kind(kind: FileKind) -> FileKind:
    """The kind back, or `Refused` for one that no room reads."""
    if kind in _REFUSED_KINDS:
        raise refuse(_REFUSED_KINDS[kind])
    return kind


def with_slashes(data: bytes) -> bytes:
    """The archive with its parts named «xl/workbook.xml» where a program wrote «xl\\workbook.xml»; the same
    bytes where none did. Raises `Refused` for what `open_archive` refuses."""
    if not any(mark in data for mark in _BACKSLASHED):
        return data
    made = io.BytesIO()
    with open_archive(data, Limits()) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name.replace("\\", "/")), read_part(source, name))
    return made.getvalue()


# --- archives -------------------------------------------------------------------------------------


def open_archive(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The archive, once its directory has been judged. Raises `Refused`.

    Sizes are those declared; a part that lies about its own is cut off there by zipfile, and what
    another library makes of it ends at the process's limit.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGE as problem:
        raise refuse("file.broken") from problem
    entries = archive.infolist()
    if len(entries) > limits.max_entries:
        raise refuse("file.too_many_parts", count=len(entries))
    if len({entry.filename for entry in entries}) < len(entries):
        raise refuse("file.strange_names")
    if any(_strange(entry.filename) for entry in entries):
        raise refuse("file.strange_names")
    sizes = [entry.file_size for entry in entries]
    if sum(sizes) > limits.max_unpacked or max(sizes, default=0) > limits.max_part:
        raise refuse("file.bloated", size=sum(sizes) // MEGABYTE)
    if any(entry.flag_bits & 1 for entry in entries):
        raise refuse("file.encrypted")
    return archive


_DRIVE = re.compile(r"^[A-Za-z]:")


def _strange(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or bool(_DRIVE.match(name))


def read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part of the archive; empty when there is none. Raises `Refused` for a damaged one, or one
    that declares entities of its own (an Office file never does). Calamine expands none."""
    try:
        data = archive.read(name)
    except KeyError:
        return b""
    except MemoryError:
        raise  # the worker ends, and says so
    except Exception as problem:  # zlib, lzma and zipfile each raise their own on damage
        raise refuse("file.broken") from problem
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise refuse("file.entities")
    return data


# --- what an archive carries besides ---------------------------------------------------------------

_LINK = re.compile(r"externalLinks/externalLink\d+\.xml$", re.I | re.M)
_CARRIED = (
    (re.compile(r"vbaProject\.bin$|^Basic/|^Scripts/", re.I | re.M), "file.macros"),
    (re.compile(r"embeddings/|activeX/|oleObject|^Object \d+$", re.I | re.M), "file.embedded"),
    (_LINK, "file.external_links"),
    (re.compile(r"xl/connections\.xml$|xl/queryTables/", re.I | re.M), "file.external_links"),
)  # fmt: skip


def carried(archive: zipfile.ZipFile) -> list[FoundFault]:
    """Findings for macros, embedded objects, links to other files and DDE. Nothing of it is run."""
    names = archive.namelist()
    listing = "\n".join(names)
    codes = {code for pattern, code in _CARRIED if pattern.search(listing)}
    links = [name for name in names if _LINK.search(name)]
    if any(b"ddeLink" in read_part(archive, name) for name in links):
        codes.add("file.dde")
    return [fault(code) for code in sorted(codes)]
