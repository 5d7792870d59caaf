"""A burst of forked runs, children killed at random: none is lost, none is carried out twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.benchmarks.bench_serve import bare, started, until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serve"), pytest.mark.timeout(900)]

RUNS, KILLED = 200, 25
PATIENCE = 600.0
ENDS = ["COMPLETED", "CRASHED", "FAILED", "CANCELLED"]


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    file = tmp_path / "marks"
    file.touch()
    return file


@pytest.fixture
def host(tmp_path: Path, marks: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    with (
        bare(tmp_path / "prefect") as server,
        httpx.Client(base_url=server.api, timeout=60) as http,
    ):
        env = server.env | {"MARKS": str(marks), "PREFECT_API_URL": server.api}
        command = [sys.executable, "-m", "tests.warm_host"]
        with started(command, env, tmp_path / "host.log") as process:
            until(lambda: bool(deployments(http)), process)
            yield process, http


def deployments(http: httpx.Client) -> list[Any]:
    found: list[Any] = http.post("/deployments/filter", json={}).json()
    return found


def order(http: httpx.Client, number: int) -> str:
    """A run ordered once, asked for again while the server's database is busy, as Prefect's client does."""
    (mark,) = deployments(http)
    body = {
        "state": {"type": "SCHEDULED"},
        "parameters": {"number": number},
        "idempotency_key": f"order-{number}",
    }
    ends = time.monotonic() + PATIENCE
    while True:
        made = http.post(f"/deployments/{mark['id']}/create_flow_run", json=body)
        if made.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > ends:
            return str(made.raise_for_status().json()["id"])
        time.sleep(1)


def states(http: httpx.Client, numbers: list[str]) -> Counter[str]:
    def count(kind: str) -> int:
        filters = {"id": {"any_": numbers}, "state": {"type": {"any_": [kind]}}}
        return int(http.post("/flow_runs/count", json={"flow_runs": filters}).json())

    return Counter({kind: found for kind in ENDS if (found := count(kind))})


def ended(http: httpx.Client, numbers: list[str]) -> Counter[str]:
    until_ = time.monotonic() + PATIENCE
    while (found := states(http, numbers)).total() < len(numbers):
        assert time.monotonic() < until_, found
        time.sleep(1)
    return found


def children(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for file in files for word in file.read_text().split()]


def kill_one(pid: int) -> bool:
    """One of the runs, if any is under way; the warm parent is the runner's only child."""
    with suppress(OSError):
        runs = [run for parent in children(pid) for run in children(parent)]
        if runs:
            os.kill(random.choice(runs), signal.SIGKILL)
            return True
    return False


def test_nothing_lost_nothing_doubled(
    host: tuple[subprocess.Popen[bytes], httpx.Client], marks: Path
) -> None:
    process, http = host
    numbers = [order(http, number) for number in range(RUNS)]
    killed = 0
    while killed < KILLED and states(http, numbers).total() < RUNS:
        killed += kill_one(process.pid)
        time.sleep(random.uniform(0.1, 1.0))
    found = ended(http, numbers)
    assert found["COMPLETED"] + found["CRASHED"] == RUNS
    assert 0 < found["CRASHED"] <= killed
    left = Counter(marks.read_text("utf-8").splitlines())
    assert max(left.values()) == 1, left.most_common(3)
    assert sum(line.endswith("ends") for line in left) >= found["COMPLETED"]
    last = order(http, RUNS)  # every turn was given back
    assert ended(http, [last]) == {"COMPLETED": 1}
