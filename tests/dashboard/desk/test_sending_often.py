"""Whatever takes files is counted against who sends: every such route, the office's as the agencies'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dashboard.auth import limits
from dashboard.pages import ALL_PAGES
from dashboard.web.routing import PageRoute
from plan.states import Role
from tests.browser.support import Dash, dashboard_at
from tests.support.api import VALUES, path_of

TAKING = [route for route in ALL_PAGES if route.takes_files]


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("often"))
    yield made
    made.engine.dispose()


@pytest.mark.parametrize("route", TAKING, ids=lambda route: route.name)
def test_too_often_is_refused_before_anything_is_read(
    dash: Dash, monkeypatch: pytest.MonkeyPatch, route: PageRoute
) -> None:
    monkeypatch.setattr(limits, "UPLOAD", replace(limits.UPLOAD, count=1))
    client = dash.client(
        "coordinator" if Role.coordinator in route.may else "agency", VALUES["agency"]
    )
    said = []
    for _ in range(2):
        dash.post(client, path_of(route), files={"tep": ("a.txt", b"x")})
        said.append("Đã gửi quá nhiều lần" in client.get("/tai-khoan").text)
    assert said == [False, True]
