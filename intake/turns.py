"""A few things that many want, each for a while: whose turn it is.

Who waits is served by lane (an agency), lanes in turn, and nobody's lane holds all of them: an agency with
a hundred heavy files delays another's one by a single file's time at most.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class _Ticket(Generic[T]):
    """One who waits, and the thing that will be given."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.given: list[T] = []


class Turns(Generic[T]):
    """Safe to share between threads."""

    def __init__(self, things: Sequence[T]) -> None:
        self._free = list(things)
        self._most = max(1, len(things) - 1)
        """Of them one lane has at a time."""
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[_Ticket[T]]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, lane: str) -> Iterator[T]:
        """One of the things, when it is this lane's turn; given back afterwards."""
        ticket: _Ticket[T] = _Ticket()
        with self._lock:
            self._waiting.setdefault(lane, deque()).append(ticket)
            self._call()
        ticket.called.wait()
        thing = ticket.given[0]
        try:
            yield thing
        finally:
            with self._lock:
                self._held[lane] -= 1
                self._free.append(thing)
                self._call()

    def _call(self) -> None:
        """Whoever may go now; a lane that was served goes to the end of the row."""
        while self._free:
            lane = next((one for one in self._waiting if self._held[one] < self._most), None)
            if lane is None:
                return
            row = self._waiting.pop(lane)
            ticket = row.popleft()
            if row:
                self._waiting[lane] = row
            self._held[lane] += 1
            ticket.given.append(self._free.pop())
            ticket.called.set()
