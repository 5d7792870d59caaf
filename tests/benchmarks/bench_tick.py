"""What is due among a million obligations: found and moved on at the cost of what is due.

Two databases with 1,000 obligations due: one of a million, one of ten thousand. «Found and claimed» is the
tick's own read and its own conditional update; bare is the same joined read and the same update by
`sqlite3` alone, in one transaction. And a tick that finds nothing, against an empty transaction. And a
whole tick over thirty running plans with the same people, against one plan's, a thousand due of a million.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from sqlalchemy import Engine
from sqlalchemy.dialects import sqlite

from notifications.obligations import due, due_columns, due_condition
from notifications.reminders.look import Moved
from notifications.reminders.tick import anything_due, move_on, tick
from plan.database import CHECKPOINT_PAGES, migrate, open_engine, reading, writing
from plan.definition.loading import load_definition
from plan.settings import PACKAGED_PLANS
from tests.conftest import at, load_running
from tests.support.reminders import make_messaging

PLAN = "04-kh-ubnd-2020"
DUE, SMALL, LARGE, PLANS = 1_000, 10_000, 1_000_000, 30
NOW = at("2020-04-20 08:00")
LATER = NOW + timedelta(days=365)
ROUNDS = 9


def run() -> dict[str, float]:
    """The three ratios; some twenty seconds to lay the million rows."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = (_database(Path(folder) / f"{size}.db", size) for size in (SMALL, LARGE))
        found = {one: _seconds(partial(_found_and_claimed, one), one) for one in (small, large)}
        bare = _seconds(lambda: _bare(large), large)
        idle = _median(lambda: anything_due(large, PLAN, NOW - timedelta(days=365)))
        empty = _median(lambda: _empty(large))
        small.dispose()
        large.dispose()
    return {
        "thirty_plans_to_one": _whole_tick(PLANS) / _whole_tick(1),
        "million_to_ten_thousand": found[large] / found[small],
        "found_to_bare": found[large] / bare,
        "idle_to_empty": idle / empty,
    }


def _database(path: Path, size: int) -> Engine:
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    with writing(engine) as session:
        load_running(session, load_definition(PACKAGED_PLANS / PLAN)[0], now=NOW)
    with sqlite3.connect(path) as raw:
        names = [row[1] for row in raw.execute("PRAGMA table_info(obligation)")]
        copied = ", ".join(
            {"id": "NULL", "period": "'p' || n", "next_check_at": "NULL"}.get(name, name)
            for name in names
        )
        raw.execute(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) "
            f"INSERT INTO obligation SELECT {copied} FROM (SELECT * FROM obligation LIMIT 1), c",
            (size,),
        )
        raw.execute("UPDATE obligation SET next_check_at = NULL")
        raw.execute("ANALYZE")
    raw.close()
    return engine


# --- whole ticks over several plans ---------------------------------------------------------------


def _whole_tick(plans: int) -> float:
    """Seconds of a tick, from looking to the outbox, over `plans` plans of a million obligations in all."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plans.db"
        engine = _crowd(path, plans)
        times = []
        for _ in range(ROUNDS):
            _due_again(path)
            started = time.perf_counter()
            found = tick(engine, "", NOW, make_messaging())
            times.append(time.perf_counter() - started)
            assert found.checked == DUE, found
        engine.dispose()
    return median(times)


def _crowd(path: Path, plans: int) -> Engine:
    """Copies of one plan, each under its own number; what they owe copied until it is a million."""
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    definition = load_definition(PACKAGED_PLANS / PLAN)[0]
    with writing(engine) as session:
        for n in range(plans):
            named = {"id": f"p{n}", "number": f"{n}/KH-UBND", "short": f"KH {n}"}
            load_running(session, definition.model_copy(update=named), now=NOW)
    with closing(sqlite3.connect(path)) as raw, raw:
        names = [row[1] for row in raw.execute("PRAGMA table_info(obligation)")]
        own = {"id": "NULL", "period": "'p' || n", "next_check_at": "NULL"}
        copied = ", ".join(own.get(name, name) for name in names)
        raw.execute("CREATE TEMP TABLE model AS SELECT * FROM obligation WHERE due_at IS NOT NULL")
        (count,) = raw.execute("SELECT count(*) FROM model").fetchone()
        raw.execute(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) "
            f"INSERT INTO obligation SELECT {copied} FROM model, c",
            (LARGE // count,),
        )
        raw.execute("ANALYZE")
    return engine


def _due_again(path: Path) -> None:
    """A thousand are due, alike in every plan, and nothing was ever told."""
    with closing(sqlite3.connect(path)) as raw, raw:
        for table in ("rung_claim", "message_obligation", "message_plan", "message"):
            raw.execute(f"DELETE FROM {table}")
        raw.execute("UPDATE obligation SET next_check_at = NULL WHERE next_check_at IS NOT NULL")
        (plans,) = raw.execute("SELECT count(*) FROM plan").fetchone()
        for n in range(plans):
            share = DUE // plans + (n < DUE % plans)
            raw.execute(
                "UPDATE obligation SET next_check_at = ? WHERE id IN (SELECT id FROM obligation "
                "WHERE plan_id = ? AND period != '' ORDER BY period, id LIMIT ?)",
                (_stored(NOW), f"p{n}", share),
            )


def _arm(engine: Engine) -> None:
    """A thousand, spread over the table, are due again."""
    with engine.execution_options(dondoc_writes=True).begin() as connection:
        step = connection.exec_driver_sql("SELECT max(id) / ? FROM obligation", (DUE,)).scalar_one()
        connection.exec_driver_sql(
            "UPDATE obligation SET next_check_at = NULL WHERE next_check_at IS NOT NULL"
        )
        connection.exec_driver_sql(
            "UPDATE obligation SET next_check_at = ? WHERE id % ? = 0 AND id <= ? * ?",
            (_stored(NOW), step, step, DUE),
        )


def _seconds(work: Callable[[], int], engine: Engine) -> float:
    times = []
    for _ in range(ROUNDS):
        _arm(engine)
        started = time.perf_counter()
        count = work()
        times.append(time.perf_counter() - started)
        assert count == DUE, count
    return median(times)


def _found_and_claimed(engine: Engine) -> int:
    with reading(engine) as session:
        rows = due(session, [PLAN], NOW, 50_000)
    move_on(engine, [Moved(row, LATER) for row in rows])
    return len(rows)


def _bare(engine: Engine) -> int:
    """The same read and the same update, without the program."""
    found = due_columns().where(due_condition([PLAN], NOW))
    whole = {"render_postcompile": True}
    statement = str(found.compile(dialect=sqlite.dialect(), compile_kwargs=whole))
    raw = sqlite3.connect(str(engine.url.database), isolation_level=None)
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    rows = raw.execute(statement, (_stored(NOW), PLAN)).fetchall()
    raw.execute("BEGIN IMMEDIATE")
    raw.executemany(
        "UPDATE obligation SET next_check_at = ? WHERE id = ?",
        [(LATER.isoformat(" "), row[0]) for row in rows],
    )
    raw.execute("COMMIT")
    raw.close()
    return len(rows)


def _stored(moment: datetime) -> str:
    """As SQLAlchemy writes a UTC instant into SQLite."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _empty(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1").first()


def _median(work: Callable[[], object], rounds: int = 301) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return median(times)
