"""Prefect's automations: two that bring killed and stuck runs back, one a plan that starts consolidation.

Registered apart from the deployments and known by name. One that is as it should be is left alone: to
write it again would make Prefect forget what it was counting.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from flows.schedule.environment import HEARTBEAT_SECONDS
from flows.schedule.event_relay import INPUTS_CHANGED, resource_of

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


async def register(
    client: PrefectClient, by_plan: Mapping[str, UUID], *, everything: bool = False
) -> list[str]:
    """Make the server's automations ours: `by_plan` is each plan's consolidation. `everything`: nobody else
    has a place on this server, what is not ours goes. Gives what was found of strangers, in words."""
    wanted = [*recovery(), *(when_inputs_change(*pair) for pair in sorted(by_plan.items()))]
    found = await client.read_automations()
    there = {one.name: one for one in reversed(found)}
    for core in wanted:
        kept = there.get(core.name)
        if kept is None:
            await client.create_automation(core)
        elif _said(core) != _said(kept):
            # Left out, «enabled» would stay as it is.
            await client.update_automation(kept.id, core.model_copy(update={"enabled": True}))
    names = {core.name for core in wanted}
    strangers = []
    for old in found:
        double = old.name in names and old.id != there[old.name].id
        if double or (old.name not in names and (everything or old.name.startswith(PREFIX))):
            await client.delete_automation(old.id)
            if double or not old.name.startswith(PREFIX):
                strangers.append(f"quy tắc tự động «{old.name}»")
    return strangers


def _said(core: AutomationCore) -> dict[str, Any]:
    """All that an automation says, its triggers' ids apart: the server gives them."""
    said = {
        "description",
        "enabled",
        "trigger",
        "actions",
        "actions_on_trigger",
        "actions_on_resolve",
    }
    plain: dict[str, Any] = _without_ids(core.model_dump(mode="json", include=said))
    return plain


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(one) for key, one in value.items() if key != "id"}
    if isinstance(value, list):
        plain = [_without_ids(one) for one in value]
        return sorted(plain) if all(isinstance(one, str) for one in plain) else plain
    return value
