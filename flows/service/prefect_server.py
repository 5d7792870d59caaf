"""Prefect's server as a child process of the service: started, waited for, started again, stopped.

Run as a module it is that child, and ends with its parent, even one killed with SIGKILL; or, on several
machines, one of the API servers. Either way it speaks only to who has the key and calls it by a name of its
own.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, event

from flows.schedule import environment
from plan.backoff import Backoff
from plan.errors import SettingsError
from plan.settings import Settings, get_settings

log = logging.getLogger("dondoc.serve")

STOP_SECONDS = 10.0
"""The server is given so long to end by itself."""
PAUSES = Backoff(timedelta(seconds=1), timedelta(seconds=30))
"""Before it is started again."""
GRACEFUL_SECONDS = 3
API = "api"
"""The argument of a server on a machine of its own, in place of its parent's number."""


class PrefectServer:
    """The child. Its environment is what `environment.configure_prefect` made it."""

    def __init__(self, settings: Settings) -> None:
        self._health = f"{environment.api_url(settings)}/health"
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._not_before = 0.0

    def start(self) -> None:
        """Start the child, in a session of its own: a Ctrl-C meant for the service does not reach it."""
        command = [sys.executable, "-m", "flows.service.prefect_server", str(os.getpid())]
        self._process = subprocess.Popen(command, start_new_session=True)

    def keep_up(self) -> bool:
        """Start it again if it ended by itself, after a pause that grows. Gives whether it runs."""
        if self._process is None or self._process.poll() is None:
            return self._process is not None
        if time.monotonic() < self._not_before:
            return False
        log.warning("Máy chủ Prefect đã dừng (mã %s); khởi động lại.", self._process.returncode)
        self._restarts += 1
        self._not_before = time.monotonic() + PAUSES.after(self._restarts).total_seconds()
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


def open_to_strangers(api: str) -> bool:
    """Whether an API that answers gives its deployments to somebody without a key."""
    try:
        told = httpx.post(f"{api}/deployments/filter", json={}, timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return told.status_code != httpx.codes.UNAUTHORIZED


def run_as_child(parent: int) -> None:
    """Prefect's API, pages and background services, until told to stop."""
    environment.die_with_parent(signal.SIGTERM)
    if os.getppid() == parent:  # else it went before we could ask to go with it
        run(webserver_only=False)


def run(*, webserver_only: bool) -> None:
    """Serve until told to stop. `webserver_only`: the background services stand elsewhere.
    `SettingsError` without a key."""
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.settings import get_current_settings
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    api = get_current_settings().server.api
    if not (api.auth_string and api.auth_string.get_secret_value()):
        raise SettingsError("Máy chủ Prefect không chạy khi chưa có khóa (DONDOC_PREFECT_KEY).")
    event.listen(Engine, "before_cursor_execute", write_at_once, retval=True)
    app = create_app(final=True, webserver_only=webserver_only)
    uvicorn.run(
        TrustedHostMiddleware(app, environment.hosts(get_settings()), www_redirect=False),
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
    if sys.argv[1] == API:
        run(webserver_only=True)
    else:
        run_as_child(int(sys.argv[1]))
