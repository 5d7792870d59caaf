"""What Prefect's server knows of our deployments: for `doctor`, `/health` and the flow `watch`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flows.clock import real_clock

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

TAG = "dondoc"
"""Every deployment of ours bears it, and nobody else's does: what bears it and is wanted no more is
deleted."""
RAN = frozenset({"COMPLETED", "RUNNING", "PAUSED", "CANCELLED"})
"""A run cancelled because another of the same was running counts as run."""
LATE_AFTER = timedelta(minutes=10)
TAKEN_UP_WITHIN = timedelta(minutes=30)
"""Longer than the queue of a morning's first looks on a small machine with many plans."""
LOOK_BACK = timedelta(hours=24)


@dataclass(frozen=True)
class Deployed:
    """A deployment as the server has it. Instants are real, UTC."""

    id: str
    name: str
    """`flow/name`"""
    version: str
    scheduled: bool
    last_ran_at: datetime | None
    overdue: bool
    """It should have run in the last day and no run of it did."""
    waiting_since: datetime | None = None
    """When a run should have begun that still waits for somebody to take it up."""


async def deployed() -> list[Deployed]:
    """Every deployment of this installation. Raises httpx.HTTPError when the server does not answer."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

    async with get_client() as client:
        wanted = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
        found, offset = [], 0
        while page := await client.read_deployments(deployment_filter=wanted, offset=offset):
            found += page
            offset += len(page)
        flows = {flow.id: flow.name for flow in await client.read_flows()} if found else {}
        runs = await _recent_runs(client)
    return [
        deployment_state(
            str(one.id),
            f"{flows.get(one.flow_id, '?')}/{one.name}",
            one.version or "",
            any(schedule.active for schedule in one.schedules) and not one.paused,
            [run for run in runs if run.deployment_id == one.id],
        )
        for one in found
    ]


async def _recent_runs(client: object) -> list[FlowRun]:
    """Runs that should have begun in the last day, newest first."""
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterTags,
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
    )
    from prefect.client.schemas.sorting import FlowRunSort

    assert isinstance(client, PrefectClient)
    now = real_clock()
    span = FlowRunFilterExpectedStartTime(after_=now - LOOK_BACK, before_=now)
    found: list[FlowRun] = []
    while page := await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(expected_start_time=span),
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG])),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        offset=len(found),
    ):
        found += page
    return found


def deployment_state(
    id_: str, name: str, version: str, scheduled: bool, runs: list[FlowRun]
) -> Deployed:
    ran = [run for run in runs if run.state_type and run.state_type.value in RAN]
    due = [run for run in runs if _started_before(run, real_clock() - LATE_AFTER)]
    long_due = [run for run in due if _started_before(run, real_clock() - TAKEN_UP_WITHIN)]
    return Deployed(
        id=id_,
        name=name,
        version=version,
        scheduled=scheduled,
        last_ran_at=max((run.start_time for run in ran if run.start_time), default=None),
        overdue=bool(due) and not ran,
        waiting_since=min(
            (
                run.expected_start_time
                for run in long_due
                if run.expected_start_time
                and run.state_type
                and run.state_type.value == "SCHEDULED"
            ),
            default=None,
        ),
    )


def _started_before(run: FlowRun, moment: datetime) -> bool:
    expected = run.expected_start_time
    return expected is not None and expected.astimezone(UTC) <= moment
