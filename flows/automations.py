"""Prefect's automations: two that bring killed and stuck runs back, one a plan that starts consolidation.

Registered apart from the deployments and known by name. One that is as it should be is left alone: to
write it again would make Prefect forget what it was counting.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from flows.bridge import INPUTS_CHANGED, resource_of
from flows.quiet import HEARTBEAT_SECONDS

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

PREFIX = "dondoc: "
LOST_AFTER = timedelta(seconds=3 * HEARTBEAT_SECONDS)
STUCK_AFTER = timedelta(seconds=60)

_ENDS = ("Completed", "Failed", "Crashed", "Cancelled", "Cancelling")
_LEAVES = ("Paused", "Suspended", "Scheduled", "AwaitingRetry", "Late", "AwaitingConcurrencySlot")


def _events(*names: str) -> set[str]:
    return {f"prefect.flow-run.{name}" for name in names}


def recovery() -> list[AutomationCore]:
    """A run killed so hard that nobody could say so, and one claimed by a process that went away."""
    return [
        AutomationCore(
            name=f"{PREFIX}lượt chạy bị dừng đột ngột",
            description="Không còn nhịp tim trong 90 giây: coi là hỏng, trả lại lượt cho lần sau.",
            trigger=EventTrigger(
                # «Running» as well: a run may be killed before its first heartbeat.
                after=_events("Running", "heartbeat"),
                expect=_events("heartbeat", *_ENDS, *_LEAVES),
                match={"prefect.resource.id": "prefect.flow-run.*"},
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=LOST_AFTER,
            ),
            actions=[
                ChangeFlowRunState(
                    state=StateType.CRASHED, name=None, message="Tiến trình không còn nhịp tim."
                )
            ],
        ),
        AutomationCore(
            name=f"{PREFIX}lượt chạy không khởi động",
            description="Đã nhận mà một phút sau chưa chạy: xếp lại lịch.",
            trigger=EventTrigger(
                after=_events("Pending"),
                expect=_events("Running", *_ENDS, *_LEAVES),
                match={"prefect.resource.id": "prefect.flow-run.*"},
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=STUCK_AFTER,
            ),
            # With a name of its own the state would not count as scheduled work.
            actions=[ChangeFlowRunState(state=StateType.SCHEDULED, name=None, message=None)],
        ),
    ]


def when_inputs_change(plan_id: str, deployment_id: UUID) -> AutomationCore:
    """A decision was made: consolidate what is due."""
    return AutomationCore(
        name=f"{PREFIX}đầu vào của {plan_id} thay đổi",
        description="Có quyết định nhận, trả lại hoặc miễn: tổng hợp nếu đã đủ.",
        trigger=EventTrigger(
            expect={INPUTS_CHANGED},
            match={"prefect.resource.id": resource_of(plan_id)},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[RunDeployment(source="selected", deployment_id=deployment_id)],
    )


async def register(client: PrefectClient, by_plan: Mapping[str, UUID]) -> int:
    """Make the server's automations ours: `by_plan` is each plan's consolidation. Gives how many
    were made, changed or removed."""
    wanted = [*recovery(), *(when_inputs_change(*pair) for pair in sorted(by_plan.items()))]
    there = {one.name: one for one in await client.read_automations()}
    changed = 0
    for core in wanted:
        kept = there.get(core.name)
        if kept is None:
            await client.create_automation(core)
        elif _differs(core, kept):
            await client.update_automation(kept.id, core)
        else:
            continue
        changed += 1
    names = {core.name for core in wanted}
    for name, old in there.items():
        if name.startswith(PREFIX) and name not in names:
            await client.delete_automation(old.id)
            changed += 1
    return changed


_COMPARED = ("description", "trigger", "actions")


def _differs(core: AutomationCore, kept: AutomationCore) -> bool:
    """The server adds ids and defaults: only what we say is compared."""
    ours = core.model_dump(mode="json", include=set(_COMPARED))
    theirs = kept.model_dump(mode="json", include=set(_COMPARED))
    return not _within(ours, theirs) or not kept.enabled


def _within(ours: object, theirs: object) -> bool:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(_within(value, theirs.get(key)) for key, value in ours.items() if value)
    if isinstance(ours, list) and isinstance(theirs, list):
        if all(isinstance(one, str) for one in ours):
            return sorted(ours) == sorted(theirs)
        pairs = zip(ours, theirs, strict=False)
        return len(ours) == len(theirs) and all(_within(*pair) for pair in pairs)
    return ours == theirs
