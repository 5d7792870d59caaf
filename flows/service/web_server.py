"""The dashboard within the service: uvicorn on a thread and a loop of its own, so that neither a slow
page holds up the runner nor the runner a page."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from dashboard.web.connections import BoundedProtocol
from plan.errors import RefusedError

if TYPE_CHECKING:
    from fastapi import FastAPI

START_SECONDS = 30.0
GRACEFUL_SECONDS = 3


class Pages:
    """Serves an application from `start()` to `stop()`."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            log_config=None,
            access_log=False,
            server_header=False,
            http=BoundedProtocol,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="trang", daemon=True)

    def start(self) -> None:
        """Comes back once the port is open. `RefusedError` when it could not be opened."""
        self._thread.start()
        ends = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends:
                raise RefusedError("Không mở được trang tổng hợp; xem các dòng trên.")
            time.sleep(0.02)

    def stop(self) -> None:
        """Answers what is being answered, then closes."""
        self._server.should_exit = True
        self._thread.join(GRACEFUL_SECONDS + 5)
