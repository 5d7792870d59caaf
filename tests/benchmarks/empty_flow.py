"""The least a flow can be, and the least that serves it: what `bench_serve` measures against.

Run as a module it is a bare runner: `prefect.serve` with this one flow, scheduled for never.
"""

from __future__ import annotations

from prefect import flow, serve
from prefect.client.schemas.schedules import RRuleSchedule
from prefect.deployments.runner import EntrypointType

NEVER = RRuleSchedule(rrule="DTSTART:20990101T080000\nRRULE:FREQ=YEARLY", timezone="UTC")


@flow(name="empty")
async def empty() -> str:
    """Nothing."""
    return ""


if __name__ == "__main__":
    # By its module's name: runs are processes in which this one is not the main module.

    serve(
        empty.to_deployment("bare", schedules=[NEVER], entrypoint_type=EntrypointType.MODULE_PATH),
        limit=2,
        pause_on_shutdown=False,
        print_starting_message=False,
    )
