"""Where the mail server is and how to sign in there, from one address."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from plan.errors import SettingsError

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
