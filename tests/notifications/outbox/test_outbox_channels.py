"""A refusal goes to the next channel, a channel that is down is left alone, what comes back is taken in."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from notifications.channels.mail.bounces import Bounce
from notifications.channels.registry import make_channel
from notifications.notices.alarms import tell_of_channels, tell_of_unreachable
from notifications.outbox.queries import list_messages, show_message
from notifications.outbox.reports import mark_delivered, note_bounce
from notifications.resending import retry
from notifications.round import deliver, run_round
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.models import BadAddress
from plan.settings import Settings
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import (
    DESK,
    FRIDAY,
    change_policy,
    only,
    queued,
    refusing,
    send,
    states,
)
from tests.support.reminders import LADDER, ToldChannels, load, messages, person, rows, small_plan


@pytest.fixture
def small(tmp_path: Path) -> Engine:
    return load(tmp_path / "small.db", small_plan(), at("2020-03-02 08:00"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(FRIDAY))


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
    done = run_round(two_ways, "thu", DESK, channels, clock)
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
        run_round(small, "thu", DESK, down, clock)
    clock.at = at("2020-04-29 09:00")
    channels = ToldChannels()
    run_round(small, "thu", DESK, channels, clock)
    assert len(channels.taken) == 3
    assert all("ngày cuối" in outgoing.subject for outgoing in channels.taken)


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


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ({"code": "-133", "retry_after": timedelta(hours=8, minutes=50)}, "2020-04-25 07:00"),
        ({"code": "-234", "retry_after": timedelta(hours=8, minutes=50)}, "2020-04-25 07:00"),
        ({"code": "450", "retry_after": timedelta(hours=8, minutes=50)}, "2020-04-27 07:00"),
    ],
)
def test_what_the_night_refused_waits_for_the_morning_not_for_monday(
    tmp_path: Path, clock: HandClock, said: dict[str, Any], again: str
) -> None:
    """An office that works in the evening, on a Friday; nothing else is sent on the Saturday."""
    plan = small_plan(
        contacts=[person("a", "Lan", email="", zalo_user_id="7"), person("b", "Minh")],
        reminders=LADDER
        | {"channels": ["email", "zalo"], "office_hours": [{"spans": [["07:00", "22:30"]]}]},
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    clock.at = at("2020-04-24 22:10")
    queued(engine, clock)
    channels = ToldChannels(
        zalo_oa=refusing(**said, permanent=False), email=refusing("450", permanent=False)
    )
    send(engine, channels, clock)
    waits = {m.recipient_name: m.next_attempt_at for m in messages(engine)}
    assert waits["Lan"] == at(again)
    channels("email").answer = channels("zalo_oa").answer = lambda _o: None
    clock.at = at("2020-04-25 07:00")
    send(engine, channels, clock)
    assert states(engine)["Minh"] != "sent"
    assert (states(engine)["Lan"] == "sent") is (again == "2020-04-25 07:00")


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
