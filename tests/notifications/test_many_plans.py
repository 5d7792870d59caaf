"""Several plans at once: one round, one digest a person, every line naming its plan."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from notifications import round as reminder_round
from notifications.outbox.queries import list_messages
from notifications.reminders.tick import preview, tick
from plan import ledger
from plan.database import open_engine, reading, writing
from plan.importing.plan import load_plan
from plan.locks import exclusive
from plan.models import MessagePlan
from plan.queries.labels import plan_labels
from plan.states import LOADER
from tests.conftest import at, load_running
from tests.standins import HandClock
from tests.support.delivering import DESK, send
from tests.support.reminders import ToldChannels, load, messages, person, rows, small_plan

LOADED = at("2020-03-02 08:00")
FRIDAY = at("2020-04-24 09:00")
SHARED = {"email": "lan@a.example"}
PEOPLE = [
    person("so", "Đầu mối", email="dau-moi@so.example"),
    person("a", "Lan", **SHARED),
    person("a", "Chủ tịch A", is_head=True, email="chu-tich@a.example"),
]


def another(**changes: Any) -> Any:
    """A second plan of the same office and people, with a number of its own."""
    fields = {"id": "hai", "number": "02/KH-UBND", "short": "KH 02", "title": "Kế hoạch hai"}
    return small_plan(**({"contacts": PEOPLE} | fields | changes))


def add(engine: Engine, definition: Any) -> None:
    with writing(engine) as session:
        load_running(session, definition, now=LOADED)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small plan alone, and beside another."""
    folder = tmp_path_factory.mktemp("plans")
    load(folder / "one.db", small_plan(contacts=PEOPLE), LOADED).dispose()
    shutil.copy(folder / "one.db", folder / "two.db")
    engine = open_engine(f"sqlite:///{folder / 'two.db'}")
    add(engine, another())
    engine.dispose()
    return folder


@pytest.fixture
def one(files: Path, tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{shutil.copy(files / 'one.db', tmp_path / 'one.db')}")


@pytest.fixture
def two(files: Path, tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{shutil.copy(files / 'two.db', tmp_path / 'two.db')}")


def round_at(engine: Engine, when: datetime, plan: str = "") -> list[int]:
    return tick(engine, plan, when, DESK).queued


def test_one_digest_over_both_plans_names_the_plan_of_each_line(two: Engine) -> None:
    round_at(two, FRIDAY)
    [lan] = [m for m in messages(two) if m.recipient_name == "Lan"]
    assert lan.content["subject"].startswith("[KH 02 và KH 01] Còn 3 ngày làm việc: ")
    text = lan.content["text"]
    assert (
        "Theo Kế hoạch số 02/KH-UBND và Kế hoạch số 01/KH-UBND, UBND huyện A còn 4 sản phẩm" in text
    )
    assert [line.strip() for line in text.splitlines() if "Kế hoạch: " in line] == [
        "Kế hoạch: KH 02.",
        "Kế hoạch: KH 02.",
        "Kế hoạch: KH 01.",
        "Kế hoạch: KH 01.",
    ]
    assert "Kế hoạch số 01/KH-UBND ngày 02/03/2020: Kế hoạch thử" in text
    assert lan.content["html"].count(">KH 02</span>") == 2
    assert len({m.recipient for m in messages(two)}) == len(messages(two))


def test_each_line_leads_into_its_own_plan(two: Engine) -> None:
    round_at(two, FRIDAY)
    [lan] = [m for m in messages(two) if m.recipient_name == "Lan"]
    links = [line.split()[-1] for line in lan.content["text"].splitlines() if "Nơi nộp" in line]
    claims = [DESK.linker.verify(link.rpartition("/")[2], FRIDAY) for link in links]
    assert [claim.plan for claim in claims] == ["hai", "hai", "thu", "thu"]
    seats = dict(rows(two, "SELECT c.id, a.plan_id FROM contact c JOIN agency a ON a.id=agency_id"))
    assert all(seats[claim.contact_id] == claim.plan for claim in claims)


def test_with_one_plan_due_it_reads_as_if_there_were_one(two: Engine, one: Engine) -> None:
    with writing(two) as session:
        ledger.pause_plan(session, "hai", reason="thử", actor=LOADER, now=LOADED)
    round_at(one, FRIDAY)
    round_at(two, FRIDAY)
    written = [[(m.reference, m.content) for m in messages(engine)] for engine in (one, two)]
    assert written[0] == written[1]


def test_both_plans_list_the_message_once(two: Engine) -> None:
    round_at(two, FRIDAY)
    with reading(two) as session:
        listed = [{m["id"] for m in list_messages(session, plan)} for plan in ("thu", "hai", "")]
        assert listed[0] == listed[1] == listed[2]
        assert session.get(MessagePlan, (min(listed[0]), "thu")) is not None


def test_whoever_comes_second_finds_nothing(two: Engine) -> None:
    assert round_at(two, FRIDAY)
    assert round_at(two, FRIDAY) == []
    assert rows(two, "SELECT count(*) FROM rung_claim WHERE message_id IS NULL") == [(0,)]


def test_a_round_waits_for_the_one_under_way(two: Engine) -> None:
    done: list[reminder_round.Round] = []
    second = Thread(
        target=lambda: done.append(reminder_round.queue(two, "", DESK, FRIDAY)), daemon=True
    )
    with exclusive(two, reminder_round.ROUND):
        second.start()
        second.join(0.05)
        assert done == []
        assert messages(two) == []
    second.join()
    assert done[0].tick.queued


def test_what_waits_of_one_plan_goes_with_what_another_has_due(two: Engine) -> None:
    """The mail server was away: the next rung speaks for both plans' earlier ones."""
    [first] = [n for n in round_at(two, FRIDAY, "hai") if _name(two, n) == "Lan"]
    later = round_at(two, at("2020-04-28 09:00"), "thu")
    [lan] = [m for m in messages(two) if m.id in later and m.recipient_name == "Lan"]
    states = {m.id: (m.state, m.code) for m in messages(two)}
    assert states[first] == ("cancelled", "merged")
    assert "KH 01" in lan.content["text"]
    assert "Kế hoạch: KH 02." in lan.content["text"]


def _name(engine: Engine, number: int) -> str:
    return next(m.recipient_name for m in messages(engine) if m.id == number)


def test_of_a_plan_paused_meanwhile_nothing_is_sent(two: Engine) -> None:
    round_at(two, FRIDAY)
    with writing(two) as session:
        ledger.pause_plan(session, "hai", reason="thử", actor=LOADER, now=FRIDAY)
    channels = ToldChannels()
    send(two, channels, HandClock(FRIDAY))
    assert channels.taken
    assert {outgoing.subject.partition("]")[0] for outgoing in channels.taken} == {"[KH 01"}


def test_another_office_writes_in_its_own_name(one: Engine) -> None:
    data = another().model_dump(mode="json")
    for agency in data["agencies"]:
        if agency["id"] == "so":
            agency["names"] = [{"name": "Sở Tư pháp", "short": "STP"}]
    add(one, small_plan(**data))
    round_at(one, FRIDAY)
    mine = [m.content["text"] for m in messages(one) if m.recipient_name == "Lan"]
    assert len(mine) == 2
    assert {"chưa gửi Sở Tư pháp" in text for text in mine} == {True, False}


def test_a_plan_shows_the_digests_that_speak_of_it(two: Engine) -> None:
    both, at_office = preview(two, "", FRIDAY, DESK)
    assert at_office == FRIDAY
    with writing(two) as session:
        ledger.pause_plan(session, "hai", reason="thử", actor=LOADER, now=FRIDAY)
    one, _ = preview(two, "thu", FRIDAY, DESK)
    assert {d.person.name for d in one.digests} == {d.person.name for d in both.digests}
    assert {r.plan_id for d in one.digests for r in d.rows} == {"thu"}


def test_a_person_is_found_over_plans_by_any_mark(one: Engine) -> None:
    """Mail in one plan, with a phone in another; that phone with Zalo in a third; that Zalo in a fourth."""
    for key, changes in (
        ("hai", SHARED | {"phone": "0905 000 111"}),
        ("ba", {"email": "", "phone": "0905 000 111", "zalo_user_id": "77"}),
        ("bon", {"email": "khac@a.example", "zalo_user_id": "77"}),
    ):
        contact = person("a", "Lan", **changes)
        add(one, another(id=key, number=f"{key}/KH", short=key, contacts=[contact]))
    look, _ = preview(one, "", FRIDAY, replace(DESK, available=frozenset({"email"})))
    [digest] = [d for d in look.digests if d.person.name == "Lan"]
    assert {row.plan_id for row in digest.rows} == {"thu", "hai", "ba", "bon"}
    assert digest.person.addresses["email"] == "lan@a.example"


def test_nothing_is_told_of_a_draft_loaded_beside(two: Engine) -> None:
    with writing(two) as session:
        load_plan(session, another(id="ba", number="03/KH", short="KH 03"), now=LOADED)
    round_at(two, FRIDAY)
    assert all("KH 03" not in m.content["subject"] for m in messages(two))
    assert {plan for (plan,) in rows(two, "SELECT plan_id FROM message_plan")} == {"thu"}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"short": "KH 02"}, ["KH 01", "KH 02"]),
        (
            {"short": "KH 01", "issued_on": "2020-03-03"},
            ["KH 01 ngày 02/03/2020", "KH 01 ngày 03/03/2020"],
        ),
        (
            {"short": "KH 01", "title": "Bản sao"},
            ["KH 01 ngày 02/03/2020 «Kế hoạch thử»", "KH 01 ngày 02/03/2020 «Bản sao»"],
        ),
    ],
)
def test_two_plans_of_one_name_are_told_apart(
    one: Engine, changes: dict[str, str], names: list[str]
) -> None:
    add(one, another(**changes))
    with reading(one) as session:
        labels = plan_labels(session)
    assert [labels["thu"].short, labels["hai"].short] == names
