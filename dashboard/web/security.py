"""What stands around every answer: headers, a bound on what is read, cookies. Plain ASGI, no thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plan.database import WRITES, Writes

POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""No inline script or style, nothing from elsewhere. Drawings carry their look as SVG attributes."""

HEADERS: Mapping[str, str] = {
    # What a person saw must not be there for whoever sits down at the browser next.
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # same-origin, not no-referrer: with the latter browsers send «Origin: null» with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"
SMALL_BODY = 256 * 1024
CALLS = "/api/"
"""Calls are read before anybody asks who calls: without a key they bring no files. Pages ask first."""


class TooLargeError(Exception):
    """The body goes on past its bound."""


def _has_key(scope: Scope) -> bool:
    return any(
        name == b"authorization" and value.lower().startswith(b"bearer dondoc_")
        for name, value in scope["headers"]
    )


Fault = Callable[[Request, Exception], Awaitable[Response]]


def nobody_knows() -> bool:
    """Whether what this request asked for may have been kept, although it failed."""
    writes = WRITES.get()
    return writes is not None and writes.perhaps


class Safe:
    """Adds the headers; stops bodies past their bound (`upload_bytes` on paths that take files); answers
    with `fault` when something unforeseen was raised, so that this answer has the headers too."""

    def __init__(self, app: ASGIApp, *, https: bool, upload_bytes: int, fault: Fault) -> None:
        self._app = app
        self._upload_bytes = upload_bytes
        self._fault = fault
        headers = dict(HEADERS) | ({"strict-transport-security": HSTS} if https else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            # No name holds a NUL, and PostgreSQL takes none: nothing further need know of it.
            path = scope["path"].replace("\x00", "\ufffd")
            query = scope["query_string"].replace(b"%00", b"")
            scope = {**scope, "path": path, "query_string": query}
        WRITES.set(Writes())
        begun: list[Message] = []
        guarded = self._guarded(send, begun)
        try:
            await self._app(scope, self._bounded(scope, receive), guarded)
        except Exception as error:
            if begun:
                raise
            answer = await self._fault(Request(scope), error)
            await answer(scope, receive, guarded)

    def _guarded(self, send: Send, begun: list[Message]) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                present = {name for name, _ in message["headers"]}
                extra = [pair for pair in self._headers if pair[0] not in present]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        return guarded

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return receive
        multipart = any(
            name == b"content-type" and value.startswith(b"multipart/form-data")
            for name, value in scope["headers"]
        )
        large = multipart and (not scope["path"].startswith(CALLS) or _has_key(scope))
        bound = self._upload_bytes if large else SMALL_BODY
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > bound:
                raise TooLargeError
            return message

        return bounded


def same_site(headers: Mapping[str, str], base_url: str, host: str) -> bool:
    """Whether a request that changes something comes from our own pages, as far as the browser says.

    Programs say nothing and pass (they carry no cookie worth stealing); the form token decides.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    return origin in (base_url.rstrip("/"), f"http://{host}", f"https://{host}")
