"""Opening the database: SQLite (WAL) or PostgreSQL, one engine a process, short transactions.

`reading` and `writing` are the only doors. On SQLite a writing transaction takes the write lock at
once (BEGIN IMMEDIATE): a reader that turns writer half-way would fail without waiting.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, SQLAlchemyError
from sqlmodel import Session, SQLModel

from plan.errors import SettingsError

HEAD = "0035"
"""The newest migration; a test compares it with the scripts in `migrations/versions`."""

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 30
CHECKPOINT_PAGES = 8000
"""Pages (32 MB) the write-ahead log may hold before SQLite copies them back. At its own 1,000 every tick
that moves a thousand scattered obligations pays for a copy: twice the time of the update itself."""


KEPT, MOST = 8, 72
"""Connections of one process: kept open when idle; open at most. PostgreSQL lets in 100 of its own accord.
A page of the dashboard holds up to two at once, so it lets in fewer than half of this at a time."""


def open_engine(url: str) -> Engine:
    """An engine for `url`. Nothing is connected to or migrated yet; SQLite's folder is made at the first
    connection. A fault of a statement says which, and no value of anybody's."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        sizes = {"pool_size": KEPT, "max_overflow": MOST - KEPT}
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True, **sizes)
    pool: dict[str, Any] = {}
    if parsed.database and parsed.database != ":memory:":
        pool = {"pool_size": KEPT, "max_overflow": MOST - KEPT}
    wait = {"timeout": BUSY_SECONDS}
    engine = create_engine(parsed, connect_args=wait, hide_parameters=True, **pool)
    if pool:
        event.listen(engine, "do_connect", _make_folder)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(_dialect: Any, _record: Any, arguments: list[str], _more: Any) -> None:
    Path(arguments[0]).parent.mkdir(parents=True, exist_ok=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event opens transactions instead
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "synchronous=FULL",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("dondoc_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session over one consistent snapshot; whatever was changed in it is forgotten."""
    with Session(engine) as session:
        yield session


@dataclass
class Writes:
    """What became of the deeds of one request. `perhaps`: a commit was asked for and did not plainly fail,
    so that whatever goes wrong afterwards, nobody can say that nothing was kept."""

    perhaps: bool = False


WRITES: ContextVar[Writes | None] = ContextVar("dondoc_writes", default=None)
"""Set by who must be able to tell (the pages, around each request)."""


@contextmanager
def writing(engine: Engine, *, deed: bool = True) -> Iterator[Session]:
    """A session over one transaction: commits when the block ends, rolls back when it raises.

    `deed`: what is written is what somebody asked for; not so counters and marks kept beside it.
    """
    with Session(engine.execution_options(dondoc_writes=True), expire_on_commit=False) as session:
        yield session
        session.flush()
        with _noted(deed):
            session.commit()


@contextmanager
def _noted(deed: bool) -> Iterator[None]:
    """A connection lost while committing leaves open whether it was done; a refusal does not."""
    writes = WRITES.get() if deed else None
    before = writes is not None and writes.perhaps
    if writes is not None:
        writes.perhaps = True
    try:
        yield
    except DBAPIError as error:
        if writes is not None and not error.connection_invalidated:
            writes.perhaps = before
        raise


def is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def insert_if_absent(session: Session, model: type[SQLModel]) -> Any:
    """INSERT … ON CONFLICT DO NOTHING, in the dialect at hand: whoever comes second changes nothing."""
    dialect = import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}")
    table: Table = model.__table__  # type: ignore[attr-defined] # made with the class
    return dialect.insert(table).on_conflict_do_nothing()


def migrate(engine: Engine) -> None:
    """Bring the tables up to `HEAD`, all or nothing. Safe to run again, and by two processes at once.

    `SettingsError` when they are a later version's: going back is restoring a backup.
    """
    from alembic import command
    from alembic.config import Config

    _refuse_later(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with (
        engine.execution_options(dondoc_writes=True).connect() as connection,
        _tables_may_be_made_again(connection),
        connection.begin(),
    ):
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('dondoc-migrate'))"))
        config.attributes["connection"] = connection
        before = _version(connection)
        command.upgrade(config, "head")
        _fill(connection, before)
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise SettingsError(f"Nâng cấp cơ sở dữ liệu dừng, chưa đổi gì: {broken[:3]}.")


def _fill(connection: Connection, before: str) -> None:
    """What the new tables say of rows from before (migration `before`), in the same transaction: whoever
    finds the tables at `HEAD` finds them filled."""
    from plan.directory.acting import place_accounts
    from plan.directory.placing import place
    from plan.ledger import audit

    with Session(connection) as session:
        audit.seal(session)
        place(session)
        if before < "0030":
            place_accounts(session)
        session.flush()


@contextmanager
def _tables_may_be_made_again(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by making it again; with foreign keys held meanwhile, dropping the old one would
    take along the rows that refer to it. Held only outside a transaction; checked before it ends."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _refuse_later(engine: Engine) -> None:
    stands = version(engine)
    if stands and not list((MIGRATIONS / "versions").glob(f"{stands}_*.py")):
        raise SettingsError(
            f"Cơ sở dữ liệu thuộc bản mới hơn ({stands}) chương trình này ({HEAD}). Hãy dùng bản mới, hoặc "
            "khôi phục bản sao lưu trước khi nâng cấp (deploy/README.md, «Quay lại bản cũ»)."
        )


def migrated(engine: Engine) -> bool:
    """Whether the tables stand at `HEAD` (without loading Alembic)."""
    return version(engine) == HEAD


def version(engine: Engine) -> str:
    """The migration the tables stand at; empty: none."""
    with engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return "" if row is None else str(row[0])


# --- Whether the database can be used, and when it cannot: why, and what to do about it.


class Unusable(NamedTuple):
    """In words for the operator."""

    words: str
    what_to_do: str


LATER = Unusable(
    f"Cơ sở dữ liệu thuộc bản mới hơn chương trình này ({HEAD}).",
    "Dùng bản mới, hoặc khôi phục bản sao lưu trước khi nâng cấp (deploy/README.md, «Quay lại bản cũ»).",
)
OLDER = Unusable(
    "Cơ sở dữ liệu thuộc bản cũ hơn chương trình này.",
    "Khởi động lại dịch vụ, hoặc chạy: dondoc init (nhiều máy: dondoc cluster upgrade).",
)
EMPTY = Unusable("Cơ sở dữ liệu chưa có bảng nào của Đôn Đốc.", "Chạy: dondoc init")


def unusable(engine: Engine) -> Unusable | None:
    """None: it answers and has the tables this program needs."""
    file = _file(engine.url)
    if file is not None and not file.exists():
        return Unusable(
            f"Chưa có cơ sở dữ liệu {file}.",
            "Kiểm tra DONDOC_HOME, DONDOC_DATABASE_URL; lần đầu thì chạy: dondoc init",
        )
    try:
        stands = version(engine)
    except SQLAlchemyError as error:
        return why(error, engine.url)
    if stands == HEAD:
        return None
    if not stands:
        return EMPTY
    return OLDER if list((MIGRATIONS / "versions").glob(f"{stands}_*.py")) else LATER


def require_usable(engine: Engine) -> None:
    """`SettingsError` with why not and what to do."""
    fault = unusable(engine)
    if fault is not None:
        raise SettingsError(f"{fault.words} {fault.what_to_do}")


def why(error: SQLAlchemyError, url: URL) -> Unusable:
    """What an error of the driver means for whoever keeps the machine."""
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() != "sqlite":
        return Unusable(
            f"Không kết nối được cơ sở dữ liệu {where}.",
            "Bật máy chủ PostgreSQL; hoặc sửa DONDOC_DATABASE_URL.",
        )
    reason = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DatabaseError) and not isinstance(error, OperationalError):
        return Unusable(
            f"Tệp cơ sở dữ liệu {url.database} hỏng ({reason}).",
            "Dừng dịch vụ, rồi khôi phục bản sao lưu gần nhất: deploy/restore.sh",
        )
    return Unusable(
        f"Không mở được tệp cơ sở dữ liệu {url.database} ({reason}).",
        "Kiểm tra quyền của tài khoản đang chạy, chỗ trống trên đĩa.",
    )


def _file(url: URL) -> Path | None:
    named = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if named else None
