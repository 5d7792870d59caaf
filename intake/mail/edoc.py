"""A package of the document axis as a mail that carries its files: it goes the way of every other hand-in.

Its header says who sent it and what it is; those lines are read of nothing that came by mail. A package that
cannot be taken becomes a mail that says why and waits for a person.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from documents import edxml
from documents.edxml import EdxmlError, Letter, Reference, Status
from intake.files.gate import Limits
from intake.mail.message import Mail
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, sandbox_for

_PREFIX = "X-Dondoc-Edoc-"
_TARGET = "intake.mail.edoc:mail_as_data"
_MOST_ANSWERED, _LONGEST_ID = 10, 200
_HEAVY = "Gói edXML quá lớn hoặc quá nặng để đọc: hãy chia thành nhiều gói."


@dataclass(frozen=True)
class Edoc:
    """What a package says of itself. `refused`: why it cannot be taken; `status`: that it is no letter but
    what became of one. `issued_on` is a local day (ISO 8601)."""

    organ: str = ""
    organ_name: str = ""
    document: str = ""
    reference: str = ""
    issued_on: str = ""
    business: str = ""
    status: str = ""
    refused: str = ""
    answers: str = ""
    """Ids on the axis of the documents it answers or tells of, a blank between them; of one that has no id
    there, what it is made of (sender, day, number), as far as said."""

    @property
    def answered(self) -> tuple[str, ...]:
        """`answers`, one by one."""
        return tuple(self.answers.split())

    @property
    def issued_at(self) -> datetime | None:
        """The day it was issued, at its beginning; None: not said."""
        if not self.issued_on:
            return None
        return datetime.combine(date.fromisoformat(self.issued_on), time(), edxml.LOCAL)

    @property
    def words(self) -> str:
        """«12/BC-STP của Sở Tư pháp»."""
        whose = self.organ_name or self.organ
        return " của ".join(part for part in (self.reference or self.document, whose) if part)


def is_package(data: bytes) -> bool:
    """Whether bytes look like a package of the axis."""
    return edxml.looks_like(data)


def mail_of(data: bytes, agency: str = "", limits: Limits | None = None) -> bytes:
    """The package as a mail, read in the guarded process. `agency`: whose folder it lay in (code)."""
    try:
        made = sandbox_for(limits or Limits()).run(_TARGET, data, agency, lane=agency)
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError):
        return _mail(data, Edoc(refused=_HEAVY), agency, "Gói edXML", ())
    return base64.b64decode(made)


def mail_as_data(data: bytes, agency: str) -> str:
    """`mail_of` within this process, base64."""
    return base64.b64encode(as_mail(data, agency)).decode("ascii")


def as_mail(data: bytes, agency: str = "") -> bytes:
    """The same bytes for the same package."""
    try:
        package = edxml.read(data)
    except EdxmlError as problem:
        return _mail(data, Edoc(refused=str(problem)), agency, "Gói edXML", ())
    if isinstance(package, Status):
        return _mail(data, _of_status(package), agency, "Trạng thái văn bản", ())
    files = tuple((one.name, one.data) for one in package.attachments)
    return _mail(data, _of_letter(package), agency, package.subject, files)


def _of_letter(letter: Letter) -> Edoc:
    from documents.edxml_writing import document_id

    return Edoc(
        organ=letter.sender.id,
        organ_name=letter.sender.name,
        document=letter.document_id or document_id(letter),
        reference=letter.reference,
        issued_on=letter.promulgated_on.isoformat() if letter.promulgated_on else "",
        business="" if letter.business == "0" else letter.business,
        answers=" ".join(_id_of(one) for one in letter.responds_to[:_MOST_ANSWERED]),
    )


def _of_status(status: Status) -> Edoc:
    about = status.about
    document = about.document_id or "/".join(filter(None, (about.number, about.notation)))
    said = f"{status.words}{f' ({status.description})' if status.description else ''}"
    return Edoc(
        organ=status.sender.id,
        organ_name=status.sender.name,
        document=document,
        status=f"Văn bản {document}: {said}.",
        answers=_id_of(about),
    )


def _id_of(about: Reference) -> str:
    if about.document_id:
        return "".join(about.document_id.split())[:_LONGEST_ID]
    day = f"{about.promulgated_on:%Y/%m/%d}" if about.promulgated_on else ""
    number = "/".join(filter(None, (about.number, about.notation)))
    return "".join(",".join((about.organ, day, number)).split())[:_LONGEST_ID] if number else ""


def _mail(
    data: bytes, edoc: Edoc, agency: str, subject: str, files: tuple[tuple[str, bytes], ...]
) -> bytes:
    made = EmailMessage(policy=SMTP)
    digest = hashlib.sha256(data).hexdigest()
    made["Message-ID"] = f"<{digest}@edoc.dondoc>"
    made["Subject"] = _line(subject)
    made["X-Dondoc-Agency"] = _line(agency)
    for name, value in asdict(edoc).items():
        if value:
            made[_header(name)] = _line(value)
    made.set_content("")
    for name, content in files:
        made.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=_line(name)
        )
    if files:
        made.set_boundary("=_dondoc_edoc")
    return made.as_bytes()


def _header(name: str) -> str:
    return _PREFIX + name.replace("_", "-").title()


def _line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())


def edoc_of(mail: Mail) -> Edoc | None:
    """What the package said, of a mail made here; None for any other."""
    said = {name: mail.header(_header(name)) for name in Edoc.__dataclass_fields__}
    return Edoc(**said) if any(said.values()) else None


def facts_of(outcome: Mapping[str, Any]) -> Edoc | None:
    """The same from what was kept of a mail dealt with."""
    said = outcome.get("edoc")
    return Edoc(**dict(_known(said))) if isinstance(said, dict) else None


def _known(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((name, str(said[name])) for name in Edoc.__dataclass_fields__ if name in said)
