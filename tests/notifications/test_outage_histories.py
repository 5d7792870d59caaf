"""Outages of a minute to a month, on any channel, in any order of channels: whoever has a way hears.

Each history is eight days of rounds against servers that fail in every way Zalo and a line do, also from
the middle of a batch on. What must come of it is worked out by `tests.standins.failing_servers`, from who has
which ways and which of them failed when: who has heard of which rung by what moment, in words that are
true on that day; nobody twice but from a message marked as perhaps twice; each alarm at all, and no
cause told to the same person again within a day.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from notifications.round import run_round
from plan.calendar import WorkingCalendar, local_day
from plan.database import open_engine, writing
from plan.models import Message
from tests.conftest import at
from tests.standins import HandClock
from tests.standins.failing_servers import (
    CHANNELS,
    HOLD,
    KINDS,
    SAYS_DOWN,
    Given,
    Outage,
    World,
    alarms_given,
    facts_told,
    first_heard,
)
from tests.support.delivering import change_policy
from tests.support.reminders import (
    LADDER,
    contact_of,
    load,
    make_messaging,
    messages,
    person,
    small_plan,
)

FIELDS = {"email": "email", "zalo_oa": "zalo_user_id", "zalo_zns": "phone"}
START = at("2020-04-23 07:00")
DAYS = 8
PEOPLE = 4
ROUNDS = [timedelta(minutes=m) for m in (0, 3, 40, 65, 150, 270, 390, 480, 540, 560, 590)]
"""After opening; the last hour begins 540 minutes after it."""
DESK = make_messaging(available=frozenset(CHANNELS), hold=HOLD)
RUNGS: list[dict[str, Any]] = [
    {"offset": -3},
    {"offset": -1, "tone": "urgent"},
    {"offset": 0, "tone": "urgent"},
]
CALENDAR = WorkingCalendar.build(range(2019, 2022))
DEADLINE = date(2020, 4, 29)
RUNG_DAYS = [CALENDAR.add_working_days(DEADLINE, offset) for offset in (-3, -1, 0)]
OFFICE_DAYS = [
    day
    for day in (local_day(START) + timedelta(days=n) for n in range(DAYS))
    if CALENDAR.is_working(day) and day <= DEADLINE
]
WHEN_SENT = [
    int((at(f"{day} 07:00") + after - START) / timedelta(minutes=1))
    for day in RUNG_DAYS
    for after in ROUNDS[:4]
]
"""Minutes from the start at which a reminder leaves: what breaks just then is met more often than chance
would have it."""


def outage(channel: str, kind: str, after: int, lasts: int, spares: int = 0) -> Outage:
    """In minutes from the start."""
    since = START + timedelta(minutes=after)
    return Outage(channel, kind, since, since + timedelta(minutes=lasts), spares)


outages = st.lists(
    st.builds(
        outage,
        channel=st.sampled_from(CHANNELS),
        kind=st.sampled_from(KINDS),
        after=st.integers(-60, DAYS * 24 * 60) | st.sampled_from(WHEN_SENT),
        lasts=st.sampled_from([1, 10, 45, 61, 180, 600, 1440, 3000, 10080, 43200]),
        spares=st.sampled_from([0, 0, 1, 2, 3]),
    ),
    max_size=4,
)
people = st.lists(
    st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True), min_size=1, max_size=PEOPLE
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people with every address, in the order in which no example leaves it."""
    contacts = [person("so", "Đầu mối", zalo_user_id="900", phone="0900000000")]
    for number in range(PEOPLE):
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
        for number in range(PEOPLE):
            contact = contact_of(session, f"Người {number}")
            ways = having[number] if number < len(having) else []
            for way in CHANNELS:
                setattr(contact, FIELDS[way], _address(number, way) if way in ways else "")
            session.add(contact)
    return engine


def _listed(channels: Sequence[str]) -> str:
    return '"channels":' + json.dumps(list(channels), separators=(",", ":")) + ',"also"'


def _address(number: int, way: str) -> str:
    return {
        "email": f"p{number}@a.example",
        "zalo_oa": f"70{number}",
        "zalo_zns": f"091000000{number}",
    }[way]


def played(
    template: Path, order: list[str], having: list[list[str]], broken: list[Outage]
) -> list[str]:
    """Eight days of rounds; gives every fault."""
    world = World(HandClock(START), broken)
    engine = opened(template, order, having)
    try:
        channels = world.channels()
        for day in (START + timedelta(days=n) for n in range(DAYS)):
            for after in ROUNDS:
                world.clock.at = day + after
                run_round(engine, "thu", DESK, channels, world.clock)
        told = messages(engine)
    finally:
        engine.dispose()
    for m in told:
        note(f"{m.id} {m.recipient_name} {m.channel} {m.state} {m.code} {m.sent_at} {m.words}")
    ordered = [[way for way in order if way in ways] for ways in having]
    return [
        *_unheard(world, ordered),
        *_twice(world, ordered, told),
        *_told_again(world, told),
        *_untold(world, order, ordered),
    ]


# --- what must come of it -----------------------------------------------------------------------------


def _given_to(world: World, number: int) -> list[Given]:
    return [one for way in CHANNELS for one in world.given[way, _address(number, way)]]


def _unheard(world: World, ordered: list[list[str]]) -> Iterator[str]:
    """Each rung is heard on its day; if no way of the person's could carry it then, on the first day on
    which one can. And whatever is heard says how long is left from that day."""
    for number, ways in enumerate(ordered):
        heard = _given_to(world, number)
        for rung in RUNG_DAYS:
            by = _to_be_heard_by(world, ways, rung)
            found = first_heard(heard, at(f"{rung} 00:00"), "reminder")
            if by is not None and (found is None or found[0] > by):
                yield f"Người {number} ({ways}) had not heard the rung of {rung} by {by}: {found}"
        for when, outgoing in heard:
            if outgoing.event == "reminder" and outgoing.params["left"] != _left(local_day(when)):
                yield f"Người {number} heard «{outgoing.params['left']}» on {when}"


def _left(day: date) -> str:
    """What is true of the deadline on that day."""
    left = sum(later > day for later in OFFICE_DAYS)
    return f"còn {left} ngày làm việc" if left else "hôm nay là ngày cuối"


def _to_be_heard_by(world: World, ways: list[str], rung: date) -> datetime | None:
    for day in (day for day in OFFICE_DAYS if day >= rung):
        by = world.must_hear_by(ways, day)
        if by is not None:
            # What waited from an earlier day is tried in the course of this one.
            return _round_at(day, by) if day == rung else at(f"{day} 17:00")
    return None


def _round_at(day: date, by: datetime) -> datetime:
    """The round that is to bring it: the first one by then."""
    rounds = (at(f"{day} 07:00") + after for after in ROUNDS)
    return next((one for one in rounds if one >= by), at(f"{day} 17:00"))


def _twice(world: World, ordered: list[list[str]], told: list[Message]) -> Iterator[str]:
    """More than one reminder on a day is told only by messages in doubt."""
    doubt = {m.reference for m in told if m.maybe_twice}
    for number in range(len(ordered)):
        by_day: dict[date, list[str]] = defaultdict(list)
        for when, outgoing in _given_to(world, number):
            if outgoing.event == "reminder":
                by_day[local_day(when)].append(outgoing.reference)
        for day, references in by_day.items():
            if sum(reference not in doubt for reference in references) > 1:
                yield f"Người {number} heard {len(references)} times on {day}"


def _told_again(world: World, told: list[Message]) -> Iterator[str]:
    """No cause is told to the same person twice within a day, but where an answer was lost."""
    rows = {m.reference: m for m in told}
    heard: dict[tuple[str, str, str], list[tuple[datetime, Message]]] = defaultdict(list)
    for when, outgoing in alarms_given(world):
        row = rows[outgoing.reference]
        facts = facts_told(row.content)
        cause = (row.recipient, _account(facts["title"]), facts["code"])
        heard[cause].append((when, row))
    for cause, times in heard.items():
        for (first, row), (second, _) in pairwise(times):
            if second - first < timedelta(days=1) and not row.maybe_twice:
                yield f"{cause} told at {first} and {second}"


def _untold(world: World, order: list[str], ordered: list[list[str]]) -> Iterator[str]:
    """A channel that somebody's rung met and that was down all day is told of, to who can be told."""
    firsts = {ways[0] for ways in ordered}
    for day in RUNG_DAYS:
        opens, closes = at(f"{day} 07:00"), at(f"{day} 17:00")
        if not any(world.works(way, opens, closes) for way in order):
            continue
        alarms = [
            _account(outgoing.subject)
            for when, outgoing in alarms_given(world)
            if opens - timedelta(days=1) <= when <= closes
        ]
        for broken in world.outages:
            whole = broken.since <= opens and broken.until >= closes and not broken.spares
            if whole and broken.kind in SAYS_DOWN and broken.channel in firsts:
                others = [o for o in world.outages if o.touches(broken.channel, opens, closes)]
                if others == [broken] and _account(broken.channel) not in alarms:
                    yield f"nobody was told that {broken.channel} was down on {day}"


def _account(words: str) -> str:
    """Zalo's channels are one account."""
    return "zalo" if "zalo" in words.lower() else "email"


# --- the histories ------------------------------------------------------------------------------------

HISTORIES = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
LOST_ANSWER = outage("email", "cut-after", WHEN_SENT[0], 10)
"""One answer lost, then all is well: told again, and marked so."""


@given(order=st.permutations(CHANNELS), having=people, broken=outages)
@example(order=list(CHANNELS), having=[["email"]], broken=[LOST_ANSWER])
@settings(HISTORIES, max_examples=3)
def test_whoever_has_a_way_hears_in_time(
    template: Path, order: list[str], having: list[list[str]], broken: list[Outage]
) -> None:
    assert played(template, order, having, broken) == []


@pytest.mark.slow
@given(order=st.permutations(CHANNELS), having=people, broken=outages)
@settings(HISTORIES, max_examples=60)
def test_whoever_has_a_way_hears_in_time_at_length(
    template: Path, order: list[str], having: list[list[str]], broken: list[Outage]
) -> None:
    assert played(template, order, having, broken) == []
