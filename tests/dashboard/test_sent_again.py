"""Sent again, because the answer was lost or said an error: the same submission, however it went since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Response
from sqlmodel import col, select

from plan import ledger
from plan.database import WRITES, Writes, reading, writing
from plan.models import Submission
from plan.queries.lookup import find_obligation
from tests.browser.support import Dash, dashboard_at
from tests.conftest import PLAN_ID, REVIEWER
from tests.support.api import API, key

OWED = "vpub/appendix-3"
"""Of which the sample holds a faulty submission, number 1."""
FORM = f"/don-vi/{OWED}/khong-phat-sinh"
CALL = f"{API}/obligations/{OWED}/nil"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("again"))
    yield made
    made.engine.dispose()


def numbers(dash: Dash) -> list[int]:
    with reading(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, OWED)
        filed = select(Submission.number).where(Submission.obligation_id == row.id)
        return list(session.exec(filed.order_by(col(Submission.number))))


def send_back(dash: Dash) -> None:
    """The coordinator returns it: the same content would be taken anew from now on."""
    with writing(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, OWED)
        ledger.give_back(session, row.id or 0, reason="Chưa rõ.", actor=REVIEWER, now=dash.clock())


def test_a_form_is_filed_once_whatever_became_of_it(dash: Dash) -> None:
    clerk = dash.client("agency", "vpub")
    shown = {"lan__gui": "mot", "ly__do": "Không có việc nào."}
    for _ in range(2):
        assert dash.post(clerk, FORM, **shown).status_code == 303
    send_back(dash)
    dash.post(clerk, FORM, **shown)
    assert numbers(dash) == [1, 2]
    dash.post(clerk, FORM, **shown | {"lan__gui": "hai"})  # the form shown anew, meant anew
    dash.post(clerk, FORM, **shown | {"ly__do": "Nay mới rõ: không có việc nào."})
    assert numbers(dash) == [1, 2, 3, 4]


def test_every_form_that_files_carries_its_sending(dash: Dash) -> None:
    clerk = dash.client("agency", "vpub")
    pages = [clerk.get(f"/don-vi/{OWED}").text for _ in range(2)]
    for page in pages:
        assert page.count('name="lan-gui"') == 2  # files, nothing to report
    assert pages[0] != pages[1]


def test_a_call_is_filed_once_under_its_key(dash: Dash) -> None:
    mine, other = (key(dash, "agency", "vpub") for _ in range(2))

    def call(who: dict[str, str], name: str, reason: str = "Không có.") -> Response:
        headers: Any = who | {"idempotency-key": name}
        return dash.browser().post(CALL, headers=headers, json={"reason": reason})

    assert [call(mine, "k1").json()["number"] for _ in range(2)] == [2, 2]
    send_back(dash)
    assert call(mine, "k1").json()["number"] == 2
    assert numbers(dash) == [1, 2]
    refused = call(mine, "k1", "Lý do khác.").json()
    assert refused["number"] == 0
    assert "Idempotency-Key" in refused["findings"][-1]["message"]
    assert call(other, "k1").json()["number"] == 3  # another program's own key


def test_a_refused_commit_is_told_from_one_nobody_knows_of(dash: Dash) -> None:
    """SQLite's commit either is or is not: what fails leaves nothing, and counters are no deeds."""
    writes = Writes()
    token = WRITES.set(writes)
    try:
        with writing(dash.engine, deed=False):
            pass
        assert not writes.perhaps
        with writing(dash.engine):
            pass
        assert writes.perhaps
    finally:
        WRITES.reset(token)
