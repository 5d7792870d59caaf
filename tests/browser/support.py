"""A dashboard on a sample plan, for tests: the database made once a process, copied for each test."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import Engine, event
from sqlmodel import col, select

from dashboard.app import create_app
from dashboard.auth import sessions, users
from dashboard.web.request import SESSION_COOKIE
from dashboard.web.site import Site
from intake.files.store import Store
from plan.database import open_engine, reading, writing
from plan.models import Agency, Contact
from plan.settings import Settings
from plan.states import Actor, Role
from tests.browser.sample import local, make_sample

SAMPLE_DAY = local(date(2020, 5, 4), 18)
SYSTEM = Actor("dondoc", Role.system)
NAMES = {
    "admin": "Phạm Văn Quản trị",
    "coordinator": "Trần Văn Bình",
    "leader": "Lê Thị Minh",
    "agency": "Nguyễn Thị Hoa",
}
HOST = "dondoc.test"
BASE = f"http://{HOST}"


def quick_engine(path: Path) -> Engine:
    """As the program opens it, but without waiting for the disk: a test's data may be lost."""
    engine = open_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    return engine


@cache
def _template(until: datetime) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="dondoc-sample-"))
    engine = quick_engine(folder / "dondoc.db")
    make_sample(engine, Store(str(folder / "submissions")), until)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder


class Browser:
    """A browser without pictures: keeps cookies, follows no redirect. Blocking, for plain tests."""

    def __init__(self, app: FastAPI, address: str) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))
        self._client = httpx.AsyncClient(transport=transport, base_url=BASE)

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def request(self, method: str, path: str, **more: Any) -> Response:
        return _loop().run(self._client.request(method, path, **more))

    def get(self, path: str, **more: Any) -> Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> Response:
        return self.request("POST", path, **more)


class _Loop:
    """An event loop in a thread of its own, for all browsers of a test process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, work: Coroutine[Any, Any, Response]) -> Response:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@cache
def _loop() -> _Loop:
    return _Loop()


@dataclass
class Hand:
    """A clock moved by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Dash:
    """A running dashboard: `client(role)` is a browser signed in."""

    home: Path
    engine: Engine
    app: FastAPI
    clock: Hand
    real: Hand

    @property
    def site(self) -> Site:
        site = self.app.state.site
        assert isinstance(site, Site)
        return site

    def browser(self, address: str = "10.0.0.1") -> Browser:
        """Signed in as nobody."""
        return Browser(self.app, address)

    def contact_of(self, agency: str) -> int:
        """Somebody in that agency's place of the address book."""
        with reading(self.engine) as session:
            found = session.exec(
                select(Contact.id)
                .join(Agency, col(Agency.id) == Contact.agency_id)
                .where(Agency.code == agency)
                .order_by(col(Contact.id))
            ).first()
        assert found is not None, agency
        return found

    def client(self, role: str, *agencies: str, name: str = "") -> Browser:
        """A browser of a user with this role, second factor passed."""
        self.real.forward(seconds=1)
        email = f"{role}-{'-'.join(agencies)}@example.vn"
        with writing(self.engine) as session:
            user = users.find_user(session, email) or users.add_user(
                session,
                email=email,
                name=name or NAMES[role],
                role=role,
                agencies=agencies,
                actor=SYSTEM,
                now=self.real(),
            )
            cookie = sessions.begin_for_user(
                session, user, sessions.Entry("password"), self.real(), verified=True
            )
        client = self.browser()
        client.cookies.set(SESSION_COOKIE, cookie, domain=HOST)
        return client

    def csrf(self, client: Browser) -> str:
        return self.site.csrf_token(client.cookies[SESSION_COOKIE])

    def post(self, client: Browser, path: str, /, **data: Any) -> Response:
        """A form sent from our own page."""
        files = data.pop("files", None)
        body = {name.replace("__", "-"): value for name, value in data.items()}
        return client.post(
            path,
            data={"csrf": self.csrf(client), **body},
            files=files,
            headers={"referer": BASE + "/", "sec-fetch-site": "same-origin"},
        )


def dashboard_at(folder: Path, until: datetime = SAMPLE_DAY, **changes: Any) -> Dash:
    """A dashboard of its own in `folder`, as of `until` in the plan's time; real time is 2026."""
    shutil.copytree(_template(until), folder, dirs_exist_ok=True)
    engine = quick_engine(folder / "dondoc.db")
    settings = Settings(home=folder, base_url=BASE, _env_file=None, **changes)
    clock = Hand(until.astimezone(UTC))
    real = Hand(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    app = create_app(settings, engine, clock, real_clock=real, virtual=True)
    return Dash(folder, engine, app, clock, real)
