"""The whole service against bare Prefect: how long until it is ready, how much memory all of it takes.

Starts are timed by the clock, in turns, median of the ratios. Memory is proportional (PSS): pages shared by
several processes count once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from tests.support.service_kit import free_port

STARTS = 3
DONDOC = str(Path(sys.executable).with_name("dondoc"))
PREFECT = [sys.executable, "-m", "prefect", "server", "start"]
QUIET_HOUR = "2020-03-02T09:05:10+07:00"
"""A Monday; once the first look has reminded, nothing is due. The next sweep comes in five minutes."""
PATIENCE = 180.0
SETTLE_SECONDS = 20.0
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def run(starts: int = STARTS) -> dict[str, float]:
    """The two ratios; nothing is left behind."""
    with tempfile.TemporaryDirectory() as folder:
        ready = [start_ratio(Path(folder) / str(number)) for number in range(starts)]
        with _served(Path(folder) / "home") as ours:
            time.sleep(SETTLE_SECONDS)
            whole = memory(ours.process.pid)
        with bare(Path(folder) / "bare") as theirs, runner(theirs) as serving:
            time.sleep(SETTLE_SECONDS)
            bare_whole = memory(theirs.process.pid) + memory(serving.pid)
    return {
        "ready_to_bare": median(ready),
        "memory_to_bare": whole / bare_whole,
    }


@dataclass
class Running:
    """A process that serves Prefect's API."""

    process: subprocess.Popen[bytes]
    api: str
    env: dict[str, str]
    seconds: float = 0.0
    """From nothing to ready."""


# --- until it is ready ---------------------------------------------------------------------------


def start_ratio(folder: Path) -> float:
    """Both from nothing."""
    with bare(folder / "bare") as theirs:
        pass
    with _served(folder / "home") as ours:
        pass
    return ours.seconds / theirs.seconds


@contextmanager
def _served(home: Path) -> Iterator[Running]:
    home.parent.mkdir(parents=True, exist_ok=True)
    port, prefect_port = free_port(), free_port()
    env = clean() | {
        "DONDOC_HOME": str(home),
        "DONDOC_PORT": str(port),
        "DONDOC_PREFECT_PORT": str(prefect_port),
        "DONDOC_CLOCK": QUIET_HOUR,
    }
    log = home.with_suffix(".log")
    api = f"http://127.0.0.1:{prefect_port}/api"
    with started([DONDOC, "serve"], env, log) as process:
        began = time.monotonic()
        until(lambda: "Sẵn sàng" in log.read_text("utf-8"), process)
        yield Running(process, api, env | {"PREFECT_API_URL": api}, time.monotonic() - began)


@contextmanager
def bare(folder: Path) -> Iterator[Running]:
    """`prefect server start`, as quiet as ours."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = clean() | {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    with started([*PREFECT, "--port", str(port)], env, folder / "log") as process:
        began = time.monotonic()
        until(lambda: httpx.get(f"{api}/health").status_code == 200, process)
        yield Running(process, api, env, time.monotonic() - began)


@contextmanager
def runner(server: Running) -> Iterator[subprocess.Popen[bytes]]:
    """A runner with one flow beside that server."""
    log = Path(server.env["PREFECT_HOME"]) / "runner.log"
    with started([sys.executable, "-m", "tests.benchmarks.empty_flow"], server.env, log) as made:
        there = {"name": "empty"}
        wanted = {"flows": {"name": {"any_": [there["name"]]}}}
        url = f"{server.api}/deployments/filter"
        until(lambda: bool(httpx.post(url, json=wanted).json()), made)
        yield made


# --- processes -----------------------------------------------------------------------------------


def memory(pid: int) -> int:
    """Bytes of this process and its children (PSS)."""
    return sum(_pss(one) for one in _tree(pid))


def _tree(pid: int) -> list[int]:
    kids = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(word) for path in kids for word in path.read_text().split()]
    return [pid, *(one for child in children for one in _tree(child))]


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


@contextmanager
def started(
    command: list[str], env: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()  # an interrupt is ignored by what was started in the background
        process.wait(PATIENCE)


def until(ready: Any, process: subprocess.Popen[bytes], patience: float = PATIENCE) -> None:
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        assert process.poll() is None, "it ended"
        try:
            if ready():
                return
        except (OSError, httpx.HTTPError):
            pass
        time.sleep(0.05)
    raise AssertionError("not ready")


def clean() -> dict[str, str]:
    ours = ("DONDOC_", "PREFECT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
