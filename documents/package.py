"""Saving a .docx so that the same content gives the same bytes, and its custom properties.

A .docx is a zip: the time of writing stands in every entry, and Office adds its own. Here the
instant is passed in, entries are sorted, and nothing else varies, so that a run's output can be
compared and hashed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from lxml import etree

CUSTOM_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
CUSTOM_RELATIONSHIP = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
)
THUMBNAIL_RELATIONSHIP = (
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
)
_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


@dataclass(frozen=True)
class DocumentFacts:
    """What the file says of itself. `written_at` is an aware instant, never read from a clock."""

    title: str
    author: str
    written_at: datetime
    subject: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Custom properties, by name."""


def save(document: Document, facts: DocumentFacts) -> bytes:
    """The document's bytes: equal for equal content and facts."""
    written_at = facts.written_at.astimezone(UTC)
    _core_properties(document, facts, written_at)
    _drop_thumbnail(document)
    if facts.properties:
        _add_custom_properties(document, facts.properties)
    raw = io.BytesIO()
    document.save(raw)
    return _rezip(raw.getvalue(), written_at)


def _core_properties(document: Document, facts: DocumentFacts, written_at: datetime) -> None:
    core = document.core_properties
    core.title = facts.title[:255]
    core.subject = facts.subject[:255]
    core.author = facts.author[:255]
    core.last_modified_by = facts.author[:255]
    core.comments = ""
    core.keywords = ""
    core.language = "vi-VN"
    core.revision = 1
    core.created = core.modified = written_at.replace(tzinfo=None)


def _drop_thumbnail(document: Document) -> None:
    """The library's own template brings a picture of an empty page."""
    relations = document.part.package.rels
    for key in [k for k, rel in relations.items() if rel.reltype == THUMBNAIL_RELATIONSHIP]:
        del relations[key]


def _add_custom_properties(document: Document, properties: Mapping[str, str]) -> None:
    root = etree.fromstring(f'<Properties xmlns="{_CUSTOM}" xmlns:vt="{_TYPES}"/>')
    for number, (name, value) in enumerate(properties.items(), start=2):  # 0 and 1 are reserved
        entry = etree.SubElement(
            root, f"{{{_CUSTOM}}}property", fmtid=_FORMAT_ID, pid=str(number), name=name
        )
        etree.SubElement(entry, f"{{{_TYPES}}}lpwstr").text = value
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    package = document.part.package
    for key in [k for k, rel in package.rels.items() if rel.reltype == CUSTOM_RELATIONSHIP]:
        del package.rels[key]  # a document opened and saved again has some already
    part = Part(PackURI("/docProps/custom.xml"), CUSTOM_CONTENT_TYPE, blob, package)
    package.relate_to(part, CUSTOM_RELATIONSHIP)


def read_custom_properties(root: Any) -> dict[str, str]:
    """Name → text of a `docProps/custom.xml`, already parsed by a parser that refuses DTDs."""
    found: dict[str, str] = {}
    for entry in root.iterfind(f"{{{_CUSTOM}}}property"):
        name = entry.get("name")
        if name and len(entry):
            found[name] = entry[0].text or ""
    return found


def _rezip(data: bytes, written_at: datetime) -> bytes:
    """The same entries in a fixed order with a fixed time."""
    stamp = max(written_at, datetime(1980, 1, 1, tzinfo=UTC)).timetuple()[:6]
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        # Readers look for the content types first; the rest is in the order of names.
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, date_time=stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, source.read(name))
    return out.getvalue()
