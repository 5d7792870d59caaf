"""The mailbox bounces come back to, over IMAP. Optional: `DONDOC_IMAP_URL`."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.message import EmailMessage, Message
from typing import Any

from intake.mail.imap import MailboxError, fetched, opened, parse_imap_url
from notifications.channels.base import SendError
from notifications.channels.mail.connection import dead_status


def read_bounces(url: str, timeout: float, record: Callable[[Bounce], None]) -> int:
    """Gives each bounce in unread mails to `record`; marks a mail read once all were recorded.

    A mail whose recording raises stays unread and comes again next time: at least once.
    Mails that are no notification are left unread, for a person. Returns how many bounces there
    were. Raises `SendError(channel_down=True)` when the mailbox cannot be read.
    """
    count = 0
    with _opened(url, timeout) as imap:
        for uid in _unseen(imap):
            bounces = parse_dsn(fetched(imap, uid))
            for bounce in bounces:
                record(bounce)
            if bounces:
                imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)")
            count += len(bounces)
    return count


def check_box(url: str, timeout: float) -> None:
    """Signs in and opens the folder, reads nothing. Raises what `read_bounces` would."""
    with _opened(url, timeout):
        pass


@contextmanager
def _opened(url: str, timeout: float) -> Iterator[imaplib.IMAP4]:
    try:
        with opened(parse_imap_url(url), timeout) as imap:
            yield imap
    except MailboxError as error:
        raise SendError("imap", str(error), permanent=False, channel_down=True) from None


def _unseen(imap: imaplib.IMAP4) -> list[str]:
    _, found = imap.uid("SEARCH", "UNSEEN")
    return found[0].decode().split() if found and found[0] else []


# --- Mails that came back: delivery status notifications (RFC 3464) read for whom they are about.

_RECIPIENT_FIELDS = ("Final-Recipient", "Original-Recipient")


@dataclass(frozen=True)
class Bounce:
    """What became of one recipient of one of our mails."""

    address: str = field(repr=False)
    """As the server names it, lower case; may be an alias' target rather than what we wrote."""
    status: str
    """RFC 3463: `5.1.1`; empty when the notification does not say."""
    action: str
    """failed | delayed | delivered | relayed | expanded"""
    message_id: str
    """Message-ID of our mail, angle brackets included; empty when it was not sent along."""

    @property
    def failed(self) -> bool:
        """Given up, whatever the status' class: after days of trying it still says 4.x.x (RFC 3464,
        2.3.3: «failed» is final)."""
        return self.action == "failed"

    @property
    def dead(self) -> bool:
        """No mail will ever arrive there: no such mailbox. A full one, or one that refuses this
        content, is tried again later."""
        return self.failed and dead_status(self.status)


def parse_dsn(raw: bytes) -> list[Bounce]:
    """The recipients a notification reports on; empty for any other mail, and for a broken one."""
    try:
        mail = message_from_bytes(raw, policy=policy.default)
        if mail.get_content_type() != "multipart/report":
            return []
        ours = _original_message_id(mail)
        return [bounce for part in mail.walk() for bounce in _reported(part, ours)]
    except (IndexError, ValueError, LookupError, HeaderParseError):
        # The standard library's own parser stumbles over some garbled headers.
        return []


def _reported(part: Message, message_id: str) -> Iterator[Bounce]:
    if part.get_content_type() != "message/delivery-status":
        return
    for block in part.get_payload():
        if not isinstance(block, Message):
            continue
        address = next((a for a in map(block.get, _RECIPIENT_FIELDS) if a), "")
        action = str(block.get("Action", "")).strip().lower()
        if address and action:
            status = str(block.get("Status", "")).split()
            yield Bounce(_bare(str(address)), status[0] if status else "", action, message_id)


def _bare(field_value: str) -> str:
    """`rfc822; <An@x.vn>` → `an@x.vn`"""
    return field_value.rpartition(";")[2].strip().strip("<>").lower()


def _original_message_id(mail: EmailMessage) -> str:
    """From the mail sent along, whole (message/rfc822) or only its head (text/rfc822-headers)."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            head = part.get_payload(decode=True)
            inner: Any = message_from_bytes(head if isinstance(head, bytes) else b"")
        elif kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
        else:
            continue
        return str(inner.get("Message-ID", "")).strip()
    return ""
