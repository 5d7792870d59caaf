"""`dondoc verify`, and the night's part of it: every stored file against its hash."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from flows.jobs.rounds import make_tools
from flows.store_check import KEPT as KEPT_COLUMNS
from flows.store_check import PARTS, check_store, part_of, where_used
from intake.files.store import Store
from intake.inbox.claims import claim_mail
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.models import IncomingMail, Submission, SubmissionFile
from plan.settings import Settings
from tests.conftest import at
from tests.flows.backup.kit import KEPT, begin, plain_environment, stored
from tests.support.service_kit import DONDOC


@pytest.fixture
def home(tmp_path: Path, definition: PlanDefinition) -> Path:
    """An SQLite installation with a kept file."""
    home = tmp_path / "may"
    begin(f"sqlite:///{home}/dondoc.db", definition)
    Store(str(home / "submissions")).put(KEPT)
    return home


def test_damage_of_live_files_is_noticed(home: Path) -> None:
    """By the command, and by the night's work when the file's turn comes."""
    tools = make_tools(Settings(home=home))
    with writing(tools.engine) as session:
        for other in session.exec(select(SubmissionFile)):
            session.delete(other)
        first = session.exec(select(Submission.id)).first()
        assert first is not None
        sha256 = stored(home).name
        session.add(
            SubmissionFile(
                submission_id=first, filename="a.xlsx", sha256=sha256, size=3, kind="unread"
            )
        )
    assert (check_store(tools).read, check_store(tools).bad) == (1, [])
    stored(home).write_bytes(b"khac")
    [(name, why)] = check_store(tools).bad
    assert name == sha256
    assert "không còn đúng" in why
    turns = [day for day in range(PARTS) if check_store(tools, part_of(date(2026, 1, 1 + day))).bad]
    assert len(turns) == 1
    env = plain_environment() | {"DONDOC_HOME": str(home)}
    said = subprocess.run([DONDOC, "verify"], env=env, capture_output=True, text=True)
    assert said.returncode == 1
    assert "a.xlsx (lần nộp số" in said.stdout
    tools.engine.dispose()


def test_every_column_that_names_a_file_is_read(home: Path) -> None:
    """A mail that waits and a draft's document are stored files as what was handed in is. Only a scan's own
    file stands elsewhere too: it was handed in."""
    named = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("sha256")
    }
    read = {f"{column.class_.__tablename__}.{column.key}" for column, _, _ in KEPT_COLUMNS}
    assert named - read == {"scan_page.sha256"}
    tools, now = make_tools(Settings(home=home)), at("2020-04-20 09:00")
    raw = b"From: a@b.example\r\n\r\nx"
    claim_mail(tools.engine, tools.store, raw, source="mailbox", received_at=now, now=now)
    with reading(tools.engine) as session:
        sha256 = session.exec(select(IncomingMail.sha256)).one()
    (home / "submissions" / sha256[:2] / sha256).write_bytes(b"khac")
    assert sha256 in dict(check_store(tools).bad)
    with reading(tools.engine) as session:
        assert "thư đến số 1" in where_used(session, sha256)[0]
    tools.engine.dispose()


def test_a_store_that_is_away_is_one_sentence(home: Path) -> None:
    """Not as many faults as there are files."""
    tools = make_tools(Settings(home=home))
    assert check_store(tools).bad, "the store holds other files than these rows name"
    shutil.rmtree(home / "submissions")
    done = check_store(tools)
    assert (done.read, done.bad) == (0, [])
    assert "ổ đĩa" in done.away
    tools.engine.dispose()
    env = plain_environment() | {"DONDOC_HOME": str(home)}
    said = subprocess.run([DONDOC, "verify"], env=env, capture_output=True, text=True)
    assert (said.returncode, "ổ đĩa" in said.stdout) == (1, True)
