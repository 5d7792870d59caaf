"""Whom nothing reached hears, once, what it missed as soon as an address is known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from notifications.proving import prove
from notifications.resending import retry
from notifications.round import Round, run_round
from plan import ledger
from plan.contacts import change_contact, import_contacts
from plan.database import writing
from plan.errors import RefusedError
from plan.models import Contact, Message, Plan
from plan.queries.lookup import find_obligation
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import CLERK, DESK, OFFICE, refusing, submit
from tests.support.reminders import ToldChannels, load, messages, person, rows, small_plan

MORNING, NEXT = "2020-04-24 08:30", "2020-04-24 09:30"
HEAD = "agency,name,role,is_head,email,phone,zalo_user_id,zalo_chat_id\n"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at(MORNING))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    contacts = [person("a", "Lan", email=""), person("b", "Minh"), person("so", "Đầu mối")]
    return load(tmp_path / "x.db", small_plan(contacts=contacts), at("2020-03-02 08:00"))


def decide(engine: Engine, name: str, action: str, clock: HandClock, **more: object) -> None:
    with writing(engine) as session:
        key = find_obligation(session, "thu", name).id
        getattr(ledger, action)(session, key, actor=OFFICE, now=clock(), **more)


def missed(engine: Engine, clock: HandClock) -> None:
    """A report given back and an appendix extended, while nobody of the agency can be reached."""
    submit(engine, "a/bc", clock())
    decide(engine, "a/bc", "give_back", clock, reason="Thiếu chữ ký")
    with writing(engine) as session:
        key = find_obligation(session, "thu", "a/bieu").id or 0
        asked = ledger.ask_extension(
            session, key, until=date(2020, 5, 20), reason="Thiên tai", actor=CLERK, now=clock()
        )
        ledger.decide_extension(session, asked.id or 0, granted=True, actor=OFFICE, now=clock())


def a_round(engine: Engine, clock: HandClock, channels: ToldChannels | None = None) -> Round:
    return run_round(engine, "thu", DESK, channels or ToldChannels(), clock)


def to_lan(engine: Engine) -> list[Message]:
    return [message for message in messages(engine) if message.recipient_name == "Lan"]


def imported(engine: Engine, tmp_path: Path, clock: HandClock, line: str) -> None:
    path = tmp_path / "danh-ba.csv"
    path.write_text(HEAD + line + "\n", encoding="utf-8")
    with writing(engine) as session:
        import_contacts(session, session.exec(select(Plan)).one(), path, now=clock())


def test_returns_and_extensions_wait_for_an_address(
    engine: Engine, clock: HandClock, tmp_path: Path
) -> None:
    a_round(engine, clock)
    missed(engine, clock)
    a_round(engine, clock)
    assert to_lan(engine) == []
    clock.now = at(NEXT)
    imported(engine, tmp_path, clock, "a,Lan,Chuyên viên,0,lan@a.example,,,")
    a_round(engine, clock)
    a_round(engine, clock)
    [news] = to_lan(engine)
    assert (news.event, news.state, news.address) == ("news", "sent", "lan@a.example")
    assert "Thiếu chữ ký" in news.content["text"]
    assert "20/05/2020" in news.content["text"]


def test_the_rung_it_stands_on_is_told_too(
    engine: Engine, clock: HandClock, tmp_path: Path
) -> None:
    assert set(a_round(engine, clock).tick.unheard) == {"a/bc", "a/bieu"}
    clock.now = at(NEXT)
    with writing(engine) as session:
        lan = session.exec(select(Contact).where(Contact.name == "Lan")).one()
        change = {"name": "Lan", "email": "lan@a.example"}
        change_contact(session, "thu", lan.id or 0, change, actor=OFFICE, now=clock())
    a_round(engine, clock)
    a_round(engine, clock)
    [digest] = to_lan(engine)
    assert (digest.event, digest.state) == ("reminder", "sent")
    imported(engine, tmp_path, clock, "a,Lan,Chuyên viên,0,lan@a.example,,,")
    a_round(engine, clock)
    assert len(to_lan(engine)) == 1  # the same address again: nothing was missed


def test_a_return_answered_meanwhile_is_told_no_more(
    engine: Engine, clock: HandClock, tmp_path: Path
) -> None:
    submit(engine, "a/bc", clock())
    decide(engine, "a/bc", "give_back", clock, reason="Thiếu chữ ký")
    a_round(engine, clock)
    clock.now = at(NEXT)
    submit(engine, "a/bc", clock())
    decide(engine, "a/bc", "accept", clock)
    decide(engine, "a/bieu", "waive", clock, reason="Không có số liệu")
    imported(engine, tmp_path, clock, "a,Lan,Chuyên viên,0,lan@a.example,,,")
    a_round(engine, clock)
    assert [message.event for message in to_lan(engine)] == ["accepted"]


def test_a_fact_that_the_only_address_refused_is_told_at_the_next(
    engine: Engine, clock: HandClock, tmp_path: Path
) -> None:
    imported(engine, tmp_path, clock, "a,Lan,Chuyên viên,0,lam@a.example,,,")
    a_round(engine, clock)
    submit(engine, "a/bc", clock())
    decide(engine, "a/bc", "give_back", clock, reason="Thiếu chữ ký")
    a_round(engine, clock, ToldChannels(email=refusing("550", address_dead=True)))
    assert to_lan(engine)[-1].state == "refused"
    clock.now = at(NEXT)
    imported(engine, tmp_path, clock, "a,Lan,Chuyên viên,0,lan@a.example,,,")
    a_round(engine, clock)
    last = to_lan(engine)[-1]
    assert (last.event, last.state, last.address) == ("returned", "sent", "lan@a.example")
    with writing(engine) as session, pytest.raises(RefusedError, match=f"ở tin {last.id}"):
        retry(session, "thu", clock(), [to_lan(engine)[-2].id or 0])


@pytest.mark.parametrize("given", ["lan@a.example", "lam@a.example"])
def test_retry_sends_to_the_address_as_it_is_now(
    engine: Engine, clock: HandClock, tmp_path: Path, given: str
) -> None:
    """Corrected, or declared good as it stands: once, whatever the round tells by itself."""
    imported(engine, tmp_path, clock, "a,Lan,Chuyên viên,0,lam@a.example,,,")
    submit(engine, "a/bc", clock())
    decide(engine, "a/bc", "give_back", clock, reason="Thiếu chữ ký")
    a_round(engine, clock, ToldChannels(email=refusing("550", address_dead=True)))
    refused = [message.id or 0 for message in to_lan(engine)]
    clock.now = at(NEXT)
    imported(engine, tmp_path, clock, f"a,Lan,Chuyên viên,0,{given},,,")
    with writing(engine) as session:
        assert retry(session, "thu", clock(), refused) == refused
    a_round(engine, clock)
    a_round(engine, clock)
    sent = [m for m in to_lan(engine) if m.state == "sent"]
    assert {m.address for m in sent} == {given}
    assert sorted(m.event for m in sent) == ["reminder", "returned"]


def test_retry_says_who_has_no_address_any_more(
    engine: Engine, clock: HandClock, tmp_path: Path
) -> None:
    imported(engine, tmp_path, clock, "a,Lan,Chuyên viên,0,lam@a.example,,,")
    a_round(engine, clock, ToldChannels(email=refusing("550", address_dead=True)))
    [refused] = [message.id or 0 for message in to_lan(engine)]
    imported(engine, tmp_path, clock, "a,Hoa,Chuyên viên,0,hoa@a.example,,,")
    with writing(engine) as session, pytest.raises(RefusedError, match="không còn địa chỉ"):
        retry(session, "thu", clock(), [refused])
    assert to_lan(engine)[0].state == "refused"


def test_each_night_a_channel_set_up_since_is_thought_of(engine: Engine, clock: HandClock) -> None:
    missed(engine, clock)
    a_round(engine, clock)
    waiting = "SELECT count(*) AS n FROM event_delivery WHERE consumer = 'unheard'"
    assert rows(engine, waiting)[0][0] == 2
    prove(engine, "thu", clock(), DESK)
    assert rows(engine, waiting)[0][0] == 0
    a_round(engine, clock)
    assert rows(engine, waiting)[0][0] == 2
