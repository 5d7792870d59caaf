"""What every flow asks first: whether this machine's clock may be believed."""

from __future__ import annotations

import asyncio

from flows.clock_guard import require_steady
from flows.jobs import rounds


async def believe_the_clock() -> None:
    """`ClockError`, with what to do, when it may not: the run fails at once and does nothing."""
    await asyncio.to_thread(require_steady, rounds.installed())
