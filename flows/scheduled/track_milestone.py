"""The flow `track-milestone`: who owes what, which rungs are due, send, are the inputs complete?

One flow, deployed once for each milestone of each plan. Its tasks take a milestone at a time, never an
obligation: a task costs what many obligations do. Whatever an earlier run missed, this one makes good.
"""

from __future__ import annotations

import asyncio

from prefect import flow, get_run_logger, task
from prefect.artifacts import (
    Artifact,
    acreate_link_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
)
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled

from flows.belief import believe_the_clock
from flows.jobs import rounds
from flows.jobs.rounds import MilestoneLook
from flows.schedule.event_relay import say_inputs_changed
from flows.scheduled import artifacts, common
from flows.scheduled.artifacts import moment_tag
from flows.scheduled.common import FLOW_SECONDS, RETRY, overtaken


def run_name() -> str:
    """`KH 04 · district-reports · 20/04/2020 07:00`, by the installation's clock."""
    given = flow_run.parameters
    return f"{given['plan_id']} · {given['milestone']} · {moment_tag()}"


@flow(
    name="track-milestone",
    flow_run_name=run_name,
    timeout_seconds=FLOW_SECONDS,
    description="Ai còn nợ gì của một mốc, nấc nhắc nào đã đến, gửi tin, đủ đầu vào chưa.",
)
async def track_milestone(plan_id: str, milestone: str) -> str | State[str]:
    """One look at a milestone. Gives its headline."""
    log = get_run_logger()
    await believe_the_clock()
    if await overtaken():
        return Cancelled(message="Lượt khác bắt đầu sau giờ hẹn của lượt này đã xem rồi.")
    if await nothing_to_do(plan_id, milestone):
        log.info("Không có gì phải làm")
        return "không có gì phải làm"
    done = await common.run_round()  # the one round over all plans
    sent = done.delivery
    if done.queued or sent.tried:
        log.info(
            "Soạn %d tin; gửi %d, sẽ gửi lại %d, bị từ chối %d",
            done.queued,
            len(sent.sent),
            len(sent.failed),
            len(sent.refused),
        )
    seen = await look(plan_id, milestone)
    if await say_if_complete(seen, plan_id):
        log.info("Có quyết định mới; đã báo để tổng hợp")
    await show(seen, plan_id)
    return artifacts.headline(seen)


async def nothing_to_do(plan_id: str, milestone: str) -> bool:
    """Whether nothing waits and an earlier run of the day has left its artifacts."""
    tools = rounds.installed()
    if await asyncio.to_thread(rounds.anything_due, tools, plan_id):
        return False
    table = await Artifact.aget(f"{artifacts.key_of(plan_id, milestone)}-no")
    return table is not None and artifacts.is_of_today(table.description or "", tools.clock())


@task(name="who-owes-what", **RETRY)
async def look(plan_id: str, milestone: str) -> MilestoneLook:
    """The milestone as it stands after the reminders went out."""
    return await asyncio.to_thread(rounds.look, rounds.installed(), plan_id, milestone)


@task(name="are-inputs-complete", **RETRY)
async def say_if_complete(seen: MilestoneLook, plan_id: str) -> bool:
    """Say so where decisions wait for consolidation. The service does it within seconds; this is for
    when it was down, and for consolidations whose event was lost."""
    newest = (await asyncio.to_thread(rounds.arrivals, rounds.installed().engine)).get(plan_id)
    if newest is None:
        return False
    await asyncio.to_thread(say_inputs_changed, plan_id, newest, seen.complete)
    return True


async def show(seen: MilestoneLook, plan_id: str) -> None:
    """The run's artifacts: who owes what, progress, the way to the dashboard."""
    key, words = artifacts.key_of(plan_id, seen.milestone), artifacts.headline(seen)
    base = rounds.installed().settings.base_url
    await asyncio.gather(
        acreate_table_artifact(
            table=artifacts.owed_table(seen),
            key=f"{key}-no",
            description=f"{words} Lúc {artifacts.at_words(seen)}.",
        ),
        acreate_progress_artifact(
            progress=artifacts.percent(seen), key=f"{key}-tien-do", description=words
        ),
        acreate_link_artifact(
            link=base, link_text="Mở trang tổng hợp", key=f"{key}-trang", description=words
        ),
    )
