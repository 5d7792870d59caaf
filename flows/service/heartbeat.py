"""A dead man's switch: somebody outside is called while all is well, so that silence is noticed there.

Healthchecks' convention: POST to the address means well, to the address with `/fail` that something is not.
The body carries the trail's anchor, which so leaves the machine as well, and what is not well.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import httpx

from flows.service.health import examine
from plan.calendar import local_day
from plan.database import reading
from plan.ledger.trail_check import anchor

if TYPE_CHECKING:
    from flows.runtime import RoundTools
    from flows.service.health import Check
    from plan.settings import Settings

log = logging.getLogger("dondoc.serve")

EVERY_SECONDS = 300.0
SECONDS = 10.0


class Heartbeat:
    """Calls, at most every five minutes. `look` makes the checks."""

    def __init__(
        self,
        settings: Settings,
        tools: RoundTools,
        look: Callable[[Settings, RoundTools], Sequence[Check]] = examine,
    ) -> None:
        self._settings, self._tools, self._look = settings, tools, look
        self._url = settings.heartbeat_url.get_secret_value()
        self._next = 0.0

    def beat(self) -> bool | None:
        """Whether all was well; None: it was not time, nobody is named, or time is virtual. What goes wrong
        in calling is logged without the address: to know it is to be able to call."""
        if not self._url or self._settings.clock or time.monotonic() < self._next:
            return None
        self._next = time.monotonic() + EVERY_SECONDS
        faults = [check for check in self._look(self._settings, self._tools) if not check.ok]
        with reading(self._tools.engine) as session:
            line = anchor(session, local_day(self._tools.clock()))
        body = "\n".join([line, *(f"{check.name}: {check.words}" for check in faults)])
        address = self._url.rstrip("/") + ("/fail" if faults else "")
        try:
            httpx.post(address, content=body.encode(), timeout=SECONDS).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("Không gọi được DONDOC_HEARTBEAT_URL (%s).", type(error).__name__)
        return not faults
