"""Prefect's server of a home of its own, as the service starts it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.schedule import environment
from flows.service.prefect_server import answers
from plan.keys.secret import prefect_key
from plan.settings import Settings
from tests.support.service_kit import PATIENCE, free_port


@dataclass
class Closed:
    """A server of a home of its own."""

    settings: Settings
    env: dict[str, str]
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        return environment.api_url(self.settings)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As the program itself asks: with the key."""
        name, _, password = prefect_key(self.settings).partition(":")
        return httpx.request(method, f"{self.api}{path}", auth=(name, password), timeout=30, **more)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Closed]:
    home = tmp_path_factory.mktemp("closed")
    shutil.copy(sqlite_template, home / "dondoc.db")
    settings = Settings(home=home, prefect_port=free_port())
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("DONDOC", "PREFECT"))}
    environment.configure_prefect(settings, plain)
    environment.export_settings(settings, plain)
    command = [sys.executable, "-m", "flows.service.prefect_server", str(os.getpid())]
    process = subprocess.Popen(command, env=plain)
    ends = time.monotonic() + PATIENCE
    while not answers(f"{environment.api_url(settings)}/health"):
        assert process.poll() is None
        assert time.monotonic() < ends
        time.sleep(0.2)
    yield Closed(settings, plain, process)
    process.terminate()
    process.wait(60)
