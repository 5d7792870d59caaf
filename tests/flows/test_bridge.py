"""From decisions to Prefect: said until taken in, again after a pause that grows, never lost while Prefect
is away, and the same moment's saying has the same id."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine

from flows.jobs import rounds
from flows.schedule.event_relay import AGAIN_AFTER, LONGEST_PAUSE, PAUSES, Bridge, event_of
from plan.database import writing
from tests.conftest import PLAN_ID, at
from tests.standins.clock import HandClock
from tests.support.consolidation_kit import hand_in


class Prefect:
    """Takes events, or does not answer."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []
        self.away = False

    def say(self, plan_id: str, newest: int) -> None:
        if self.away:
            raise httpx.ConnectError("nobody there")
        self.heard.append((plan_id, newest))


@pytest.fixture
def prefect() -> Prefect:
    return Prefect()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def waiting() -> dict[str, int]:
    return {}


@pytest.fixture
def bridge(prefect: Prefect, clock: HandClock, waiting: dict[str, int]) -> Bridge:
    return Bridge(lambda: waiting, prefect.say, clock)


def test_nothing_to_say(bridge: Bridge, prefect: Prefect) -> None:
    assert bridge.turn() == []
    assert prefect.heard == []


def test_said_once_and_again_only_after_a_pause(
    bridge: Bridge, prefect: Prefect, clock: HandClock, waiting: dict[str, int]
) -> None:
    waiting["p"] = 7
    assert bridge.turn() == ["p"]
    clock.at += AGAIN_AFTER - timedelta(seconds=1)
    assert bridge.turn() == []
    clock.at += timedelta(seconds=1)
    assert bridge.turn() == ["p"]
    assert prefect.heard == [("p", 7), ("p", 7)]


def test_a_newer_decision_is_said_at_once(
    bridge: Bridge, prefect: Prefect, waiting: dict[str, int]
) -> None:
    waiting["p"] = 7
    bridge.turn()
    waiting["p"] = 8
    assert bridge.turn() == ["p"]
    assert prefect.heard[-1] == ("p", 8)


def test_pauses_grow_to_a_bound(
    bridge: Bridge, prefect: Prefect, clock: HandClock, waiting: dict[str, int]
) -> None:
    waiting["p"] = 7
    gaps, before = [], clock.at
    for _ in range(6000):
        if bridge.turn():
            gaps.append(clock.at - before)
            before = clock.at
        clock.advance(seconds=7.5)
    assert gaps[1:3] == [AGAIN_AFTER, PAUSES.growth * AGAIN_AFTER]
    assert gaps == sorted(gaps)
    assert max(gaps) == LONGEST_PAUSE


def test_what_prefect_did_not_take_is_told_as_soon_as_it_is_back(
    bridge: Bridge, prefect: Prefect, waiting: dict[str, int]
) -> None:
    waiting.update(p=7, q=9)
    prefect.away = True
    assert bridge.turn() == []
    prefect.away = False
    assert bridge.turn() == ["p", "q"]


def test_taken_in_is_forgotten(bridge: Bridge, prefect: Prefect, waiting: dict[str, int]) -> None:
    waiting["p"] = 7
    bridge.turn()
    waiting.clear()
    bridge.turn()
    waiting["p"] = 7  # a consolidation that failed and gave it back
    assert bridge.turn() == ["p"]


def test_two_bridges_say_the_same_event() -> None:
    now = at("2026-01-05 08:00:01")
    first, second = (event_of("p", 7, True, now + timedelta(seconds=s)) for s in (0, 5))
    assert first["id"] == second["id"]
    assert first["id"] != event_of("p", 8, True, now)["id"]
    assert first["id"] != event_of("p", 7, True, now + AGAIN_AFTER)["id"]
    assert first["resource"]["prefect.resource.id"] == "dondoc.plan.p"


def test_arrivals_are_decisions_not_taken_in(engine: Engine) -> None:
    now = at("2020-04-20 08:00")
    with writing(engine) as session:
        hand_in(session, "an-lao/district-report", now, accepted=False)
    assert rounds.arrivals(engine) == {}
    with writing(engine) as session:
        hand_in(session, "hoai-an/district-report", now)
    first = rounds.arrivals(engine)[PLAN_ID]
    with writing(engine) as session:
        hand_in(session, "van-canh/district-report", now)
    assert rounds.arrivals(engine)[PLAN_ID] > first
