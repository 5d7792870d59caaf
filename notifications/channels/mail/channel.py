"""E-mail over one kept SMTP connection a batch.

Apprise's `mailto://` opens a connection and builds a TLS context for every mail (25 ms, measured
with 1.13.1) and writes its own Message-ID, so a second copy could not be told from the first.
Here a batch shares a connection, and a mail's Message-ID stays the same on every attempt.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from typing import ClassVar

from notifications.channels.base import (
    Channel,
    Now,
    Outgoing,
    Receipt,
    SendError,
    Session,
    trial_message,
)
from notifications.channels.mail.connection import Connector, parse_smtp_url, plain_words, refusal
from notifications.channels.mail.dkim import dkim_signer
from notifications.channels.mail.folder import MailFolderChannel, folder_of
from notifications.channels.mail.mime import Composer
from notifications.channels.mime_words import address
from notifications.channels.registry import ChannelTools
from notifications.channels.time_limit import time_limit
from plan.errors import SettingsError

# smtplib's own errors are OSErrors too: cut, timed out, or no SMTP at all.
_GONE = OSError
GO_AHEAD = 354


class MailSession(Session):
    """One connection, opened at the first mail, opened again when the server has hung up."""

    def __init__(
        self, connect: Callable[[], smtplib.SMTP], composer: Composer, seconds: float
    ) -> None:
        """`seconds`: a mail may take so long, its connection apart."""
        self._connect = connect
        self._seconds = seconds
        self._composer = composer
        self._smtp: smtplib.SMTP | None = None

    def send(self, outgoing: Outgoing) -> Receipt:
        """Accepted, or `SendError`. A kept connection found dead before the text was handed over
        is opened again once, unseen: nothing can have been accepted on it."""
        mail = self._composer.compose(outgoing)
        recipient = address(outgoing.address)
        kept = self._smtp
        if kept is not None:
            try:
                return self._deliver(kept, outgoing, recipient, mail)
            except SendError as error:
                if self.connected or error.fate_unknown or not error.channel_down:
                    raise
        self._smtp = fresh = self._connect()
        return self._deliver(fresh, outgoing, recipient, mail)

    @property
    def connected(self) -> bool:
        """Whether a connection is being kept."""
        return self._smtp is not None

    def check(self) -> None:
        """Connects and signs in, sends nothing. Raises what `send` would."""
        self._smtp = smtp = self._smtp or self._connect()
        with time_limit(self._seconds, lambda: smtp.sock):
            self._ask(smtp, [("noop", b"NOOP\r\n")])

    def _deliver(
        self, smtp: smtplib.SMTP, outgoing: Outgoing, recipient: str, mail: bytes
    ) -> Receipt:
        try:
            with time_limit(self._seconds, lambda: smtp.sock):
                return self._talk(smtp, outgoing, recipient, mail)
        except TimeoutError:  # half a line, taken for a reply when it was cut
            self._forget()
            raise _dropped(fate_unknown=True) from None

    def _talk(self, smtp: smtplib.SMTP, outgoing: Outgoing, recipient: str, mail: bytes) -> Receipt:
        steps = _envelope(smtp, self._composer.envelope_from, recipient, len(mail))
        batches = [steps] if smtp.has_extn("pipelining") else [[step] for step in steps]
        for batch in batches:
            self._ask(smtp, batch)
        words = self._hand_over(smtp, mail)
        return Receipt(self._composer.message_id(outgoing), words)

    def _ask(self, smtp: smtplib.SMTP, steps: list[tuple[str, bytes]]) -> None:
        """Says the commands in one breath (RFC 2920), reads as many answers, heeds the first no."""
        try:
            smtp.send(b"".join(line for _, line in steps))
            replies = [_understood(smtp.getreply(), name) for name, _ in steps]
            refused = [i for i, (code, _) in enumerate(replies) if code >= 400]
            if refused and replies[-1][0] == GO_AHEAD:
                smtp.send(b".\r\n")  # it waits for a text though nobody is to have it
                smtp.getreply()
        except _GONE:
            self._forget()
            raise _dropped(fate_unknown=False) from None
        if refused:
            code, reply = replies[refused[0]]
            self._after(code)
            raise refusal(steps[refused[0]][0], code, reply)

    def _hand_over(self, smtp: smtplib.SMTP, mail: bytes) -> str:
        """The text and its final dot; from the first byte on, a broken line leaves doubt."""
        try:
            smtp.send(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, reply = _understood(smtp.getreply(), "body")
        except _GONE:
            self._forget()
            raise _dropped(fate_unknown=True) from None
        if code >= 400:
            self._after(code)
            raise refusal("body", code, reply)
        return plain_words(reply)

    def _after(self, code: int) -> None:
        """A refusal leaves the connection usable after RSET; 421 means it is being closed."""
        if self._smtp is None:
            return
        try:
            if code != 421 and self._smtp.rset()[0] < 400:
                return
        except _GONE:
            pass
        self._forget()

    def _forget(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def close(self) -> None:
        """Says QUIT; a server already gone is no fault."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            with time_limit(self._seconds, lambda: smtp.sock):
                smtp.quit()
        except _GONE:
            smtp.close()


def _understood(reply: tuple[int, bytes], step: str) -> tuple[int, bytes]:
    """smtplib gives -1 for a line that is no reply: that must not pass for a yes."""
    if reply[0] < 200 or (step == "data" and reply[0] != GO_AHEAD and reply[0] < 400):
        raise smtplib.SMTPServerDisconnected("not an SMTP reply")
    return reply


def _envelope(
    smtp: smtplib.SMTP, sender: str, recipient: str, size: int
) -> list[tuple[str, bytes]]:
    options = f" SIZE={size}" if smtp.has_extn("size") else ""
    if not recipient.isascii():
        if not smtp.has_extn("smtputf8"):
            words = "Máy chủ thư không nhận địa chỉ có dấu (SMTPUTF8); dùng địa chỉ không dấu."
            raise SendError("smtputf8", words, permanent=True, address_dead=True)
        options += " SMTPUTF8 BODY=8BITMIME"
    return [
        ("mail", f"MAIL FROM:<{sender}>{options}\r\n".encode()),
        ("rcpt", f"RCPT TO:<{recipient}>\r\n".encode()),
        ("data", b"DATA\r\n"),
    ]


def _dropped(*, fate_unknown: bool) -> SendError:
    words = "Máy chủ thư ngắt kết nối giữa chừng" + (
        ", không biết đã nhận thư hay chưa." if fate_unknown else ", thư chưa gửi được."
    )
    return SendError(
        "dropped",
        words,
        permanent=False,
        channel_down=not fate_unknown,
        fate_unknown=fate_unknown,
    )


class EmailChannel(Channel):
    """Official mail: `DONDOC_SMTP_URL`, `DONDOC_MAIL_FROM`."""

    name: ClassVar[str] = "email"
    kind: ClassVar[str] = "email"

    def __init__(self, connector: Connector, composer: Composer, now: Now) -> None:
        self._connector = connector
        self._composer = composer
        self._now = now

    def open(self) -> MailSession:
        seconds = self._connector.talk_seconds
        return MailSession(self._connector.connect, self._composer, seconds)

    def test(self, address: str | None) -> list[str]:
        """Signs in and says NOOP; with an address, sends a mail there."""
        faults = self._connector.warnings()
        try:
            with self.open() as session:
                session.check()
                if address is not None:
                    session.send(trial_message(self.name, address, self._now()))
        except SendError as error:
            faults.append(f"{error.words} (mã {error.code})")
        return faults


def email_channel(tools: ChannelTools) -> Channel:
    """From the settings; `SettingsError` says which one is missing or wrong."""
    settings = tools.settings
    url = settings.smtp_url.get_secret_value()
    if not url:
        raise SettingsError(
            "Chưa đặt máy chủ thư: DONDOC_SMTP_URL=smtp://tên:mật-khẩu@máy-chủ:587?starttls=yes"
        )
    try:
        sign = dkim_signer(settings.dkim_selector, settings.dkim_domain, settings.dkim_key_file)
        composer = Composer(settings.mail_from, settings.mail_reply_to, sign)
    except SendError as error:
        raise SettingsError(f"DONDOC_MAIL_FROM: {error.words}") from None
    if url.startswith("file:"):
        return MailFolderChannel(folder_of(url), composer)
    server = parse_smtp_url(url)
    connector = Connector(server, composer.domain, settings.mail_timeout)
    return EmailChannel(connector, composer, tools.now)
