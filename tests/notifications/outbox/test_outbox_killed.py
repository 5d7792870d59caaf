"""kill -9 at random moments: nothing is lost, nothing recorded as sent goes out again."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications.reminders.tick import tick
from tests.chaos.sending import START, play
from tests.conftest import PLAN_ID, at
from tests.support.reminders import make_messaging


@pytest.fixture
def template(tmp_path: Path, engine: Engine) -> Path:
    queued = tick(engine, PLAN_ID, START, make_messaging()).queued
    assert len(queued) >= 30
    path = tmp_path / "template.db"
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{path}'")
        connection.exec_driver_sql("BEGIN")
    return path


def test_killed_a_few_times(template: Path, tmp_path: Path) -> None:
    assert play(template, tmp_path / "killed.db", random.Random(4), kills=4) >= 1


@pytest.mark.slow
def test_killed_day_after_day(template: Path, tmp_path: Path) -> None:
    """Words grow stale between one sender's death and the next one's start."""
    path, monday = tmp_path / "killed.db", at("2020-05-11 08:00")
    assert play(template, path, random.Random(7), 4, monday, timedelta(days=1)) >= 1


@pytest.mark.slow
def test_killed_at_a_hundred_random_moments(template: Path, tmp_path: Path) -> None:
    dice, kills = random.Random(100), 0
    for number in range(200):
        kills += play(template, tmp_path / f"killed{number}.db", dice, kills=6)
        if kills >= 100:
            return
    raise AssertionError(f"only {kills} kills hit")
