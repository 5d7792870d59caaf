"""A submission in the wrong place, moved by a button and by another program: one door, read again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plan.definition.model import PlanDefinition
from tests.browser.support import Dash, dashboard_at
from tests.support.api import API, key
from tests.support.report_writing import enough, fill

DUTY, REPORT = "hoai-an/publicity", "hoai-an/district-report"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("moving"))
    yield made
    made.engine.dispose()


def files_of(definition: PlanDefinition) -> list[tuple[str, Any]]:
    """The district's own report, which its clerk is about to send as evidence of another duty."""
    made = fill(definition, "hoai-an", "district-report", lambda node: enough(node))
    return [("files", ("bao-cao.docx", made[0]))]


def filed_as_evidence(dash: Dash, definition: PlanDefinition, office: dict[str, str]) -> int:
    told = dash.browser().post(
        f"{API}/obligations/{DUTY}/done",
        headers=office,
        data={"evidence": "Báo cáo kèm theo"},
        files=files_of(definition),
    )
    assert told.status_code == 201, told.text
    return int(told.json()["number"])


def test_by_a_button_on_the_page(dash: Dash, definition: PlanDefinition) -> None:
    number = filed_as_evidence(dash, definition, key(dash, "coordinator"))
    office = dash.client("coordinator")
    assert f'value="{REPORT}"' in office.get(f"/nghia-vu/{DUTY}?lan={number}").text
    form = {"lan": str(number), "sang": REPORT, "ly__do": "Nộp nhầm chỗ"}
    sent = dash.post(office, f"/nghia-vu/{DUTY}/chuyen", **form)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/nghia-vu/{REPORT}")
    assert "đọc lại: không có lỗi nào" in office.get(f"/nghia-vu/{REPORT}").text
    left = office.get(f"/nghia-vu/{DUTY}?lan={number}").text
    assert "Chuyển sang hoai-an/district-report lần" in left
    assert f"{DUTY} lần {number} → {REPORT} lần" in left
    assert 'name="sang"' not in left
    again = dash.post(office, f"/nghia-vu/{DUTY}/chuyen", **form)
    assert "được chuyển rồi" in office.get(again.headers["location"]).text


def test_by_another_program(dash: Dash, definition: PlanDefinition) -> None:
    office = key(dash, "coordinator")
    number = filed_as_evidence(dash, definition, office)
    path = f"{API}/obligations/{DUTY}/submissions/{number}/move"
    body = {"to": REPORT, "reason": "Nộp nhầm chỗ"}
    clerk = key(dash, "agency", "hoai-an")
    assert dash.browser().post(path, headers=clerk, json=body).status_code == 403
    told = dash.browser().post(path, headers=office, json=body)
    assert told.status_code == 200, told.text
    assert (told.json()["obligation"], told.json()["complete"]) == (REPORT, True)
    nowhere = dash.browser().post(path, headers=office, json=body | {"to": "hoai-an/khong-co"})
    assert nowhere.status_code in (404, 422)
