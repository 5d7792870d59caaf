"""Connections whose request never comes whole, or whose answer is never read: how long they are waited for,
and how many at most.

Uvicorn waits for ever for the rest of a request, and for a reader that takes nothing in. A thousand of them
would use up the files a process may open, and nobody could connect any more.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from collections import Counter, OrderedDict
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""For the lines of a request, from its first byte or from connecting."""
BODY_SECONDS = 330.0
"""For the body: a little longer than a page waits for it, which then says so itself."""
SEND_SECONDS = 60.0
LEAST_READ = 48_000
"""For a reader to take in so many bytes of an answer, or its rest."""
MOST_HALF_SENT = 256
"""Beyond these, whoever has the most of them loses the oldest."""


class HalfSent:
    """The connections of one server that are waited for, oldest first, by address."""

    def __init__(self) -> None:
        self._rows: OrderedDict[BoundedProtocol, str] = OrderedDict()

    def add(self, one: BoundedProtocol) -> None:
        self._rows.setdefault(one, one.client[0] if one.client else "")
        if len(self._rows) > MOST_HALF_SENT:
            (most, _), *_ = Counter(self._rows.values()).most_common(1)
            next(row for row, address in self._rows.items() if address == most).give_up()

    def drop(self, one: BoundedProtocol) -> None:
        self._rows.pop(one, None)

    def __len__(self) -> int:
        return len(self._rows)


class BoundedProtocol(H11Protocol):
    """Uvicorn's, with deadlines for each request's lines, body and reader. For `uvicorn.Config(http=…)`."""

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # One for each server: what uvicorn shares between its connections is the state it hands in.
        self._half_sent: HalfSent = server_state.__dict__.setdefault("dondoc_half_sent", HalfSent())
        self._deadline: TimerHandle | None = None
        self._waits_for: object = None
        self._unread: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn
        super().connection_made(transport)
        self._look(fresh=True)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look(fresh=False)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look(fresh=True)
        self._read()
        if self.transport.get_write_buffer_size():
            self._wait_for_reader()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        self._read()
        super().connection_lost(exc)

    def give_up(self) -> None:
        """Close, whatever was still to come or to be read."""
        self._arrived()
        self._read()
        self.transport.abort()

    def _wait_for_reader(self) -> None:
        if self._unread is None:
            size = self.transport.get_write_buffer_size()
            self._unread = self.loop.call_later(SEND_SECONDS, self._look_at_reader, size)

    def _look_at_reader(self, before: int) -> None:
        self._unread = None
        size = self.transport.get_write_buffer_size()
        if size and before - size < LEAST_READ:
            self.give_up()
        elif size:
            self._wait_for_reader()

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _look(self, fresh: bool) -> None:
        """Start, keep or end the wait. Between requests uvicorn's own short timer runs until the first byte;
        `fresh`: no byte of a request has come yet."""
        state = self.conn.their_state
        idle = fresh and self.timeout_keep_alive_task is not None
        if state not in (h11.IDLE, h11.SEND_BODY) or idle or self.transport.is_closing():
            self._arrived()
        elif state is not self._waits_for:
            self._arrived()
            self._waits_for = state
            seconds = HEAD_SECONDS if state is h11.IDLE else BODY_SECONDS
            self._deadline = self.loop.call_later(seconds, self.give_up)
            self._half_sent.add(self)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._waits_for = None
        self._half_sent.drop(self)
