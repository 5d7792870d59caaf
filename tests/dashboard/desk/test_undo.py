"""A decision made on a page is taken back within a minute; nothing of it left the house meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlmodel import select

from consolidation.events import take_events
from notifications.notices.events import tell_events
from plan import ledger
from plan.database import reading, writing
from plan.ledger.filing import Filing
from plan.ledger.trail_check import differences
from plan.models import AuditEvent, Message, OutgoingEvent, Plan, Submission
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID

NAME = "van-canh/district-report"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("undo"))
    made.clock.forward(hours=16)  # the morning after: the office is open
    with writing(made.engine) as session:
        row = find_obligation(session, PLAN_ID, NAME)
        clerk = Actor("Văn thư", Role.agency, frozenset({"van-canh"}), "web")
        filing = Filing(kind="nil", received_at=made.clock.now, payload={"for": NAME})
        ledger.submit(session, row.id or 0, filing, actor=clerk, now=made.clock.now)
    made.clock.forward(minutes=5)
    yield made
    made.engine.dispose()


def stands(dash: Dash) -> tuple[str, str]:
    """The obligation's state, and its newest submission's."""
    with reading(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, NAME)
        newest = session.exec(
            select(Submission)
            .where(Submission.obligation_id == row.id)
            .order_by(Submission.number.desc())  # type: ignore[attr-defined]
        ).first()
        assert newest is not None
        return row.state, newest.state


def take_back(dash: Dash, client: Browser) -> str:
    page = client.get("/ban-lam-viec").text
    ids = re.findall(r'name="viec" value="(\d+)"', page)
    dash.post(client, "/ban-lam-viec/hoan-tac", viec=ids or ["0"])
    return client.get("/ban-lam-viec").text


def told(dash: Dash) -> int:
    before = _messages(dash)
    tell_events(dash.engine, PLAN_ID, dash.clock.now, dash.site.desk)
    with writing(dash.engine) as session:
        plan = session.get_one(Plan, PLAN_ID)
        take_events(session, plan, definition_of(plan), dash.clock.now)
    return _messages(dash) - before


def _messages(dash: Dash) -> int:
    with reading(dash.engine) as session:
        return len(session.exec(select(Message.id)).all())


@pytest.mark.parametrize(
    ("path", "form", "state"),
    [
        ("nhan", {}, ("accepted", "accepted")),
        ("tra-lai", {"ly__do": "thiếu chữ ký"}, ("returned", "returned")),
        ("mien", {"ly__do": "sáp nhập"}, ("waived", "received")),
    ],
)
def test_within_a_minute_it_is_as_though_it_was_not(
    dash: Dash, path: str, form: dict[str, str], state: tuple[str, str]
) -> None:
    told(dash)
    office = dash.client("coordinator")
    dash.post(office, f"/nghia-vu/{NAME}/{path}", **form)
    assert stands(dash) == state
    dash.clock.forward(seconds=40)
    assert told(dash) == 0
    assert "Đã hoàn tác 1 việc" in take_back(dash, office)
    assert stands(dash) == ("submitted", "received")
    dash.clock.forward(minutes=10)
    assert told(dash) == 0
    with reading(dash.engine) as session:
        trail = session.exec(select(AuditEvent.event).order_by(AuditEvent.id.desc())).first()  # type: ignore[union-attr]
        assert trail == "decision.undone"
        assert [one for one in differences(session) if one.subject == NAME] == []


def test_after_a_minute_it_is_told_and_stays(dash: Dash) -> None:
    told(dash)
    office = dash.client("coordinator")
    dash.post(office, f"/nghia-vu/{NAME}/nhan")
    with reading(dash.engine) as session:
        key = session.exec(select(AuditEvent.id).order_by(AuditEvent.id.desc())).first()  # type: ignore[union-attr]
    dash.clock.forward(seconds=61)
    assert 'name="viec"' not in office.get("/ban-lam-viec").text
    dash.post(office, "/ban-lam-viec/hoan-tac", viec=[str(key)])
    assert stands(dash) == ("accepted", "accepted")
    assert told(dash) > 0


def test_only_who_decided_takes_it_back_and_only_while_nothing_happened_since(dash: Dash) -> None:
    office = dash.client("coordinator")
    dash.post(office, f"/nghia-vu/{NAME}/nhan")
    with reading(dash.engine) as session:
        key = session.exec(select(AuditEvent.id).order_by(AuditEvent.id.desc())).first()  # type: ignore[union-attr]
    other = dash.client("coordinator", name="Người khác")
    dash.post(dash.client("coordinator"), f"/nghia-vu/{NAME}/mo-lai", ly__do="nhầm")
    dash.post(other, "/ban-lam-viec/hoan-tac", viec=[str(key)])
    assert stands(dash)[0] == "returned"


def test_the_command_line_tells_at_once(dash: Dash) -> None:
    reviewer = Actor("Duyệt", Role.coordinator)
    with writing(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, NAME)
        ledger.accept(session, row.id or 0, actor=reviewer, now=dash.clock.now)
        event = session.exec(select(OutgoingEvent).order_by(OutgoingEvent.id.desc())).first()  # type: ignore[union-attr]
        assert event is not None
        assert event.held_until is None


def test_the_next_one_that_waits_is_a_link_away(dash: Dash) -> None:
    page = dash.client("coordinator").get("/nghia-vu/tay-son/district-report").text
    assert 'rel="next"' in page or 'rel="prev"' in page
