"""kill -9 at random moments over everything that writes; what stands afterwards is looked at each time."""

from __future__ import annotations

import lzma
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from intake.files.store import Store
from notifications.reminders.tick import tick
from plan.database import HEAD, migrate, open_engine, reading, version, writing
from plan.definition.loading import load_definition
from plan.ledger import audit
from plan.ledger.trail_check import differences
from plan.models import AuditEvent, Obligation, Submission, SubmissionFile
from tests.chaos.consolidating import play as consolidate_killed
from tests.chaos.sending import START
from tests.chaos.sending import play as send_killed
from tests.chaos.zygote import key_of, numbers, zygote
from tests.conftest import PLAN_ID, PLAN_PATH, at, load_running
from tests.support.reminders import make_messaging
from tests.support.service_kit import Serving

DEPLOY = Path(__file__).parents[2] / "deploy"
OLD = Path(__file__).parents[1] / "fixtures" / "old" / "7332c83.sqlite.xz"
Kill = Callable[[Path, int, random.Random], int]


def begun(database: Path) -> Engine:
    """A database with the packaged plan running in it."""
    engine = open_engine(f"sqlite:///{database}")
    migrate(engine)
    with writing(engine) as session:
        load_running(session, load_definition(PLAN_PATH)[0], now=at("2020-01-20 08:00"))
    return engine


def assert_whole(session: Session) -> None:
    """The trail holds, and the tables are as it tells."""
    broken, different = list(audit.verify(session)), list(differences(session))
    assert not broken, broken[:3]
    assert not different, different[:3]


# --- each kind: gives how many kills met the work still going -----------------------------------------


def sending(folder: Path, kills: int, dice: random.Random) -> int:
    """Nothing lost, nothing recorded as sent goes out again."""
    engine = begun(folder / "plan.db")
    assert len(tick(engine, PLAN_ID, START, make_messaging()).queued) >= 30
    template = folder / "template.db"
    with sqlite3.connect(folder / "plan.db") as raw:
        raw.execute("VACUUM INTO ?", (str(template),))
    engine.dispose()
    hit, turn = 0, 0
    while hit < kills:
        hit += send_killed(template, folder / f"{turn}.db", dice, kills=min(12, kills - hit))
        turn += 1
    return hit


def filing(folder: Path, kills: int, dice: random.Random) -> int:
    """What was told as filed is there, once, and so is what was sent again because nobody was told."""
    database = folder / "dondoc.db"
    engine, hit = begun(database), 0
    with zygote("file", database) as child:
        while hit < kills:
            hit += child.killed_after(dice.uniform(0.01, 0.6))
        assert not child.killed_after(60.0)
    with reading(engine) as session:
        filed = Counter(session.exec(select(Submission.key)).all())
        assert filed == Counter(map(key_of, numbers(database)))
        assert set(filed.values()) == {1}
        store = Store(str(folder / "submissions"))
        for sha256, size in session.exec(select(SubmissionFile.sha256, SubmissionFile.size)):
            assert len(store.get(sha256)) == size  # the store checks the hash
        assert_whole(session)
    engine.dispose()
    return hit


def consolidating(folder: Path, kills: int, dice: random.Random) -> int:
    """No half output, no run that only seems done."""
    hit, turn = 0, 0
    while hit < kills:
        (folder / f"{turn}").mkdir()
        hit += consolidate_killed(folder / f"{turn}", min(40, kills - hit), dice)
        turn += 1
    return hit


def migrating(folder: Path, kills: int, dice: random.Random) -> int:
    """As it was, or as it should be; never between."""
    old, database = lzma.decompress(OLD.read_bytes()), folder / "dondoc.db"
    database.write_bytes(old)
    engine, hit = open_engine(f"sqlite:///{database}"), 0
    before, rows = version(engine), trail_rows(engine)
    with zygote("migrate", database) as child:
        began = time.monotonic()
        assert not child.killed_after(120.0)
        length = time.monotonic() - began
        while hit < kills:
            engine.dispose()
            for path in folder.glob("dondoc.db*"):
                path.unlink()
            database.write_bytes(old)
            for _ in range(5):
                hit += child.killed_after(dice.uniform(0.0, length))
                assert version(engine) in (before, HEAD)
                engine.dispose()
            assert not child.killed_after(120.0)
            assert version(engine) == HEAD
            assert trail_rows(engine) == rows + 1  # its seal
            with reading(engine) as session:
                assert_whole(session)
    engine.dispose()
    return hit


def trail_rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one())


# --- backing up and restoring -----------------------------------------------------------------------


def script(home: Path, name: str, *words: str) -> subprocess.Popen[bytes]:
    """The script at work in a group of its own, so that all of it can be killed at once."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DONDOC")}
    keys = {name: value for name, value in os.environ.items() if "TRAIL" in name}
    return subprocess.Popen(
        [str(DEPLOY / name), *words], env=ours | keys | {"DONDOC_HOME": str(home)}, cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def killed_after(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait() < 0
    return False


def facts(database: Path) -> tuple[int, int, int]:
    """Submissions, files, rows of the trail; AssertionError where one is not as another tells."""
    engine = open_engine(f"sqlite:///{database}")
    store = Store(str(database.parent / "submissions"))
    with reading(engine) as session:
        assert_whole(session)
        files = session.exec(select(SubmissionFile.sha256)).all()
        assert all(store.get(sha256) for sha256 in files)
        counted = [
            session.exec(select(func.count(col(model.id)))).one()
            for model in (Submission, AuditEvent)
        ]
    engine.dispose()
    return counted[0], len(files), counted[1]


def backing_up(folder: Path, kills: int, dice: random.Random) -> int:
    """Every copy that bears a final name restores: rows, files and trail go together."""
    home, target, hit = folder / "home", folder / "sao", 0
    begun(home / "dondoc.db").dispose()
    with zygote("file", home / "dondoc.db") as child:
        began = time.monotonic()
        assert script(home, "backup.sh", str(target)).wait(120) == 0
        length = time.monotonic() - began
        while hit < kills:
            child.killed_after(0.15)  # files arrive meanwhile
            hit += killed_after(script(home, "backup.sh", str(target)), dice.uniform(0, length))
            for done in target.glob("20*Z"):
                sums = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=done)
                assert sums.returncode == 0
                if dice.random() < 0.8 and done != max(target.glob("20*Z")):
                    shutil.rmtree(done)
    assert script(home, "backup.sh", str(target)).wait(120) == 0
    there = folder / "may-moi"
    assert script(there, "restore.sh", str(max(target.glob("20*Z")))).wait(120) == 0
    assert facts(there / "dondoc.db") == facts(home / "dondoc.db")
    return hit


def restoring(folder: Path, kills: int, dice: random.Random) -> int:
    """The old database or the restored one, whole; and again, to the end."""
    home, there, target, hit = folder / "home", folder / "may-moi", folder / "sao", 0
    begun(home / "dondoc.db").dispose()
    copies = []
    with zygote("file", home / "dondoc.db") as child:
        for _ in range(2):
            assert not child.killed_after(60.0)
            assert script(home, "backup.sh", str(target)).wait(120) == 0
            copies.append((max(target.glob("20*Z")), facts(home / "dondoc.db")))
    began = time.monotonic()
    assert script(there, "restore.sh", str(copies[0][0])).wait(120) == 0
    length = time.monotonic() - began
    known = [said for _, said in copies]
    while hit < kills:
        copy, wanted = dice.choice(copies)
        met = killed_after(
            script(there, "restore.sh", str(copy), "--replace"), dice.uniform(0, length)
        )
        hit += met
        assert facts(there / "dondoc.db") in known
        if met and dice.random() < 0.3:
            assert script(there, "restore.sh", str(copy), "--replace").wait(120) == 0
            assert facts(there / "dondoc.db") == wanted
        for old in there.glob("*.truoc-*"):
            old.unlink()
    return hit


# --- starting ---------------------------------------------------------------------------------------


def starting(folder: Path, kills: int, dice: random.Random) -> int:
    """The whole service, at any moment of its start: the next start finds everything as it should be."""
    served = Serving(folder / "home", DONDOC_CLOCK="2020-04-18T12:00:00+07:00")
    began, hit = time.monotonic(), 0
    with served:
        length = time.monotonic() - began
        served.kill()
        while hit < kills:
            with served.log.open("ab") as out:
                served.process = subprocess.Popen(
                    [served.program, "serve"], env=served.env, stdout=out, stderr=out,
                    start_new_session=True,
                )  # fmt: skip
            try:
                served.process.wait(dice.uniform(0.2, length))
            except subprocess.TimeoutExpired:
                served.kill()
                hit += 1
            ends = time.monotonic() + 60
            while served.children() and time.monotonic() < ends:
                time.sleep(0.05)
            assert served.children() == set(), "nobody is left behind"
        served.start()
        wrong = [one for one in served.faults() if not one.startswith(("Kênh", "Trước khi nhắc"))]
        assert not wrong, wrong
        engine = open_engine(f"sqlite:///{served.home / 'dondoc.db'}")
        with reading(engine) as session:
            assert session.exec(select(func.count(col(Obligation.id)))).one() > 100
            assert_whole(session)
        engine.dispose()
    return hit


KINDS: tuple[tuple[str, Kill, float], ...] = (
    ("sending", sending, 0.30),
    ("filing", filing, 0.30),
    ("consolidating", consolidating, 0.18),
    ("migrating", migrating, 0.08),
    ("backing up", backing_up, 0.06),
    ("restoring", restoring, 0.06),
    ("starting", starting, 0.02),
)
"""What is killed, and its part of all kills: what takes longest to begin has the smallest."""


def kill_everything(folder: Path, kills: int, dice: random.Random) -> dict[str, int]:
    """So many kills that met work still going; by kind. AssertionError at the first thing that is not so."""
    found = {}
    for name, kill, part in KINDS:
        place = folder / name.replace(" ", "-")
        place.mkdir(parents=True)
        found[name] = kill(place, max(1, round(kills * part)), dice)
        shutil.rmtree(place, ignore_errors=True)
    return found
