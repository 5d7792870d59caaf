"""Prefect's server as a child process of the service: started, waited for, started again, stopped.

Run as a module it is that child. It ends with its parent, even one killed with SIGKILL.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, event

from flows import quiet
from plan.settings import Settings

log = logging.getLogger("dondoc.serve")

STOP_SECONDS = 10.0
"""The server is given so long to end by itself."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
GRACEFUL_SECONDS = 3


class PrefectServer:
    """The child. Its environment was settled by `quiet.settle`."""

    def __init__(self, settings: Settings) -> None:
        self._health = f"{quiet.api_url(settings)}/health"
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = FIRST_PAUSE
        self._not_before = 0.0

    def start(self) -> None:
        """Start the child, in a session of its own: a Ctrl-C meant for the service does not reach it."""
        command = [sys.executable, "-m", "flows.prefect_server", str(os.getpid())]
        self._process = subprocess.Popen(command, start_new_session=True)

    def keep_up(self) -> bool:
        """Start it again if it ended by itself, after a pause that grows. Gives whether it runs."""
        if self._process is None or self._process.poll() is None:
            return self._process is not None
        if time.monotonic() < self._not_before:
            return False
        log.warning("Máy chủ Prefect đã dừng (mã %s); khởi động lại.", self._process.returncode)
        self._not_before = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self.start()
        return True

    def up(self) -> bool:
        """Whether it answers."""
        return answers(self._health)

    def stop(self) -> None:
        """Ask it to end; end it if it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def answers(url: str) -> bool:
    """Whether a GET of this address is answered with 200."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def run(parent: int) -> None:
    """The child: Prefect's API, pages and background services, until told to stop."""
    quiet.die_with_parent(signal.SIGTERM)
    if os.getppid() != parent:  # it went before we could ask to go with it
        return
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.settings import get_current_settings

    event.listen(Engine, "before_cursor_execute", write_at_once, retval=True)
    api = get_current_settings().server.api
    uvicorn.run(
        create_app(final=True),
        host=api.host,
        port=api.port,
        timeout_keep_alive=api.keepalive_timeout,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        log_level="warning",
    )


def write_at_once(
    _connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any
) -> tuple[str, Any]:
    """Prefect opens its writing transactions on SQLite as readers; one that another writer overtook
    fails at once with «database is locked», and an event is lost. As writers they wait their turn."""
    return ("BEGIN IMMEDIATE" if statement == "BEGIN DEFERRED" else statement), parameters


if __name__ == "__main__":
    run(int(sys.argv[1]))
