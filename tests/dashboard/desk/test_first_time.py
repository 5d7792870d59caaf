"""A new installation opens on the ways to a plan of one's own; a folder is taken whole or not at all."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from dashboard.app import create_app
from dashboard.pages.office import first_time
from plan.database import migrate, reading, writing
from plan.definition.checks import load_checked
from plan.definition.model import PlanDefinition
from plan.importing.plan import load_plan
from plan.models import AuditEvent, Deadline, Obligation, Plan, PlanVersion
from plan.queries.lookup import plan_ids
from plan.settings import Settings
from tests.browser.paths import ADMIN, OFFICE
from tests.browser.support import (
    BASE,
    NAMES,
    SAMPLE_DAY,
    Browser,
    Dash,
    Hand,
    dashboard_at,
    quick_engine,
)
from tests.conftest import PLAN_ID
from tests.support.contacts_file import HEAD

FOLDER = Path(__file__).parents[3] / "plan" / PLAN_ID


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("first"))
    yield made
    made.engine.dispose()


@pytest.fixture
def office(dash: Dash) -> Browser:
    return dash.client("coordinator")


def packed(*more: str, **changed: str) -> tuple[str, bytes, str]:
    """Plan 04's folder as .zip, under another id; `changed`: name without ending → text; `more`: names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(FOLDER.rglob("*.yaml")):
            text = changed.get(path.stem, path.read_text("utf-8"))
            text = text.replace(f"id: {PLAN_ID}", "id: nam-sau", 1)
            archive.writestr(f"ke-hoach/{path.relative_to(FOLDER)}", text)
        for name in more:
            archive.writestr(name, "x: 1")
    return "ke-hoach.zip", made.getvalue(), "application/zip"


def test_until_a_plan_ran_one_lands_on_the_first_page(dash: Dash, office: Browser) -> None:
    assert office.get("/?dau=1").headers["location"] != "/lan-dau"
    with writing(dash.engine) as session:
        for plan in session.exec(select(Plan)):
            plan.started_at = None
            session.add(plan)
    assert office.get("/?dau=1").headers["location"] == "/lan-dau"
    page = html.unescape(office.get("/lan-dau").text)
    for way in ("dondoc demo", 'href="/soan"', "/ke-hoach/soan-lai", "/lan-dau/thu-muc"):
        assert way in page


def test_a_folder_becomes_a_draft(dash: Dash, office: Browser) -> None:
    done = dash.post(office, "/lan-dau/thu-muc", files={"tep": packed()})
    assert done.headers["location"].startswith("/ke-hoach/bat-dau")
    with reading(dash.engine) as session:
        assert session.get_one(Plan, "nam-sau").state == "draft"
    dash.post(office, "/lan-dau/thu-muc", files={"tep": packed()})
    assert "Đã có kế hoạch mã «nam-sau»" in html.unescape(office.get("/lan-dau").text)


def test_the_trail_says_who_took_the_folder_in(dash: Dash, office: Browser) -> None:
    with reading(dash.engine) as session:
        loaded = select(AuditEvent).where(AuditEvent.plan_id == "nam-sau")
        rows = session.exec(loaded.where(AuditEvent.event == "plan.loaded")).all()
        version = session.exec(select(PlanVersion).where(PlanVersion.plan_id == "nam-sau")).one()
        deadlines = session.exec(
            select(Deadline.decided_by)
            .join(Obligation)
            .where(Obligation.plan_id == "nam-sau")
            .distinct()
        ).all()
    name = NAMES["coordinator"]
    assert [(row.role, row.account[:5]) for row in rows] == [("coordinator", "user:")]
    assert (version.made_by, list(deadlines)) == (name, [name])


def test_two_folders_at_once_are_not_one_plan(
    dash: Dash, office: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = first_time.load_checked

    def somebody_is_quicker(folder: Path) -> PlanDefinition:
        definition = checked(folder)
        with writing(dash.engine) as session:
            load_plan(session, definition, now=dash.clock.now)
        return definition

    monkeypatch.setattr(first_time, "load_checked", somebody_is_quicker)
    file = packed(plan=(FOLDER / "plan.yaml").read_text("utf-8").replace(PLAN_ID, "cung-luc"))
    dash.post(office, "/lan-dau/thu-muc", files={"tep": file})
    assert "Đã có kế hoạch mã «cung-luc»" in html.unescape(office.get("/lan-dau").text)
    with reading(dash.engine) as session:
        loaded = select(AuditEvent).where(AuditEvent.plan_id == "cung-luc")
        assert len(session.exec(loaded.where(AuditEvent.event == "plan.loaded")).all()) == 1


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (packed(milestones="- {id: x, titel: y}"), "milestones.yaml"),
        (packed("../../ngoai.yaml"), "Không mở được tệp .zip"),
        (("a.zip", b"PK no archive", "application/zip"), "Không mở được tệp .zip"),
        (("a.zip", b"", "application/zip"), "Không mở được tệp .zip"),
    ],
)
def test_a_folder_with_a_fault_leaves_nothing(
    dash: Dash, office: Browser, file: tuple[str, bytes, str], words: str
) -> None:
    with reading(dash.engine) as session:
        before = len(session.exec(select(Plan)).all())
    said = dash.post(office, "/lan-dau/thu-muc", files={"tep": file})
    page = said if said.status_code == 422 else office.get("/lan-dau")
    assert words in html.unescape(page.text)
    with reading(dash.engine) as session:
        assert len(session.exec(select(Plan)).all()) == before


# --- without a plan ----------------------------------------------------------------------------------

LOOKED_AT = ("/lan-dau", "/soan", "/ke-hoach", "/tai-khoan", "/he-thong")
"""What the office needs on the way to its first plan."""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    """As installed, its one draft deleted."""
    folder = tmp_path_factory.mktemp("no-plan")
    engine, clock, real = quick_engine(folder / "dondoc.db"), Hand(SAMPLE_DAY), Hand(SAMPLE_DAY)
    migrate(engine)
    with writing(engine) as session:
        load_plan(session, load_checked(FOLDER), now=clock.now)
    settings = Settings(home=folder, base_url=BASE, _env_file=None)
    app = create_app(settings, engine, clock, real_clock=real)
    made = Dash(folder, engine, app, clock, real)
    office = made.client("coordinator")
    assert made.post(office, "/ke-hoach/xoa").headers["location"] == "/ke-hoach"
    assert "Đã xóa bản nháp" in office.get("/ke-hoach").text
    yield made
    engine.dispose()


@pytest.mark.parametrize("path", OFFICE)
def test_the_office_is_led_to_the_ways_to_a_plan(bare: Dash, path: str) -> None:
    answer = bare.client("coordinator").get(path)
    assert answer.status_code in (200, 303, 404), answer.text[-600:]
    if answer.status_code == 303:
        assert answer.headers["location"] == "/lan-dau"
    if path in LOOKED_AT:
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ADMIN)
def test_an_administrator_administers(bare: Dash, path: str) -> None:
    answer = bare.client("admin").get(path)
    assert answer.status_code == 200
    if path == "/quan-tri/webhook":
        assert "nên thêm được khi Sở Nội vụ đã nạp kế hoạch" in answer.text
        assert 'name="dia-chi"' not in answer.text


def test_the_first_page_offers_what_there_is(bare: Dash) -> None:
    office = bare.client("coordinator")
    bare.post(office, "/ke-hoach/bat-dau")
    page = html.unescape(office.get("/lan-dau").text)
    assert "Chưa có kế hoạch nào" in page
    assert "/lan-dau/thu-muc" in page
    assert "/ke-hoach/soan-lai" not in page


@pytest.mark.parametrize("role", ["leader", "admin"])
def test_whoever_makes_no_plan_is_told_to_wait_for_one(bare: Dash, role: str) -> None:
    answer = bare.client(role).get("/")
    assert answer.status_code == 422
    assert (
        "Chưa có kế hoạch nào. Trang này mở ra khi Sở Nội vụ đã nạp một kế hoạch."
        in html.unescape(answer.text)
    )


def test_the_directory_is_kept_before_there_is_a_plan(bare: Dash) -> None:
    """Agencies and their people, taken in from files and taken away again."""
    office = bare.client("coordinator")
    agencies, people = "/quan-tri/co-quan", "/quan-tri/nguoi-nhan"
    for path, text in (
        (agencies, "Mã,Tên,Loại\nxa-moi,UBND xã Mới,xã\n"),
        (people, HEAD + "xa-moi,Lê Thị Hoa,,,hoa@xa-moi.example,,,\n"),
    ):
        sent = {"tep": ("tep.csv", text.encode(), "text/csv")}
        seen = bare.post(office, path, files=sent)
        assert "Mới: xa-moi" in html.unescape(seen.text)
        waits = dict(re.findall(r'name="(ten-tep|noi-dung)" value="([^"]*)"', seen.text))
        done = bare.post(office, path, nhap="1", **waits)
        assert done.headers["location"] == path
        assert "xa-moi" in office.get(f"{path}?dang=csv").content.decode("utf-8-sig")
    assert "chưa kế hoạch nào" in html.unescape(office.get(people).text)


def test_a_folder_taken_in_is_the_first_plan_again(bare: Dash) -> None:
    office = bare.client("coordinator")
    done = bare.post(office, "/lan-dau/thu-muc", files={"tep": packed()})
    assert done.headers["location"] == "/ke-hoach/bat-dau"
    assert office.get("/ke-hoach/bat-dau").status_code == 200
    with reading(bare.engine) as session:
        assert plan_ids(session) == ["nam-sau"]
