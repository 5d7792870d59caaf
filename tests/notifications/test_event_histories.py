"""Random days at the office: each thing that happened is heard once by each whom it concerns.

The oracle is a list by hand: what happened, whom it concerns, who is out of reach. It knows nothing of
deliveries, notices or claims. What was heard is read from what the channels took.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from notifications.channels.base import Outgoing, SendError
from notifications.notices.events import tell_events
from notifications.outbox.drafts import DIGEST_EVENTS
from notifications.round import run_round
from plan import ledger
from plan.calendar import LOCAL, WorkingCalendar
from plan.database import open_engine, reading, writing
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.deadlines import until_window
from plan.ledger.filing import Filing
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import ConsolidationRun, Extension, Message, Obligation, OutgoingEvent
from plan.queries.lookup import find_obligation
from plan.states import STILL_OWED, Actor, Role
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

DESK = make_messaging(available=frozenset({"email", "zalo_oa"}))
CALENDAR = WorkingCalendar.build(range(2019, 2022))
CLERK = Actor("Lan", Role.agency, frozenset({"a", "b", "so"}))
OFFICE = Actor("Bình", Role.coordinator)
NAMES = ("so/bc", "a/bc", "a/bieu", "b/bc", "b/bieu")
SECRET = "Biểu số liệu"
CONTACTS = [
    person("so", "Đầu mối"),
    person("a", "Lan", email="lan@chung.example", zalo_user_id="7"),
    person("b", "Minh"),
    person("b", "Lan", email="lan@chung.example"),
]
HEARERS = {"so": {"Đầu mối"}, "a": {"Lan"}, "b": {"Minh", "Lan"}}
OWN_ALARMS = ("alarm", "unreachable")


def plan() -> Any:
    """Lan hears on Zalo first; the workbook is confidential."""
    made = small_plan(contacts=CONTACTS, reminders=LADDER | {"channels": ["zalo", "email"]})
    report, book = made.deliverables
    secret = book.model_copy(update={"confidential": True})
    return made.model_copy(update={"deliverables": [report, secret]})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("events") / "template.db"
    load(path, plan(), at("2020-03-02 08:00")).dispose()
    return path


# --- what happens --------------------------------------------------------------------------------

DEEDS = ("accept", "accept", "give_back", "ask", "decide", "move", "run", "waive", "restore")
FILES = ("accept", "give_back")
"""What is decided upon a submission of the same moment."""
ROUNDS = ("round", "round", "two_rounds")


@dataclass(frozen=True)
class Step:
    """So many hours later something happens, or a round runs while the channels are in some way."""

    hours: float
    action: str
    target: str
    zalo: str
    mail: str


steps = st.builds(
    Step,
    hours=st.sampled_from([0, 0, 0, 0.1, 0.5, 2, 5, 14, 24, 72]),
    action=st.sampled_from(DEEDS + ROUNDS),
    target=st.sampled_from(NAMES),
    zalo=st.sampled_from(["well", "well", "down", "stranger", "dead"]),
    mail=st.sampled_from(["well", "well", "well", "down", "doubt", "minh_dead"]),
)

FAULTS: dict[str, dict[str, bool]] = {
    "down": {"permanent": False, "channel_down": True},
    "doubt": {"permanent": False, "fate_unknown": True},
    "stranger": {"permanent": True, "for_now": True},
    "dead": {"permanent": True, "address_dead": True},
}


# --- the program beside the list -----------------------------------------------------------------


class World:
    def __init__(self, template: Path, path: Path) -> None:
        shutil.copy(template, path)
        self.engine: Engine = open_engine(f"sqlite:///{path}")
        self.now = at("2020-04-20 08:00")
        self.zalo, self.mail = "well", "well"
        self.channels = ToldChannels(zalo_oa=self._on_zalo, email=self._on_mail)
        self.wanted: dict[int, tuple[str, set[str]]] = {}
        """Event id → what stands in its mail, and who should hear of it."""
        self.returns: dict[int, str] = {}
        """Event id → what was given back by it."""
        self.answered: set[int] = set()
        """Returns that nobody had heard of when a newer submission came: they may stay unsaid."""
        self.filings = 0

    def _on_zalo(self, _outgoing: Outgoing) -> None:
        self._answer(self.zalo)

    def _on_mail(self, outgoing: Outgoing) -> None:
        mine = outgoing.address == next(c["email"] for c in CONTACTS if c["name"] == "Minh")
        if self.mail == "minh_dead":
            self._answer("dead" if mine else "well")
        else:
            self._answer(self.mail)

    def _answer(self, how: str) -> None:
        if how in FAULTS:
            raise SendError(how, "…", **({"permanent": False} | FAULTS[how]))  # type: ignore[arg-type]

    def take(self, step: Step) -> None:
        self.now += timedelta(hours=step.hours)
        if step.action in ROUNDS:
            self.zalo, self.mail = step.zalo, step.mail
            self.round(at_once=step.action == "two_rounds")
        else:
            self.deed(step)

    def round(self, *, at_once: bool = False) -> None:
        before = {message.id for message in messages(self.engine)}
        seen = {id(outgoing) for outgoing in self.channels.taken}
        if at_once:
            self._race()
        run_round(self.engine, "thu", DESK, self.channels, lambda: self.now)
        self.check(before, [one for one in self.channels.taken if id(one) not in seen])

    def _race(self) -> None:
        """Two processes read what happened at the same moment."""
        gate, url = threading.Barrier(2), self.engine.url.render_as_string(hide_password=False)

        def one() -> None:
            own = open_engine(url)
            gate.wait()
            tell_events(own, "thu", self.now, DESK)
            own.dispose()

        threads = [threading.Thread(target=one) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # --- deeds -----------------------------------------------------------------------------------

    def deed(self, step: Step) -> None:
        agency = step.target.partition("/")[0]
        try:
            with writing(self.engine) as session:
                last = self._last_event(session)
                key = find_obligation(session, "thu", step.target).id
                assert key is not None
                words, recipients_of = getattr(self, f"_{step.action}")(session, key, agency)
                session.flush()
                told = [
                    (event.id or 0, event.kind)
                    for event in session.exec(
                        select(OutgoingEvent).where(col(OutgoingEvent.id) > last)
                    )
                ]
        except RefusedError:
            return
        if step.action in FILES:
            self._note_answered(step.target)
        for number, kind in told:
            if kind in TOLD:
                self.wanted[number] = (words, set(recipients_of))
            if kind == "obligation.returned":
                self.returns[number] = step.target

    def _note_answered(self, target: str) -> None:
        heard = {event for event, _ in self.heard()}
        self.answered |= {
            event for event, name in self.returns.items() if name == target and event not in heard
        }

    def _last_event(self, session: Session) -> int:
        newest = select(OutgoingEvent.id).order_by(col(OutgoingEvent.id).desc()).limit(1)
        return session.exec(newest).first() or 0

    def _file(self, session: Session, key: int) -> None:
        self.filings += 1
        filing = Filing(kind="files", received_at=self.now, payload={"n": self.filings})
        ledger.submit(session, key, filing, actor=CLERK, now=self.now)

    def _accept(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        self._file(session, key)
        ledger.accept(session, key, actor=OFFICE, now=self.now)
        return "Đã nhận", HEARERS[agency] if agency != "so" else set()

    def _give_back(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        self._file(session, key)
        reason = f"Thiếu phụ lục số {self.filings}"
        ledger.give_back(session, key, reason=reason, actor=OFFICE, now=self.now)
        return reason, HEARERS[agency]

    def _ask(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        self.filings += 1
        reason = f"Sáp nhập xã lần {self.filings}"
        ledger.ask_extension(
            session, key, until=date(2020, 5, 20), reason=reason, actor=CLERK, now=self.now
        )
        return reason, HEARERS["so"]

    def _decide(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        asked = select(Extension.id).where(
            Extension.obligation_id == key, col(Extension.decided_at).is_(None)
        )
        request = session.exec(asked).first()
        if request is None:
            raise RefusedError("nothing asked")
        self.filings += 1
        granted, words = self.filings % 2 == 0, f"Theo công văn {self.filings}"
        ledger.decide_extension(
            session, request, granted=granted, actor=OFFICE, now=self.now, note=words
        )
        return words, HEARERS[agency]

    def _move(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        self.filings += 1
        row, reason = session.get_one(Obligation, key), f"Giãn cách đợt {self.filings}"
        until = date(2020, 5, 4) + timedelta(days=self.filings % 9)
        ledger.change_deadline(
            session,
            [key],
            NewDeadline(
                until_window(row, until, CALENDAR, self.now), "amendment", "…", Basis(reason)
            ),
            actor=OFFICE,
            now=self.now,
        )
        return reason, HEARERS[agency]

    def _run(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        self.filings += 1
        run = ConsolidationRun(
            plan_id="thu",
            output="tong-hop",
            number=self.filings,
            input_hash=f"x{self.filings}",
            state="done",
            trigger="by-hand",
            as_of=self.now,
            started_at=self.now,
            finished_at=self.now,
            partial=False,
            coverage={"have": 1, "owed": 1, "missing": []},
        )
        session.add(run)
        session.flush()
        audit.announce(
            session,
            plan_id="thu",
            kind="run.done",
            subject=f"tong-hop/{self.filings}",
            now=self.now,
            payload={"run": run.id},
        )
        return f"lần {self.filings}", HEARERS["so"]

    def _waive(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        ledger.waive(session, key, reason="không", actor=OFFICE, now=self.now)
        return "", set()

    def _restore(self, session: Session, key: int, agency: str) -> tuple[str, set[str]]:
        ledger.restore(session, key, reason="có", actor=OFFICE, now=self.now)
        return "", set()

    # --- what must hold --------------------------------------------------------------------------

    def check(self, before: set[int | None], taken: list[Outgoing]) -> None:
        """After every round."""
        rows = {message.reference: message for message in messages(self.engine)}
        if taken:
            assert is_open(self.now)
        made = Counter(
            (row.recipient, row.channel, row.event in DIGEST_EVENTS)
            for row in rows.values()
            if row.id not in before
            and row.event not in OWN_ALARMS
            and row.fallback_of is None
            and not row.dedupe_key.startswith("again:")
        )
        assert all(count == 1 for count in made.values()), made
        owed = self._owed()
        for outgoing in taken:
            row = rows[outgoing.reference]
            assert row.content["subject"] == outgoing.subject, "the record is not what left"
            if outgoing.channel == "zalo_oa":
                assert SECRET not in outgoing.short_text
                assert "Thiếu phụ lục" not in outgoing.short_text
            if row.event in DIGEST_EVENTS:
                assert {int(key) for key in row.content["versions"]} <= owed

    def _owed(self) -> set[int]:
        with reading(self.engine) as session:
            found = select(Obligation.id).where(col(Obligation.state).in_(STILL_OWED))
            return {key for key in session.exec(found) if key is not None}

    def heard(self) -> Counter[tuple[int, str]]:
        """(event, person), by what the channels took; a mail must say it in words."""
        rows = {message.reference: message for message in messages(self.engine)}
        found: Counter[tuple[int, str]] = Counter()
        for outgoing in self.channels.taken:
            row = rows[outgoing.reference]
            for event in told_in(row):
                if outgoing.channel == "email":
                    assert self.wanted[event][0] in outgoing.text
                found[event, row.recipient_name] += 1
        return found

    def end(self) -> None:
        """All is well again, and the office opens: nothing is left unsaid."""
        self.zalo = self.mail = "well"
        for _ in range(4):
            self.now += timedelta(minutes=130)
            while not is_open(self.now):
                self.now += timedelta(minutes=30)
            self.round()
        rows = messages(self.engine)
        assert {row.state for row in rows} <= {"sent", "cancelled", "refused"}
        refused = {
            (event, row.recipient_name)
            for row in rows
            if row.state == "refused" and row.recipient_name == "Minh"
            for event in told_in(row)
        }
        heard = self.heard()
        assert set(heard.values()) <= {1}, heard
        for event, (_, recipients_of) in self.wanted.items():
            got = {person for number, person in heard if number == event}
            unreached = {person for number, person in refused if number == event}
            missing = recipients_of - got - unreached
            assert got <= recipients_of
            if event in self.answered and not got:
                continue
            assert not missing or (missing == {"Minh"} and self._minh_is_dead()), (event, missing)

    def _minh_is_dead(self) -> bool:
        """Found dead by an earlier message: nobody writes there, and the rest of B was told."""
        return any(
            row.state == "refused" and row.recipient_name == "Minh" for row in messages(self.engine)
        )


TOLD = frozenset(
    {
        "obligation.accepted",
        "obligation.returned",
        "extension.asked",
        "extension.decided",
        "deadline.changed",
        "run.done",
    }
)
_EVENT = re.compile(r"event:(\d+)")


def told_in(row: Message) -> list[int]:
    """The events a message tells."""
    keys = [notice["key"] for notice in row.content.get("notices", ())]
    return [int(found.group(1)) for key in keys if (found := _EVENT.fullmatch(key))]


def is_open(now: Any) -> bool:
    local = now.astimezone(LOCAL)
    clock = f"{local:%H:%M}"
    hours = "07:00" <= clock < "11:30" or "13:30" <= clock < "17:00"
    return CALENDAR.is_working(local.date()) and hours


def play(template: Path, path: Path, history: list[Step]) -> None:
    note(repr(history))
    world = World(template, path)
    try:
        for step in history:
            world.take(step)
        world.end()
    finally:
        world.engine.dispose()


QUICK = settings(
    max_examples=8,
    deadline=None,
    # Shrinking a history costs minutes; the case is printed as it was found.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUICK
@given(st.lists(steps, min_size=4, max_size=14))
def test_whatever_happens_is_heard_once(
    template: Path, tmp_path: Path, history: list[Step]
) -> None:
    play(template, tmp_path / "play.db", history)


@pytest.mark.slow
@settings(QUICK, max_examples=200)
@given(st.lists(steps, min_size=6, max_size=40))
def test_long_weeks(template: Path, tmp_path: Path, history: list[Step]) -> None:
    play(template, tmp_path / "play.db", history)
