"""Other programs are told: signed, once each, again until they take it; to a real receiver on loopback."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select, update

from flows.jobs import webhook_calls
from flows.jobs.webhook_calls import poster, tell_other_systems
from notifications import webhooks
from notifications.webhooks import (
    MOST_TRIES,
    PAUSES,
    STUCK,
    deliver,
    disable_webhook,
    make_webhook,
    queue,
)
from plan import ledger
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.ledger.audit import announce
from plan.ledger.filing import Filing
from plan.models import Webhook, WebhookDelivery
from plan.queries.lookup import find_obligation
from plan.settings import Settings
from plan.states import Actor, Role
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at

LOOPBACK = ["127.0.0.0/8"]
post = poster([ip_network(one) for one in LOOPBACK])
KEY = "khóa của bản cài đặt"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAY = at("2020-04-20 09:00")
ADMIN = Actor("Quản trị", Role.admin)


@dataclass
class Receiver:
    """Answers with `statuses` in turn, the last one ever after; keeps what it took."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.statuses.pop(0) if len(made.statuses) > 1 else made.statuses[0])
            self.send_header("location", made.url)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/nhan"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def hook_of(engine: Engine, url: str, *kinds: str) -> tuple[int, str]:
    with writing(engine) as session:
        row, secret = make_webhook(
            session,
            plan_id=PLAN_ID,
            name="Hệ thống văn bản",
            url=url,
            kinds=kinds,
            key=KEY,
            actor=ADMIN,
            now=NOW,
        )
        assert row.id is not None
        return row.id, secret


def hand_in(engine: Engine, text: str = "không có", accept: bool = False) -> None:
    with writing(engine) as session:
        key = find_obligation(session, PLAN_ID, "an-lao/district-report").id
        assert key is not None
        filing = Filing(kind="nil", received_at=DAY, payload={"reason": text})
        ledger.submit(session, key, filing, actor=CLERK, now=DAY)
        if accept:
            ledger.accept(session, key, actor=REVIEWER, now=DAY)


def states(engine: Engine) -> list[tuple[str, int]]:
    with reading(engine) as session:
        rows = session.exec(select(WebhookDelivery).order_by(WebhookDelivery.id))
        return [(row.state, row.attempts) for row in rows]


def test_what_happens_is_told_once_and_signed(engine: Engine, receiver: Receiver) -> None:
    hand_in(engine, "trước khi có webhook")
    _, secret = hook_of(engine, receiver.url, "obligation.*", "run.*")
    hand_in(engine, "sau đó", accept=True)
    assert queue(engine, NOW) == 2
    assert queue(engine, NOW) == 0
    assert deliver(engine, post, KEY, NOW)["done"] == 2
    assert deliver(engine, post, KEY, NOW)["done"] == 0
    assert [body["kind"] for body in receiver.bodies] == [
        "obligation.submitted",
        "obligation.accepted",
    ]
    assert receiver.bodies[0]["subject"] == "an-lao/district-report"
    headers, body = receiver.got[0]
    stamp, _, mac = headers["x-dondoc-signature"].partition(",v1=")
    assert stamp == f"t={int(NOW.timestamp())}"
    said = f"{stamp.removeprefix('t=')}.".encode() + body
    assert hmac.new(secret.encode(), said, "sha256").hexdigest() == mac
    assert headers["x-dondoc-delivery"] == receiver.bodies[0]["id"]


def test_only_the_kinds_asked_for_are_told_however_many_others_there_are(
    engine: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "BATCH", 1)  # ten events a look
    hook_of(engine, receiver.url, "run.*")
    for number in range(12):
        hand_in(engine, f"lần {number}")
    with writing(engine) as session:
        announce(session, plan_id=PLAN_ID, kind="run.done", subject="x#1", now=DAY, payload={})
    assert queue(engine, NOW) == 1
    assert deliver(engine, post, KEY, NOW)["done"] == 1
    assert [body["kind"] for body in receiver.bodies] == ["run.done"]


@pytest.mark.parametrize("refusal", [500, 503, 404, 301, 302])
def test_a_refusal_is_tried_again_after_growing_pauses(
    engine: Engine, receiver: Receiver, refusal: int
) -> None:
    """A redirect is one too: what is signed for one address goes to no other."""
    receiver.statuses = [refusal, refusal, 204]
    hook_of(engine, receiver.url)
    hand_in(engine)
    queue(engine, NOW)
    assert deliver(engine, post, KEY, NOW)["queued"] == 1
    assert deliver(engine, post, KEY, NOW)["queued"] == 0, "not before its pause is over"
    second = NOW + PAUSES.after(1)
    assert deliver(engine, post, KEY, second)["queued"] == 1
    assert deliver(engine, post, KEY, second + PAUSES.after(1))["done"] == 0
    assert deliver(engine, post, KEY, second + PAUSES.after(2))["done"] == 1
    assert states(engine) == [("done", 3)]
    assert len({headers["x-dondoc-delivery"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1


def test_who_never_answers_is_given_up_at_last(engine: Engine) -> None:
    hook_of(engine, "http://127.0.0.1:9/")
    hand_in(engine)
    queue(engine, NOW)
    now = NOW
    for _ in range(MOST_TRIES - 1):
        assert deliver(engine, post, KEY, now)["queued"] == 1
        now += PAUSES.longest
    assert deliver(engine, post, KEY, now)["failed"] == 1
    assert deliver(engine, post, KEY, now + timedelta(days=30)) == {
        "done": 0,
        "queued": 0,
        "failed": 0,
    }
    with reading(engine) as session:
        (line,) = webhooks.list_webhooks(session, PLAN_ID)
        assert line.counts == {"failed": 1}
        assert "unreachable" in line.last_words


def test_a_delivery_whose_process_died_is_sent_again(engine: Engine, receiver: Receiver) -> None:
    hook_of(engine, receiver.url)
    hand_in(engine)
    queue(engine, NOW)

    def dies(*_: object) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(engine, dies, KEY, NOW)
    assert deliver(engine, post, KEY, NOW + STUCK)["done"] == 0, "perhaps it is still at it"
    assert deliver(engine, post, KEY, NOW + STUCK * 2)["done"] == 1


def test_two_at_once_send_it_once(engine: Engine, receiver: Receiver) -> None:
    hook_of(engine, receiver.url)
    for number in range(6):
        hand_in(engine, f"lần {number}")
    threads = [
        threading.Thread(target=lambda: (queue(engine, NOW), deliver(engine, post, KEY, NOW)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver(engine, post, KEY, NOW)
    assert len(receiver.got) == len({body["id"] for body in receiver.bodies}) == 6


def test_a_disabled_webhook_is_told_nothing_more(engine: Engine, receiver: Receiver) -> None:
    key, _ = hook_of(engine, receiver.url)
    hand_in(engine)
    queue(engine, NOW)
    with writing(engine) as session:
        disable_webhook(session, session.get_one(Webhook, key), actor=ADMIN, now=NOW)
    assert deliver(engine, post, KEY, NOW)["failed"] == 1
    hand_in(engine, "nữa")
    assert queue(engine, NOW) == 0
    assert receiver.got == []


@pytest.mark.parametrize(
    "url", ["ftp://x/", "x", "http://", "https://user:pw@may/", "file:///etc/passwd", ""]
)
def test_an_address_that_is_none_is_refused(session: Session, url: str) -> None:
    with pytest.raises(RefusedError):
        make_webhook(
            session, plan_id=PLAN_ID, name="x", url=url, kinds=(), key=KEY, actor=ADMIN, now=NOW
        )


def test_a_virtual_clock_tells_nobody(
    engine: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_calls, "real_clock", lambda: NOW)
    hook_of(engine, receiver.url)
    with writing(engine) as session:  # under the installation's own key, as the pages make it
        sealed = webhooks.box("x" * 43, webhooks.PURPOSE).encrypt(b"s")
        session.exec(update(Webhook).values(secret=sealed))
    hand_in(engine)
    for clock, told in (("2020-01-20", 0), ("", 1)):
        settings = Settings(
            clock=clock, secret_key="x" * 43, webhook_networks=LOOPBACK, _env_file=None
        )
        tools: Any = SimpleNamespace(engine=engine, settings=settings)
        assert tell_other_systems(tools) == told
        assert len(receiver.got) == told
