"""Few figures typed on the page are judged as the workbook's are, and stand in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlmodel import select

from dashboard.auth import limits
from intake.forms.typed import FEW, few_cells
from intake.workbook.template import template_for
from plan.database import reading
from plan.definition.model import PlanDefinition
from plan.models import Submission, SubmissionFile, Value
from plan.queries.lookup import find_obligation
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID, at

DUTY = "skhcn/appendix-7"
PAGE = f"/don-vi/{DUTY}"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("typing"), at("2020-04-13 17:00"))
    yield made
    made.engine.dispose()


@pytest.fixture
def clerk(dash: Dash) -> Browser:
    return dash.client("agency", "skhcn", name="Văn thư Sở KHCN")


def fields(client: Browser) -> list[str]:
    """The names of the figures asked for, as the page shows them."""
    found = re.findall(r'name="(o:[^"]+)"', client.get(PAGE).text)
    return [name for name in found if not name.endswith(":note")]


def send(dash: Dash, client: Browser, values: dict[str, str], **more: str) -> str:
    escaped = {name.replace("-", "__"): value for name, value in values.items()}
    return dash.post(client, f"{PAGE}/dien", **escaped, **more).text


def kept(dash: Dash) -> tuple[list[Submission], dict[tuple[str, str], float | None]]:
    """Submissions, and the newest one's figures by place."""
    with reading(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, DUTY)
        rows = list(
            session.exec(select(Submission).where(Submission.obligation_id == row.id)).all()
        )
        newest = rows[-1].id if rows else 0
        values = session.exec(select(Value).where(Value.submission_id == newest)).all()
        return rows, {(one.indicator, one.period): one.number for one in values}


def test_figures_typed_are_a_workbook_handed_in(dash: Dash, clerk: Browser) -> None:
    names = fields(clerk)
    assert 0 < len(names) < FEW
    typed = {name: f"1.{number:03}" for number, name in enumerate(names, start=100)}
    told = send(dash, clerk, typed)
    rows, values = kept(dash)
    assert len(rows) == 1, re.sub(r"<[^>]+>", " ", told)[-800:]
    assert sorted(n for n in values.values() if n is not None) == [
        float(1000 + number) for number in range(100, 100 + len(names))
    ]
    with reading(dash.engine) as session:
        [file] = session.exec(
            select(SubmissionFile).where(SubmissionFile.submission_id == rows[0].id)
        ).all()
    assert file.filename.endswith(".xlsx")


def test_what_is_wrong_is_found_and_can_be_mended_where_it_stands(
    dash: Dash, clerk: Browser
) -> None:
    names = fields(clerk)
    wrong = dict.fromkeys(names, "12") | {names[0]: "khoảng mười", names[1]: "-3"}
    told = send(dash, clerk, wrong)
    assert "chỗ còn phải sửa" in told
    rows, _ = kept(dash)
    assert rows[-1].state == "returned"
    page = clerk.get(PAGE).text
    assert page.count('value="12"') == len(names) - 2
    send(dash, clerk, dict.fromkeys(names, "12"))
    rows, values = kept(dash)
    assert len(rows) == 2
    assert set(values.values()) == {12.0}


def test_only_checked_nothing_is_kept(dash: Dash, clerk: Browser) -> None:
    names = fields(clerk)
    send(dash, clerk, dict.fromkeys(names, "12"), thu="1")
    assert kept(dash)[0] == []
    dash.post(clerk, f"{PAGE}/dien")
    assert "Chưa điền ô nào" in clerk.get(PAGE).text


def test_sent_too_often_it_waits(
    dash: Dash, clerk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = fields(clerk)
    monkeypatch.setattr(limits, "UPLOAD", replace(limits.UPLOAD, count=1))
    send(dash, clerk, dict.fromkeys(names, "12"))
    send(dash, clerk, dict.fromkeys(names, "13"))
    assert "Đã gửi quá nhiều lần" in clerk.get(PAGE).text
    rows, values = kept(dash)
    assert len(rows) == 1
    assert set(values.values()) == {12.0}


def test_a_large_appendix_is_no_form(dash: Dash) -> None:
    clerk = dash.client("agency", "vpub")
    assert "Điền ngay trên trang" not in clerk.get("/don-vi/vpub/appendix-3").text
    assert dash.post(clerk, "/don-vi/vpub/appendix-3/dien").status_code == 404


def test_every_small_sheet_asks_for_what_its_workbook_does(definition: PlanDefinition) -> None:
    seen = 0
    for agency in definition.agencies:
        for sheet in template_for(definition, agency.id).sheets:
            tables = few_cells(definition, agency.id, sheet.deliverable)
            asked = {
                (line.name, period.key)
                for table in tables
                for line in table.lines
                for period in table.periods
            }
            assert asked <= sheet.asked
            assert not tables or {name for name, _ in asked} >= {
                name for name, _ in sheet.asked if "#" in name
            }
            seen += bool(tables)
    assert seen > 10
