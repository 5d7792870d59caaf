"""All of one database into another, empty one: from a single machine's SQLite to PostgreSQL, or back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select, text

from plan.database import migrate, open_engine, require_usable
from plan.errors import RefusedError
from plan.models import Plan, metadata

ROWS = 1000
"""Read, then written, at a time: a big table does not fill the memory."""


def copy_file(path: Path, target: Engine) -> int:
    """What `copy_all` does, from an SQLite file, which stays as it is to the byte: a backup has its sums.

    `RefusedError` when there is no such file or it cannot be read as a database.
    """
    with TemporaryDirectory() as folder:
        read = Path(folder) / "dondoc.db"
        try:
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as kept,
                closing(sqlite3.connect(read)) as draft,
            ):
                kept.backup(draft)
        except sqlite3.Error as error:
            raise RefusedError(f"Không đọc được cơ sở dữ liệu {path} ({error}).") from None
        source = open_engine(f"sqlite:///{read}")
        try:
            return copy_all(source, target)
        finally:
            source.dispose()


def copy_all(source: Engine, target: Engine) -> int:
    """Every row as it is, keys and audit trail included; the number of rows. Tables are made first.

    One snapshot is read and one transaction written: all or nothing. `RefusedError` when the target
    holds a plan; `SettingsError` when the source cannot be used.
    """
    require_usable(source)
    migrate(target)
    with source.connect() as reader, target.execution_options(dondoc_writes=True).begin() as writer:
        if writer.execute(select(func.count()).select_from(Plan)).scalar_one():
            raise RefusedError(
                "Cơ sở dữ liệu đích đã có kế hoạch. Chỉ chép vào cơ sở dữ liệu trống: hãy tạo một cơ sở dữ "
                "liệu mới, đặt DONDOC_DATABASE_URL, rồi làm lại."
            )
        for table in reversed(metadata.sorted_tables):
            writer.execute(table.delete())
        copied = sum(_copy(table, reader, writer) for table in metadata.sorted_tables)
        if target.dialect.name == "postgresql":
            for table in metadata.sorted_tables:
                _count_on(table, writer)
    return copied


def _copy(table: Table, reader: Connection, writer: Connection) -> int:
    count = 0
    for rows in _rows(table, reader):
        writer.execute(insert(table), rows)
        count += len(rows)
    return count


def _rows(table: Table, reader: Connection) -> Iterator[list[Mapping[str, Any]]]:
    """In the order of their keys: what a row refers to within its table comes before it."""
    ordered = select(table).order_by(*table.primary_key).execution_options(yield_per=ROWS)
    for part in reader.execute(ordered).mappings().partitions():
        yield [dict(row) for row in part]


def _count_on(table: Table, writer: Connection) -> None:
    """New rows are numbered after those that came along."""
    column = table.autoincrement_column
    if column is None:
        return
    last = writer.execute(select(func.max(column))).scalar_one()
    if last is not None:
        writer.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
            {"table": f'"{table.name}"', "column": column.name, "last": last},
        )
