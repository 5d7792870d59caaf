"""Two ticks at once, one cut short, and both databases: nothing twice, nothing lost."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications.reminders import tick as ticking
from notifications.reminders.tick import TickResult, tick
from notifications.round import queue
from plan.database import open_engine, writing
from plan.models import Message, RungClaim
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.support.reminders import load, make_messaging, messages, rows, small_plan

DESK = make_messaging()
CLERK = Actor("Lan", Role.agency, frozenset({"a", "b", "so"}))
OFFICE = Actor("Bình", Role.coordinator)


@pytest.fixture
def small(tmp_path: Path) -> Engine:
    return load(tmp_path / "small.db", small_plan(), at("2020-03-02 08:00"))


def run(engine: Engine, when: str, plan: str = "thu") -> TickResult:
    return tick(engine, plan, at(when), DESK)


def _both(engine: Engine, when: datetime) -> list[TickResult]:
    """Two ticks with connections of their own, started together."""
    gate = threading.Barrier(2)
    results: list[TickResult] = []

    def one() -> None:
        own = open_engine(engine.url.render_as_string(hide_password=False))
        gate.wait()
        results.append(tick(own, PLAN_ID, when, DESK))
        own.dispose()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_ticks_at_once_send_one(loaded: Engine) -> None:
    for when in ("2020-01-20 09:00", "2020-04-24 09:00", "2020-05-08 09:00"):
        one, two = _both(loaded, at(when))
        assert not set(one.queued) & set(two.queued)
        found = rows(
            loaded,
            "SELECT recipient, channel, count(*) FROM message WHERE state = 'queued' "
            "GROUP BY recipient, channel HAVING count(*) > 1",
        )
        assert found == []
        with writing(loaded) as session:
            session.connection().exec_driver_sql(
                "UPDATE message SET state='sent' WHERE state='queued'"
            )
    orphans = rows(loaded, "SELECT id FROM rung_claim WHERE message_id IS NULL")
    assert orphans == []
    again = tick(loaded, PLAN_ID, at("2020-05-08 09:30"), DESK)
    assert again.queued == []


def test_a_tick_overtaken_half_way_says_only_what_is_left(
    small: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another tick claims one obligation between this one's look and its writing."""
    look_at = ticking.look_at

    def overtaken(session: object, *rest: object) -> object:
        look = look_at(session, *rest)  # type: ignore[arg-type]
        with writing(small) as other:
            key = find_obligation(other, "thu", "a/bc").id
            assert key is not None
            for rung in ("announce", "-3"):
                other.add(
                    RungClaim(
                        obligation_id=key,
                        deadline_version=1,
                        rung=rung,
                        recipient="contact:4",
                        channel="email",
                        claimed_at=at("2020-04-24 09:00"),
                    )
                )
        return look

    monkeypatch.setattr(ticking, "look_at", overtaken)
    run(small, "2020-04-24 09:00")
    found: list[Message] = [m for m in messages(small) if m.recipient_name == "Lan"]
    assert [m.content["subject"] for m in found] == ["[KH 01] Còn 3 ngày làm việc: Biểu số liệu"]
    about = rows(
        small, "SELECT obligation_id FROM message_obligation WHERE message_id = :id", id=found[0].id
    )
    assert len(about) == 1


def test_a_whole_round_is_the_same_on_both_databases(loaded: Engine) -> None:
    done = queue(loaded, PLAN_ID, DESK, at("2020-04-24 09:00"))
    assert len(done.tick.queued) == 17
    assert done.events.failed == []
    assert queue(loaded, PLAN_ID, DESK, at("2020-04-24 09:01")).tick.queued == []


def test_an_interrupted_tick_is_made_good(small: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short after each transaction in turn: the next tick queues what is missing, once."""
    monkeypatch.setattr(ticking, "BATCH", 1)
    real = ticking.queue_message
    for done in range(1, 6):
        with monkeypatch.context() as cutting:
            calls = iter((real, _cut))
            cutting.setattr(ticking, "queue_message", lambda *a, c=calls: next(c)(*a))
            with pytest.raises(KeyboardInterrupt):
                run(small, f"2020-05-08 10:0{done}")
        assert len(messages(small)) == done
    run(small, "2020-05-08 10:09")
    assert sorted(message.recipient_name for message in messages(small)) == sorted(
        ["Lan", "Minh", "Đầu mối", "Giám đốc", "Chủ tịch A", "Chủ tịch B"]
    )
    assert {m.state for m in messages(small)} == {"queued"}


def _cut(*_args: object) -> None:
    raise KeyboardInterrupt
