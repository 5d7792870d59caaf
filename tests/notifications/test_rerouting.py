"""A channel that is down keeps its messages for a while; then the person's next channel takes them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from notifications.channels.zalo.tokens import DatabaseTokenStore
from notifications.notices.alarms import tell_of_channels
from notifications.outbox import retry
from notifications.outbox.rerouting import hand_over_by
from notifications.policy import Office
from notifications.round import run_round
from plan.calendar import WorkingCalendar
from plan.database import writing
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import DESK, FRIDAY, only, queued, refusing, send
from tests.support.reminders import LADDER, ToldChannels, load, messages, person, rows, small_plan

DOWN = refusing("-321", permanent=False, channel_down=True)
OFFICE = Office((), WorkingCalendar.build(range(2019, 2022)))


def plan_of(tmp_path: Path, channels: list[str], **policy: Any) -> Engine:
    """Lan has every address, the head of A a mail only; the office has both."""
    everywhere = {"zalo_user_id": "7", "phone": "0912345678"}
    plan = small_plan(
        contacts=[
            person("a", "Lan", **everywhere),
            person("a", "Chủ tịch A", is_head=True),
            person("so", "Đầu mối", zalo_user_id="8"),
        ],
        reminders=LADDER | {"channels": channels} | policy,
    )
    return load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(FRIDAY))


def to_lan(engine: Engine) -> list[tuple[str, str, str]]:
    return [(m.channel, m.state, m.code) for m in messages(engine) if m.recipient_name == "Lan"]


def test_it_waits_an_hour_then_the_next_channel_takes_it(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["zalo_oa", "email"])
    queued(engine, clock)
    channels = ToldChannels(zalo_oa=DOWN)
    send(engine, channels, clock)
    clock.advance(minutes=50)
    send(engine, channels, clock)
    assert to_lan(engine) == [("zalo_oa", "queued", "")]
    clock.advance(minutes=15)
    send(engine, channels, clock)
    assert to_lan(engine) == [("zalo_oa", "cancelled", "moved"), ("email", "sent", "")]
    first, second = (m for m in messages(engine) if m.recipient_name == "Lan")
    assert second.fallback_of == first.id
    assert f"tin số {second.id}" in first.words
    claims = rows(
        engine,
        "SELECT DISTINCT channel, message_id FROM rung_claim WHERE recipient = :r",
        r=second.recipient,
    )
    assert claims == [("email", second.id)]
    queued(engine, clock)
    assert len(to_lan(engine)) == 2


def test_never_past_the_last_office_hour_of_the_day(tmp_path: Path) -> None:
    clock = HandClock(at("2020-04-24 15:40"))
    engine = plan_of(tmp_path, ["zalo_oa", "email"])
    queued(engine, clock)
    channels = ToldChannels(zalo_oa=DOWN)
    send(engine, channels, clock)
    assert to_lan(engine)[-1] == ("zalo_oa", "queued", "")
    clock.at = at("2020-04-24 16:00")
    send(engine, channels, clock)
    assert to_lan(engine)[-1] == ("email", "sent", "")


@pytest.mark.parametrize(
    ("written", "due", "by"),
    [
        ("2020-04-24 07:00", None, "2020-04-24 16:00"),
        ("2020-04-24 16:30", None, "2020-04-24 16:00"),
        ("2020-04-24 07:00", "2020-04-29 17:00", "2020-04-24 16:00"),
        ("2020-04-29 07:00", "2020-04-29 11:00", "2020-04-29 10:00"),
        ("2020-04-29 07:00", "2020-04-29 14:00", "2020-04-29 10:30"),
        ("2020-04-30 10:00", None, "2020-05-04 16:00"),
        ("2020-05-06 07:00", "2020-04-29 17:00", "2020-05-06 16:00"),
    ],
)
def test_hand_over_by(written: str, due: str | None, by: str) -> None:
    assert hand_over_by(at(written), at(due) if due else None, OFFICE) == at(by)


def test_known_to_be_away_till_tomorrow_it_does_not_wait(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["zalo_oa", "email"])
    queued(engine, clock)
    spent = refusing("-211", permanent=False, channel_down=True, retry_after=timedelta(hours=15))
    send(engine, ToldChannels(zalo_oa=spent), clock)
    assert to_lan(engine)[-1] == ("email", "sent", "")


def test_with_no_other_channel_it_waits(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["zalo_oa"])
    queued(engine, clock)
    channels = ToldChannels(zalo_oa=DOWN)
    for _ in range(4):
        send(engine, channels, clock)
        clock.advance(minutes=70)
    assert [state for _, state, _ in to_lan(engine)] == ["queued"]
    channels("zalo_oa").answer = lambda _o: None
    clock.at = at("2020-04-24 16:30")
    send(engine, channels, clock)
    assert to_lan(engine) == [("zalo_oa", "sent", "")]


def test_with_all_down_the_first_that_is_back_carries_it(tmp_path: Path, clock: HandClock) -> None:
    """Moved to mail, which breaks down as well; Zalo, which nobody uses any more, comes back first."""
    engine = plan_of(tmp_path, ["zalo_oa", "email"])
    queued(engine, clock)
    channels = ToldChannels(zalo_oa=DOWN, email=DOWN)
    for _ in range(3):
        send(engine, channels, clock)
        clock.advance(minutes=70)
    channels("zalo_oa").answer = lambda _o: None
    clock.at = at("2020-04-24 16:30")
    send(engine, channels, clock)
    assert {o.channel for o in channels.taken} == {"zalo_oa"}
    assert [state for _, state, _ in to_lan(engine)].count("sent") == 1
    assert to_lan(engine)[-1] == ("zalo_oa", "sent", "")


def test_a_copy_that_arrived_is_enough_while_mail_is_down(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["email"], also=["zalo_oa"])
    queued(engine, clock)
    channels = ToldChannels(email=DOWN)
    send(engine, channels, clock)
    clock.advance(minutes=100)
    send(engine, channels, clock)
    assert sorted(to_lan(engine)) == [("email", "queued", ""), ("zalo_oa", "sent", "")]


def test_a_code_nobody_knows_takes_two_tries(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["zalo_oa", "email"])
    queued(engine, clock)
    odd = refusing("-9999", permanent=False, channel_down=True, unknown=True)
    channels = ToldChannels(zalo_oa=odd)
    send(engine, channels, clock)
    assert to_lan(engine) == [("zalo_oa", "queued", "")]
    clock.advance(minutes=2)
    send(engine, channels, clock)
    assert to_lan(engine) == [("zalo_oa", "cancelled", "moved"), ("email", "sent", "")]
    assert len(channels("zalo_oa").tried) == 2


def test_answers_lost_in_a_row_are_the_channels_fault(tmp_path: Path, clock: HandClock) -> None:
    """Ten people, each answer lost: three are in doubt, not all ten at every try."""
    people = [person("a", f"Người {n:02}", zalo_user_id=f"1{n}") for n in range(10)]
    plan = small_plan(contacts=people, reminders=LADDER | {"channels": ["zalo_oa"]})
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    queued(engine, clock)
    lost = refusing("dropped", permanent=False, fate_unknown=True)
    channels = ToldChannels(zalo_oa=lost)
    result = send(engine, channels, clock)
    assert len(channels("zalo_oa").tried) == 3
    assert "zalo_oa" in result.held
    assert rows(engine, "SELECT count(*) FROM message WHERE maybe_twice") == [(3,)]


def test_one_answer_lost_time_after_time_goes_the_other_way(
    tmp_path: Path, clock: HandClock
) -> None:
    """Each try may have been a copy: after three the next channel has it, while the first is not down."""
    engine = plan_of(tmp_path, ["zalo_oa", "email"])
    queued(engine, clock)
    lan = only("Lan", engine, refusing("dropped", permanent=False, fate_unknown=True))
    channels = ToldChannels(zalo_oa=lan)
    for _ in range(4):
        send(engine, channels, clock)
        clock.advance(minutes=6)
    assert to_lan(engine) == [("zalo_oa", "cancelled", "moved"), ("email", "sent", "")]
    zalo = [one for one in channels("zalo_oa").tried if one.address == "7"]
    assert len(zalo) == 3
    assert [m.maybe_twice for m in messages(engine) if m.recipient_name == "Lan"] == [True, False]


def test_an_answer_lost_in_the_last_hour_is_marked(tmp_path: Path) -> None:
    """There is no time for another try there: it may have arrived, and is told again elsewhere."""
    engine = plan_of(tmp_path, ["zalo_oa", "email"])
    clock = HandClock(at("2020-04-24 16:10"))
    queued(engine, clock)
    lan = only("Lan", engine, refusing("dropped", permanent=False, fate_unknown=True))
    send(engine, ToldChannels(zalo_oa=lan), clock)
    assert to_lan(engine) == [("zalo_oa", "cancelled", "moved"), ("email", "sent", "")]
    assert [m.maybe_twice for m in messages(engine) if m.recipient_name == "Lan"] == [True, False]


def test_tries_count_on_in_the_message_that_merges(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["email"])
    queued(engine, clock)
    busy = ToldChannels(email=refusing("451", permanent=False))
    for _ in range(3):
        send(engine, busy, clock)
        clock.advance(minutes=30)
    clock.at = at("2020-04-28 09:00")
    queued(engine, clock)
    merged, newest = (m for m in messages(engine) if m.recipient_name == "Lan")
    assert (merged.code, merged.attempts, newest.attempts) == ("merged", 3, 3)


def test_later_than_the_day_it_goes_the_other_way(tmp_path: Path) -> None:
    """A mailbox that is busy all day: the next try would come after hours."""
    clock = HandClock(at("2020-04-24 15:58"))
    engine = plan_of(tmp_path, ["email", "zalo_oa"])
    queued(engine, clock)
    busy = ToldChannels(email=refusing("451", permanent=False))
    send(engine, busy, clock)
    clock.at = at("2020-04-24 16:01")
    send(engine, busy, clock)
    assert to_lan(engine) == [("email", "cancelled", "moved"), ("zalo_oa", "sent", "")]


# --- alarms --------------------------------------------------------------------------------------


def fail(engine: Engine, clock: HandClock, code: str, channel: str = "email") -> None:
    with writing(engine) as session:
        retry.hold(session, channel, clock(), code, "hỏng")


def test_an_alarm_is_raised_once_a_day_for_one_cause(tmp_path: Path, clock: HandClock) -> None:
    """A server that comes and goes: one alarm, not twenty-one; after a day one more."""
    clock.at = at("2020-04-28 09:00")
    engine = plan_of(tmp_path, ["email", "zalo_oa"])
    told = []
    for _ in range(60):
        fail(engine, clock, "dropped")
        told += [clock()] if tell_of_channels(engine, DESK, clock(), {"email"}) else []
        send(engine, ToldChannels(), clock)
        with writing(engine) as session:
            retry.recovered(session, "email")
        clock.advance(minutes=30)
    assert [when - told[0] for when in told] == [timedelta(0), timedelta(days=1)]


def test_what_was_not_sent_yet_is_not_told_again(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["email", "zalo_oa"])
    fail(engine, clock, "dropped")
    assert len(tell_of_channels(engine, DESK, clock(), {"email"})) == 1
    clock.advance(days=5)
    assert tell_of_channels(engine, DESK, clock(), {"email"}) == []


def test_nobody_is_alarmed_while_the_office_is_closed(tmp_path: Path) -> None:
    clock = HandClock(at("2020-04-25 09:00"))
    engine = plan_of(tmp_path, ["email", "zalo_oa"])
    fail(engine, clock, "dropped")
    assert tell_of_channels(engine, DESK, clock(), {"email"}) == []
    clock.at = at("2020-04-27 07:00")
    assert len(tell_of_channels(engine, DESK, clock(), {"email"})) == 1


def test_what_only_a_person_can_mend_is_told_at_once(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["email", "zalo_oa"])
    broke = refusing("-321", permanent=False, channel_down=True, needs_person=True)
    channels = ToldChannels(email=broke)
    run_round(engine, "thu", DESK, channels, clock)
    assert [o.channel for o in channels.taken if o.event == "alarm"] == ["zalo_oa"]


def test_another_cause_is_another_alarm(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["email", "zalo_oa"])
    told = []
    for code in ("535", "535", "530", "535"):
        fail(engine, clock, code)
        told += [code] if tell_of_channels(engine, DESK, clock(), {"email"}) else []
        clock.advance(minutes=70)
    assert told == ["535", "530"]


def test_channels_of_one_account_are_one_cause(tmp_path: Path, clock: HandClock) -> None:
    engine = plan_of(tmp_path, ["zalo", "email"])
    for channel in ("zalo_oa", "zalo_zns"):
        fail(engine, clock, "refused", channel)
    clock.advance(minutes=61)
    [number] = tell_of_channels(engine, DESK, clock())
    [alarm] = [m for m in messages(engine) if m.id == number]
    assert (alarm.channel, alarm.recipient_name) == ("email", "Đầu mối")
    assert "Zalo OA và Zalo ZNS" in alarm.content["text"]


def test_a_lost_authorisation_is_one_alarm_however_often_it_is_noted(
    tmp_path: Path, clock: HandClock
) -> None:
    engine = plan_of(tmp_path, ["zalo", "email"])
    store = DatabaseTokenStore(engine, "khóa", clock)
    told = 0
    for _ in range(21):
        store.raise_alarm("Zalo không nhận refresh token.")
        for channel in ("zalo_oa", "zalo_zns"):
            fail(engine, clock, "-14014", channel)
        told += len(tell_of_channels(engine, DESK, clock(), {"zalo_oa", "zalo_zns"}))
        clock.advance(minutes=30)
    assert told == 1
