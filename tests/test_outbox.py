"""Delivery: recorded once, retried, refused, handed to the next channel, never lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from notifications import outbox_rows
from notifications.alarms import tell_of_channels, tell_of_unreachable
from notifications.book import Desk
from notifications.channels.base import Outgoing, SendError
from notifications.channels.bounces import Bounce
from notifications.channels.registry import make_channel
from notifications.outbox import DeliveryResult, deliver
from notifications.outbox_rows import LEASE
from notifications.outbox_view import list_messages, retry, show_message
from notifications.receipts import mark_delivered, note_bounce
from notifications.reminding import remind
from notifications.retrying import MOST_ATTEMPTS, retry_delay
from notifications.tick import tick
from plan import ledger
from plan.database import open_engine, reading, writing
from plan.errors import RefusedError
from plan.filing import Filing
from plan.lookup import find_obligation
from plan.models import BadAddress, Plan
from plan.settings import Settings
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.reminders import (
    LADDER,
    ToldChannels,
    load,
    make_desk,
    messages,
    person,
    rows,
    small_plan,
)
from tests.standins import HandClock, SmtpFaults, SmtpSink

DESK = make_desk(available=frozenset({"email", "zalo_oa", "zalo_zns"}))
FRIDAY = "2020-04-24 09:00"
CLERK = Actor("Lan", Role.agency, frozenset({"a", "b", "so"}))
OFFICE = Actor("Bình", Role.coordinator)


@pytest.fixture
def small(tmp_path: Path) -> Engine:
    return load(tmp_path / "small.db", small_plan(), at("2020-03-02 08:00"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(FRIDAY))


def send(engine: Engine, channels: ToldChannels, clock: HandClock) -> DeliveryResult:
    return deliver(engine, DESK, channels, clock)


def queued(engine: Engine, clock: HandClock, plan: str = "thu") -> None:
    tick(engine, plan, clock(), DESK)


def states(engine: Engine) -> dict[str, str]:
    return {message.recipient_name: message.state for message in messages(engine)}


def refusing(code: str = "550", **how: object) -> Callable[[Outgoing], None]:
    def answer(_outgoing: Outgoing) -> None:
        raise SendError(code, "không nhận", **({"permanent": True} | how))  # type: ignore[arg-type]

    return answer


def only(
    name: str, engine: Engine, answer: Callable[[Outgoing], None]
) -> Callable[[Outgoing], None]:
    """The answer for one person's messages; others are taken."""
    wanted = {m.reference for m in messages(engine) if m.recipient_name == name}

    def told(outgoing: Outgoing) -> None:
        if outgoing.reference in wanted:
            answer(outgoing)

    return told


def change_policy(session: Session, old: str, new: str) -> None:
    """Another reminder policy, without loading the plan again."""
    plan = session.exec(select(Plan)).one()
    assert old in plan.definition
    plan.definition, plan.definition_hash = plan.definition.replace(old, new), "x"
    session.add(plan)


# --- the ordinary way ----------------------------------------------------------------------------


def test_what_is_queued_is_sent_once_and_recorded(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    channels = ToldChannels()
    result = send(small, channels, clock)
    assert len(result.sent) == len(channels.taken) == 3
    assert set(states(small).values()) == {"sent"}
    assert send(small, channels, clock).sent == []
    assert len(channels.taken) == 3
    found = rows(small, "SELECT outcome, provider_id FROM attempt")
    assert {outcome for outcome, _ in found} == {"accepted"}
    assert all(provider.startswith("id-dd-") for _, provider in found)


def test_the_mail_is_dated_by_the_clock_given(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    channels = ToldChannels()
    send(small, channels, clock)
    assert {outgoing.date for outgoing in channels.taken} == {at(FRIDAY)}


def test_nothing_leaves_at_lunch_or_at_night(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    clock.at = at("2020-04-24 11:30")
    channels = ToldChannels()
    assert send(small, channels, clock).tried == 0
    again = rows(small, "SELECT DISTINCT next_attempt_at FROM message")
    assert [str(when)[:16] for (when,) in again] == ["2020-04-24 06:30"]
    clock.at = at("2020-04-24 13:30")
    assert len(send(small, channels, clock).sent) == 3


def test_a_limit_is_kept(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    result = deliver(small, DESK, ToldChannels(), clock, limit=2)
    assert len(result.sent) == 2
    assert Counter(m.state for m in messages(small)) == {"sent": 2, "queued": 1}


def test_the_pace_is_kept(small: Engine, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    queued(small, clock)
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    deliver(small, DESK, ToldChannels(), clock, pace={"email": 2.0})
    assert len(waits) == 2
    assert all(0.3 < wait <= 0.5 for wait in waits)


def test_two_deliveries_at_once_send_each_message_once(loaded: Engine) -> None:
    clock = HandClock(at("2020-05-08 09:00"))
    tick(loaded, PLAN_ID, clock(), DESK)
    channels, gate = ToldChannels(), threading.Barrier(2)

    def one() -> None:
        own = open_engine(loaded.url.render_as_string(hide_password=False))
        gate.wait()
        deliver(own, DESK, channels, clock)
        own.dispose()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = Counter(outgoing.reference for outgoing in channels.taken)
    assert len(taken) == len(messages(loaded))
    assert set(taken.values()) == {1}


# --- last look -----------------------------------------------------------------------------------


def submit(engine: Engine, name: str, when: datetime) -> None:
    with writing(engine) as session:
        key = find_obligation(session, "thu", name).id
        filing = Filing(kind="duty", received_at=when, payload={"lúc": str(when)})
        ledger.submit(session, key, filing, actor=CLERK, now=when)


def test_what_was_settled_meanwhile_is_not_reminded_of(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    submit(small, "so/bc", clock())
    submit(small, "a/bc", clock())
    channels = ToldChannels()
    result = send(small, channels, clock)
    assert states(small)["Đầu mối"] == "cancelled"
    assert len(result.cancelled) == 1
    text = next(o.text for o in channels.taken if "UBND huyện A" in o.text)
    assert "Báo cáo tổng kết" not in text
    assert "Biểu số liệu" in text


def test_words_of_yesterday_are_written_anew(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    clock.at = at("2020-04-27 08:00")
    channels = ToldChannels()
    send(small, channels, clock)
    subjects = {outgoing.subject for outgoing in channels.taken}
    assert all("Còn 2 ngày làm việc" in s or "còn 2 ngày làm việc" in s for s in subjects)
    assert {m.reference for m in messages(small)} == set(channels("email").references)


def test_an_address_no_longer_used_is_not_written_to(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    with writing(small) as session:
        session.connection().exec_driver_sql(
            "UPDATE contact SET email='moi@a.example' WHERE name='Lan'"
        )
    channels = ToldChannels()
    send(small, channels, clock)
    queued(small, clock)
    send(small, channels, clock)
    addresses = [outgoing.address for outgoing in channels.taken]
    assert "moi@a.example" in addresses
    assert len(addresses) == 3


# --- trouble -------------------------------------------------------------------------------------


def test_a_temporary_refusal_is_tried_again_later(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    answer = only("Lan", small, refusing("451", permanent=False))
    channels = ToldChannels(email=answer)
    result = send(small, channels, clock)
    assert (len(result.sent), len(result.failed)) == (2, 1)
    assert send(small, channels, clock).tried == 0
    clock.advance(minutes=2)
    channels("email").answer = lambda _outgoing: None
    assert len(send(small, channels, clock).sent) == 1
    tried = [o.reference for o in channels("email").tried]
    assert Counter(tried).most_common(1)[0][1] == 2


def test_retries_grow_and_end(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    channels = ToldChannels(email=refusing("451", permanent=False))
    for _ in range(MOST_ATTEMPTS + 3):
        send(small, channels, clock)
        # The next rung would be another message; only this one's retries are looked at.
        [(when,)] = rows(small, "SELECT max(next_attempt_at) FROM message WHERE state='failed'")
        if when is None:
            break
        clock.at = datetime.fromisoformat(f"{when}+00:00")
    attempts = rows(small, "SELECT message_id, count(*) FROM attempt GROUP BY 1")
    assert {count for _, count in attempts} <= {MOST_ATTEMPTS}
    assert {m.state for m in messages(small)} == {"refused"}


def test_retry_delays_double_and_are_spread() -> None:
    delays = [retry_delay(n, "dd-x") for n in range(1, 12)]
    assert delays == [retry_delay(n, "dd-x") for n in range(1, 12)]
    assert timedelta(seconds=48) <= delays[0] <= timedelta(seconds=72)
    assert all(delay <= timedelta(hours=2) * 1.2 for delay in delays)
    assert len({retry_delay(3, f"dd-{n}") for n in range(50)}) == 50


def test_one_that_is_refused_does_not_sink_the_others(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    answer = only("Lan", small, refusing("5.1.1", address_dead=True))
    result = send(small, ToldChannels(email=answer), clock)
    assert (len(result.sent), len(result.refused)) == (2, 1)
    [(channel, code)] = rows(small, "SELECT channel, code FROM bad_address")
    assert (channel, code) == ("email", "5.1.1")


def test_a_fault_of_ours_is_recorded_without_personal_words(
    small: Engine, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    queued(small, clock)

    def broken(outgoing: Outgoing) -> None:
        raise KeyError(outgoing.address)

    result = send(small, ToldChannels(email=broken), clock)
    assert len(result.failed) == 3
    assert "@" not in caplog.text
    assert {m.code for m in messages(small)} == {"internal"}


# --- the next channel ----------------------------------------------------------------------------


@pytest.fixture
def two_ways(tmp_path: Path) -> Engine:
    plan = small_plan(
        contacts=[person("a", "Lan", zalo_user_id="7"), person("a", "Chủ tịch A", is_head=True)],
        reminders=LADDER | {"channels": ["email", "zalo"]},
    )
    return load(tmp_path / "two.db", plan, at("2020-03-02 08:00"))


def test_refused_for_good_goes_to_the_next_channel_at_once(
    two_ways: Engine, clock: HandClock
) -> None:
    queued(two_ways, clock)
    channels = ToldChannels(email=refusing("550", address_dead=True))
    result = send(two_ways, channels, clock)
    mail, zalo = messages(two_ways)
    assert (mail.state, zalo.state, zalo.channel) == ("refused", "sent", "zalo_oa")
    assert zalo.fallback_of == mail.id
    assert "Chuyển sang kênh zalo_oa" in mail.words
    assert result.fallbacks == [zalo.id]
    [outgoing] = channels("zalo_oa").taken
    assert outgoing.short_text
    claims = rows(
        two_ways, "SELECT channel, message_id, count(*) FROM rung_claim GROUP BY 1, 2 ORDER BY 1"
    )
    assert claims == [("email", mail.id, 4), ("zalo_oa", zalo.id, 4)]
    queued(two_ways, clock)
    assert len(messages(two_ways)) == 2


def test_the_next_rung_takes_the_good_channel(two_ways: Engine, clock: HandClock) -> None:
    queued(two_ways, clock)
    channels = ToldChannels(email=refusing("550", address_dead=True))
    send(two_ways, channels, clock)
    clock.at = at("2020-04-28 09:00")
    queued(two_ways, clock)
    assert messages(two_ways)[-1].channel == "zalo_oa"


def test_when_all_ways_are_closed_another_of_the_agency_hears(
    two_ways: Engine, clock: HandClock
) -> None:
    queued(two_ways, clock)
    dead = refusing("550", address_dead=True)
    channels = ToldChannels(
        email=only("Lan", two_ways, dead), zalo_oa=refusing("-213", address_dead=True)
    )
    done = remind(two_ways, "thu", DESK, channels, clock)
    assert len(done.delivery.refused) == 2
    [last] = [m for m in messages(two_ways) if m.state == "sent"]
    assert last.recipient_name == "Chủ tịch A"
    assert last.event == "reminder"


def test_for_now_is_not_for_ever(two_ways: Engine, clock: HandClock) -> None:
    """No interaction in 7 days: the next channel now, but the address stays good."""
    with writing(two_ways) as session:
        session.connection().exec_driver_sql(
            'UPDATE plan SET definition = replace(definition, \'["email","zalo"]\', \'["zalo","email"]\'), '
            "definition_hash = 'x'"
        )
    queued(two_ways, clock)
    channels = ToldChannels(zalo_oa=refusing("-230", address_dead=True, for_now=True))
    send(two_ways, channels, clock)
    assert [m.channel for m in messages(two_ways)] == ["zalo_oa", "email"]
    assert rows(two_ways, "SELECT * FROM bad_address") == []


def test_a_copy_refused_needs_no_successor(tmp_path: Path, clock: HandClock) -> None:
    plan = small_plan(
        contacts=[person("a", "Lan", zalo_user_id="7")], reminders=LADDER | {"also": ["zalo"]}
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    queued(engine, clock)
    result = send(engine, ToldChannels(zalo_oa=refusing("-213", address_dead=True)), clock)
    assert (len(result.sent), len(result.refused), result.fallbacks) == (1, 1, [])


def test_a_copy_already_there_is_enough(tmp_path: Path, clock: HandClock) -> None:
    plan = small_plan(
        contacts=[person("a", "Lan", zalo_user_id="7")], reminders=LADDER | {"also": ["zalo"]}
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    queued(engine, clock)
    channels = ToldChannels(email=refusing("550", address_dead=True))
    result = send(engine, channels, clock)
    assert result.fallbacks == []
    assert len(channels("zalo_oa").taken) == 1
    assert "đã có bản trên kênh khác" in messages(engine)[0].words


def test_confidential_has_no_next_channel_but_mail(tmp_path: Path, clock: HandClock) -> None:
    part = {"id": "bc", "title": "Mật", "milestone": "m", "kind": "report", "owners": ["a"]}
    plan = small_plan(
        deliverables=[part | {"confidential": True}],
        contacts=[person("a", "Lan", zalo_user_id="7")],
        reminders=LADDER | {"channels": ["email", "zalo"]},
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    queued(engine, clock)
    channels = ToldChannels(email=refusing("550", address_dead=True))
    assert send(engine, channels, clock).fallbacks == []
    assert "zalo_oa" not in channels.channels


# --- a channel that is down ----------------------------------------------------------------------


def test_a_channel_down_is_left_alone_and_others_go_on(tmp_path: Path, clock: HandClock) -> None:
    plan = small_plan(
        contacts=[person("a", "Lan", zalo_user_id="7"), person("b", "Minh", zalo_user_id="8")],
        reminders=LADDER | {"also": ["zalo"]},
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    queued(engine, clock)
    down = refusing("-321", permanent=False, channel_down=True)
    channels = ToldChannels(zalo_oa=down)
    result = send(engine, channels, clock)
    assert len(result.sent) == 2
    assert result.held == {"zalo_oa": "không nhận"}
    assert len(channels("zalo_oa").tried) == 1
    assert send(engine, channels, clock).tried == 0
    assert len(channels("zalo_oa").tried) == 1


def test_pauses_grow_and_people_are_told_after_an_hour(small: Engine, clock: HandClock) -> None:
    with writing(small) as session:
        session.connection().exec_driver_sql(
            "UPDATE contact SET zalo_user_id='9' WHERE name='Đầu mối'"
        )
        change_policy(session, '"also":[]', '"also":["zalo"]')
    queued(small, clock)
    channels = ToldChannels(email=refusing("timeout", permanent=False, channel_down=True))
    tries = []
    for _ in range(80):
        before = len(channels("email").tried)
        send(small, channels, clock)
        tries += [clock()] if len(channels("email").tried) > before else []
        clock.advance(minutes=1)
    gaps = [round((b - a).total_seconds() / 60) for a, b in pairwise(tries)]
    assert gaps == [1, 2, 4, 8, 16, 30]
    alarms = [m for m in messages(small) if m.event == "alarm"]
    assert [(m.channel, m.recipient_name, m.state) for m in alarms] == [
        ("zalo_oa", "Đầu mối", "sent")
    ]
    assert "Kênh Thư điện tử không gửi được" in channels("zalo_oa").taken[-1].short_text.replace(
        "kênh", "Kênh"
    )
    assert tell_of_channels(small, DESK, clock()) == []
    channels("email").answer = lambda _o: None
    clock.advance(minutes=30)
    assert len(send(small, channels, clock).sent) == 3
    assert rows(small, "SELECT * FROM channel_state") == []


def test_a_channel_that_is_not_set_up_is_said_so(
    small: Engine, clock: HandClock, tmp_path: Path
) -> None:
    queued(small, clock)
    settings = Settings(home=tmp_path)
    result = deliver(small, DESK, lambda name: make_channel(name, settings, clock), clock)
    assert "DONDOC_SMTP_URL" in result.held["email"]
    assert {m.state for m in messages(small)} == {"queued"}


def test_downtime_merges_what_waited(small: Engine, clock: HandClock) -> None:
    """Three days without a mail server: one message a person when it is back, in today's words."""
    down = ToldChannels(email=refusing("dropped", permanent=False, channel_down=True))
    for day in ("2020-04-24", "2020-04-27", "2020-04-28"):
        clock.at = at(f"{day} 09:00")
        remind(small, "thu", DESK, down, clock)
    clock.at = at("2020-04-29 09:00")
    channels = ToldChannels()
    remind(small, "thu", DESK, channels, clock)
    assert len(channels.taken) == 3
    assert all("ngày cuối" in outgoing.subject for outgoing in channels.taken)


# --- killed --------------------------------------------------------------------------------------


class _Killed(BaseException):
    """Stands for SIGKILL: nothing of ours runs after it."""


@pytest.fixture
def no_give_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_rows, "give_back", lambda *_args: None)


@pytest.mark.usefixtures("no_give_back")
def test_what_a_dead_sender_held_is_sent_again_and_marked(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    channels = ToldChannels()

    def die_at_second(outgoing: Outgoing) -> None:
        if len(channels("email").taken) == 1:
            channels("email").taken.append(outgoing)  # the server had it, we never heard
            raise _Killed

    channels("email").answer = die_at_second
    with pytest.raises(_Killed):
        send(small, channels, clock)
    assert Counter(m.state for m in messages(small)) == {"sent": 1, "sending": 2}
    clock.advance(seconds=60)
    assert send(small, channels, clock).tried == 0
    clock.advance(seconds=LEASE.total_seconds())
    channels("email").answer = lambda _o: None
    result = send(small, channels, clock)
    assert len(result.unknown) == len(result.sent) == 2
    counts = Counter(channels("email").references)
    assert sorted(counts.values()) == [1, 1, 2]
    marked = {m.reference for m in messages(small) if m.maybe_twice}
    assert {reference for reference, count in counts.items() if count > 1} <= marked


def test_an_interrupted_delivery_gives_back_what_it_held(small: Engine, clock: HandClock) -> None:
    queued(small, clock)

    def stop(_outgoing: Outgoing) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(small, ToldChannels(email=stop), clock)
    assert {m.state for m in messages(small)} == {"queued"}
    assert not any(m.maybe_twice for m in messages(small))


def test_a_slow_sender_keeps_its_claim(small: Engine, clock: HandClock) -> None:
    """Each message takes a minute and a half: another process never takes the sender for dead."""
    queued(small, clock)
    others: list[int] = []

    def slow(_outgoing: Outgoing) -> None:
        clock.advance(seconds=90)
        others.extend(outbox_rows.replay_stuck(small, clock()))

    result = send(small, ToldChannels(email=slow), clock)
    assert len(result.sent) == 3
    assert others == []


def test_a_broken_line_after_the_text_leaves_doubt(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    doubt = refusing("dropped", permanent=False, fate_unknown=True)
    result = send(small, ToldChannels(email=only("Lan", small, doubt)), clock)
    assert len(result.failed) == 1
    lan = next(m for m in messages(small) if m.recipient_name == "Lan")
    assert (lan.state, lan.maybe_twice) == ("failed", True)
    assert ("unknown",) in rows(small, "SELECT outcome FROM attempt")


# --- what comes back -----------------------------------------------------------------------------


def test_a_returned_mail_marks_the_address_and_tries_the_next_channel(
    two_ways: Engine, clock: HandClock
) -> None:
    queued(two_ways, clock)
    channels = ToldChannels()
    send(two_ways, channels, clock)
    [mail] = messages(two_ways)
    bounce = Bounce(mail.address, "5.1.1", "failed", f"<{mail.reference}@dondoc.example>")
    assert note_bounce(two_ways, DESK, bounce, clock())
    assert not note_bounce(two_ways, DESK, bounce, clock())
    send(two_ways, channels, clock)
    assert [(m.channel, m.state) for m in messages(two_ways)] == [
        ("email", "refused"),
        ("zalo_oa", "sent"),
    ]


@pytest.mark.parametrize(
    "bounce",
    [
        Bounce("x@y.example", "5.1.1", "failed", "<ai-do@khac.example>"),
        Bounce("x@y.example", "4.2.2", "delayed", ""),
        Bounce("x@y.example", "5.1.1", "failed", ""),
    ],
)
def test_a_bounce_that_is_not_ours_changes_nothing(
    small: Engine, clock: HandClock, bounce: Bounce
) -> None:
    queued(small, clock)
    send(small, ToldChannels(), clock)
    assert not note_bounce(small, DESK, bounce, clock())
    assert set(states(small).values()) == {"sent"}


def test_a_receipt_is_taken_once(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    send(small, ToldChannels(), clock)
    provider = messages(small)[0].provider_id
    assert mark_delivered(small, provider, clock())
    assert not mark_delivered(small, provider, clock())
    assert not mark_delivered(small, "", clock())
    assert messages(small)[0].state == "delivered"


# --- looked at by people -------------------------------------------------------------------------


def test_lists_hold_no_addresses(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    with reading(small) as session:
        listed = list_messages(session, "thu")
        whole = show_message(session, "thu", listed[0]["id"])
    assert len(listed) == 3
    assert "@" not in str(listed)
    assert "@" in whole["address"]
    assert whole["content"]["html"]


def test_a_person_may_have_a_refused_one_sent_again(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    channels = ToldChannels(email=only("Lan", small, refusing("550", address_dead=True)))
    send(small, channels, clock)
    refused = next(m.id for m in messages(small) if m.state == "refused")
    with writing(small) as session:
        assert session.exec(select(BadAddress)).one().channel == "email"
        assert retry(session, "thu", clock(), [refused or 0]) == [refused]
    assert rows(small, "SELECT * FROM bad_address") == []
    channels("email").answer = lambda _o: None
    send(small, channels, clock)
    assert set(states(small).values()) == {"sent"}


def test_what_was_sent_is_not_sent_again_by_hand(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    send(small, ToldChannels(), clock)
    with writing(small) as session, pytest.raises(RefusedError):
        retry(session, "thu", clock(), [messages(small)[0].id or 0])


def test_agencies_out_of_reach_are_told_of_once_a_day(tmp_path: Path, clock: HandClock) -> None:
    contacts = [
        person("so", "Đầu mối"),
        person("a", "Lan", email=""),
        person("so", "GĐ", is_head=True),
    ]
    engine = load(tmp_path / "x.db", small_plan(contacts=contacts), at("2020-03-02 08:00"))
    [first] = tell_of_unreachable(engine, "thu", clock(), DESK)
    assert tell_of_unreachable(engine, "thu", clock(), DESK) == []
    with reading(engine) as session:
        text = show_message(session, "thu", first)["content"]["text"]
    assert "UBND huyện A: người nhận chưa có địa chỉ; còn 2 việc phải gửi." in text
    assert "UBND huyện B: chưa có người nhận; còn 2 việc phải gửi." in text
    clock.at = at("2020-04-25 09:00")
    assert tell_of_unreachable(engine, "thu", clock(), DESK) == []
    clock.at = at("2020-04-27 09:00")
    assert len(tell_of_unreachable(engine, "thu", clock(), DESK)) == 1


Mailed = Callable[..., tuple[SmtpSink, DeliveryResult]]


# --- a real mail server --------------------------------------------------------------------------


@pytest.fixture
def mailed(tmp_path: Path, engine: Engine) -> Iterator[Mailed]:
    """Sends the packaged plan's reminders of 24/4/2020 to a sink with these faults."""
    opened: list[SmtpSink] = []

    def run(
        faults: SmtpFaults, clock: HandClock, desk: Desk = DESK
    ) -> tuple[SmtpSink, DeliveryResult]:
        if not opened:
            opened.append(SmtpSink(tmp_path / "mails", faults=faults).__enter__())
            tick(engine, PLAN_ID, clock(), desk)
        settings = Settings(home=tmp_path, smtp_url=opened[0].url)
        result = deliver(
            engine, desk, lambda name: make_channel(name, settings, clock), clock, channel="email"
        )
        return opened[0], result

    yield run
    for sink in opened:
        sink.__exit__(None, None, None)


def references(sink: SmtpSink) -> Counter[str]:
    return Counter(str(message_from_bytes(mail.data)["Message-ID"]) for mail in sink.mails)


def test_every_mail_arrives_over_one_connection(
    mailed: Mailed,
) -> None:
    sink, result = mailed(SmtpFaults(), HandClock(at(FRIDAY)))
    assert len(result.sent) == len(sink.mails) == 17
    assert sink.connections == 1
    mail = message_from_bytes(sink.mails[0].data)
    assert {part.get_content_type() for part in mail.walk()} >= {
        "text/plain",
        "text/html",
        "text/calendar",
    }


@pytest.mark.parametrize(
    "faults",
    [
        SmtpFaults(drop_before={5}),
        SmtpFaults(drop_after={5}),
        SmtpFaults(mails_per_connection=4),
        SmtpFaults(mails_per_connection=4, hang_up=True),
        SmtpFaults(texts={"dau-moi@an-lao.binhdinh.example": "451 4.3.0 Later"}),
        SmtpFaults(recipients={"dau-moi@an-lao.binhdinh.example": "450 4.2.1 Busy"}),
        SmtpFaults(greeting="421 4.3.2 Closing"),
    ],
    ids=["cut-before", "cut-after", "421", "hung-up", "4xx-text", "4xx-rcpt", "421-greeting"],
)
def test_whatever_the_server_does_all_mail_arrives(
    mailed: Mailed, faults: SmtpFaults, engine: Engine
) -> None:
    clock = HandClock(at(FRIDAY))
    sink, _ = mailed(faults, clock)
    faults.texts, faults.recipients, faults.greeting = {}, {}, ""
    for _ in range(5):
        clock.advance(minutes=3)
        mailed(faults, clock)
    counts = references(sink)
    assert len(counts) == 17
    doubled = {reference for reference, count in counts.items() if count > 1}
    marked = {f"<{m.reference}@dondoc.example>" for m in messages(engine) if m.maybe_twice}
    assert doubled <= marked
    assert sum(counts.values()) <= 18
    assert {m.state for m in messages(engine)} == {"sent"}
