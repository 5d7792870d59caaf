"""An HTTP client that costs next to nothing: what is measured is the server. Loopback only."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass

QUANTILE = 0.95


@dataclass(frozen=True)
class Load:
    """`rate`: answers a second; `p95`: seconds; `size`: bytes of the last answer's body."""

    rate: float
    p95: float
    size: int


class _Browser(asyncio.Protocol):
    """One connection, kept open; asks again as soon as it has its answer, until `left` runs out."""

    def __init__(self, request: bytes, left: int, done: asyncio.Future[None]) -> None:
        self._request, self._left, self._done = request, left, done
        self.times: list[float] = []
        self.size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._got, self._end, self._began = b"", 0, time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._end and (cut := self._got.find(b"\r\n\r\n")) >= 0:
            self.size = _length(self._got[:cut])
            self._end = cut + 4 + self.size
        if not self._end or len(self._got) < self._end:
            return
        self.times.append(time.perf_counter() - self._began)
        self._left -= 1
        if self._left > 0:
            self._ask()
            return
        self._transport.close()
        self._done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the server hung up"))


def _length(head: bytes) -> int:
    """Of the body. Anything but a good answer is an error: errors are quick."""
    if not head.startswith(b"HTTP/1.1 200"):
        raise AssertionError(head[:200])
    _, _, rest = head.lower().partition(b"content-length: ")
    return int(rest.split(b"\r\n", 1)[0])


def request_of(path: str, cookie: str = "") -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Accept: text/html"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def hammer(port: int, request: bytes, *, browsers: int, each: int) -> Load:
    """So many connections at once, each asking `each` times in turn."""
    return asyncio.run(_hammer(port, request, browsers, each))


async def _hammer(port: int, request: bytes, browsers: int, each: int) -> Load:
    loop = asyncio.get_running_loop()
    dones = [loop.create_future() for _ in range(browsers)]
    began = time.perf_counter()
    made = [
        await loop.create_connection(lambda d=done: _Browser(request, each, d), "127.0.0.1", port)
        for done in dones
    ]
    await asyncio.gather(*dones)
    took = time.perf_counter() - began
    times = sorted(one for _, browser in made for one in browser.times)
    return Load(len(times) / took, times[int(QUANTILE * (len(times) - 1))], made[0][1].size)


def first_byte(port: int, request: bytes) -> float:
    """Seconds from asking, on a connection already open, to the first byte of the answer."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        began = time.perf_counter()
        line.sendall(request)
        first = line.recv(64)
        took = time.perf_counter() - began
        if not first.startswith(b"HTTP/1.1 200"):
            raise AssertionError(first)
        while line.recv(65536).find(b"</html>") < 0:
            pass
    return took
