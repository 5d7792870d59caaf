"""Opening, instants, transactions."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import select

from plan.database import migrate, migrated, open_engine, reading, require_usable, unusable, writing
from plan.errors import SettingsError
from plan.models import AuditHead, ChannelState, Contact
from tests.conftest import at


def test_an_instant_without_a_zone_is_refused(any_engine: Engine) -> None:
    with pytest.raises(StatementError, match="needs a time zone"), writing(any_engine) as session:
        session.add(ChannelState(channel="email", down_since=datetime(2020, 4, 29)))


def test_instants_come_back_in_utc(any_engine: Engine) -> None:
    when = at("2020-04-29 23:59")
    with writing(any_engine) as session:
        session.add(ChannelState(channel="email", down_since=when))
    with reading(any_engine) as session:
        kept = session.exec(select(ChannelState.down_since)).one()
        assert kept == when
        assert kept is not None
        assert kept.utcoffset() == timedelta(0)
        later = select(ChannelState).where(
            ChannelState.down_since > datetime(2020, 4, 29, 16, tzinfo=UTC)
        )  # type: ignore[operator]
        assert session.exec(later).all()


def test_a_block_that_raises_leaves_nothing(any_engine: Engine) -> None:
    def fail_half_way() -> None:
        with writing(any_engine) as session:
            session.add(AuditHead(hash="x"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with reading(any_engine) as session:
        assert session.exec(select(AuditHead)).all() == []


def test_foreign_keys_hold(any_engine: Engine) -> None:
    with pytest.raises(IntegrityError), writing(any_engine) as session:
        session.add(Contact(agency_id=999, name="Ai"))


def test_sqlite_runs_in_wal_with_full_synchronous(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_a_fault_of_a_statement_tells_nothing_of_anybody(loaded: Engine) -> None:
    with pytest.raises(IntegrityError) as met, loaded.begin() as connection:
        connection.execute(
            text("INSERT INTO contact (id, name, email) VALUES (:id, :name, :email)"),
            {"id": 1, "name": "Bí Mật Danh", "email": "bimat@hoai-an.example"},
        )
    assert "INSERT INTO contact" in str(met.value)
    assert "bimat@hoai-an.example" not in str(met.value).partition("[SQL")[2]


def test_two_processes_migrate_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'dondoc.db'}"
    code = f"from plan.database import *; migrate(open_engine({url!r}))"
    both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in "ab"]
    errors = [process.communicate()[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    engine = open_engine(url)
    assert migrated(engine)
    engine.dispose()


def test_an_older_database_is_refused_with_what_to_do(any_engine: Engine) -> None:
    require_usable(any_engine)
    with writing(any_engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(SettingsError, match="dondoc init"):
        require_usable(any_engine)


def test_migrating_twice_in_a_row_is_fine(empty_engine: Engine) -> None:
    migrate(empty_engine)
    migrate(empty_engine)
    assert migrated(empty_engine)


def test_each_way_of_being_unusable_says_what_to_do(tmp_path: Path) -> None:
    absent, broken = tmp_path / "khong-co.db", tmp_path / "hong.db"
    broken.write_bytes(b"khong phai" * 1000)
    for url, words in (
        (f"sqlite:///{absent}", "dondoc init"),
        (f"sqlite:///{broken}", "khôi phục"),
        (f"sqlite:///{tmp_path}", "Không mở được"),
        ("postgresql+psycopg://u:bimat@127.0.0.1:1/x", "Bật máy chủ PostgreSQL"),
    ):
        engine = open_engine(url)
        found = unusable(engine)
        engine.dispose()
        said = " ".join(found or ())
        assert words in said, url
        assert "bimat" not in said
    assert not absent.exists()


def test_a_later_database_is_said_to_be_one(any_engine: Engine) -> None:
    with writing(any_engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="bản mới hơn"):
        require_usable(any_engine)


@pytest.mark.parametrize("name", ["Plan", "Value", "AuditHead", "Attempt", "RunInput", "Webhook"])
def test_tables_made_on_demand_lead_to_those_they_name(name: str) -> None:
    """One of each module, asked for first in a process of its own."""
    script = (
        f"from sqlmodel import SQLModel; from plan.models import {name}; "
        "[key.column for table in SQLModel.metadata.tables.values() for key in table.foreign_keys]"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
