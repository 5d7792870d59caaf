"""The flow `read-scans`: scans and photos are read into words beside the file, apart from what sends."""

from __future__ import annotations

import asyncio

from prefect import flow, get_run_logger, task
from prefect.deployments import arun_deployment

from flows.jobs import rounds, scans
from flows.scheduled.artifacts import run_name
from flows.scheduled.common import FLOW_SECONDS, RETRY
from intake.scans.work import Round
from plan.text import number_words


@flow(
    name="read-scans",
    flow_run_name=run_name,
    timeout_seconds=FLOW_SECONDS,
    description="Đọc chữ trong bản quét, ảnh chụp đang chờ; chữ đọc được để bên cạnh tệp.",
)
async def read_scans() -> str:
    """Every page that waits, one after the other."""
    done = await read_pages()
    if done.stopped:
        get_run_logger().warning("%s", done.stopped)
    get_run_logger().info("Đọc %d trang, %d trang không đọc được", done.read, done.failed)
    return f"đọc {number_words(done.read)} trang"


@task(name="read-pages", **RETRY)
async def read_pages() -> Round:
    """One round."""
    return await asyncio.to_thread(scans.read, rounds.installed())


@task(name="start-reading-scans", **RETRY)
async def start_where_some_wait() -> None:
    """A run of its own: a page takes seconds, and reminders must leave meanwhile. Where one is under way,
    Prefect starts no other."""
    if await asyncio.to_thread(scans.wait, rounds.installed()):
        await arun_deployment("read-scans/all", timeout=0, as_subflow=False)
