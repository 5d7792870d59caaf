"""Word documents that must be refused, by what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.report_writing import repacked, typed

DOCUMENT, RELATIONS = "word/document.xml", "word/_rels/document.xml.rels"

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

PLAIN = typed("**I. TÌNH HÌNH TRIỂN KHAI**\n**1. Công tác chỉ đạo, điều hành**\nĐã triển khai.")

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(20))
    + b"]>"
)

THIEF = b'<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def in_front(declaration: bytes) -> Callable[[bytes], bytes]:
    """The document with a document type before its root, and the entity in its text."""
    return lambda xml: declaration + xml.split(b"?>", 1)[1].replace(b"tri\xe1\xbb\x83n", b"&a;")


def in_utf16(xml: bytes) -> bytes:
    text = xml.decode().replace("UTF-8", "UTF-16").split("?>", 1)
    return f"{text[0]}?><!DOCTYPE a [<!ENTITY a 'b'>]>{text[1]}".encode("utf-16")


def huge_entry(name: str, size: int) -> bytes:
    return repacked(PLAIN, {name: lambda xml: xml + b" " * size})


def with_relation(kind: str, target: str, mode: str = "External") -> bytes:
    entry = f'<Relationship Id="rX1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return repacked(
        PLAIN,
        {
            RELATIONS: lambda xml: xml.replace(
                b"</Relationships>", entry.encode() + b"</Relationships>"
            )
        },
    )


def encrypted() -> bytes:
    data = bytearray(PLAIN)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return repacked(PLAIN, added={DOCUMENT: b"<a/>"})


REFUSED = {
    "empty": (lambda: b"", "report.unreadable"),
    "not an archive": (lambda: b"xin chao" * 100, "report.unreadable"),
    "cut short": (lambda: PLAIN[: len(PLAIN) // 2], "report.unreadable"),
    "damaged": (lambda: PLAIN[:400] + b"\0" * 200 + PLAIN[600:], "report.unreadable"),
    "password": (encrypted, "report.encrypted"),
    "another archive": (lambda: repacked(PLAIN, without=[DOCUMENT]), "report.not-docx"),
    "no relations": (lambda: repacked(PLAIN, without=["_rels/.rels"]), "report.not-docx"),
    "no XML": (lambda: repacked(PLAIN, {DOCUMENT: lambda xml: b"not xml"}), "report.unreadable"),
    "other XML": (
        lambda: repacked(PLAIN, {DOCUMENT: lambda xml: b"<a><b/></a>"}),
        "report.not-docx",
    ),
    "entity bomb": (lambda: repacked(PLAIN, {DOCUMENT: in_front(BOMB)}), "report.unsafe-xml"),
    "outside entity": (lambda: repacked(PLAIN, {DOCUMENT: in_front(THIEF)}), "report.unsafe-xml"),
    "entity in UTF-16": (lambda: repacked(PLAIN, {DOCUMENT: in_utf16}), "report.unsafe-xml"),
    "entity in styles": (
        lambda: repacked(PLAIN, {"word/styles.xml": in_front(BOMB)}),
        "report.unsafe-xml",
    ),
    "entity in relations": (
        lambda: repacked(PLAIN, {RELATIONS: in_front(THIEF)}),
        "report.unsafe-xml",
    ),
    "zip bomb": (lambda: huge_entry(DOCUMENT, 64 * 1024 * 1024), "report.too-large"),
    "bomb in styles": (lambda: huge_entry("word/styles.xml", 32 * 1024 * 1024), "report.too-large"),
    "ten thousand entries": (
        lambda: repacked(PLAIN, added={f"word/media/{n}.png": b"" for n in range(10_000)}),
        "report.too-large",
    ),
    "endless paragraphs": (
        lambda: repacked(
            PLAIN,
            {DOCUMENT: lambda xml: xml.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * 30_000)},
        ),
        "report.too-large",
    ),
    "two parts of one name": (twice, "report.unreadable"),
}
