"""What reached nobody is counted and queued; what somebody heard by another way is no trouble."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select

from dashboard.queries.alarms import reached_nobody
from dashboard.queries.desk import queue
from dashboard.queries.naming import naming
from notifications.round import run_round
from plan.calendar import local_day
from plan.database import reading
from plan.models import Message
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import DESK, FRIDAY, refusing
from tests.support.reminders import LADDER, Answer, ToldChannels, load, person, small_plan

DEAD = refusing("550", address_dead=True)
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
