"""One question to Zalo over HTTP, its answer as a dict, and the line's faults as `SendError`."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import httpx

from notifications.channels.base import SendError
from notifications.channels.time_limit import TIMES, time_limit
from plan.settings import Settings

CONNECT_SECONDS = 5.0
ANSWERS = frozenset({"error", "ok"})
MOST_BYTES = 256 * 1024
"""Of an answer; Zalo's have a few hundred."""
# Answers after which the message may have been accepted behind the gateway.
_DOUBTFUL = frozenset({500, 502, 504})


@dataclass(frozen=True)
class Endpoint:
    """One row: where a thing is asked. `base`: a field of `ZaloUrls`; `source`: as in `errors.SOURCES`."""

    method: str
    base: str
    path: str
    source: str


ENDPOINTS = {
    "token": Endpoint("POST", "oauth", "/v4/oa/access_token", "api"),
    "oa": Endpoint("POST", "oa", "/v3.0/oa/message/cs", "api"),
    # No page of Zalo's named it that could be read: the whole address is a setting, DONDOC_ZALO_UID_URL,
    # to be held against the documentation of the day (`channels test` asks it nothing).
    "uid": Endpoint("POST", "uid", "", "practice"),
    "zns": Endpoint("POST", "zns", "/message/template", "api"),
    "quota": Endpoint("GET", "zns", "/message/quota", "api"),
    "template": Endpoint("GET", "zns", "/template/info/v2", "api"),
}
"""What Zalo is asked, and where; the Bot's questions are names behind its token."""


@dataclass(frozen=True)
class ZaloUrls:
    """Base addresses, settings so that a stand-in can take Zalo's place."""

    oauth: str = "https://oauth.zaloapp.com"
    oa: str = "https://openapi.zalo.me"
    zns: str = "https://business.openapi.zalo.me"
    bot: str = "https://bot-api.zaloplatforms.com"
    uid: str = "https://openapi.zalo.me/v3.0/oa/message/template"

    @classmethod
    def of(cls, settings: Settings) -> ZaloUrls:
        urls = (settings.zalo_oauth_url, settings.zalo_oa_url)
        more = (settings.zalo_zns_url, settings.zalo_bot_url, settings.zalo_uid_url)
        return cls(*(url.rstrip("/") for url in (*urls, *more)))

    def to(self, what: str) -> tuple[str, str]:
        """Method and address of a row of `ENDPOINTS`."""
        row = ENDPOINTS[what]
        return row.method, f"{getattr(self, row.base)}{row.path}"


def http_client(timeout: float, proxy: str = "", bot_token: str = "") -> httpx.Client:
    """A client with its own connections; close it. `timeout` in seconds, for each read.

    With `bot_token`, requests are written with `BOT` in place of `bot<TOKEN>`, and only the
    transport puts the token in: it stands in no request, log record or exception.
    """
    inner = httpx.HTTPTransport(_trusted(), proxy=proxy or None)
    transport: httpx.BaseTransport = _LimitedTransport(inner, timeout * TIMES)
    if bot_token:
        transport = _BotTransport(transport, bot_token)
    limits = httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
    headers = {"Accept-Encoding": "identity"}
    return httpx.Client(transport=transport, timeout=limits, headers=headers, trust_env=False)


@cache
def _trusted() -> ssl.SSLContext:
    """Built once a process: reading the authorities takes 20 ms."""
    return httpx.create_ssl_context()


class _LimitedTransport(httpx.BaseTransport):
    """Reads each answer whole, within a total time (seconds) and a size: a server that drips bytes or
    never ends is as good as one that hangs up."""

    def __init__(self, inner: httpx.BaseTransport, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self._socket: socket.socket | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "trace": self._trace}
        try:
            with time_limit(self._seconds, lambda: self._socket):
                response = self._inner.handle_request(request)
                with closing(response):
                    body = _whole(response)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from None
        return httpx.Response(
            response.status_code, headers=response.headers, content=body, request=request
        )

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Remembers the socket spoken over; connections are kept, and this client has one at a time."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")

    def close(self) -> None:
        self._inner.close()


def _whole(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise httpx.DecodingError("compressed though plain was asked for")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise httpx.ReadError("answer too long")
    return bytes(body)


class _BotTransport(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, token: str) -> None:
        self._inner = inner
        self._token = token

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("/BOT/", f"/bot{self._token}/", 1)
        real = httpx.Request(
            request.method,
            request.url.copy_with(path=path),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return self._inner.handle_request(real)

    def close(self) -> None:
        self._inner.close()


def ask(
    http: httpx.Client, method: str, url: str, *, known: Collection[str] = ANSWERS, **given: Any
) -> dict[str, Any]:
    """Zalo's answer, refusals included: they come as HTTP 200 (or 4xx for the Bot) with JSON.

    `known`: keys of which an answer has at least one; none: whatever is a JSON object. Raises
    `SendError`: `channel_down` when there is no way to Zalo or it answers 5xx; `fate_unknown` when the
    line broke, or the answer was cut short, after the question may have arrived.
    """
    try:
        response = http.request(method, url, **given)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise _down("refused", "Không nối được máy chủ Zalo.") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
        raise _down("url", "Địa chỉ hoặc khóa Zalo trong cài đặt viết sai.") from None
    except httpx.ProxyError:
        raise _down("proxy", "Proxy không cho ra Zalo; xem DONDOC_ZALO_PROXY.") from None
    except (httpx.TransportError, httpx.DecodingError):
        words = "Mất kết nối với Zalo khi chờ trả lời, không biết đã nhận tin hay chưa."
        raise SendError("dropped", words, permanent=False, fate_unknown=True) from None
    return _answer(response, known)


def _answer(response: httpx.Response, known: Collection[str]) -> dict[str, Any]:
    status, pause = response.status_code, _retry_after(response)
    if status >= 500 or pause is not None:
        doubtful = status in _DOUBTFUL
        raise _down(str(status), f"Máy chủ Zalo gặp lỗi (HTTP {status}).", doubtful, pause)
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and (not known or not answer.keys().isdisjoint(known)):
        return answer
    words = f"Máy chủ Zalo trả lời không đúng dạng (HTTP {status})"
    if status != 200:
        raise _down(str(status), f"{words}.")
    raise SendError(
        "answer", f"{words}, không biết đã nhận tin hay chưa.", permanent=False, fate_unknown=True
    )


def _retry_after(response: httpx.Response) -> timedelta | None:
    """What a busy server asks for (429, or any status with the header): seconds, an hour at most."""
    said = response.headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return timedelta(seconds=min(int(said[:9]), 3600))
    return timedelta(minutes=1) if said or response.status_code == 429 else None


def _down(
    code: str, words: str, fate_unknown: bool = False, retry_after: timedelta | None = None
) -> SendError:
    return SendError(
        code,
        words,
        permanent=False,
        channel_down=True,
        fate_unknown=fate_unknown,
        retry_after=retry_after,
    )
