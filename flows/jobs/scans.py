"""Scans and photos that wait to be read: whether any do, and one round of reading them."""

from __future__ import annotations

import time

from flows.runtime import RoundTools
from intake.files.gate import Limits
from intake.programs import tesseract
from intake.scans import queue
from intake.scans.work import Round, read_waiting
from plan.database import reading

ROUND_SECONDS = 40 * 60
"""A round begins no page after so long: a run is failed after an hour, and the next sweep begins another."""


def wait(tools: RoundTools) -> bool:
    """Whether pages wait for a machine that is here."""
    if not tesseract.installed():
        return False
    with reading(tools.engine) as session:
        return queue.waiting(session) > 0


def read(tools: RoundTools) -> Round:
    """Read what waits, for so long at most."""
    until = time.monotonic() + ROUND_SECONDS
    limits = Limits.from_settings(tools.settings)
    return read_waiting(
        tools.engine, tools.store, tools.clock, limits, lambda: time.monotonic() < until
    )
