"""Bad and hostile files, made when asked for: name → maker of bytes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping

import xlsxwriter

from tests.support.workbook_samples import full

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SHEET = "xl/worksheets/sheet2.xml"
WORKBOOK = "xl/workbook.xml"
LINK = "xl/externalLinks/externalLink1.xml"


def rezipped(data: bytes, changes: Mapping[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """The archive with parts added or changed."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name in source.namelist():
            change = changes.get(name)
            body = source.read(name)
            out.writestr(
                name, change(body) if callable(change) else change if change is not None else body
            )
        for name, change in changes.items():
            if name not in source.namelist() and isinstance(change, bytes):
                out.writestr(name, change)
    return target.getvalue()


def truncated() -> bytes:
    data = full("stc")
    return data[: len(data) // 2]


def zip_bomb() -> bytes:
    return rezipped(full("stc"), {"xl/media/image1.xml": b"\0" * (130 * 1024 * 1024)})


def lying_bomb() -> bytes:
    """The archive's directory says 100 bytes; the part is 80 MB."""
    part = b"xl/media/x.bin"
    data = bytearray(rezipped(full("stc"), {part.decode(): b"\0" * (80 * 1024 * 1024)}))
    at = data.rfind(part) - 46
    struct.pack_into("<I", data, at + 24, 100)
    return bytes(data)


def lying_sheet() -> bytes:
    data = bytearray(rezipped(full("stc"), {SHEET: lambda xml: xml + b" " * (80 * 1024 * 1024)}))
    at = data.rfind(SHEET.encode()) - 46
    struct.pack_into("<I", data, at + 24, 100)
    return bytes(data)


def encrypted_office() -> bytes:
    names = b"".join(
        name.encode("utf-16-le").ljust(128, b"\0")
        for name in ("EncryptionInfo\0", "EncryptedPackage\0")
    )
    return OLE + b"\0" * 504 + names + b"\1" * 4096


def encrypted_zip() -> bytes:
    data = bytearray(full("stc"))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<H", data, at + 8, struct.unpack_from("<H", data, at + 8)[0] | 1)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def rows_of_formatting(count: int = 1_048_576) -> bytes:
    rows = b"".join(b'<row r="%d" s="1" customFormat="1"/>' % n for n in range(100, count + 1))
    return rezipped(
        full("stc"), {SHEET: lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>")}
    )


def cells_of_formatting() -> bytes:
    rows = b"".join(
        b'<row r="%d"><c r="B%d" s="1"/><c r="C%d" s="1"/><c r="D%d" s="1"/></row>' % (n, n, n, n)
        for n in range(100, 1_048_577)
    )
    return rezipped(
        full("stc"), {SHEET: lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>")}
    )


def far_value(row: int = 1_048_575, column: int = 5) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("PL6")
    sheet.write(0, 0, 1)
    sheet.write(row, column, 1)
    book.close()
    return target.getvalue()


def wide_and_deep() -> bytes:
    """Within every count, and a table of ten million cells."""
    return far_value(19_990, 490)


def ten_thousand_sheets() -> bytes:
    sheets = {f"xl/worksheets/sheet{n}.xml": b"<worksheet/>" for n in range(100, 10_100)}
    return rezipped(full("stc"), sheets)


def ten_thousand_names() -> bytes:
    more = b"".join(
        b'<sheet name="S%d" sheetId="%d" r:id="rId1"/>' % (n, n) for n in range(100, 10_100)
    )
    return rezipped(
        full("stc"), {WORKBOOK: lambda xml: xml.replace(b"</sheets>", more + b"</sheets>")}
    )


def entities(part: str = WORKBOOK) -> bytes:
    laughs = b'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return rezipped(full("stc"), {part: lambda xml: xml.replace(b"?>", b"?>" + laughs, 1)})


def with_part(name: str, body: bytes = b"x") -> bytes:
    return rezipped(full("stc"), {name: body})


def xlsb() -> bytes:
    return with_part("xl/workbook.bin").replace(b"xl/workbook.xml", b"xl/workbook.xm_")


def twice_the_same_part() -> bytes:
    target = io.BytesIO(full("stc"))
    with zipfile.ZipFile(target, "a") as out:
        at = out.NameToInfo.pop(WORKBOOK)
        out.writestr(WORKBOOK, b"<workbook/>")
        assert at is not None
    return target.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "file.empty"),
    "plain text": (lambda: "Số liệu gửi qua thư".encode(), "file.not_office"),
    "a web page called .xls": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "file.not_office"),
    "zeros": (lambda: b"\0" * 1_000_000, "file.not_office"),
    "random": (lambda: bytes(range(256)) * 64, "file.not_office"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "file.not_office"),
    "truncated": (truncated, "file.broken"),
    "an archive's beginning": (lambda: b"PK\x03\x04", "file.broken"),
    "an archive of something else": (lambda: rezipped_plain({"bao-cao.docx": b"x"}), "file.archive"),
    "encrypted by Office": (encrypted_office, "file.encrypted"),
    "encrypted archive": (encrypted_zip, "file.encrypted"),
    "zip bomb": (zip_bomb, "file.bloated"),
    "zip bomb that lies about its sheet": (lying_sheet, "file.broken"),
    "10,000 sheets": (ten_thousand_sheets, "file.too_many_parts"),
    "10,000 names of one sheet": (ten_thousand_names, "file.too_many_sheets"),
    "1,048,576 rows of formatted cells": (cells_of_formatting, "file.bloated"),
    "a value in the last row": (far_value, "sheet.too_far"),
    "a value in the last column": (lambda: far_value(5, 16_383), "sheet.too_wide"),
    "ten million cells": (wide_and_deep, "file.too_heavy"),
    "entities in the workbook": (entities, "file.entities"),
    "entities in a sheet": (lambda: entities(SHEET), "file.entities"),
    "a part outside": (lambda: with_part("../../etc/cron.d/x"), "file.strange_names"),
    "a part at the root": (lambda: with_part("/etc/passwd"), "file.strange_names"),
    "a part on a drive": (lambda: with_part("C:\\Windows\\x"), "file.strange_names"),
    "a part twice": (twice_the_same_part, "file.strange_names"),
    ".xlsb": (xlsb, "file.xlsb"),
    "a .pdf": (lambda: b"%PDF-1.7\n...", "file.not_workbook"),
    "a .doc": (lambda: OLE + b"\0" * 504 + "WordDocument\0".encode("utf-16-le"), "file.not_workbook"),
}  # fmt: skip

TOLD: dict[str, tuple[Callable[[], bytes], str]] = {
    "macros": (lambda: with_part("xl/vbaProject.bin"), "file.macros"),
    "OLE object": (lambda: with_part("xl/embeddings/oleObject1.bin"), "file.embedded"),
    "ActiveX": (lambda: with_part("xl/activeX/activeX1.xml"), "file.embedded"),
    "external link": (lambda: with_part(LINK, b"<externalLink/>"), "file.external_links"),
    "DDE": (lambda: with_part(LINK, b"<ddeLink ddeService='cmd'/>"), "file.dde"),
    "a query": (lambda: with_part("xl/connections.xml", b"<connections/>"), "file.external_links"),
}  # fmt: skip


def rezipped_plain(parts: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for name, body in parts.items():
            out.writestr(name, body)
    return target.getvalue()
