"""Requests that never come whole, lines that stay open, a log that strangers write."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from dashboard.web import connections, live
from dashboard.web.connections import BoundedProtocol
from dashboard.web.live import Listeners
from dashboard.web.request import SESSION_COOKIE
from flows.service.sparing import A_MINUTE, MOST_ALIKE, Sparing
from flows.service.web_server import Pages
from tests.browser.support import dashboard_at
from tests.support.service_kit import free_port


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    size = int(scope["path"].strip("/") or 0)  # asked for
    await PlainTextResponse("x" * size if size else f"{len(body)}")(scope, receive, send)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server whose deadlines are short, on a free port."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.4)
    monkeypatch.setattr(connections, "SEND_SECONDS", 1.0)
    monkeypatch.setattr(connections, "MOST_HALF_SENT", 10)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            echo, log_level="critical", http=BoundedProtocol, lifespan="off", timeout_keep_alive=30
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield int(listening.getsockname()[1])
        server.should_exit = True
        thread.join(10)


def line_to(port: int, text: str = "") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=20)
    line.sendall(text.encode())
    return line


def closed(line: socket.socket) -> bool:
    """Waits until the server has hung up, or says something."""
    try:
        return line.recv(1000) == b""
    except ConnectionResetError:
        return True
    finally:
        line.close()


def answered(line: socket.socket) -> bool:
    """Reads one whole answer."""
    got = b""
    while b"\r\n\r\n0" not in got:
        part = line.recv(1000)
        if not part:
            return False
        got += part
    return got.startswith(b"HTTP/1.1 200")


def served(port: int) -> bool:
    with line_to(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") as line:
        return answered(line)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET / HTTP/1.1\r\nHost:",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",  # and the second of two, below
    ],
)
def test_what_never_comes_whole_is_let_go(port: int, text: str) -> None:
    line = line_to(port, text)
    if text.startswith("GET / HTTP/1.1\r\nHost: x"):
        assert answered(line)
        line.sendall(b"GET /")
    assert closed(line)


def test_a_drip_of_bytes_wins_no_time(port: int) -> None:
    line, ends = line_to(port, "GET / HTTP/1.1\r\n"), time.monotonic() + 20
    line.settimeout(0.05)
    while time.monotonic() < ends:
        try:
            line.sendall(b"a")
            if line.recv(10) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    line.close()
    assert time.monotonic() < ends


def test_of_too_many_half_sent_the_oldest_go_and_others_are_served(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 60.0)
    lines = [line_to(port, "GET / HTTP/1.1\r\n") for _ in range(30)]
    assert served(port)
    assert all(closed(line) for line in lines[:20])
    lines[-1].sendall(b"Host: x\r\n\r\n")  # and the newest may still come whole
    assert answered(lines[-1])
    for line in lines[20:]:
        line.close()


def test_a_rested_line_serves_again(port: int) -> None:
    """Between requests the server's own patience holds, not the deadline of a half-sent one."""
    with line_to(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") as line:
        assert answered(line)
        time.sleep(0.6)
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answered(line)


def asked(port: int, size: int) -> socket.socket:
    return line_to(port, f"GET /{size} HTTP/1.1\r\nHost: x\r\n\r\n")


def taken(line: socket.socket) -> int:
    """How much comes until the line is cut or rests."""
    count = 0
    with line:
        while True:
            try:
                part = line.recv(65536)
            except (ConnectionResetError, TimeoutError):
                return count
            if not part:
                return count
            count += len(part)


MUCH = 40_000_000
"""More than what lies between two sockets."""


def test_an_answer_that_is_not_read_is_let_go(port: int) -> None:
    line = asked(port, MUCH)
    time.sleep(3)
    assert taken(line) < MUCH
    assert served(port)


def test_a_reader_that_is_slow_and_goes_on_gets_it_whole(port: int) -> None:
    line, count = asked(port, MUCH), 0
    for _ in range(200):  # longer than the deadline, never long at rest
        count += len(line.recv(100_000))
        time.sleep(0.01)
    line.settimeout(2)
    assert count + taken(line) > MUCH


# --- lines that stay open --------------------------------------------------------------------------


def test_listeners_are_counted_by_person_by_address_and_in_all() -> None:
    listeners = Listeners()
    for _ in range(live.MOST_OF_ONE):
        assert listeners.enter("user:1", "10.0.0.1")
    assert not listeners.enter("user:1", "10.0.0.2")
    listeners.leave("user:1", "10.0.0.1")
    assert listeners.enter("user:1", "10.0.0.2")
    more = range(2, live.MOST_FROM_ONE + 10)
    taken = sum(listeners.enter(f"user:{n}", "10.0.0.1") for n in more)
    assert taken == live.MOST_FROM_ONE - live.MOST_OF_ONE + 1
    taken += sum(listeners.enter(f"user:{n}", f"10.0.1.{n % 9}") for n in range(1000, 2000))
    assert taken + live.MOST_OF_ONE == live.MOST


# --- the log ---------------------------------------------------------------------------------------


def test_a_line_said_very_often_is_counted_not_written() -> None:
    sparing = Sparing()

    def say(at: float, text: str = "fault at %s") -> logging.LogRecord | None:
        record = logging.LogRecord("dondoc.x", logging.ERROR, "", 0, text, ("/moc",), None)
        record.created = at
        return record if sparing.filter(record) else None

    said = [say(1000.0 + n / 100) for n in range(1000)]
    assert sum(one is not None for one in said) == MOST_ALIKE
    assert say(1001.0, "another %s") is not None
    later = say(1000.0 + A_MINUTE)
    assert later is not None
    assert later.getMessage().endswith(f"(trước đó {1000 - MOST_ALIKE} dòng như thế không ghi)")
    assert say(1000.0) is not None  # a clock set back begins anew


# --- a thousand of each, on the whole site ---------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_thousand_lines_of_one_clerk_and_a_thousand_half_requests_stop_no_page(
    tmp_path: Path,
) -> None:
    """One signed-in clerk opens 1,050 lines for changes, somebody 1,100 requests that stop half-way: pages
    answer the clerk and everybody else all the while."""
    dash = dashboard_at(tmp_path)
    port = free_port()
    pages = Pages(dash.app, "127.0.0.1", port)
    pages.start()
    cookies = {
        who: dash.client(who, *agencies).cookies[SESSION_COOKIE]
        for who, agencies in (("agency", ("hoai-an",)), ("coordinator", ()))
    }
    lines: list[socket.socket] = []

    def request(path: str, who: str) -> str:
        return f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {SESSION_COOKIE}={cookies[who]}\r\n\r\n"

    def status(line: socket.socket) -> int:
        return int(line.recv(4096).split(b" ", 2)[1])

    def every_page_answers() -> None:
        for who, path in (("agency", "/don-vi/hoai-an"), ("coordinator", "/moc")):
            with line_to(port, request(path, who)) as line:
                assert status(line) == 200

    try:
        assert "server" not in httpx.get(f"http://127.0.0.1:{port}/dang-nhap").headers
        every_page_answers()
        said = Counter[int]()
        for _ in range(1_050):
            lines.append(line_to(port, request("/su-kien", "agency")))
            said[status(lines[-1])] += 1
        assert said == {200: live.MOST_OF_ONE, 429: 1_050 - live.MOST_OF_ONE}
        every_page_answers()
        for number in range(1_100):
            lines.append(line_to(port, "GET /moc HTTP/1.1\r\nHost: x\r\n"))
            if number % 100 == 0:
                every_page_answers()
        every_page_answers()
    finally:
        for line in lines:
            line.close()
        pages.stop()
        dash.engine.dispose()
