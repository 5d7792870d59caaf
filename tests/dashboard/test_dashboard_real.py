"""Hostile requests against a real uvicorn on loopback: what only shows on the wire."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.benchmarks.dashboard_server import serving
from tests.browser.support import SAMPLE_DAY, dashboard_at

BIG = 60 * 1024 * 1024
"""More than the 50 MB that are taken."""
FORM = "/don-vi/vpub/nop"


@dataclass(frozen=True)
class Wire:
    """A server's port, and a coordinator's cookie and form token."""

    port: int
    cookie: str
    token: str

    @contextmanager
    def line(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as line:
            yield line

    def ask(self, text: str, body: bytes = b"") -> tuple[int, bytes]:
        with self.line() as line:
            line.sendall(text.replace("\n", "\r\n").encode("latin-1") + b"\r\n" + body)
            return answer_of(line)

    def serves(self) -> bool:
        """Whether somebody else is served meanwhile, before the line gives up."""
        status, _ = self.ask(f"GET /moc HTTP/1.1\nHost: x\nCookie: {self.cookie}\n")
        return status == 200


def answer_of(line: socket.socket) -> tuple[int, bytes]:
    """(status, everything sent until the server is done); status 0: it hung up."""
    got = b""
    while b"\r\n\r\n" not in got:
        part = line.recv(65536)
        if not part:
            return 0, got
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while length and len(body) < int(length[1]) and (part := line.recv(65536)):
        body += part
    return int(head.split()[1]), head + b"\r\n\r\n" + body


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    home: Path = tmp_path_factory.mktemp("wire")
    dash = dashboard_at(home)
    dash.engine.dispose()
    with serving(str(home), SAMPLE_DAY.isoformat()) as served:
        token = dash.site.csrf_token(served.cookie.partition("=")[2])
        yield Wire(served.port, served.cookie, token)


def multipart(token: str, content: bytes) -> tuple[str, bytes]:
    parts = (
        f'--b\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n{token}\r\n'
        '--b\r\ncontent-disposition: form-data; name="tep"; filename="a.xlsx"\r\n\r\n'
    )
    return "multipart/form-data; boundary=b", parts.encode() + content + b"\r\n--b--\r\n"


def test_too_large_an_upload_is_cut_off_with_a_word(wire: Wire) -> None:
    kind, body = multipart(wire.token, b"0" * BIG)
    head = (
        f"POST {FORM} HTTP/1.1\nHost: 127.0.0.1:{wire.port}\nCookie: {wire.cookie}\n"
        f"Content-Type: {kind}\nContent-Length: {len(body)}\n"
    )
    status, text = _send_what_is_taken(wire, head, body)
    assert status in (413, 0), text[:300]
    assert wire.serves()


def test_an_upload_without_an_end_is_cut_off_too(wire: Wire) -> None:
    """Chunked: no length is said beforehand."""
    kind, body = multipart(wire.token, b"0" * BIG)
    chunk = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    head = (
        f"POST {FORM} HTTP/1.1\nHost: 127.0.0.1:{wire.port}\nCookie: {wire.cookie}\n"
        f"Content-Type: {kind}\nTransfer-Encoding: chunked\n"
    )
    status, text = _send_what_is_taken(wire, head, chunk)
    assert status in (413, 0), text[:300]
    assert wire.serves()


def test_a_strangers_upload_is_not_read(wire: Wire) -> None:
    """The answer comes before the body has: nothing of it need be kept."""
    kind, _ = multipart("", b"")
    with wire.line() as line:
        head = f"POST {FORM} HTTP/1.1\nHost: x\nContent-Type: {kind}\nContent-Length: {BIG}\n\n"
        line.sendall(head.replace("\n", "\r\n").encode())
        status, text = answer_of(line)
    assert status == 303
    assert b"location: /dang-nhap" in text


def _send_what_is_taken(wire: Wire, head: str, body: bytes) -> tuple[int, bytes]:
    """A server that has heard enough may hang up on whoever goes on talking: that is an answer too."""
    with wire.line() as line:
        with suppress(OSError):
            line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        try:
            return answer_of(line)
        except OSError:
            return 0, b""


def test_many_slow_senders_keep_nobody_from_being_served(wire: Wire) -> None:
    """Sixty uploads that stand still hold no thread and no database connection."""
    kind, _ = multipart("", b"")
    head = (
        f"POST {FORM} HTTP/1.1\nHost: x\nCookie: {wire.cookie}\n"
        f"Content-Type: {kind}\nContent-Length: 1000000\n\n--b\n"
    ).replace("\n", "\r\n")
    lines = []
    try:
        for _ in range(60):
            line = socket.create_connection(("127.0.0.1", wire.port), timeout=30)
            lines.append(line)
            line.sendall(head.encode())
        assert wire.serves()
    finally:
        for line in lines:
            line.close()
    assert wire.serves(), "and their leaving does no harm"


@pytest.mark.parametrize(
    "text",
    [
        "GET /moc HTTP/1.1\nHost: x\nHost: y\nCookie: {cookie}\n",
        "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\nHost: x\nCookie: {cookie}\n",
        "GET //etc/passwd HTTP/1.1\nHost: x\nCookie: {cookie}\n",
        "GET /static/..%5c..%5csecret.key HTTP/1.1\nHost: x\n",
        "GET http://khac.example/moc HTTP/1.1\nHost: khac.example\nCookie: {cookie}\n",
        "POST /dang-nhap HTTP/1.1\nHost: x\nContent-Length: 5\nTransfer-Encoding: chunked\n",
        "POST /dang-nhap HTTP/1.1\nHost: x\nContent-Type: multipart/form-data\nContent-Length: 3\n",
        "GET /moc HTTP/1.1\nHost: x\nCookie: dondoc=\x00\n",
        "GET /moc HTTP/1.1\nHost: x\nCookie: " + "a=b; " * 20_000 + "\n",
        "GET /" + "a" * 100_000 + " HTTP/1.1\nHost: x\n",
        "BREW /moc HTTP/1.1\nHost: x\nCookie: {cookie}\n",
        "\x16\x03\x01\x02\x00\x01",
    ],
    ids=lambda text: re.sub(r"\W+", " ", text)[:40],
)
def test_garbage_breaks_nothing_and_opens_nothing(wire: Wire, text: str) -> None:
    try:
        status, answer = wire.ask(text.replace("{cookie}", wire.cookie), b"abc\r\n\r\n")
    except TimeoutError:  # it waits for the rest of what was never a request
        status, answer = 0, b""
    assert status < 500
    assert b"root:" not in answer
    assert b"Traceback" not in answer
    assert wire.serves()


def test_a_made_up_address_is_not_believed(wire: Wire) -> None:
    """Behind a proxy of this machine, what the caller wrote before the proxy added is not the caller."""
    for forwarded in ("203.0.113.9", "127.0.0.1, 203.0.113.9", "::1, 127.0.0.1, 203.0.113.9"):
        text = f"GET /metrics HTTP/1.1\nHost: x\nX-Forwarded-For: {forwarded}\n"
        assert wire.ask(text)[0] == 403, forwarded
    assert wire.ask("GET /metrics HTTP/1.1\nHost: x\n")[0] == 200
