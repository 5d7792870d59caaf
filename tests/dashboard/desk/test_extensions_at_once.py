"""More time asked for several products at once: each is a request of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlmodel import select

from plan.database import reading
from plan.models import Extension
from tests.browser.support import Dash, dashboard_at
from tests.conftest import at


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("extensions"), at("2020-04-13 17:00"))
    yield made
    made.engine.dispose()


def asked(dash: Dash) -> list[Extension]:
    with reading(dash.engine) as session:
        return list(session.exec(select(Extension)).all())


def test_each_ticked_product_is_asked_for_once(dash: Dash) -> None:
    clerk = dash.client("agency", "vpub")
    ticked = re.findall(r'name="chon" value="([^"]+)"', clerk.get("/don-vi/vpub").text)
    assert len(ticked) > 1
    fields = {"den": "20/05/2020", "ly__do": "Bão số 5"}
    dash.post(clerk, "/don-vi/vpub/xin-gia-han", chon=[*ticked, ticked[0]], **fields)
    assert len(asked(dash)) == len(ticked)
    assert f"Đã gửi {len(ticked)} đề nghị" in clerk.get("/don-vi/vpub").text


def test_what_cannot_be_asked_is_named_and_holds_up_no_other(dash: Dash) -> None:
    clerk = dash.client("agency", "vpub")
    [first, *_] = re.findall(r'name="chon" value="([^"]+)"', clerk.get("/don-vi/vpub").text)
    fields = {"den": "20/05/2020", "ly__do": "Bão số 5"}
    dash.post(clerk, "/don-vi/vpub/xin-gia-han", **fields)
    assert "Chưa chọn sản phẩm nào" in clerk.get("/don-vi/vpub").text
    dash.post(clerk, "/don-vi/vpub/xin-gia-han", chon=[first], **(fields | {"den": "01/04/2020"}))
    assert "phải sau hạn hiện tại" in clerk.get("/don-vi/vpub").text
    assert asked(dash) == []
    other = dash.client("agency", "stp")
    assert dash.post(other, "/don-vi/vpub/xin-gia-han", chon=[first], **fields).status_code == 404
