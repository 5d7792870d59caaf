"""Bức tranh: counts as the other pages count, worst first, no agency left out at any size."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dashboard.pages import picture as picture_page
from dashboard.queries.picture import TO_ACT, WORST, picture
from plan.database import reading
from plan.models import Plan
from plan.queries.progress import ObligationView, obligations
from plan.states import SIGNS, State, sign_key
from tests.browser.support import Dash, dashboard_at
from tests.conftest import PLAN_ID


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("picture"))
    yield made
    made.engine.dispose()


def views(dash: Dash) -> list[ObligationView]:
    with reading(dash.engine) as session:
        found = obligations(session, session.get_one(Plan, PLAN_ID), dash.clock.now)
    return [view for view in found if view.due_at is not None]


def test_every_sign_has_its_place() -> None:
    assert set(WORST) == set(SIGNS)


def test_nobody_and_nothing_is_left_out_and_counts_agree(dash: Dash) -> None:
    owed = views(dash)
    milestones = list(dict.fromkeys(view.milestone for view in owed))
    rows = picture(owed, milestones)
    assert {row.code for row in rows} == {view.agency for view in owed}
    total = sum(cell.total for row in rows for cell in row.cells if cell)
    assert total == sum(view.state is not State.waived for view in owed)
    assert sum(len(row.views) for row in rows) == len(owed)
    assert sum(row.late for row in rows) == sum(
        sign_key(view.state, view.timeliness) in ("overdue", "returned_late") for view in owed
    )


def test_the_worst_stand_first(dash: Dash) -> None:
    owed = views(dash)
    rows = picture(owed, list(dict.fromkeys(view.milestone for view in owed)))
    ranks = [WORST.index(sign_key(row.views[0].state, row.views[0].timeliness)) for row in rows]
    assert ranks == sorted(ranks)


def test_the_page_names_every_agency(dash: Dash) -> None:
    leader = dash.client("leader")
    agencies = {view.agency for view in views(dash)}

    def named() -> set[str]:
        return set(re.findall(r'href="/co-quan/([^"]+)"', leader.get("/buc-tranh").text))

    assert named() == agencies
    acting = leader.get("/buc-tranh?con-no=1").text
    late = {v.agency for v in views(dash) if sign_key(v.state, v.timeliness) in TO_ACT}
    assert set(re.findall(r'href="/co-quan/([^"]+)"', acting)) == late


def test_however_few_fit_on_a_page_everybody_stands_on_one(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    agencies = {view.agency for view in views(dash)}
    monkeypatch.setattr(picture_page, "PRODUCTS", 1)
    monkeypatch.setattr(picture_page, "FEWEST", 5)
    leader, found = dash.client("leader"), []
    for number in range(1, -(-len(agencies) // 5) + 1):
        here = re.findall(r'href="/co-quan/([^"]+)"', leader.get(f"/buc-tranh?trang={number}").text)
        assert len(set(here)) <= 5
        found += sorted(set(here))
    assert sorted(found) == sorted(agencies)
