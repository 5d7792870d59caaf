"""Every table shown can be taken away, as .csv and as .xlsx."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import openpyxl
import pytest
from lxml.html import fromstring

from dashboard.auth.tokens import make_token
from notifications import webhooks
from plan.database import writing
from plan.states import Actor, Role
from tests.browser.sample import PLAN
from tests.browser.support import BASE, Browser, Dash, dashboard_at
from tests.support.dashboard_walk import STARTS, walk

Element = Any
"""A node of lxml's tree, which has no types."""
TABLES = {
    "/?bang=moc": "Mốc",
    "/?bang=ma-tran": "Nhóm",
    "/?bang=ma-tran&nhom=district&con-no=1": "Nhóm",
    "/moc": "Mốc",
    "/moc/district-reports": "Cơ quan",
    "/co-quan": "Cơ quan",
    "/co-quan/vinh-thanh": "Cơ quan",
    "/co-quan/vinh-thanh?bang=nguoi-nhan": "Tên",
    "/co-quan/vinh-thanh?bang=tin": "Lúc soạn",
    "/co-quan/vinh-thanh?bang=lich-su": "STT",
    "/nghia-vu": "Cơ quan",
    "/nghia-vu/vpub/appendix-3?bang=phat-hien": "Mức",
    "/nghia-vu/vpub/appendix-3?bang=lan-nop": "Lần",
    "/gia-han": "Cơ quan",
    "/nhac-viec": "Lúc soạn",
    "/nhac-viec/sap-gui": "Người nhận",
    "/tong-hop": "Sản phẩm",
    "/tong-hop/provincial-appendices/1": "Bản nộp",
    "/tong-hop/provincial-appendices/1/so-lieu/PL2.1?ky=2018": "Cơ quan",
    "/nhat-ky": "STT",
    "/quan-tri/danh-ba": "agency",
    "/quan-tri/co-quan": "Mã",
    "/quan-tri/lich-nghi": "Ngày",
    "/quan-tri/duong-dan": "Lúc",
    "/quan-tri/nguoi-dung": "Thư điện tử",
    "/quan-tri/chinh-sach": "Khi nào",
    "/quan-tri/khoa-api": "Hệ thống",
    "/quan-tri/webhook": "Hệ thống",
    "/quan-tri/api": "Cách gọi",
    "/nhac-viec/3": "Lúc",
    "/lich?thang=2020-04": "Ngày",
    "/nghia-vu/vpub/appendix-3?bang=so-lieu": "Phụ lục",
    "/don-vi/vpub": "Cơ quan",
    "/don-vi/vpub?bang=da-nop": "Cơ quan",
    "/don-vi/vpub/appendix-3?bang=so-lieu": "Phụ lục",
    "/tong-hop/provincial-appendices/1/so-lieu?phu-luc=PL2": "Phụ lục",
    "/tong-hop/provincial-report/1/so-lieu?muc=p1-ii-1": "Phụ lục",
}
"""Address of a table → its first head."""
TOGETHER = (
    ("/tong-hop", "the runs of every output stand in one file, at the top of the page"),
    (
        "/so-sanh",
        "cells and everything else that differs stand in one file, at the top of the page",
    ),
)
"""Pages whose tables share one file (the end of their path), and why."""
NOT_TAKEN = {
    "feeds": "addresses that open a calendar unasked are not to be passed on in bulk",
    "to-decide": "a form to decide with; «Nghĩa vụ › Chờ duyệt» gives the list",
    "ladder": "a form to set the rungs with; the plan's folder has them",
    "calls": "an index: what came in stands in each call's own table",
    "of-letter": "stands in the letter itself, .docx or .zip",
    "of-scores": "stands in the .xlsx of the scorecard, obligation by obligation",
}
"""Classes of tables that do not go along, and why."""


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    found = dashboard_at(tmp_path_factory.mktemp("exports"))
    administrator = Actor("Phạm Văn Quản trị", Role.admin)
    with writing(found.engine) as session:
        now = found.clock()
        make_token(session, name="Trục LGSP", role="leader", actor=administrator, now=now)
        webhooks.make_webhook(
            session,
            plan_id=PLAN,
            name="Trục LGSP",
            url="https://lgsp.example.vn/don",
            kinds=[],
            key=found.site.secret,
            actor=administrator,
            now=now,
        )
    yield found
    found.engine.dispose()


@pytest.mark.parametrize("path", TABLES)
def test_tables_go_along_as_files(dash: Dash, path: str) -> None:
    """The same heads and rows as .csv and as .xlsx."""
    client = dash.client("admin" if path.startswith("/quan-tri") else "coordinator")
    mark = "&" if "?" in path else "?"
    text = client.get(f"{path}{mark}dang=csv")
    assert text.headers["content-disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{path}{mark}dang=xlsx").content))
    sheet = book.worksheets[0]
    assert rows[0][0] == TABLES[path] == sheet["A1"].value
    # The first file taken away stands in the log that the second one holds.
    assert sheet.max_row == len(rows) + (path == "/nhat-ky")
    assert {len(row) for row in rows} == {len(rows[0])}


@dataclass
class Part:
    """What stands under one heading: its tables with anything in them, and the files offered."""

    tables: list[Element] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def parts(page: str) -> list[Part]:
    found = [Part()]
    for node in fromstring(page).iter("h1", "h2", "table", "a"):
        if node.tag in ("h1", "h2"):
            found.append(Part())
        elif node.tag == "table" and lines(node):
            found[-1].tables.append(node)
        elif node.get("href", "").endswith("dang=csv"):
            found[-1].files.append(node.get("href", ""))
    return found


def lines(table: Element) -> int:
    """Rows that hold something: not «Chưa có gì.» across the whole width, nor a name with blanks."""
    return sum(_filled(row.findall("*")) for row in table.iterfind("tbody/tr"))


def _filled(cells: list[Element]) -> bool:
    if len(cells) == 1 and cells[0].get("colspan"):
        return False
    named = next((n for n, cell in enumerate(cells, 1) if cell.tag == "th"), 0)
    return any(cell.text_content().strip() for cell in cells[named:] or cells)


@pytest.mark.parametrize(("role", "agencies", "start"), STARTS)
def test_every_table_on_every_page_goes_along(
    dash: Dash, role: str, agencies: tuple[str, ...], start: str
) -> None:
    """Under the same heading as the table stands a file with at least its rows."""
    client = dash.client(role, *agencies)
    wrong, count = [], 0
    for path, _, _, page in walk(client, start):
        found = parts(page) if page else []
        if urlsplit(path).path.endswith(tuple(end for end, _ in TOGETHER)):
            every = [name for part in found for name in part.files]
            found = [Part([one for part in found for one in part.tables], every)]
        for part in found:
            sizes = [_rows(client, urljoin(BASE + path, name)) for name in part.files]
            for table in part.tables:
                count += 1
                named = (table.get("class") or "").split()
                if not NOT_TAKEN.keys() & set(named) and max(sizes, default=0) < lines(table):
                    wrong.append(f"{path}: {named}: {lines(table)} rows, files of {sizes}")
    assert wrong == []
    assert count > 1


def _rows(client: Browser, address: str) -> int:
    text = client.get(address).content.decode("utf-8-sig")
    return len(list(csv.reader(io.StringIO(text)))) - 1


def test_a_table_that_is_not_there_is_not_found(dash: Dash) -> None:
    assert dash.client("coordinator").get("/?bang=khac&dang=csv").status_code == 404
