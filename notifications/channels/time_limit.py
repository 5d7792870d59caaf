"""A total time for each talk with a server.

A socket's time-out holds for each read alone: a peer that drips a byte now and then keeps every read
within it, and holds delivery for hours. Here one thread for the whole process shuts the socket of a talk
that takes too long; whoever reads from it finds the line cut.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

TIMES = 2
"""A talk may take so many times the time-out of a single read."""
SocketOf = Callable[[], socket.socket | None]


@contextmanager
def time_limit(seconds: float, socket_of: SocketOf) -> Iterator[None]:
    """Cuts the socket when the block takes longer. `socket_of` is asked then: a talk may open its own.

    Raises `TimeoutError` at the block's end where the block took the cut line for an answer.
    """
    key = _monitor.add(time.monotonic() + seconds, socket_of)
    in_time = False
    try:
        yield
    finally:
        in_time = _monitor.drop(key)
    if not in_time:
        raise TimeoutError("the talk took too long")


class _Monitor:
    """Talks under way and when each must end. The thread runs once there is one."""

    def __init__(self) -> None:
        self._talks: dict[int, tuple[float, SocketOf]] = {}
        self._keys = count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._wakes_at = float("inf")

    def add(self, ends_at: float, socket_of: SocketOf) -> int:
        with self._changed:
            key = next(self._keys)
            self._talks[key] = (ends_at, socket_of)
            if self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._run, name="time-limit", daemon=True)
                self._thread.start()
            elif ends_at < self._wakes_at:
                self._changed.notify()
            return key

    def drop(self, key: int) -> bool:
        """Whether the talk ended in time."""
        with self._changed:
            return self._talks.pop(key, None) is not None

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for key, (ends_at, socket_of) in list(self._talks.items()):
                    if ends_at <= now:
                        del self._talks[key]
                        _cut(socket_of())
                ends = [ends_at for ends_at, _ in self._talks.values()]
                self._wakes_at = min(ends, default=float("inf"))
                self._changed.wait(max(self._wakes_at - now, 0.0) if ends else None)


def _cut(line: socket.socket | None) -> None:
    """The base class' shutdown: TLS' own would take the connection apart under its reader's hands."""
    if line is not None:
        with suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)


_monitor = _Monitor()
