"""Housekeeping: a copy of the database each night, old copies dropped; the audit chain, a part of the stored
files and the index of due obligations verified."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from flows.clock_guard import work_out_anew
from flows.store_check import check_store, part_of
from plan.calendar import LOCAL, local_day
from plan.database import reading, writing
from plan.ledger import audit
from plan.ledger.trail_check import anchor, differences
from plan.people import shorten

if TYPE_CHECKING:
    from flows.runtime import RoundTools

PREFIX = "dondoc-"
ANCHORS = "anchors.txt"
MONTH = timedelta(days=30.4375)


@dataclass
class HousekeepingReport:
    """What the night's housekeeping did."""

    backup: Path | None = None
    """None: the database is not SQLite; its own backups are the operator's."""
    dropped: list[Path] = field(default_factory=list)
    broken: int = 0
    """Broken links of the audit chain, and rows of tables that it tells otherwise; anything but 0 is an
    alarm."""
    anchor: str = ""
    """The trail's height and hash tonight, in a line that leaves the machine."""
    files_read: int = 0
    """Stored files read tonight and found as they came in."""
    bad_files: list[str] = field(default_factory=list)
    """Hashes of those that are gone or changed; any is an alarm."""
    store_away: str = ""
    """Why not all of the night's part was read; an alarm."""
    shortened: dict[str, int] = field(default_factory=dict)
    """Of people who have left: how many rows of what were shortened."""
    late: int = 0
    """Obligations that would have been looked at too late; they are due now."""


def keep_house(tools: RoundTools) -> HousekeepingReport:
    """Back up, drop what is too old, verify."""
    folder = tools.settings.home.resolve() / "backups"
    kept = HousekeepingReport()
    if tools.engine.dialect.name == "sqlite":
        kept.backup = back_up(tools.engine, folder, tools.clock())
        kept.dropped = drop_old(folder, tools.settings.backups)
    store = check_store(tools, part_of(local_day(tools.clock())))
    kept.files_read, kept.bad_files = store.read, [sha256 for sha256, _ in store.bad]
    kept.store_away = store.away
    kept.late = work_out_anew(tools, tools.clock())
    if months := tools.settings.personal_months:
        with writing(tools.engine) as session:
            kept.shortened = dict(shorten(session, tools.clock() - months * MONTH))
    with reading(tools.engine) as session:
        kept.broken = sum(1 for _ in audit.verify(session))
        kept.broken += sum(1 for _ in differences(session))
        kept.anchor = anchor(session, local_day(tools.clock()))
    if kept.anchor and not tools.settings.clock:
        keep_anchor(tools.settings.home.resolve() / ANCHORS, kept.anchor)
    return kept


def keep_anchor(path: Path, line: str) -> None:
    """One line a day, added and never changed; `backup.sh` takes the file along, off this machine."""
    with path.open("a", encoding="ascii") as file:
        file.write(f"{line}\n")


def back_up(engine: Engine, folder: Path, now: datetime) -> Path:
    """A whole, consistent copy of an SQLite database that stays in use. One a local day: a second
    one of the day takes its place. The copy is checked before it counts."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{PREFIX}{now.astimezone(LOCAL):%Y-%m-%d}.db"
    draft = target.with_suffix(".part")
    draft.unlink(missing_ok=True)
    database = str(engine.url.database)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(draft)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        [(said,)] = copy.execute("PRAGMA quick_check").fetchall()
    if said != "ok":
        raise RuntimeError(f"bản sao lưu hỏng: {said}")
    draft.replace(target)
    return target


def drop_old(folder: Path, keep: int) -> list[Path]:
    """Drop all but the newest `keep` copies; gives those dropped."""
    copies = sorted(folder.glob(f"{PREFIX}*.db"), reverse=True)
    for path in copies[keep:]:
        path.unlink()
    return copies[keep:]
