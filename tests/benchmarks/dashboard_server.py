"""A dashboard, or a bare FastAPI page, under uvicorn in a process of its own.

`python -m tests.benchmarks.dashboard_server HOME MOMENT` serves what is in HOME as of MOMENT (ISO 8601)
and prints its port and a signed-in coordinator's cookie; `bare FILE` serves the bytes of FILE.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.responses import HTMLResponse

from dashboard.app import create_app
from dashboard.auth import sessions, users
from dashboard.web.connections import BoundedProtocol
from dashboard.web.request import SESSION_COOKIE
from flows.clock import real_clock
from plan.database import open_engine, writing
from plan.settings import Settings
from plan.states import Actor, Role


@dataclass(frozen=True)
class Served:
    port: int
    cookie: str


@contextmanager
def serving(*arguments: str, log: Path | None = None) -> Iterator[Served]:
    """The server in a process of its own; what it complains of goes to `log`, if that is given."""
    command = [sys.executable, "-m", "tests.benchmarks.dashboard_server", *arguments]
    with (
        log.open("ab") if log else nullcontext() as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints) as process,
    ):
        assert process.stdout is not None
        try:
            yield Served(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()


def bare_app(file: str) -> FastAPI:
    page, app = Path(file).read_bytes(), FastAPI()

    @app.get("/")
    async def home() -> HTMLResponse:
        return HTMLResponse(page)

    return app


def dashboard_app(home: str, moment: str) -> tuple[FastAPI, str]:
    settings = Settings(home=Path(home), _env_file=None)
    engine, now = open_engine(settings.resolved_database_url), datetime.fromisoformat(moment)
    app = create_app(settings, engine, lambda: now, real_clock=real_clock, virtual=True)
    return app, f"{SESSION_COOKIE}={_signed_in(app)}"


def _signed_in(app: FastAPI) -> str:
    real, actor = app.state.site.real_clock(), Actor("dondoc", Role.system)
    with writing(app.state.site.engine) as session:
        user = users.find_user(session, "do@example.vn") or users.add_user(
            session, email="do@example.vn", name="Đo", role="coordinator", actor=actor, now=real
        )
        entry = sessions.Entry("password")
        return sessions.begin_for_user(session, user, entry, real, verified=True)


def main(first: str, second: str) -> None:
    app, cookie = (bare_app(second), "") if first == "bare" else dashboard_app(first, second)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        print(json.dumps({"port": listening.getsockname()[1], "cookie": cookie}), flush=True)
        config = uvicorn.Config(app, log_level="warning", access_log=False, http=BoundedProtocol)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
