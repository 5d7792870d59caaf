"""Clocks that jump by minutes and by decades, over restarts: in the end everybody heard the same."""

from __future__ import annotations

import random
import shutil
from datetime import timedelta
from pathlib import Path

from flows import clock_guard
from plan.database import open_engine
from tests.chaos.jumping import (
    CONTACTS,
    START,
    look,
    rungs_ahead,
    tools_on,
    until_the_end,
)
from tests.standins.clock import Hardware
from tests.support.reminders import load, small_plan

AT_A_TIME = 10
SPANS = [timedelta(hours=h) for h in (1, 8, 24, 24, 72, 24 * 9)]


def jump_about(folder: Path, jumps: int, dice: random.Random) -> dict[str, int]:
    """How many jumps, and how many looks were refused because of them."""
    template = folder / "template.db"
    load(template, small_plan(contacts=CONTACTS), START).dispose()
    done = refused = 0
    while done < jumps:
        place = folder / f"{done}"
        place.mkdir()
        shutil.copy(template, place / "dondoc.db")
        engine = open_engine(f"sqlite:///{place / 'dondoc.db'}")
        hardware = Hardware(START)
        tools = tools_on(engine, hardware, place)
        for _ in range(AT_A_TIME):
            refused += not look(tools, hardware)
            span = dice.choice(SPANS)
            hardware.restart(span) if dice.random() < 0.3 else hardware.pass_(span)
            days = dice.choice((1 / 1440, 1 / 24, 1, 30, 366, 3653, 36525))
            hardware.off = timedelta(days=dice.uniform(-days, days))
            done += 1
        hardware.off = timedelta()
        if not look(tools, hardware):
            clock_guard.believe(engine, hardware.clock(), hardware.machine)
        clock_guard.work_out_anew(tools, hardware.clock())
        got = until_the_end(engine, hardware.clock())
        assert got >= rungs_ahead(engine, template, place, hardware.true)
        engine.dispose()
    return {"jumps": done, "looks refused": refused}
