"""Opening a connection to the mail server: TLS, signing in, and what a failure there means."""

from __future__ import annotations

import smtplib
import ssl
from functools import cached_property
from typing import Any

from notifications.channels.base import SendError
from notifications.channels.mail.mail_replies import plain_words
from notifications.channels.mail.smtp_url import SmtpServer, helo_name
from notifications.channels.time_limit import TIMES, time_limit


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
