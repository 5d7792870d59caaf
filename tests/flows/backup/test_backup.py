"""backup.sh and restore.sh, run for real: what was copied while in use comes back whole, elsewhere too."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from flows.jobs.rounds import make_tools
from flows.service.lock import hold_home
from flows.store_check import check_store
from intake.files.store import Store
from plan.database import open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.keys.secret import secret_key
from plan.ledger import audit
from plan.models import AuditEvent, Obligation, Submission, SubmissionFile
from plan.settings import Settings
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.flows.backup.kit import (
    KEPT,
    begin,
    facts,
    newest,
    script,
    stored,
    work_on,
)
from tests.support.cluster_kit import PostgresOnly, missing
from tests.support.service_kit import DONDOC


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
    with hold_home(home):
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


def test_a_file_that_comes_while_the_backup_runs_is_no_fault(home: Path, tmp_path: Path) -> None:
    """Files arrive before, between and after; their number has a bound: no machine is too slow."""
    store, stop, put = Store(str(home / "submissions")), threading.Event(), [0]

    def upload() -> None:
        while not stop.wait(0.005):
            store.put(f"tep {put[0]}".encode())
            put[0] += 1

    uploading = threading.Thread(target=upload)
    uploading.start()
    try:
        for _ in range(3):
            done = script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_HOME": str(home)})
            assert done.returncode == 0, done.stderr
    finally:
        stop.set()
        uploading.join()
    copy = newest(tmp_path / "sao")
    there = tmp_path / "may-moi"
    done = script("restore.sh", str(copy), env={"DONDOC_HOME": str(there)})
    assert done.returncode == 0, done.stderr
    names = (copy / "files.txt").read_text("ascii").split()
    assert len(names) == len(
        [path for path in (there / "submissions").rglob("*") if path.is_file()]
    )
    assert put[0] > 3


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_backups_under_load_each_come_back_whole(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hand-ins as fast as the machine takes them: file, row and trail of each, in every copy alike."""
    tools, stop, taken = make_tools(Settings(home=home)), threading.Event(), [0]

    def hand_in_for_ever() -> None:
        while not stop.is_set():
            sha256 = tools.store.put(f"bản nộp {taken[0]} ".encode() * 2_000)
            with writing(tools.engine) as session:
                file_row(session, sha256, f"{taken[0]}.xlsx")
            taken[0] += 1

    with writing(tools.engine) as session:
        for other in session.exec(select(SubmissionFile)):
            session.delete(other)
    working, began = threading.Thread(target=hand_in_for_ever), time.monotonic()
    working.start()
    try:
        for number in range(20):
            done = script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_HOME": str(home)})
            assert done.returncode == 0, (number, done.stderr)
    finally:
        stop.set()
        working.join()
        tools.engine.dispose()
    a_second = taken[0] / (time.monotonic() - began)
    copies = sorted(path for path in (tmp_path / "sao").iterdir() if path.name.startswith("20"))
    counts = [whole(copy, tmp_path / f"moi-{n}") for n, copy in enumerate(copies)]
    assert len(counts) == 20
    assert counts == sorted(counts)
    with capsys.disabled():
        print(
            f"\n20 bản, {a_second:.1f} lần nộp mỗi giây, mỗi bản từ {counts[0]} tới {counts[-1]} tệp"
        )


def file_row(session: Session, sha256: str, name: str) -> None:
    """What a hand-in leaves: the file's row and its line of the trail, together."""
    first = session.exec(select(Submission.id)).first()
    assert first is not None
    session.add(
        SubmissionFile(submission_id=first, filename=name, sha256=sha256, size=1, kind="unread")
    )
    audit.record(
        session, plan_id="", actor=Actor("Lan", Role.agency), event="test.filed", subject=sha256,
        now=at("2020-04-20 08:00"),
    )  # fmt: skip


def whole(copy: Path, there: Path) -> int:
    """Restore elsewhere; rows, files and trail must agree. Gives how many of each."""
    done = script("restore.sh", str(copy), env={"DONDOC_HOME": str(there)})
    assert done.returncode == 0, done.stderr
    tools = make_tools(Settings(home=there))
    try:
        files = check_store(tools)
        with reading(tools.engine) as session:
            rows = set(session.exec(select(SubmissionFile.sha256)))
            told = session.exec(
                select(AuditEvent.subject).where(AuditEvent.event == "test.filed")
            ).all()
            assert not list(audit.verify(session))
        assert files.bad == []
        assert (set(told), len(told), files.read) == (rows, len(rows), len(rows))
        return files.read
    finally:
        tools.engine.dispose()


def test_two_backups_in_a_second_are_two(home: Path, tmp_path: Path) -> None:
    for _ in range(3):
        done = script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_HOME": str(home)})
        assert done.returncode == 0, done.stderr
    copies = [path for path in (tmp_path / "sao").iterdir() if path.name.startswith("20")]
    assert len(copies) == 3
    assert not [path for copy in copies for path in copy.iterdir() if path.is_dir()]


@pytest.mark.parametrize("harm", ["truncated", "missing"])
def test_a_backup_that_lacks_a_file_restores_nothing(home: Path, tmp_path: Path, harm: str) -> None:
    assert (
        script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_HOME": str(home)}).returncode == 0
    )
    [kept] = [path for path in (tmp_path / "sao" / "store").rglob("*") if path.is_file()]
    kept.write_bytes(KEPT[:4]) if harm == "truncated" else kept.unlink()
    there = tmp_path / "may-moi"
    done = script("restore.sh", str(newest(tmp_path / "sao")), env={"DONDOC_HOME": str(there)})
    assert done.returncode == 1
    assert "chưa thay đổi gì" in done.stderr
    assert not there.exists()


def test_half_a_file_left_by_an_earlier_restore_is_made_whole(home: Path, tmp_path: Path) -> None:
    assert (
        script("backup.sh", str(tmp_path / "sao"), env={"DONDOC_HOME": str(home)}).returncode == 0
    )
    there = tmp_path / "may-moi"
    half = there / stored(home).relative_to(home)
    half.parent.mkdir(parents=True)
    half.write_bytes(KEPT[:4])
    done = script("restore.sh", str(newest(tmp_path / "sao")), env={"DONDOC_HOME": str(there)})
    assert done.returncode == 0, done.stderr
    assert stored(there).read_bytes() == KEPT


def test_a_kept_copy_that_was_damaged_is_made_good_by_the_next_backup(
    home: Path, tmp_path: Path
) -> None:
    env = {"DONDOC_HOME": str(home)}
    assert script("backup.sh", str(tmp_path / "sao"), env=env).returncode == 0
    [kept] = [path for path in (tmp_path / "sao" / "store").rglob("*") if path.is_file()]
    kept.write_bytes(b"?")
    assert script("backup.sh", str(tmp_path / "sao"), env=env).returncode == 0
    assert kept.read_bytes() == KEPT


# --- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresOnly]:
    with PostgresOnly(tmp_path_factory.mktemp("pg")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.skipif(missing() or not shutil.which("pg_dump"), reason="needs Redis and PostgreSQL")
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
