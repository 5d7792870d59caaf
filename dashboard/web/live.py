"""Live changes by server-sent events: says that something changed, never what. Pages fetch themselves
again; whoever may not see a page learns nothing here."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dashboard.auth.viewer import EVERYONE, allowed
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


class _Line(StreamingResponse):
    """A stopping server cancels lines that stay open; that is their end, not a fault to be logged."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await super().__call__(scope, receive, send)


class Live:
    """The endpoint. Made once for an application."""

    def __init__(self, site: Site, find: FindViewer) -> None:
        self._site, self._find = site, find
        self._watch = StampWatch(site)

    async def answer(self, request: Request) -> Response:
        """A line that stays open; 403 to whoever has not signed in."""
        if not await run_in_threadpool(self._may, request):
            return PlainTextResponse("Cần đăng nhập.", status_code=403)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return _Line(self._words(request), media_type="text/event-stream", headers=headers)

    def _may(self, request: Request) -> bool:
        with reading(self._site.engine) as session:
            viewer = self._find(self._site, request, session)
        return viewer is not None and not viewer.step and allowed(viewer, MAY)

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
