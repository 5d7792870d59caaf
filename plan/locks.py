"""One at a time: a lock on a name, across threads, processes and (PostgreSQL) machines.

The lock dies with its holder: after `kill -9` the next one in finds it free, and whatever was left
half-done in the database is known to be nobody's.
"""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

_in_memory: defaultdict[tuple[int, str], threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def exclusive(engine: Engine, name: str) -> Iterator[None]:
    """Waits until nobody else holds `name` on this database, holds it while the block runs."""
    if engine.dialect.name == "postgresql":
        with _advisory(engine, name):
            yield
    elif engine.url.database in (None, "", ":memory:"):
        with _in_memory[id(engine), name]:
            yield
    else:
        with _file_lock(Path(str(engine.url.database)), name):
            yield


@contextmanager
def _file_lock(database: Path, name: str) -> Iterator[None]:
    """Beside the database. The file stays: removing it could free a name that is held."""
    folder = database.parent / "locks"
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(f"{database.name}/{name}".encode()).hexdigest()[:16]
    with (folder / f"{digest}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _advisory(engine: Engine, name: str) -> Iterator[None]:
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    # A connection of its own: the lock belongs to it and goes when it does.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
