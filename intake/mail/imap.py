"""A mailbox over IMAP: signed in with a password or OAuth2, read without touching its flags."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from plan.errors import DondocError, SettingsError

_PORTS = {"imap": 143, "imaps": 993}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


Server = imaplib.IMAP4


class MailboxError(DondocError):
    """The mailbox cannot be read just now; says where to look, without addresses or passwords."""


@dataclass(frozen=True)
class OAuth:
    """Where an access token comes from; without a refresh token: client_credentials (RFC 6749, 4.4)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""


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
    setting: str = "DONDOC_IMAP_URL"
    oauth: OAuth | None = None

    @property
    def name(self) -> str:
        """Tells this box from others: `user@host/folder`."""
        return f"{self.user}@{self.host}/{self.folder}"


@dataclass(frozen=True)
class Envelope:
    """A mail in the box that was not fetched yet. `at`: when the box had it (UTC)."""

    uid: int
    size: int
    at: datetime | None


def parse_imap_url(
    url: str, setting: str = "DONDOC_IMAP_URL", oauth: OAuth | None = None
) -> ImapBox:
    """Raises `SettingsError` without showing the password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(f"{setting}: số cổng hoặc máy chủ viết sai.") from None
    if parts.scheme not in _PORTS or not parts.hostname or not parts.username:
        raise SettingsError(f"{setting} phải có dạng imaps://tên:mật-khẩu@máy-chủ/INBOX.")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not folder.isascii() or '"' in folder:
        raise SettingsError(f"{setting}: tên thư mục chỉ dùng chữ không dấu.")
    return ImapBox(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=folder,
        tls=parts.scheme == "imaps",
        cafile=parse_qs(parts.query).get("cafile", [""])[0],
        setting=setting,
        oauth=oauth,
    )


@contextmanager
def opened(box: ImapBox, timeout: float, *, readonly: bool = False) -> Iterator[imaplib.IMAP4]:
    """Signed in, its folder selected. `timeout` in seconds. Raises `SettingsError`, `MailboxError`."""
    try:
        with _connected(box, timeout) as imap:
            _sign_in(imap, box, timeout)
            status, _ = imap.select(f'"{box.folder}"', readonly=readonly)
            if status != "OK":
                raise SettingsError(f"{box.setting}: không có thư mục «{box.folder}».")
            yield imap
    except (imaplib.IMAP4.error, OSError, httpx.HTTPError) as error:
        raise MailboxError(
            f"Không đọc được hộp thư ({type(error).__name__}); xem {box.setting}."
        ) from None


def _connected(box: ImapBox, timeout: float) -> imaplib.IMAP4:
    if box.tls:
        context = ssl.create_default_context(cafile=box.cafile or None)
        return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=timeout)
    return imaplib.IMAP4(box.host, box.port, timeout=timeout)


def _sign_in(imap: imaplib.IMAP4, box: ImapBox, timeout: float) -> None:
    if box.oauth is None:
        imap.login(box.user, box.password)
        return
    token = access_token(box.oauth, timeout)
    # Google's and Microsoft's XOAUTH2: https://developers.google.com/gmail/imap/xoauth2-protocol
    words = f"user={box.user}\x01auth=Bearer {token}\x01\x01".encode()
    # The server's second challenge holds its error; an empty answer lets it end the exchange.
    answers = iter((words,))
    imap.authenticate("XOAUTH2", lambda _: next(answers, b""))


def access_token(oauth: OAuth, timeout: float) -> str:
    """A token fresh from the provider. Raises `SettingsError` where the provider says no."""
    form = {"client_id": oauth.client_id, "client_secret": oauth.client_secret}
    if oauth.refresh_token:
        form |= {"grant_type": "refresh_token", "refresh_token": oauth.refresh_token}
    else:
        form |= {"grant_type": "client_credentials"}
    form |= {"scope": oauth.scope} if oauth.scope else {}
    answer = httpx.post(oauth.token_url, data=form, timeout=timeout)
    try:
        token = answer.json().get("access_token", "") if answer.is_success else ""
    except (ValueError, AttributeError):
        token = ""
    if not isinstance(token, str) or not token:
        raise SettingsError(
            f"DONDOC_INBOX_OAUTH_*: bên cấp không cho token (mã {answer.status_code})."
        )
    return token


# --- reading by uid --------------------------------------------------------------------------------


def uid_validity(imap: imaplib.IMAP4) -> int:
    """Another value than before: the box was made anew, its uids mean other mails."""
    _, found = imap.response("UIDVALIDITY")
    text = found[0] if found and found[0] else b"0"
    return int(text) if text.isdigit() else 0


def uids_after(imap: imaplib.IMAP4, last: int) -> list[int]:
    """Uids beyond `last`, in order. `n:*` names the newest one even when it is older."""
    return sorted(uid for uid in _search(imap, "UID", f"{last + 1}:*") if uid > last)


def uids_since(imap: imaplib.IMAP4, day: date) -> list[int]:
    """Uids of mails that came on that local day of the server's or later, in order."""
    return sorted(_search(imap, "SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"))


def _search(imap: imaplib.IMAP4, *criteria: str) -> list[int]:
    _, found = imap.uid("SEARCH", *criteria)
    return [int(uid) for uid in found[0].split()] if found and found[0] else []


def envelope(imap: imaplib.IMAP4, uid: int) -> Envelope | None:
    """Size and moment; None: the mail is gone meanwhile."""
    _, parts = imap.uid("FETCH", str(uid), "(RFC822.SIZE INTERNALDATE)")
    for part in parts:
        text = part[0] if isinstance(part, tuple) else part
        if isinstance(text, bytes) and (size := re.search(rb"RFC822\.SIZE (\d+)", text)):
            return Envelope(uid, int(size[1]), _moment(text))
    return None


def _moment(text: bytes) -> datetime | None:
    found = re.search(rb'INTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) ([\d:]{8}) ([+-]\d{4})"', text)
    if not found:
        return None
    day, month, year, clock, zone = (part.decode() for part in found.groups())
    if month not in _MONTHS:
        return None
    number = _MONTHS.index(month) + 1
    try:
        written = f"{year}-{number:02}-{int(day):02} {clock} {zone}"
        return datetime.strptime(written, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except ValueError:
        return None


def fetched(imap: imaplib.IMAP4, uid: int | str, part: str = "") -> bytes:
    """The mail, or its part `HEADER`. BODY.PEEK leaves the mail unread."""
    _, parts = imap.uid("FETCH", str(uid), f"(BODY.PEEK[{part}])")
    return next((one[1] for one in parts if isinstance(one, tuple)), b"")
