"""Letters and status messages of ours as packages of the document axis (QCVN 102:2016/BTTTT). Pure."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Any

from lxml import etree

from documents.edxml import LOCAL, NAMESPACE, Letter, Organ, Reference, Status


def write(package: Letter | Status) -> bytes:
    """The package as bytes, in the regulation's own form; the same for the same letter."""
    root = etree.Element(_tag("edXML"), nsmap={"edXML": NAMESPACE})
    envelope = _add(root, "edXMLEnvelope")
    header = _add(envelope, "edXMLHeader")
    if isinstance(package, Status):
        _write_status(header, package)
    else:
        _write_letter(header, package)
        _write_files(root, _add(envelope, "edXMLBody"), package)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _write_letter(header: Any, letter: Letter) -> None:
    message = _add(header, "MessageHeader")
    _write_organ(_add(message, "From"), letter.sender)
    for one in letter.to:
        _write_organ(_add(message, "To"), one)
    _write_code(message, letter.number, letter.notation)
    issued = _add(message, "PromulgationInfo")
    _add(issued, "Place", letter.place)
    _add(issued, "PromulgationDate", _as_day(letter.promulgated_on))
    _add(_add(message, "DocumentType"), "TypeName", letter.type_name)
    _add(message, "Subject", letter.subject)
    _add(message, "Content", letter.content)
    _add(_add(message, "SignerInfo"), "FullName", letter.signer)
    _add(message, "DueDate", _as_day(letter.due_on))
    for answered in letter.responds_to:
        _write_reference(_add(message, "ResponseFor"), answered)
    _add(message, "DocumentId", letter.document_id or document_id(letter))
    traces = _add(header, "TraceHeaderList")
    trace = _add(traces, "TraceHeader")
    _add(trace, "OrganId", letter.sender.id)
    _add(trace, "Timestamp", _as_moment(letter.sent_at))
    _add(_add(traces, "Bussiness"), "BussinessDocType", letter.business)


def document_id(letter: Letter) -> str:
    """A letter's id on the axis: sender, day, number and symbol."""
    return ",".join((letter.sender.id, _as_day(letter.promulgated_on), letter.reference))


def _write_files(root: Any, body: Any, letter: Letter) -> None:
    manifest = _add(body, "edXMLManifest")
    encoded = _add(root, "AttachmentEncoded")
    for number, one in enumerate(letter.attachments, 1):
        mark = f"tep-{number}"
        _add(_add(manifest, "Reference"), "AttachmentName", one.name)
        element = _add(encoded, "Attachment")
        _add(element, "ContentId", mark)
        _add(element, "AttachmentName", one.name)
        _add(element, "ContentTransferEncoded", base64.b64encode(one.data).decode("ascii"))


def _write_status(header: Any, status: Status) -> None:
    message = _add(header, "MessageStatus")
    _write_reference(_add(message, "ResponseFor"), status.about)
    _write_organ(_add(message, "From"), status.sender)
    _add(message, "StatusCode", status.code)
    _add(message, "Description", status.description)
    _add(message, "Timestamp", _as_moment(status.at))
    _add(_add(message, "StaffInfo"), "Staff", status.staff)


def _write_organ(element: Any, organ: Organ) -> None:
    for name, text in (
        ("OrganId", organ.id),
        ("OrganizationInCharge", organ.in_charge),
        ("OrganName", organ.name),
        ("OrganAdd", organ.address),
        ("Email", organ.email),
    ):
        _add(element, name, text)


def _write_reference(element: Any, one: Reference) -> None:
    _add(element, "OrganId", one.organ)
    _write_code(element, one.number, one.notation)
    _add(element, "PromulgationDate", _as_day(one.promulgated_on))
    _add(element, "DocumentId", one.document_id)


def _write_code(element: Any, number: str, notation: str) -> None:
    code = _add(element, "Code")
    _add(code, "CodeNumber", number)
    _add(code, "CodeNotation", notation)


def _add(parent: Any, name: str, text: str = "") -> Any:
    element = etree.SubElement(parent, _tag(name))
    if text:
        element.text = text
    return element


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _as_day(day: date | None) -> str:
    return f"{day:%Y/%m/%d}" if day else ""


def _as_moment(at: datetime | None) -> str:
    return f"{at.astimezone(LOCAL):%Y/%m/%d %H:%M:%S}" if at else ""
