"""The reminder round within a flow: one sender a channel at a time across all machines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TypedDict
from uuid import UUID

from prefect import get_run_logger, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError
from prefect.concurrency.sync import concurrency
from prefect.runtime import flow_run
from prefect.tasks import exponential_backoff

from flows.jobs import rounds
from flows.schedule.environment import limit_name
from notifications.outbox.result import DeliveryResult
from notifications.round import Round

# --- How long flows and tasks try. Prefect's retries are for the database and Prefect itself; a message
# that was not taken is tried again by the outbox, by its own rules.

FLOW_SECONDS = 3600
"""A run that hangs longer is failed, so that the next one may start."""
SLOT_SECONDS = 60
"""A killed run holds its turn on a channel no longer."""
TURN_SECONDS = 120
"""How long a run waits for its turn on a channel that another run is sending on."""


class Retry(TypedDict):
    """Options of a task that is tried again."""

    retries: int
    retry_delay_seconds: list[float]
    retry_jitter_factor: float
    persist_result: bool


RETRY: Retry = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(backoff_factor=4)(3),
    "retry_jitter_factor": 0.5,
    "persist_result": False,
}


@task(name="reminder-round", **RETRY)
async def run_round(*, rungs: bool = True) -> Round:
    """Tell what happened, queue what is due (`rungs`: reminders too), send it: of all running plans."""
    return await asyncio.to_thread(
        rounds.run_round, rounds.installed(), rungs=rungs, take_turn=turn_on
    )


@task(name="send-messages", **RETRY)
async def deliver() -> DeliveryResult:
    """What waits, of every plan."""
    return await asyncio.to_thread(rounds.deliver, rounds.installed(), take_turn=turn_on)


@contextmanager
def turn_on(channel: str) -> Iterator[bool]:
    """This run's turn on a channel, among the runs of all machines. False: another run has kept it for
    long; it sends this run's messages as well."""
    with ExitStack() as stack:
        try:
            stack.enter_context(
                concurrency(
                    limit_name(channel), timeout_seconds=TURN_SECONDS, lease_duration=SLOT_SECONDS
                )
            )
        except AcquireConcurrencySlotTimeoutError:
            get_run_logger().info("Lượt chạy khác đang gửi qua %s", channel)
            yield False
        else:
            yield True


# --- Runs that waited together: the first one carried out does the work of all.


async def overtaken() -> bool:
    """Whether a run of the same deployment began after this one should have, and came to its end: it
    reconciled with the database as of then, so that nothing is left for this one. False outside a
    deployment."""
    if flow_run.get_id() is None:
        return False
    async with get_client() as client:
        mine = await client.read_flow_run(UUID(flow_run.get_id()))
        if mine.deployment_id is None or mine.expected_start_time is None:
            return False
        ended = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED])),
                start_time=FlowRunFilterStartTime(after_=mine.expected_start_time),
                deployment_id=FlowRunFilterDeploymentId(any_=[mine.deployment_id]),
            ),
            limit=1,
        )
    return bool(ended)
