"""Danh bạ: a file is looked at before it is taken in; agencies of all plans; who is away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from sqlmodel import Session, select

from dashboard.pages.system.directory import MOST_ASKED
from plan.database import reading, writing
from plan.directory.agencies import write_agencies
from plan.directory.entries import Entry, Name
from plan.directory.questions import open_questions
from plan.models import Absence, Agency, Contact, DirectoryAgency
from plan.states import Actor, Role
from tests.browser.support import Browser, Dash, dashboard_at
from tests.support.contacts_file import HEAD

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
