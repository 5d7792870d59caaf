"""One at a time under a name: among threads on each kind of database, and after a holder was killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from plan.database import open_engine
from plan.locks import exclusive

HOLD = """
import sys, time
from plan.locks import exclusive
from plan.database import open_engine
with exclusive(open_engine(sys.argv[1]), "kh/x"):
    print("held", flush=True)
    time.sleep(600)
"""


def overlapping(engine: Engine, names: list[str]) -> int:
    """How many of the threads ever held a lock at once."""
    inside, most, guard = 0, 0, threading.Lock()

    def go(name: str) -> None:
        nonlocal inside, most
        with exclusive(engine, name):
            with guard:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with guard:
                inside -= 1

    threads = [threading.Thread(target=go, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return most


def test_one_name_is_held_by_one(any_engine: Engine) -> None:
    assert overlapping(any_engine, ["kh/x"] * 4) == 1


def test_a_database_in_memory_too() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    assert overlapping(engine, ["kh/x"] * 4) == 1
    engine.dispose()


def test_another_name_does_not_wait(any_engine: Engine) -> None:
    with exclusive(any_engine, "kh/x"), exclusive(any_engine, "kh/y"):
        pass


@pytest.mark.slow
def test_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dondoc.db'}"
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waited = threading.Event()

        def wait() -> None:
            with exclusive(open_engine(url), "kh/x"):
                waited.set()

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        assert not waited.wait(0.3)
        holder.kill()
        assert waited.wait(60)
        waiting.join()
