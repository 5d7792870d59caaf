"""Loading a plan of 3,321 agencies, 6,642 contacts and 106,272 obligations, against inserting the same rows
bare with SQLAlchemy Core: the first time, again with one date moved, and only checked.

On SQLite processor seconds of this process; on PostgreSQL, whose server has a part, seconds by the clock. The
bare inserts take the very rows that the program wrote.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, bindparam, insert, select, update

from plan.database import migrate, open_engine, writing
from plan.definition.checks import load_checked
from plan.definition.export import write_plan
from plan.definition.model import PlanDefinition
from plan.importing.plan import load_plan
from plan.models import Obligation, metadata
from tests.conftest import fresh_postgres, postgres
from tests.support.large_plan import definition_of, with_contacts

AGENCIES, PRODUCTS = 3_321, 32
NOW = datetime(2020, 1, 6, 1, tzinfo=UTC)
LATER = datetime(2020, 1, 7, 1, tzinfo=UTC)
MOVED = ("bao-cao-3", "Trước ngày 20 tháng 5 năm 2020")

Rows = dict[str, list[dict[str, Any]]]
Clock = Callable[[], float]


def run(agencies: int = AGENCIES, products: int = PRODUCTS) -> dict[str, float]:
    """The ratios; nothing is left behind."""
    definition = with_contacts(definition_of(agencies, products))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_plan(definition, folder / "plan")
        checked = _seconds(lambda: load_checked(folder / "plan"))
        with _database(folder / "ours.db") as ours, _database(folder / "bare.db") as bare:
            lite = _against_bare(definition, ours, bare, time.process_time)
    with postgres() as url, fresh_postgres(url) as ours, fresh_postgres(url) as bare:
        migrate(ours), migrate(bare)
        large = _against_bare(definition, ours, bare, time.monotonic)
    return {
        "load_to_core": lite.loaded / lite.inserted,
        "again_to_core": lite.again / lite.followed,
        "check_to_core": checked / lite.inserted,
        "postgres_load": large.loaded / large.inserted,
        "postgres_again": large.again / large.followed,
    }


@dataclass(frozen=True)
class Seconds:
    """Loading against bare inserts: the first time, and with one date moved."""

    loaded: float
    inserted: float
    again: float
    followed: float


def _against_bare(definition: PlanDefinition, ours: Engine, bare: Engine, clock: Clock) -> Seconds:
    loaded = _seconds(lambda: _load(ours, definition, NOW), clock)
    rows = _rows(ours, {})
    inserted = _seconds(lambda: _insert(bare, rows), clock)
    again = _seconds(lambda: _load(ours, moved(definition), LATER), clock)
    fresh = _rows(ours, {name: len(kept) for name, kept in rows.items()})
    changed = _changed(ours)
    return Seconds(loaded, inserted, again, _seconds(lambda: _insert(bare, fresh, changed), clock))


def moved(definition: PlanDefinition) -> PlanDefinition:
    """One product is due on another day."""
    code, words = MOVED
    parts = [
        part.model_copy(update={"due": {"words": words}}) if part.id == code else part
        for part in definition.deliverables
    ]
    body = definition.model_dump() | {"deliverables": [_plain(part) for part in parts]}
    return PlanDefinition.model_validate(body)


def _plain(part: Any) -> dict[str, Any]:
    body: dict[str, Any] = part.model_dump(warnings=False)
    return body


@contextmanager
def _database(file: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def _load(engine: Engine, definition: PlanDefinition, now: datetime) -> None:
    with writing(engine) as session:
        load_plan(session, definition, now=now)


def _rows(engine: Engine, known: dict[str, int]) -> Rows:
    """Every table's rows, without the first `known` ones."""
    with engine.connect() as connection:
        return {
            table.name: [
                dict(row._mapping)
                for row in connection.execute(
                    select(table).order_by(*table.primary_key).offset(known.get(table.name, 0))
                )
            ]
            for table in metadata.sorted_tables
        }


def _changed(engine: Engine) -> list[dict[str, Any]]:
    """What the obligations that moved are now."""
    with engine.connect() as connection:
        table = _table(Obligation)
        found = connection.execute(select(table).where(table.c.deadline_version > 1))
        return [{f"new_{name}": value for name, value in row._mapping.items()} for row in found]


def _insert(engine: Engine, rows: Rows, changed: list[dict[str, Any]] | None = None) -> None:
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if rows[table.name]:
                connection.execute(insert(table), rows[table.name])
        if changed:
            table = _table(Obligation)
            fields = ("due_at", "last_day", "last_working_day", "deadline_version", "version")
            statement = update(table).where(table.c.id == bindparam("new_id"))
            connection.execute(
                statement.values({name: bindparam(f"new_{name}") for name in fields}), changed
            )


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found


def _seconds(work: Callable[[], object], clock: Clock = time.process_time) -> float:
    gc.collect()
    began = clock()
    work()
    return clock() - began
