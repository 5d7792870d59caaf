"""Delivery: recorded once, looked at once more, retried, never lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications.channels.base import Outgoing
from notifications.outbox import store
from notifications.outbox.retry import MOST_ATTEMPTS, retry_delay
from notifications.outbox.store import LEASE
from notifications.reminders.tick import tick
from notifications.round import deliver
from plan.database import open_engine, writing
from tests.conftest import PLAN_ID, at
from tests.standins import HandClock
from tests.support.delivering import DESK, FRIDAY, only, queued, refusing, send, states, submit
from tests.support.reminders import ToldChannels, load, messages, rows, small_plan


@pytest.fixture
def small(tmp_path: Path) -> Engine:
    return load(tmp_path / "small.db", small_plan(), at("2020-03-02 08:00"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(FRIDAY))


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


# --- killed --------------------------------------------------------------------------------------


class _Killed(BaseException):
    """Stands for SIGKILL: nothing of ours runs after it."""


@pytest.fixture
def no_give_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "give_back", lambda *_args: None)


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
        others.extend(store.replay_stuck(small, clock()))

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
