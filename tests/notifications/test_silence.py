"""An address that takes nothing is left alone: for good, or for a while; others hear meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from notifications.channels.mail.bounces import Bounce, parse_dsn
from notifications.channels.mail.connection import refusal
from notifications.channels.zalo.receipts import FollowerEvent
from notifications.outbox.reports import mark_delivered, note_bounce, note_follower
from notifications.round import run_round
from notifications.silence import lift, lift_expired, silence
from plan.database import reading, writing
from plan.models import BadAddress
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import DESK, FRIDAY, refusing
from tests.support.reminders import LADDER, ToldChannels, load, messages, person, rows, small_plan

DSN = b"""\
From: MAILER-DAEMON@mx.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; lan@a.example
Action: failed
Status: STATUS

--b
Content-Type: text/rfc822-headers

Message-ID: <REFERENCE@dondoc.example>

--b--
"""


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(FRIDAY))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    contacts = [person("a", "Lan"), person("a", "Chủ tịch A", is_head=True)]
    return load(tmp_path / "x.db", small_plan(contacts=contacts), at("2020-03-02 08:00"))


def bounced(engine: Engine, clock: HandClock, status: str) -> None:
    """Lan's reminder leaves and comes back; then the next round."""
    run_round(engine, "thu", DESK, ToldChannels(), clock)
    [mail] = messages(engine)
    raw = DSN.replace(b"STATUS", status.encode()).replace(b"REFERENCE", mail.reference.encode())
    [bounce] = parse_dsn(raw)
    assert note_bounce(engine, DESK, bounce, clock())
    run_round(engine, "thu", DESK, ToldChannels(), clock)


def silent_until(engine: Engine) -> list[object]:
    with reading(engine) as session:
        return list(session.exec(select(BadAddress.until)))


@pytest.mark.parametrize("status", ["4.4.7", "4.2.2", "5.2.2", "5.7.1", "5.1.1", "5.0.0"])
def test_failed_is_final_whatever_its_status(engine: Engine, clock: HandClock, status: str) -> None:
    """RFC 3464: given up. The agency's head hears instead."""
    bounced(engine, clock, status)
    told = [(m.recipient_name, m.state) for m in messages(engine)]
    assert told == [("Lan", "refused"), ("Chủ tịch A", "sent")]


@pytest.mark.parametrize(
    ("status", "days"), [("4.4.7", 1), ("5.2.2", 1), ("5.7.1", 1), ("5.1.1", None)]
)
def test_only_a_mailbox_that_is_not_there_is_silent_for_good(
    engine: Engine, clock: HandClock, status: str, days: int | None
) -> None:
    bounced(engine, clock, status)
    assert silent_until(engine) == [clock() + timedelta(days=days) if days else None]


def test_delayed_is_no_end(engine: Engine, clock: HandClock) -> None:
    run_round(engine, "thu", DESK, ToldChannels(), clock)
    [mail] = messages(engine)
    late = Bounce("lan@a.example", "4.4.1", "delayed", f"<{mail.reference}@dondoc.example>")
    assert not note_bounce(engine, DESK, late, clock())


def test_the_next_rung_after_the_pause_is_the_persons_own(engine: Engine, clock: HandClock) -> None:
    bounced(engine, clock, "5.2.2")
    clock.at = at("2020-04-28 09:00")
    run_round(engine, "thu", DESK, ToldChannels(), clock)
    assert messages(engine)[-1].recipient_name == "Lan"
    assert silent_until(engine) == []


def test_who_was_out_of_reach_hears_what_was_missed(tmp_path: Path, clock: HandClock) -> None:
    """Nobody else in the agency: the rung counts as not told until the address works again."""
    plan = small_plan(contacts=[person("a", "Lan")])
    engine = load(tmp_path / "one.db", plan, at("2020-03-02 08:00"))
    run_round(engine, "thu", DESK, ToldChannels(email=refusing("5.7.1", permanent=True)), clock)
    assert rows(engine, "SELECT count(*) FROM rung_claim") == [(0,)]
    clock.advance(minutes=61)
    run_round(engine, "thu", DESK, ToldChannels(), clock)
    assert [m.state for m in messages(engine)] == ["refused", "sent"]


def test_a_longer_silence_stands(engine: Engine, clock: HandClock) -> None:
    now = clock()
    with writing(engine) as session:
        silence(session, "email", "x@a.example", "5.1.1", "", now)
        silence(session, "email", "x@a.example", "5.2.2", "", now, timedelta(hours=1))
    assert silent_until(engine) == [None]
    assert lift_expired(engine, now + timedelta(days=9)) == 0
    with writing(engine) as session:
        lift(session, [("email", "x@a.example")], now)
    assert silent_until(engine) == []


@pytest.mark.parametrize(
    ("code", "reply", "dead"),
    [
        (550, b"5.1.1 no such user", True),
        (550, b"no such user", True),
        (550, b"5.7.1 content rejected", False),
        (552, b"5.2.2 mailbox full", False),
        (550, b"5.2.2 over quota", False),
    ],
)
def test_a_refusal_says_whether_the_mailbox_is_there(code: int, reply: bytes, dead: bool) -> None:
    error = refusal("rcpt", code, reply)
    assert error.permanent
    assert error.address_dead is dead
    assert (error.silent_for is None) is dead


# --- what Zalo reports ---------------------------------------------------------------------------


def test_a_receipt_by_our_reference_when_the_answer_was_lost(
    tmp_path: Path, clock: HandClock
) -> None:
    """Accepted, the answer lost, the receipt signed: delivered, and no second copy."""
    plan = small_plan(
        contacts=[person("a", "Lan", phone="0912345678")],
        reminders=LADDER | {"channels": ["zalo_zns", "email"]},
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    lost = ToldChannels(zalo_zns=refusing("dropped", permanent=False, fate_unknown=True))
    run_round(engine, "thu", DESK, lost, clock)
    [first] = messages(engine)
    assert (first.state, first.maybe_twice) == ("failed", True)
    assert mark_delivered(engine, "m1", clock(), first.reference)
    assert not mark_delivered(engine, "m1", clock(), first.reference)
    clock.advance(minutes=90)
    run_round(engine, "thu", DESK, ToldChannels(), clock)
    assert [(m.state, m.provider_id) for m in messages(engine)] == [("delivered", "m1")]


def test_following_again_lifts_the_silence_and_brings_the_user_id(
    tmp_path: Path, clock: HandClock
) -> None:
    plan = small_plan(
        contacts=[person("a", "Lan", email="", phone="912 345 678")],
        reminders=LADDER | {"channels": ["zalo_oa"]},
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    run_round(engine, "thu", DESK, ToldChannels(), clock)
    assert messages(engine) == []
    clock.advance(minutes=5)
    shared = FollowerEvent("shared", "77", clock(), "Lan", "84912345678")
    note_follower(engine, shared)
    run_round(engine, "thu", DESK, ToldChannels(), clock)
    assert [(m.channel, m.address, m.state) for m in messages(engine)] == [
        ("zalo_oa", "77", "sent")
    ]
    note_follower(engine, FollowerEvent("unfollow", "77", clock()))
    assert silent_until(engine) == [None]
    note_follower(engine, FollowerEvent("follow", "77", clock()))
    assert silent_until(engine) == []


def test_a_phone_of_two_people_names_nobody(tmp_path: Path, clock: HandClock) -> None:
    contacts = [person("a", name, phone="0912345678") for name in ("Lan", "Minh")]
    engine = load(tmp_path / "x.db", small_plan(contacts=contacts), at("2020-03-02 08:00"))
    note_follower(engine, FollowerEvent("shared", "77", clock(), "?", "84912345678"))
    assert rows(engine, "SELECT DISTINCT zalo_user_id FROM contact") == [("",)]
