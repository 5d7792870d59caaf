"""What an agency has with its units is its own: the office's pages show none of its messages nor of its
trail, and the agency hears of no trouble of the server's. What a unit asks, the agency answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from pydantic import SecretStr
from sqlmodel import Session, col, select, update

from flows.jobs import alerts, rounds
from flows.runtime import RoundTools
from notifications.notices.alarms import tell_of_channels
from notifications.notices.events import tell_events
from notifications.plan_context import load_plan_context
from plan.database import reading, writing
from plan.ledger.audit import verify
from plan.models import AuditEvent, ChannelState, Contact, Message, Obligation
from plan.settings import Settings
from plan.text import date_words
from tests.browser.handing_down import (
    PAGE,
    SEEN,
    day_for,
    followed,
    handed_down,
    inner,
    opened,
    outer,
    remind,
    unit_client,
)
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
def tools(dash: Dash, clerk: Browser) -> RoundTools:
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


def test_the_agency_hears_of_no_trouble_of_the_servers(dash: Dash, tools: RoundTools) -> None:
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
    dash: Dash, tools: RoundTools
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


# --- what a unit asks is the agency's to answer ----------------------------------------------------


def told_to_the_agency(dash: Dash, event: str) -> Message:
    """The newest such message about its units."""
    tell_events(dash.engine, "", dash.clock.now, dash.site.desk)
    with reading(dash.engine) as session:
        return told_in(session, inner(dash).id, event)[-1]


def sent(name: str) -> dict[str, tuple[str, bytes]]:
    return {"tep": (name, b"%PDF-1.4 " + name.encode())}


def _seen_by_the_two_alone(dash: Dash, agency: Browser, unit: Browser) -> None:
    """The files of the thread: each side at its own door; not another unit, not the office."""
    mine = "/don-vi/stc-1/appendix-6"
    for browser, page in ((agency, PAGE), (unit, mine)):
        links = re.findall(r'href="([^"]+/hoi-dap/\d+)"', browser.get(page).text)
        bodies = [browser.get(one).content for one in links]
        assert bodies == [b"%PDF-1.4 hoi.pdf", b"%PDF-1.4 tra-loi.pdf"]
    below = re.findall(r'href="([^"]+/hoi-dap/\d+)"', agency.get(PAGE).text)
    above = re.findall(r'href="([^"]+/hoi-dap/\d+)"', unit.get(mine).text)
    others = (unit_client(dash, "hai@stc.example"), dash.client("coordinator"))
    shut = {other.get(one).status_code for other in others for one in [*below, *above]}
    assert shut <= {403, 404}
    assert agency.get(below[0].replace("stc-1", "stc-2")).status_code == 404


def test_a_units_question_is_answered_by_the_agency(dash: Dash, clerk: Browser) -> None:
    unit, mine = unit_client(dash, "mot@stc.example"), "/don-vi/stc-1/appendix-6"
    dash.post(unit, f"{mine}/hoi", noi__dung="Lấy số đến ngày nào?", files=sent("hoi.pdf"))
    reader, place = followed(dash, told_to_the_agency(dash, "question"))
    assert place == PAGE  # of the agency's own duty, where it is answered
    assert "Lấy số đến ngày nào?" in reader.get(PAGE).text
    dash.post(
        reader, f"{PAGE}/stc-1/tra-loi", noi__dung="Đến hết 31/12.", files=sent("tra-loi.pdf")
    )
    answer = unit.get(mine).text
    _seen_by_the_two_alone(dash, reader, unit)
    assert "Đến hết 31/12." in answer
    assert "(Sở Tài chính)" in answer
    assert "(Sở Nội vụ)" not in answer
    assert told_to_the_agency(dash, "answer").address == "mot@stc.example"
    dash.post(
        clerk, "/don-vi/stp/appendix-2/giao-xuong/stc-1/tra-loi", noi__dung="không phải việc ấy"
    )
    assert "không phải việc ấy" not in unit.get(mine).text
    with writing(dash.engine) as session:
        session.exec(
            update(Obligation).where(col(Obligation.id) == outer(dash).id).values(state="accepted")
        )
    shown = dash.client("coordinator").get(SEEN)
    assert shown.status_code == 200
    assert "Lấy số đến ngày nào?" not in shown.text


def test_a_units_request_for_time_is_decided_by_the_agency(dash: Dash, clerk: Browser) -> None:
    asked_for = day_for(dash) + timedelta(days=1)
    late, mine = date_words(asked_for + timedelta(days=2)), "/don-vi/stc-{}/appendix-6/xin-gia-han"
    one, other = unit_client(dash, "mot@stc.example"), unit_client(dash, "hai@stc.example")
    dash.post(one, mine.format(1), den=date_words(asked_for), ly__do="bão")
    reader, place = followed(dash, told_to_the_agency(dash, "extension-asked"))
    assert place == PAGE
    dash.post(other, mine.format(2), den=late, ly__do="bận")
    first, second = re.findall(rf'action="({PAGE}/stc-\d/gia-han/\d+)"', reader.get(PAGE).text)
    dash.post(reader, second, y__kien="dong-y")
    assert "không được sau hạn" in reader.get(PAGE).text
    dash.post(reader, second, y__kien="khong")
    dash.post(reader, first.replace("stc-1", "stc-2"), y__kien="dong-y")  # of another unit
    dash.post(reader, first, y__kien="dong-y")
    assert "gia-han" not in reader.get(PAGE).text
    with reading(dash.engine) as session:
        rows = session.exec(select(Obligation).where(Obligation.plan_id == inner(dash).id)).all()
    assert sorted(row.last_day for row in rows if row.last_day) == [day_for(dash), asked_for]


def test_who_left_the_agency_is_led_nowhere(dash: Dash, clerk: Browser) -> None:
    """The link of what was written below opens the duty above only to whoever sits there still."""
    unit = unit_client(dash, "mot@stc.example")
    dash.post(unit, "/don-vi/stc-1/appendix-6/hoi", noi__dung="Lấy số đến ngày nào?")
    row = told_to_the_agency(dash, "question")
    link = re.search(r"/l/[\w.-]+", str(row.content))
    assert link is not None
    assert dash.browser().get(link[0]).status_code == 200
    with writing(dash.engine) as session:
        seat = session.get_one(Contact, row.contact_id)
        above = select(Contact).where(
            Contact.directory_id == seat.directory_id, Contact.agency_id == outer(dash).agency_id
        )
        [own] = session.exec(above)
        own.until = date(2020, 1, 1)
        session.add(own)
    assert dash.browser().get(link[0]).status_code == 410
