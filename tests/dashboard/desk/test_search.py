"""Search from every header: accents optional, everything one may see and nothing else, new things at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.search.index import Entry, SearchIndex, Seen
from plan import ledger
from plan.contacts import add_contact
from plan.database import writing
from plan.ledger.filing import Filing, FoundFault
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID
from tests.support.api import API, key


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("search"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def office(dash: Dash) -> Browser:
    return dash.client("coordinator")


def links(client: Browser, words: str, **more: str) -> list[str]:
    page = client.get("/tim", params={"tu": words, **more}).text
    found = re.findall(r'href="([^"]+)"', page.partition('<ul class="plainlist found">')[2])
    return [one for one in found if not one.startswith("/tim")]


def test_accents_and_case_do_not_matter_and_words_may_be_begun(office: Browser) -> None:
    assert "/co-quan/an-lao" in links(office, "an lao")
    assert links(office, "An Lão") == links(office, "AN LAO")
    assert "/nghia-vu/an-lao/district-report" in links(office, "lão tổng kế")
    assert links(office, "không có chuyện này") == []
    assert "Không tìm thấy" in office.get("/tim?tu=zzzz").text


def test_every_header_asks(office: Browser) -> None:
    for path in ("/", "/co-quan", "/ban-lam-viec"):
        assert 'action="/tim"' in office.get(path).text


def test_what_is_new_is_found_at_once(dash: Dash, office: Browser) -> None:
    assert links(office, "Hồ Thị Tìm") == []
    now = dash.clock.now
    clerk = Actor("Văn thư", Role.agency, frozenset({"van-canh"}), "web")
    with writing(dash.engine) as session:
        actor = Actor("A", Role.coordinator)
        fields: dict[str, str | bool] = {"name": "Hồ Thị Tìm", "email": "tim@vc.example.vn"}
        add_contact(session, PLAN_ID, "van-canh", fields, actor=actor, now=now)
        row = find_obligation(session, PLAN_ID, "van-canh/district-report")
        found = (FoundFault("warning", "x", "Số thủ tục rà soát tăng đột biến."),)
        filing = Filing(
            kind="nil",
            received_at=now,
            reference="777/BC-UBND",
            findings=found,
            payload={"for": "x"},
        )
        ledger.submit(session, row.id or 0, filing, actor=clerk, now=now)
    assert any(one.startswith("/quan-tri/danh-ba/") for one in links(office, "ho thi tim"))
    assert "/nghia-vu/van-canh/district-report" in links(office, "777/BC")
    [found_at] = links(office, "tang dot bien")
    assert "#f-" in found_at


def test_nobody_finds_what_they_may_not_see(dash: Dash) -> None:
    leader = dash.client("leader")
    assert not [one for one in links(leader, "thi") if "danh-ba" in one]
    clerk = dash.client("agency", "vpub")
    page = clerk.get("/tim", params={"tu": "bao cao"}).text
    targets = links(clerk, "bao cao")
    assert targets
    assert all(one.startswith("/don-vi/vpub") for one in targets)
    assert "Sở Tài chính" not in page
    assert dash.browser().get("/tim?tu=a").status_code == 303


def test_the_api_finds_the_same(dash: Dash) -> None:
    asked = {"q": "an lao", "kind": "agency"}
    found = dash.browser().get(f"{API}/search", params=asked, headers=key(dash, "leader")).json()
    assert [one["page"] for one in found] == ["/co-quan/an-lao"]
    mine = dash.browser().get(
        f"{API}/search", params={"q": "bao cao"}, headers=key(dash, "agency", "vpub")
    )
    assert {one["agency"] for one in mine.json()} == {"vpub"}


def test_a_kind_alone_goes_on_by_pages(office: Browser) -> None:
    page = office.get("/tim", params={"tu": "bao cao"}).text
    assert re.search(r"và (hơn )?\d+ kết quả khác", page)
    assert len(links(office, "bao cao", loai="obligation")) > 6
    assert office.get("/tim", params={"tu": "x", "loai": "khac"}).status_code == 404


@pytest.mark.parametrize(
    "typed", ['"', "AND OR NOT", "a* OR b", "NEAR(", "'; DROP", "()", "ă" * 300]
)
def test_what_is_typed_is_never_a_command(office: Browser, typed: str) -> None:
    assert office.get("/tim", params={"tu": typed}).status_code == 200


def test_an_index_that_is_gone_or_of_another_version_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "search.db"
    entry = Entry("agency", "x", "Tên", "", "/co-quan/x", "")
    seen = Seen("p", ("agency",), None)
    SearchIndex(path).take("p", "plan", [entry], "1", anew=True)
    SearchIndex(path).take("p", "plan", [entry], "2", anew=True)
    assert SearchIndex(path).count("ten", seen, "agency") == 1
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    assert SearchIndex(path).marks("p") == {}
