"""The board picture by e-mail: on the days and at the hour chosen, once a person and day, to the office's
people alone, with nothing confidential on it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from PIL import Image
from sqlmodel import col, select, update

from flows.jobs.board_mail import queue_boards
from flows.jobs.rounds import make_tools
from flows.runtime import RoundTools
from notifications.board_mail import EVENT
from plan.board_mailing import is_due, set_board_mailing
from plan.calendar import WorkingCalendar, local_instant
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.ledger import pause_plan
from plan.models import AuditEvent, BoardMailing, Deliverable, Message, UserAccount
from tests.browser.support import Dash, dashboard_at
from tests.conftest import PLAN_ID, REVIEWER
from tests.support.api import API, key

TUESDAY = date(2020, 5, 5)
HALF_PAST_SEVEN = time(7, 30)


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("board-mail"))
    made.client("leader")
    yield made
    made.engine.dispose()


@pytest.fixture
def tools(dash: Dash) -> RoundTools:
    return replace(make_tools(dash.site.settings, dash.engine), clock=dash.clock)


def account(dash: Dash, role: str) -> int:
    with reading(dash.engine) as session:
        wanted = select(UserAccount.id).where(UserAccount.email == f"{role}-@example.vn")
        return session.exec(wanted).one() or 0


def schedule(dash: Dash, *people: int, days: tuple[int, ...] = (0, 1, 2, 3, 4)) -> None:
    with writing(dash.engine) as session:
        set_board_mailing(
            session,
            PLAN_ID,
            weekdays=days,
            send_at=HALF_PAST_SEVEN,
            recipients=people,
            actor=REVIEWER,
            now=dash.clock.now,
        )


def queued(dash: Dash) -> list[Message]:
    with reading(dash.engine) as session:
        return list(session.exec(select(Message).where(Message.event == EVENT)))


def test_it_leaves_once_a_day_at_its_hour(dash: Dash, tools: RoundTools) -> None:
    leader = account(dash, "leader")
    schedule(dash, leader)
    assert queue_boards(tools) == []  # set in the evening: this morning's hour is gone by
    dash.clock.now = local_instant(TUESDAY, time(7, 29)).astimezone(UTC)
    assert queue_boards(tools) == []
    dash.clock.forward(minutes=1)
    assert len(queue_boards(tools)) == 1
    dash.clock.forward(hours=5)
    assert queue_boards(tools) == []
    (message,) = queued(dash)
    assert (message.address, message.channel) == ("leader-@example.vn", "email")
    names = [one["filename"] for one in message.content["attachments"]]
    assert names == [f"buc-tranh-{PLAN_ID}-2020-05-05.{form}" for form in ("pdf", "png")]
    pdf, png = (base64.b64decode(one["data"]) for one in message.content["attachments"])
    assert pdf.startswith(b"%PDF")
    assert Image.open(io.BytesIO(png)).size == (1240, 1754)
    dash.clock.forward(days=1)
    assert len(queue_boards(tools)) == 1


def test_it_says_what_the_pages_say_and_nothing_confidential(dash: Dash, tools: RoundTools) -> None:
    with writing(dash.engine) as session:
        session.execute(
            update(Deliverable)
            .where(col(Deliverable.plan_id) == PLAN_ID, col(Deliverable.code) == "appendix-3")
            .values(confidential=True)
        )
    schedule(dash, account(dash, "leader"))
    dash.clock.now = local_instant(TUESDAY, time(8)).astimezone(UTC)
    queue_boards(tools)
    (message,) = queued(dash)
    assert "Không kể sản phẩm mật." in message.content["text"]
    assert "Bức tranh tiến độ" in message.content["subject"]
    assert "/buc-tranh" in message.content["html"]


def test_who_has_left_or_was_added_late_is_told_rightly(dash: Dash, tools: RoundTools) -> None:
    dash.client("coordinator")
    leader, other = account(dash, "leader"), account(dash, "coordinator")
    schedule(dash, leader, other)
    with writing(dash.engine) as session:
        session.get_one(UserAccount, other).disabled_at = dash.clock.now
    dash.clock.now = local_instant(TUESDAY, HALF_PAST_SEVEN).astimezone(UTC)
    assert len(queue_boards(tools)) == 1
    with writing(dash.engine) as session:
        session.get_one(UserAccount, other).disabled_at = None
    assert len(queue_boards(tools)) == 1
    assert {one.address for one in queued(dash)} == {
        "leader-@example.vn",
        "coordinator-@example.vn",
    }


def test_a_plan_that_does_not_run_sends_nothing(dash: Dash, tools: RoundTools) -> None:
    schedule(dash, account(dash, "leader"))
    with writing(dash.engine) as session:
        pause_plan(session, PLAN_ID, reason="chờ", actor=REVIEWER, now=dash.clock.now)
    dash.clock.now = local_instant(TUESDAY, time(8)).astimezone(UTC)
    assert queue_boards(tools) == []


@pytest.mark.parametrize(
    ("day", "clock", "due"),
    [
        (date(2020, 5, 4), "08:00", True),
        (date(2020, 5, 5), "08:00", False),  # not one of the days
        (date(2020, 4, 30), "08:00", False),  # a holiday on a Thursday
        (date(2020, 5, 4), "07:00", False),
        (date(2020, 4, 27), "08:00", False),  # before it was set
    ],
)
def test_days_off_and_other_days_are_passed_over(day: date, clock: str, due: bool) -> None:
    row = BoardMailing(
        plan_id="p",
        weekdays=[0, 3],
        send_at=HALF_PAST_SEVEN,
        recipients=[1],
        set_by="x",
        at=datetime(2020, 4, 28, tzinfo=UTC),
    )
    now = local_instant(day, time.fromisoformat(clock))
    assert is_due(row, now, WorkingCalendar.build([2020])) is due


def test_the_page_sets_it_and_the_trail_tells(dash: Dash) -> None:
    office, leader = dash.client("coordinator"), account(dash, "leader")
    assert "Chưa gửi cho ai" in office.get("/quan-tri/gui-buc-tranh").text
    where = "/quan-tri/gui-buc-tranh/dat"
    dash.post(office, where, ngay=["0", "2"], luc="07:30", nguoi=str(leader))
    page = office.get("/quan-tri/gui-buc-tranh").text
    assert "07:30 thứ Hai, thứ Tư: gửi Lê Thị Minh." in page
    dash.post(office, where, ngay=["0"], luc="07:30")
    assert "Cần chọn cả ngày gửi lẫn người nhận" in office.get("/quan-tri").text
    dash.post(office, where, luc="07:30")
    assert "Chưa gửi cho ai" in office.get("/quan-tri/gui-buc-tranh").text
    with reading(dash.engine) as session:
        told = select(AuditEvent).where(AuditEvent.event == "board-mailing.set")
        assert len(session.exec(told).all()) == 2
    assert dash.post(dash.client("leader"), where, luc="07:30").status_code == 403


def test_agencies_never_get_it_whoever_asks(dash: Dash) -> None:
    dash.client("agency", "vpub")
    with reading(dash.engine) as session:
        agency = session.exec(select(UserAccount.id).where(UserAccount.role == "agency")).one()
    body = {"weekdays": [0], "send_at": "07:30", "recipients": [agency]}
    client, head = dash.browser(), key(dash, "coordinator")
    refused = client.post(f"{API}/board-mailing/set", json=body, headers=head)
    assert refused.status_code == 409
    assert "tài khoản của Sở Nội vụ" in refused.text
    body["recipients"] = [account(dash, "leader")]
    assert client.post(f"{API}/board-mailing/set", json=body, headers=head).status_code == 200
    with writing(dash.engine) as session, pytest.raises(RefusedError, match="thứ Sáu"):
        set_board_mailing(
            session,
            PLAN_ID,
            weekdays=[6],
            send_at=HALF_PAST_SEVEN,
            recipients=body["recipients"],  # type: ignore[arg-type] # a list in a dict of several kinds
            actor=REVIEWER,
            now=dash.clock.now,
        )
