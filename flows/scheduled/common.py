"""Delivering within a flow: one task a channel, one sender a channel at a time across all machines."""

from __future__ import annotations

import asyncio

from prefect import get_run_logger, task
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError, concurrency

from flows.jobs import rounds
from flows.scheduled.patience import RETRY, SLOT_SECONDS, TURN_SECONDS
from notifications.outbox.delivery import DeliveryResult


def limit_name(channel: str) -> str:
    """Prefect's global concurrency limit for a channel: its pace holds for all senders together."""
    return f"dondoc-{channel}"


async def deliver_all(plan_id: str = "") -> DeliveryResult:
    """Every channel with something to send; then those who hear in place of the unreachable."""
    tools, done = rounds.installed(), DeliveryResult()
    for channel in await asyncio.to_thread(rounds.channels_due, tools, plan_id):
        done.add(await deliver_channel(channel, plan_id))
    if done.refused:
        for one in [plan_id] if plan_id else await asyncio.to_thread(rounds.plan_ids, tools.engine):
            await asyncio.to_thread(rounds.queue_again, tools, one)
        for channel in await asyncio.to_thread(rounds.channels_due, tools, plan_id):
            done.add(await deliver_channel(channel, plan_id))
    return done


@task(name="send-messages", task_run_name="send-messages-{channel}", **RETRY)
async def deliver_channel(channel: str, plan_id: str) -> DeliveryResult:
    """What is due on one channel, when it is this run's turn; another run's turn sends it as well."""
    try:
        async with concurrency(
            limit_name(channel), timeout_seconds=TURN_SECONDS, lease_duration=SLOT_SECONDS
        ):
            return await asyncio.to_thread(
                rounds.deliver_channel, rounds.installed(), channel, plan_id
            )
    except AcquireConcurrencySlotTimeoutError:
        get_run_logger().info("Lượt chạy khác đang gửi qua %s", channel)
        return DeliveryResult()
