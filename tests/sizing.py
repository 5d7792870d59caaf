"""What a server carries: many plans in one installation, measured for docs/sizing.md. Not a test.

    python -m tests.sizing one      `dondoc serve` alone, SQLite
    python -m tests.sizing many     PostgreSQL, Redis, two Prefect servers, two services, two workers
    python -m tests.sizing nation   the same, from 34 plans to 34 provinces of 30 plans: what gives first

Prints one JSON object: seconds, per cent of a core, MB (proportional set size), runs a minute.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import shutil
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flows.clock import real_clock
from plan.database import migrate, open_engine, writing
from plan.definition.loading import load_definition
from tests.conftest import PLAN_PATH, at, load_running
from tests.support.cluster_kit import AUTH, Cluster
from tests.support.service_kit import Serving, _home_of, _pids, free_port

PROVINCES = 34
NATION = (34, 136, 340, 1020)
"""Plans of the packaged size, six milestones each; the last is 34 provinces of 30."""
BURST = 20
IDLE_SECONDS = 60.0
CLOCK = "2020-04-18T12:00:00+07:00"
"""A Saturday noon: the plan is under way, and the clock asks for nothing by itself for a day."""
TOKEN = base64.b64encode(AUTH.encode()).decode()
HEADERS = {"Content-Type": "application/json", "Authorization": f"Basic {TOKEN}"}
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def load_provinces(url: str, numbers: Iterable[int] = range(1, PROVINCES + 1)) -> float:
    """The packaged plan under so many other names; seconds it took."""
    began = time.monotonic()
    engine = open_engine(url)
    migrate(engine)
    definition = load_definition(PLAN_PATH)[0]
    for number in numbers:
        with writing(engine) as session:
            one = definition.model_copy(update={"id": f"tinh-{number:02}"})
            load_running(session, one, now=at("2020-01-20 08:00"))
    engine.dispose()
    return time.monotonic() - began


# --- what processes cost -------------------------------------------------------------------------


def cpu_seconds(pids: Iterable[int]) -> float:
    """Of these processes and the children they waited for."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(one) for one in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def megabytes(pids: Iterable[int]) -> float:
    """Proportional set size: what is shared counts once."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


Roles = Callable[[], dict[str, list[int]]]


def idle(roles: Roles) -> dict[str, dict[str, float]]:
    """Per role: per cent of a core over a quiet minute, and MB."""
    before = {name: cpu_seconds(pids) for name, pids in roles().items()}
    time.sleep(IDLE_SECONDS)
    return {
        name: {
            "cpu": round(100 * (cpu_seconds(pids) - before.get(name, 0.0)) / IDLE_SECONDS, 1),
            "mb": round(megabytes(pids)),
        }
        for name, pids in roles().items()
    }


# --- runs ----------------------------------------------------------------------------------------


def call(url: str, body: dict[str, Any] | None = None) -> Any:
    """A JSON answer of Prefect's."""
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, data, HEADERS), timeout=60) as answer:
        return json.load(answer)


def burst(api: str, roles: Roles) -> dict[str, float]:
    """So many looks at milestones asked for at once: runs a minute, and the most memory."""
    wanted = {"flows": {"name": {"any_": ["track-milestone"]}}, "limit": BURST}
    deployments = call(f"{api}/deployments/filter", wanted)
    began, before = time.monotonic(), _all_cpu(roles)
    tag = f"do-tai-{began}"
    for one in deployments:
        state = {"state": {"type": "SCHEDULED"}, "tags": [tag]}
        call(f"{api}/deployments/{one['id']}/create_flow_run", state)
    most, ended = 0.0, 0
    while ended < len(deployments):
        time.sleep(2)
        most = max(most, sum(megabytes(pids) for pids in roles().values()))
        ended = sum(_count(api, tag, kind) for kind in ENDED)
    seconds = time.monotonic() - began
    return {
        "runs": ended,
        "completed": _count(api, tag, "COMPLETED"),
        "runs_a_minute": round(60 * ended / seconds, 1),
        "cpu_seconds_a_run": round((_all_cpu(roles) - before) / ended, 2),
        "most_mb": round(most),
    }


def _all_cpu(roles: Roles) -> float:
    return sum(cpu_seconds(pids) for pids in roles().values())


def _count(api: str, tag: str, kind: str) -> int:
    tags = {"tags": {"all_": [tag]}, "state": {"type": {"any_": [kind]}}}
    return int(call(f"{api}/flow_runs/count", {"flow_runs": tags}))


# --- one machine, many machines -------------------------------------------------------------------


def one_machine(folder: Path) -> dict[str, Any]:
    home = folder / "home"
    loaded = load_provinces(f"sqlite:///{home}/dondoc.db")
    with Serving(home, DONDOC_CLOCK=CLOCK, DONDOC_PREFECT_KEY=AUTH) as served:
        began = _line(served.text(), "Sẵn sàng")

        def roles() -> dict[str, list[int]]:
            found: defaultdict[str, list[int]] = defaultdict(list)
            for pid in served.children():
                found[_one_role(pid)].append(pid)
            return found

        _quiet(served.api)
        result = {
            "load_average": os.getloadavg()[0],
            "load_seconds": round(loaded, 1),
            "ready": began,
            "registered": _line(served.text(), "Lịch:"),
            "idle": idle(roles),
            "burst": burst(served.api, roles),
        }
        served.stop()
        served.start()
        result["ready_again"] = _line(served.text(), "Sẵn sàng")
    return result


def _one_role(pid: int) -> str:
    words = _command(pid)
    return (
        "prefect"
        if "flows.service.prefect_server" in words
        else "serve"
        if " serve" in words
        else "việc"
    )


def many_machines(folder: Path) -> dict[str, Any]:
    with Cluster(folder, DONDOC_CLOCK=CLOCK) as cluster:
        loaded = load_provinces(cluster.database_url)
        urls = _servers(cluster)
        registered, again = (_register(cluster, urls[0]) for _ in range(2))
        roles = _pages_and_workers(cluster, folder, urls)
        _quiet(urls[0])
        return {
            "load_average": os.getloadavg()[0],
            "load_seconds": round(loaded, 1),
            "register": registered,
            "register_again": again,
            "idle": idle(roles),
            "burst": burst(urls[1], roles),
        }


def nation(folder: Path) -> dict[str, Any]:
    """Grown in steps on one cluster; each step is printed when it is measured."""
    with Cluster(folder, DONDOC_CLOCK=CLOCK) as cluster:
        urls, plans, found = _servers(cluster), 0, {}
        roles: Roles | None = None
        for wanted in NATION:
            loaded = load_provinces(cluster.database_url, range(plans + 1, wanted + 1))
            plans, registered = wanted, _register(cluster, urls[0])
            roles = roles or _pages_and_workers(cluster, folder, urls)
            _quiet(urls[0])
            found[plans] = {
                "load_average": os.getloadavg()[0],
                "load_seconds": round(loaded, 1),
                "register": registered,
                "register_again": _register(cluster, urls[0]),
                "scheduled": call(f"{urls[0]}/flow_runs/count", {}),
                "idle": idle(roles),
                "burst": burst(urls[1], roles),
            }
            print(plans, json.dumps(found[plans], ensure_ascii=False), flush=True)
        return found


def _servers(cluster: Cluster) -> list[str]:
    """Two of Prefect's API servers, two of its background services."""
    urls = [cluster.api("api1"), cluster.api("api2")]
    for number, url in enumerate(urls, 1):
        cluster.add(f"services{number}", ["cluster", "services"], DONDOC_PREFECT_API_URL=url)
    return urls


def _pages_and_workers(cluster: Cluster, folder: Path, urls: list[str]) -> Roles:
    """The pages and two workers; gives the processes of every part, by name."""
    pages = {"DONDOC_PREFECT_API_URL": urls[0], "DONDOC_PORT": str(free_port())}
    cluster.add("web", ["serve"], **pages)
    cluster.wait("pages", lambda: cluster.parts["web"].said("Sẵn sàng"))
    for number, url in enumerate(urls, 1):
        home = folder / f"w{number}"
        home.mkdir()
        shutil.copy(folder / "web" / "clock.json", home)
        cluster.add(f"w{number}", ["cluster", "worker"], DONDOC_PREFECT_API_URL=url)

    def roles() -> dict[str, list[int]]:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for pid in _pids():
            home = _home_of(pid)
            if home.startswith(str(folder)):
                found[Path(home).name].append(pid)
            elif str(folder) in _command(pid) or _parent_is(pid, cluster, "postgres"):
                found["postgres" if "redis" not in _command(pid) else "redis"].append(pid)
        return found

    return roles


def _register(cluster: Cluster, api: str) -> dict[str, Any]:
    """`dondoc cluster register`: what it says, how long it takes, processor time of all it takes part in."""
    servers = [one.process.pid for one in cluster.parts.values() if one.process]
    began, before = time.monotonic(), cpu_seconds(servers) + _children_seconds()
    said = cluster.cli("cluster", "register", DONDOC_PREFECT_API_URL=api).strip()
    return {
        "said": said,
        "seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(cpu_seconds(servers) + _children_seconds() - before, 1),
    }


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _quiet(api: str) -> None:
    """What the start asked for is taken back, what is under way comes to its end."""
    due = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"before_": _now()}}
    for run in call(f"{api}/flow_runs/filter", {"flow_runs": due}):
        request = urllib.request.Request(
            f"{api}/flow_runs/{run['id']}", headers=HEADERS, method="DELETE"
        )
        urllib.request.urlopen(request, timeout=60).close()
    waiting = {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}
    calm = 0
    while calm < 5:
        time.sleep(3)
        calm = 0 if call(f"{api}/flow_runs/count", {"flow_runs": waiting}) else calm + 1


def _now() -> str:
    return real_clock().isoformat()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _parent_is(pid: int, cluster: Cluster, name: str) -> bool:
    process = cluster.parts[name].process
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return process is not None and int(fields[1]) == process.pid


def _line(text: str, words: str) -> str:
    """The last line of a log with these words, from them on."""
    found = [line[line.index(words) :] for line in text.splitlines() if words in line]
    return found[-1] if found else ""


if __name__ == "__main__":
    work = Path(tempfile.mkdtemp(prefix="dondoc-sizing-"))
    measure = {"one": one_machine, "many": many_machines, "nation": nation}[sys.argv[1]]
    try:
        print(json.dumps(measure(work / "may"), ensure_ascii=False, indent=1))
    finally:
        shutil.rmtree(work, ignore_errors=True)
