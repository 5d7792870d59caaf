"""Tổng quan against a bare page of the same bytes on the same server; a province's 5,400 obligations and a
ministry's hundred thousand against fifty-nine. Both have people to tell and a round of reminders gone by.

The bare page is FastAPI's shortest way to send bytes. Rates are taken in turns, so that a busy machine
slows both. «Changed» asks right after something was handed in, when no remembered page is any good.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median

from sqlmodel import col, select

from plan import ledger
from plan.database import open_engine, reading, writing
from plan.ledger.filing import Filing
from plan.models import Obligation
from plan.states import STILL_OWED, Actor, Role
from tests.benchmarks.dashboard_server import Served, serving
from tests.benchmarks.http_load import Load, first_byte, hammer, request_of
from tests.browser.support import SAMPLE_DAY, dashboard_at
from tests.support.large_plan import NOW, load_reminded

BROWSERS, EACH, ROUNDS = 8, 250, 5
LOOKS = 9
SIZES = {"province": (135, 40), "ministry": (3_321, 30)}
"""Agencies and the products each owes."""
PAGES = (
    "/",
    "/moc",
    "/co-quan",
    "/nghia-vu",
    "/nghia-vu?trang=3",
    "/lich",
    "/nhac-viec/sap-gui",
    "/lanh-dao",
)
"""Those that speak of every agency."""
KILOBYTE = 1024
CLERK = Actor("Sở Nội vụ", Role.coordinator, origin="api")


def run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small"
        dashboard_at(small).engine.dispose()
        moment = SAMPLE_DAY.astimezone(UTC)
        with serving(str(small), moment.isoformat()) as few:
            figures = _against_bare(few, Path(folder) / "page.html")
            sizes = [_size(few, path) for path in PAGES]
            for name, (agencies, products) in SIZES.items():
                home = Path(folder) / name
                _large_at(home, agencies, products)
                with serving(str(home), NOW.isoformat()) as many:
                    sizes += [_size(many, path) for path in PAGES]
                    slower = _many_to_few(
                        (few, _changes(small, moment)), (many, _changes(home, NOW))
                    )
                figures[name] = max(slower.values())
                print(name, {path: round(ratio, 2) for path, ratio in slower.items()}, flush=True)
    return figures | {"page_kilobytes": max(sizes)}


def _large_at(home: Path, agencies: int, products: int) -> None:
    home.mkdir()
    engine = open_engine(f"sqlite:///{home / 'dondoc.db'}")
    told = load_reminded(engine, agencies, products)
    assert len(told.queued) > agencies, told  # a round that tells nobody would measure nothing
    engine.dispose()


def _against_bare(few: Served, page: Path) -> dict[str, float]:
    """Requests a second and p95, in turns."""
    asked = request_of("/", few.cookie)
    page.write_bytes(b"x" * hammer(few.port, asked, browsers=1, each=3).size)
    with serving("bare", str(page)) as bare:
        loads = [(_load(few.port, asked), _load(bare.port, request_of("/"))) for _ in range(ROUNDS)]
    return {
        "rate": median(ours.rate / theirs.rate for ours, theirs in loads),
        "p95": median(ours.p95 / theirs.p95 for ours, theirs in loads),
    }


def _load(port: int, request: bytes) -> Load:
    return hammer(port, request, browsers=BROWSERS, each=EACH)


def _size(served: Served, path: str) -> float:
    return hammer(served.port, request_of(path, served.cookie), browsers=1, each=1).size / KILOBYTE


def _many_to_few(*servers: tuple[Served, Callable[[], None]]) -> dict[str, float]:
    """Each page's first byte right after a change: of many obligations to that of few, in turns. The
    quickest of each counts, as whatever else the machine does only ever adds."""
    found = {}
    for path in PAGES:
        quickest = [math.inf, math.inf]
        for _ in range(LOOKS):
            for place, (served, change) in enumerate(servers):
                change()
                took = first_byte(served.port, request_of(path, served.cookie))
                quickest[place] = min(quickest[place], took)
        found[path] = quickest[1] / quickest[0]
    return found


def _changes(home: Path, now: datetime) -> Callable[[], None]:
    """Something is handed in, by another process than the one that serves, each time it is called."""
    engine = open_engine(f"sqlite:///{home / 'dondoc.db'}")
    with reading(engine) as session:
        open_ones = col(Obligation.state).in_([state.value for state in STILL_OWED])
        keys = session.exec(select(Obligation.id).where(open_ones).limit(LOOKS * len(PAGES))).all()
    numbers = count()

    def change() -> None:
        number = next(numbers)
        key = keys[number % len(keys)]
        assert key is not None
        filing = Filing(kind="nil", received_at=now, payload={"reason": f"lần {number}"})
        with writing(engine) as session:
            ledger.submit(session, key, filing, actor=CLERK, now=now)

    return change
