"""One mail, read: who sent it, what it answers, what it carries. Never raises for what people send."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property

MOST_PARTS = 300
DEEPEST = 8
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_DECORATION = frozenset(
    {
        "text/calendar",
        "application/ics",
        "text/vcard",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
    }
)
"""Parts that come with a mail and hand nothing in."""
MAIL = "message/rfc822"


@dataclass(frozen=True)
class Attachment:
    filename: str
    kind: str
    """`application/pdf`"""
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Mail:
    """`raw` is the whole mail. Addresses are in lower case; texts as they stand in the mail."""

    raw: bytes = field(repr=False)

    @cached_property
    def _message(self) -> EmailMessage:
        return self._whole or BytesHeaderParser(policy=policy.default).parsebytes(self.raw)

    @cached_property
    def _whole(self) -> EmailMessage | None:
        """None: its parts lie in each other too deep to be parted, and the head alone is read."""
        try:
            return message_from_bytes(self.raw, policy=policy.default)
        except RecursionError:
            return None

    @property
    def nested(self) -> bool:
        """Whether its parts lie in each other too deep to be parted: then nothing in it is read."""
        return self._whole is None

    def header(self, name: str) -> str:
        """The first of that name, decoded, on one line; empty: none."""
        return next(self.headers(name), "")

    def headers(self, name: str) -> Iterator[str]:
        """All of that name, from the top."""
        for known, raw in self._message.raw_items():
            if known.lower() == name.lower():
                yield _one_line(_decoded(known, str(raw)))

    @cached_property
    def message_id(self) -> str:
        """With its brackets; empty: the mail has none that is one."""
        found = _MESSAGE_ID.search(self.header("Message-ID"))
        return found[0] if found else ""

    @cached_property
    def _senders(self) -> list[tuple[str, str]]:
        pairs = getaddresses(list(self.headers("From")))
        return [(name, address.lower()) for name, address in pairs if "@" in address]

    @property
    def sender(self) -> str:
        """The one author's address; empty where none or several are named."""
        return self._senders[0][1] if len(self._senders) == 1 else ""

    @property
    def sender_name(self) -> str:
        return self._senders[0][0] if self._senders else ""

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def date(self) -> datetime | None:
        """As its author's machine says; None: not said, or not understood."""
        try:
            found = parsedate_to_datetime(self.header("Date"))
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
        return found if found.tzinfo else None

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """Message-IDs of what it answers, the nearest first."""
        nearest = _MESSAGE_ID.findall(self.header("In-Reply-To"))
        farther = reversed(_MESSAGE_ID.findall(self.header("References")))
        return tuple(dict.fromkeys([*nearest, *farther]))

    @cached_property
    def automatic(self) -> str:
        """Why no person wrote it (RFC 3834, section 2): such mails are never answered. Empty: one did."""
        for name, told, words in _AUTOMATIC:
            value = self.header(name).lower()
            if value and (told is None or told.search(value)):
                return words
        if self._message.get_content_type() == "multipart/report":
            return "thông báo của máy chủ thư"
        if any(value.strip() == "<>" for value in self.headers("Return-Path")):
            return "thông báo của máy chủ thư"
        if re.match(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", self.sender):
            return "thư tự động"
        return ""

    @cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        """What it carries, in order; pictures within the text, signatures and calendars left out."""
        return tuple(_attachments(self._whole, 0)) if self._whole is not None else ()

    @cached_property
    def text(self) -> str:
        """All text parts, as they stand; markup included."""
        parts = [
            _text(part) for part in _leaves(self._message, 0) if _is_text(part) and not _named(part)
        ]
        return "\n".join(parts)

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same mail by whatever route it came: hops add headers, never body."""
        head, _, body = self.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
        del head
        told = "\n".join((self.message_id, self.sender, self.header("Date"), self.subject))
        return hashlib.sha256(told.encode("utf-8", "replace") + b"\n" + body.strip()).hexdigest()


_AUTOMATIC: tuple[tuple[str, re.Pattern[str] | None, str], ...] = (
    ("Auto-Submitted", re.compile(r"^(?!no\b)"), "thư trả lời tự động"),
    ("X-Autoreply", None, "thư trả lời tự động"),
    ("X-Autorespond", None, "thư trả lời tự động"),
    ("X-Auto-Response-Suppress", re.compile(r"\b(all|autoreply)\b"), "thư tự động"),
    ("Precedence", re.compile(r"bulk|junk|list|auto_reply"), "thư gửi hàng loạt"),
    ("List-Id", None, "thư của danh sách gửi"),
    ("List-Unsubscribe", None, "thư gửi hàng loạt"),
    ("X-Failed-Recipients", None, "thông báo của máy chủ thư"),
)
"""Header → what in it says so (None: its being there) → what the mail is then."""


def _decoded(name: str, raw: str) -> str:
    """The standard library's parser stumbles over some garbled headers: then as they stand."""
    try:
        return str(policy.default.header_fetch_parse(name, raw))
    except Exception:
        return raw


def _one_line(text: str) -> str:
    kept = text.encode("utf-8", "replace").decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in kept).split())


def _leaves(message: Message, depth: int) -> Iterator[Message]:
    """Parts that hold something; an attached mail is one. At most so many, so deep."""
    waiting = [(message, depth)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, level = waiting.pop(0)
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list) and part.get_content_type() != MAIL:
            if level < DEEPEST:
                waiting[:0] = [(one, level + 1) for one in inner if isinstance(one, Message)]
        else:
            yield part


def _attachments(message: Message, depth: int) -> Iterator[Attachment]:
    for part in _leaves(message, depth):
        kind = part.get_content_type()
        named = _named(part)
        if kind in _DECORATION or (_is_text(part) and not named) or _within_the_text(part):
            continue
        if kind == MAIL:
            yield Attachment(named or "thu-dinh-kem.eml", kind, _inner(part))
        else:
            yield Attachment(named or f"tep.{kind.rpartition('/')[2]}", kind, _data(part))


def _within_the_text(part: Message) -> bool:
    """A logo in a signature; a scan sent as a picture is an attachment."""
    if part.get_content_maintype() != "image":
        return False
    return part.get_content_disposition() != "attachment"


def _is_text(part: Message) -> bool:
    return part.get_content_type() in ("text/plain", "text/html")


def _named(part: Message) -> str:
    """The file's name as given; empty: it has none."""
    try:
        return _one_line(part.get_filename() or "")
    except Exception:
        return "tep"


def _data(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except Exception:
        return b""
    return found if isinstance(found, bytes) else b""


def _inner(part: Message) -> bytes:
    inner = part.get_payload()
    try:
        return inner[0].as_bytes() if isinstance(inner, list) and inner else _data(part)  # type: ignore[union-attr] # a list of a message holds messages
    except Exception:
        return b""


def _text(part: Message) -> str:
    data = _data(part)
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")
