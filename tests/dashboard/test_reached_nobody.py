"""What reached nobody is counted and queued; what somebody heard by another way is no trouble; an address
that takes nothing shows on the agency's page."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import col, func, select

from dashboard.queries.alarms import reached_nobody
from dashboard.queries.desk import queue
from dashboard.queries.naming import naming
from notifications.round import run_round
from notifications.silence import lift, silence
from plan.calendar import local_day
from plan.database import reading, writing
from plan.models import Agency, Contact, Message
from plan.text import moment_words
from tests.browser.support import Dash, dashboard_at
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import DESK, FRIDAY, refusing
from tests.support.reminders import LADDER, Answer, ToldChannels, load, person, small_plan

DEAD = refusing("550", address_dead=True)
FULL = ("5.2.2", "Hộp thư đầy")
GONE = ("5.1.1", "Không có hộp thư này")
PAGE = "/co-quan/an-lao"
HEAD = person("a", "Chủ tịch A", is_head=True)


@pytest.mark.parametrize(
    ("contacts", "ladder", "answers", "count"),
    [
        ([person("a", "Lan")], {}, {"email": DEAD}, 1),
        (
            [person("a", "Lan", zalo_user_id="7")],
            {"channels": ["email", "zalo"]},
            {"email": DEAD},
            0,
        ),
        (
            [person("a", "Lan", zalo_user_id="7")],
            {"channels": ["email", "zalo"]},
            {"email": DEAD, "zalo_oa": refusing("-213", address_dead=True)},
            1,
        ),
        (
            [person("a", "Lan", email="", zalo_user_id="7"), HEAD],
            {"channels": ["email", "zalo"]},
            {"zalo_oa": refusing("-213", address_dead=True)},
            0,
        ),
        ([person("a", "Lan", email=""), HEAD], {}, {"email": DEAD}, 1),
        (
            [person("a", "Lan", zalo_user_id="7")],
            {"also": ["zalo"]},
            {"zalo_oa": refusing("-213", address_dead=True)},
            0,
        ),
        ([person("a", "Lan")], {}, {"email": refusing("450", permanent=False)}, 0),
    ],
    ids=[
        "the only way refused",
        "the next channel took it",
        "every channel refused: one trouble, not two",
        "another of the agency heard",
        "the head, the only one with an address, refused",
        "a copy beside a mail that arrived",
        "tried again: nothing is lost yet",
    ],
)
def test_a_message_reached_nobody_only_if_nobody_heard(
    tmp_path: Path,
    contacts: list[dict[str, Any]],
    ladder: dict[str, Any],
    answers: dict[str, Answer],
    count: int,
) -> None:
    plan = small_plan(contacts=contacts, reminders=LADDER | {"announce": False} | ladder)
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    run_round(engine, "thu", DESK, ToldChannels(**answers), HandClock(at(FRIDAY)))
    assert (counted(engine), queued(engine)) == (count, count)


def counted(engine: Engine) -> int:
    with reading(engine) as session:
        wanted = reached_nobody("thu", at(FRIDAY))
        return session.exec(select(func.count()).select_from(Message).where(wanted)).one()


def queued(engine: Engine) -> int:
    now = at(FRIDAY)
    with reading(engine) as session:
        names = naming(session, "thu", local_day(now))
        return sum(1 for item in queue(session, "thu", "so", now, names) if item.kind == "refused")


# --- silenced addresses ---------------------------------------------------------------------------


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    found = dashboard_at(tmp_path)
    yield found
    found.engine.dispose()


def email_of(dash: Dash, agency: str) -> str:
    with reading(dash.engine) as session:
        found = session.exec(
            select(Contact.email)
            .join(Agency, col(Agency.id) == Contact.agency_id)
            .where(Agency.code == agency, Contact.email != "")
            .order_by(col(Contact.id))
        ).first()
    assert found
    return found


def lines(dash: Dash, path: str = PAGE) -> str:
    return html.unescape(dash.client("coordinator").get(path).text)


def test_what_is_silent_for_good_and_what_for_a_while(dash: Dash) -> None:
    address, until = email_of(dash, "an-lao"), dash.clock() + timedelta(days=1)
    assert "không gửi được" not in lines(dash)
    with writing(dash.engine) as session:
        silence(session, "email", address, *FULL, dash.clock(), timedelta(days=1))
    again = f"tạm ngừng, thử lại từ {moment_words(until)}"
    assert again in lines(dash)
    assert again in lines(dash, f"{PAGE}?bang=nguoi-nhan&dang=csv")
    with writing(dash.engine) as session:
        silence(session, "email", address, *GONE, dash.clock())
    page = lines(dash)
    assert "không gửi được" in page
    assert "tạm ngừng" not in page
    with writing(dash.engine) as session:
        lift(session, [("email", address)], dash.clock())
    assert "không gửi được" not in lines(dash)


def test_others_with_other_addresses_are_not_spoken_of(dash: Dash) -> None:
    with writing(dash.engine) as session:
        silence(session, "email", email_of(dash, "an-lao"), *GONE, dash.clock())
    assert "không gửi được" not in lines(dash, "/co-quan/stc")


@pytest.mark.parametrize(
    ("silenced", "shown"),
    [
        ("zalo_oa", ["7012", "không gửi được"]),
        ("zalo_uid", ["Zalo theo mẫu", "không gửi được"]),
        ("", ["7012"]),
    ],
)
def test_a_user_id_that_takes_nothing_by_template(
    dash: Dash, silenced: str, shown: list[str]
) -> None:
    """One user id, two ways to it: each is told of by itself when it is silent."""
    with writing(dash.engine) as session:
        contact = session.get_one(Contact, dash.contact_of("an-lao"))
        contact.zalo_user_id = "7012"
        session.add(contact)
        if silenced:
            silence(session, silenced, "7012", "-230", "Không nhận tin", dash.clock())
    page = lines(dash)
    assert all(word in page for word in shown)
    assert ("không gửi được" in page) is bool(silenced)
    assert ("Zalo theo mẫu:" in page) is (silenced == "zalo_uid")
