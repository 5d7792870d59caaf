"""The one private door to Prefect: where it starts a run's process, a fork takes its place.

Prefect's runner and its process worker both start `python -m prefect.engine` through a function of one
module, with the run's environment, and hold what it gives them by `pid` and `returncode`. Only that
function is replaced: polling, slots, cancelling, crash hooks and states stay Prefect's. A test holds the
door to the installed version.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import anyio.abc
from prefect.runner import _starter_engine
from prefect.utilities.processutils import run_process as start_new

from flows.service import engine
from flows.service.warm import Run, WarmRuns, available

Started = anyio.abc.TaskStatus[Any]
DOOR = "run_process"
COMMANDS = (["-m", engine.ENGINE], ["-m", engine.__name__])


@contextmanager
def forked_runs(warm: bool = True) -> Iterator[WarmRuns | None]:
    """Within the block this process's runs are forks of a warm parent, made now: it must have no threads.
    Not `warm`, or where forks are not to be had: each is a new process, as ever."""
    runs = WarmRuns() if warm and available() else None
    setattr(_starter_engine, DOOR, _carrying_out(runs))
    try:
        yield runs
    finally:
        setattr(_starter_engine, DOOR, start_new)
        if runs is not None:
            runs.close()


def _carrying_out(warm: WarmRuns | None) -> Callable[..., Awaitable[Any]]:
    async def run_process(
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: object = None,
        task_status: Started = anyio.TASK_STATUS_IGNORED,
        task_status_handler: Callable[[Any], Any] = lambda process: process.pid,
        **more: Any,
    ) -> Any:
        ours = list(command[1:]) in COMMANDS  # otherwise an operator's own
        if ours and warm is not None and warm.suits(env):
            return await _fork(warm, env, cwd, task_status, task_status_handler)
        return await start_new(
            [sys.executable, "-m", engine.__name__] if ours else list(command),
            env=env,
            cwd=cwd,
            task_status=task_status,
            task_status_handler=task_status_handler,
            **more,
        )

    return run_process


async def _fork(
    warm: WarmRuns,
    environment: Mapping[str, str],
    folder: object,
    task_status: Started,
    handle_of: Callable[[Any], Any],
) -> Run:
    run = await warm.begin(environment, str(folder) if folder else None)
    task_status.started(handle_of(run))
    try:
        await run.ended.wait()
    finally:
        if run.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(run.pid, signal.SIGTERM)
    return run
