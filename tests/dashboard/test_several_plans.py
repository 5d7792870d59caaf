"""Lists of one plan or of all, and a calendar of every plan."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import col, select

from dashboard.queries.alarms import not_noted
from dashboard.queries.naming import naming
from notifications.reminders.tick import tick
from plan.calendar import local_day
from plan.database import writing
from plan.models import Agency, Contact, Plan
from tests.browser.sample import PLAN
from tests.browser.support import BASE, Dash, dashboard_at
from tests.conftest import load_running
from tests.support.api import API, key
from tests.support.reminders import messages, small_plan

ALL = "pham-vi=tat-ca"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    """Beside Plan 04 an older, small one, due this month, with the morning's reminders written."""
    found = dashboard_at(tmp_path_factory.mktemp("several"))
    found.clock.forward(hours=14)  # from the evening to the next morning
    now = found.clock()
    month = local_day(now).strftime("%m/%Y")
    other = small_plan(
        issued_on="2020-01-06",
        ends_on=None,
        milestones=[
            {
                "id": "m",
                "title": "Báo cáo của huyện",
                "due": {"words": f"đến hết tháng {month}"},
                "source": {"section": "II"},
            }
        ],
    )
    with writing(found.engine) as session:
        load_running(session, other, now=now)
    tick(found.engine, "", found.clock(), found.site.desk)
    yield found
    found.engine.dispose()


def read(dash: Dash, path: str) -> str:
    page = dash.client("coordinator").get(path)
    assert page.status_code == 200, path
    return html.unescape(page.text)


def test_the_trail_is_one_plans_or_everyones(dash: Dash) -> None:
    own, every = (read(dash, f"/nhat-ky?viec=plan.started{more}") for more in ("", f"&{ALL}"))
    assert "KH 01" not in re.sub(r"<select.*?</select>", "", own, flags=re.S).split("<table")[1]
    assert "01/KH-UBND" in every
    assert "bắt đầu nhắc" in every
    assert "Xem mọi kế hoạch" in own
    assert "Của mọi kế hoạch" in every


def test_the_messages_are_one_plans_or_everyones(dash: Dash) -> None:
    theirs = [m for m in messages(dash.engine) if m.plan_id == "thu"]
    assert theirs
    assert f"/nhac-viec/{theirs[0].id}" not in read(dash, "/nhac-viec")
    assert f"/nhac-viec/{theirs[0].id}" in read(dash, f"/nhac-viec?{ALL}")


def test_a_message_of_another_plan_names_it_and_leads_there(dash: Dash) -> None:
    theirs = next(m for m in messages(dash.engine) if m.plan_id == "thu")
    page = read(dash, f"/nhac-viec/{theirs.id}")
    assert "(KH 01)" in page
    assert "/ke-hoach?ma=thu&ve=" in page


def test_one_calendar_holds_the_deadlines_of_every_plan(dash: Dash) -> None:
    page = read(dash, f"/lich?{ALL}")
    assert "Hạn Báo cáo của huyện (KH 01)" in page
    assert "(KH 01)" not in read(dash, "/lich")
    [address] = set(re.findall(rf"{BASE}(/lich/tat-ca/tat-ca/[^<\"]+\.ics)", page))
    said = dash.browser().get(address).text.replace("\r\n ", "")
    assert "(KH 01)" in said
    assert "(KH 04)" in said
    assert f"{PLAN}" in said
    assert dash.browser().get(address.replace("/tat-ca/tat-ca/", "/thu/tat-ca/")).status_code == 404


def test_agencies_of_every_plan_stand_in_one_list(dash: Dash) -> None:
    own, every = (read(dash, f"/co-quan{more}") for more in ("", f"?{ALL}&tim=huyện A"))
    assert "UBND huyện A<" not in own
    assert "/ke-hoach?ma=thu&ve=/co-quan/a" in every
    assert "/co-quan/an-lao" in every


# --- the API ---------------------------------------------------------------------------------------


def asked(dash: Dash, path: str) -> Any:
    headers = key(dash, "coordinator")
    answer = dash.browser().get(f"{API}{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_api_answers_of_one_plan_or_of_all(dash: Dash) -> None:
    every = asked(dash, "/summary")
    one = {plan: asked(dash, f"/summary?plan={plan}") for plan in ("thu", PLAN)}
    assert (every["plan"], one["thu"]["plan"]) == ("", "thu")
    assert every["plans"] == {plan: found["counts"] for plan, found in one.items()}
    assert every["counts"]["total"] == sum(found["counts"]["total"] for found in one.values())
    for path in ("/milestones", "/calendar", "/obligations?per_page=500", "/alarms"):
        joined = "&" if "?" in path else "?"
        theirs = [asked(dash, f"{path}{joined}plan={plan}") for plan in ("thu", PLAN)]
        found = asked(dash, path)
        assert len(found) == sum(len(each) for each in theirs), path
        assert all(line in found for each in theirs for line in each), path
        assert all(line["plan"] == "thu" for line in theirs[0]), path


def test_pages_of_every_plans_obligations_go_on_from_plan_to_plan(dash: Dash) -> None:
    """Each obligation stands on one page, whichever plan's it is; there is nothing beyond the last."""
    whole, size = asked(dash, "/obligations?per_page=500"), 7
    pages = -(-len(whole) // size)
    paged = [
        line
        for number in range(1, pages + 2)
        for line in asked(dash, f"/obligations?per_page={size}&page={number}")
    ]
    assert {line["plan"] for line in whole} == {"thu", PLAN}
    assert len(whole) % size
    assert sorted(map(_name, paged)) == sorted(map(_name, whole))


def _name(line: dict[str, str]) -> tuple[str, str]:
    return line["plan"], line["id"]


def test_messages_and_the_trail_by_the_api_are_one_plans_or_everyones(dash: Dash) -> None:
    for path in ("/messages", "/events"):
        assert {line["plan_id"] for line in asked(dash, f"{path}?per_page=500")} == {"thu", PLAN}
        assert {line["plan_id"] for line in asked(dash, f"{path}?plan=thu")} == {"thu"}
    ahead = asked(dash, "/messages/next")
    assert {plan for line in ahead for plan in line["plans"]} <= {"thu", PLAN}


def test_the_api_takes_a_filter_that_any_plan_knows(dash: Dash) -> None:
    found = asked(dash, "/obligations?milestone=m")
    assert {line["plan"] for line in found} == {"thu"}
    refused = dash.browser().get(
        f"{API}/obligations?milestone=khong-co", headers=key(dash, "coordinator")
    )
    assert refused.status_code == 422


def test_the_page_of_all_plans_tells_what_is_wrong_with_each(dash: Dash) -> None:
    """A plan whose people have no address any more; who has no page of their own lands here."""
    assert dash.client("admin").get("/?dau=1").headers["location"] == "/ke-hoach"
    with writing(dash.engine) as session:
        theirs = select(Contact).join(Agency, col(Agency.id) == Contact.agency_id)
        for one in session.exec(theirs.where(Agency.plan_id == "thu", Agency.code == "a")):
            one.email = one.phone = one.zalo_user_id = one.zalo_chat_id = ""
            session.add(one)
        plan = session.get_one(Plan, "thu")
        names = naming(session, "thu", local_day(dash.clock()))
        told = [one.words for one in not_noted(session, plan.id, dash.clock(), names)]
    assert any("Chưa có ai để nhắc" in words for words in told)
    row = read(dash, "/ke-hoach").split('ma=thu"')[1].split("</li>")[0]
    assert told[0] in row
