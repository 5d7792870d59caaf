"""Ten thousand people on one day, by Zalo with mail beside it, through lost answers and a revocation in
mid-batch: each hears once, or by a message marked as perhaps twice; the alarm comes once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.registry import make_channel
from notifications.channels.zalo.tokens import MemoryTokenStore, Tokens
from notifications.round import run_round
from plan.definition.model import PlanDefinition
from plan.settings import Settings
from tests.conftest import at
from tests.standins import HandClock, ZaloStandin
from tests.support.reminders import (
    LADDER,
    ToldChannel,
    agency,
    load,
    make_messaging,
    messages,
    person,
    small_plan,
)

PEOPLE = 10_000
REVOKED_AFTER, LOST = 6_000, {1_000, 2_000, 3_000}
"""After so many messages every token is worthless; these answers are cut off behind acceptance."""
DAY = "2020-04-24"


def plan_of(people: int) -> PlanDefinition:
    bare = small_plan(
        contacts=[person("so", "Đầu mối"), person("so", "Giám đốc", is_head=True)],
        reminders=LADDER
        | {"rungs": [{"offset": -3}], "channels": ["zalo_zns", "email"], "announce": False},
    ).model_dump()
    codes = [f"xa-{number}" for number in range(people)]
    bare["agencies"] += [agency(code, f"UBND xã {code}", "district") for code in codes]
    bare["contacts"] += [
        person(code, "Văn thư", phone=phone(number), email=mail(number))
        for number, code in enumerate(codes)
    ]
    return PlanDefinition.model_validate(bare)


def phone(number: int) -> str:
    return f"0905{number:06d}"


def mail(number: int) -> str:
    return f"p{number}@xa.example"


def failing(zalo: ZaloStandin) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The server's own answer, but for the places in the batch where it goes wrong."""
    take = zalo.world.send_zns

    def send(body: dict[str, Any]) -> dict[str, Any]:
        answer = take(body)
        count = len(zalo.world.accepted)
        if count in {number - 1 for number in LOST}:
            zalo.fail("zns", drop=True)
        if count == REVOKED_AFTER:
            zalo.world.revoke()
        return answer

    return send


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_hear_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = load(tmp_path / "x.db", plan_of(PEOPLE), at("2020-03-02 08:00"))
    clock, post = HandClock(at(f"{DAY} 09:00")), ToldChannel()
    with ZaloStandin(clock) as zalo:
        zalo.world.daily_quota = 20_000
        monkeypatch.setattr(zalo.world, "send_zns", failing(zalo))
        pair = zalo.world.grant()
        ends = clock() + timedelta(hours=25)
        store = MemoryTokenStore(Tokens(pair["access_token"], pair["refresh_token"], ends))
        given = {"zalo_zns_templates": {"reminder": "301"}} | zalo.settings()
        settings = Settings(_env_file=None, **given)

        def channel(name: str) -> Any:
            return post if name == "email" else make_channel(name, settings, clock, store)

        desk = make_messaging(available=frozenset({"email", "zalo_zns"}))
        for hour in ("09:00", "09:40", "10:05", "11:00", "14:00", "16:30"):
            clock.at = at(f"{DAY} {hour}")
            run_round(engine, "thu", desk, channel, clock, pace={"zalo_zns": 1e9})
        by_zalo = Counter(accepted.to for accepted in zalo.world.accepted)

    by_mail = Counter(one.address for one in post.taken if one.event == "reminder")
    doubt = {m.address for m in messages(engine) if m.maybe_twice}
    numbers = {n: by_zalo[f"84{phone(n)[1:]}"] + by_mail[mail(n)] for n in range(PEOPLE)}
    assert min(numbers.values()) == 1, "everybody hears"
    more = [n for n, count in numbers.items() if count > 1]
    assert all({phone(n), mail(n)} & doubt for n in more), "and more than once only if marked so"
    assert len(more) <= len(LOST)
    assert sum(by_zalo.values()) >= REVOKED_AFTER
    alarms = Counter((one.address, one.subject) for one in post.taken if one.event == "alarm")
    assert alarms
    assert max(alarms.values()) == 1
    engine.dispose()
