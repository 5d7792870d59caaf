"""«Hệ thống»: checks with what to do, work by the clock, copies with their age, alarms taken note of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard.web.system import CheckLine, System, WorkLine
from plan.database import reading
from plan.models import AlarmNote
from tests.browser.support import Browser, Dash, dashboard_at


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("system"))
    now = made.clock.now
    made.app.state.system = System(
        checks=lambda: [
            CheckLine("Đĩa", True, "Còn 20 GB."),
            CheckLine("Prefect", False, "Không trả lời.", "Chạy lại: dondoc serve"),
        ],
        works=lambda: [
            WorkLine("Nhắc các mốc", now, now + timedelta(hours=1), "đến giờ mà không chạy")
        ],
    )
    yield made
    made.engine.dispose()


@pytest.fixture
def admin(dash: Dash) -> Browser:
    return dash.client("admin")


def test_what_is_wrong_stands_first_with_what_to_do(dash: Dash, admin: Browser) -> None:
    page = admin.get("/he-thong").text
    assert "1 chỗ cần sửa" in page
    assert page.index("Không trả lời") < page.index("Còn 20 GB")
    assert "Chạy lại: dondoc serve" in page
    assert "đến giờ mà không chạy" in page
    table = admin.get("/he-thong?dang=csv").text
    assert "Prefect" in table


def test_copies_have_their_age(dash: Dash, admin: Browser) -> None:
    assert "Chưa có bản sao lưu nào" in admin.get("/he-thong").text
    copy = dash.home / "backups" / "dondoc-2020-05-03.db"
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(b"x")
    old = dash.real().timestamp() - timedelta(days=5).total_seconds()
    os.utime(copy, (old, old))
    assert "đã quá hai ngày" in admin.get("/he-thong").text
    os.utime(copy, (dash.real().timestamp(), dash.real().timestamp()))
    fresh = admin.get("/he-thong").text
    assert "1 bản trong máy" in fresh
    assert "đã quá hai ngày" not in fresh


def test_an_alarm_taken_note_of_is_quiet_until_its_day(dash: Dash, admin: Browser) -> None:
    page = admin.get("/he-thong").text
    keys = re.findall(r'name="canh-bao" value="([^"]+)"', page)
    assert keys
    words = re.search(r"<span>([^<]*Zalo[^<]*)</span>", page)
    assert words is not None
    key = next(one for one in keys if one.startswith("channel:"))
    assert words[1] in admin.get("/").text
    dash.post(
        admin, "/he-thong/canh-bao", canh__bao=key, den="10/05/2020", ghi__chu="đã gọi nhà mạng"
    )
    dash.clock.forward(minutes=2)
    assert words[1] not in admin.get("/").text
    assert "đã gọi nhà mạng" in admin.get("/he-thong").text
    with reading(dash.engine) as session:
        assert session.get(AlarmNote, ("04-kh-ubnd-2020", key)) is not None
    dash.clock.forward(days=7)
    assert words[1] in admin.get("/").text
    dash.post(admin, "/he-thong/canh-bao", canh__bao=key, den="10/05/2021")
    assert "phải từ hôm nay" in admin.get("/he-thong").text


def test_pages_alone_say_so(dash: Dash, admin: Browser) -> None:
    dash.app.state.system = None
    assert "dondoc serve" in admin.get("/he-thong").text
    assert dash.client("leader").get("/he-thong").status_code == 403
