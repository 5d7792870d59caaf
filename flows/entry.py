"""The one entry point of every run. Which code it carries out, this program's own table says.

Prefect's server keeps a deployment's entry point, pull steps and storage, and a process that ran what it
finds there would run whatever somebody has written there. Every process of ours is told (by
`PREFECT__FLOW_ENTRYPOINT`, see `quiet.closed`) to take its flow from here instead: of the server's words
only the flow's name counts, and a name the table does not have is refused.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn
from uuid import UUID

from flows.schedule.deployments import TABLE

if TYPE_CHECKING:
    from prefect import Flow

CODE = {row.flow: row.entrypoint for row in TABLE}


def __getattr__(name: str) -> Flow[..., object]:
    """`flow`: the flow of the run this process was started for."""
    if name != "flow":
        raise AttributeError(name)
    return flow_named(_name_of_run(UUID(os.environ["PREFECT__FLOW_RUN_ID"])))


def flow_named(name: str) -> Flow[..., object]:
    """The flow of that name. `LookupError`: the table has none."""
    if name not in CODE:
        raise LookupError(f"Đôn Đốc không có việc tên «{name}»: không chạy.")
    module, _, attribute = CODE[name].rpartition(".")
    found: Flow[..., object] = getattr(import_module(module), attribute)
    return found


def refuse_steps() -> None:
    """For a process that watches over runs: it looks their flows up by itself when one crashed, and would
    carry out what the deployment says. After this, steps are refused in the whole process."""
    from prefect.deployments.steps import core

    core.run_steps = _refused


async def _refused(steps: object, *_: object, **__: object) -> NoReturn:
    raise PermissionError(f"Đôn Đốc không chạy bước kéo mã nào: {steps!r:.200}")


def _name_of_run(run_id: UUID) -> str:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return client.read_flow(client.read_flow_run(run_id).flow_id).name
