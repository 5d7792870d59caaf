"""One question to Zalo over HTTP, its answer as a dict, and the line's faults as `SendError`."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from notifications.channels.base import SendError
from plan.settings import Settings

CONNECT_SECONDS = 5.0
# Answers after which the message may have been accepted behind the gateway.
_DOUBTFUL = frozenset({500, 502, 504})


@dataclass(frozen=True)
class ZaloUrls:
    """Base addresses, settings so that a stand-in can take Zalo's place."""

    oauth: str = "https://oauth.zaloapp.com"
    oa: str = "https://openapi.zalo.me"
    zns: str = "https://business.openapi.zalo.me"
    bot: str = "https://bot-api.zaloplatforms.com"

    @classmethod
    def of(cls, settings: Settings) -> ZaloUrls:
        urls = (settings.zalo_oauth_url, settings.zalo_oa_url)
        more = (settings.zalo_zns_url, settings.zalo_bot_url)
        return cls(*(url.rstrip("/") for url in (*urls, *more)))


def http_client(timeout: float, proxy: str = "", bot_token: str = "") -> httpx.Client:
    """A client with its own connections; close it. `timeout` in seconds, for each read.

    With `bot_token`, requests are written with `BOT` in place of `bot<TOKEN>`, and only the
    transport puts the token in: it stands in no request, log record or exception.
    """
    transport: httpx.BaseTransport = httpx.HTTPTransport(_trusted(), proxy=proxy or None)
    if bot_token:
        transport = _BotTransport(transport, bot_token)
    limits = httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
    return httpx.Client(transport=transport, timeout=limits, trust_env=False)


@cache
def _trusted() -> ssl.SSLContext:
    """Built once a process: reading the authorities takes 20 ms."""
    return httpx.create_ssl_context()


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


def ask(http: httpx.Client, method: str, url: str, **given: Any) -> dict[str, Any]:
    """Zalo's answer, refusals included: they come as HTTP 200 (or 4xx for the Bot) with JSON.

    Raises `SendError`: `channel_down` when there is no way to Zalo or it answers 5xx;
    `fate_unknown` when the line broke after the question may have arrived.
    """
    try:
        response = http.request(method, url, **given)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise _down("refused", "Không nối được máy chủ Zalo.") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError):
        raise _down("url", "Địa chỉ hoặc khóa Zalo trong cài đặt viết sai.") from None
    except httpx.ProxyError:
        raise _down("proxy", "Proxy không cho ra Zalo; xem DONDOC_ZALO_PROXY.") from None
    except httpx.TransportError:
        words = "Mất kết nối với Zalo khi chờ trả lời, không biết đã nhận tin hay chưa."
        raise SendError("dropped", words, permanent=False, fate_unknown=True) from None
    return _answer(response)


def _answer(response: httpx.Response) -> dict[str, Any]:
    status = response.status_code
    if status >= 500:
        doubtful = status in _DOUBTFUL
        raise _down(str(status), f"Máy chủ Zalo gặp lỗi (HTTP {status}).", doubtful)
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not ({"error", "ok", "access_token"} & answer.keys()):
        raise _down(str(status), f"Máy chủ Zalo trả lời không đúng dạng (HTTP {status}).")
    return answer


def _down(code: str, words: str, fate_unknown: bool = False) -> SendError:
    return SendError(code, words, permanent=False, channel_down=True, fate_unknown=fate_unknown)
