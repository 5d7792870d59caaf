"""A dashboard over a plan of many, at any size."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from dashboard.app import create_app
from plan.settings import Settings
from tests.browser.support import BASE, Dash, Hand, quick_engine
from tests.support.large_plan import NOW, load_large


def large_dash(folder: Path, agencies: int, products: int) -> Dash:
    """So many agencies that owe so many products each, an hour after the last was handed in."""
    engine = quick_engine(folder / "dondoc.db")
    load_large(engine, agencies, products)
    settings = Settings(home=folder, base_url=BASE, _env_file=None)
    clock, real = Hand(NOW + timedelta(hours=1)), Hand(NOW)
    app = create_app(settings, engine, clock, real_clock=real, virtual=True)
    return Dash(folder, engine, app, clock, real)
