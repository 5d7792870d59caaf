"""The table handed to a real Prefect server: once, again, changed, and what is gone removed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleUpdate
from prefect.client.schemas.schedules import RRuleSchedule
from sqlalchemy import Engine
from sqlmodel import select

from flows import automations, work
from flows.anchor import Anchor
from flows.automations import PREFIX
from flows.clock import real_clock
from flows.prefect_state import deployed
from flows.registration import Registered, planned, register, rrule_of
from flows.turn import Tools
from notifications.channels.registry import channel_names
from plan.calendar import LOCAL
from plan.database import writing
from plan.models import Obligation
from plan.settings import Settings
from tests.conftest import PLAN_ID, at
from tests.standins.clock import HandClock

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]


@pytest.fixture
def tools(engine: Engine, tmp_path: Path) -> Tools:
    made = work.make_tools(Settings(home=tmp_path), engine)
    return replace(made, clock=HandClock())


@pytest.fixture
def registered(tools: Tools) -> Registered:
    return asyncio.run(register(tools))


def read(name: str) -> Any:
    async def ask() -> Any:
        async with get_client() as client:
            return await client.read_deployment_by_name(name)

    return asyncio.run(ask())


def test_the_table_is_there(tools: Tools, registered: Registered) -> None:
    assert set(registered.ids) == {job.full_name for job in planned(tools)}
    one = read(f"track-milestone/district-reports.{PLAN_ID}")
    assert one.parameters == {"plan_id": PLAN_ID, "milestone": "district-reports"}
    assert one.entrypoint == "flows.milestones.track_milestone"
    assert one.global_concurrency_limit.limit == 1
    assert one.concurrency_options.collision_strategy.value == "CANCEL_NEW"
    assert {schedule.slug for schedule in one.schedules} == {"main"}


def test_again_changes_nothing(tools: Tools, registered: Registered) -> None:
    again = asyncio.run(register(tools))
    assert again.ids == registered.ids
    assert (again.changed, again.removed) == ([], [])


def test_what_changed_is_written_what_is_settled_loses_its_schedule(
    tools: Tools, registered: Registered
) -> None:
    with writing(tools.engine) as session:
        for row in session.exec(select(Obligation)):
            row.state = "accepted"
            session.add(row)
    again = asyncio.run(register(tools))
    name = f"track-milestone/district-reports.{PLAN_ID}"
    assert name in again.changed
    assert again.ids[name] == registered.ids[name]
    assert read(name).schedules == []


def test_what_is_gone_is_removed_and_others_are_left_alone(
    tools: Tools, registered: Registered
) -> None:
    async def add(client: Any, flow: str, name: str, tags: list[str]) -> None:
        flow_id = await client.create_flow_from_name(flow)
        await client.create_deployment(flow_id=flow_id, name=name, tags=tags)

    async def stage() -> None:
        async with get_client() as client:
            await add(client, "track-milestone", "gone.old-plan", ["dondoc", "plan:old-plan"])
            await add(client, "theirs", "other", ["somebody-else"])

    asyncio.run(stage())
    assert asyncio.run(register(tools)).removed == ["track-milestone/gone.old-plan"]
    assert read("theirs/other").tags == ["somebody-else"]


def test_a_schedule_switched_off_stays_off(tools: Tools, registered: Registered) -> None:
    async def switch_off() -> None:
        async with get_client() as client:
            one = await client.read_deployment_by_name("deliver/all")
            change = DeploymentScheduleUpdate(active=False)
            await client._client.patch(
                f"/deployments/{one.id}/schedules/{one.schedules[0].id}",
                json=change.model_dump(mode="json", exclude_unset=True),
            )

    asyncio.run(switch_off())
    tomorrow = replace(tools, clock=HandClock(datetime(2020, 4, 21, 2, 0, tzinfo=UTC)))
    assert "deliver/all" in asyncio.run(register(tomorrow)).changed
    assert [schedule.active for schedule in read("deliver/all").schedules] == [False]
    assert not next(one for one in asyncio.run(deployed()) if one.name == "deliver/all").scheduled


def test_one_sender_a_channel(registered: Registered) -> None:
    async def limits() -> dict[str, int]:
        async with get_client() as client:
            found = await client.read_global_concurrency_limits(limit=100)
            return {one.name: one.limit for one in found}

    found = asyncio.run(limits())
    assert {found[f"dondoc-{name}"] for name in channel_names()} == {1}


def automation_names() -> dict[str, Any]:
    async def ask() -> Any:
        async with get_client() as client:
            return await client.read_automations()

    return {one.name: one for one in asyncio.run(ask())}


def test_automations_are_registered_once(registered: Registered) -> None:
    found = automation_names()
    assert len([name for name in found if name.startswith(PREFIX)]) == 3
    starts = found[f"{PREFIX}đầu vào của {PLAN_ID} thay đổi"]
    assert starts.actions[0].deployment_id == registered.ids[f"consolidate/{PLAN_ID}"]


def test_automations_again_gone_and_switched_off(registered: Registered) -> None:
    ids = {PLAN_ID: registered.ids[f"consolidate/{PLAN_ID}"]}

    async def make(by_plan: Any) -> int:
        async with get_client() as client:
            return await automations.register(client, by_plan)

    async def pause_one() -> None:
        async with get_client() as client:
            await client.pause_automation(automation_names_in(await client.read_automations()))

    def automation_names_in(found: Any) -> Any:
        return next(one.id for one in found if PLAN_ID in one.name)

    assert asyncio.run(make(ids)) == 0
    assert asyncio.run(make(ids | {"other": ids[PLAN_ID]})) == 1
    assert asyncio.run(make(ids)) == 1
    assert not any("other" in name for name in automation_names())
    asyncio.run(pause_one())
    assert asyncio.run(make(ids)) == 1


def test_the_rule_names_the_moments_and_no_other() -> None:
    moments = [at("2020-04-20 07:00"), at("2020-04-20 07:30"), at("2020-05-04 16:00")]
    schedule = RRuleSchedule(rrule=rrule_of(moments), timezone=LOCAL.key)
    rule = schedule.to_rrule()
    assert [one.replace(tzinfo=ZoneInfo(LOCAL.key)) for one in rule] == moments
    assert rrule_of([]) == ""


def test_a_look_is_never_a_moment_too_early() -> None:
    assert "T070001" in rrule_of([at("2020-04-20 07:00") + timedelta(microseconds=1)])


def test_on_a_virtual_clock_prefect_runs_in_real_time(tools: Tools, registered: Registered) -> None:
    now = real_clock()
    clock = Anchor("2020-04-20T09:00+07:00", at("2020-04-20 09:00"), now, speed=60)
    asyncio.run(register(replace(tools, clock=clock)))
    rule = read("deliver/all").schedules[0].schedule.rrule
    years = {stamp[:4] for stamp in rule.partition("RDATE:")[2].split(",")}
    assert years <= {str(now.year), str(now.year + 1)}
