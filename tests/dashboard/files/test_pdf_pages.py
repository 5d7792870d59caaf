"""A PDF that was handed in: its pages drawn, with what was read marked where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from intake.submit import SubmissionContext, submit_files
from plan.states import Actor, Role
from tests.browser.sample import PLAN
from tests.browser.support import Dash, dashboard_at
from tests.pdf_writing import sheet_as_pdf
from tests.support.workbook_samples import full

DUTY = "stp/appendix-2"
BEFORE = datetime(2020, 2, 3, 3, 0, tzinfo=UTC)
"""Nobody has handed in anything yet."""


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("pdf"), BEFORE)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def page(dash: Dash) -> str:
    """The address of the first page of a printed appendix, as the agency has it."""
    actor = Actor("Sở Nội vụ", Role.coordinator)
    (filed,) = submit_files(
        SubmissionContext(dash.engine, dash.site.store, PLAN, actor, dash.clock()),
        "stp",
        [("ky.pdf", sheet_as_pdf(full("stp"), "PL2"))],
        only=DUTY,
    )
    own = dash.client("agency", "stp")
    shown = own.get(f"/don-vi/{DUTY}?lan={filed.number}").text
    (link,) = re.findall(rf'href="(/don-vi/{DUTY}/lan/{filed.number}/tep/\d+/trang/1)"', shown)
    return str(link)


def test_every_figure_is_marked_on_its_page(dash: Dash, page: str) -> None:
    shown = dash.client("agency", "stp").get(page)
    assert shown.status_code == 200
    assert shown.text.count('<rect class="read"') == 78
    assert "PL2.1 kỳ 2015: 42" in shown.text
    picture = dash.client("agency", "stp").get(page.replace("/trang/", "/anh/"))
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["content-type"] == "image/png"


def test_a_page_that_is_not_there_is_missing(dash: Dash, page: str) -> None:
    own = dash.client("agency", "stp")
    assert own.get(page.replace("/trang/1", "/trang/9")).status_code == 404
    assert own.get(page.replace("/trang/1", "/anh/9")).status_code == 404


def test_another_agency_sees_neither(dash: Dash, page: str) -> None:
    other = dash.client("agency", "an-lao")
    for path in (page, page.replace("/trang/", "/anh/")):
        assert other.get(path).status_code in (403, 404)
