"""From the outgoing-events table to Prefect: «the inputs have changed».

Prefect loses events while its server is down, so the table is the truth: an event counts as told only
once consolidation has taken the decision in. Until then it is said again, less and less often; the same
moment's saying has the same id, so that two bridges make one run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx

from flows.clock import real_clock
from plan.backoff import Backoff

log = logging.getLogger("dondoc.bridge")

INPUTS_CHANGED = "dondoc.inputs-changed"
NAMESPACE = UUID("6f1d6f0e-8a52-5c0c-9a37-1d0f5d0f2020")
"""Of event ids. Any constant will do; it must stay the same on every machine."""
AGAIN_AFTER = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)
PAUSES = Backoff(AGAIN_AFTER, LONGEST_PAUSE, growth=1.5)
"""Slow enough that a consolidation killed on the way, whose turn is free again after a minute and a half, is
asked for anew within half a minute of that."""


def resource_of(plan_id: str) -> str:
    """The plan as Prefect's events name it."""
    return f"dondoc.plan.{plan_id}"


def event_of(plan_id: str, newest: int, complete: bool, now: datetime) -> dict[str, Any]:
    """The event as Prefect takes it. `newest`: id of the newest decision not taken in; `now`: UTC, real."""
    bucket = int(now.timestamp() // AGAIN_AFTER.total_seconds())
    return {
        "id": str(uuid5(NAMESPACE, f"{plan_id}:{newest}:{bucket}")),
        "occurred": now.isoformat(),
        "event": INPUTS_CHANGED,
        "resource": {"prefect.resource.id": resource_of(plan_id), "prefect.resource.name": plan_id},
        "payload": {"plan_id": plan_id, "newest": newest, "complete": complete},
    }


def say_inputs_changed(plan_id: str, newest: int, complete: bool = False) -> None:
    """Tell Prefect, and come back once it has taken the event. Raises httpx.HTTPError when it has not."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        client.request("POST", "/events", json=[event_of(plan_id, newest, complete, real_clock())])


@dataclass
class _Said:
    newest: int
    next_at: datetime
    times: int


@dataclass
class Bridge:
    """Looks for decisions not taken in and says so. `say` tells Prefect; `now` is real time, UTC."""

    find: Callable[[], Mapping[str, int]]
    say: Callable[[str, int], None] = say_inputs_changed
    now: Callable[[], datetime] = real_clock
    _said: dict[str, _Said] = field(default_factory=dict)

    def turn(self) -> list[str]:
        """One look. Gives the plans told of; what Prefect did not take is told next time."""
        open_now = self.find()
        self._said = {plan: said for plan, said in self._said.items() if plan in open_now}
        told = []
        for plan_id, newest in sorted(open_now.items()):
            if self._is_time(plan_id, newest) and self._tell(plan_id, newest):
                told.append(plan_id)
        return told

    def _is_time(self, plan_id: str, newest: int) -> bool:
        said = self._said.get(plan_id)
        return said is None or newest > said.newest or self.now() >= said.next_at

    def _tell(self, plan_id: str, newest: int) -> bool:
        try:
            self.say(plan_id, newest)
        except httpx.HTTPError as error:
            log.warning("Prefect chưa nhận sự kiện của %s (%s)", plan_id, type(error).__name__)
            return False
        before = self._said.get(plan_id)
        again = before is not None and before.newest == newest
        times = before.times + 1 if again and before else 1
        self._said[plan_id] = _Said(newest, self.now() + PAUSES.after(times), times)
        return True
