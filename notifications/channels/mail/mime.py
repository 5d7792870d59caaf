"""A reminder as the bytes of a mail: text and HTML side by side, attachments after them.

Fast, because ten thousand digests go out in one morning (decision 26): fixed boundaries, every body in base64
(quoted-printable would save a sixth of the HTML's bytes and takes eight times as long), headers that
repeat kept. Boundaries may be fixed because `=_` cannot stand in base64. All bytes are ASCII with CRLF
(but for an address with letters beyond ASCII, which only a server with SMTPUTF8 is given), so a relay
has nothing to re-encode and a DKIM signature survives.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from urllib.parse import quote

from notifications.channels.base import Attachment, Outgoing, SendError
from notifications.channels.mime_words import address, header, mailboxes

Signer = Callable[[bytes], bytes]

_ALTERNATIVE = b"=_dondoc_alternative"
_MIXED = b"=_dondoc_mixed"
_OWNED = frozenset({"from", "to", "cc", "bcc", "subject", "date", "mime-version"})
_ADDRESSES = frozenset({"reply-to", "sender"})
_QUOTED = re.compile(r'["\\]')
_MIME = re.compile(r'[\w.+-]+/[\w.+-]+( *; *[\w-]+=("[^"\\\x00-\x1f]*"|[\w.+-]+))*', re.ASCII)


class Composer:
    """Writes mails from one sender. `compose` is pure: the same message, the same bytes."""

    def __init__(self, sender: str, reply_to: str = "", sign: Signer | None = None) -> None:
        self.envelope_from = address(parseaddr(sender)[1])
        self.domain = self.envelope_from.rpartition("@")[2]
        self._from = mailboxes("From", sender)
        self._defaults = {"Auto-Submitted": "auto-generated"}
        if reply_to:
            self._defaults["Reply-To"] = reply_to
        self._sign = sign

    def compose(self, outgoing: Outgoing) -> bytes:
        """The mail, CRLF throughout. Raises `SendError` for headers or addresses it refuses."""
        head = self._head(outgoing)
        mail = head.encode() + b"MIME-Version: 1.0\r\n" + _content(outgoing)
        return self._sign(mail) + mail if self._sign else mail

    def message_id(self, outgoing: Outgoing) -> str:
        """The Message-ID given, else one made of the stable reference: the same every time."""
        for name, value in outgoing.headers.items():
            if name.lower() == "message-id":
                return value
        return f"<{outgoing.reference or outgoing.message_id}@{self.domain}>"

    def _head(self, outgoing: Outgoing) -> str:
        lines = [
            self._from,
            f"To: {address(outgoing.address)}\r\n",
            header("Subject", outgoing.subject),
            header("Message-ID", self.message_id(outgoing)),
        ]
        if outgoing.date is not None:
            lines.append(_date(outgoing.date))
        lines.extend(_line(n, v) for n, v in self._extra(outgoing.headers).items())
        return "".join(lines)

    def _extra(self, given: Mapping[str, str]) -> dict[str, str]:
        """The given headers over the defaults, names compared without case."""
        named = {name.lower(): (name, value) for name, value in self._defaults.items()}
        for name, value in given.items():
            named[name.lower()] = (name, value)
        named.pop("message-id", None)
        return dict(named.values())


@lru_cache(maxsize=64)
def _date(at: datetime) -> str:
    return f"Date: {format_datetime(at)}\r\n"


def _line(name: str, value: str) -> str:
    lowered = name.lower()
    if lowered in _OWNED or lowered.startswith("content-"):
        words = f"Dòng đầu thư {name} do chương trình tự viết, không nhận từ ngoài."
        raise SendError("header", words, permanent=True)
    if lowered in _ADDRESSES:
        return mailboxes(name, value)
    return header(name, value)


def _content(outgoing: Outgoing) -> bytes:
    body = _text(b"plain", outgoing.text)
    if outgoing.html:
        body = _multipart(b"alternative", _ALTERNATIVE, [body, _text(b"html", outgoing.html)])
    if outgoing.attachments:
        body = _multipart(b"mixed", _MIXED, [body, *map(_attached, outgoing.attachments)])
    return body


def _multipart(subtype: bytes, boundary: bytes, parts: list[bytes]) -> bytes:
    opening = b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n' % (subtype, boundary)
    marked = b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts)
    return opening + marked + b"--%b--\r\n" % boundary


def _text(subtype: bytes, text: str) -> bytes:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not plain.endswith("\n"):
        plain += "\n"
    data = plain.replace("\n", "\r\n").encode("utf-8", "replace")
    return (
        b"Content-Type: text/%b; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n%b" % (subtype, _base64(data))
    )


def _base64(data: bytes) -> bytes:
    line = b2a_base64(data, newline=False)
    return b"\r\n".join([line[i : i + 76] for i in range(0, len(line), 76)] + [b""])


def _attached(attachment: Attachment) -> bytes:
    return _attachment_head(attachment.filename, attachment.mime) + _base64(attachment.data)


@lru_cache(maxsize=256)
def _attachment_head(filename: str, mime: str) -> bytes:
    """File names beyond ASCII as RFC 2231 has it."""
    if not _MIME.fullmatch(mime) or not filename.isprintable():
        raise SendError("attachment", "Tệp đính kèm có tên hoặc kiểu không đúng.", permanent=True)
    if filename.isascii() and not _QUOTED.search(filename):
        name = f'filename="{filename}"'
    else:
        name = f"filename*=utf-8''{quote(filename, safe='', errors='replace')}"
    return (
        f"Content-Type: {mime}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {name}\r\n\r\n"
    ).encode()
