"""An agency's people go from plan to plan: a user by a choice, whoever came by a link from seat to seat."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.auth import links
from dashboard.web.request import VISITOR_COOKIE
from plan.database import reading, writing
from plan.directory.looking_after import choose_people
from plan.importing.plan import load_plan
from plan.models import Plan
from plan.queries.definitions import definition_of
from plan.states import Actor, PlanState, Role
from tests.browser.sample import PLAN
from tests.browser.support import BASE, SYSTEM, Browser, Dash, dashboard_at
from tests.conftest import load_running
from tests.plan.directory.support import OTHER, copied, seats

OFFICE = Actor("Bình", Role.coordinator)
CODE, DRAFT = "an-lao", "ke-hoach-nhap"


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    """Beside Plan 04 a copy of it that runs, and one that is only a draft, newer than both."""
    made = dashboard_at(tmp_path)
    with writing(made.engine) as session:
        definition = definition_of(session.get_one(Plan, PLAN))
        load_running(session, copied(definition), now=made.clock())
        newer = copied(definition).model_copy(
            update={
                "id": DRAFT,
                "issued_on": definition.issued_on + timedelta(days=1),
                "title": "Bản nháp năm sau",
            }
        )
        load_plan(session, newer, now=made.clock())
    yield made
    made.engine.dispose()


def read(client: Browser, path: str) -> str:
    return html.unescape(client.get(path).text)


def by_link(dash: Dash) -> Browser:
    """Signed in by a personal link of Plan 04."""
    with reading(dash.engine) as session:
        contact = seats(session, PLAN, CODE)[0].id
    url = dash.site.linker.personal_link(PLAN, CODE, contact, "", dash.clock())
    path, client = url.removeprefix(BASE), dash.browser("10.0.7.1")
    client.get(path)
    csrf = dash.site.csrf_token(client.cookies[VISITOR_COOKIE])
    assert client.post(path, data={"csrf": csrf}).status_code == 303
    return client


def test_a_user_is_shown_the_plans_that_ask_something_and_chooses(dash: Dash) -> None:
    client = dash.client("agency", CODE)
    page = read(client, "/ke-hoach")
    assert page.count("Còn phải nộp") + page.count("Hiện không còn gì phải nộp") == 2
    assert "Bản nháp năm sau" not in page
    assert client.get(f"/ke-hoach?ma={OTHER}").headers["location"] == "/"
    assert client.get("/").headers["location"] == f"/don-vi/{CODE}"
    assert "Đổi kế hoạch" in read(client, f"/don-vi/{CODE}")
    assert client.get("/ke-hoach?ma=khong-co").status_code == 404


def test_who_came_by_a_link_goes_on_from_their_seat_in_the_other_plan(dash: Dash) -> None:
    client = by_link(dash)
    assert "Đổi kế hoạch" in read(client, f"/don-vi/{CODE}")
    assert client.get(f"/ke-hoach?ma={OTHER}").status_code == 404  # a link is of one plan
    moved = dash.post(client, "/ke-hoach/xem", ma=OTHER)
    assert moved.headers["location"] == f"/don-vi/{CODE}"
    assert client.get(f"/don-vi/{CODE}").status_code == 200
    assert client.get("/don-vi/van-canh").status_code == 404
    assert dash.post(client, "/ke-hoach/xem", ma=DRAFT).status_code == 404
    assert dash.post(client, "/ke-hoach/xem", ma=PLAN).status_code == 303


def test_a_plan_that_somebody_does_not_look_after_is_not_theirs_to_see(dash: Dash) -> None:
    with writing(dash.engine) as session:
        others = [one.name for one in seats(session, PLAN, CODE)[1:]]
        now = dash.clock()
        choose_people(session, OTHER, CODE, others, actor=OFFICE, now=now)
    client = by_link(dash)
    assert dash.post(client, "/ke-hoach/xem", ma=OTHER).status_code == 404
    assert "Đổi kế hoạch" not in read(client, f"/don-vi/{CODE}")


def test_a_session_that_went_on_ends_with_its_link(dash: Dash) -> None:
    client = by_link(dash)
    dash.post(client, "/ke-hoach/xem", ma=OTHER)
    with writing(dash.engine) as session:
        at = {"now": dash.clock(), "ended_at": dash.real()}
        links.revoke(session, plan_id=PLAN, agency=CODE, actor=SYSTEM, **at)
    assert client.get(f"/don-vi/{CODE}").status_code == 303


def test_a_newer_draft_or_a_closed_plan_is_not_what_one_lands_on(dash: Dash) -> None:
    office = dash.client("coordinator")
    assert "Bản nháp:" not in read(office, "/moc")
    with writing(dash.engine) as session:
        for key in (PLAN, OTHER):
            session.get_one(Plan, key).state = PlanState.closed
    assert "Bản nháp:" in read(office, "/co-quan")  # the other page is remembered
