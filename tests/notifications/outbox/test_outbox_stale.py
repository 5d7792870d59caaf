"""A message that waited says what is true when it leaves; an id that may have arrived keeps its bytes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications import round as reminder_round
from notifications.channels.base import Outgoing
from notifications.channels.mail.mime import Composer
from notifications.notices.events import tell_events
from notifications.outbox.store import LEASE
from plan import ledger
from plan.calendar import WorkingCalendar
from plan.database import writing
from plan.ledger.deadlines import until_window
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import Message, Obligation
from plan.queries.lookup import find_obligation
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import DESK, FRIDAY, OFFICE, only, queued, refusing, send, submit
from tests.support.reminders import ToldChannels, load, messages, rows, small_plan

MONDAY = "2020-04-27 08:00"
COMPOSER = Composer("Sở Nội vụ <so@dondoc.example>")
DOWN = refusing("down", permanent=False, channel_down=True)
DOUBT = refusing("dropped", permanent=False, fate_unknown=True)


@pytest.fixture
def small(tmp_path: Path) -> Engine:
    return load(tmp_path / "small.db", small_plan(), at("2020-03-02 08:00"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(FRIDAY))


def of(engine: Engine, name: str) -> list[Message]:
    return [message for message in messages(engine) if message.recipient_name == name]


def to(channels: ToldChannels, engine: Engine, name: str) -> list[Outgoing]:
    mine = {message.reference for message in of(engine, name)}
    return [outgoing for outgoing in channels("email").tried if outgoing.reference in mine]


def give_back(engine: Engine, name: str, clock: HandClock) -> None:
    submit(engine, name, clock())
    with writing(engine) as session:
        key = find_obligation(session, "thu", name).id
        assert key is not None
        ledger.give_back(session, key, reason="Thiếu chữ ký", actor=OFFICE, now=clock())


def doubted(engine: Engine, clock: HandClock) -> ToldChannels:
    """Lan's reminder of Friday was handed over, and the line broke before the answer."""
    queued(engine, clock)
    channels = ToldChannels(email=only("Lan", engine, DOUBT))
    send(engine, channels, clock)
    channels("email").answer = lambda _outgoing: None
    return channels


def test_a_return_that_waited_says_how_long_is_left_now(small: Engine, clock: HandClock) -> None:
    give_back(small, "a/bc", clock)
    tell_events(small, "thu", clock(), DESK)
    channels = ToldChannels(email=DOWN)
    send(small, channels, clock)
    assert "còn 3 ngày làm việc" in channels("email").tried[0].text
    clock.at = at("2020-04-28 08:00")
    channels("email").answer = lambda _outgoing: None
    send(small, channels, clock)
    [sent] = channels.taken
    assert "còn 1 ngày làm việc" in sent.text
    assert "còn 3" not in sent.text
    assert "Lý do: Thiếu chữ ký" in sent.text
    assert sent.reference == messages(small)[0].reference
    assert sent.date == clock()
    assert messages(small)[0].content["text"] == sent.text


def test_several_facts_that_waited_are_still_one_message(small: Engine, clock: HandClock) -> None:
    for name in ("a/bc", "a/bieu"):
        give_back(small, name, clock)
    tell_events(small, "thu", clock(), DESK)
    clock.at = at("2020-04-28 08:00")
    channels = ToldChannels()
    send(small, channels, clock)
    [sent] = channels.taken
    assert sent.text.count("còn 1 ngày làm việc") == 2


def test_a_return_answered_meanwhile_asks_for_nothing(small: Engine, clock: HandClock) -> None:
    give_back(small, "a/bc", clock)
    tell_events(small, "thu", clock(), DESK)
    submit(small, "a/bc", clock() + timedelta(minutes=5))
    channels = ToldChannels()
    clock.advance(minutes=10)
    send(small, channels, clock)
    [sent] = channels.taken
    assert "Đề nghị quý cơ quan sửa" not in sent.text
    assert "đã nộp" in sent.text


def test_a_calendar_that_moved_today_changes_todays_words(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    with writing(small) as session:
        found = find_obligation(session, "thu", "b/bc")
        assert found.id is not None
        row = session.get_one(Obligation, found.id)
        window = until_window(
            row, date(2020, 4, 28), WorkingCalendar.build(range(2019, 2022)), clock()
        )
        ledger.change_deadline(
            session,
            [found.id],
            NewDeadline(window, "calendar", "…", Basis("thử")),
            actor=OFFICE,
            now=clock(),
        )
    channels = ToldChannels()
    send(small, channels, clock)
    [sent] = to(channels, small, "Minh")
    assert "còn 2 ngày làm việc" in sent.text


def test_in_doubt_the_same_day_the_very_same_bytes_go_again(
    small: Engine, clock: HandClock
) -> None:
    channels = doubted(small, clock)
    clock.advance(minutes=20)
    send(small, channels, clock)
    first, second = to(channels, small, "Lan")
    assert COMPOSER.compose(first) == COMPOSER.compose(second)
    [message] = of(small, "Lan")
    assert (message.state, message.maybe_twice) == ("sent", True)


def test_in_doubt_and_stale_another_id_says_what_is_true(small: Engine, clock: HandClock) -> None:
    channels = doubted(small, clock)
    clock.at = at(MONDAY)
    result = send(small, channels, clock)
    old, new = of(small, "Lan")
    assert result.replaced == [old.id]
    assert (old.state, old.code) == ("cancelled", "replaced")
    assert old.words == (
        "Lần gửi trước không rõ đã tới hay chưa. "
        f"Nói lại bằng tin số {new.id}, theo tình hình hiện nay."
    )
    assert (new.state, new.maybe_twice) == ("sent", False)
    first, second = to(channels, small, "Lan")
    assert first.reference == old.reference != new.reference == second.reference
    assert old.content["text"] == first.text
    assert second.headers["Message-ID"].startswith(f"<{new.reference}@")
    assert "còn 2 ngày làm việc" in second.text
    claims = rows(small, "SELECT DISTINCT message_id FROM rung_claim WHERE recipient = 'contact:4'")
    assert claims == [(new.id,)]
    queued(small, clock)
    assert len(of(small, "Lan")) == 2


def test_in_doubt_and_partly_settled_the_rest_goes_under_another_id(
    small: Engine, clock: HandClock
) -> None:
    channels = doubted(small, clock)
    submit(small, "a/bc", clock())
    clock.advance(minutes=20)
    send(small, channels, clock)
    _, second = to(channels, small, "Lan")
    assert "Báo cáo tổng kết" not in second.text
    about = "SELECT obligation_id FROM message_obligation WHERE message_id = :id"
    assert len(rows(small, about, id=of(small, "Lan")[1].id)) == 1


def test_in_doubt_and_settled_is_withdrawn_and_says_so(small: Engine, clock: HandClock) -> None:
    channels = doubted(small, clock)
    for name in ("a/bc", "a/bieu"):
        submit(small, name, clock())
    clock.advance(minutes=20)
    send(small, channels, clock)
    [message] = of(small, "Lan")
    assert (message.state, message.code) == ("cancelled", "settled")
    assert message.words.endswith("Lần gửi trước không rõ đã tới hay chưa.")


def test_a_gateways_error_leaves_doubt_too(small: Engine, clock: HandClock) -> None:
    queued(small, clock)
    broken = refusing("502", permanent=False, channel_down=True, fate_unknown=True)
    send(small, ToldChannels(email=broken), clock)
    first, *others = messages(small)
    assert first.maybe_twice
    assert not any(other.maybe_twice for other in others)
    assert rows(small, "SELECT outcome FROM attempt") == [("unknown",)]


def test_a_stalled_sender_does_not_change_what_another_sent(
    small: Engine, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It claims, sleeps through its lease, and wakes to write yesterday's messages anew."""
    queued(small, clock)
    clock.at = at(MONDAY)
    channels, look = ToldChannels(), reminder_round.revalidate

    def stalled(*given: object) -> object:
        monkeypatch.setattr(reminder_round, "revalidate", look)
        fresh = look(*given)  # type: ignore[arg-type]
        clock.advance(seconds=LEASE.total_seconds() + 1)
        send(small, channels, clock)
        return fresh

    monkeypatch.setattr(reminder_round, "revalidate", stalled)
    send(small, channels, clock)
    texts = {outgoing.reference: outgoing.text for outgoing in channels.taken}
    done = [message for message in messages(small) if message.state == "sent"]
    assert len(channels.taken) == len(done) == 3
    assert all(message.content["text"] == texts[message.reference] for message in done)


def test_what_was_queued_by_an_earlier_version_is_written_anew(
    small: Engine, clock: HandClock
) -> None:
    queued(small, clock)
    with writing(small) as session:
        session.connection().exec_driver_sql(
            "UPDATE message SET content = json_remove(content, '$.dated_at', '$.seen')"
        )
    channels = ToldChannels()
    send(small, channels, clock)
    assert len(channels.taken) == 3
    assert all("dated_at" in message.content for message in messages(small))
