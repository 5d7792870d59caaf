"""A worker on a machine of its own: takes due runs from the pool and carries them out as the service does.

Prefect's process worker does what the run, the deployment and the pool say: a command, an environment, a
folder, steps that fetch code. This one takes from them only which run it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from typing import Any

from prefect.utilities.processutils import command_to_string, get_sys_executable
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from flows.entry import refuse_steps
from flows.service.forked_runs import forked_runs
from plan.settings import get_settings

ASKED_AGAIN_SECONDS = 10.0
COMMAND = command_to_string([get_sys_executable(), "-m", "prefect.engine"])


class Worker(ProcessWorker):
    """Of Prefect's type «process», so that it serves the pools that are there."""

    async def run(self, flow_run: Any, configuration: Any, task_status: Any = None) -> Any:
        """Carry out one run with this machine's own environment."""
        ours = ProcessJobConfiguration(
            command=COMMAND, env=dict(os.environ), name=configuration.name
        )
        ours._command_configured = True  # else its steps are carried out first
        return await super().run(flow_run, ours, task_status)


async def _work(name: str, pool: str, limit: int, with_healthcheck: bool) -> None:
    """Until a signal asks to stop. Asked just as a run ends, Prefect's worker may not notice: it is asked
    again until it has stopped."""
    worker = Worker(name=name or None, work_pool_name=pool, limit=limit, prefetch_seconds=0)
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    working = asyncio.create_task(worker.start(with_healthcheck=with_healthcheck))
    telling = asyncio.create_task(told.wait())
    await asyncio.wait({working, telling}, return_when=asyncio.FIRST_COMPLETED)
    while not working.done():
        working.cancel()
        await asyncio.wait({working}, timeout=ASKED_AGAIN_SECONDS)
    if not working.cancelled():
        working.result()


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--name", default="")
    words.add_argument("--pool", required=True)
    words.add_argument("--limit", type=int, required=True)
    words.add_argument("--with-healthcheck", action="store_true")
    given = words.parse_args()
    refuse_steps()
    with forked_runs(get_settings().warm_runs):
        asyncio.run(_work(given.name, given.pool, given.limit, given.with_healthcheck))
