"""On the pages: the table to fill in, and what a table taken in again changes."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from drafting import workshop
from drafting.service import draft_as_data
from plan.database import writing
from tests.browser.support import Dash, dashboard_at
from tests.conftest import REVIEWER, at

NOW = at("2027-01-06 08:00")
HEADS = "Số phiếu giao việc;Nội dung;Cơ quan chủ trì;Hạn\n"
FIRST = HEADS + "P1;Báo cáo kết quả năm;Sở Nội vụ;15/12/2027\nP2;Tổ chức tập huấn;Sở Tư pháp;\n"
AGAIN = HEADS + "P1;Báo cáo kết quả năm;Sở Nội vụ;30/11/2027\nP3;Khảo sát;Sở Y tế;Quý II/2027\n"


@pytest.fixture
def dash(tmp_path: Path) -> Dash:
    return dashboard_at(tmp_path, NOW)


def taken_in(dash: Dash, text: str) -> int:
    made = draft_as_data(text.encode(), "viec.csv")
    with writing(dash.engine) as session:
        draft = workshop.take_in(
            session, made, filename="viec.csv", sha256="0" * 64, actor=REVIEWER, now=NOW
        )
        assert draft.id is not None
        return draft.id


def test_a_blank_table_is_taken_from_the_page(dash: Dash) -> None:
    answer = dash.client("coordinator").get("/soan/bang-giao-viec.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    names = [row[0].value for row in book["Danh mục"].iter_rows()]
    assert "Sở Nội vụ" in names
    assert len(names) == len(set(names))


def test_the_page_shows_what_the_table_says_otherwise(dash: Dash) -> None:
    earlier, later = taken_in(dash, FIRST), taken_in(dash, AGAIN)
    client = dash.client("coordinator")
    assert f"/soan/{later}/so/{earlier}" in client.get("/soan").text
    page = client.get(f"/soan/{later}/so/{earlier}").text
    assert "<del>15/12/2027</del> <ins>30/11/2027</ins>" in page
    for words in ("Mới", "P3: ", "Không còn", "P2: ", "0 việc như cũ"):
        assert words in page
