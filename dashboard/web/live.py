"""Live changes by server-sent events: says that something changed, never what. Pages fetch themselves
again; whoever may not see a page learns nothing here."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dashboard.auth.viewer import EVERYONE, Viewer, allowed
from dashboard.web.data_version import stamp
from dashboard.web.routing import FindViewer
from dashboard.web.site import Site
from plan.database import reading

LOOK_SECONDS = 2.0
KEEP_SECONDS = 20.0
"""Between words that say nothing, so that proxies keep the line open."""
LIFE_SECONDS = 600.0
"""Then the browser connects again, and is asked again who it is."""
MAY = EVERYONE
MOST_OF_ONE, MOST_FROM_ONE, MOST = 8, 200, 600
"""Lines of one person, from one address (an office stands behind one), in all: each keeps a file open, and
a process may open some thousand. Who gets none still sees every page, which then tells nothing by itself."""


class StampWatch:
    """Looks at the database once for all listeners of this process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._stamp = ""
        self._looked = -LOOK_SECONDS
        self._lock = asyncio.Lock()

    async def now(self) -> str:
        async with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._stamp = await run_in_threadpool(self._look)
                self._looked = time.monotonic()
            return self._stamp

    def _look(self) -> str:
        with reading(self._site.engine) as session:
            return stamp(session)


class Listeners:
    """Who listens at the moment. Used by one event loop only."""

    def __init__(self) -> None:
        self._count: Counter[tuple[str, str]] = Counter()

    def enter(self, person: str, address: str) -> bool:
        """Whether one more line may be opened; it then counts until `leave`."""
        keys = self._keys(person, address)
        if any(self._count[key] >= most for key, most in keys.items()):
            return False
        self._count.update(keys.keys())
        return True

    def leave(self, person: str, address: str) -> None:
        for key in self._keys(person, address):
            self._count[key] -= 1
            if not self._count[key]:
                del self._count[key]

    @staticmethod
    def _keys(person: str, address: str) -> dict[tuple[str, str], int]:
        return {
            ("person", person): MOST_OF_ONE,
            ("address", address): MOST_FROM_ONE,
            ("all", ""): MOST,
        }


class _Line(StreamingResponse):
    """A stopping server cancels lines that stay open; that is their end, not a fault to be logged."""

    def __init__(self, words: AsyncIterator[str], ended: Callable[[], None], **more: Any) -> None:
        super().__init__(words, **more)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await super().__call__(scope, receive, send)
        finally:
            self._ended()


class Live:
    """The endpoint. Made once for an application."""

    def __init__(self, site: Site, find: FindViewer) -> None:
        self._site, self._find = site, find
        self._watch = StampWatch(site)
        self._listeners = Listeners()

    async def answer(self, request: Request) -> Response:
        """A line that stays open; 403 to whoever has not signed in, 429 to who has too many."""
        viewer = await run_in_threadpool(self._viewer, request)
        if viewer is None:
            return PlainTextResponse("Cần đăng nhập.", status_code=403)
        address = request.client.host if request.client else ""
        # Who looks at a rehearsal has no account: each address then counts as one.
        who = (viewer.account or viewer.session_key or address, address)
        if not self._listeners.enter(*who):
            return PlainTextResponse("Đã mở quá nhiều trang cùng lúc.", status_code=429)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return _Line(
            self._words(request),
            lambda: self._listeners.leave(*who),
            media_type="text/event-stream",
            headers=headers,
        )

    def _viewer(self, request: Request) -> Viewer | None:
        with reading(self._site.engine) as session:
            viewer = self._find(self._site, request, session)
        return viewer if viewer and not viewer.step and allowed(viewer, MAY) else None

    async def _words(self, request: Request) -> AsyncIterator[str]:
        yield "retry: 5000\n\n"
        known = await self._watch.now()
        ends = time.monotonic() + LIFE_SECONDS
        quiet = 0.0
        while time.monotonic() < ends and not await request.is_disconnected():
            await asyncio.sleep(LOOK_SECONDS)
            quiet += LOOK_SECONDS
            fresh = await self._watch.now()
            if fresh != known:
                known, quiet = fresh, 0.0
                yield "event: change\ndata: {}\n\n"
            elif quiet >= KEEP_SECONDS:
                quiet = 0.0
                yield ": còn đây\n\n"
