"""A runner with forked runs beside a bare Prefect server, run as a module: it serves one flow that leaves a
mark as it begins and as it ends."""

from __future__ import annotations

import asyncio
import os
from importlib import import_module
from pathlib import Path

from prefect import flow
from prefect.deployments.runner import EntrypointType
from prefect.runner import Runner

from flows.service.forked_runs import forked_runs


@flow(name="mark")
async def mark(number: int) -> None:
    """`number` tells the runs of a burst apart."""
    _leave(f"{number} begins")
    await asyncio.sleep(0.3)
    _leave(f"{number} ends")


def _leave(words: str) -> None:
    with Path(os.environ["MARKS"]).open("a", encoding="utf-8") as file:
        file.write(f"{words}\n")


async def _serve() -> None:
    runner = Runner(
        name="marks", limit=8, query_seconds=1, prefetch_seconds=0, pause_on_shutdown=False
    )
    # by its module's name: in a run's process this one is not main
    named = import_module("tests.warm_host").mark
    await runner.aadd_deployment(
        await named.ato_deployment("mark", entrypoint_type=EntrypointType.MODULE_PATH)
    )
    await runner.start()


if __name__ == "__main__":
    with forked_runs():
        asyncio.run(_serve())
