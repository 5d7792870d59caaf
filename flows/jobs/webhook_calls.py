"""Telling other programs through webhooks: the dashboard's queue, and the HTTP client it is handed.

Whoever may add a webhook names an address that this machine then speaks to. So the name is
resolved here, what it resolves to is looked at, and exactly that is connected to: a name that
leads elsewhere the second time leads nowhere. Addresses inside (private, loopback, link-local)
only where a setting names their network.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import httpcore

from flows.clock import real_clock
from flows.runtime import RoundTools
from notifications import webhooks
from plan.keys.secret import secret_key

SECONDS = 15.0
"""For all of it: resolving apart, from connecting to the last byte of the answer's head."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowedError(OSError):
    """The address lies inside, where no setting lets a webhook go."""


def tell_other_systems(tools: RoundTools) -> int:
    """Queue and send what is due; gives how many were taken. Nothing leaves on a virtual clock.

    In real time: a receiver judges a signature's age by its own clock.
    """
    if tools.settings.clock:
        return 0
    now = real_clock()
    webhooks.queue(tools.engine, now)
    post = poster([ipaddress.ip_network(one) for one in tools.settings.webhook_networks])
    done = webhooks.deliver(tools.engine, post, secret_key(tools.settings), now)
    return done["done"]


def poster(inside: Sequence[Network] = (), seconds: float = SECONDS) -> webhooks.Post:
    """A POST that gives the status: follows no redirect, reads no body, ends within `seconds`. `inside`:
    networks that may be spoken to though they are not public. OSError when nobody answers in time."""

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        ends = time.monotonic() + seconds
        backend = _Backend(inside, ends)
        with httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=backend
        ) as pool:
            try:
                with pool.stream(
                    "POST", url, headers=[(k, v) for k, v in headers.items()], content=body
                ) as answer:
                    return answer.status
            except (httpcore.TimeoutException, httpcore.NetworkError) as error:
                raise OSError(str(error) or type(error).__name__) from error
            except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
                raise OSError(f"trả lời không phải HTTP ({type(error).__name__})") from error

    return post


_TRANSLATED = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "::/96", "fec0::/10"))
)
"""NAT64, Teredo, IPv4-compatible (RFC 6052, 4380, 4291 2.5.5.1) and site-local (RFC 3879)."""


def allowed(address: str, inside: Iterable[Network]) -> bool:
    """Whether a webhook may speak to this IP address. An IPv4 address within an IPv6 one is judged as what
    it leads to, where it is known how it stands there (mapped, 6to4); else such an address is refused."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    leads_elsewhere = any(ip.version == net.version and ip in net for net in _TRANSLATED)
    public = ip.is_global and not ip.is_multicast and not leads_elsewhere
    return public or any(ip.version == net.version and ip in net for net in inside)


class _Backend(httpcore.SyncBackend):
    """Connects only to what it has looked at, and until the deadline only."""

    def __init__(self, inside: Sequence[Network], ends: float) -> None:
        self._inside, self._ends = inside, ends

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"không tìm thấy máy {host}") from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not all(allowed(one, self._inside) for one in addresses):
            raise NotAllowedError(
                f"{host} là địa chỉ nội bộ ({', '.join(addresses)}); cần DONDOC_WEBHOOK_NETWORKS"
            )
        opened = super().connect_tcp(addresses[0], port, timeout=_left(self._ends))
        return _Bounded(opened, self._ends)


class _Bounded(httpcore.NetworkStream):
    """A stream whose every step counts against one deadline: a drip of bytes does not renew it."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._ends, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._ends, timeout)
        secure = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Bounded(secure, self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends: float, timeout: float | None = None) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("quá lâu không trả lời xong")
    return left if timeout is None else min(left, timeout)
