"""One virtual clock for every process of an installation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import clock as anchor
from flows.clock import (
    Anchor,
    anchor_of,
    real_clock,
    service_clock,
    start_virtual_clock,
    stop_virtual_clock,
)
from plan.errors import SettingsError
from plan.settings import Settings
from tests.standins.clock import HandClock

START = "2020-04-20T08:00+07:00"
OPENS = datetime(2020, 4, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    """Real time, moved by hand."""
    clock = HandClock(datetime(2026, 1, 5, 2, 0, tzinfo=UTC))
    monkeypatch.setattr(anchor, "real_clock", clock)
    return clock


def settings(home: Path, clock: str = START, speed: float = 1.0) -> Settings:
    return Settings(home=home, clock=clock, clock_speed=speed)


def test_real_time_has_no_anchor(tmp_path: Path) -> None:
    assert start_virtual_clock(settings(tmp_path, ""), None) is None
    assert service_clock(settings(tmp_path, "")) is real_clock


def test_every_process_reads_the_same_moment(tmp_path: Path, real: HandClock) -> None:
    start_virtual_clock(settings(tmp_path), None)
    real.advance(minutes=7)
    assert service_clock(settings(tmp_path))() == OPENS + timedelta(minutes=7)
    assert service_clock(settings(tmp_path))() == OPENS + timedelta(minutes=7)


def test_it_runs_faster(tmp_path: Path, real: HandClock) -> None:
    dropped = start_virtual_clock(settings(tmp_path, speed=60), None)
    assert dropped is not None
    real.advance(seconds=30)
    assert dropped() == OPENS + timedelta(minutes=30)
    assert dropped.real_of(OPENS + timedelta(minutes=30)) == real()


def test_time_never_goes_back(tmp_path: Path, real: HandClock) -> None:
    """Not before what the ledger knows, not before where the service stood when it stopped."""
    later = OPENS + timedelta(days=3)
    dropped = start_virtual_clock(settings(tmp_path), later)
    assert dropped is not None
    assert dropped() == later
    real.advance(hours=1)
    stop_virtual_clock(settings(tmp_path))
    real.advance(days=9)
    stood = later + timedelta(hours=1)
    assert stood <= service_clock(settings(tmp_path))() < stood + timedelta(hours=1)
    again = start_virtual_clock(settings(tmp_path), later)
    assert again is not None
    assert again() == stood


@pytest.mark.parametrize(
    ("setting", "opens"),
    [
        ("2020-05-20", datetime(2020, 5, 19, 17, 0, tzinfo=UTC)),
        ("2020-01-20", OPENS + timedelta(hours=1)),
    ],
    ids=["a later moment is jumped to", "an earlier one goes on from where the home stands"],
)
def test_another_setting_is_another_clock(
    tmp_path: Path, real: HandClock, setting: str, opens: datetime
) -> None:
    start_virtual_clock(settings(tmp_path), None)
    real.advance(hours=1)
    stop_virtual_clock(settings(tmp_path))
    other = settings(tmp_path, setting)
    assert anchor_of(other) is None
    dropped = start_virtual_clock(other, None)
    assert dropped is not None
    assert dropped() == opens


def test_a_standing_clock_never_comes_to_later_moments(real: HandClock) -> None:
    standing = Anchor(START, OPENS, real(), speed=0)
    real.advance(days=1)
    assert standing() == OPENS
    assert standing.real_of(OPENS + timedelta(seconds=1)).year == 9999


def test_nonsense_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="không phải thời điểm"):
        start_virtual_clock(settings(tmp_path, "hôm qua"), None)
