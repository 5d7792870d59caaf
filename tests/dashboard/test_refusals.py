"""Whoever was let in and is refused a page or a call stands in the trail, by account; a flood is one row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from dashboard.auth import refusals
from dashboard.auth.tokens import make_token
from plan.database import reading, writing
from plan.ledger import audit
from plan.models import AuditEvent
from plan.states import Actor, Role
from tests.browser.support import BASE, Dash, dashboard_at

SAME_ORIGIN = {"referer": f"{BASE}/", "sec-fetch-site": "same-origin"}


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    made = dashboard_at(tmp_path)
    yield made
    made.engine.dispose()


def refused(dash: Dash, event: str = "access.refused") -> list[AuditEvent]:
    with reading(dash.engine) as session:
        rows = select(AuditEvent).where(AuditEvent.event == event).order_by(col(AuditEvent.id))
        return list(session.exec(rows))


def test_a_page_for_other_roles_and_another_agencys_page(dash: Dash) -> None:
    client = dash.client("agency", "hoai-an")
    assert client.get("/quan-tri/nguoi-dung").status_code == 403
    assert client.get("/don-vi/an-lao/lich").status_code == 404
    page, other = refused(dash)
    assert (page.subject, page.after) == ("/quan-tri/nguoi-dung", {"method": "GET", "status": 403})
    assert (other.subject, other.after["status"]) == ("/don-vi/an-lao/lich", 404)
    assert page.account == other.account != ""
    with reading(dash.engine) as session:
        assert list(audit.verify(session)) == []


def test_a_form_from_elsewhere(dash: Dash) -> None:
    client = dash.client("coordinator")
    assert client.post("/tai-khoan/mat-khau", data={"moi": "bí mật"}).status_code == 403
    [row] = refused(dash)
    assert (row.subject, "bí mật" in str(row.after)) == ("/tai-khoan/mat-khau", False)


def test_who_may_see_all_mistypes_an_address_and_nothing_is_refused(dash: Dash) -> None:
    assert dash.client("coordinator").get("/co-quan/khong-co").status_code == 404
    assert refused(dash) == []


def test_a_call_beyond_its_keys_role_or_agency(dash: Dash) -> None:
    admin = Actor("Quản trị", Role.admin, origin="web", account="user:1")
    with writing(dash.engine) as session:
        row, text = make_token(
            session, name="x", role="agency", agencies=("hoai-an",), actor=admin, now=dash.real()
        )
        account = f"token:{row.id}"
    key = {"authorization": f"Bearer {text}"}
    assert dash.browser().get("/api/v1/contacts", headers=key).status_code == 403
    assert dash.browser().get("/api/v1/obligations/an-lao/bao-cao", headers=key).status_code == 404
    assert [(one.account, one.after["status"]) for one in refused(dash)] == [
        (account, 403), (account, 404),
    ]  # fmt: skip


def test_a_flood_of_them_is_one_row_more(dash: Dash) -> None:
    client = dash.client("agency", "hoai-an")
    for _ in range(refusals.KEPT.count + 5):
        client.get("/quan-tri/nguoi-dung")
    assert len(refused(dash)) == refusals.KEPT.count
    [row] = refused(dash, "limit.reached")
    assert row.subject == refusals.KEPT.name
