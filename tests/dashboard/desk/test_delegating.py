"""«Chuyển cho đồng nghiệp»: whoever it was passed to hears and may come in, till the day; nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import col, select

from notifications.amending import preview_amendment
from notifications.notices.alarms import unreachable
from notifications.notices.events import tell_events
from notifications.plan_context import load_plan_context
from plan.calendar import local_day
from plan.contacts import list_contacts
from plan.database import reading, writing
from plan.definition.model import Audience
from plan.importing.obligations import AmendedBy
from plan.models import Agency, Contact, Message, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from plan.text import date_words
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID
from tests.support.api import API, key

HOME, PAGE = "/don-vi/vpub", "/don-vi/vpub/appendix-3"
OFFICE = Actor("Trần Văn Bình", Role.coordinator)
WHO = {"ten": "Lê Thị Thay", "thu__dien__tu": "thay@vpub.example"}


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("delegating"))
    made.clock.forward(hours=16)  # the morning after: the office is open
    tell_events(made.engine, PLAN_ID, made.clock.now, made.site.desk)
    yield made
    made.engine.dispose()


def heard(dash: Dash, deliverable: str, audience: Audience = Audience.contact) -> set[str]:
    """Who hears of it now."""
    with reading(dash.engine) as session:
        book = load_plan_context(session, PLAN_ID, dash.clock.now, dash.site.desk)
        agency = session.exec(
            select(Agency.id).where(Agency.plan_id == PLAN_ID, Agency.code == "vpub")
        ).one()
        pairs = book.directory.recipients_of(
            agency or 0, audience, book.default_ladder, deliverable=deliverable
        )
        return {person.name for person, _ in pairs}


def day(dash: Dash, days: int) -> str:
    return date_words(local_day(dash.clock.now) + timedelta(days=days))


def passed(dash: Dash, path: str, days: int = 3) -> None:
    answer = dash.post(dash.client("agency", "vpub"), f"{path}/chuyen", **WHO, ngay=day(dash, days))
    assert answer.status_code == 303


def link_of(dash: Dash) -> str:
    """The address of the newest message to the colleague."""
    tell_events(dash.engine, PLAN_ID, dash.clock.now, dash.site.desk)
    with reading(dash.engine) as session:
        rows = session.exec(select(Message).where(Message.address == "thay@vpub.example")).all()
    assert {row.event for row in rows} == {"passed"}
    found = re.search(r"/l/[\w.-]+", str(rows[-1].content))
    assert found is not None
    return found[0]


def enter(dash: Dash, link: str) -> Browser:
    """In by the link, as the colleague."""
    browser = dash.browser()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(link).text)
    assert token is not None
    answer = browser.post(
        link,
        data={"csrf": token[1]},
        headers={"referer": "https://testserver/", "sec-fetch-site": "same-origin"},
    )
    assert answer.status_code == 303, answer.text[:300]
    return browser


def test_one_product_is_the_colleagues_and_the_others_stay(dash: Dash) -> None:
    usual = heard(dash, "appendix-3")
    passed(dash, PAGE)
    assert heard(dash, "appendix-3") == {"Lê Thị Thay"}
    assert heard(dash, "another") == usual
    assert "Lê Thị Thay" not in heard(dash, "appendix-3", Audience.head)
    assert "Lê Thị Thay" in dash.client("agency", "vpub").get(PAGE).text


def test_everything_is_till_the_day_and_comes_back_by_itself(dash: Dash) -> None:
    usual = heard(dash, "another")
    passed(dash, HOME)
    assert heard(dash, "appendix-3") == heard(dash, "another") == {"Lê Thị Thay"}
    link = link_of(dash)
    assert dash.browser().get(link).status_code == 200
    dash.clock.forward(days=3)
    assert heard(dash, "another") == {"Lê Thị Thay"}
    dash.clock.forward(days=1)
    assert heard(dash, "another") == usual
    assert dash.browser().get(link).status_code == 410


def test_when_the_day_is_over_no_door_stays_open(dash: Dash) -> None:
    """Neither a session that began in time nor a calendar's address outlives it."""
    passed(dash, HOME)
    browser = enter(dash, link_of(dash))
    [feed] = re.findall(r"/lich/[^\s\"<]+\.ics", browser.get(f"{HOME}/lich").text)[:1]
    dash.clock.forward(days=3)
    assert browser.get(HOME).status_code == browser.get(feed).status_code == 200
    dash.clock.forward(days=1)
    assert browser.get(HOME).status_code == 303
    assert browser.get(feed).status_code == 404


def test_a_colleague_neither_passes_on_nor_takes_back(dash: Dash) -> None:
    """Else one product till a day would be all of them for good, by the colleague's own hand."""
    passed(dash, PAGE)
    browser = enter(dash, link_of(dash))
    for path in (HOME, PAGE):
        page = browser.get(path).text
        assert not re.search(r"/chuyen\b|/lay-lai/", page)
        dash.post(browser, f"{path}/chuyen", **WHO, ngay=day(dash, 300))
        assert "không chuyển tiếp" in browser.get(path).text
    [back] = re.findall(r"/don-vi/vpub/lay-lai/\d+", dash.client("agency", "vpub").get(PAGE).text)
    dash.post(browser, back)
    assert "không chuyển tiếp" in browser.get(PAGE).text
    assert heard(dash, "appendix-3") == {"Lê Thị Thay"} != heard(dash, "another")
    dash.clock.forward(days=4)
    assert heard(dash, "appendix-3") == heard(dash, "another")


def test_a_second_colleague_is_told_though_the_nearest_is_anothers(dash: Dash) -> None:
    """Everything is passed by its nearest product, which may be another colleague's already."""
    passed(dash, PAGE)
    second = {"ten": "Phạm Văn Hai", "thu__dien__tu": "hai@vpub.example"}
    dash.post(dash.client("agency", "vpub"), f"{HOME}/chuyen", **second, ngay=day(dash, 3))
    tell_events(dash.engine, PLAN_ID, dash.clock.now, dash.site.desk)
    with reading(dash.engine) as session:
        rows = session.exec(select(Message).where(Message.event == "passed")).all()
    assert {row.address for row in rows} == {"thay@vpub.example", "hai@vpub.example"}


def test_taken_back_the_link_ends_too(dash: Dash) -> None:
    usual = heard(dash, "another")
    passed(dash, HOME)
    link = link_of(dash)
    clerk = dash.client("agency", "vpub")
    [back] = re.findall(r'action="(/don-vi/vpub/lay-lai/\d+)"', clerk.get(HOME).text)
    assert dash.post(dash.client("agency", "stc"), back).status_code == 404
    assert dash.post(dash.client("agency", "stc"), back.replace("vpub", "stc")).status_code == 404
    dash.post(clerk, back)
    assert heard(dash, "another") == usual
    assert dash.browser().get(link).status_code == 410


def test_one_product_taken_back_leaves_the_link_for_the_other(dash: Dash) -> None:
    passed(dash, PAGE)
    link, clerk = link_of(dash), dash.client("agency", "vpub")
    passed(dash, HOME)
    first, second = re.findall(r'action="(/don-vi/vpub/lay-lai/\d+)"', clerk.get(HOME).text)
    dash.post(clerk, first)
    assert dash.browser().get(link).status_code == 200
    dash.post(clerk, second)
    assert dash.browser().get(link).status_code == 410


def test_a_product_that_recurs_leads_back_to_its_own_page(dash: Dash) -> None:
    with writing(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, "vpub/appendix-3")
        row.period = "2020-04"
        session.add(row)
    clerk = dash.client("agency", "vpub")
    page = clerk.get(f"{PAGE}@2020-04").text
    [form] = re.findall(rf'action="({PAGE}[^"]*/chuyen)"', page)
    answer = dash.post(clerk, form, **WHO, ngay=day(dash, 3))
    back = answer.headers["location"].partition("#")[0]
    assert (back, clerk.get(back).status_code) == (f"{PAGE}@2020-04", 200)
    assert "Lê Thị Thay" in clerk.get(back).text


def test_whom_the_agency_has_already_keeps_their_place(dash: Dash) -> None:
    with reading(dash.engine) as session:
        person = session.exec(
            select(Contact)
            .join(Agency, Agency.id == Contact.agency_id)  # type: ignore[arg-type]  # a column compared
            .where(Agency.plan_id == PLAN_ID, Agency.code == "vpub", Contact.email != "")
        ).first()
        assert person is not None
        email, name = person.email, person.name
    clerk = dash.client("agency", "vpub")
    answer = dash.post(
        clerk, f"{PAGE}/chuyen", ten="khác", thu__dien__tu=email.upper(), ngay=day(dash, 1)
    )
    assert answer.status_code == 303
    assert heard(dash, "appendix-3") == {name}
    dash.clock.forward(days=2)
    assert name in heard(dash, "appendix-3") | heard(dash, "appendix-3", Audience.head)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({**WHO, "ngay": "01/01/2020"}, "đã qua"),
        ({**WHO, "ngay": "01/01/2031"}, "tối đa một năm"),
        ({**WHO, "thu__dien__tu": "không phải thư", "ngay": "+1"}, "không hợp lệ"),
        ({**WHO, "thu__dien__tu": "", "ngay": "+1"}, "Cần địa chỉ thư"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    dash: Dash, fields: dict[str, str], words: str
) -> None:
    clerk, usual = dash.client("agency", "vpub"), heard(dash, "appendix-3")
    told = {**fields, "ngay": day(dash, 1) if fields["ngay"] == "+1" else fields["ngay"]}
    dash.post(clerk, f"{PAGE}/chuyen", **told)
    assert words in clerk.get(PAGE).text
    assert heard(dash, "appendix-3") == usual


def test_the_address_book_that_goes_out_does_not_name_them(dash: Dash) -> None:
    passed(dash, HOME)
    with reading(dash.engine) as session:
        rows = list_contacts(session, session.get_one(Plan, PLAN_ID))
    assert "thay@vpub.example" not in {row["email"] for row in rows}


def test_a_colleague_is_none_of_the_agencys_own_people(dash: Dash) -> None:
    """Not counted, not in the address book, not found; on the agency's page till the day is over."""
    office, name = dash.client("coordinator"), WHO["ten"]
    with reading(dash.engine) as session:
        [mine, *_] = list_contacts(session, session.get_one(Plan, PLAN_ID))
    counted = office.get("/co-quan?dang=csv").text
    passed(dash, HOME)
    assert office.get("/co-quan?dang=csv").text == counted
    for path in ("/quan-tri/danh-ba", "/quan-tri/danh-ba?dang=csv", f"{API}/contacts"):
        told = office.get(path, headers=key(dash, "coordinator")).text
        assert mine["name"] in told
        assert name not in told
    for one, found in ((mine["name"], True), (name, False)):
        page = office.get("/tim", params={"tu": one}).text
        assert ('href="/quan-tri/danh-ba/' in page) is found
    with reading(dash.engine) as session:
        [seat] = session.exec(select(Contact).where(Contact.name == name))
    assert office.get(f"/quan-tri/danh-ba/{seat.id}").status_code == 404
    assert f"đến hết ngày {day(dash, 3)})" in office.get("/co-quan/vpub").text
    people = "/co-quan/vpub?bang=nguoi-nhan&dang=csv"
    [line] = [one for one in office.get(people).text.splitlines() if name in one]
    assert line.endswith(f"{local_day(dash.clock.now) + timedelta(days=3)}")
    dash.clock.forward(days=4)
    assert name not in office.get(people).text


def test_a_colleague_makes_no_agency_reachable(dash: Dash) -> None:
    """They hear of one product, till a day; of the rest nobody does."""
    passed(dash, PAGE)
    with writing(dash.engine) as session:
        people = session.exec(
            select(Contact)
            .join(Agency, col(Agency.id) == Contact.agency_id)
            .where(Agency.code == "vpub", col(Contact.until).is_(None))
        ).all()
        for one in people:
            one.email = one.phone = one.zalo_user_id = one.zalo_chat_id = ""
            session.add(one)
    with reading(dash.engine) as session:
        book = load_plan_context(session, PLAN_ID, dash.clock.now, dash.site.desk)
        found = {one["agency"]: one["why"] for one in unreachable(session, book)}
    assert found["vpub"] == "người nhận chưa có địa chỉ"


def test_an_amendment_says_beforehand_that_the_colleague_is_told(dash: Dash) -> None:
    passed(dash, PAGE)
    with reading(dash.engine) as session:
        plan = session.get_one(Plan, PLAN_ID)
    before = definition_of(plan)
    after = [
        one.model_copy(update={"milestone": "provincial-report"}) if one.id == "appendix-3" else one
        for one in before.deliverables
    ]
    preview = preview_amendment(
        dash.engine,
        PLAN_ID,
        before.model_copy(update={"deliverables": after}),
        seen=plan.definition_hash,
        amended_by=AmendedBy("45/QĐ-UBND", local_day(dash.clock.now), "điều chỉnh", OFFICE),
        desk=dash.site.desk,
        now=dash.clock.now,
    )
    assert [one.people for one in preview.told] == [(WHO["ten"],)]
