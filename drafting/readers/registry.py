"""Which reader takes which kind of file.

A reader is a function from bytes to a `Document` that raises `UnreadableError`. To add one, write it in a
file beside this one and give its kind a line in `READERS`; `drafting.document` says what it
promises.
Readers run in the guarded process (`drafting.service`), never in the caller's own: they need not fear for
time or memory, but must bound what they build.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import PurePath
from typing import cast

from drafting.document import Document, UnreadableError

Reader = Callable[[bytes], Document]

READERS = {
    "txt": "drafting.readers.text:read_text",
    "md": "drafting.readers.text:read_markdown",
    "docx": "drafting.readers.docx:read",
    "pdf": "drafting.readers.pdf:read",
    "xlsx": "drafting.readers.sheets:read_workbook",
    "csv": "drafting.readers.sheets:read_csv",
}
"""Kind of file → the function that reads it, named and not imported: one file needs one reader."""

SAME_AS = {"markdown": "md", "text": "txt"}
"""Endings that name a kind written otherwise."""


def read_document(data: bytes, filename: str) -> Document:
    """The document in a file. Raises UnreadableError."""
    if not data.strip():
        raise UnreadableError("Tệp rỗng: hãy chọn lại tệp kế hoạch rồi gửi lại.")
    kind = _kind(data, filename)
    if kind == "doc" and _ENCRYPTED in data:
        raise UnreadableError(
            "Tệp được đặt mật khẩu nên không đọc được: hãy bỏ mật khẩu rồi gửi lại."
        )
    return _reader(kind)(data)


def _kind(data: bytes, filename: str) -> str:
    """The kind of file: by what its first bytes say, else by its ending."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            ending = _ending(filename)
            return ending if kind == "zip" and ending in ("docx", "xlsx") else kind
    return _ending(filename) or "txt"


def _ending(filename: str) -> str:
    ending = PurePath(filename).suffix.lower().removeprefix(".")
    return SAME_AS.get(ending, ending)


_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The stream in which Office keeps a .docx or .xlsx under a password ([MS-OFFCRYPTO] 2.3.4.4)."""
_MAGIC = (
    (b"%PDF", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0", "doc"),
)


def _reader(kind: str) -> Reader:
    if kind not in READERS:
        kinds = ", ".join(f".{known}" for known in READERS)
        raise UnreadableError(
            f"Chưa đọc được loại tệp này ({kind or 'không rõ'}): hãy lưu lại thành một trong các loại "
            f"{kinds} rồi gửi lại."
        )
    module, _, name = READERS[kind].partition(":")
    return cast(Reader, getattr(importlib.import_module(module), name))
