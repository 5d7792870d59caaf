"""The table handed to a real Prefect server: once, again, changed, and what is gone removed."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleUpdate, WorkPoolCreate
from prefect.client.schemas.schedules import RRuleSchedule
from prefect.events.schemas.automations import AutomationCore
from sqlalchemy import Engine
from sqlmodel import select

from flows.clock import Anchor, real_clock
from flows.jobs import rounds
from flows.runtime import RoundTools
from flows.schedule import automations
from flows.schedule.automations import PREFIX
from flows.schedule.register import Registered, planned, planted, register, rrule_of
from flows.schedule.state import deployed
from notifications.channels.registry import channel_names
from plan.calendar import LOCAL
from plan.database import reading, writing
from plan.models import AuditEvent, Obligation
from plan.settings import Settings
from tests.conftest import PLAN_ID, at, sampled
from tests.standins.clock import HandClock

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]


@pytest.fixture
def tools(engine: Engine, tmp_path: Path) -> RoundTools:
    made = rounds.make_tools(Settings(home=tmp_path), engine)
    return replace(made, clock=HandClock())


@pytest.fixture
def registered(tools: RoundTools) -> Registered:
    return asyncio.run(register(tools))


def read(name: str) -> Any:
    async def ask() -> Any:
        async with get_client() as client:
            return await client.read_deployment_by_name(name)

    return asyncio.run(ask())


def test_the_table_is_there(tools: RoundTools, registered: Registered) -> None:
    assert set(registered.ids) == {job.full_name for job in planned(tools)}
    one = read(f"track-milestone/district-reports.{PLAN_ID}")
    assert one.parameters == {"plan_id": PLAN_ID, "milestone": "district-reports"}
    assert one.entrypoint == "flows.scheduled.track_milestone.track_milestone"
    assert one.global_concurrency_limit.limit == 1
    assert one.concurrency_options.collision_strategy.value == "CANCEL_NEW"
    assert {schedule.slug for schedule in one.schedules} == {"main"}


def test_again_changes_nothing(tools: RoundTools, registered: Registered) -> None:
    again = asyncio.run(register(tools))
    assert again.ids == registered.ids
    assert (again.changed, again.removed) == ([], [])


def test_what_changed_is_written_what_is_settled_loses_its_schedule(
    tools: RoundTools, registered: Registered
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


def test_what_is_gone_is_removed_and_on_a_shared_server_others_are_left_alone(
    tools: RoundTools, registered: Registered
) -> None:
    async def add(client: Any, flow: str, name: str, tags: list[str]) -> None:
        flow_id = await client.create_flow_from_name(flow)
        await client.create_deployment(
            flow_id=flow_id,
            name=name,
            tags=tags,
            entrypoint="flows.scheduled.track_milestone.track_milestone",
        )

    async def stage() -> None:
        async with get_client() as client:
            await add(client, "track-milestone", "gone.old-plan", ["dondoc", "plan:old-plan"])
            await add(client, "theirs", "other", ["somebody-else"])

    asyncio.run(stage())
    shared = tools.settings.model_copy(update={"prefect_api_url": "http://127.0.0.1:1/api"})
    done = asyncio.run(register(replace(tools, settings=shared)))
    assert (done.removed, done.planted) == (["track-milestone/gone.old-plan"], [])
    assert read("theirs/other").tags == ["somebody-else"]
    done = asyncio.run(register(tools))
    assert done.removed == ["theirs/other"]
    assert done.planted == ["theirs/other: không phải việc của Đôn Đốc"]


def test_a_schedule_switched_off_stays_off(tools: RoundTools, registered: Registered) -> None:
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

    async def make(by_plan: Any, *, everything: bool = False) -> tuple[list[str], Any]:
        async with get_client() as client:
            strangers = await automations.register(client, by_plan, everything=everything)
            return strangers, {one.name: one for one in await client.read_automations()}

    async def pause(id_: Any) -> None:
        async with get_client() as client:
            await client.pause_automation(id_)

    _, before = asyncio.run(make(ids))
    assert asyncio.run(make(ids)) == ([], before)  # nothing written: what was counted is kept
    _, more = asyncio.run(make(ids | {"other": ids[PLAN_ID]}))
    assert len(more) == len(before) + 1
    assert asyncio.run(make(ids)) == ([], before)
    asyncio.run(pause(next(one.id for one in before.values() if PLAN_ID in one.name)))
    _, again = asyncio.run(make(ids))
    assert all(one.enabled for one in again.values())


def test_an_automation_of_a_stranger_goes_and_ours_says_what_it_said(
    registered: Registered,
) -> None:
    ids = {PLAN_ID: registered.ids[f"consolidate/{PLAN_ID}"]}

    async def tamper_and_register() -> list[str]:
        async with get_client() as client:
            ours = next(o for o in await client.read_automations() if PLAN_ID in o.name)
            core = AutomationCore.model_validate(ours.model_dump(exclude={"owner_resource"}))
            core.actions[0].job_variables = {"command": "sh -c id"}
            await client.update_automation(ours.id, core)
            core.name = "của ai đó"
            await client.create_automation(core)
            return await automations.register(client, ids, everything=True)

    assert asyncio.run(tamper_and_register()) == ["quy tắc tự động «của ai đó»"]
    found = automation_names()
    assert "của ai đó" not in found
    assert not found[f"{PREFIX}đầu vào của {PLAN_ID} thay đổi"].actions[0].job_variables


STEP = {"prefect.deployments.steps.run_shell_script": {"script": "touch /tmp/never"}}
PLANTED: dict[str, dict[str, Any]] = {
    "bước kéo mã": {"pull_steps": [STEP]},
    "cách chạy": {"job_variables": {"command": "touch /tmp/never"}},
    "mã lạ": {"entrypoint": "/tmp/never.py:flow"},
    "nơi lấy mã": {"path": "/tmp/never"},
}


@pytest.mark.parametrize("words", sampled(PLANTED, 2))
def test_what_a_stranger_wrote_into_a_deployment_is_taken_out_and_told(
    tools: RoundTools, registered: Registered, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def plant() -> None:
        async with get_client() as client:
            url = f"/deployments/{registered.ids['deliver/all']}"
            (await client._client.patch(url, json=PLANTED[words])).raise_for_status()

    asyncio.run(plant())
    again = asyncio.run(register(tools))
    assert again.planted == [f"deliver/all: {words}"]
    assert words in caplog.text
    one = read("deliver/all")
    assert not planted(one)
    assert one.entrypoint == "flows.scheduled.maintenance.deliver"
    with reading(tools.engine) as session:
        noted = session.exec(select(AuditEvent).where(AuditEvent.event == "prefect.cleaned")).all()
    assert noted[-1].before == {"planted": again.planted}
    assert asyncio.run(register(tools)).planted == []


@pytest.mark.parametrize(
    "change",
    sampled([{"parameters": {"limit": 0}}, {"description": "khác"}, {"tags": ["dondoc", "x"]},
             {"enforce_parameter_schema": True}, {"concurrency_limit": 7}], 3),
)  # fmt: skip
def test_any_other_word_that_differs_is_made_the_tables(
    tools: RoundTools, registered: Registered, change: dict[str, Any]
) -> None:
    async def write() -> None:
        async with get_client() as client:
            url = f"/deployments/{registered.ids['deliver/all']}"
            (await client._client.patch(url, json=change)).raise_for_status()

    asyncio.run(write())
    assert asyncio.run(register(tools)).changed == ["deliver/all"]
    assert asyncio.run(register(tools)).changed == []


POOL = "may-trong-tinh"


@pytest.fixture
def pooled(tools: RoundTools) -> RoundTools:
    """As several machines have it: what is due is taken from a pool by workers."""
    return replace(tools, settings=tools.settings.model_copy(update={"work_pool": POOL}))


def write_to(path: str, change: dict[str, Any]) -> None:
    async def write() -> None:
        async with get_client() as client:
            (await client._client.patch(path, json=change)).raise_for_status()

    asyncio.run(write())


def test_another_queue_or_pool_is_put_right(pooled: RoundTools) -> None:
    asyncio.run(register(pooled))
    assert asyncio.run(register(pooled)).changed == []
    queue = {"work_pool_name": POOL, "work_queue_name": "khac"}  # where nobody looks
    write_to(f"/deployments/{read('deliver/all').id}", queue)
    assert read("deliver/all").work_queue_name == "khac"
    assert asyncio.run(register(pooled)).changed == ["deliver/all"]
    assert read("deliver/all").work_queue_name == "default"

    async def elsewhere() -> None:
        async with get_client() as client:
            await client.create_work_pool(WorkPoolCreate(name="la", type="process"))

    asyncio.run(elsewhere())
    write_to(f"/deployments/{read('deliver/all').id}", {"work_pool_name": "la"})
    assert asyncio.run(register(pooled)).planted == ["deliver/all: nhóm máy lạ"]
    assert read("deliver/all").work_pool_name == POOL


STEPS = {"bundle_execution_step": {"prefect.deployments.steps.run_shell_script": {"script": "x"}}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"base_job_template": {"job_configuration": {"command": "touch /tmp/never"},
                                   "variables": {"type": "object", "properties": {}}}},
            "mẫu chạy của nhóm máy",
        ),
        (
            {"base_job_template": {"job_configuration": {"command": "{{ command }}"},
                                   "variables": {"type": "object", "properties": {
                                       "command": {"type": "string", "default": "touch x"}}}}},
            "mẫu chạy của nhóm máy",
        ),
        ({"storage_configuration": STEPS}, "nơi lấy mã của nhóm máy"),
    ],
)  # fmt: skip
def test_what_a_stranger_wrote_into_the_pool_is_taken_out_and_told(
    pooled: RoundTools, change: dict[str, Any], words: str
) -> None:
    assert asyncio.run(register(pooled)).planted == []
    write_to(f"/work_pools/{POOL}", change)
    assert asyncio.run(register(pooled)).planted == [f"{POOL}: {words}"]
    assert asyncio.run(register(pooled)).planted == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"base_job_template": {"job_configuration": {"command": "{{ command }}"},
                                   "variables": {"type": "object", "properties": {
                                       "command": {"type": "string", "title": "New"}}}}},
            "mẫu chạy",
        ),
        ({"concurrency_limit": 7}, "giới hạn lượt chạy"),
    ],
)  # fmt: skip
def test_another_prefects_template_and_an_operators_limit_are_no_strangers_deed(
    pooled: RoundTools, change: dict[str, Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(register(pooled))
    write_to(f"/work_pools/{POOL}", change)
    with caplog.at_level(logging.INFO, logger="flows.schedule.work_pool"):
        assert asyncio.run(register(pooled)).planted == []
    assert f"đặt lại {words} " in caplog.text
    caplog.clear()
    asyncio.run(register(pooled))
    assert "đặt lại" not in caplog.text


def test_the_rule_names_the_moments_and_no_other() -> None:
    moments = [at("2020-04-20 07:00"), at("2020-04-20 07:30"), at("2020-05-04 16:00")]
    schedule = RRuleSchedule(rrule=rrule_of(moments), timezone=LOCAL.key)
    rule = schedule.to_rrule()
    assert [one.replace(tzinfo=ZoneInfo(LOCAL.key)) for one in rule] == moments
    assert rrule_of([]) == ""


def test_a_look_is_never_a_moment_too_early() -> None:
    assert "T070001" in rrule_of([at("2020-04-20 07:00") + timedelta(microseconds=1)])


def test_on_a_virtual_clock_prefect_runs_in_real_time(
    tools: RoundTools, registered: Registered
) -> None:
    now = real_clock()
    clock = Anchor("2020-04-20T09:00+07:00", at("2020-04-20 09:00"), now, speed=60)
    asyncio.run(register(replace(tools, clock=clock)))
    rule = read("deliver/all").schedules[0].schedule.rrule
    years = {stamp[:4] for stamp in rule.partition("RDATE:")[2].split(",")}
    assert years <= {str(now.year), str(now.year + 1)}
