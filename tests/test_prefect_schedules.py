"""The two silent traps: with SQLAlchemy 2.1 Prefect's scheduler makes no runs, with a FastAPI too new its
server does not start. A real server and a real schedule tell at once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 120
"""Seconds to wait at most for the server, and for its first scheduled runs."""
FLOW = """
from prefect import flow
@flow
def tick(): ...
tick.to_deployment(name="trap", cron="0 8 * * *").apply()
"""


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def wait_for(what: str, ready: Any, process: subprocess.Popen[bytes], log: Path) -> Any:
    for _ in range(PATIENCE * 2):
        if process.poll() is not None:
            break
        try:
            if found := ready():
                return found
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"{what}: nothing came\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], Path, dict[str, str]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    env = os.environ | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    log = tmp_path / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield api, process, log, env
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_a_registered_schedule_yields_runs(
    server: tuple[str, subprocess.Popen[bytes], Path, dict[str, str]], tmp_path: Path
) -> None:
    api, process, log, env = server
    wait_for("health", lambda: ask(f"{api}/health"), process, log)
    script = tmp_path / "trap.py"
    script.write_text(FLOW)
    subprocess.run([sys.executable, str(script)], env=env, check=True, capture_output=True)
    runs = wait_for(
        "scheduled runs",
        lambda: ask(
            f"{api}/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        ),
        process,
        log,
    )
    assert runs
