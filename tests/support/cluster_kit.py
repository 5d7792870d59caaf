"""Several machines' worth of processes on one: PostgreSQL, Redis, two Prefect servers, services, workers.

Every part is a real process that can be killed with SIGKILL and started again. Each «machine» has a home of
its own; what they share are the addresses in `shared`, the files in the store, and the secret key.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar

from tests.support.service_kit import DONDOC, ask, free_port

T = TypeVar("T")
PATIENCE = 240.0
"""Seconds to wait at most for anything: a busy machine is no fault."""
SECRET = "khoa-bi-mat-chung-cua-moi-may-0123456789"
AUTH = "admin:mat-khau-prefect"


def postgres_programs() -> Path | None:
    """Where Debian keeps PostgreSQL's server programs; None: not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[4])
    return found[-1].parent if found else None


def missing() -> bool:
    """Whether this machine lacks what the tests of several machines need: Redis, PostgreSQL."""
    return not (shutil.which("redis-server") and postgres_programs())


class Part:
    """One process with a log of its own."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.name, self.command, self.env, self.log = name, command, dict(env), log
        self.user: str | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = False

    def start(self) -> None:
        self.wanted = True
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, env=self.env, stdout=out, stderr=out, start_new_session=True,
                user=self.user, cwd="/",
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL: nothing of it can say goodbye, and nobody starts it again."""
        assert self.process is not None
        self.wanted = False
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self, by: int = signal.SIGTERM) -> int:
        """Ask it to end; end it if it does not."""
        self.wanted = False
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def keep_up(self) -> None:
        """What `Restart=always` does: a worker ends by itself when its server stays away for long."""
        if self.wanted and self.process is not None and self.process.poll() is not None:
            self.start()

    def said(self, words: str) -> int:
        return self.text().count(words)

    def text(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""


class PostgresOnly:
    """`with PostgresOnly(folder) as running:` a PostgreSQL server with both databases, empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parts: dict[str, Part] = {}
        self.pg_port = free_port()
        # PostgreSQL does not run as root, and pytest's folders are closed to everybody else.
        self._outside = Path(tempfile.mkdtemp(prefix="dondoc-pg-"))
        self._outside.chmod(0o755)
        self._data = self._outside / "data"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(mode=0o700)
        self._postgres_part().start()
        self.wait("postgresql", lambda: self.psql("SELECT 1"))
        for name in ("dondoc", "prefect"):
            self.psql(f"CREATE DATABASE {name}")
        return self

    def __exit__(self, *_: object) -> None:
        for part in reversed(list(self.parts.values())):
            part.stop(signal.SIGINT if part.name == "postgres" else signal.SIGTERM)
        shutil.rmtree(self._outside, ignore_errors=True)

    def url(self, driver: str, name: str) -> str:
        """A database's address for SQLAlchemy."""
        return f"postgresql+{driver}://postgres@127.0.0.1:{self.pg_port}/{name}"

    def _postgres_part(self) -> Part:
        programs = postgres_programs()
        assert programs is not None
        data = self._data
        user = "postgres" if os.geteuid() == 0 else None
        if not (data / "PG_VERSION").exists():
            if user:
                shutil.chown(data, user, user)
            subprocess.run(
                [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8"],
                check=True, capture_output=True, user=user, cwd="/",
            )  # fmt: skip
        command = [
            str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(self.pg_port),
            "-k", "", "-c", "max_connections=200",
        ]  # fmt: skip
        part = self._plain("postgres", command)
        part.user = user
        return part

    def _plain(self, name: str, command: list[str]) -> Part:
        if name not in self.parts:
            self.parts[name] = Part(name, command, os.environ, self.folder / f"{name}.log")
        return self.parts[name]

    def psql(self, sql: str, database: str = "postgres") -> str:
        """What PostgreSQL answers; OSError while it does not."""
        command = ["psql", "-h", "127.0.0.1", "-p", str(self.pg_port), "-U", "postgres", "-AtX"]
        done = subprocess.run([*command, "-d", database, "-c", sql], capture_output=True, text=True)
        if done.returncode:
            raise OSError(done.stderr)
        return done.stdout

    def wait(self, what: str, ready: Callable[[], T], patience: float = PATIENCE) -> T:
        """Until `ready` gives something true; the logs' ends when it never does."""
        ends = time.monotonic() + patience
        while time.monotonic() < ends:
            try:
                if found := ready():
                    return found
            except OSError:
                pass
            for part in self.parts.values():
                part.keep_up()
            time.sleep(0.25)
        logs = "\n".join(f"== {part.name}\n{part.text()[-1500:]}" for part in self.parts.values())
        raise AssertionError(f"{what}: not in {patience:.0f} s\n{logs}")


class Cluster(PostgresOnly):
    """`with Cluster(folder, DONDOC_CLOCK=…) as cluster:` starts PostgreSQL and Redis and makes both
    databases ready; the parts are added with `api` and `add`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder)
        self.redis_port = free_port()
        self.settings = settings

    # --- what all share

    @property
    def shared(self) -> dict[str, str]:
        """The settings every machine has alike."""
        return {
            "DONDOC_DATABASE_URL": self.database_url,
            "DONDOC_PREFECT_DATABASE_URL": self.url("asyncpg", "prefect"),
            "DONDOC_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}",
            "DONDOC_WORK_POOL": "dondoc",
            "DONDOC_STORE_URL": str(self.folder / "store"),
            "DONDOC_SECRET_KEY": SECRET,
            "DONDOC_PREFECT_KEY": AUTH,
            **self.settings,
        }

    @property
    def database_url(self) -> str:
        return self.url("psycopg", "dondoc")

    def __enter__(self) -> Self:
        super().__enter__()
        self._redis_part().start()
        self.cli("cluster", "upgrade")
        return self

    def _redis_part(self) -> Part:
        data = self.folder / "redis"
        data.mkdir(exist_ok=True)
        command = [
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.redis_port), "--dir", str(data),
            "--appendonly", "yes",
        ]  # fmt: skip
        return self._plain("redis", command)

    # --- the parts

    def env(self, name: str, **more: str) -> dict[str, str]:
        """A machine's environment; its home is its own."""
        given = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("DONDOC", "PREFECT")) or "TRAIL" in key
        }
        return given | self.shared | {"DONDOC_HOME": str(self.folder / name)} | more

    def api(self, name: str) -> str:
        """One more Prefect server; gives its API's address."""
        port = free_port()
        url = f"http://127.0.0.1:{port}/api"
        mine = {"DONDOC_PREFECT_PORT": str(port), "DONDOC_PREFECT_API_URL": url}
        self.add(name, ["cluster", "api"], **mine)
        self.wait(f"{name} up", lambda: ask(f"{url}/health"))
        return url

    def add(self, name: str, words: list[str], **settings: str) -> Part:
        """Start a `dondoc` part on a machine of its own."""
        log = self.folder / f"{name}.log"
        part = Part(name, [DONDOC, *words], self.env(name, **settings), log)
        self.parts[name] = part
        part.start()
        return part

    def cli(self, *words: str, **settings: str) -> str:
        """A command typed on a machine of the operator's."""
        done = subprocess.run(
            [DONDOC, *words], env=self.env("console", **settings), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr
