"""«Nhắc ngay»: in one's own words, by message, call or visit; counted beside the ladder, not twice a day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import select

from notifications.letters import letter_of
from notifications.notices.events import tell_events
from plan.database import reading
from plan.models import Message, Plan, Urging, UrgingObligation
from plan.queries.scorecard import deliveries
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID
from tests.support.api import API, key


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("urging"))
    made.clock.forward(days=1, hours=-8)  # 05/05/2020, 10:00: the ladder has not spoken that day
    yield made
    made.engine.dispose()


def urgings(dash: Dash) -> list[Urging]:
    with reading(dash.engine) as session:
        return list(session.exec(select(Urging).order_by(Urging.id)))  # type: ignore[arg-type]


def urge(dash: Dash, client: Browser, **form: object) -> str:
    dash.post(client, "/don-doc/nhac", **{"cach": "phone", **form})
    return client.get("/don-doc").text


def test_a_call_is_counted_and_dated_in_letter_scorecard_and_for_the_leader(dash: Dash) -> None:
    office = dash.client("coordinator")
    with reading(dash.engine) as session:
        plan = session.get_one(Plan, PLAN_ID)
        before = letter_of(session, plan, dash.clock.now, agency="van-canh").reminded
        urged = sum(d.urged for d in deliveries(session, [plan], dash.clock.now))
    page = urge(
        dash, office, co__quan=["van-canh"], voi__ai="Chánh Văn phòng", tra__loi="chiều nay gửi"
    )
    assert "Chánh Văn phòng" in page
    [row] = urgings(dash)
    with reading(dash.engine) as session:
        about = session.exec(select(UrgingObligation)).all()
        after = letter_of(session, plan, dash.clock.now, agency="van-canh").reminded
        again = sum(d.urged for d in deliveries(session, [plan], dash.clock.now))
    assert about
    assert after.times[0] == before.times[0] + 1
    assert after.last is not None
    assert f"{after.last:%d/%m/%Y}" == "05/05/2020"
    assert again > urged
    assert "gần nhất 05/05/2020" in dash.client("leader").get("/lanh-dao").text
    assert "chiều nay gửi" in office.get("/co-quan/van-canh").text
    assert row.way == "phone"


def test_a_message_goes_out_in_the_coordinators_words(dash: Dash) -> None:
    office = dash.client("coordinator")
    words = "Đề nghị gửi trước 15 giờ hôm nay."
    assert "Đã ghi «gửi tin» 1 cơ quan" in urge(
        dash, office, cach="message", co__quan=["van-canh"], loi=words
    )
    tell_events(dash.engine, PLAN_ID, dash.clock.now, dash.site.desk)
    with reading(dash.engine) as session:
        texts = [
            str(row.content.get("text", ""))
            for row in session.exec(select(Message).where(Message.created_at == dash.clock.now))
        ]
    assert any(words in text for text in texts)


def test_not_twice_a_day_by_mistake(dash: Dash) -> None:
    office = dash.client("coordinator")
    said = {"co__quan": ["van-canh"], "cach": "message", "loi": "Xin gửi sớm."}
    urge(dash, office, **said)
    assert "đã được nhắc lúc" in urge(dash, office, **said)
    assert len(urgings(dash)) == 1
    urge(dash, office, **said, van__nhac="1")
    assert len(urgings(dash)) == 2
    dash.clock.forward(days=1)
    urge(dash, office, **said)
    assert len(urgings(dash)) == 3


def test_what_the_ladder_said_today_counts_too(dash: Dash) -> None:
    dash.clock.forward(hours=-24)  # 04/05: the sample's ladder spoke in the morning
    page = urge(dash, dash.client("coordinator"), cach="message", co__quan=["van-canh"], loi="x")
    assert "đã được nhắc lúc" in page
    assert urgings(dash) == []


def test_one_refused_holds_up_no_other_and_nothing_is_said_for_nothing(dash: Dash) -> None:
    office = dash.client("coordinator")
    page = urge(dash, office, co__quan=["van-canh", "snv"], voi__ai="A", tra__loi="vâng")
    assert "Đã ghi" in page
    assert "chưa chọn" in urge(dash, office, voi__ai="A", tra__loi="x").lower()
    assert "nói với ai" in urge(dash, office, co__quan=["tay-son", "hoai-an"])
    by_call = dash.browser().post(
        f"{API}/urgings/send",
        json={"agencies": ["hoai-an"], "way": "visit", "spoke_to": "B", "answer": "mai nộp"},
        headers=key(dash, "coordinator"),
    )
    assert by_call.status_code == 200
    assert {row.way for row in urgings(dash)} == {"phone", "visit"}


def test_leaders_look_and_agencies_do_not(dash: Dash) -> None:
    assert dash.client("leader").get("/don-doc").status_code == 200
    assert dash.client("agency", "vpub").get("/don-doc").status_code == 403
