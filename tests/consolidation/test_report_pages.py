"""Bản đang viết: an edited draft handed back, its headings' detail, its signing, on the page."""

from __future__ import annotations

import io
from collections.abc import Iterator

import docx
import pytest
from sqlmodel import Session

from consolidation.outputs.environment import details_of
from consolidation.report_work import signed, working
from tests.browser.support import Dash, dashboard_at
from tests.conftest import PLAN_ID

REPORT = "provincial-report"
PAGE = f"/tong-hop/{REPORT}/dang-viet"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("reports"))
    yield made
    made.engine.dispose()


def word_file() -> bytes:
    document, out = docx.Document(), io.BytesIO()
    document.add_heading("I. Kết quả", 2)
    document.add_paragraph("Lời của người viết.")
    document.save(out)
    return out.getvalue()


def test_a_draft_goes_out_is_edited_comes_back_and_is_signed(dash: Dash) -> None:
    office, leader = dash.client("coordinator"), dash.client("leader")
    assert "Nộp lại bản đã sửa" in office.get(PAGE).text
    assert "Số trang trong mục lục do Word điền" in office.get(PAGE).text
    assert "Nộp lại bản đã sửa" not in leader.get(PAGE).text
    answer = dash.post(office, PAGE, files={"tep": ("sua.docx", word_file())})
    assert answer.status_code == 303
    page = leader.get(PAGE).text
    assert "sua.docx" in page
    assert "Không có gì mới so với bản đang viết." in page
    assert leader.get(f"{PAGE}/tep").status_code == 200
    with Session(dash.engine) as session:
        assert working(session, PLAN_ID, REPORT) is not None
    dash.post(office, PAGE, files={"tep": ("anh.docx", b"no zip")})
    assert "anh.docx không đọc được như tệp Word" in office.get(PAGE).text
    assert "anh.docx</a>" not in leader.get(PAGE).text
    fields = {"muc": "p1-iii-1", "muc-do": "none"}
    assert dash.post(office, f"/tong-hop/{REPORT}/muc", **fields).status_code == 303
    with Session(dash.engine) as session:
        assert details_of(session, PLAN_ID, REPORT) == {"p1-iii-1": "none"}
    told = {"so": "120/BC-UBND", "ngay": "2020-06-18"}
    files = {"tep": ("bao-cao.pdf", b"%PDF-1.7")}
    assert dash.post(office, f"/tong-hop/{REPORT}/ky", files=files, **told).status_code == 303
    page = leader.get(PAGE).text
    assert "Đã ký: 120/BC-UBND, ngày 18/06/2020" in page
    assert "Nộp lại bản đã sửa" not in office.get(PAGE).text
    with Session(dash.engine) as session:
        assert signed(session, PLAN_ID, REPORT) is not None


def test_only_reports_are_worked_on(dash: Dash) -> None:
    assert (
        dash.client("coordinator").get("/tong-hop/district-compilation/dang-viet").status_code
        == 404
    )
