"""Random ladders, histories and outages: each rung that should have been heard was heard once.

The oracle walks the same history beside the program: it knows nothing of claims, digests or the
outbox, only what a clerk would: what is owed now, which days of the ladder have gone by, whom it has
told. What was really heard is read from the texts that left.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import select

from notifications.channels.base import Outgoing, SendError
from notifications.reminders.tick import tick
from notifications.round import deliver
from plan import ledger
from plan.calendar import LOCAL, WorkingCalendar, local_day
from plan.database import open_engine, reading, writing
from plan.definition.model import Audience, PlanDefinition, ReminderPolicy, Rung
from plan.errors import RefusedError
from plan.ledger.deadlines import until_window
from plan.ledger.filing import Filing
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import Obligation, Plan
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.conftest import at
from tests.support.reminders import (
    LADDER,
    ToldChannels,
    load,
    make_messaging,
    messages,
    person,
    small_plan,
)

DESK = make_messaging()
CALENDAR = WorkingCalendar.build(range(2019, 2022))
CLERK = Actor("Lan", Role.agency, frozenset({"a", "b", "so"}))
OFFICE = Actor("Bình", Role.coordinator)
NAMES = ("so/bc", "a/bc", "a/bieu", "b/bc", "b/bieu")
SHORTS = {"Báo cáo tổng kết": "bc", "Biểu số liệu": "bieu"}
AGENCIES = {"Sở Nội vụ": "so", "UBND huyện A": "a", "UBND huyện B": "b"}

# Who hears for whom. District B has no head of its own: its contact stands in. Lan serves A and B.
HEARERS: dict[Audience, dict[str, set[str]]] = {
    Audience.contact: {"so": {"Đầu mối"}, "a": {"Lan"}, "b": {"Minh", "Lan"}},
    Audience.head: {"so": {"Giám đốc"}, "a": {"Chủ tịch A"}, "b": {"Minh", "Lan"}},
    Audience.coordinator: {code: {"Đầu mối"} for code in ("so", "a", "b")},
    Audience.coordinator_leadership: {code: {"Giám đốc"} for code in ("so", "a", "b")},
    Audience.issuer: {code: {"Văn thư tỉnh"} for code in ("so", "a", "b")},
}
CONTACTS = [
    person("tinh", "Văn thư tỉnh"),
    person("so", "Đầu mối"),
    person("so", "Giám đốc", is_head=True),
    person("a", "Lan", email="lan@chung.example"),
    person("a", "Chủ tịch A", is_head=True),
    person("b", "Minh"),
    person("b", "Lan", email="lan@chung.example"),
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("histories") / "template.db"
    load(path, small_plan(contacts=CONTACTS), at("2020-03-02 08:00")).dispose()
    return path


# --- what happens --------------------------------------------------------------------------------

rungs = st.builds(
    Rung,
    offset=st.integers(-5, 8),
    every=st.none() | st.integers(1, 3),
    audience=st.lists(st.sampled_from(list(Audience)), min_size=1, max_size=3, unique=True),
    tone=st.sampled_from(["plain", "urgent", "overdue", "escalated"]),
)
ACTIONS = (
    "submit",
    "submit",
    "accept",
    "give_back",
    "reopen",
    "waive",
    "restore",
    "move",
    "recount",
)


@dataclass(frozen=True)
class Step:
    """So many hours later: something happens to an obligation, or a round of reminders runs."""

    hours: float
    action: str
    target: str
    days: int


steps = st.builds(
    Step,
    hours=st.sampled_from([0.5, 1, 2, 5, 12, 20, 24, 24, 24, 24, 26, 48, 49, 96]),
    action=st.sampled_from(("round",) * 6 + ("down",) * 4 + ACTIONS),
    target=st.sampled_from(NAMES),
    days=st.integers(-3, 8),
)


# --- the oracle ----------------------------------------------------------------------------------


@dataclass
class Owing:
    """What a clerk knows of one obligation."""

    agency: str
    state: str = "owed"
    last: date = date(2020, 4, 29)
    version: int = 1
    spent_until: datetime | None = None
    told: set[tuple[int, str]] = field(default_factory=set)
    """(version, rung) that somebody was to be told of."""


@dataclass
class Clerk:
    """Keeps the books by hand."""

    rungs: list[Rung]
    owing: dict[str, Owing] = field(
        default_factory=lambda: {name: Owing(name.partition("/")[0]) for name in NAMES}
    )
    pending: set[tuple[str, str, int]] = field(default_factory=set)
    """(person, obligation, version) told of at the next delivery."""
    heard: Counter[tuple[str, str, datetime]] = field(default_factory=Counter)
    """(person, obligation, when)"""

    def round(self, now: datetime, *, working: bool) -> None:
        if not _open(now):
            return
        for name, it in self.owing.items():
            if it.state in ("owed", "returned"):
                for key, audience in self.passed(it, now):
                    if (it.version, key) not in it.told:
                        it.told.add((it.version, key))
                        who = HEARERS[audience][it.agency]
                        self.pending |= {(person, name, it.version) for person in who}
        if working:
            for person, name, version in self.pending:
                it = self.owing[name]
                if it.state in ("owed", "returned") and it.version == version:
                    self.heard[person, name, now] += 1
            self.pending.clear()

    def passed(self, it: Owing, now: datetime) -> list[tuple[str, Audience]]:
        found = []
        if it.spent_until is None or at("2020-04-01 07:00") > it.spent_until:
            found.append(("announce", Audience.contact))
        day = date(2020, 4, 2)
        while day <= local_day(now):
            opening = at(f"{day} 07:00")
            spent = it.spent_until is not None and opening <= it.spent_until
            if CALENDAR.is_working(day) and opening <= now and not spent:
                away = CALENDAR.working_days_between(it.last, day)
                found += [(f"{away}@{a.value}", a) for a in self.audiences(away)]
            day += timedelta(days=1)
        return found

    def audiences(self, away: int) -> set[Audience]:
        return {
            audience
            for rung in self.rungs
            if away == rung.offset
            or (rung.every and away > rung.offset and (away - rung.offset) % rung.every == 0)
            for audience in rung.audience
        }


def _open(now: datetime) -> bool:
    local = now.astimezone(LOCAL)
    clock = f"{local:%H:%M}"
    hours = "07:00" <= clock < "11:30" or "13:30" <= clock < "17:00"
    return CALENDAR.is_working(local.date()) and hours


# --- the program ---------------------------------------------------------------------------------


class World:
    """The program, its database and a channel that can be cut."""

    def __init__(self, template: Path, path: Path, found: list[Rung]) -> None:
        shutil.copy(template, path)
        self.engine: Engine = open_engine(f"sqlite:///{path}")
        self.clerk = Clerk(found)
        self.down = False
        self.channels = ToldChannels(email=self.answer)
        self.now = at("2020-04-22 08:00")
        self.filings = 0
        self._set_policy(found)

    def _set_policy(self, found: list[Rung]) -> None:
        with writing(self.engine) as session:
            plan = session.exec(select(Plan)).one()
            data = PlanDefinition.model_validate_json(plan.definition)
            policy = ReminderPolicy.model_validate({**LADDER, "rungs": found})
            changed = data.model_copy(update={"reminders": policy})
            plan.definition = changed.model_dump_json()
            plan.definition_hash = str(hash(plan.definition))
            session.add(plan)

    def answer(self, _outgoing: Outgoing) -> None:
        if self.down:
            raise SendError("dropped", "…", permanent=False, channel_down=True)

    def take(self, step: Step) -> None:
        self.now += timedelta(hours=step.hours)
        if step.action in ("round", "down"):
            self.down = step.action == "down"
            self.round()
        else:
            self.change(step)

    def round(self) -> None:
        before = len(self.channels.taken)
        tick(self.engine, "thu", self.now, DESK)
        deliver(self.engine, DESK, self.channels, lambda: self.now)
        self.clerk.round(self.now, working=not self.down)
        self.check(self.channels.taken[before:])

    def check(self, mails: list[Outgoing]) -> None:
        """What left in this round is what the clerk would have said, one message a person."""
        people = {m.reference: m.recipient_name for m in messages(self.engine)}
        said: Counter[tuple[str, str, datetime]] = Counter()
        persons = Counter(people[mail.reference] for mail in mails)
        assert all(count == 1 for count in persons.values()), persons
        for mail in mails:
            for name in told_of(mail.text):
                said[people[mail.reference], name, self.now] += 1
        wanted = Counter({key: n for key, n in self.clerk.heard.items() if key[2] == self.now})
        assert said == wanted

    def change(self, step: Step) -> None:
        it = self.clerk.owing[step.target]
        try:
            with writing(self.engine) as session:
                key = find_obligation(session, "thu", step.target).id
                assert key is not None
                getattr(self, f"_{step.action}")(session, key, it, step)
        except RefusedError:
            return

    def _submit(self, session: Any, key: int, it: Owing, step: Step) -> None:
        self.filings += 1
        filing = Filing(kind="duty", received_at=self.now, payload={"n": self.filings})
        ledger.submit(session, key, filing, actor=CLERK, now=self.now)
        it.state = "submitted"

    def _accept(self, session: Any, key: int, it: Owing, step: Step) -> None:
        ledger.accept(session, key, actor=OFFICE, now=self.now)
        it.state = "accepted"

    def _give_back(self, session: Any, key: int, it: Owing, step: Step) -> None:
        ledger.give_back(session, key, reason="thiếu", actor=OFFICE, now=self.now)
        it.state, it.spent_until = "returned", self.now

    def _reopen(self, session: Any, key: int, it: Owing, step: Step) -> None:
        ledger.reopen(session, key, reason="thiếu", actor=OFFICE, now=self.now)
        it.state, it.spent_until = "returned", self.now

    def _waive(self, session: Any, key: int, it: Owing, step: Step) -> None:
        ledger.waive(session, key, reason="không", actor=OFFICE, now=self.now)
        it.state = "waived"

    def _restore(self, session: Any, key: int, it: Owing, step: Step) -> None:
        ledger.restore(session, key, reason="có", actor=OFFICE, now=self.now)
        it.state = "owed"

    def _move(self, session: Any, key: int, it: Owing, step: Step) -> None:
        self._deadline(session, key, it, step, "extension")
        it.version, it.spent_until = it.version + 1, self.now

    def _recount(self, session: Any, key: int, it: Owing, step: Step) -> None:
        """The calendar moves the last working day: no new date was given to anybody."""
        self._deadline(session, key, it, step, "calendar")

    def _deadline(self, session: Any, key: int, it: Owing, step: Step, kind: str) -> None:
        until = it.last + timedelta(days=step.days)
        row = session.get_one(Obligation, key)
        window = until_window(row, until, CALENDAR, self.now)
        ledger.change_deadline(
            session, [key], NewDeadline(window, kind, "…", Basis("thử")), actor=OFFICE, now=self.now
        )
        it.last = CALENDAR.last_working_day(until)


_LINK = re.compile(r"Nơi nộp: (\S+)")
_SHEET = re.compile(r"^\d+\. (.+): \d+ sản phẩm \((.+)\)$", re.MULTILINE)


def told_of(text: str) -> set[str]:
    """The obligations a mail speaks of, read from its words and links."""
    found = {
        DESK.linker.verify(link.rpartition("/")[2], at("2020-04-22 08:00")).obligation
        for link in _LINK.findall(text)
    }
    for agency, what in _SHEET.findall(text):
        parts = re.split(r", | và ", what)
        found |= {f"{AGENCIES[agency]}/{SHORTS[part]}" for part in parts}
    return found


def play(template: Path, path: Path, found: list[Rung], history: list[Step]) -> None:
    note(f"{found!r}\n{history!r}")
    world = World(template, path, found)
    try:
        for step in history:
            world.take(step)
        while not _open(world.now):
            world.now += timedelta(minutes=30)
        world.now += timedelta(minutes=31)  # the longest pause of a channel that was down
        if _open(world.now):
            world.take(Step(0, "round", "so/bc", 0))
            assert not world.clerk.pending
            with reading(world.engine) as session:
                left = session.connection().exec_driver_sql(
                    "SELECT count(*) FROM message WHERE state IN ('queued', 'failed', 'sending')"
                )
                assert left.scalar_one() == 0
    finally:
        world.engine.dispose()


QUICK = settings(
    max_examples=10,
    deadline=None,
    # Shrinking a history costs minutes; the case is printed as it was found.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUICK
@given(st.lists(rungs, min_size=1, max_size=4), st.lists(steps, min_size=3, max_size=14))
def test_every_rung_that_should_have_been_heard_was_heard_once(
    template: Path, tmp_path: Path, found: list[Rung], history: list[Step]
) -> None:
    play(template, tmp_path / "play.db", found, history)


@pytest.mark.slow
@settings(QUICK, max_examples=150)
@given(st.lists(rungs, min_size=1, max_size=5), st.lists(steps, min_size=5, max_size=40))
def test_long_histories(
    template: Path, tmp_path: Path, found: list[Rung], history: list[Step]
) -> None:
    play(template, tmp_path / "play.db", found, history)
