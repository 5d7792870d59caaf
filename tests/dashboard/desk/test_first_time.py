"""A new installation opens on the ways to a plan of one's own; a folder is taken whole or not at all."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from plan.database import reading, writing
from plan.models import Plan
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID

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
