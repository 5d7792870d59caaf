"""Outages of a minute to a month, on any channel, in any order of channels: whoever has a way hears.

The oracle knows only which channel worked when: on the day of a rung, a person with a channel that
worked all that day has heard of it by the close of the office; nobody hears twice but from a message
marked as perhaps twice; each alarm comes once a day at most.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from notifications.channels.base import Outgoing, SendError
from notifications.channels.zalo.errors import ZNS_MEANINGS, fault
from notifications.round import run_round
from plan.calendar import WorkingCalendar, local_day
from plan.database import open_engine, writing
from tests.conftest import at
from tests.standins import HandClock
from tests.support.delivering import change_policy
from tests.support.reminders import (
    LADDER,
    ToldChannels,
    contact_of,
    load,
    make_desk,
    messages,
    person,
    small_plan,
)

CHANNELS = ("email", "zalo_oa", "zalo_zns")
FIELDS = {"email": "email", "zalo_oa": "zalo_user_id", "zalo_zns": "phone"}
KINDS = ("away", "money", "quota", "pace", "unknown", "cut-before", "cut-after", "gateway")
START = at("2020-04-23 07:00")
DAYS = 8
ROUNDS = [timedelta(minutes=m) for m in (0, 3, 40, 65, 150, 270, 390, 480, 540, 560, 590)]
"""After opening; the last hour begins 540 minutes after it."""
DESK = make_desk(available=frozenset(CHANNELS))
RUNGS: list[dict[str, Any]] = [
    {"offset": -3},
    {"offset": -1, "tone": "urgent"},
    {"offset": 0, "tone": "urgent"},
]
CALENDAR = WorkingCalendar.build(range(2019, 2022))
RUNG_DAYS = [CALENDAR.add_working_days(date(2020, 4, 29), offset) for offset in (-3, -1, 0)]
WHEN_SENT = [
    int((at(f"{day} 07:00") + after - START) / timedelta(minutes=1))
    for day in RUNG_DAYS
    for after in ROUNDS[:4]
]
"""Minutes from the start at which a reminder leaves: what breaks just then is met more often than chance
would have it."""


@dataclass(frozen=True)
class Outage:
    """A channel answers so from one instant to another (UTC)."""

    channel: str
    kind: str
    since: datetime
    until: datetime

    def at(self, channel: str, now: datetime) -> bool:
        return channel == self.channel and self.since <= now < self.until


outages = st.lists(
    st.builds(
        lambda channel, kind, after, lasts: Outage(
            channel,
            kind,
            START + timedelta(minutes=after),
            START + timedelta(minutes=after + lasts),
        ),
        channel=st.sampled_from(CHANNELS),
        kind=st.sampled_from(KINDS),
        after=st.integers(-60, DAYS * 24 * 60) | st.sampled_from(WHEN_SENT),
        lasts=st.sampled_from([1, 10, 45, 61, 180, 600, 1440, 3000, 10080, 43200]),
    ),
    max_size=4,
)
people = st.lists(
    st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True), min_size=1, max_size=4
)


@dataclass
class World:
    """Servers that take or refuse by the hour, and what each person was really given."""

    clock: HandClock
    outages: list[Outage]
    given: dict[tuple[str, str], list[tuple[datetime, Outgoing]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def channels(self) -> ToldChannels:
        return ToldChannels(**{name: self.server(name) for name in CHANNELS})

    def server(self, name: str) -> Any:
        def answer(outgoing: Outgoing) -> None:
            now = self.clock()
            broken = next((o for o in self.outages if o.at(name, now)), None)
            if broken is None or broken.kind in ("cut-after", "gateway"):
                self.given[name, outgoing.address].append((now, outgoing))
            if broken is not None:
                raise refusal(broken.kind, now)

        return answer

    def worked_all_day(self, name: str, day: date) -> bool:
        opens, closes = at(f"{day} 07:00"), at(f"{day} 17:00")
        return not any(
            o.channel == name and o.since < closes and o.until > opens for o in self.outages
        )


def refusal(kind: str, now: datetime) -> SendError:
    match kind:
        case "away":
            return SendError("refused", "Không nối được.", permanent=False, channel_down=True)
        case "money" | "quota" | "pace" | "unknown":
            code = {"money": -115, "quota": -144, "pace": -32, "unknown": -9999}[kind]
            return fault(ZNS_MEANINGS, code, "", now)
        case "gateway":
            return SendError("502", "Lỗi.", permanent=False, channel_down=True, fate_unknown=True)
        case _:
            return SendError("dropped", "Mất kết nối.", permanent=False, fate_unknown=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people with every address, in the order in which no example leaves it."""
    contacts = [person("so", "Đầu mối", zalo_user_id="900", phone="0900000000")]
    for number in range(4):
        every = {FIELDS[way]: _address(number, way) for way in CHANNELS}
        contacts.append(person("a", f"Người {number}", **every))
    policy = {"rungs": RUNGS, "channels": list(CHANNELS), "announce": False}
    path = tmp_path_factory.mktemp("outages") / "template.db"
    plan = small_plan(contacts=contacts, reminders=LADDER | policy)
    load(path, plan, at("2020-03-02 08:00")).dispose()
    return path


def opened(template: Path, order: list[str], having: list[list[str]]) -> Engine:
    path = template.with_name("x.db")
    for end in ("", "-wal", "-shm"):
        path.with_name(f"x.db{end}").unlink(missing_ok=True)
    shutil.copyfile(template, path)
    engine = open_engine(f"sqlite:///{path}")
    with writing(engine) as session:
        change_policy(session, _listed(CHANNELS), _listed(order))
        for number in range(4):
            contact = contact_of(session, f"Người {number}")
            ways = having[number] if number < len(having) else []
            for way in CHANNELS:
                setattr(contact, FIELDS[way], _address(number, way) if way in ways else "")
            session.add(contact)
    return engine


def _listed(channels: Sequence[str]) -> str:
    return '"channels":' + json.dumps(list(channels), separators=(",", ":")) + ',"also"'


def played(template: Path, order: list[str], having: list[list[str]], world: World) -> list[str]:
    """Eight days of rounds; gives every fault."""
    engine = opened(template, order, having)
    try:
        channels = world.channels()
        for day in (START + timedelta(days=n) for n in range(DAYS)):
            for after in ROUNDS:
                world.clock.at = day + after
                run_round(engine, "thu", DESK, channels, world.clock)
        for m in messages(engine):
            note(f"{m.id} {m.recipient_name} {m.channel} {m.state} {m.code} {m.sent_at} {m.words}")
        return [
            *_unheard(world, having),
            *_twice(engine, world, having),
            *_alarms(world),
        ]
    finally:
        engine.dispose()


HISTORIES = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)


LOST_ANSWER = Outage(
    "email",
    "cut-after",
    START + timedelta(minutes=WHEN_SENT[0]),
    START + timedelta(minutes=WHEN_SENT[0] + 10),
)
"""One answer lost, then all is well: told again, and marked so."""


@given(order=st.permutations(CHANNELS), having=people, broken=outages)
@example(order=list(CHANNELS), having=[["email"]], broken=[LOST_ANSWER])
@settings(HISTORIES, max_examples=8)
def test_whoever_has_a_way_hears_in_time(
    template: Path, order: list[str], having: list[list[str]], broken: list[Outage]
) -> None:
    assert played(template, order, having, World(HandClock(START), broken)) == []


@pytest.mark.slow
@given(order=st.permutations(CHANNELS), having=people, broken=outages)
@settings(HISTORIES, max_examples=60)
def test_whoever_has_a_way_hears_in_time_at_length(
    template: Path, order: list[str], having: list[list[str]], broken: list[Outage]
) -> None:
    assert played(template, order, having, World(HandClock(START), broken)) == []


def _address(number: int, way: str) -> str:
    return {
        "email": f"p{number}@a.example",
        "zalo_oa": f"70{number}",
        "zalo_zns": f"091000000{number}",
    }[way]


def _unheard(world: World, having: list[list[str]]) -> list[str]:
    found = []
    for number, ways in enumerate(having):
        for day in RUNG_DAYS:
            if not any(world.worked_all_day(way, day) for way in ways):
                continue
            got = [
                when
                for way in ways
                for when, outgoing in world.given[way, _address(number, way)]
                if local_day(when) == day and outgoing.event == "reminder"
            ]
            if not got:
                found.append(f"Người {number} did not hear on {day}")
    return found


def _twice(engine: Engine, world: World, having: list[list[str]]) -> list[str]:
    """More than one reminder on a day is told only by messages in doubt."""
    found = []
    doubt = {m.reference for m in messages(engine) if m.maybe_twice}
    for number, ways in enumerate(having):
        by_day: dict[date, list[str]] = defaultdict(list)
        for way in ways:
            for when, outgoing in world.given[way, _address(number, way)]:
                if outgoing.event == "reminder":
                    by_day[local_day(when)].append(outgoing.reference)
        for day, references in by_day.items():
            sure = [reference for reference in references if reference not in doubt]
            if len(sure) > 1:
                found.append(f"Người {number} heard {len(references)} times on {day}")
    return found


def _alarms(world: World) -> list[str]:
    """The same alarm reaches nobody twice within a day, but where an answer was lost."""
    seen: dict[str, list[datetime]] = defaultdict(list)
    for taken in world.given.values():
        references = set()
        for when, outgoing in taken:
            if outgoing.event == "alarm" and outgoing.reference not in references:
                references.add(outgoing.reference)
                seen[outgoing.subject].append(when)
    return [
        f"«{subject}» at {first} and {second}"
        for subject, times in seen.items()
        for first, second in zip(sorted(times), sorted(times)[1:], strict=False)
        if second - first < timedelta(hours=1)
    ]
