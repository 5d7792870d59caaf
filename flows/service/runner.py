"""The runner: carries out the runs of this installation's deployments, each in a process of its own.

Prefect's runner gives up when its server stays away for long; here it is made anew once the server is
back. What was missed meanwhile, the next run makes good.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from flows.entry import refuse_steps

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner

log = logging.getLogger("dondoc.serve")

QUERY_SECONDS = 2.0
FINISH_SECONDS = 15.0
STOP_SECONDS = 45.0
AGAIN_AFTER = 2.0


class Placed:
    """A deployment as the runner asks for it; `registration` has already written it to the server."""

    storage = None

    def __init__(self, name: str, id_: UUID) -> None:
        self.name = name
        self._id = id_

    async def aapply(self) -> UUID:
        """Its id."""
        return self._id


class Work:
    """The runner, kept up. `up` says whether Prefect's server answers (called in a thread)."""

    def __init__(self, ids: Mapping[str, UUID], limit: int, up: Callable[[], bool]) -> None:
        self._ids = dict(ids)
        self._limit = limit
        self._up = up
        self._runner: Runner | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin; comes back once the runner is looking for work."""
        self._task = asyncio.create_task(self._keep_up())
        while self._runner is None or not self._runner.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.05)

    async def add(self, ids: Mapping[str, UUID]) -> None:
        """Deployments made since, to be looked after as well."""
        new = {name: id_ for name, id_ in ids.items() if name not in self._ids}
        self._ids = dict(ids)
        for name, id_ in new.items():
            if self._runner is not None:
                await self._runner.aadd_deployment(_as_deployment(name, id_))

    async def stop(self) -> None:
        """No new runs; those under way may end within `FINISH_SECONDS`, then they are told to stop, and
        are made good by the next ones."""
        self._stopping = True
        if self._runner is not None and self._runner.started:
            await self._finish(self._runner)
            with suppress(Exception):  # the server may be gone by now
                await self._runner.astop()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=STOP_SECONDS)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task}, timeout=5)

    async def _finish(self, runner: Runner) -> None:
        """Let the runs under way come to their end. The runner has no such word of its own."""
        poller = runner._scheduled_run_poller
        poller.stopping = True
        ends = asyncio.get_running_loop().time() + FINISH_SECONDS
        while poller._submitting_flow_run_ids and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.1)

    async def _keep_up(self) -> None:
        from prefect.runner import Runner

        refuse_steps()
        logging.getLogger("prefect.runner").setLevel(logging.WARNING)  # each run tells of itself
        while not self._stopping:
            runner = Runner(
                name="dondoc",
                limit=self._limit,
                query_seconds=QUERY_SECONDS,
                prefetch_seconds=0,
                pause_on_shutdown=False,
            )
            for name, id_ in self._ids.items():
                await runner.aadd_deployment(_as_deployment(name, id_))
            self._runner = runner
            try:
                await runner.start()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                if not self._stopping:
                    log.warning("Bộ chạy việc dừng (%s); sẽ chạy lại.", _plainly(error))
            while not self._stopping and not await asyncio.to_thread(self._up):
                await asyncio.sleep(AGAIN_AFTER)


def _as_deployment(name: str, id_: UUID) -> RunnerDeployment:
    return cast("RunnerDeployment", Placed(name, id_))


def _plainly(error: BaseException) -> str:
    """The first fault within a group, by name."""
    found: Any = error
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return f"{type(found).__name__}: {found}"[:200]
