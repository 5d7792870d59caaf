"""Pages remembered whole: the same bytes while nothing changed, another page at once when something did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from dashboard.web import dispatch
from tests.browser.support import Dash, dashboard_at


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    opened = dashboard_at(tmp_path)
    yield opened
    opened.engine.dispose()


def _no_thread(*_: object) -> NoReturn:
    raise AssertionError("a thread was woken")


def test_what_is_remembered_is_answered_without_a_thread(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, leader = dash.client("coordinator"), dash.client("leader")
    first = office.get("/")
    leader.get("/lanh-dao")
    monkeypatch.setattr(dispatch, "run_in_threadpool", _no_thread)
    again = office.get("/")
    assert (again.status_code, again.content) == (200, first.content)
    assert office.get("/", headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert leader.get("/").status_code == 500  # somebody else's page is nobody's answer


def test_a_change_a_minute_and_signing_out_end_it(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = dash.client("coordinator")
    first = office.get("/nghia-vu")
    sent = dash.post(office, "/nghia-vu/hoai-an/district-plan/mien", ly__do="Đã gộp.")
    assert sent.status_code == 303
    office.get("/tai-khoan")  # the word about it is shown once
    changed = office.get("/nghia-vu")
    assert changed.headers["etag"] != first.headers["etag"]
    dash.clock.forward(minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "run_in_threadpool", _no_thread)
        assert office.get("/nghia-vu").status_code == 500  # made anew, not remembered
    dash.post(office, "/dang-xuat")
    assert office.get("/nghia-vu").status_code == 303
