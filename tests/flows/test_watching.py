"""What Sở Nội vụ is told of the service itself, and the night's housekeeping."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from flows.jobs import alerts, backup, rounds
from flows.runtime import RoundTools
from flows.schedule.state import deployment_state
from notifications.round import queue
from plan.database import reading
from plan.models import Message
from plan.settings import Settings
from tests.conftest import PLAN_ID, at
from tests.standins.clock import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at("2020-04-20 07:00"))


@pytest.fixture
def tools(engine: Engine, tmp_path: Path, clock: HandClock) -> RoundTools:
    return replace(rounds.make_tools(Settings(home=tmp_path), engine), clock=clock)


def keys(tools: RoundTools) -> set[str]:
    with reading(tools.engine) as session:
        return {one.key for one in alerts.troubles(session, PLAN_ID, tools.clock())}


def test_nothing_is_wrong_as_the_office_opens(tools: RoundTools) -> None:
    """Much is due then, and there was no time yet to do it."""
    assert keys(tools) == set()


def test_reminders_nobody_looked_at(tools: RoundTools, clock: HandClock) -> None:
    clock.advance(hours=3)
    assert keys(tools) == {"tick"}


def test_messages_that_do_not_leave(tools: RoundTools, clock: HandClock) -> None:
    queue(tools.engine, PLAN_ID, tools.desk, tools.clock())
    clock.advance(hours=3)
    assert keys(tools) == {"stuck"}


def test_not_outside_office_hours(tools: RoundTools, clock: HandClock) -> None:
    clock.advance(hours=14)
    assert keys(tools) == set()


def test_told_once_a_day_and_again_the_next(tools: RoundTools, clock: HandClock) -> None:
    clock.advance(hours=3)
    missed = alerts.missed_runs(["track-milestone/a", "deliver/all"])
    told = alerts.watch(tools, missed)
    with reading(tools.engine) as session:
        rows = session.exec(select(Message).where(col(Message.id).in_(told))).all()
    words = "\n".join(str(row.content) for row in rows)
    assert "Có nấc nhắc đã đến mà chưa được xét" in words
    assert "2 việc theo lịch đã không chạy được" in words
    assert alerts.watch(tools, missed) == []
    clock.advance(days=1)
    assert alerts.watch(tools, missed) != []


def test_many_missed_runs_are_one_trouble() -> None:
    assert alerts.missed_runs([]) == []
    [one] = alerts.missed_runs([f"deliver/{number}" for number in range(9)])
    assert one.what_to_do.count("deliver/") == 5
    assert one.key == alerts.missed_runs([f"deliver/{n}" for n in range(8, -1, -1)])[0].key


def test_what_counts_as_missed() -> None:
    """A run cancelled because another of the same was running counts as run."""

    class Run:
        def __init__(self, state: str) -> None:
            self.state_type = type("State", (), {"value": state})
            self.expected_start_time = datetime(2020, 1, 1, tzinfo=UTC)
            self.start_time = None

    def overdue(*states: str) -> bool:
        runs = [Run(state) for state in states]
        return deployment_state("1", "deliver/all", "", True, runs).overdue  # type: ignore[arg-type]

    assert overdue("SCHEDULED", "CRASHED")
    assert not overdue("SCHEDULED", "COMPLETED")
    assert not overdue("CANCELLED")
    assert not overdue()


# --- housekeeping --------------------------------------------------------------------------------


def test_a_copy_a_day_is_whole_and_old_ones_go(tools: RoundTools, clock: HandClock) -> None:
    settings = tools.settings.model_copy(update={"backups": 2})
    tools = replace(tools, settings=settings)
    for _ in range(4):
        kept = backup.keep_house(tools)
        clock.advance(days=1)
    assert kept.broken == 0
    assert kept.backup is not None
    copies = sorted(kept.backup.parent.iterdir())
    assert [path.name for path in copies] == ["dondoc-2020-04-22.db", "dondoc-2020-04-23.db"]
    with closing(sqlite3.connect(copies[-1])) as copy:
        assert copy.execute("SELECT count(*) FROM obligation").fetchone() == (167,)


def test_a_second_copy_of_the_day_takes_its_place(tools: RoundTools) -> None:
    first, second = backup.keep_house(tools), backup.keep_house(tools)
    assert first.backup == second.backup
    assert second.dropped == []
