"""A run killed again and again: no half output, no run that only seems done."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from sqlmodel import Session, select

from intake.files.store import Store
from plan.database import migrate, open_engine, writing
from plan.models import ConsolidationRun, RunOutput
from tests.conftest import at, load_running
from tests.support.consolidation_kit import hand_in, take_back
from tests.support.consolidation_small import DISTRICTS, small_plan, values_of
from tests.support.kill_consolidation import once
from tests.support.killing import ROOT, ask

HANDED = at("2020-04-20 08:00")


def change(database: Path, turn: int) -> None:
    """District Nam hands in another figure, so that there is something new to consolidate."""
    engine = open_engine(f"sqlite:///{database}")
    values = values_of("nam")
    values[0] = values[0]._replace(number=float(turn))
    with writing(engine) as session:
        if turn:
            take_back(session, "nam/bieu", HANDED)
        hand_in(session, "nam/bieu", HANDED, values=values)
    engine.dispose()


def look(database: Path, out: Path) -> set[str]:
    """What stands after a kill is whole: every finished run's files, every exported folder. Gives the
    states of the runs."""
    engine = open_engine(f"sqlite:///{database}")
    store = Store(str(database.parent / "store"))
    states = set()
    with Session(engine) as session:
        for run in session.exec(select(ConsolidationRun)).all():
            states.add(run.state)
            files = session.exec(select(RunOutput).where(RunOutput.run_id == run.id)).all()
            assert len(files) == (run.state == "done")
            for file in files:
                assert len(store.get(file.sha256)) == file.size  # the store checks the hash
                folder = out / run.output / f"{run.number:04d}"
                if folder.exists():
                    assert (folder / file.filename).read_bytes() == store.get(file.sha256)
    engine.dispose()
    return states


def play(folder: Path, kills: int, dice: random.Random) -> int:
    """Gives how many of them met a run still going."""
    database, out = folder / "dondoc.db", folder / "out"
    engine = open_engine(f"sqlite:///{database}")
    migrate(engine)
    with writing(engine) as session:
        load_running(session, small_plan(), now=at("2020-01-06 08:00"))
        for one in DISTRICTS[:2]:
            hand_in(session, f"{one}/bieu", HANDED, values=values_of(one))
    engine.dispose()
    change(database, 0)
    began = time.monotonic()
    once(database, out)
    length, killed = time.monotonic() - began, 0
    command = [sys.executable, "-m", "tests.support.kill_consolidation", str(database), str(out)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for turn in range(1, kills + 1):
            change(database, turn)
            killed += ask(process, f"{dice.uniform(0, length):.4f}") == "killed"
            look(database, out)
            run = once(database, out)
            assert (
                run.number == turn + 1
            )  # the killed run's number is used, by the run that is made
            assert look(database, out) == {"done"}
            assert not list(out.rglob(".*"))
    return killed
