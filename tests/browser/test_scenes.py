"""Pages that stand only once something has happened: within their window, axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser as Chromium

from tests.browser import scenes
from tests.browser.conftest import Served, context_for, watched
from tests.browser.handing_down import DUTY
from tests.browser.sound import unsound
from tests.browser.support import Dash

pytestmark = pytest.mark.slow
LOOKS = [(1440, "light"), (360, "dark")]


def _asked(dash: Dash) -> str:
    """A thread of both sides, with a file."""
    file = ("tep", ("mau.pdf", b"%PDF-1.4 x", "application/pdf"))
    clerk, office = dash.client("agency", "stc"), dash.client("coordinator")
    dash.post(clerk, f"/don-vi/{DUTY}/hoi", noi__dung="Lấy số đến ngày nào?", files=[file])
    dash.post(office, f"/nghia-vu/{DUTY}/tra-loi", noi__dung="Đến hết 2019.")
    assert "Đến hết 2019." in clerk.get(f"/don-vi/{DUTY}").text
    return f"/don-vi/{DUTY}"


HAPPENED: dict[str, tuple[Callable[[Dash], str], str, tuple[str, ...]]] = {
    "handed-down": (scenes.handed_down, "agency", ("snv",)),
    "asked": (_asked, "agency", ("stc",)),
    "drafted": (scenes.drafted, "coordinator", ()),
    "amended": (scenes.amended, "coordinator", ()),
    "plan-to-start": (scenes.plan_to_start, "coordinator", ()),
    "edited-report": (scenes.edited_report, "coordinator", ()),
    "urged": (scenes.urged, "coordinator", ()),
}
"""What happens and where it leads, who looks at it."""


@pytest.mark.parametrize("name", HAPPENED)
def test_a_page_is_sound_once_it_stands(chromium: Chromium, served: Served, name: str) -> None:
    scene, role, agencies = HAPPENED[name]
    path, wrong = scene(served.dash), []
    for width, scheme in LOOKS:
        looks = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
        context = context_for(chromium, served, role, *agencies, **looks)
        page, faults = watched(context, served.url)
        answer = page.goto(served.url + path)
        assert answer is not None
        assert answer.status == 200
        wrong += [f"{width}: {fault}" for fault in [*unsound(page), *faults]]
        context.close()
    assert wrong == []
