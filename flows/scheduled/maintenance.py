"""The flows `deliver`, `watch` and `housekeeping`: what keeps the service itself in order."""

from __future__ import annotations

import asyncio

from prefect import flow, get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact

from flows import clock_guard
from flows.belief import believe_the_clock
from flows.jobs import alerts, backup, board_mail, inbox, rounds, webhook_calls
from flows.jobs.backup import HousekeepingReport
from flows.jobs.inbox import InboxResult
from flows.schedule.register import register
from flows.schedule.state import deployed
from flows.scheduled import artifacts, common
from flows.scheduled.artifacts import run_name
from flows.scheduled.common import FLOW_SECONDS, RETRY
from flows.scheduled.scans import start_where_some_wait
from plan.text import number_words

# --- deliver -------------------------------------------------------------------------------------


@flow(
    name="deliver",
    flow_run_name=run_name,
    timeout_seconds=FLOW_SECONDS,
    description="Gửi tin đang chờ, nhận thư trả lại và bài nộp qua thư, báo các hệ thống khác.",
)
async def deliver() -> str:
    """The outbox's sweep: what is queued, of every plan, leaves."""
    await believe_the_clock()
    bounced, taken = 0, InboxResult()
    try:
        bounced = await read_bounces()
        if inbox.set_up(rounds.installed().settings):
            taken = await read_inbox()
        await queue_boards()
    finally:  # what waits leaves, whatever became of what arrives; the run says so by failing
        done = await common.run_round(rungs=False)
    await start_where_some_wait()
    sent, told = done.delivery, await tell_other_systems()
    get_run_logger().info(
        "%d sự kiện, %d thư trả lại, %d thư đến; gửi %d, sẽ gửi lại %d, bị từ chối %d; báo hệ thống khác %d",
        *(done.events.told, bounced, taken.claimed),
        *(len(sent.sent), len(sent.failed), len(sent.refused), told),
    )
    return f"gửi {number_words(len(sent.sent))}, sẽ gửi lại {number_words(len(sent.failed))}"


@task(name="bounces", **RETRY)
async def read_bounces() -> int:
    """Returned mail; gives how many."""
    return await asyncio.to_thread(rounds.read_bounces, rounds.installed())


@task(name="read-inbox", **RETRY)
async def read_inbox() -> InboxResult:
    """Mails and packages that hand something in, filed and their answers queued: they leave in this run."""
    tools = rounds.installed()
    return await asyncio.to_thread(
        inbox.read_inbox, tools.engine, tools.settings, tools.desk, tools.store, tools.clock
    )


@task(name="queue-boards", **RETRY)
async def queue_boards() -> list[int]:
    """Board pictures whose hour has come; they leave in this run."""
    return await asyncio.to_thread(board_mail.queue_boards, rounds.installed())


@task(name="tell-other-systems", **RETRY)
async def tell_other_systems() -> int:
    """Webhooks that are due. None on a virtual clock: practice tells nobody else."""
    return await asyncio.to_thread(webhook_calls.tell_other_systems, rounds.installed())


# --- watch ---------------------------------------------------------------------------------------


@flow(
    name="watch",
    flow_run_name=run_name,
    timeout_seconds=FLOW_SECONDS,
    description="Tin kẹt, kênh hỏng, cơ quan không liên lạc được, việc không chạy: báo Sở Nội vụ.",
)
async def watch() -> str:
    """Look for what a person must mend, and tell."""
    if words := await clock_doubted():
        told = await tell_of_the_clock(words)
        return f"{words} {number_words(told)} tin báo"
    missed = await missed_runs()
    queued = await look_around(missed)
    if queued:
        await common.deliver()
    return f"{number_words(len(queued))} tin báo"


@task(name="is-the-clock-right", **RETRY)
async def clock_doubted() -> str:
    """Why the clock is not believed; empty: it is."""
    return await asyncio.to_thread(clock_guard.doubted, rounds.installed())


@task(name="tell-of-the-clock", **RETRY)
async def tell_of_the_clock(words: str) -> int:
    """Tell the coordinators, by the last instant that was believed, and send nothing else."""
    return await asyncio.to_thread(alerts.tell_of_clock, rounds.installed(), words)


@task(name="flows-that-did-not-run", **RETRY)
async def missed_runs() -> list[str]:
    """Names of deployments that should have run in the last day and did not."""
    return [one.name for one in await deployed() if one.overdue]


@task(name="look-around", **RETRY)
async def look_around(missed: list[str]) -> list[int]:
    """Everything the database shows, and what Prefect missed, told once a day."""
    return await asyncio.to_thread(alerts.watch, rounds.installed(), alerts.missed_runs(missed))


# --- housekeeping --------------------------------------------------------------------------------


@flow(
    name="housekeeping",
    flow_run_name=run_name,
    timeout_seconds=FLOW_SECONDS,
    description="Sao lưu, kiểm tra sổ, lập lại lịch từ kế hoạch.",
)
async def housekeeping() -> str:
    """Back up, verify, and lay out the schedules anew."""
    await believe_the_clock()
    kept = await keep_house()
    changed = await lay_out_schedules()
    lines = [
        f"Bản sao lưu: {kept.backup.name if kept.backup else 'do máy chủ cơ sở dữ liệu đảm nhiệm'}",
        f"Đã xóa {number_words(len(kept.dropped))} bản cũ",
        "Sổ nhật ký nguyên vẹn" if not kept.broken else f"SỔ NHẬT KÝ HỎNG Ở {kept.broken} CHỖ",
        f"Đã đọc lại {number_words(kept.files_read)} tệp đã lưu, "
        f"{number_words(len(kept.bad_files))} tệp hỏng hoặc thiếu",
        f"Mốc của sổ: {kept.anchor}",
        "Đã rút gọn dữ liệu của người đã rời danh bạ: "
        f"{number_words(sum(kept.shortened.values()))} dòng",
        f"{number_words(changed)} lịch được lập lại",
        f"{kept.late} nghĩa vụ có lần xem tới bị sai, đã sửa"
        if kept.late
        else "Lần xem tới đều đúng",
    ]
    await acreate_markdown_artifact(artifacts.report_text("Việc đêm", lines), key="viec-dem")
    if kept.broken:
        raise RuntimeError(f"sổ nhật ký hỏng ở {kept.broken} chỗ; chạy: dondoc audit verify")
    if kept.bad_files:
        raise RuntimeError(
            f"{number_words(len(kept.bad_files))} tệp đã lưu hỏng hoặc thiếu; chạy: dondoc verify"
        )
    if kept.store_away:
        raise RuntimeError(kept.store_away)
    return "; ".join(lines)


@task(name="back-up-and-verify", **RETRY)
async def keep_house() -> HousekeepingReport:
    """The night's copy, and the audit chain verified."""
    return await asyncio.to_thread(backup.keep_house, rounds.installed())


@task(name="lay-schedules-again", **RETRY)
async def lay_out_schedules() -> int:
    """Schedules follow the plan and the calendar; gives how many changed."""
    done = await register(rounds.installed())
    return len(done.changed) + len(done.removed)
