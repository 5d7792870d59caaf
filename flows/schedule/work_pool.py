"""The work pool that workers on other machines take runs from, as it was made.

A pool's template and storage say what a stock worker of Prefect's would run; ours say nothing, and our own
workers listen to neither (`flows.worker`). One that an operator has paused stays paused.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import WorkPool

KIND = "process"
QUEUE = "default"
"""The pool's queue that our deployments stand in; workers take from every queue of the pool."""


async def make_pool(client: PrefectClient, name: str) -> list[str]:
    """Make the pool if it is not there; what differs from how it is made is made so again. Gives, in words,
    what nobody but a stranger puts there."""
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

    try:
        pool = await client.read_work_pool(name)
    except ObjectNotFound:
        with suppress(ObjectAlreadyExists):  # another machine was quicker
            await client.create_work_pool(WorkPoolCreate(name=name, type=KIND))
        return []
    differing = _differing(pool)
    if differing:
        await client.update_work_pool(name, WorkPoolUpdate(**_ours()))
    return [f"{name}: {words}" for words in differing]


def _ours() -> dict[str, Any]:
    from prefect.client.schemas.objects import WorkPoolStorageConfiguration
    from prefect.workers.process import ProcessWorker

    return {
        "base_job_template": ProcessWorker.get_default_base_job_template(),
        "storage_configuration": WorkPoolStorageConfiguration(),
        "concurrency_limit": None,
    }


def _differing(pool: WorkPool) -> list[str]:
    ours = _ours()
    # Empty until a worker has asked for it once: the worker fills in the template of its kind.
    same = pool.base_job_template in ({}, ours["base_job_template"])
    said = {
        "mẫu chạy của nhóm máy": not same,
        "nơi lấy mã của nhóm máy": pool.storage_configuration != ours["storage_configuration"],
        "giới hạn lượt chạy của nhóm máy": pool.concurrency_limit is not None,
    }
    return [words for words, wrong in said.items() if wrong]
