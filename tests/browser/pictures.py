"""The pictures of the guide and the README: `python -m tests.browser.pictures [NAME …]`.

Taken of the sample plan on 04/05/2020, in a real Chromium, so that they show the program as it is. Each is
written to `docs/images/`.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from notifications.reminders.tick import tick
from plan.database import reading
from plan.queries.lookup import find_plan
from tests.browser import scenes
from tests.browser.conftest import Served, context_for, launched, serving
from tests.browser.sample import local
from tests.browser.support import Dash, dashboard_at

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
DAY = local(date(2020, 5, 4), 16, 30)
WIDE, PHONE = 1280, 360
COLOURS = 256
BIGGEST = 120_000
"""Bytes of one picture."""


def _still(_page: Page) -> None:
    """As the page opens."""


def _to(selector: str) -> Callable[[Page], None]:
    """Scrolled until this stands at the top."""

    def scroll(page: Page) -> None:
        page.locator(selector).first.evaluate("node => node.scrollIntoView()")

    return scroll


@dataclass(frozen=True)
class Picture:
    """One picture: who looks at which page, how wide, how much of it."""

    name: str
    role: str
    path: str
    height: int
    agencies: tuple[str, ...] = ()
    width: int = WIDE
    scheme: str = "light"
    before: Callable[[Page], None] = _still
    scene: Callable[[Dash], str] | None = None
    """What must happen first; says the path, where only then it is known."""


PICTURES = (
    Picture("tong-quan", "coordinator", "/", 840),
    Picture("ma-tran", "coordinator", "/", 760, before=_to("#ma-tran")),
    Picture("duyet", "coordinator", "/nghia-vu/stttt/appendix-7", 760),
    Picture("nhac-viec", "coordinator", "/nhac-viec/sap-gui", 560),
    Picture("tong-hop", "coordinator", "/tong-hop", 620),
    Picture("so-lieu", "coordinator", "/tong-hop/provincial-appendices/1/so-lieu", 620),
    Picture("nguon", "coordinator", "/tong-hop/provincial-appendices/1/so-lieu/PL2.1?ky=2018", 480),
    Picture("lich", "coordinator", "/lich?thang=2020-04", 830),
    Picture("co-quan", "agency", "/don-vi/vpub", 860, ("vpub",)),
    Picture("phat-hien", "agency", "/don-vi/vpub/appendix-3", 860, ("vpub",)),
    Picture(
        "co-quan-dien-thoai", "agency", "/don-vi/vinh-thanh", 740, ("vinh-thanh",), PHONE, "dark"
    ),
    Picture("lanh-dao", "leader", "/lanh-dao", 740, width=PHONE),
    Picture("ban-lam-viec", "coordinator", "/ban-lam-viec", 1040),
    Picture("buc-tranh", "coordinator", "/buc-tranh", 860),
    Picture("tim", "coordinator", "/tim?tu=an+lao", 1000),
    Picture("bang-diem", "coordinator", "/bang-diem", 860),
    # From here on each changes what is looked at.
    Picture("don-doc", "coordinator", "", 1320, scene=scenes.urged),
    Picture("giao-xuong", "agency", "", 680, ("snv",), scene=scenes.handed_down),
    Picture("he-thong", "coordinator", "", 1000, scene=scenes.well),
    Picture("dang-viet", "coordinator", "", 900, scene=scenes.edited_report),
    Picture("trang-pdf", "coordinator", "", 900, scene=scenes.printed_page),
    Picture("soan", "coordinator", "", 1000, scene=scenes.drafted),
    Picture("sua-doi", "coordinator", "", 900, scene=scenes.amended),
    Picture("soan-viec", "coordinator", "", 900, before=_to(".desk"), scene=scenes.drafted),
    Picture("bat-dau", "coordinator", "", 1100, scene=scenes.plan_to_start),
    Picture("ke-hoach", "coordinator", "/ke-hoach", 800),
)


def _sample(folder: Path) -> Dash:
    """The sample plan, its reminders up to now written, so that the next round is known."""
    dash = dashboard_at(folder, DAY)
    with reading(dash.engine) as session:
        plan = find_plan(session).id
    tick(dash.engine, plan, dash.clock(), dash.site.desk)
    return dash


def take(chromium: Chromium, served: Served, wanted: Picture) -> bytes:
    """The picture as PNG."""
    looks = {
        "viewport": {"width": wanted.width, "height": wanted.height},
        "color_scheme": wanted.scheme,
        "device_scale_factor": 1 if wanted.width > PHONE else 1.5,
    }
    context = context_for(chromium, served, wanted.role, *wanted.agencies, **looks)
    page = context.new_page()
    page.goto(served.url + (wanted.scene(served.dash) if wanted.scene else wanted.path))
    wanted.before(page)
    data = page.screenshot()
    context.close()
    return tight(data)


def tight(png: bytes) -> bytes:
    """The same picture in as few colours as a page of text and signs needs."""
    out = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def main(names: list[str]) -> int:
    """Every picture, or those named; 1 if one is larger than a reader should have to fetch."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    too_big = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(_sample(Path(folder))) as served,
        launched() as chromium,
    ):
        for wanted in PICTURES:
            if names and wanted.name not in names:
                continue
            data = take(chromium, served, wanted)
            (FOLDER / f"{wanted.name}.png").write_bytes(data)
            too_big += len(data) > BIGGEST
            print(f"{wanted.name}.png: {len(data) // 1024} KB")
    return 1 if too_big else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
