"""A server that drips bytes, hangs, floods or cuts short: each talk ends, and says what is in doubt."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from notifications.channels.base import Outgoing, SendError
from notifications.channels.mail.channel import MailSession
from notifications.channels.mail.connection import Connector, parse_smtp_url
from notifications.channels.mail.mime import Composer
from notifications.channels.zalo.http import MOST_BYTES, ask, http_client

COMPOSER = Composer("Sở <so@thu.example>", "")
MAIL = Outgoing(1, "email", "lan@a.example", subject="Thử", text="Thử\n", reference="r1")
TIMEOUT = 0.4
Script = Callable[[socket.socket], None]


@contextmanager
def server(script: Script) -> Iterator[int]:
    """A server on loopback that does as the script says with each connection; gives its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line, suppress(OSError):
                    script(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def drip(line: socket.socket, text: bytes = b"2", every: float = 0.05) -> None:
    """A byte now and then: each within the time-out of a single read."""
    while True:
        line.sendall(text)
        time.sleep(every)


def mail_to(port: int) -> SendError:
    connector = Connector(parse_smtp_url(f"smtp://127.0.0.1:{port}"), "thu.example", TIMEOUT)
    session = MailSession(connector.connect, COMPOSER, connector.talk_seconds)
    with session, pytest.raises(SendError) as caught:
        session.send(MAIL)
    return caught.value


def said_until(line: socket.socket, last: bytes) -> None:
    """Plays a mail server up to the answer to one command, then drips."""
    line.sendall(b"220 thu\r\n")
    text = False
    with line.makefile("rb") as read:
        for heard in read:
            if heard.upper().startswith(last):
                break
            if not text:
                text = heard.upper().startswith(b"DATA")
                line.sendall(b"354 go\r\n" if text else b"250 ok\r\n")
    drip(line)


def test_a_greeting_that_drips_ends() -> None:
    with server(drip) as port:
        error = mail_to(port)
    assert error.channel_down
    assert not error.fate_unknown


@pytest.mark.parametrize("last", [b"EHLO", b"MAIL", b"RCPT", b"DATA"])
def test_an_answer_that_drips_ends(last: bytes) -> None:
    with server(lambda line: said_until(line, last)) as port:
        error = mail_to(port)
    assert error.channel_down
    assert not error.fate_unknown


def test_a_last_answer_that_drips_is_doubt() -> None:
    with server(lambda line: said_until(line, b".\r")) as port:
        assert mail_to(port).fate_unknown


# --- Zalo ----------------------------------------------------------------------------------------


def asked(answer: Script, timeout: float = TIMEOUT) -> SendError:
    def script(line: socket.socket) -> None:
        line.recv(65536)
        answer(line)

    with server(script) as port, http_client(timeout) as http, pytest.raises(SendError) as caught:
        ask(http, "POST", f"http://127.0.0.1:{port}/", json={})
    return caught.value


def reply(body: bytes, head: bytes = b"", status: bytes = b"200 OK") -> Script:
    whole = (
        b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n" % len(body) + head + b"\r\n" + body
    )
    return lambda line: line.sendall(whole)


def test_a_head_or_a_body_that_drips_is_doubt() -> None:
    def dripping_body(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{")
        drip(line, b" ")

    for script in (lambda line: drip(line, b"H"), dripping_body):
        assert asked(script).fate_unknown


def test_an_answer_without_end_is_doubt() -> None:
    body = b" " * (MOST_BYTES + 1)
    assert asked(reply(body), timeout=20).fate_unknown


@pytest.mark.parametrize(
    "body", [b'{"error":0,"da', b"", b"<html>", b"[]", b"{}", b'{"a":' * 100_000, b"\xff"]
)
def test_an_answer_cut_short_or_foreign_is_doubt(body: bytes) -> None:
    error = asked(reply(body), timeout=20)
    assert error.fate_unknown
    assert not error.channel_down


def test_a_body_shorter_than_said_is_doubt() -> None:
    cut = b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"error":0}'
    assert asked(lambda line: line.sendall(cut)).fate_unknown


def test_a_compressed_answer_is_not_unpacked() -> None:
    assert asked(reply(b"x", b"Content-Encoding: gzip\r\n")).fate_unknown


@pytest.mark.parametrize(
    ("head", "seconds"),
    [(b"Retry-After: 90\r\n", 90), (b"", 60), (b"Retry-After: Wed, 21 Oct\r\n", 60)],
)
def test_busy_says_when_to_come_back(head: bytes, seconds: int) -> None:
    error = asked(reply(b"{}", head, b"429 Too Many Requests"))
    assert error.channel_down
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() == seconds
