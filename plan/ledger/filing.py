"""What intake hands to the ledger: a filing, already read and checked, without I/O of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning", "note"]
Via = Literal["cli", "web", "link", "paper", "other-system", "api", "email", "folder", "edoc"]
WITNESSED: tuple[Via, ...] = ("email", "folder", "edoc")
"""Ways in whose moment the office's own mailbox or machine noted: they are read some time after."""


def sending_key(*parts: str | bytes) -> str:
    """The key of one sending, out of who sent it and what told it from others."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


@dataclass(frozen=True)
class FoundFault:
    """A finding. `message` is Vietnamese: what is wrong and what to do."""

    severity: Severity
    code: str
    message: str
    file: str = ""
    sheet: str = ""
    cell: str = ""
    indicator: str = ""
    """`PL2.1.3`"""
    period: str = ""
    read: str = ""
    """What stood there, as text."""


class ReadValue(NamedTuple):
    """A figure as read: a number, a text (choice, free text), or «không áp dụng» with its reason.

    A tuple, because a workbook has hundreds: a frozen dataclass costs four times as much to make.
    """

    indicator: str
    period: str
    number: float | None = None
    text: str | None = None
    not_applicable: bool = False
    file: str = ""
    sheet: str = ""
    cell: str = ""


@dataclass(frozen=True)
class ReadSection:
    """The text under an outline node; paragraphs parted by newlines."""

    node: str
    text: str
    file: str = ""


@dataclass(frozen=True)
class FiledFile:
    """A kept file: its bytes are in the store under `sha256`."""

    filename: str
    sha256: str
    size: int
    kind: Literal["workbook", "report", "unread"]


@dataclass(frozen=True)
class Filing:
    """One handing-in for one obligation.

    `received_at` is when the office had it (UTC); for paper or another system, the true moment with
    `reference`. `signed_at` and `issued_at` are the document's own moments, where known.
    """

    kind: Literal["files", "nil", "conference", "duty"]
    received_at: datetime
    files: tuple[FiledFile, ...] = ()
    findings: tuple[FoundFault, ...] = ()
    values: tuple[ReadValue, ...] = ()
    sections: tuple[ReadSection, ...] = ()
    payload: dict[str, Any] = field(default_factory=dict)
    signed_at: datetime | None = None
    issued_at: datetime | None = None
    via: Via = "cli"
    reference: str = ""
    note: str = ""
    key: str = ""
    """Of the sending (`sending_key`): sent again with it, it is the same submission."""

    @property
    def complete(self) -> bool:
        """No finding of severity error."""
        return all(finding.severity != "error" for finding in self.findings)

    @property
    def content_hash(self) -> str:
        """Same files and payload, same hash, whatever their order."""
        body = {
            "kind": self.kind,
            "files": sorted(file.sha256 for file in self.files),
            "payload": self.payload,
        }
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()
