"""A mail server on loopback that keeps every mail as `NNNN.eml` and can be told to misbehave."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_NUMBERED = re.compile(r"(\d{4,})\.eml")


@dataclass
class SmtpFaults:
    """What goes wrong; may be changed while the server runs. Replies are whole: `550 5.1.1 No`."""

    greeting: str = ""
    """Said in place of 220, then the line is cut."""
    sender: str = ""
    """Said to every MAIL FROM."""
    recipients: dict[str, str] = field(default_factory=dict)
    """Said at RCPT TO, by address."""
    texts: dict[str, str] = field(default_factory=dict)
    """Said after the text, by address: the mail is not kept."""
    drop_before: set[int] = field(default_factory=set)
    """Mails (1: the first text the server is given) at which the line is cut, nothing kept."""
    drop_after: set[int] = field(default_factory=set)
    """Mails that are kept, and then the line is cut without an answer."""
    mails_per_connection: int = 0
    """After so many mails a connection's next MAIL FROM hears 421; 0: as many as they like."""
    hang_up: bool = False
    """With the above: cut the line without a word instead."""
    slow: float = 0.0
    """Seconds before the answer to each text."""


@dataclass(frozen=True)
class KeptMail:
    sender: str
    recipients: tuple[str, ...]
    data: bytes
    path: Path | None
    authenticated: bool
    encrypted: bool


class SmtpSink:
    """`with SmtpSink(folder) as sink:` listens on 127.0.0.1 until the block ends.

    `folder` None keeps mails in memory alone (`sink.mails`). `tls` is a server's context, for
    STARTTLS, or with `implicit` from the first byte. With `user` only those who sign in may send.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        user: str = "",
        password: str = "",
        pipelining: bool = True,
        faults: SmtpFaults | None = None,
    ) -> None:
        self.folder = folder
        self.faults = faults or SmtpFaults()
        self.mails: list[KeptMail] = []
        self.connections = 0
        self.pipelining = pipelining
        self.user, self.password = user, password
        self.texts_given = 0
        self.port = port
        self._tls, self._implicit = tls, implicit
        self._numbered = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._transports: set[asyncio.BaseTransport] = set()

    @property
    def url(self) -> str:
        """For `DONDOC_SMTP_URL`, without user and options."""
        return f"smtp{'s' if self._implicit else ''}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(
            self._protocol, "127.0.0.1", self.port, ssl=self._tls if self._implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        self._server.close()
        for transport in tuple(self._transports):
            _cut(transport)
        await self._server.wait_closed()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _protocol(self) -> asyncio.BaseProtocol:
        self.connections += 1
        if self.faults.greeting:
            return _Curt(self.faults.greeting)
        return _Server(
            self,
            tls_context=None if self._implicit else self._tls,
            auth_require_tls=self._tls is not None and not self._implicit,
        )

    def keep(self, mail: Envelope, session: Session) -> None:
        """Writes the mail down under the next number."""
        data = mail.original_content or b""
        path = None
        if self.folder is not None:
            path = self.folder / f"{self._next_number():04}.eml"
            path.write_bytes(data)
        kept = KeptMail(
            sender=mail.mail_from or "",
            recipients=tuple(mail.rcpt_tos),
            data=data,
            path=path,
            authenticated=bool(session.authenticated),
            encrypted=session.ssl is not None or self._implicit,
        )
        self.mails.append(kept)

    def _next_number(self) -> int:
        """Goes on after what the folder already holds."""
        assert self.folder is not None
        if not self._numbered:
            found = (_NUMBERED.fullmatch(path.name) for path in self.folder.iterdir())
            self._numbered = max((int(match[1]) for match in found if match), default=0)
        self._numbered += 1
        return self._numbered


def _cut(transport: asyncio.BaseTransport | None) -> None:
    # Python 3.11.2 stumbles over a TLS connection that has just ended by itself.
    if isinstance(transport, asyncio.Transport) and not transport.is_closing():
        transport.abort()


class _Curt(asyncio.Protocol):
    """Says one line and hangs up."""

    def __init__(self, line: str) -> None:
        self._line = line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._line.encode() + b"\r\n")
        transport.close()


class _Server(SMTP):
    def __init__(self, sink: SmtpSink, **options: Any) -> None:
        super().__init__(
            _Handler(sink),
            hostname="sink.dondoc.example",
            ident="Don Doc sink",
            enable_SMTPUTF8=True,
            authenticator=_authenticator(sink),
            **options,
        )
        self._sink = sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink._transports.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink._transports.discard(self.transport)
        super().connection_lost(error)


def _authenticator(sink: SmtpSink) -> Any:
    def authenticate(
        _server: SMTP, _session: Session, _mail: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        expected = LoginPassword(sink.user.encode(), sink.password.encode())
        return AuthResult(success=bool(sink.user) and given == expected, handled=False)

    return authenticate


class _Handler:
    """aiosmtpd's hooks, where the faults come in."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink
        self._mails = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _mail: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        session.host_name = name
        extra = ["250-PIPELINING"] if self._sink.pipelining else []
        return [replies[0], *extra, *replies[1:]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, mail: Envelope, address: str, options: list[str]
    ) -> str:
        faults = self._sink.faults
        if faults.sender:
            return faults.sender
        if self._sink.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if faults.mails_per_connection and self._mails >= faults.mails_per_connection:
            if faults.hang_up:
                _cut(server.transport)
            return "421 4.7.0 Too many messages on this connection"
        mail.mail_from, mail.mail_options = address, options
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, mail: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._sink.faults.recipients.get(address)
        if fault:
            return fault
        mail.rcpt_tos.append(address)
        mail.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, mail: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        sink, faults = self._sink, self._sink.faults
        sink.texts_given += 1
        number = sink.texts_given
        if faults.slow:
            await asyncio.sleep(faults.slow)
        if number in faults.drop_before:
            _cut(server.transport)
            return "421 4.3.0 Cut"
        fault = next((faults.texts[a] for a in mail.rcpt_tos if a in faults.texts), None)
        if fault:
            return fault
        sink.keep(mail, session)
        self._mails += 1
        if number in faults.drop_after:
            _cut(server.transport)
        return f"250 2.0.0 Ok: queued as {number:06}"
