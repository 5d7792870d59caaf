"""Views kept by name: of a page's address the filters alone, one's own or everybody's; listed, opened,
renamed, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from dashboard.pages import ALL_PAGES
from dashboard.queries.picture import ORDERS
from dashboard.saved_views import MOST, PAGES, kept_of
from plan.database import reading, writing
from plan.ledger.life import delete_draft
from plan.models import AuditEvent, Plan, SavedView
from plan.people import erase, find_person
from tests.browser.support import SYSTEM, Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID

WORST = "Cụm huyện còn nợ"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("views"))
    yield made
    made.engine.dispose()


def save(dash: Dash, client: Browser, name: str, **more: str) -> str:
    data = {"trang": "/buc-tranh", "loc": "nhom=district&con-no=1&trang=3&dang=csv", **more}
    answer = dash.post(client, "/cach-xem", ten=name, **data)
    assert answer.status_code == 303
    return answer.headers["location"]


def kept(dash: Dash) -> list[SavedView]:
    with reading(dash.engine) as session:
        return list(session.exec(select(SavedView).order_by(col(SavedView.id))))


def test_filters_are_kept_and_nothing_else() -> None:
    assert (
        kept_of("/buc-tranh", "dang=csv&con-no=1&nhom=a%26b&trang=2&x=1") == "nhom=a%26b&con-no=1"
    )
    assert kept_of("/", "") == ""
    assert {route.path for route in ALL_PAGES} >= set(PAGES)


def test_a_view_opens_as_it_was_and_is_ones_own(dash: Dash) -> None:
    mine, other = dash.client("coordinator"), dash.client("admin")
    assert save(dash, mine, WORST) == "/buc-tranh?nhom=district&con-no=1"
    page = mine.get("/buc-tranh").text
    assert f'<a href="/buc-tranh?nhom=district&amp;con-no=1">{WORST}</a>' in page
    opened = mine.get("/buc-tranh?nhom=district&con-no=1").text
    assert '<option value="district" selected>' in opened
    assert WORST not in other.get("/buc-tranh").text
    assert WORST not in mine.get("/nghia-vu").text
    assert WORST in mine.get("/cach-xem").text


def test_the_offices_are_everybodys_and_changed_by_the_office_alone(dash: Dash) -> None:
    office, leader = dash.client("coordinator"), dash.client("leader")
    save(dash, office, WORST, cho="chung")
    assert WORST in leader.get("/buc-tranh").text
    assert "riêng tôi</option>" not in leader.get("/buc-tranh").text
    dash.post(leader, "/cach-xem", ten="X", trang="/buc-tranh", loc="", cho="chung")
    (view,) = kept(dash)
    dash.post(leader, f"/cach-xem/{view.id}/xoa")
    dash.post(leader, f"/cach-xem/{view.id}", ten="Khác")
    assert [one.name for one in kept(dash)] == [WORST]
    save(dash, leader, "Của tôi")
    assert "Của tôi" in leader.get("/buc-tranh").text
    assert "Của tôi" not in office.get("/cach-xem").text
    assert dash.client("agency", "vpub").get("/cach-xem").status_code == 403


def test_renamed_and_deleted_at_once_on_every_page(dash: Dash) -> None:
    client = dash.client("coordinator")
    save(dash, client, "Một")
    save(dash, client, "Hai", trang="/", loc="moc=district-reports")
    one, two = kept(dash)
    dash.post(client, f"/cach-xem/{one.id}", ten="Hai")
    assert "Đã có cách xem tên «Hai»" in client.get("/cach-xem").text
    dash.post(client, f"/cach-xem/{one.id}", ten="Ba")
    assert ">Ba</a>" in client.get("/buc-tranh").text
    assert 'href="/?moc=district-reports#ma-tran">Hai</a>' in client.get("/").text
    dash.post(client, f"/cach-xem/{two.id}/xoa")
    client.get("/cach-xem")
    assert ">Hai</a>" not in client.get("/").text
    assert dash.post(client, "/cach-xem/999/xoa").status_code in (303, 404)
    with reading(dash.engine) as session:
        told = session.exec(select(AuditEvent.event).where(col(AuditEvent.event).like("view.%")))
        assert list(told) == ["view.saved", "view.saved", "view.renamed", "view.deleted"]
    assert "lưu cách xem" in client.get("/nhat-ky").text


@pytest.mark.parametrize(
    ("name", "page", "words"),
    [("", "/buc-tranh", "cần một tên"), ("x" * 61, "/buc-tranh", "60"), ("A", "/moc", "bộ lọc")],
)
def test_what_cannot_be_kept_is_said(dash: Dash, name: str, page: str, words: str) -> None:
    client = dash.client("leader")
    dash.post(client, "/cach-xem", ten=name, trang=page, loc="")
    assert words in client.get("/cach-xem").text
    assert not kept(dash)


def test_nobody_keeps_without_end(dash: Dash) -> None:
    client = dash.client("leader")
    for number in range(MOST):
        save(dash, client, f"Cách {number}")
    dash.post(client, "/cach-xem", ten="Nữa", trang="/buc-tranh", loc="")
    assert len(kept(dash)) == MOST
    assert f"và {MOST - 8} cách xem khác" in client.get("/buc-tranh").text


def test_rows_stand_in_the_order_asked_for(dash: Dash) -> None:
    leader = dash.client("leader")

    def named(order: str) -> list[str]:
        page = leader.get(f"/buc-tranh?xep={order}").text
        assert f'<option value="{order}" selected>' in page
        return re.findall(r'href="/co-quan/([^"]+)"', page)

    found = {order: named(order) for order in ORDERS}
    assert len({tuple(one) for one in found.values()}) == len(ORDERS)
    assert len({frozenset(one) for one in found.values()}) == 1
    assert re.findall(r'href="/co-quan/([^"]+)"', leader.get("/buc-tranh?xep=la").text) == found[""]


def test_they_go_with_their_plan_and_their_person(dash: Dash) -> None:
    client = dash.client("coordinator")
    save(dash, client, "Riêng")
    save(dash, client, "Chung", cho="chung")
    with writing(dash.engine) as session:
        person = find_person(session, "coordinator-@example.vn")
        erase(session, person, actor=SYSTEM, now=dash.clock.now)
    assert [(one.name, one.saved_by) for one in kept(dash)] == [("Chung", "(đã xóa tên)")]
    with writing(dash.engine) as session:
        copy = session.get_one(Plan, PLAN_ID).model_dump() | {"id": "nhap", "state": "draft"}
        session.add(Plan(**copy))
        session.flush()
        session.add(SavedView(plan_id="nhap", name="A", page="/", saved_by="x", at=dash.clock.now))
        session.flush()
        delete_draft(session, "nhap", actor=SYSTEM, now=dash.clock.now)
    assert [one.name for one in kept(dash)] == ["Chung"]
