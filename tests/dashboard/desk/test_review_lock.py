"""Two coordinators at one item: the second sees who has it, and what was decided."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dashboard.review_lock import LASTS
from tests.browser.support import Browser, Dash, dashboard_at


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("locks"))
    yield made
    made.engine.dispose()


@pytest.fixture
def two(dash: Dash) -> tuple[Browser, Browser]:
    return (
        dash.client("coordinator", name="Trần Văn Bình"),
        dash.client("coordinator", "snv", name="Phạm Thị Nga"),
    )


def clean(client: Browser) -> list[str]:
    """What waits in the queue without a fault left: obligation#number."""
    page = client.get("/ban-lam-viec").text
    rows = re.findall(r'name="chon" value="([^"]+)".*?</tr>', page, re.S)
    return [row for row in rows if re.search(rf'value="{row}".*?class="green"', page, re.S)]


def test_the_second_sees_who_has_it_for_a_while(dash: Dash, two: tuple[Browser, Browser]) -> None:
    first, second = two
    name = clean(first)[0].partition("#")[0]
    first.get(f"/nghia-vu/{name}")
    assert "Trần Văn Bình đang xem từ" in second.get("/ban-lam-viec").text
    assert "Trần Văn Bình đang xem từ" in second.get(f"/nghia-vu/{name}").text
    assert "Trần Văn Bình đang xem" not in first.get("/ban-lam-viec").text
    assert "Phạm Thị Nga đang xem từ" in first.get(f"/nghia-vu/{name}").text
    dash.clock.forward(seconds=LASTS.total_seconds() + 1)
    assert "đang xem từ" not in second.get("/ban-lam-viec").text


def test_opening_another_gives_the_first_up(dash: Dash, two: tuple[Browser, Browser]) -> None:
    first, second = two
    one, other = (name.partition("#")[0] for name in clean(first)[:2])
    first.get(f"/nghia-vu/{one}")
    first.get(f"/nghia-vu/{other}")
    assert "đang xem từ" not in second.get(f"/nghia-vu/{one}").text
    assert "Trần Văn Bình đang xem từ" in second.get(f"/nghia-vu/{other}").text


def test_the_second_is_told_what_was_decided(dash: Dash, two: tuple[Browser, Browser]) -> None:
    first, second = two
    name, _, number = clean(first)[0].partition("#")
    dash.post(first, f"/nghia-vu/{name}/nhan", lan=number)
    dash.post(second, f"/nghia-vu/{name}/tra-lai", lan=number, ly__do="thiếu chữ ký")
    page = second.get(f"/nghia-vu/{name}").text
    assert f"Trần Văn Bình đã nhận bản nộp lần {number} lúc" in page
    assert "thiếu chữ ký" not in page


def test_taking_all_leaves_what_another_reads(dash: Dash, two: tuple[Browser, Browser]) -> None:
    first, second = two
    held = clean(first)[0]
    first.get(f"/nghia-vu/{held.partition('#')[0]}")
    dash.post(second, "/ban-lam-viec/nhan", het="1")
    assert clean(second) == [held]
