"""A whole installation's data in another database: nothing lost, and it goes on there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import Session

from dashboard.auth import users
from plan.database import open_engine, reading, writing
from plan.database_copy import copy_all, copy_file
from plan.errors import DondocError, RefusedError
from plan.ledger import audit
from plan.models import AuditEvent, metadata
from tests.browser.support import SYSTEM, dashboard_at
from tests.conftest import at

LATER = at("2020-05-05 08:00")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan under way: submissions, findings, messages, users, a consolidation."""
    made = dashboard_at(tmp_path_factory.mktemp("mot-may"))
    made.engine.dispose()
    return made.home / "dondoc.db"


def rows_of(session: Session) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: [
            tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
        ]
        for table in metadata.sorted_tables
    }


def test_every_row_comes_along_and_work_goes_on(source: Path, any_engine: Engine) -> None:
    was = source.read_bytes()
    count = copy_file(source, any_engine)
    assert source.read_bytes() == was
    before = open_engine(f"sqlite:///{source}")
    with reading(before) as old, reading(any_engine) as new:
        there = rows_of(old)
        assert rows_of(new) == there
        assert not list(audit.verify(new))
    before.dispose()
    assert count == sum(len(rows) for rows in there.values())
    assert len([name for name, rows in there.items() if rows]) > 20
    with writing(any_engine) as session:
        last = session.execute(select(func.max(AuditEvent.id))).scalar_one()
        users.add_user(
            session, email="moi@x.vn", name="Người mới", role="leader", actor=SYSTEM, now=LATER
        )
    with reading(any_engine) as session:
        assert session.execute(select(func.max(AuditEvent.id))).scalar_one() > last
        assert not list(audit.verify(session))


def test_what_is_there_is_not_written_over(source: Path, loaded: Engine) -> None:
    with pytest.raises(RefusedError, match="đã có kế hoạch"):
        copy_file(source, loaded)


@pytest.mark.parametrize("content", [None, b"", b"khong phai" * 1000])
def test_an_unfit_source_changes_nothing(
    tmp_path: Path, migrated_engine: Engine, content: bytes | None
) -> None:
    file = tmp_path / "khac.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DondocError, match="ơ sở dữ liệu"):
        copy_file(file, migrated_engine)
    with reading(migrated_engine) as session:
        assert not any(rows_of(session).values())


def test_a_copy_broken_off_leaves_nothing(
    source: Path, any_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plan.database_copy._count_on", broken)
    monkeypatch.setattr("plan.database_copy._copy", broken)
    old = open_engine(f"sqlite:///{source}")
    with pytest.raises(OSError, match="No space"):
        copy_all(old, any_engine)
    old.dispose()
    with reading(any_engine) as session:
        assert not any(rows_of(session).values())
