"""What a run costs: 60 looks with nothing due, served by `dondoc serve`, against 60 runs of an empty flow
served by Prefect's own runner beside a bare server. Both carry out two at a time.

Processor seconds are read from the kernel for every process that had a part, the ended ones through the
parents that waited for them: the runs' own processes, and everything (server and runner too). The server's
share of a run of ours is told apart. Runs a minute are by the clock, in one go each, one after the other.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from plan.definition.export import write_plan
from plan.definition.model import PlanDefinition
from tests.benchmarks.bench_serve import (
    CLOCK_TICKS,
    DONDOC,
    Running,
    bare,
    clean,
    runner,
    started,
    until,
)
from tests.support.large_plan import definition_of
from tests.support.service_kit import free_port

RUNS = 60
NAME, PASSWORD = "dondoc", "khoa-cua-phep-do-0123456789"
PATIENCE = 900.0
QUIET_HOUR = "2020-03-02T12:05:10+07:00"
"""A Monday's lunch: no look of the service's own comes meanwhile."""


def run(runs: int = RUNS) -> dict[str, float]:
    """The ratios; nothing is left behind."""
    with tempfile.TemporaryDirectory() as name:
        ours = _ours(Path(name), runs)
        theirs = _theirs(Path(name), runs)
    print(f"ours {ours}\nPrefect's {theirs}", flush=True)
    return {
        "own_to_empty": ours.own / theirs.own,
        "all_to_empty": ours.everything / theirs.everything,
        "burst_to_prefect": theirs.seconds / ours.seconds,
        "server_seconds": ours.server,
    }


@dataclass(frozen=True)
class Cost:
    """Of one run, on average: processor seconds; `seconds` by the clock."""

    own: float
    server: float
    everything: float
    seconds: float


def _ours(folder: Path, runs: int) -> Cost:
    plan = folder / "plan"
    write_plan(_plan(runs), plan)
    port, prefect_port = free_port(), free_port()
    env = clean() | {
        "DONDOC_HOME": str(folder / "home"),
        "DONDOC_PORT": str(port),
        "DONDOC_PREFECT_PORT": str(prefect_port),
        "DONDOC_PREFECT_KEY": f"{NAME}:{PASSWORD}",
        "DONDOC_CLOCK": QUIET_HOUR,
    }
    subprocess.run([DONDOC, "init", str(plan)], env=env, check=True, capture_output=True)
    api, log = f"http://127.0.0.1:{prefect_port}/api", folder / "ours.log"
    with started([DONDOC, "serve"], env, log) as served:
        until(lambda: "Sẵn sàng" in log.read_text("utf-8"), served)
        with httpx.Client(base_url=api, auth=(NAME, PASSWORD), timeout=60) as http:
            looks = _deployments(http, "track-milestone")
            _burst(http, looks, served)  # the day's first looks leave their artifacts
            warm, server = _child(served.pid, "dondoc-warm"), _child(served.pid, "prefect_server")
            return _measured(
                lambda: _burst(http, looks, served), [warm], server, [served.pid], runs
            )


def _theirs(folder: Path, runs: int) -> Cost:
    with ExitStack() as stack:
        server: Running = stack.enter_context(bare(folder / "bare"))
        serving = stack.enter_context(runner(server))
        http = stack.enter_context(httpx.Client(base_url=server.api, timeout=60))
        empty = _deployments(http, "empty") * runs
        _burst(http, empty[:2], serving)
        return _measured(
            lambda: _burst(http, empty, serving), [], server.process.pid, [serving.pid], runs
        )


def _plan(milestones: int) -> PlanDefinition:
    """As many milestones, each with one product that one agency owes, far from due."""
    body = definition_of(1, milestones).model_dump()
    body["milestones"] = [
        body["milestones"][4] | {"id": f"moc-{number}", "title": f"Mốc {number}"}
        for number in range(milestones)
    ]
    for number, part in enumerate(body["deliverables"]):
        part["milestone"] = f"moc-{number}"
    return PlanDefinition.model_validate(body)


def _deployments(http: httpx.Client, flow: str) -> list[str]:
    wanted = {"flows": {"name": {"any_": [flow]}}}
    found = http.post("/deployments/filter", json=wanted).raise_for_status().json()
    return [str(one["id"]) for one in found]


def _burst(http: httpx.Client, deployments: list[str], process: subprocess.Popen[bytes]) -> None:
    """A run of each, all due now; comes back when all have ended well."""
    made = [
        http.post(f"/deployments/{one}/create_flow_run", json={"state": {"type": "SCHEDULED"}})
        .raise_for_status()
        .json()["id"]
        for one in deployments
    ]

    def ended() -> bool:
        # A look that the service's own one overtook is cancelled, which is an end as well.
        ends = {"type": {"any_": ["COMPLETED", "CANCELLED"]}}
        filters = {"flow_runs": {"id": {"any_": made}, "state": ends}}
        time.sleep(1)
        return int(http.post("/flow_runs/count", json=filters).json()) == len(made)

    until(ended, process, PATIENCE)


def _measured(
    work: Callable[[], None], own: list[int], server: int, owners: list[int], runs: int
) -> Cost:
    """`own`: warm parents; none: the runs are the owners' children."""
    before, began = _spent(own, server, owners), time.monotonic()
    work()
    seconds = time.monotonic() - began
    after = _spent(own, server, owners)
    mine, served, all_ = (one - other for one, other in zip(after, before, strict=True))
    return Cost(mine / runs, served / runs, all_ / runs, seconds / runs)


def _spent(own: list[int], server: int, owners: list[int]) -> tuple[float, float, float]:
    run_seconds = sum(sum(_cpu(pid)) for pid in own) or sum(_cpu(pid)[1] for pid in owners)
    served = sum(_cpu(server))
    owning = sum(_cpu(pid)[0] if own else sum(_cpu(pid)) for pid in owners)
    return run_seconds, served, served + owning + (run_seconds if own else 0)


def _cpu(pid: int) -> tuple[float, float]:
    """Processor seconds of a process, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    mine, theirs = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return mine / CLOCK_TICKS, theirs / CLOCK_TICKS


def _child(pid: int, name: str) -> int:
    """The warm parent is a fork, known by its parent; the server by its command."""
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for word in path.read_text().split():
            command = Path(f"/proc/{word}/cmdline").read_bytes()
            if name.encode() in command or (name == "dondoc-warm" and b"dondoc\0serve" in command):
                return int(word)
    raise LookupError(name)
