"""A worker on a machine of its own: takes due runs from the pool and carries them out as the service does.

Prefect's process worker does what the run, the deployment and the pool say: a command, an environment, a
folder, steps that fetch code. This one takes from them only which run it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from contextlib import suppress
from typing import Any

from prefect.utilities.processutils import (
    command_to_string,
    get_sys_executable,
    setup_signal_handlers_worker,
)
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from flows.entry import refuse_steps
from flows.service.forked_runs import forked_runs
from plan.settings import get_settings

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
    worker = Worker(name=name or None, work_pool_name=pool, limit=limit, prefetch_seconds=0)
    await worker.start(with_healthcheck=with_healthcheck)


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("--name", default="")
    words.add_argument("--pool", required=True)
    words.add_argument("--limit", type=int, required=True)
    words.add_argument("--with-healthcheck", action="store_true")
    given = words.parse_args()
    refuse_steps()
    setup_signal_handlers_worker(os.getpid(), "the worker", print)
    with forked_runs(get_settings().warm_runs), suppress(asyncio.CancelledError):
        asyncio.run(_work(given.name, given.pool, given.limit, given.with_healthcheck))
