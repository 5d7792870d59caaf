"""The mailbox bounces come back to, over IMAP. Optional: `DONDOC_IMAP_URL`."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from notifications.channels.base import SendError
from notifications.channels.bounces import Bounce, parse_dsn
from plan.errors import SettingsError

_PORTS = {"imap": 143, "imaps": 993}


@dataclass(frozen=True)
class ImapBox:
    """`imaps://user:password@host:993/INBOX?cafile=…`; `imap://` is for a server on loopback."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True
    cafile: str = ""


def parse_imap_url(url: str) -> ImapBox:
    """Raises `SettingsError` without showing the password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError("DONDOC_IMAP_URL: số cổng hoặc máy chủ viết sai.") from None
    if parts.scheme not in _PORTS or not parts.hostname or not parts.username:
        raise SettingsError("DONDOC_IMAP_URL phải có dạng imaps://tên:mật-khẩu@máy-chủ/INBOX.")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not folder.isascii() or '"' in folder:
        raise SettingsError("DONDOC_IMAP_URL: tên thư mục chỉ dùng chữ không dấu.")
    return ImapBox(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=folder,
        tls=parts.scheme == "imaps",
        cafile=parse_qs(parts.query).get("cafile", [""])[0],
    )


def read_bounces(url: str, timeout: float, record: Callable[[Bounce], None]) -> int:
    """Gives each bounce in unread mails to `record`; marks a mail read once all were recorded.

    A mail whose recording raises stays unread and comes again next time: at least once.
    Mails that are no notification are left unread, for a person. Returns how many bounces there
    were. Raises `SendError(channel_down=True)` when the mailbox cannot be read.
    """
    count = 0
    with _opened(parse_imap_url(url), timeout) as imap:
        for uid in _unseen(imap):
            bounces = parse_dsn(_fetched(imap, uid))
            for bounce in bounces:
                record(bounce)
            if bounces:
                imap.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)")
            count += len(bounces)
    return count


def check_box(url: str, timeout: float) -> None:
    """Signs in and opens the folder, reads nothing. Raises what `read_bounces` would."""
    with _opened(parse_imap_url(url), timeout):
        pass


@contextmanager
def _opened(box: ImapBox, timeout: float) -> Iterator[imaplib.IMAP4]:
    try:
        with _connected(box, timeout) as imap:
            imap.login(box.user, box.password)
            status, _ = imap.select(f'"{box.folder}"')
            if status != "OK":
                raise SettingsError(f"DONDOC_IMAP_URL: không có thư mục «{box.folder}».")
            yield imap
    except (imaplib.IMAP4.error, OSError) as error:
        words = f"Không đọc được hộp thư báo lỗi ({type(error).__name__}); xem DONDOC_IMAP_URL."
        raise SendError("imap", words, permanent=False, channel_down=True) from None


def _connected(box: ImapBox, timeout: float) -> imaplib.IMAP4:
    if box.tls:
        context = ssl.create_default_context(cafile=box.cafile or None)
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=timeout)
    return imaplib.IMAP4(box.host, box.port, timeout=timeout)


def _unseen(imap: imaplib.IMAP4) -> list[str]:
    _, found = imap.uid("SEARCH", "UNSEEN")
    return found[0].decode().split() if found and found[0] else []


def _fetched(imap: imaplib.IMAP4, uid: str) -> bytes:
    """BODY.PEEK leaves the mail unread."""
    _, parts = imap.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")
