"""Header lines and addresses as RFC 5322 and RFC 2047 want them, and nothing smuggled in.

The standard library's `email` package writes a mail in about 1.5 ms, most of it spent folding
headers; these functions do the same for the few shapes a reminder has.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from email.utils import getaddresses
from functools import lru_cache

from notifications.channels.base import SendError

LINE = 78  # RFC 5322: lines should hold no more
HARD_LINE = 998  # and must not hold more than this
ENCODED_WORD = 75  # RFC 2047

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NAME = re.compile(r"[!-9;-~]+")
_SPACE = re.compile(r"(?<=\S) (?=\S)")
_SPECIALS = re.compile(r'[()<>@,:;".\[\]\\]')
_ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:\"@]+@[^\s<>()\[\]\\,;:\"@]+")


def header(name: str, value: str) -> str:
    """One header line with its CRLF: ASCII folded at spaces, anything else in encoded words.

    A line break or another control character in the value, or a name that is not one, is
    refused: what stands in a subject or a name never becomes a header of its own.
    """
    if not _NAME.fullmatch(name):
        raise _bad_header(name)
    clean = checked(name, value)
    if clean.isascii() and "=?" not in clean:
        return _folded(name, clean)
    return f"{name}: {encoded_words(clean, len(name) + 2)}\r\n"


def checked(name: str, value: str) -> str:
    """The value without outer blanks; refuses control characters (a tab becomes a space)."""
    if _CONTROL.search(value):
        raise _bad_header(name)
    return value.replace("\t", " ").strip()


def _bad_header(name: str) -> SendError:
    shown = name if _NAME.fullmatch(name) else "?"
    words = f"Dòng đầu thư {shown} có ký tự không được phép (xuống dòng hoặc ký tự điều khiển)."
    return SendError("header", words, permanent=True)


def _folded(name: str, value: str) -> str:
    line = f"{name}: {value}"
    if len(line) <= LINE:
        return line + "\r\n"
    lines, current = [], ""
    for piece in _SPACE.split(line):
        if current and len(current) + 1 + len(piece) > LINE and current != f"{name}:":
            lines.append(current)
            current = " " + piece
        else:
            current = f"{current} {piece}" if current else piece
    lines.append(current)
    if max(map(len, lines)) > HARD_LINE:
        raise _bad_header(name)
    return "\r\n".join(lines) + "\r\n"


def encoded_words(text: str, taken: int = 0) -> str:
    """RFC 2047 `b` words, cut between characters; `taken` columns of the first line are gone."""
    data = text.encode("utf-8", "replace")
    words, start, size = [], 0, len(data)
    room = _room(taken)
    while start < size:
        end = min(start + room, size)
        while end < size and data[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"=?utf-8?b?{b2a_base64(data[start:end], newline=False).decode()}?=")
        start, room = end, _room(1)
    return "\r\n ".join(words)


def _room(taken: int) -> int:
    """Bytes of text that fit an encoded word on a line of which `taken` columns are used."""
    return max(3, (min(ENCODED_WORD, LINE - 2 - taken) - len("=?utf-8?b??=")) // 4 * 3)


def address(value: str) -> str:
    """The address in the form it goes on the wire, its domain in ASCII (IDNA).

    The part before @ may be Unicode (RFC 6531); whether the server takes it is its business.
    Raises `SendError(address_dead)` for what is no address: blanks, brackets, line breaks.
    """
    if not _ADDRESS.fullmatch(value) or not value.isprintable() or len(value) > 254:
        raise _bad_address()
    local, _, domain = value.rpartition("@")
    if domain.isascii():
        return value
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise _bad_address() from None


def _bad_address() -> SendError:
    words = "Địa chỉ thư không đúng dạng; sửa lại trong danh sách người nhận."
    return SendError("address", words, permanent=True, address_dead=True)


@lru_cache(maxsize=256)
def mailboxes(name: str, value: str) -> str:
    """A header line of addresses (`Sở Nội vụ <a@b>, c@d`), the names quoted or encoded."""
    parsed = getaddresses([checked(name, value)])
    if not parsed:
        raise _bad_address()
    boxes = [_mailbox(person, box, len(name) + 2) for person, box in parsed]
    return f"{name}: " + ",\r\n ".join(boxes) + "\r\n"


def _mailbox(person: str, box: str, taken: int) -> str:
    spec = address(box)
    if not person:
        return spec
    if not person.isascii() or "=?" in person:
        return f"{encoded_words(person, taken)}\r\n <{spec}>"
    if _SPECIALS.search(person):
        quoted = person.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{spec}>'
    return f"{person} <{spec}>"
