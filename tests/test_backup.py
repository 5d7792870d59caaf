"""backup.sh and restore.sh, run for real: what was copied while in use comes back whole, elsewhere too."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlmodel import col, select

from consolidation.intake.store import Store
from flows.only_one import alone
from plan.database import migrate, open_engine, reading, writing
from plan.definition import PlanDefinition
from plan.models import AuditEvent, Obligation
from plan.secret import secret_key
from plan.settings import Settings
from tests.cluster_kit import PostgresOnly, missing
from tests.conftest import PLAN_ID, at, load_running
from tests.consolidation_kit import hand_in, report_sections
from tests.service_kit import DONDOC

DEPLOY = Path(__file__).parent.parent / "deploy"
KEPT = b"mot tep da nop"


def script(name: str, *words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    given = {key: value for key, value in os.environ.items() if not key.startswith("DONDOC")}
    command = [str(DEPLOY / name), *words]
    return subprocess.run(command, env=given | env, capture_output=True, text=True, cwd="/")


def facts(url: str) -> tuple[list[tuple[int | None, str]], int]:
    """What is owed and in which state; how many lines the audit has."""
    engine = open_engine(url)
    with reading(engine) as session:
        owed = [
            (one.id, one.state)
            for one in session.exec(select(Obligation).order_by(col(Obligation.id)))
        ]
        lines = len(session.exec(select(AuditEvent.id)).all())
    engine.dispose()
    return owed, lines


def begin(url: str, definition: PlanDefinition) -> None:
    """A plan with one accepted report."""
    engine = open_engine(url)
    migrate(engine)
    with writing(engine) as session:
        load_running(session, definition, now=at("2020-01-20 08:00"))
    work_on(engine.url.render_as_string(hide_password=False), definition, "an-lao")


def work_on(url: str, definition: PlanDefinition, agency: str) -> None:
    engine = open_engine(url)
    with writing(engine) as session:
        sections = report_sections(definition, ("p1",), agency)
        hand_in(session, f"{agency}/district-report", at("2020-04-20 08:00"), sections=sections)
    engine.dispose()


def newest(folder: Path) -> Path:
    return max(path for path in folder.iterdir() if path.name.startswith("20"))


@pytest.fixture
def home(tmp_path: Path, definition: PlanDefinition) -> Path:
    """An SQLite installation with a kept file and a key."""
    home = tmp_path / "may-cu"
    begin(f"sqlite:///{home}/dondoc.db", definition)
    Store(str(home / "submissions")).put(KEPT)
    secret_key(Settings(home=home))
    return home


def test_sqlite_comes_back_on_another_machine(
    home: Path, tmp_path: Path, definition: PlanDefinition
) -> None:
    url, there = f"sqlite:///{home}/dondoc.db", tmp_path / "may-moi"
    before, key = facts(url), secret_key(Settings(home=home))
    engine = open_engine(url)
    with reading(engine) as session:  # the copy is made while someone reads and writes
        session.exec(select(Obligation)).first()
        done = script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_HOME": str(home)})
    engine.dispose()
    assert done.returncode == 0, done.stderr
    work_on(url, definition, "hoai-an")
    assert facts(url) != before
    done = script("restore.sh", str(newest(tmp_path / "sao")), env={"DONDOC_HOME": str(there)})
    assert done.returncode == 0, done.stderr
    assert facts(f"sqlite:///{there}/dondoc.db") == before
    assert secret_key(Settings(home=there)) == key
    [kept] = [path for path in (there / "submissions").rglob("*") if path.is_file()]
    assert kept.read_bytes() == KEPT


def test_what_is_there_is_replaced_only_when_asked_and_kept_aside(
    home: Path, tmp_path: Path
) -> None:
    env = {"DONDOC_HOME": str(home)}
    assert script("backup.sh", str(tmp_path / "sao"), env=env).returncode == 0
    copy = str(newest(tmp_path / "sao"))
    refused = script("restore.sh", copy, env=env)
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert script("restore.sh", copy, "--replace", env=env).returncode == 0
    assert list(home.glob("dondoc.db.truoc-*"))


def test_a_running_service_is_not_restored_under(home: Path, tmp_path: Path) -> None:
    env = {"DONDOC_HOME": str(home)}
    assert script("backup.sh", str(tmp_path / "sao"), env=env).returncode == 0
    with alone(home):
        refused = script("restore.sh", str(newest(tmp_path / "sao")), "--replace", env=env)
    assert refused.returncode == 1
    assert "đang chạy" in refused.stderr


def test_a_damaged_copy_is_refused_and_changes_nothing(home: Path, tmp_path: Path) -> None:
    env, there = {"DONDOC_HOME": str(home)}, tmp_path / "may-moi"
    assert script("backup.sh", str(tmp_path / "sao"), env=env).returncode == 0
    copy = newest(tmp_path / "sao")
    with (copy / "dondoc.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"?")
    refused = script("restore.sh", str(copy), env={"DONDOC_HOME": str(there)})
    assert refused.returncode == 1
    assert not there.exists()


def test_a_damaged_file_stops_the_backup(home: Path, tmp_path: Path) -> None:
    """Before the only good copies are pushed out by bad ones."""
    [kept] = [path for path in (home / "submissions").rglob("*") if path.is_file()]
    kept.write_bytes(b"khac")
    done = script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_HOME": str(home)})
    assert done.returncode != 0
    assert not [path for path in (tmp_path / "sao").iterdir() if path.name.startswith("20")]


def test_only_the_newest_copies_are_kept(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sao"
    for day in ("2019-01-01T000000Z", "2019-01-02T000000Z", "2019-01-03T000000Z"):
        (folder / day).mkdir(parents=True)
    assert script("backup.sh", str(folder), "2", env={"DONDOC_HOME": str(home)}).returncode == 0
    names = sorted(path.name for path in folder.iterdir() if path.name.startswith("20"))
    assert names[0] == "2019-01-03T000000Z"
    assert len(names) == 2


def test_settings_come_from_the_file_and_the_environment_goes_first(
    home: Path, tmp_path: Path
) -> None:
    """The file is data: nothing in it is run."""
    trap = tmp_path / "bay"
    file = tmp_path / "dondoc.env"
    file.write_text(
        f"# ghi chú\nDONDOC_HOME={home}\nDONDOC_MAIL_FROM=Sở Nội vụ <a@b> $(touch {trap})\n",
        "utf-8",
    )
    done = script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_ENV_FILE": str(file)})
    assert done.returncode == 0, done.stderr
    assert not trap.exists()
    assert (newest(tmp_path / "sao") / "settings.env").read_text("utf-8") == file.read_text("utf-8")


# --- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresOnly]:
    with PostgresOnly(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.skipif(
    bool(missing()) or not shutil.which("pg_dump"), reason=f"needs PostgreSQL: {missing()}"
)
def test_postgresql_comes_back(
    postgres: PostgresOnly, tmp_path: Path, definition: PlanDefinition
) -> None:
    env = {
        "DONDOC_HOME": str(tmp_path / "home"),
        "DONDOC_DATABASE_URL": postgres.url("psycopg", "dondoc"),
        "DONDOC_PREFECT_DATABASE_URL": postgres.url("asyncpg", "prefect"),
        "DONDOC_SECRET_KEY": "khoa-trong-cai-dat",
    }
    url = env["DONDOC_DATABASE_URL"]
    upgraded = subprocess.run(
        [DONDOC, "cluster", "upgrade"], env=os.environ | env, capture_output=True
    )
    assert upgraded.returncode == 0, upgraded.stderr
    work_on(url, definition, "an-lao")
    Store(str(tmp_path / "home" / "submissions")).put(KEPT)
    before = facts(url)
    tables = postgres.psql("SELECT count(*) FROM pg_tables WHERE schemaname='public'", "prefect")
    done = script("backup.sh", str(tmp_path / "sao"), env=env)
    assert done.returncode == 0, done.stderr
    copy = newest(tmp_path / "sao")
    assert (copy / "secret.key").read_text("utf-8") == "khoa-trong-cai-dat"

    work_on(url, definition, "hoai-an")
    refused = script("restore.sh", str(copy), env=env)
    assert refused.returncode == 1
    engine = open_engine(url)
    with reading(engine) as session:
        session.exec(select(Obligation)).first()
        busy = script("restore.sh", str(copy), "--replace", env=env)
    engine.dispose()
    assert "còn 1 kết nối" in busy.stderr
    for _ in range(2):  # a second time as well: the schema's owner is then another
        done = script("restore.sh", str(copy), "--replace", env=env)
        assert done.returncode == 0, done.stderr
    assert facts(url) == before
    postgres.psql("DROP DATABASE dondoc WITH (FORCE)", "postgres")
    postgres.psql("CREATE DATABASE dondoc", "postgres")
    done = script("restore.sh", str(copy), "--replace", env=env)
    assert done.returncode == 0, done.stderr
    assert facts(url) == before
    again = postgres.psql("SELECT count(*) FROM pg_tables WHERE schemaname='public'", "prefect")
    assert again == tables
    assert PLAN_ID in subprocess.run(
        [DONDOC, "cluster", "upgrade"], env=os.environ | env, capture_output=True, text=True
    ).stdout.replace("04/KH-UBND", PLAN_ID)
