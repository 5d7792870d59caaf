"""Handing the table of schedules to Prefect: what is new or changed is written, what is gone removed.

Registering again is safe and, when nothing changed, costs one read: every deployment is compared as a
whole. A schedule an operator has switched off on Prefect's pages stays off; anything else that differs is
made what the table says, and what no deployment of ours ever has is somebody's doing: it is taken out and
told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.clock import Anchor
from flows.schedule import automations
from flows.schedule.deployments import Job, jobs
from flows.schedule.environment import limit_name
from flows.schedule.state import TAG
from flows.schedule.work_pool import QUEUE, make_pool
from notifications.channels.registry import channel_names
from plan.calendar import LOCAL, local_day, local_instant
from plan.database import reading, writing
from plan.ledger import audit
from plan.states import Actor, Role

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

    from flows.runtime import RoundTools
    from plan.settings import Settings

log = logging.getLogger("dondoc.serve")

SLUG = "main"
SYSTEM = Actor("dondoc", Role.system, origin="flow")
AT_ONCE = 4
START_GRACE_SECONDS = 90
"""A claimed run that has not begun by then gives its turn back."""


@dataclass
class Registered:
    """The deployments as they stand, by full name, and what was done."""

    ids: dict[str, UUID] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    planted: list[str] = field(default_factory=list)
    """What was found that nobody but a stranger puts there, in words; it is gone."""


def planned(tools: RoundTools) -> list[Job]:
    """The table as of the beginning of today, so that the same day's table stays the same."""
    today = local_instant(local_day(tools.clock()))
    with reading(tools.engine) as session:
        return jobs(session, today)


async def register(tools: RoundTools) -> Registered:
    """Make the server's deployments, automations and limits those of the table."""
    from prefect.client.orchestration import get_client

    wanted = await asyncio.to_thread(planned, tools)
    in_real_time = _in_real_time(tools)
    done = Registered()
    async with get_client() as client:
        if tools.settings.work_pool:
            done.planted += await make_pool(client, tools.settings.work_pool)
        there = await _existing(client, tools.settings)
        await _take_out(client, there, tools.settings.work_pool, done)
        gate = asyncio.Semaphore(AT_ONCE)
        flows = {
            name: await client.create_flow_from_name(name) for name in {j.flow for j in wanted}
        }

        async def place(job: Job) -> None:
            async with gate:
                await _place(client, flows[job.flow], job, there, in_real_time, tools, done)

        await asyncio.gather(*(place(job) for job in wanted))
        for name in sorted(there.keys() - done.ids.keys()):
            await client.delete_deployment(there[name].id)
            done.removed.append(name)
            if TAG not in there[name].tags:
                done.planted.append(f"{name}: không phải việc của Đôn Đốc")
        starts = {job.starts_on: done.ids[job.full_name] for job in wanted if job.starts_on}
        everything = not tools.settings.prefect_api_url
        done.planted += await automations.register(client, starts, everything=everything)
        await _limits(client, channel_names())
    for words in done.planted:
        log.warning("Đã gỡ khỏi Prefect thứ người lạ đặt vào: %s", words)
    if done.planted:
        await asyncio.to_thread(_note, tools, done.planted)
    return done


def _note(tools: RoundTools, planted: Sequence[str]) -> None:
    """Into the trail: the log ends one day."""
    with writing(tools.engine) as session:
        audit.record(
            session,
            plan_id="",
            actor=SYSTEM,
            event="prefect.cleaned",
            subject="prefect",
            now=tools.clock(),
            before={"planted": list(planted)},
        )


def _in_real_time(tools: RoundTools) -> Callable[[datetime], datetime]:
    """From the installation's clock to the one Prefect runs on."""
    clock = tools.clock
    return clock.real_of if isinstance(clock, Anchor) else lambda moment: moment


async def _existing(client: PrefectClient, settings: Settings) -> dict[str, DeploymentResponse]:
    """By full name. All of them on the server this installation runs itself; on a shared one, those that
    bear our tag or would be carried out by our workers."""
    found: list[DeploymentResponse] = []
    while page := await client.read_deployments(offset=len(found)):
        found += page
    if settings.prefect_api_url:
        pool = settings.work_pool
        found = [one for one in found if TAG in one.tags or (pool and one.work_pool_name == pool)]
    if not found:
        return {}
    names = {flow.id: flow.name for flow in await client.read_flows()}
    return {f"{names.get(one.flow_id, '?')}/{one.name}": one for one in found}


async def _take_out(
    client: PrefectClient, there: dict[str, DeploymentResponse], pool: str, done: Registered
) -> None:
    """Delete, with the runs planned from them, the deployments that say something ours never say; they
    are made anew."""
    for name, one in list(there.items()):
        if TAG in one.tags and (signs := planted(one, pool)):
            await client.delete_deployment(there.pop(name).id)
            done.planted.append(f"{name}: {', '.join(signs)}")


def planted(one: DeploymentResponse, pool: str = "") -> list[str]:
    """What a deployment of ours never has and this one has: it names code, or where to run it."""
    said = {
        "bước kéo mã": one.pull_steps,
        "nơi lấy mã": one.path or one.storage_document_id,
        "cách chạy": one.job_variables or one.infrastructure_document_id,
        "mã lạ": not (one.entrypoint or "").startswith("flows.") or ":" in (one.entrypoint or ""),
        "nhóm máy lạ": one.work_pool_name not in (pool, None),
    }
    return [words for words, there in said.items() if there]


async def _place(
    client: PrefectClient,
    flow_id: UUID,
    job: Job,
    there: dict[str, DeploymentResponse],
    in_real_time: Callable[[datetime], datetime],
    tools: RoundTools,
    done: Registered,
) -> None:
    rule = rrule_of(in_real_time(moment) for moment in job.moments)
    old = there.get(job.full_name)
    body = _body(job, rule, tools.settings.work_pool, _active(old))
    if old is not None and _comparable(body) == _comparable(_as_body(old)):
        done.ids[job.full_name] = old.id
        return
    done.ids[job.full_name] = await client.create_deployment(flow_id=flow_id, **body)
    done.changed.append(job.full_name)


def _active(old: DeploymentResponse | None) -> bool:
    """Whether the schedule is on: as the operator left it."""
    return old is None or all(one.active for one in old.schedules if one.slug == SLUG)


def rrule_of(moments: Iterable[datetime]) -> str:
    """The moments (real, UTC) as a rule in local time: Prefect takes the zone beside it. No moments:
    an empty string."""
    stamps = sorted(
        {f"{_whole_second(moment).astimezone(LOCAL):%Y%m%dT%H%M%S}" for moment in moments}
    )
    return f"DTSTART:{stamps[0]}\nRDATE:{','.join(stamps)}" if stamps else ""


def _whole_second(moment: datetime) -> datetime:
    """Rounded up: a look a moment too early would find nothing due."""
    rest = timedelta(microseconds=moment.microsecond)
    return moment if not rest else moment - rest + timedelta(seconds=1)


def _as_body(old: DeploymentResponse) -> dict[str, Any]:
    """A deployment the server has, in the words it was given."""
    limit = old.global_concurrency_limit
    return old.model_dump() | {
        "schedules": old.schedules,
        "concurrency_limit": limit.limit if limit else None,
        "concurrency_options": old.concurrency_options,
    }


def _comparable(body: Mapping[str, Any]) -> dict[str, Any]:
    """What is compared: every field that is written, without what the server adds by itself."""
    schedules = [
        (one.slug, one.active, one.schedule.model_dump(), one.parameters or {})
        for one in body["schedules"]
    ]
    options = body["concurrency_options"]
    return {name: body[name] for name in _PLAIN} | {
        "tags": sorted(body["tags"]),
        "pull_steps": body["pull_steps"] or [],
        "schedules": schedules,
        "concurrency_options": options and options.model_dump(),
    }


_PLAIN = (
    "name", "description", "parameters", "parameter_openapi_schema", "entrypoint", "path", "job_variables",
    "storage_document_id", "infrastructure_document_id", "concurrency_limit", "work_pool_name",
    "work_queue_name", "enforce_parameter_schema",
)  # fmt: skip


def _body(job: Job, rule: str, pool: str, active: bool) -> dict[str, Any]:
    """A deployment as the server takes it; its schedules replace those it had."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
    from prefect.client.schemas.schedules import RRuleSchedule
    from prefect.utilities.callables import parameter_schema

    schedules = []
    if rule:
        schedule = RRuleSchedule(rrule=rule, timezone=LOCAL.key)
        schedules = [DeploymentScheduleCreate(schedule=schedule, active=active, slug=SLUG)]
    return {
        "name": job.name,
        "description": job.words,
        "tags": [TAG, *job.tags],
        "parameters": dict(job.parameters),
        "parameter_openapi_schema": parameter_schema(_flow_of(job)).model_dump(),
        "entrypoint": job.entrypoint,
        "path": None,
        "pull_steps": [],
        "job_variables": {},
        "storage_document_id": None,
        "infrastructure_document_id": None,
        "schedules": schedules,
        "concurrency_limit": None if job.flow == "consolidate-on-word" else 1,
        "concurrency_options": ConcurrencyOptions(
            collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW,
            grace_period_seconds=START_GRACE_SECONDS,
        ),
        "work_pool_name": pool or None,
        "work_queue_name": QUEUE if pool else None,
        "enforce_parameter_schema": False,
    }


def _flow_of(job: Job) -> Any:
    module, _, name = job.entrypoint.rpartition(".")
    return getattr(import_module(module), name)


async def _limits(client: PrefectClient, channels: Sequence[str]) -> None:
    """One sender a channel at a time, over all machines."""
    for channel in channels:
        await client.upsert_global_concurrency_limit_by_name(name=limit_name(channel), limit=1)


__all__ = ["Registered", "planned", "planted", "register", "rrule_of"]
