"""A real Chromium against a real server on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from dashboard.web.request import SESSION_COOKIE
from tests.browser.support import Dash, dashboard_at

expect.set_options(timeout=40_000)
"""A busy machine is slow, not wrong: a workbook is read in a process of its own."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def executable() -> str | None:
    """Where the machine keeps its own Chromium; None: the one Playwright installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Chromium]:
    """The machine's own Chromium, else the one Playwright installed."""
    with sync_playwright() as play:
        if executable() is None and not Path(play.chromium.executable_path).exists():
            pytest.skip("needs a browser: chromium")
        browser = play.chromium.launch(
            executable_path=executable(),
            args=["--no-sandbox", "--lang=vi"],
            env={**os.environ, "LANGUAGE": "vi"},  # its own words, as on an office's machine
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    with launched() as browser:
        yield browser


@dataclass
class Served:
    """A dashboard one can open in a browser."""

    dash: Dash
    url: str


@contextmanager
def serving(dash: Dash) -> Iterator[Served]:
    """The dashboard on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    dash.site.settings.base_url = url
    config = uvicorn.Config(
        dash.app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Served(dash, url)
    server.should_exit = True
    thread.join(10)
    dash.engine.dispose()


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(dashboard_at(tmp_path_factory.mktemp("served"))) as found:
        yield found


def context_for(
    chromium: Chromium, served: Served, role: str = "", *agencies: str, **looks: object
) -> BrowserContext:
    """A browser window; with a role, signed in. `looks`: viewport, color_scheme, …"""
    context = chromium.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", **looks)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    if role:
        cookie = served.dash.client(role, *agencies).cookies[SESSION_COOKIE]
        context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": served.url}])
    return context


def watched(context: BrowserContext, url: str) -> tuple[Page, list[str]]:
    """A page, and what went wrong in it: console errors, requests that leave the machine."""
    faults: list[str] = []
    page = context.new_page()
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((url, "data:", "blob:", "about:"))
            else faults.append(f"left the machine: {request.url}")
        ),
    )
    return page, faults
