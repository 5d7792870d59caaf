"""Every page in a real Chromium: nothing on the console, nothing leaves the machine, axe finds nothing,
nothing runs over the edge, small and still."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser as Chromium

from tests.browser.conftest import Served, context_for, watched
from tests.browser.paths import DISTRICT, WALKS
from tests.browser.sound import SHIFTS, unsound

pytestmark = pytest.mark.slow

BIGGEST = 100_000
"""Bytes of a page before pictures."""
LOOKS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("role", WALKS)
def test_pages_are_sound(
    chromium: Chromium, served: Served, role: str, width: int, scheme: str
) -> None:
    agencies, paths = WALKS[role]
    looks = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    context = context_for(chromium, served, role, *agencies, **looks)
    page, faults = watched(context, served.url)
    wrong: list[str] = []
    for path in paths:
        answer = page.goto(served.url + path)
        assert answer is not None
        if answer.status in (404, 410):
            assert not role, path
            faults.clear()  # the browser itself notes an answer that is no success
        if len(answer.body()) > BIGGEST:
            wrong.append(f"{path}: {len(answer.body())} bytes")
        wrong += [f"{path}: {fault}" for fault in [*unsound(page), *faults]]
        faults.clear()
    context.close()
    assert wrong == []


PAPER = 703
"""A4 upright: 210 mm less two margins of 12 mm, in pixels of 1/96 inch."""
PRINTED = """() => ({
  wide: document.documentElement.scrollWidth,
  asks: [...document.querySelectorAll("form, button, .button")].filter(one => one.offsetParent).length,
})"""


@pytest.mark.parametrize("role", WALKS)
def test_pages_print_on_a4(chromium: Chromium, served: Served, role: str) -> None:
    """Nothing runs over the paper's edge, and paper asks for nothing."""
    agencies, paths = WALKS[role]
    looks = {"viewport": {"width": PAPER, "height": 1000}}
    context = context_for(chromium, served, role, *agencies, **looks)
    page, _ = watched(context, served.url)
    page.emulate_media(media="print")
    found = {}
    for path in paths:
        page.goto(served.url + path)
        found[path] = page.evaluate(PRINTED)
    context.close()
    assert {path: one for path, one in found.items() if one["asks"] or one["wide"] > PAPER} == {}


SLOW = {"offline": False, "latency": 60, "downloadThroughput": 60_000, "uploadThroughput": 60_000}
"""Bytes a second, milliseconds: a bad line."""
LONG = ("/", "/co-quan", "/nhac-viec", "/nhat-ky", "/quan-tri/danh-ba", "/quan-tri/api")


@pytest.mark.parametrize("width", [1440, 360])
def test_long_pages_stand_still_on_a_bad_line(
    chromium: Chromium, served: Served, width: int
) -> None:
    """Arriving in pieces, at a machine four times as slow: nothing moves once it is seen."""
    context = context_for(chromium, served, "coordinator", viewport={"width": width, "height": 800})
    page, _ = watched(context, served.url)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", SLOW)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    shifts = {}
    for path in LONG:
        page.goto(served.url + path)
        shifts[path] = page.evaluate(SHIFTS)
    context.close()
    assert not any(shifts.values()), shifts


def test_district_pages_are_sound(chromium: Chromium, served: Served) -> None:
    context = context_for(chromium, served, "agency", "vinh-thanh")
    page, faults = watched(context, served.url)
    for path in DISTRICT:
        page.goto(served.url + path)
        assert unsound(page) == [], path
    assert faults == []
    context.close()


def test_pages_read_without_script(chromium: Chromium, served: Served) -> None:
    context = context_for(chromium, served, "coordinator", java_script_enabled=False)
    page, faults = watched(context, served.url)
    page.goto(served.url + "/")
    assert page.locator("h1").is_visible()
    page.get_by_role("link", name="Vĩnh Thạnh").first.click()
    assert page.locator("h1").inner_text() == "UBND huyện Vĩnh Thạnh"
    assert faults == []
    context.close()


@pytest.mark.parametrize("script", [True, False])
def test_files_are_chosen_in_our_words(chromium: Chromium, served: Served, script: bool) -> None:
    """By mouse and by keyboard; what was chosen is named, with script and without."""
    context = context_for(chromium, served, "agency", "vpub", java_script_enabled=script)
    page, faults = watched(context, served.url)
    page.goto(served.url + "/don-vi/vpub")
    control = page.get_by_label("Chọn tệp…", exact=True)
    with page.expect_file_chooser() as asked:
        page.get_by_text("Chọn tệp…").click(force=True)
    assert asked.value.is_multiple()
    page.reload()  # a browser asks once at a time
    control.focus()
    with page.expect_file_chooser() as asked:
        page.keyboard.press("Space")
    before = page.locator(".pick").screenshot()
    asked.value.set_files([{"name": "bieu.xlsx", "mimeType": "text/plain", "buffer": b"1"}])
    assert page.locator(".pick").screenshot() != before
    assert page.locator(".chosen").inner_text() == ("bieu.xlsx" if script else "")
    assert control.evaluate("node => getComputedStyle(node).color") != "rgba(0, 0, 0, 0)"
    assert faults == []
    context.close()


def test_pages_work_by_keyboard(chromium: Chromium, served: Served) -> None:
    context = context_for(chromium, served, "coordinator")
    page, _ = watched(context, served.url)
    page.goto(served.url + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Đến nội dung chính"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "noi-dung"
    context.close()


def test_a_printed_overview_fits_its_paper(chromium: Chromium, served: Served) -> None:
    """No table within it runs over the paper's edge either; navigation stays off the paper."""
    a4 = {"width": PAPER, "height": 1000}
    context = context_for(chromium, served, "coordinator", viewport=a4)
    page, _ = watched(context, served.url)
    page.emulate_media(media="print")
    page.goto(served.url + "/")
    assert not page.locator("nav.main").is_visible()
    for wide in page.locator(".scroll, .timeline").all():
        assert wide.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    assert page.pdf(format="A4").startswith(b"%PDF")
    context.close()
