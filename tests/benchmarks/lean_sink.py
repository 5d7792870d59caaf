"""A mail sink that costs next to nothing, in a process of its own: what is measured is the sender.

`python -m tests.benchmarks.lean_sink` prints its port, takes every mail and forgets it.
It offers what Postfix offers out of the box, PIPELINING included; with `plain`, without it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PLAIN = b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
_REPLIES = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 OK\r\n",
    b"RCPT": b"250 OK\r\n",
    b"RSET": b"250 OK\r\n",
    b"NOOP": b"250 OK\r\n",
    b"DATA": b"354 go\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.tail = b""
        self.in_text = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        if self.in_text:
            self.text(data)
        else:
            *lines, self.tail = (self.tail + data).split(b"\r\n")
            self.transport.write(b"".join(self.answer(line[:4].upper()) for line in lines))

    def text(self, data: bytes) -> None:
        self.tail = (self.tail + data[-5:])[-5:]
        if self.tail == b"\r\n.\r\n":
            self.in_text, self.tail = False, b""
            self.transport.write(b"250 OK\r\n")

    def answer(self, verb: bytes) -> bytes:
        self.in_text = verb == b"DATA"
        return _REPLIES.get(verb, b"502 no\r\n")


@contextmanager
def running(*options: str) -> Iterator[int]:
    """The sink in a process of its own; gives its port."""
    command = [sys.executable, "-m", "tests.benchmarks.lean_sink", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def main() -> None:
    if "plain" in sys.argv:
        _REPLIES[b"EHLO"] = PLAIN
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
