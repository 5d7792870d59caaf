"""Opening a connection to the mail server: TLS, signing in, and what a failure there means."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from notifications.channels.base import SendError
from notifications.channels.time_limit import TIMES, time_limit
from plan.errors import SettingsError


class _Limited(smtplib.SMTP):
    """Whose greeting, which the constructor reads, has a total time too."""

    def __init__(self, *where: Any, seconds: float, **named: Any) -> None:
        with time_limit(seconds, lambda: self.sock):
            super().__init__(*where, **named)


class _LimitedTls(smtplib.SMTP_SSL):
    def __init__(self, *where: Any, seconds: float, **named: Any) -> None:
        with time_limit(seconds, lambda: self.sock):
            super().__init__(*where, **named)


class Connector:
    """Opens connections to one server. Every failure is the channel's, not a message's."""

    def __init__(self, server: SmtpServer, sender_domain: str, timeout: float) -> None:
        self._server = server
        self._helo = helo_name(server, sender_domain)
        self._timeout = timeout
        self.talk_seconds = timeout * TIMES

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Built once: reading the authorities takes 20 ms."""
        return ssl.create_default_context(cafile=self._server.cafile or None)

    def connect(self) -> smtplib.SMTP:
        """A connection ready for MAIL FROM. Raises `SendError(channel_down=True)`."""
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._greeted()
            with time_limit(self.talk_seconds, lambda: smtp.sock):
                self._sign_in(smtp)
        except OSError as error:  # smtplib's own errors are OSErrors too
            if smtp is not None:
                smtp.close()
            raise connection_fault(error) from None
        return smtp

    def _greeted(self) -> smtplib.SMTP:
        server = self._server
        where = (server.host, server.port, self._helo)
        if server.tls:
            return _LimitedTls(
                *where, seconds=self.talk_seconds, timeout=self._timeout, context=self._context
            )
        return _Limited(*where, seconds=self.talk_seconds, timeout=self._timeout)

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        server = self._server
        smtp.ehlo_or_helo_if_needed()
        if server.starttls:
            smtp.starttls(context=self._context)
            smtp.ehlo_or_helo_if_needed()
        if server.user:
            smtp.login(server.user, server.password)

    def warnings(self) -> list[str]:
        """What is unwise about the address, without connecting."""
        server = self._server
        if server.user and not server.encrypted and not server.local:
            return [
                "Mật khẩu thư đi qua mạng không mã hóa: thêm ?starttls=yes vào DONDOC_SMTP_URL "
                "hoặc dùng smtps://."
            ]
        return []


# The first kind that fits wins: smtplib's errors are OSErrors, so they stand before OSError.
_FAULTS: tuple[tuple[type[OSError], str, str], ...] = (
    (smtplib.SMTPNotSupportedError, "unsupported", "Máy chủ thư không hỗ trợ {detail}"),
    (smtplib.SMTPServerDisconnected, "dropped", "Máy chủ thư ngắt kết nối hoặc không trả lời"),
    (smtplib.SMTPException, "smtp", "Máy chủ thư trả lời không hiểu được"),
    (
        ssl.SSLCertVerificationError,
        "tls",
        "Chứng thư của máy chủ thư không được tin cậy; nếu là chứng thư nội bộ, thêm ?cafile=… "
        "vào DONDOC_SMTP_URL",
    ),
    (ssl.SSLError, "tls", "Không lập được kết nối TLS với máy chủ thư"),
    (TimeoutError, "timeout", "Máy chủ thư không trả lời"),
    (ConnectionRefusedError, "refused", "Máy chủ thư từ chối kết nối"),
    (OSError, "unreachable", "Không nối được máy chủ thư ({detail})"),
)


def connection_fault(error: OSError) -> SendError:
    """What went wrong before the first mail, as the channel's fault."""
    if isinstance(error, smtplib.SMTPResponseException):
        raw = error.smtp_error
        words = plain_words(raw if isinstance(raw, bytes) else str(raw).encode())
        if isinstance(error, smtplib.SMTPAuthenticationError):
            words = f"Máy chủ thư không nhận tên hoặc mật khẩu: {words}"
        return SendError(str(error.smtp_code), words, permanent=False, channel_down=True)
    code, words = next((c, w) for kind, c, w in _FAULTS if isinstance(error, kind))
    detail = error.strerror or str(error)
    return SendError(code, f"{words.format(detail=detail)}.", permanent=False, channel_down=True)


# --- Where the mail server is and how to sign in there, from one address.

_PORTS = {"smtp": 25, "smtps": 465}
_OPTIONS = frozenset({"starttls", "cafile", "helo"})
_YES = frozenset({"yes", "true", "1", "on"})


@dataclass(frozen=True)
class SmtpServer:
    """A mail server. `starttls` is a demand: a server that cannot is refused."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool = False
    cafile: str = ""
    """A CA file for servers whose certificate no public authority signed."""
    helo: str = ""

    @property
    def encrypted(self) -> bool:
        return self.tls or self.starttls

    @property
    def local(self) -> bool:
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def parse_smtp_url(url: str) -> SmtpServer:
    """`smtp://user:password@host:port?starttls=yes` or `smtps://…?cafile=…&helo=…`.

    User and password are percent-decoded. Raises `SettingsError`, which never shows the password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("số cổng hoặc máy chủ viết sai") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _wrong("phải có dạng smtp://máy-chủ:cổng hoặc smtps://máy-chủ:cổng")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(options.keys() - _OPTIONS)
    if unknown:
        raise _wrong(f"không hiểu «{unknown[0]}»; chỉ có starttls, cafile, helo")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():  # smtplib signs in with ASCII alone
        raise _wrong("tên và mật khẩu không được có dấu")
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=user,
        password=password,
        tls=parts.scheme == "smtps",
        starttls=options.get("starttls", "").lower() in _YES,
        cafile=options.get("cafile", ""),
        helo=options.get("helo", ""),
    )


def _wrong(what: str) -> SettingsError:
    return SettingsError(f"DONDOC_SMTP_URL: {what}.")


def helo_name(server: SmtpServer, sender_domain: str) -> str:
    """What we call ourselves in EHLO: a full name without asking DNS, which may hang."""
    own = socket.gethostname()
    return server.helo or (own if "." in own else sender_domain)


# --- What a mail server's answer means for a message, by the step it answers: a table, no I/O.
#
# RFC 5321 §4.2 (4xx: try again, 5xx: do not) and RFC 3463 (enhanced codes `5.1.1`).

_ENHANCED = re.compile(r"\A\s*([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")

# Refusals at RCPT or after the text that are about the mailbox, not about this mail.
DEAD_CODES = frozenset({521, 550, 551, 553, 556})
DEAD_STATUS = re.compile(r"5\.1\.\d+|5\.2\.1|5\.4\.1")
# What passes by itself, or is about this mail only: a mailbox that is full or takes nothing for the
# moment (x.2.x), a route (x.4.x), policy and content (x.7.x, x.6.x). Tried again the next day.
FOR_A_WHILE = timedelta(days=1)

# At MAIL FROM a refusal is about us (not signed in, sender not allowed), so about every mail;
# these alone are about the one mail (too large, text not allowed).
ABOUT_ONE_MAIL = frozenset({552, 554, 555})


def refusal(step: str, code: int, reply: bytes) -> SendError:
    """The answer `code reply` at a step ("mail", "rcpt", "data", "body") as a `SendError`."""
    words = plain_words(reply)
    shown = _status(words) or str(code)
    if code == 421:
        return SendError(shown, words, permanent=False, channel_down=True)
    if code < 500:
        return SendError(shown, words, permanent=False)
    if step == "mail" and code not in ABOUT_ONE_MAIL:
        return SendError(shown, words, permanent=False, channel_down=True)
    named = step in ("rcpt", "body")
    dead = named and (dead_status(shown) if "." in shown else code in DEAD_CODES)
    silent_for = FOR_A_WHILE if step == "rcpt" and not dead else None
    return SendError(shown, words, permanent=True, address_dead=dead, silent_for=silent_for)


def dead_status(status: str) -> bool:
    """Whether an enhanced status says that there is no such mailbox: no mail will ever arrive."""
    return DEAD_STATUS.fullmatch(status) is not None


def plain_words(reply: bytes) -> str:
    """The server's words on one line, with addresses hidden: they go into records and logs."""
    text = " ".join(reply.decode("utf-8", "replace").split())
    return _ADDRESS.sub("●●●", text)[:500]


def _status(words: str) -> str:
    found = _ENHANCED.match(words)
    return found.group(1) if found else ""
