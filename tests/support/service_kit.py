"""The real `dondoc serve` in a home of its own: started, asked, killed; what it did is read afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.error import HTTPError

DONDOC = str(Path(sys.executable).with_name("dondoc"))
PATIENCE = 240.0
"""Seconds to wait at most for anything: a busy machine is no fault."""
T = TypeVar("T")


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def ask(url: str, body: dict[str, Any] | None = None, key: str = "") -> Any:
    """The JSON a URL answers; OSError when it does not. `key`: Prefect's, as `name:password`."""
    data = json.dumps(body).encode() if body is not None else None
    basic = {"Authorization": f"Basic {b64encode(key.encode()).decode()}"} if key else {}
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **basic})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        refused.close()  # it holds the connection
        raise


class Serving:
    """`with Serving(home, DONDOC_CLOCK=…) as served:` runs the service until the block ends."""

    def __init__(self, home: Path, program: str = DONDOC, **settings: str) -> None:
        self.home = home
        self.program = program
        self.port, self.prefect_port = free_port(), free_port()
        given = {
            name: value
            for name, value in os.environ.items()
            if "DONDOC" not in name or "TRAIL" in name
        }
        given = {name: value for name, value in given.items() if not name.startswith("PREFECT")}
        self.env = given | {
            "DONDOC_HOME": str(home),
            "DONDOC_PORT": str(self.port),
            "DONDOC_PREFECT_PORT": str(self.prefect_port),
            **settings,
        }
        self.log = home.with_name(f"{home.name}.log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.prefect_port}/api"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it says it is ready."""
        before = self.said("Sẵn sàng")
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [self.program, "serve"],
                env=self.env,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.wait("ready", lambda: self.said("Sẵn sàng") > before)

    def stop(self) -> int:
        """Ctrl-C; gives the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """SIGKILL: nothing of it can say goodbye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def said(self, words: str) -> int:
        """How often these words stand in the log."""
        return self.text().count(words)

    def text(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def wait(self, what: str, ready: Callable[[], T]) -> T:
        """Until `ready` gives something true; the log's end when it never does."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            assert self.process is None or self.process.poll() is None, self.text()[-4000:]
            try:
                if found := ready():
                    return found
            except OSError:
                pass
            time.sleep(0.25)
        raise AssertionError(f"{what}: not in {PATIENCE:.0f} s\n{self.text()[-6000:]}")

    def cli(self, *words: str, ok: bool = True) -> str:
        """A command typed in another window; its output. `ok`: must it succeed?"""
        done = subprocess.run(
            [self.program, *words], env=self.env, capture_output=True, text=True, check=False
        )
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def runs(self, **states: Any) -> list[dict[str, Any]]:
        """Prefect's flow runs, of some states: `type=["SCHEDULED"]`."""
        wanted = {"state": {"type": {"any_": states["type"]}}} if states else {}
        found: list[dict[str, Any]] = self.prefect("flow_runs/filter", {"flow_runs": wanted})
        return found

    def prefect(self, path: str, body: dict[str, Any]) -> Any:
        """What Prefect's API answers to whom has the installation's key."""
        key = (self.home / "prefect.key").read_text("ascii")
        return ask(f"{self.api}/{path}", body, f"dondoc:{key}")

    def faults(self) -> list[str]:
        """What `/health` finds wrong."""
        try:
            found = ask(f"{self.url}/health")
        except HTTPError as error:
            found = json.load(error)
        return [f"{one['name']}: {one['words']}" for one in found["checks"] if not one["ok"]]

    def children(self) -> set[int]:
        """Processes that belong to this service: its own environment names this home."""
        return {pid for pid in _pids() if _home_of(pid) == str(self.home)}


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _home_of(pid: int) -> str:
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return ""
    except OSError:
        return ""
    pairs = (pair.partition(b"=") for pair in environ.split(b"\0"))
    return next((value.decode() for name, _, value in pairs if name == b"DONDOC_HOME"), "")
