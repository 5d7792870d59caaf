"""Runs that waited together: the first one carried out does the work of all."""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.runtime import flow_run


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
