"""What an agency has with its units is its own: the office's pages show none of its messages nor of its
trail, and the agency hears of no trouble of the server's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select, update

from flows.jobs import alerts, rounds
from flows.runtime import Tools
from notifications.notices.alarms import tell_of_channels
from notifications.plan_context import load_plan_context
from plan.database import reading, writing
from plan.ledger.audit import verify
from plan.models import AuditEvent, ChannelState, Message, Obligation
from plan.settings import Settings
from tests.browser.handing_down import handed_down, inner, opened, outer, remind
from tests.browser.support import Browser, Dash
from tests.conftest import PLAN_ID

EVERY = "pham-vi=tat-ca"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = opened(tmp_path_factory.mktemp("apart"))
    yield made
    made.engine.dispose()


@pytest.fixture
def clerk(dash: Dash) -> Browser:
    client = handed_down(dash)
    remind(dash)
    return client


@pytest.fixture
def tools(dash: Dash, clerk: Browser) -> Tools:
    made = rounds.make_tools(Settings(home=dash.home), dash.engine)
    return replace(made, clock=lambda: dash.clock.now)


def told_in(session: Session, plan_id: str, *events: str) -> list[Message]:
    wanted = select(Message).where(Message.plan_id == plan_id)
    return list(session.exec(wanted.where(col(Message.event).in_(events)) if events else wanted))


def test_the_messages_to_the_units_are_on_no_page_of_the_office(dash: Dash, clerk: Browser) -> None:
    office = dash.client("coordinator")
    with reading(dash.engine) as session:
        theirs, ours = told_in(session, inner(dash).id), told_in(session, PLAN_ID)
    assert theirs
    assert ours
    for path in (f"/nhac-viec?{EVERY}", f"/nhac-viec?{EVERY}&dang=csv", "/nhac-viec"):
        text = office.get(path).text
        assert "Lê Thị Một" not in text
        assert any(one.recipient_name in text for one in ours)
    for page in ("", "/thu"):
        assert office.get(f"/nhac-viec/{theirs[0].id}{page}").status_code == 404
        assert office.get(f"/nhac-viec/{ours[0].id}{page}").status_code == 200
    dash.post(office, f"/nhac-viec/{theirs[0].id}/gui-lai")
    assert office.get(f"/nhac-viec/{theirs[0].id}").status_code == 404


def test_its_trail_is_on_no_page_of_the_office_and_stays_in_the_chain(
    dash: Dash, clerk: Browser
) -> None:
    office = dash.client("coordinator")
    with reading(dash.engine) as session:
        rows = session.exec(select(AuditEvent)).all()
        assert not list(verify(session))
    theirs = {row.hash for row in rows if row.plan_id == inner(dash).id}
    shown = office.get(f"/nhat-ky?{EVERY}&dang=csv").text
    assert theirs
    assert [row.hash for row in rows if row.hash in shown and row.hash in theirs] == []
    assert "giao xuống các đơn vị" in shown  # of the duty itself
    assert office.get(f"/nhat-ky?{EVERY}").text.count("bắt đầu nhắc</td>") == 1


def test_the_agency_hears_of_no_trouble_of_the_servers(dash: Dash, tools: Tools) -> None:
    with writing(dash.engine) as session:
        session.merge(ChannelState(channel="zalo_oa", down_since=dash.clock.now, code="-1"))
    missed = alerts.missed_runs(["deliver/all"])
    assert tell_of_channels(dash.engine, tools.desk, dash.clock.now, {"zalo_oa"})
    assert alerts.watch(tools, missed)
    alerts.tell_of_clock(tools, "Đồng hồ chạy nhanh.")
    with reading(dash.engine) as session:
        assert told_in(session, PLAN_ID, "alarm")
        assert told_in(session, inner(dash).id, "alarm") == []


def test_reminders_of_the_units_that_stand_still_are_told_to_the_office(
    dash: Dash, tools: Tools
) -> None:
    """Whom else: the agency cannot mend the server."""

    def keys() -> set[str]:
        with reading(dash.engine) as session:
            return {one.key for one in alerts.troubles(session, PLAN_ID, dash.clock.now)}

    dash.clock.now = dash.clock.now.replace(hour=3)  # 10:00
    early = dash.clock.now - timedelta(hours=3)
    calm = dash.clock.now + timedelta(days=1)
    with writing(dash.engine) as session:
        session.exec(update(Obligation).values(next_check_at=calm))
        session.exec(update(Message).values(state="sent"))
    assert keys() == set()
    with writing(dash.engine) as session:
        below = col(Obligation.plan_id) == inner(dash).id
        session.exec(update(Obligation).where(below).values(next_check_at=early))
    assert keys() == {"tick"}
    with writing(dash.engine) as session:
        above = col(Obligation.id) == outer(dash).id
        session.exec(update(Obligation).where(above).values(state="waived"))
    assert keys() == set()


def test_the_installations_own_addresses_hear_for_the_office_alone(
    dash: Dash, clerk: Browser
) -> None:
    desk = replace(
        dash.site.desk,
        available=frozenset({"email", "apprise"}),
        apprise_urls=(SecretStr("mailto://phong.truc@dondoc.test"),),
    )

    def addresses(plan_id: str) -> set[str]:
        with reading(dash.engine) as session:
            book = load_plan_context(session, plan_id, dash.clock.now, desk)
        return {name for person in book.directory.people for name in person.addresses}

    assert "apprise" in addresses(PLAN_ID)
    assert "apprise" not in addresses(inner(dash).id)
