"""Pages that grow with a plan, at three sizes of it: none is wider than its window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium

from tests.browser.conftest import Served, context_for, serving, watched
from tests.browser.large import large_dash
from tests.browser.sound import over_the_edge

pytestmark = pytest.mark.slow
SIZES = [(17, 4), (135, 40), (3321, 30)]
"""Agencies × products: a small province's, every commune of one, every commune there is."""
GROWING = (
    "/",
    "/buc-tranh",
    "/co-quan",
    "/nghia-vu",
    "/moc/moc-0",
    "/lanh-dao",
    "/ban-lam-viec",
    "/don-doc",
    "/bang-diem",
    "/lich",
    "/cong-van",
)
LOOKS = [(1440, "light"), (1440, "dark"), (360, "light")]


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with serving(large_dash(tmp_path_factory.mktemp("sizes"), *request.param)) as found:
        yield found


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_no_page_is_wider_than_its_window(
    chromium: Chromium, many: Served, width: int, scheme: str
) -> None:
    looks = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    context = context_for(chromium, many, "coordinator", **looks)
    page, faults = watched(context, many.url)
    wrong = []
    for path in GROWING:
        page.goto(many.url + path)
        wrong += [f"{path}: {fault}" for fault in [*over_the_edge(page), *faults]]
        faults.clear()
    context.close()
    assert wrong == []
