"""Reminders from end to end: real servers, two real processes, the real route for Zalo's receipts."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from dashboard.app import create_app
from notifications.channels.base import Channel
from notifications.channels.console import ConsoleChannel
from notifications.channels.registry import make_channel
from notifications.channels.trial import try_channels
from notifications.channels.zalo.tokens import MemoryTokenStore, Tokens
from notifications.outbox.reports import fetch_bounces
from notifications.plan_context import messaging_from
from notifications.round import Round, run_round
from plan.database import writing
from plan.settings import Settings
from tests.browser.support import Browser
from tests.conftest import PLAN_ID, at
from tests.standins import FakeImap, HandClock, SmtpFaults, SmtpSink, ZaloStandin
from tests.support.reminders import LADDER, contact_of, load, messages, person, rows, small_plan

ROOT = Path(__file__).parent.parent.parent
FRIDAY = at("2020-04-24 09:00")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(FRIDAY)


def granted(zalo: ZaloStandin) -> MemoryTokenStore:
    pair = zalo.world.grant()
    ends = zalo.world.now().replace(year=2021)
    return MemoryTokenStore(Tokens(pair["access_token"], pair["refresh_token"], ends))


def a_round(
    engine: Engine, plan_id: str, settings: Settings, clock: HandClock, tokens: MemoryTokenStore
) -> Round:
    def opened(name: str) -> Channel:
        return make_channel(name, settings, clock, tokens)

    return run_round(engine, plan_id, messaging_from(settings), opened, clock)


def zalo_settings(home: Path, zalo: ZaloStandin, **more: Any) -> Settings:
    given = {"zalo_zns_templates": {"reminder": "301"}} | zalo.settings() | more
    return Settings(home=home, _env_file=None, **given)


# --- receipts ------------------------------------------------------------------------------------


def test_receipts_reach_the_dashboards_route_and_duplicates_are_harmless(
    tmp_path: Path, clock: HandClock
) -> None:
    plan = small_plan(
        contacts=[person("a", "Lan", email="", phone="0912 345 678")],
        reminders=LADDER | {"channels": ["email", "zalo"]},
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    with ZaloStandin(clock) as zalo:
        settings = zalo_settings(tmp_path, zalo)
        browser = Browser(create_app(settings, engine, clock, real_clock=clock), "127.0.0.1")
        a_round(engine, "thu", settings, clock, granted(zalo))
        [sent] = [m for m in messages(engine) if m.state == "sent"]
        assert (sent.channel, sent.delivered_at) == ("zalo_zns", None)
        once, *again = zalo.receipts(copies=3)
        altered = once.body.replace(b'"msg_id"', b'"msg_ix"')
        forged = {"X-ZEvent-Signature": "mac=" + "0" * 64}
        for body, headers in ((once.body, {}), (once.body, forged), (altered, once.headers)):
            answer = browser.post("/zalo/webhook", content=body, headers=headers)
            assert answer.status_code == 403
        assert [m for m in messages(engine) if m.delivered_at] == []
        clock.advance(minutes=5)
        for receipt in (once, *again):
            answer = browser.post("/zalo/webhook", content=receipt.body, headers=receipt.headers)
            assert answer.status_code == 200
        [known] = [m for m in messages(engine) if m.state == "delivered"]
        assert (known.id, known.delivered_at) == (sent.id, FRIDAY)


# --- bounces -------------------------------------------------------------------------------------

DSN = """From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1

--b1
Content-Type: text/rfc822-headers

Message-ID: <{reference}@dondoc.example>

--b1--
"""


def test_a_mail_that_comes_back_marks_the_address_and_another_hears(
    tmp_path: Path, clock: HandClock
) -> None:
    """The contact's mail bounces; the head of the agency is told in their place, in the same round."""
    engine = load(tmp_path / "x.db", small_plan(), at("2020-03-02 08:00"))
    with SmtpSink(tmp_path / "mails") as sink:
        given: dict[str, Any] = {"home": tmp_path, "smtp_url": sink.url, "_env_file": None}
        a_round(engine, "thu", Settings(**given), clock, MemoryTokenStore())
        lan = next(m for m in messages(engine) if m.recipient_name == "Lan")
        returned = DSN.format(address=lan.address, reference=lan.reference).encode()
        clock.advance(minutes=10)
        with FakeImap({"7": returned}) as imap:
            settings = Settings(**given, imap_url=imap.url)
            assert try_channels(settings, lambda _: ConsoleChannel(), only="imap") == {"imap": []}
            assert fetch_bounces(engine, settings, messaging_from(settings), clock()) == 1
            assert fetch_bounces(engine, settings, messaging_from(settings), clock()) == 0
        a_round(engine, "thu", Settings(**given), clock, MemoryTokenStore())
    found = {m.recipient_name: m for m in messages(engine)}
    assert (found["Lan"].state, found["Lan"].code) == ("refused", "5.1.1")
    assert found["Chủ tịch A"].state == "sent"


@pytest.mark.parametrize("url", ["imaps://khong-phai", "imap://a:bimat@127.0.0.1:1/INBOX"])
def test_a_mailbox_that_cannot_be_read_is_told_and_stops_nothing(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    settings = Settings(home=tmp_path, imap_url=url, _env_file=None)
    assert fetch_bounces(engine, settings, messaging_from(settings), FRIDAY) == 0
    assert "DONDOC_IMAP_URL" in caplog.text
    assert "bimat" not in caplog.text
    [fault] = try_channels(settings, lambda _: ConsoleChannel(), only="imap")["imap"]
    assert "DONDOC_IMAP_URL" in fault


# --- what is personal ----------------------------------------------------------------------------


def test_nothing_personal_stands_in_any_log(
    engine: Engine, tmp_path: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A round in which much goes wrong, every logger heard at its most talkative."""
    caplog.set_level(logging.DEBUG)
    with writing(engine) as session:
        follower = contact_of(session, "Đầu mối Vân Canh")
        follower.zalo_user_id, follower.phone = "7700112233", "0912 345 678"
    gone = {
        "dau-moi@hoai-an.binhdinh.example": "550 5.1.1 dau-moi@hoai-an.binhdinh.example unknown"
    }
    faults = SmtpFaults(recipients=gone, drop_after={4})
    with (
        ZaloStandin(clock) as zalo,
        SmtpSink(tmp_path, faults=faults) as sink,
        FakeImap({}) as imap,
    ):
        zalo.fail("oa", code=-213)
        settings = zalo_settings(tmp_path, zalo, smtp_url=sink.url, imap_url=imap.url)
        tokens = granted(zalo)
        a_round(engine, PLAN_ID, settings, clock, tokens)
        clock.advance(hours=1)
        a_round(engine, PLAN_ID, settings, clock, tokens)
    secrets = [value for (value,) in rows(engine, "SELECT DISTINCT address FROM message")]
    pair = tokens.load()
    assert pair is not None
    secrets += ["345 678", "345678", "/l/", pair.access_token, pair.refresh_token]
    secrets += [zalo.world.bot_token, zalo.world.app_secret]
    said = "\n".join(
        f"{record.getMessage()} {record.exc_text or ''}"
        for record in caplog.records
        if not record.name.startswith("mail.log")  # the other side's: the SMTP server of the test
    )
    assert [m for m in messages(engine) if m.state == "refused"]
    found = [secret for secret in secrets if secret and secret in said]
    assert found == []


# --- two processes -------------------------------------------------------------------------------


def test_two_processes_at_once_send_each_message_once(engine: Engine, tmp_path: Path) -> None:
    with SmtpSink(tmp_path / "mails", faults=SmtpFaults(slow=0.01)) as sink:
        environment = os.environ | {
            "DONDOC_SMTP_URL": sink.url,
            "DONDOC_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        }
        command = [sys.executable, "-c", "from flows.cli import main; main()", "remind", "--json"]
        running = [
            subprocess.Popen(
                [*command, "--as-of", "2020-04-24T09:00+07:00"],
                env=environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        told = [json.loads(process.communicate(timeout=60)[0]) for process in running]
        arrived = Counter(message_from_bytes(m.data)["Message-ID"] for m in sink.mails)
    assert [process.returncode for process in running] == [0, 0]
    assert set(arrived.values()) == {1}
    assert sum(len(one["delivery"]["sent"]) for one in told) == len(arrived) == 17
    assert rows(engine, "SELECT DISTINCT state FROM message") == [("sent",)]
