"""The mailbox bounces come back to, over IMAP. Optional: `DONDOC_IMAP_URL`."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from intake.mail.imap import MailboxError, fetched, opened, parse_imap_url
from notifications.channels.base import SendError
from notifications.channels.mail.bounces_part import Bounce, parse_dsn


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
