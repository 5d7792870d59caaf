"""The flows `consolidate` and `consolidate-on-word`: when the inputs have arrived, outputs are made.

Started by the event that inputs changed, as a window closes, and nightly for drafts. What is due is
worked out from the database; the same inputs make the same run, whoever starts it how often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    aupdate_progress_artifact,
)
from prefect.deployments import arun_deployment
from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run

from consolidation.due_outputs import DueOutput
from consolidation.runs import RunResult
from consolidation.triggers import Reaction
from flows.belief import believe_the_clock
from flows.jobs import rounds
from flows.scheduled import artifacts, common
from flows.scheduled.artifacts import moment_tag
from flows.scheduled.common import FLOW_SECONDS, RETRY

ROUNDS = 5
"""Decisions made while a consolidation ran are taken in by the same run, so many times at most."""
WORD_SECONDS = 60 * 24 * 3600
"""How long a person's word is waited for; `dondoc consolidate` always remains."""


class Confirmation(RunInput):
    """What Sở Nội vụ answers on Prefect's page."""

    tong_hop: bool = True
    """Đồng ý tổng hợp."""
    nguoi_xac_nhan: str = ""
    """Họ tên người xác nhận."""


def run_name() -> str:
    """`04-kh-ubnd-2020 · tổng hợp · 20/04/2020 07:00`."""
    given: dict[str, Any] = flow_run.parameters
    what = given.get("output") or ("dự thảo đêm" if given.get("nightly") else "tổng hợp")
    return f"{given['plan_id']} · {what} · {moment_tag()}"


@flow(
    name="consolidate",
    flow_run_name=run_name,
    timeout_seconds=FLOW_SECONDS,
    description="Tổng hợp những kết quả đã đủ đầu vào, đã hết hạn, hoặc (ban đêm) có thay đổi.",
)
async def consolidate(plan_id: str, nightly: bool = False) -> str:
    """Make every output of the plan that is due. Gives what was made, in words."""
    await believe_the_clock()
    made: list[RunResult] = []
    failed: list[tuple[str, str]] = []
    for _ in range(ROUNDS):
        did = await make_due(plan_id, nightly)
        made += did.runs
        failed += did.failed
        await ask_for(plan_id, did.awaiting)
        if not await more_came(plan_id):
            break
    await show(plan_id, made)
    if made:
        await common.run_round()  # messages about what was made leave at once, in office hours
    if failed:
        raise RuntimeError("; ".join(f"{output}: {why}" for output, why in failed))
    return (
        ", ".join(f"{run.output} lần {run.number}" for run in made) or "không có gì phải tổng hợp"
    )


@flow(
    name="consolidate-on-word",
    flow_run_name=run_name,
    description="Chờ Sở Nội vụ xác nhận (bấm Resume), rồi tổng hợp.",
)
async def consolidate_on_word(plan_id: str, output: str) -> str:
    """Suspended until a person confirms; then makes the output, if it is still due."""
    answer = await asuspend_flow_run(wait_for_input=Confirmation, timeout=WORD_SECONDS)
    if not answer.tong_hop:
        get_run_logger().info("%s không đồng ý tổng hợp %s", answer.nguoi_xac_nhan, output)
        return "không tổng hợp"
    await believe_the_clock()
    did = await make_due(plan_id, confirmed=(output,))
    await show(plan_id, did.runs)
    await common.run_round()  # messages about what was made leave at once, in office hours
    return (
        ", ".join(f"{run.output} lần {run.number}" for run in did.runs) or "không còn gì phải làm"
    )


@task(name="make-what-is-due", **RETRY)
async def make_due(plan_id: str, nightly: bool = False, confirmed: Sequence[str] = ()) -> Reaction:
    """Take in the decisions and make what is due, telling Prefect how far it has come."""
    loop = asyncio.get_running_loop()
    bar = Bar(loop, plan_id)
    did = await asyncio.to_thread(
        rounds.consolidate_due,
        rounds.installed(),
        plan_id,
        nightly=nightly,
        confirmed=confirmed,
        progress=bar.step,
    )
    await bar.finish()
    return did


class Bar:
    """A progress artifact, made at the first step: an idle run leaves none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, plan_id: str) -> None:
        self._loop, self._plan_id = loop, plan_id
        self._artifact: UUID | None = None

    def step(self, done: int, steps: int, words: str) -> None:
        """Called from the working thread."""
        asyncio.run_coroutine_threadsafe(self._show(100 * done / steps, words), self._loop).result()

    async def finish(self) -> None:
        if self._artifact is not None:
            await aupdate_progress_artifact(artifact_id=self._artifact, progress=100)

    async def _show(self, percent: float, words: str) -> None:
        if self._artifact is None:
            key = artifacts.key_of(self._plan_id, "tong-hop")
            self._artifact = await acreate_progress_artifact(percent, key=key, description=words)
        else:
            await aupdate_progress_artifact(
                artifact_id=self._artifact, progress=percent, description=words
            )


@task(name="ask-the-coordinator", **RETRY)
async def ask_for(plan_id: str, awaiting: Sequence[DueOutput]) -> None:
    """One suspended run for each output that needs a person's word; asked once for the same inputs."""
    for due in awaiting:
        key = f"{plan_id}:{due.output}:{due.trigger}:{due.coverage}"
        await arun_deployment(
            f"consolidate-on-word/{plan_id}",
            parameters={"plan_id": plan_id, "output": due.output},
            timeout=0,
            idempotency_key=key,
            as_subflow=False,
        )
        get_run_logger().info("Chờ xác nhận để tổng hợp %s (%s)", due.output, due.coverage)


async def more_came(plan_id: str) -> bool:
    """Whether a decision was made while the run worked."""
    return plan_id in await asyncio.to_thread(rounds.arrivals, rounds.installed().engine)


async def show(plan_id: str, runs: Sequence[RunResult]) -> None:
    """Coverage and files of each run, and the way to the dashboard."""
    base = rounds.installed().settings.base_url
    for run in runs:
        key = artifacts.key_of(plan_id, run.output)
        await acreate_markdown_artifact(artifacts.coverage_text(run), key=f"{key}-dau-vao")
        await acreate_link_artifact(base, "Mở trang tổng hợp", key=f"{key}-trang")
