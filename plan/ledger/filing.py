"""What intake hands to the ledger: a filing, already read and checked, without I/O of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
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
        return content_hash(self.kind, (file.sha256 for file in self.files), self.payload)

    def content_told(self) -> dict[str, Any]:
        """What the trail keeps of what belongs to the submission: its files, digests of what was read."""
        told: dict[str, Any] = {"files": [list(_said("files", file)) for file in self.files]}
        for name in ("findings", "values", "sections"):
            told[name] = digest(_said(name, row) for row in getattr(self, name))
        return told


def content_hash(kind: str, files: Iterable[str], payload: Mapping[str, Any]) -> str:
    """Of a submission: its kind, the hashes of its files in no order, its payload."""
    body = {"kind": kind, "files": sorted(files), "payload": payload}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


CONTENT: Mapping[str, tuple[str, ...]] = {
    "files": tuple(one.name for one in fields(FiledFile)),
    "findings": tuple(one.name for one in fields(FoundFault)),
    "values": ReadValue._fields,
    "sections": tuple(one.name for one in fields(ReadSection)),
}
"""What is kept of each thing that belongs to a submission, by column."""


def _said(name: str, row: object) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in CONTENT[name])


def digest(rows: Iterable[Sequence[Any]]) -> str:
    """SHA-256 over rows in no order; a number is one number however a database writes it."""
    lines = sorted(json.dumps([_one_number(cell) for cell in row]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _one_number(cell: Any) -> Any:
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    return float(cell) + 0.0 if is_number else cell
