"""The work pool that workers on other machines take runs from, as it was made.

A pool's template and storage say what a stock worker of Prefect's would run; ours say nothing, and our own
workers listen to neither (`flows.worker`). One that an operator has paused stays paused.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import WorkPool

log = logging.getLogger(__name__)

KIND = "process"
QUEUE = "default"
"""The pool's queue that our deployments stand in; workers take from every queue of the pool."""


async def make_pool(client: PrefectClient, name: str) -> list[str]:
    """Make the pool if it is not there; what differs from how it is made is made so again. Gives, in words,
    what nobody but a stranger puts there: what names code. The rest (another Prefect's template, an
    operator's limit) is only logged."""
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

    try:
        pool = await client.read_work_pool(name)
    except ObjectNotFound:
        with suppress(ObjectAlreadyExists):  # another machine was quicker
            await client.create_work_pool(WorkPoolCreate(name=name, type=KIND))
        return []
    ours = _ours()
    planted, other = _planted(pool, ours), _other(pool, ours)
    if planted or other:
        await client.update_work_pool(name, WorkPoolUpdate(**ours))
    for words in other:
        log.info("Nhóm máy %s: đặt lại %s như Đôn Đốc tạo", name, words)
    return [f"{name}: {words}" for words in planted]


def _ours() -> dict[str, Any]:
    from prefect.client.schemas.objects import WorkPoolStorageConfiguration
    from prefect.workers.process import ProcessWorker

    return {
        "base_job_template": ProcessWorker.get_default_base_job_template(),
        "storage_configuration": WorkPoolStorageConfiguration(),
        "concurrency_limit": None,
    }


def _planted(pool: WorkPool, ours: Mapping[str, Any]) -> list[str]:
    said = {
        "mẫu chạy của nhóm máy": _names_code(pool.base_job_template),
        "nơi lấy mã của nhóm máy": pool.storage_configuration != ours["storage_configuration"],
    }
    return [words for words, there in said.items() if there]


_CODE = ("command", "env", "working_dir")


def _names_code(template: Mapping[str, Any]) -> bool:
    """Whether it says what to run, in which environment or where: a stock one, of whichever Prefect, leaves
    these to the run."""
    run = template.get("job_configuration") or {}
    variables = (template.get("variables") or {}).get("properties") or {}
    return any(
        run.get(name) not in (None, f"{{{{ {name} }}}}")
        or (variables.get(name) or {}).get("default")
        for name in _CODE
    )


def _other(pool: WorkPool, ours: Mapping[str, Any]) -> list[str]:
    # Empty until a worker has asked for it once: the worker fills in the template of its kind.
    same = pool.base_job_template in ({}, ours["base_job_template"])
    said = {
        "mẫu chạy": not (same or _names_code(pool.base_job_template)),
        "giới hạn lượt chạy": pool.concurrency_limit is not None,
    }
    return [words for words, differs in said.items() if differs]
