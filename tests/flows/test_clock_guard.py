"""The clock that jumps: by minutes, by decades, back and forth, over restarts; nobody is silenced by it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import CliRunner

from flows import clock_guard
from flows.cli import app
from flows.clock_guard import TOLERANCE, ClockError, Machine, doubt, require_steady, this_machine
from flows.jobs import alerts, rounds
from flows.schedule import environment
from notifications.proving import prove
from notifications.reminders.tick import tick
from plan.database import open_engine, reading, writing
from plan.models import ClockMark, Message, Obligation
from plan.settings import Settings
from tests.chaos.jumping import (
    CONTACTS,
    DESK,
    START,
    heard,
    look,
    plans_of,
    rungs_ahead,
    tools_on,
    until_the_end,
)
from tests.conftest import at
from tests.standins.clock import Hardware
from tests.support.reminders import load, small_plan


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clock") / "template.db"
    load(path, small_plan(contacts=CONTACTS), START).dispose()
    return path


@pytest.fixture
def engine(template: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(template, tmp_path / "dondoc.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    yield engine
    engine.dispose()


def test_a_look_ten_years_ahead_does_not_happen_and_nobody_is_silenced(
    engine: Engine, tmp_path: Path
) -> None:
    hardware = Hardware(START)
    tools = tools_on(engine, hardware, tmp_path)
    assert look(tools, hardware)
    before = heard(engine)
    hardware.pass_(timedelta(hours=1))
    hardware.off = timedelta(days=3653)
    assert not look(tools, hardware)
    assert "nhảy tới" in clock_guard.doubted(tools, hardware.machine)
    assert heard(engine) == before
    hardware.off = timedelta()
    assert look(tools, hardware)
    assert clock_guard.doubted(tools, hardware.machine) == ""


@pytest.mark.parametrize(
    ("off", "believed"), [(1, True), (34, True), (36, False), (400, False), (-1, False)]
)
def test_after_a_restart_a_gap_of_weeks_is_caught_up_and_a_longer_one_asks(
    engine: Engine, tmp_path: Path, off: int, believed: bool
) -> None:
    hardware = Hardware(START)
    tools = tools_on(engine, hardware, tmp_path)
    assert look(tools, hardware)
    hardware.restart(timedelta(minutes=5))
    hardware.off = timedelta(days=off)
    assert look(tools, hardware) is believed


def test_the_operator_says_that_the_clock_is_right(engine: Engine, tmp_path: Path) -> None:
    hardware = Hardware(START)
    tools = tools_on(engine, hardware, tmp_path)
    assert look(tools, hardware)
    hardware.restart(timedelta(days=60))
    assert not look(tools, hardware)
    clock_guard.believe(engine, hardware.clock(), hardware.machine)
    assert look(tools, hardware)


def test_the_command_believes_the_clock_and_works_everything_out_anew(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`dondoc doctor --repair`: after a look by a wrong clock has left its marks, and one far-off hint."""
    hardware = Hardware(START)
    tools = tools_on(engine, hardware, tmp_path)
    assert look(tools, hardware)
    with writing(engine) as session:
        for mark in session.exec(select(ClockMark)):
            mark.at, mark.doubted = START + timedelta(days=3653), "nhảy tới"
            session.add(mark)
        row = session.exec(select(Obligation)).first()
        assert row is not None
        row.next_check_at = START + timedelta(days=3653)
        session.add(row)
        key = row.id
    monkeypatch.setattr(rounds, "make_tools", lambda _: tools)
    monkeypatch.setattr(
        environment, "configure_prefect", lambda _: None
    )  # this process's own environment
    assert clock_guard.doubted(tools)
    said = CliRunner().invoke(app, ["doctor", "--repair"])
    assert "Tin giờ máy: 08:00" in said.output
    assert "1 chỗ sai, đã sửa" in said.output
    assert clock_guard.doubted(tools) == ""
    with reading(engine) as session:
        [mark] = session.exec(select(ClockMark)).all()
        assert (mark.at, mark.doubted) == (START, "")
        hint = session.get_one(Obligation, key).next_check_at
        assert hint is not None
        assert hint < START + timedelta(days=60)


ELSEWHERE = """
from pathlib import Path
from flows import clock_guard
from plan.settings import Settings
clock_guard.BOOT_ID = Path("none")
print(clock_guard.this_machine(Settings()).boot)
"""


def test_the_runs_of_a_machine_share_its_mark_where_proc_is_hidden(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run is a process of its own; a jump between two of them is seen, and they leave one row."""
    monkeypatch.setattr(clock_guard, "BOOT_ID", tmp_path / "none")
    monkeypatch.delenv("DONDOC_BOOT_ID", raising=False)
    hardware = Hardware(START)
    tools = tools_on(engine, hardware, tmp_path)
    require_steady(tools)
    words = [sys.executable, "-c", ELSEWHERE]
    elsewhere = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    other = Machine(elsewhere, this_machine(tools.settings).up)
    hardware.off = timedelta(days=20)
    with pytest.raises(ClockError, match="nhảy tới"):
        require_steady(tools, other)
    with reading(engine) as session:
        assert len(session.exec(select(ClockMark)).all()) == 1


def test_a_boot_has_one_name_in_the_file_and_in_the_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command typed outside the unit reads the file, the service is told: they are one machine."""
    file = tmp_path / "boot_id"
    file.write_text("0f3c2b6e-5a49-4d6f-8f3a-7c1d2e4b5a69\n", "ascii")
    monkeypatch.setattr(clock_guard, "BOOT_ID", file)
    read = this_machine(Settings(home=tmp_path, boot_id="stale"))
    monkeypatch.setattr(clock_guard, "BOOT_ID", tmp_path / "none")
    assert read == this_machine(Settings(home=tmp_path, boot_id="0f3c2b6e5a494d6f8f3a7c1d2e4b5a69"))


def test_a_machine_without_names_for_its_boots_may_restart(engine: Engine, tmp_path: Path) -> None:
    """Its uptime goes back: the rules of a restart hold, for a gap of weeks and for one too long."""
    hardware = Hardware(START, up=5000.0)
    tools = tools_on(engine, hardware, tmp_path)
    assert look(tools, hardware)
    hardware.restart(timedelta(days=20))
    hardware.boot -= 1
    assert look(tools, hardware)
    hardware.pass_(timedelta(hours=1))
    hardware.off = timedelta(days=20)
    assert not look(tools, hardware)


def test_a_clock_that_is_doubted_is_told_of_once(engine: Engine, tmp_path: Path) -> None:
    hardware = Hardware(at("2020-03-02 09:00"))
    tools = tools_on(engine, hardware, tmp_path)
    machine = this_machine(tools.settings)
    require_steady(tools, machine)
    hardware.off = timedelta(days=3653)
    words = clock_guard.doubted(tools, machine)
    assert alerts.tell_of_clock(tools, words) == 1
    assert alerts.tell_of_clock(tools, words) == 0
    with reading(engine) as session:
        told = session.exec(select(Message).where(Message.event == "alarm")).one()
    assert (told.state, told.created_at.year) == ("sent", 2020)
    assert "dondoc doctor --repair" in str(told.content)


def test_what_a_wrong_clock_wrote_is_worked_out_anew(engine: Engine, tmp_path: Path) -> None:
    """As it stood before the clock was watched: one look ten years ahead moved everything past its rungs."""
    plan_id = plans_of(engine)[0]
    tick(engine, plan_id, START + timedelta(days=3654), DESK)  # a Monday
    with reading(engine) as session:
        looks = [row.next_check_at for row in session.exec(select(Obligation))]
        assert all(moment is None or moment.year == 2030 for moment in looks)
    now = START.astimezone(UTC)
    done = prove(engine, plan_id, now, DESK)
    assert done.wrong
    assert prove(engine, plan_id, now, DESK).wrong == 0
    assert heard(engine) == set()
    assert until_the_end(engine, now) == _untouched(engine, tmp_path)


@pytest.mark.parametrize("wrong", [None, datetime(2031, 1, 1, tzinfo=UTC)])
def test_an_index_that_says_never_or_too_late_is_found(
    engine: Engine, wrong: datetime | None
) -> None:
    plan_id = plans_of(engine)[0]
    now = START.astimezone(UTC)
    tick(engine, plan_id, now, DESK)
    with writing(engine) as session:
        row = session.exec(select(Obligation)).first()
        assert row is not None
        row.next_check_at = wrong
        session.add(row)
    assert prove(engine, plan_id, now, DESK).late == 1
    assert prove(engine, plan_id, now, DESK).late == 0


def _untouched(engine: Engine, tmp_path: Path) -> set[tuple[int, str, str]]:
    """What a clock that was never wrong comes to: the same plan, from its first day."""
    fresh = load(tmp_path / "fresh.db", small_plan(contacts=CONTACTS), START)
    try:
        return until_the_end(fresh, START.astimezone(UTC))
    finally:
        fresh.dispose()


# --- to the microsecond --------------------------------------------------------------------------

TURNS = [
    datetime(2020, 2, 28, 23, 59, 59, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
    datetime(2024, 12, 31, 16, 59, 59, 999_999, tzinfo=UTC),
    datetime(2100, 2, 28, 17, tzinfo=UTC),  # no leap year
]
"""Days, months, years and leap days that end, here (17:00 UTC) or in UTC."""
TICK = timedelta(microseconds=1)
GAP = timedelta(days=35)


@given(st.sampled_from(TURNS), st.integers(0, 40 * 366 * 86_400), st.sampled_from([1, -1]))
def test_within_a_boot_a_clock_is_believed_up_to_the_tolerance_and_not_a_moment_more(
    start: datetime, up: int, way: int
) -> None:
    mark = ClockMark(boot="1", at=start, up=0.0)
    edge = start + timedelta(seconds=up) + way * TOLERANCE
    assert doubt(mark, None, edge, up, GAP) == ""
    assert ("tới" if way > 0 else "lùi") in doubt(mark, None, edge + way * TICK, up, GAP)


@given(st.sampled_from(TURNS), st.timedeltas(timedelta(), timedelta(days=800)))
def test_after_a_restart_it_is_believed_up_to_the_gap_and_not_a_moment_more(
    start: datetime, off: timedelta
) -> None:
    newest = start + off
    assert doubt(None, newest, newest + GAP, 1.0, GAP) == ""
    assert doubt(None, newest, newest + GAP + TICK, 1.0, GAP)
    assert doubt(None, newest, newest - TOLERANCE, 1.0, GAP) == ""
    assert doubt(None, newest, newest - TOLERANCE - TICK, 1.0, GAP)


OFFS = st.sampled_from(
    [timedelta(), TOLERANCE, -TOLERANCE, TOLERANCE + TICK, -TOLERANCE - TICK]
    + [timedelta(days=d) for d in (1, -1, 28, 29, -29, 365, 366, -366, 1461, 3653, -36525)]
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(TURNS[:3]), st.lists(OFFS, min_size=2, max_size=8))
def test_back_and_forth_over_leap_days_only_what_creeps_is_followed(
    template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    start: datetime,
    offs: list[timedelta],
) -> None:
    """Each look is believed if and only if the clock is where the last one that was believed left it, give
    or take the tolerance: a jump forth and back again is no two steps."""
    folder = tmp_path_factory.mktemp("leap")
    shutil.copy(template, folder / "dondoc.db")
    engine = open_engine(f"sqlite:///{folder / 'dondoc.db'}")
    hardware = Hardware(start)
    tools = tools_on(engine, hardware, folder)
    try:
        require_steady(tools, hardware.machine)
        stood = timedelta()
        for off in offs:
            hardware.pass_(timedelta(hours=13))
            hardware.off = off
            right = abs(off - stood) <= TOLERANCE
            assert (clock_guard.doubted(tools, hardware.machine) == "") == right
            if right:
                require_steady(tools, hardware.machine)
                stood = off
            else:
                with pytest.raises(ClockError):
                    require_steady(tools, hardware.machine)
    finally:
        engine.dispose()


# --- jumps at random -----------------------------------------------------------------------------

SPANS = st.sampled_from([timedelta(hours=h) for h in (1, 8, 24, 24, 24, 72, 24 * 9)])
JUMPS = st.sampled_from(
    [timedelta(minutes=m) for m in (2, 7, -7, 90, -90)]
    + [timedelta(days=d) for d in (1, -1, 20, -20, 60, 366, 3653, -3653, 36525, -7300)]
    + [timedelta()]
)


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(SPANS, JUMPS, st.booleans()), min_size=1, max_size=12))
def test_whatever_the_clock_did_in_the_end_everybody_heard_the_same(
    template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[timedelta, timedelta, bool]],
) -> None:
    """Looks, jumps of the clock, restarts with the clock wrong; then the clock is right, the operator says
    so, and the plan goes on to its end: each rung was heard, as on a clock that was never wrong."""
    folder = tmp_path_factory.mktemp("jumps")
    shutil.copy(template, folder / "dondoc.db")
    engine = open_engine(f"sqlite:///{folder / 'dondoc.db'}")
    hardware = Hardware(START)
    tools = tools_on(engine, hardware, folder)
    try:
        for span, jump, restarts in steps:
            look(tools, hardware)
            hardware.restart(span) if restarts else hardware.pass_(span)
            hardware.off = jump
        hardware.off = timedelta()
        if not look(tools, hardware):
            clock_guard.believe(engine, hardware.clock(), hardware.machine)
        clock_guard.work_out_anew(tools, hardware.clock())
        got = until_the_end(engine, hardware.clock())
        assert got >= rungs_ahead(engine, template, folder, hardware.true)
    finally:
        engine.dispose()
