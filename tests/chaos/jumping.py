"""Looks under a clock that jumps, as a flow makes them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import select

from flows.clock_guard import ClockError, require_steady
from flows.jobs import rounds
from flows.runtime import RoundTools
from notifications.reminders.tick import tick
from plan.database import open_engine, reading
from plan.models import RungClaim
from plan.queries.lookup import plan_ids
from plan.settings import Settings
from tests.conftest import at
from tests.standins.clock import Hardware
from tests.support.reminders import ToldChannels, make_messaging, person

DESK = make_messaging()


CONTACTS = [
    person("tinh", "Văn thư tỉnh"),
    person("so", "Đầu mối"),
    person("a", "Lan"),
    person("b", "Minh"),
]


START = at("2020-03-02 08:00")


ENDS = at("2020-06-30 17:00")


def tools_on(engine: Engine, hardware: Hardware, home: Path) -> RoundTools:
    made = rounds.make_tools(Settings(home=home), engine)
    return replace(made, clock=hardware.clock, desk=DESK, open_channel=ToldChannels())


def plans_of(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return plan_ids(session)


def look(tools: RoundTools, hardware: Hardware) -> bool:
    """One look, as a flow does it; False: the clock was doubted."""
    try:
        require_steady(tools, hardware.machine)
    except ClockError:
        return False
    for plan_id in plans_of(tools.engine):
        tick(tools.engine, plan_id, hardware.clock(), DESK)
    return True


def heard(engine: Engine) -> set[tuple[int, str, str]]:
    with reading(engine) as session:
        rows = session.exec(select(RungClaim)).all()
        return {(row.obligation_id, row.rung, row.recipient) for row in rows}


def until_the_end(engine: Engine, start: datetime) -> set[tuple[int, str, str]]:
    plan_id, now = plans_of(engine)[0], start
    while now < ENDS:
        tick(engine, plan_id, now, DESK)
        now += timedelta(hours=8)
    return heard(engine)


def rungs_ahead(
    engine: Engine, template: Path, folder: Path, start: datetime
) -> set[tuple[int, str, str]]:
    """What is heard on an untouched copy that is first looked at then."""
    shutil.copy(template, folder / "right.db")
    right = open_engine(f"sqlite:///{folder / 'right.db'}")
    try:
        return until_the_end(right, start.astimezone(UTC))
    finally:
        right.dispose()
