"""Packages of the national document axis (edXML, QCVN 102:2016/BTTTT): letters and status messages, read and
written. Pure.

Read are the forms in use as well: other roots (`EdXMLEnvelope`), the older namespace, any prefix or none, a
header without `MessageHeader`. Times are local (Việt Nam) in the package, aware here. What is no such package
raises EdxmlError with a sentence for a person.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
STATUS_WORDS: Mapping[str, str] = {
    "01": "đã đến",
    "02": "từ chối tiếp nhận",
    "03": "đã tiếp nhận",
    "04": "phân công xử lý",
    "05": "đang xử lý",
    "06": "hoàn thành",
    "13": "xin lấy lại",
    "15": "đồng ý cho lấy lại hoặc cập nhật",
    "16": "từ chối cho lấy lại hoặc cập nhật",
}
"""Codes that are known; any other is kept and shown as it came."""
ARRIVED, REFUSED, TAKEN = "01", "02", "03"
BUSINESS_WORDS: Mapping[str, str] = {
    "0": "văn bản mới",
    "1": "thu hồi",
    "2": "cập nhật",
    "3": "thay thế",
}
_ROOTS = frozenset({"edxml", "edxmlenvelope", "edoc", "edxmlmessage"})
_DAYS = ("%Y/%m/%d", "%d/%m/%Y", "%Y-%m-%d")
_MOMENTS = ("%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_MOST_ATTACHED = 50
_LONGEST = 2000
"""Letters of a text that is kept; a subject has hundreds."""


class EdxmlError(Exception):
    """The bytes are no package that can be taken; the message is a Vietnamese sentence."""


@dataclass(frozen=True)
class Organ:
    """An agency on the axis: its code there, and what it says of itself."""

    id: str
    name: str = ""
    in_charge: str = ""
    address: str = ""
    email: str = ""


@dataclass(frozen=True)
class Reference:
    """A document that is answered: by its sender, number and symbol, day, or its id on the axis."""

    organ: str = ""
    number: str = ""
    notation: str = ""
    promulgated_on: date | None = None
    document_id: str = ""


@dataclass(frozen=True)
class Attached:
    """A file of a letter."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Letter:
    """A document sent over the axis. `business`: see `BUSINESS_WORDS`; `sent_at`: its newest trace."""

    sender: Organ
    to: tuple[Organ, ...] = ()
    number: str = ""
    notation: str = ""
    place: str = ""
    promulgated_on: date | None = None
    type_name: str = ""
    subject: str = ""
    content: str = ""
    signer: str = ""
    due_on: date | None = None
    document_id: str = ""
    business: str = "0"
    responds_to: tuple[Reference, ...] = ()
    sent_at: datetime | None = None
    attachments: tuple[Attached, ...] = field(default=(), repr=False)

    @property
    def reference(self) -> str:
        """«12/BC-STP»; empty where it has no number."""
        return "/".join(part for part in (self.number, self.notation) if part)


@dataclass(frozen=True)
class Status:
    """What became of a document that was sent."""

    sender: Organ
    about: Reference
    code: str
    description: str = ""
    at: datetime | None = None
    staff: str = ""

    @property
    def words(self) -> str:
        """The code in words, as far as it is known."""
        return STATUS_WORDS.get(self.code, f"mã {self.code}")


# --- reading ---------------------------------------------------------------------------------------


def looks_like(data: bytes) -> bool:
    """Whether the bytes may be a package: XML that names one of its parts near its beginning."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"edxml" in head.lower()


def read(data: bytes) -> Letter | Status:
    """The letter or status message in a package. Raises EdxmlError."""
    root = _root(data)
    status = _first(root, "MessageStatus")
    if status is not None:
        return _status(status)
    header = _first(root, "MessageHeader")
    if header is None:
        header = _first(root, "edXMLHeader")
    return _letter(root, root if header is None else header)


def _root(data: bytes) -> Any:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise EdxmlError(
            "Gói edXML khai báo thực thể (DTD), không được nhận: hãy gửi lại gói không có DTD."
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,  # an attachment is one text of many megabytes; the caller bounds the whole
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise EdxmlError("Gói edXML bị hỏng, không đọc được: hãy xuất lại gói rồi gửi.") from None
    if _name(root).lower() not in _ROOTS:
        raise EdxmlError(
            f"Tệp XML có gốc «{_name(root)[:50]}», không phải gói edXML theo QCVN 102:2016/BTTTT."
        )
    return root


def _letter(root: Any, header: Any) -> Letter:
    sender = _organ(_child(header, "From"))
    if not sender.id:
        raise EdxmlError("Gói edXML không ghi mã cơ quan gửi (From/OrganId).")
    code, issued = _child(header, "Code"), _child(header, "PromulgationInfo")
    return Letter(
        sender=sender,
        to=tuple(_organ(one) for one in _children(header, "To")),
        number=_text(code, "CodeNumber"),
        notation=_text(code, "CodeNotation"),
        place=_text(issued, "Place"),
        promulgated_on=_day(_text(issued, "PromulgationDate")),
        type_name=_text(_child(header, "DocumentType"), "TypeName"),
        subject=_text(header, "Subject"),
        content=_text(header, "Content"),
        signer=_text(_child(header, "SignerInfo"), "FullName"),
        due_on=_day(_text(header, "DueDate")),
        document_id=_text(header, "DocumentId"),
        business=_text(_first(root, "Bussiness", "Business"), "BussinessDocType", "BusinessDocType")
        or "0",
        responds_to=tuple(_reference(one) for one in _children(header, "ResponseFor")),
        sent_at=max(_traces(root), default=None),
        attachments=tuple(_attachments(root)),
    )


def _status(element: Any) -> Status:
    code = _text(element, "StatusCode")
    if not code:
        raise EdxmlError("Gói trạng thái edXML không ghi mã trạng thái (StatusCode).")
    return Status(
        sender=_organ(_child(element, "From")),
        about=_reference(_child(element, "ResponseFor")),
        code=code.zfill(2)[:20],
        description=_text(element, "Description"),
        at=_moment(_text(element, "Timestamp")),
        staff=_text(_child(element, "StaffInfo"), "Staff", "FullName"),
    )


def _organ(element: Any) -> Organ:
    return Organ(
        _text(element, "OrganId"),
        _text(element, "OrganName"),
        _text(element, "OrganizationInCharge"),
        _text(element, "OrganAdd"),
        _text(element, "Email"),
    )


def _reference(element: Any) -> Reference:
    code = _child(element, "Code")
    flat = code if code is not None and len(code) else None
    return Reference(
        organ=_text(element, "OrganId"),
        number=_text(flat, "CodeNumber")
        or ("" if code is None or flat is not None else _own(code)),
        notation=_text(flat, "CodeNotation"),
        promulgated_on=_day(_text(element, "PromulgationDate")),
        document_id=_text(element, "DocumentId"),
    )


def _traces(root: Any) -> Iterator[datetime]:
    for element in _every(root, "TraceHeader"):
        if (at := _moment(_text(element, "Timestamp"))) is not None:
            yield at


def _attachments(root: Any) -> Iterator[Attached]:
    for number, element in enumerate(_every(root, "Attachment"), 1):
        if number > _MOST_ATTACHED:
            raise EdxmlError(
                f"Gói edXML có quá {_MOST_ATTACHED} tệp kèm: hãy chia thành nhiều gói."
            )
        name = _text(element, "AttachmentName") or f"tep-{number}"
        body = _child(element, "ContentTransferEncoded")
        text = _whole(body) if body is not None and _whole(body) else _whole(element)
        try:
            yield Attached(name[:200], base64.b64decode("".join(text.split()), validate=True))
        except (binascii.Error, ValueError):
            raise EdxmlError(
                f"Tệp kèm «{name[:100]}» trong gói edXML bị hỏng (base64): hãy gửi lại."
            ) from None


# --- XML, whatever its prefixes --------------------------------------------------------------------


def _name(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _children(element: Any, name: str) -> Iterator[Any]:
    if element is not None:
        yield from (one for one in element if _name(one).lower() == name.lower())


def _child(element: Any, name: str) -> Any:
    return next(_children(element, name), None)


def _every(root: Any, *names: str) -> Iterator[Any]:
    wanted = {name.lower() for name in names}
    yield from (one for one in root.iter() if _name(one).lower() in wanted)


def _first(root: Any, *names: str) -> Any:
    return next(_every(root, *names), None)


def _text(element: Any, *names: str) -> str:
    """The text of the first child of these names; empty for none."""
    for name in names:
        found = _child(element, name)
        if found is not None and (said := _own(found)):
            return said
    return ""


def _own(element: Any) -> str:
    return " ".join(_whole(element)[: 2 * _LONGEST].split())[:_LONGEST]


def _whole(element: Any) -> str:
    return element.text or ""


def _day(text: str) -> date | None:
    for form in _DAYS:
        try:
            return datetime.strptime(text[:10], form).date()  # noqa: DTZ007 - a day, no instant
        except ValueError:
            continue
    return None


def _moment(text: str) -> datetime | None:
    for form in _MOMENTS:
        try:
            return datetime.strptime(text[:19], form).replace(tzinfo=LOCAL)
        except ValueError:
            continue
    return None
