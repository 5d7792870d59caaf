"""What pages name is what is owed, at any size of plan: nobody is left out without «và N cơ quan khác» that
leads to all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from sqlmodel import col, select

from plan.database import reading
from plan.models import Agency, Milestone, Obligation
from plan.states import STILL_OWED
from tests.browser.large import large_dash
from tests.browser.support import Dash
from tests.support.api import API, key
from tests.support.large_plan import PLAN_ID

SIZES = [
    (17, 4),
    (135, 40),
    pytest.param((3321, 30), marks=pytest.mark.slow),
]
"""Agencies × products: a small province's, every commune of one, every commune there is."""
NAMED_ON_ONE = 150
"""Rows on one page of a list: the lists themselves are paged."""


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def dash(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dash]:
    made = large_dash(tmp_path_factory.mktemp("sizes"), *request.param)
    yield made
    made.engine.dispose()


def owing(dash: Dash, milestone: str = "", *, late: bool = False) -> set[str]:
    """Codes of the agencies that still owe (of one milestone, if named; `late`: past their day)."""
    with reading(dash.engine) as session:
        statement = (
            select(Agency.code)
            .join(Obligation, col(Obligation.agency_id) == Agency.id)
            .join(Milestone, col(Milestone.id) == Obligation.milestone_id)
            .where(Obligation.plan_id == PLAN_ID, col(Obligation.state).in_(STILL_OWED))
        )
        if milestone:
            statement = statement.where(Milestone.code == milestone)
        if late:
            statement = statement.where(col(Obligation.due_at) <= dash.clock.now)
        return set(session.exec(statement.distinct()))


def milestones(dash: Dash) -> list[str]:
    with reading(dash.engine) as session:
        return list(session.exec(select(Milestone.code).where(Milestone.plan_id == PLAN_ID)))


def agencies_in(html: str) -> set[str]:
    return set(re.findall(r'href="/co-quan/([a-z0-9-]+)"', html))


def others_in(html: str) -> tuple[int, str]:
    """How many «và N cơ quan khác» says, and where it leads; 0 where nobody is left out."""
    found = re.search(r'<a href="([^"]+)">và ([\d.]+) cơ quan khác</a>', html)
    return (int(found[2].replace(".", "")), unescape(found[1])) if found else (0, "")


def everybody_behind(dash: Dash, path: str) -> set[str]:
    """The agencies on every page of the list the link leads to."""
    client, found, number = dash.client("leader"), set[str](), 1
    mark = "&" if "?" in path else "?"
    while True:
        page = client.get(f"{path}{mark}trang={number}").text
        mine = set(re.findall(r'href="/nghia-vu/([a-z0-9-]+)/', page)) | agencies_in(
            page.partition("<main")[2]
        )
        found |= mine
        if f"trang={number + 1}" not in page:
            return found
        number += 1


def told(part: str, whole: set[str]) -> None:
    """This part of a page names some and counts the others, and they are as many as there are."""
    named, (others, where) = agencies_in(part), others_in(part)
    assert named <= whole
    assert len(named) + others == len(whole), (len(named), others, len(whole))
    assert bool(others) is bool(where)


def test_milestones_on_the_overview(dash: Dash) -> None:
    page = dash.client("coordinator").get("/").text
    for code in milestones(dash):
        row = re.search(rf'<th scope="row"><a href="/moc/{code}">.*?</tr>', page, re.S)
        assert row is not None, code
        cell = row[0].partition('class="missing"')[2]
        told(cell, owing(dash, code))


def test_each_milestones_page(dash: Dash) -> None:
    client = dash.client("leader")
    for code in milestones(dash):
        page = client.get(f"/moc/{code}").text
        facts = page.partition("<dt>Còn thiếu</dt>")[2].partition("</div>")[0]
        told(facts, owing(dash, code))
        _, where = others_in(facts)
        if where and len(owing(dash, code)) <= NAMED_ON_ONE:
            assert everybody_behind(dash, where) >= owing(dash, code)


def test_the_leaders_page_and_the_sentence_of_the_plan(dash: Dash) -> None:
    late = owing(dash, late=True)
    page = dash.client("leader").get("/lanh-dao").text
    told(page.partition("Đang quá hạn")[2], late)
    for path in ("/lanh-dao", "/", "/ke-hoach"):
        text = re.sub(r"<[^>]+>", "", dash.client("leader").get(path).text)
        said = re.search(r"sản phẩm quá hạn của (.+?) và ([\d.]+) cơ quan khác\.", text)
        assert said is not None, path
        assert len(said[1].split(", ")) + int(said[2].replace(".", "")) == len(late), path


def test_the_api_says_the_same(dash: Dash) -> None:
    headers = key(dash, "coordinator")
    for one in dash.browser().get(f"{API}/milestones", headers=headers).json():
        assert one["missing_count"] == len(owing(dash, one["id"]))
        assert set(one["missing"]) <= owing(dash, one["id"])


def test_lists_of_agencies_have_every_one_on_some_page(dash: Dash) -> None:
    whole = owing(dash)
    if len(whole) > 1000:
        pytest.skip("walked at smaller sizes: the same pages, many times over")
    for path in ("/buc-tranh", "/co-quan", "/nghia-vu?trang-thai="):
        assert everybody_behind(dash, path) >= whole, path


def test_closing_a_milestone_counts_who_is_missing(dash: Dash) -> None:
    client = dash.client("coordinator")
    code = milestones(dash)[0]
    page = client.get(f"/moc/{code}/dong").text
    said = re.search(r"<strong>([\d.]+) cơ quan còn thiếu", page)
    assert said is not None
    assert int(said[1].replace(".", "")) == len(owing(dash, code))
