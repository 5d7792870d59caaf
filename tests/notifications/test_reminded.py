"""An escalation says how often and when last the agency was reminded, as the record has it; and nothing where
nobody was."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications.round import run_round
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import DESK, refusing
from tests.support.reminders import LADDER, Answer, ToldChannels, load, messages, person, small_plan

RUNGS = [
    {"offset": -1},
    {"offset": 2, "audience": ["contact"], "tone": "overdue"},
    {"offset": 4, "audience": ["head", "coordinator-leadership", "issuer"], "tone": "escalated"},
]
PEOPLE = [
    person("a", "Lan", email="lan@a.example"),
    person("a", "Chủ tịch A", is_head=True),
    person("so", "Giám đốc", is_head=True),
    person("tinh", "Văn thư tỉnh"),
]
ESCALATED = ("escalation-head", "escalation-leadership", "escalation-issuer")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    reminders = LADDER | {"rungs": RUNGS, "announce": False}
    plan = small_plan(contacts=PEOPLE, reminders=reminders)
    return load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))


def escalations(engine: Engine, days: list[str], mail: Answer | None = None) -> dict[str, str]:
    """Rounds on these days; then what each escalation says."""
    channels = ToldChannels(**({"email": mail} if mail else {}))
    for day in days:
        run_round(engine, "thu", DESK, channels, HandClock(at(f"{day} 09:00")))
    return {m.event: " ".join(m.content["text"].split()) for m in messages(engine)}


@pytest.mark.parametrize(
    ("days", "head", "issuer"),
    [
        (
            ["2020-04-28", "2020-05-05", "2020-05-07"],
            "đã nhắc 2 lần, lần gần nhất ngày 05/05/2020, nhưng đến nay chưa nhận được",
            "đã đôn đốc 1/3 cơ quan, nhiều nhất 2 lần, lần gần nhất ngày 05/05/2020, nhưng",
        ),
        (
            ["2020-05-05", "2020-05-07"],
            "đã nhắc 1 lần, vào ngày 05/05/2020, nhưng đến nay chưa nhận được",
            "đã đôn đốc 1/3 cơ quan, mỗi cơ quan 1 lần, gần nhất ngày 05/05/2020, nhưng",
        ),
        (["2020-05-07"], "SỞ NỘI VỤ đến nay chưa nhận được", "đến nay"),
    ],
)
def test_it_says_what_the_record_shows(
    engine: Engine, days: list[str], head: str, issuer: str
) -> None:
    said = escalations(engine, days)
    assert head.casefold() in said["escalation-head"].casefold()
    assert issuer.casefold() in said["escalation-issuer"].casefold()
    assert ("dù đã được nhắc" in said["escalation-leadership"]) is (len(days) > 1)
    assert not any("nhiều lần" in said[event] for event in ESCALATED)


def test_what_never_left_is_no_reminder(engine: Engine) -> None:
    """Mail was away on the days of the reminders, and for the escalation too: nobody was reminded."""
    away = refusing("421", permanent=False, channel_down=True)
    said = escalations(engine, ["2020-04-28", "2020-05-05", "2020-05-07"], away)
    assert (
        "nhắc" not in said["escalation-head"].partition("Kính đề nghị")[0].partition("Kính gửi")[2]
    )
