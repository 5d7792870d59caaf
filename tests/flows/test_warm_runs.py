"""Runs forked from a warm parent: each a process of its own, with the ends a process may come to."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prefect.runner import _starter_engine
from prefect.runner._process_manager import ProcessHandle
from prefect.utilities import processutils

from flows.service import warm
from flows.service.warm import Parent, Run

pytestmark = [
    pytest.mark.skipif(not warm.available(), reason="no sound fork here"),
    pytest.mark.xdist_group("serve"),
]
PATIENCE = 120.0


@asynccontextmanager
async def parent() -> AsyncIterator[Parent]:
    made = Parent("spawn")  # pytest has threads: what a service forks from has none
    try:
        yield made
    finally:
        made.close()
        await asyncio.to_thread(made._process.join, PATIENCE)
        assert not made._process.is_alive()


async def begin(made: Parent, what: str, **more: str) -> Run:
    environment = {**os.environ, "WARM_TEST": what, **more}
    run = made.order(environment, more.get("WARM_FOLDER"), "tests.flow_process")
    await asyncio.wait_for(run.began.wait(), PATIENCE)
    return run


async def end(run: Run) -> int | None:
    await asyncio.wait_for(run.ended.wait(), PATIENCE)
    return run.returncode


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def gone(*pids: int) -> None:
    ends = time.monotonic() + PATIENCE
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < ends, pids
        await asyncio.sleep(0.05)


def test_a_run_ends_as_a_process_does(tmp_path: Path) -> None:
    async def main() -> None:
        async with parent() as made:
            out = tmp_path / "said"
            first = await begin(made, "report", WARM_OUT=str(out), WARM_FOLDER=str(tmp_path))
            assert await end(first) == 0
            ppid, folder, threads, *files = out.read_text("utf-8").splitlines()
            assert (int(ppid), folder, threads) == (made.pid, str(tmp_path), "1")
            assert not [name for name in files[3:] if "socket" in name]
            assert await end(await begin(made, "exit")) == 7
            assert await end(await begin(made, "raise")) == 1
            assert await end(await begin(made, "crash")) == -signal.SIGSEGV
            told, killed = await begin(made, "sleep"), await begin(made, "stubborn")
            os.kill(told.pid, signal.SIGTERM)
            os.kill(killed.pid, signal.SIGKILL)
            assert (await end(told), await end(killed)) == (-signal.SIGTERM, -signal.SIGKILL)
            assert not made.is_worn()

    asyncio.run(main())


def test_a_run_told_to_end_as_it_begins_ends() -> None:
    """No signal is lost between the fork and the run's own handlers."""

    async def main() -> None:
        async with parent() as made:
            await end(await begin(made, "exit"))  # from now on a fork takes milliseconds
            for _ in range(30):
                run = await begin(made, "sleep")
                os.kill(run.pid, signal.SIGTERM)
                assert await end(run) == -signal.SIGTERM

    asyncio.run(main())


def test_a_parent_that_has_grown_is_worn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with parent() as made:
            monkeypatch.setattr(warm, "GROWN", 0.5)
            assert not made.is_worn()  # while it imports, nothing is said of what it takes
            await end(await begin(made, "exit"))
            assert made.is_worn()

    asyncio.run(main())


def test_the_parent_lost_takes_its_runs_along() -> None:
    async def main() -> None:
        async with parent() as made:
            run = await begin(made, "sleep")
            os.kill(made.pid, signal.SIGKILL)
            assert await end(run) == -signal.SIGKILL
            await gone(run.pid)
            assert made.is_worn()
            after = made.order({}, None, "tests.flow_process")
            assert (after.pid, await end(after)) == (0, -signal.SIGKILL)

    asyncio.run(main())


def test_a_parent_closed_lets_its_runs_end() -> None:
    async def main() -> None:
        async with parent() as made:
            run = await begin(made, "sleep")
            made.close()
            await asyncio.sleep(0.2)
            assert alive(run.pid)
            os.kill(run.pid, signal.SIGTERM)
            assert await end(run) == -signal.SIGTERM

    asyncio.run(main())


@pytest.mark.parametrize(
    ("change", "worn"),
    [
        pytest.param(lambda room: (room / "one.py").write_text("A = 2"), True, id="written over"),
        pytest.param(lambda room: (room / "two.py").write_text("B = 1"), True, id="one more file"),
        pytest.param(lambda room: (room / "page.html").unlink(), True, id="a template gone"),
        pytest.param(lambda room: (room / "__pycache__").mkdir(), False, id="compiled"),
        pytest.param(lambda _room: None, False, id="nothing"),
    ],
)
def test_new_code_wears_a_parent_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], worn: bool
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / "one.py").write_text("A = 1")
    (room / "page.html").write_text("<p>")
    monkeypatch.setattr(warm, "code_roots", lambda: (str(tmp_path),))

    async def main() -> None:
        async with parent() as made:
            assert not made.is_worn()
            change(room)
            assert made.is_worn() is worn
            os.kill(made.pid, signal.SIGKILL)  # without waiting until all is imported

    asyncio.run(main())


OWNER = """
import asyncio, os, sys
from flows.service.warm import WarmRuns

async def main(warm):
    run = await warm.begin({**os.environ, "WARM_TEST": "stubborn"}, None, "tests.flow_process")
    print(warm._parent.pid, run.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main(WarmRuns()))
"""


def test_killed_the_owner_leaves_nobody_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path), "DONDOC_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], env=environment, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        owner.kill()
    asyncio.run(gone(*pids))


def test_the_door_is_where_it_was() -> None:
    """What flows/service/forked_runs.py replaces, and how Prefect uses it."""
    assert _starter_engine.run_process is processutils.run_process
    source = inspect.getsource(_starter_engine.EngineCommandStarter.start)
    call = source[source.index("await run_process(") :]
    for name in (
        "command=",
        "stream_output=",
        "task_status=",
        "task_status_handler=",
        "env=",
        "cwd=",
    ):
        assert name in call
    assert '"-m", "prefect.engine"' in source
    handle = ProcessHandle(Run(pid=4, returncode=None))  # type: ignore[arg-type]
    assert (handle.pid, handle.returncode) == (4, None)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_hundred_runs_leave_nothing_behind() -> None:
    """Neither memory nor files, in the parent or in its owner."""

    def held(*pids: int) -> list[tuple[int, int]]:
        return [(warm.resident_bytes(pid), len(os.listdir(f"/proc/{pid}/fd"))) for pid in pids]

    async def main() -> None:
        async with parent() as made:

            async def runs(count: int) -> list[tuple[int, int]]:
                for _ in range(count):
                    assert await end(await begin(made, "nothing")) == 0
                return held(made.pid, os.getpid())

            before, after = await runs(50), await runs(450)
            for (pages, files), (pages_then, files_then) in zip(before, after, strict=True):
                assert files_then <= files
                assert pages_then <= 1.02 * pages
            assert not made._runs
            assert not made.is_worn()

    asyncio.run(main())
