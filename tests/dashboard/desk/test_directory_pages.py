"""Danh bạ: a file is looked at before it is taken in; agencies of all plans; who is away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import Session, select

from dashboard.pages.system.directory import MOST_ASKED
from plan.database import reading, writing
from plan.directory.agencies import write_agencies
from plan.directory.entries import Entry, Name
from plan.directory.questions import open_questions
from plan.models import (
    Absence,
    Agency,
    Contact,
    DirectoryAgency,
    DirectoryName,
    UserAccount,
)
from plan.states import Actor, Role
from tests.browser.support import Browser, Dash, dashboard_at
from tests.support.api import API, key
from tests.support.contacts_file import HEAD

EVERYBODY = "/quan-tri/nguoi-nhan"
PEOPLE, AGENCIES = "/quan-tri/danh-ba", "/quan-tri/co-quan"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("directory"))
    yield made
    made.engine.dispose()


@pytest.fixture
def office(dash: Dash) -> Browser:
    return dash.client("coordinator")


def send(dash: Dash, office: Browser, path: str, name: str, content: str) -> str:
    made = dash.post(office, path, files={"tep": (name, content.encode(), "text/csv")})
    assert made.status_code == 200, made.text
    return html.unescape(made.text)


def waiting(page: str) -> dict[str, str]:
    """The form of the preview, with its button pressed."""
    found = re.findall(r'name="(ten-tep|noi-dung)" value="([^"]*)"', page)
    return {name.replace("-", "__"): value for name, value in found} | {"nhap": "1"}


def test_people_are_looked_at_before_they_are_taken_in(dash: Dash, office: Browser) -> None:
    line = "van-canh,Đinh Thị Thử,Văn thư,,thu@vc.example.vn,,,\n"
    page = send(dash, office, PEOPLE, "danh-ba.csv", HEAD + line)
    assert "Mới: van-canh, Đinh Thị Thử" in page
    assert "Không có trong tệp: van-canh" in page
    with reading(dash.engine) as session:
        wanted = select(Contact).where(Contact.name == "Đinh Thị Thử")
        assert session.exec(wanted).first() is None
    assert dash.post(office, PEOPLE, **waiting(page)).status_code == 303
    with reading(dash.engine) as session:
        assert session.exec(wanted).one().email == "thu@vc.example.vn"


def test_agencies_are_looked_at_before_they_are_taken_in(dash: Dash, office: Browser) -> None:
    page = send(dash, office, AGENCIES, "co-quan.csv", "Mã,Tên,Loại\nxa-moi,UBND xã Mới,xã\n")
    assert "Mới: xa-moi, UBND xã Mới" in page
    assert dash.post(office, AGENCIES, **waiting(page)).status_code == 303
    with reading(dash.engine) as session:
        assert session.get_one(DirectoryAgency, "xa-moi").kind == "xã"
    assert "UBND xã Mới" in office.get(f"{AGENCIES}?loai=xã").text
    bad = ("co-quan.csv", "Mã,Tên,Cấp trên\nxa-hai,Hai,khong\n".encode(), "text/csv")
    dash.post(office, AGENCIES, files={"tep": bad})
    assert "dòng 2: không có cơ quan «khong»" in html.unescape(office.get(AGENCIES).text)


def test_a_directory_that_ships_asks_what_looks_like_one(dash: Dash, office: Browser) -> None:
    shipped = {"ten__tep": "gia-lai-2025"}
    page = html.unescape(dash.post(office, f"{AGENCIES}/co-san", **shipped).text)
    assert "Mới: an-lao-2, UBND xã An Lão" in page
    done = dash.post(office, f"{AGENCIES}/co-san", **shipped, nhap="1")
    assert done.status_code == 303
    asked = "snv và so-noi-vu (cùng tên «Sở Nội vụ»)"
    assert asked in html.unescape(office.get(AGENCIES).text)
    dash.post(office, f"{AGENCIES}/tra-loi", mot="snv", kia="so-noi-vu", la="một")
    assert asked not in html.unescape(office.get(AGENCIES).text)
    with reading(dash.engine) as session:
        assert session.get(DirectoryAgency, "so-noi-vu") is None


def test_who_is_away_has_a_substitute(dash: Dash, office: Browser) -> None:
    with reading(dash.engine) as session:
        away, other = session.exec(
            select(Contact).where(Contact.agency_id == _agency(session, "an-lao"))
        ).all()[:2]
    path, today = f"{PEOPLE}/{away.id}/vang", dash.clock().date().isoformat()
    dash.post(office, path, thay=other.name, tu=today, den=today)
    with reading(dash.engine) as session:
        [noted] = session.exec(select(Absence)).all()
        assert noted.substitute_id == other.directory_id
    dash.post(office, path, thay=other.name, tu=today, den=today)
    assert "đã ghi vắng" in html.unescape(office.get(path).text)


def _agency(session: Session, code: str) -> int:
    row = session.exec(select(Agency).where(Agency.code == code)).first()
    assert row is not None
    return row.id or 0


def test_a_long_list_of_questions_says_how_many_more_there_are(dash: Dash, office: Browser) -> None:
    names = [
        Entry(f"{code}-{n}", names=[Name(None, f"Trùng tên {n}", "T")])
        for n in range(MOST_ASKED + 5)
        for code in ("mot", "hai")
    ]
    actor = Actor("Bình", Role.coordinator)
    with writing(dash.engine) as session:
        write_agencies(session, names, source="x", actor=actor, now=dash.clock.now)
    page = office.get(AGENCIES).text
    assert page.count("là một hay hai cơ quan?") == MOST_ASKED
    with reading(dash.engine) as session:
        more = len(open_questions(session)) - MOST_ASKED
    assert more >= 5
    assert f"và {more} câu khác" in page


def test_who_looks_after_the_plan_is_chosen_on_a_page_and_by_a_call(
    dash: Dash, office: Browser
) -> None:
    with reading(dash.engine) as session:
        place = _agency(session, "tay-son")
        people = session.exec(select(Contact).where(Contact.agency_id == place)).all()
    assert len(people) > 1
    path = "/co-quan/tay-son/phu-trach"
    page = office.get(path).text
    assert page.count(" checked>") == len(people)
    dash.post(office, path, nguoi=[str(people[0].directory_id)])
    assert office.get(path).text.count(" checked>") == 1
    assert people[1].name in office.get(EVERYBODY + "?tim=tây sơn").text
    assert "chưa kế hoạch nào" in office.get(EVERYBODY + "?tim=tây sơn").text
    body = {"people": [one.name for one in people]}
    call = dash.browser().post(
        f"{API}/agencies/tay-son/seats", json=body, headers=key(dash, "coordinator")
    )
    assert call.status_code == 200, call.text
    assert office.get(path).text.count(" checked>") == len(people)
    dash.post(office, path)
    assert "Chưa chọn người nào" in html.unescape(office.get(path).text)


def test_everybody_of_the_directory_goes_out_and_comes_in(dash: Dash, office: Browser) -> None:
    taken = office.get(f"{EVERYBODY}?dang=csv").content.decode("utf-8-sig")
    assert "Tệp này không đổi gì" in send(dash, office, EVERYBODY, "nguoi.csv", taken)
    line = "van-canh,Đinh Văn Riêng,,,rieng@vc.example.vn,,,\n"
    page = send(dash, office, EVERYBODY, "nguoi.csv", taken + line)
    assert "Mới: van-canh, Đinh Văn Riêng" in page
    assert dash.post(office, EVERYBODY, **waiting(page)).status_code == 303
    headers = key(dash, "coordinator")
    told = dash.browser().get(f"{API}/directory/people?per_page=500", headers=headers).json()
    [one] = [one for one in told if one["name"] == "Đinh Văn Riêng"]
    assert (one["agency"], len(one["plans"])) == ("van-canh", 1)
    sent = {"file": ("nguoi.csv", (HEAD + line).encode(), "text/csv")}
    answer = dash.browser().post(f"{API}/directory/people", files=sent, headers=headers)
    assert answer.status_code == 201, answer.text
    left = dash.browser().get(f"{API}/directory/people?per_page=500", headers=headers).json()
    assert [p["name"] for p in left if p["agency"] == "van-canh"] == ["Đinh Văn Riêng"]


@pytest.mark.parametrize("name", ["..", "Danh bạ cán bộ đầu mối " * 6 + ".csv", "a/../../b.csv"])
def test_a_file_of_any_name_is_read(dash: Dash, office: Browser, name: str) -> None:
    taken = office.get(f"{EVERYBODY}?dang=csv").content.decode("utf-8-sig")
    assert "Tệp này không đổi gì" in send(dash, office, EVERYBODY, name, taken)
    sent = {"file": (name, taken.encode(), "text/csv")}
    headers = key(dash, "coordinator")
    answer = dash.browser().post(f"{API}/directory/people", files=sent, headers=headers)
    assert answer.status_code == 201, answer.text


def test_accounts_and_keys_are_offered_every_agency_that_stands(dash: Dash) -> None:
    with writing(dash.engine) as session:
        session.add(DirectoryAgency(code="xa-la"))
        session.add(DirectoryName(code="xa-la", valid_from=date.min, name="UBND xã Lạ", short="Lạ"))
        gone = date(2020, 1, 1)
        session.add(DirectoryAgency(code="xa-cu", valid_to=gone))
        session.add(DirectoryName(code="xa-cu", valid_from=date.min, name="UBND xã Cũ", short="Cũ"))
    admin = dash.client("admin")
    for path in ("/quan-tri/nguoi-dung", "/quan-tri/khoa-api"):
        page = html.unescape(admin.get(path).text)
        assert '<option value="xa-la">UBND xã Lạ</option>' in page
        assert "UBND xã Cũ" not in page
    form = {"email": "la@example.vn", "ten": "Văn thư xã Lạ", "vai__tro": "agency"}
    dash.post(admin, "/quan-tri/nguoi-dung", **form, co__quan=["xa-la"])
    with reading(dash.engine) as session:
        user = session.exec(select(UserAccount).where(UserAccount.email == "la@example.vn")).one()
    assert user.agencies == ["xa-la"]
