"""The first look at a .docx: what is refused before any text is read, and what is told about it.

Nothing is unpacked to disk and no part is read beyond its limit, whatever sizes the archive claims.
XML with a document type is refused: entities (bombs, files of the reader's own machine) need one.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from intake.files.findings import fault
from intake.files.gate import MEGABYTE, Refused, with_slashes
from plan.ledger.filing import FoundFault, Severity
from plan.text import number_words

STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
"""Word's «Strict Open XML Document» says the same in another namespace."""
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_OVERRIDE = "{http://schemas.openxmlformats.org/package/2006/content-types}Override"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)
"""What the archive library raises for a damaged or strange entry (NotImplementedError is a
RuntimeError)."""
_DOCTYPES = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))


@dataclass(frozen=True)
class ReportLimits:
    """How much of a report is read at all. A hundred pages of text are about 2 MB of XML."""

    archive_bytes: int = 50 * MEGABYTE
    entries: int = 5_000
    document_bytes: int = 24 * MEGABYTE
    part_bytes: int = 8 * MEGABYTE
    """Every other part that is read: styles, numbering, properties, relationships."""
    paragraphs: int = 20_000
    table_rows: int = 10_000


@dataclass(frozen=True)
class DocxParts:
    """The parts a reader needs, as bytes, and what is to be told about the rest."""

    document: bytes
    styles: bytes = b""
    numbering: bytes = b""
    properties: bytes = b""
    findings: tuple[FoundFault, ...] = ()


def refuse(code: str, read: str = "") -> Refused:
    """A refusal with its finding."""
    return Refused(fault(code, read=read))


def open_docx(data: bytes, limits: ReportLimits | None = None) -> DocxParts:
    """The parts of a .docx that are safe to read. Raises Refused; changes nothing."""
    limits = limits or ReportLimits()
    if len(data) > limits.archive_bytes:
        raise refuse("report.too-large")
    try:
        with zipfile.ZipFile(io.BytesIO(with_slashes(data))) as archive:
            return _parts(archive, limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
    ) as e:
        raise refuse("report.unreadable", str(e)[:100]) from None


def is_word(data: bytes) -> bool:
    """Whether the archive says it is a Word document, whatever its main part is called. Never raises."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"wordprocessingml" in archive.open("[Content_Types].xml").read(MEGABYTE)
    except (*_DAMAGE, KeyError):
        return False


def _parts(archive: zipfile.ZipFile, limits: ReportLimits) -> DocxParts:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise refuse("report.encrypted")
    if len(entries) > limits.entries:
        raise refuse("report.too-large", f"{number_words(len(entries))} mục")
    if len(names) < len(entries):
        # Two entries of one name: what a virus scanner saw is not what a reader gets.
        raise refuse("report.unreadable", "hai mục trùng tên")
    package = _relations(archive, names, "_rels/.rels", limits)
    document = package.get("officeDocument", "")
    if not document.startswith("word/") or document not in names:
        raise refuse("report.not-docx")
    own = _relations(archive, names, _relations_of(document), limits, base="word/")
    wanted = {
        "styles": own.get("styles", ""),
        "numbering": own.get("numbering", ""),
        "properties": package.get("custom-properties", ""),
    }
    found = {
        part: _read(archive, name, limits.part_bytes) if name in names else b""
        for part, name in wanted.items()
    }
    return DocxParts(
        document=_read(archive, document, limits.document_bytes),
        findings=tuple(_dangers(archive, sorted(names), limits)),
        **found,
    )


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"


def _relations(
    archive: zipfile.ZipFile, names: set[str], part: str, limits: ReportLimits, base: str = ""
) -> dict[str, str]:
    """Last word of a relation's type → the part it leads to inside the archive."""
    if part not in names:
        return {}
    root = parse_xml(_read(archive, part, limits.part_bytes))
    return {
        relation.get("Type", "").rsplit("/", 1)[-1]: _inside(relation.get("Target", ""), base)
        for relation in root.iter(_RELATION)
        if relation.get("TargetMode", "").lower() != "external"
    }


def _inside(target: str, base: str) -> str:
    return target[1:] if target.startswith("/") else base + target


def _read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """One part, never more than `limit` bytes of it, without a document type."""
    with archive.open(name) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise refuse("report.too-large", name)
    if any(mark in data for mark in _DOCTYPES):
        raise refuse("report.unsafe-xml", name)
    return data.replace(STRICT, WORD.encode())


def parse_xml(data: bytes) -> Any:
    """The root of a small part. Raises Refused where it is no XML or has a DTD."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise refuse("report.unreadable", str(error)[:100]) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise refuse("report.unsafe-xml")
    return root


# --- what is told, and read all the same ----------------------------------------------------------

DANGERS: Mapping[str, tuple[Severity, str]] = {
    "report.macro": (
        "error",
        "Tệp có macro. Hãy lưu lại dạng .docx thường (không macro) rồi nộp lại.",
    ),
    "report.remote-template": (
        "error",
        "Tệp gắn với mẫu ở máy khác ({read}), mở ra là tải về. "
        "Hãy gỡ mẫu (Nhà phát triển → Mẫu tài liệu) rồi nộp lại.",
    ),
    "report.local-template": ("note", "Tệp gắn với mẫu riêng của máy soạn thảo ({read}); bỏ qua."),
    "report.remote-content": (
        "error",
        "Tệp có nội dung liên kết tới nơi khác ({read}). Hãy chèn hẳn nội dung vào tệp rồi nộp lại.",
    ),
    "report.remote-picture": (
        "warning",
        "Có ảnh không nằm trong tệp mà liên kết tới {read}; người nhận sẽ không thấy. "
        "Hãy chèn ảnh vào tệp.",
    ),
    "report.ole": (
        "error",
        "Tệp có đối tượng nhúng (OLE) có thể chạy chương trình: {read}. "
        "Hãy thay bằng bảng, chữ hoặc ảnh rồi nộp lại.",
    ),
    "report.embedded-file": (
        "note",
        "Tệp nhúng {read} không được đọc; hãy nộp kèm thành tệp riêng.",
    ),
}
_MACRO_TYPES = ("macroEnabled", "vbaProject")
_HARMLESS_LINKS = ("hyperlink",)


def danger(code: str, read: str = "") -> FoundFault:
    severity, message = DANGERS[code]
    return FoundFault(severity, code, message.format(read=read[:120]), read=read[:120])


def _dangers(
    archive: zipfile.ZipFile, names: list[str], limits: ReportLimits
) -> Iterator[FoundFault]:
    if _has_macros(archive, names, limits):
        yield danger("report.macro")
    for name in names:
        if name.startswith("word/") and name.endswith(".rels"):
            for relation in parse_xml(_read(archive, name, limits.part_bytes)).iter(_RELATION):
                yield from _judged(relation)


def _has_macros(archive: zipfile.ZipFile, names: list[str], limits: ReportLimits) -> bool:
    if any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        return True
    if "[Content_Types].xml" not in names:
        raise refuse("report.not-docx")
    root = parse_xml(_read(archive, "[Content_Types].xml", limits.part_bytes))
    types = [entry.get("ContentType", "") for entry in root.iter(_OVERRIDE)]
    return any(mark in kind for kind in types for mark in _MACRO_TYPES)


def _judged(relation: Any) -> Iterator[FoundFault]:
    kind = relation.get("Type", "").rsplit("/", 1)[-1]
    target = relation.get("Target", "")
    external = relation.get("TargetMode", "").lower() == "external"
    if external and kind == "attachedTemplate":
        yield danger(
            "report.local-template" if _is_local(target) else "report.remote-template", target
        )
    elif external and kind == "image":
        yield danger("report.remote-picture", target)
    elif external and kind not in _HARMLESS_LINKS:
        yield danger("report.remote-content", target)
    elif kind in ("oleObject", "control"):
        yield danger("report.ole", target)
    elif kind in ("package", "aFChunk"):
        yield danger("report.embedded-file", target)


_OWN_DISK = re.compile(r"[a-z]:/|/?(?:users|home|applications|library)/|[^/]*$")


def _is_local(target: str) -> bool:
    """A file of the writer's own disk: Word writes it for every template that is not Normal. Four
    slashes, or two without «file:», name another machine."""
    path = target.lower().replace("\\", "/").removeprefix("file:///")
    return bool(_OWN_DISK.match(path)) and "://" not in path
