"""The client webhooks are sent by: where it may go, how long it takes, whom it waits for."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from flows.jobs.webhook_calls import allowed, poster
from notifications import webhooks
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.ledger import audit
from plan.models import Webhook, WebhookDelivery
from tests.browser.support import SYSTEM
from tests.conftest import PLAN_ID

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


@contextmanager
def server(answer: bytes, drip: float = 0.0) -> Iterator[str]:
    """A receiver that says this, byte by byte where it drips."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                with suppress(OSError):
                    line, _ = listening.accept()
                    with line:
                        line.recv(65536)
                        for byte in answer if drip else [answer]:
                            line.sendall(bytes([byte]) if isinstance(byte, int) else byte)
                            if stop.wait(drip):
                                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/nhan"
        stop.set()
        with suppress(OSError):
            socket.create_connection(listening.getsockname(), 1).close()
        thread.join(5)


OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.mark.parametrize(
    ("address", "good"),
    [("8.8.8.8", True), ("10.1.2.3", False), ("127.0.0.1", False), ("169.254.169.254", False),
     ("192.168.1.1", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
     ("::1", False), ("fe80::1", False), ("fc00::1", False), ("::ffff:10.0.0.1", False),
     ("2001:4860:4860::8888", True), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
     ("2002:808:808::", True), ("::10.0.0.1", False), ("fec0::1", False)],
)  # fmt: skip
def test_only_public_addresses_are_spoken_to(address: str, good: bool) -> None:
    assert allowed(address, []) is good
    assert allowed(address, [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")])


def test_an_inside_address_is_not_connected_to_unless_named() -> None:
    with server(OK) as url:
        with pytest.raises(OSError, match="địa chỉ nội bộ"):
            poster()(url, b"{}", {})
        assert poster(LOOPBACK)(url, b"{}", {}) == 204


def test_a_name_is_judged_by_where_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was looked at is what is connected to, whatever the name says the second time."""
    with server(OK) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        answers = [("8.8.8.8", port), ("127.0.0.1", port)]
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", a) for a in answers]
        )
        with pytest.raises(OSError, match="địa chỉ nội bộ"):
            poster()(f"http://attacker.example:{port}/", b"{}", {})


def test_no_redirect_is_followed() -> None:
    with (
        server(OK) as inner,
        server(f"HTTP/1.1 302 Found\r\nLocation: {inner}\r\n\r\n".encode()) as url,
    ):
        assert poster(LOOPBACK)(url, b"{}", {}) == 302


@pytest.mark.timeout(60)  # the whole answer would take two minutes
@pytest.mark.parametrize("answer", [OK * 50, b"\x00" * 500])
def test_a_drip_of_bytes_ends_with_the_deadline(answer: bytes) -> None:
    dripping = server(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2000 + answer, drip=0.05)
    with dripping as url, pytest.raises(OSError, match=r"quá lâu|timed out"):
        poster(LOOPBACK, seconds=1.0)(url, b"{}", {})


def test_what_is_no_http_is_an_error_like_another() -> None:
    with server(b"220 smtp.example ESMTP\r\n") as url, pytest.raises(OSError, match="HTTP"):
        poster(LOOPBACK)(url, b"{}", {})


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "http://a:b/", "http://a:99999/", "http://a b/", "ftp://a/", "http:///x",
     "https://u:p@a/", "https://ví-dụ/đường", "http://a\nb/", "https://" + "a" * 300 + "/", "http://a:0/"],
)  # fmt: skip
def test_an_address_that_cannot_be_is_not_kept(loaded: Engine, url: str) -> None:
    with writing(loaded) as session, pytest.raises(RefusedError):
        make(session, url)


def make(session: object, url: str, name: str = "x") -> Webhook:
    return webhooks.make_webhook(
        session, plan_id=PLAN_ID, name=name, url=url, kinds=[], key="khóa", actor=SYSTEM, now=NOW
    )[0]  # type: ignore[arg-type]


def test_one_bad_receiver_stops_no_other_and_its_attempts_count(loaded: Engine) -> None:
    with writing(loaded) as session:
        make(session, "http://bad.example/", "bad")
        make(session, "http://good.example/", "good")
        for number in range(150):
            audit.announce(session, plan_id=PLAN_ID, kind="run.done", subject=str(number), now=NOW)
    webhooks.queue(loaded, NOW)
    asked: list[str] = []

    def post(url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
        asked.append(url)
        if "bad" in url:
            raise ZeroDivisionError  # nothing anybody thought of
        return 200

    done = webhooks.deliver(loaded, post, "khóa", NOW)
    assert (done["done"], done["queued"]) == (100, 1)
    assert asked.count("http://bad.example/") == 1, "it costs one attempt a sweep"
    with reading(loaded) as session:
        bad = session.exec(select(WebhookDelivery).where(WebhookDelivery.code == "fault")).one()
    assert (bad.state, bad.attempts, bad.words) == ("queued", 1, "ZeroDivisionError")
