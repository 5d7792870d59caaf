"""The search index: words of everything that can be looked for, in a file of its own beside the data.

It holds nothing that the database does not say better: it may be deleted at any time, and is made anew.
Being a file of its own it is the same whatever database the truth lies in, SQLite or PostgreSQL, and every
machine with pages has its own. Words stand without accents and case (`plan.text.normalise`), what was typed
too; each typed word matches words that begin with it.

Plan, kind and agency stand among the words of an entry as words nobody types, so that FTS5 cuts down to what
the viewer may see before anything is read.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from plan.text import normalise

MOST_WORDS = 8
"""Of what was typed; more would only narrow down to nothing."""
MOST_COUNTED = 200
"""More are «hơn 200»: nobody counts on."""
BATCH = 2_000
VERSION = 1
"""Another one: the file is made anew."""
_TYPED = re.compile(r"\w+")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry(
  id INTEGER PRIMARY KEY, plan TEXT, source TEXT, kind TEXT, agency TEXT, title TEXT, place TEXT, href TEXT,
  said TEXT);
CREATE INDEX IF NOT EXISTS entry_source ON entry(plan, source);
CREATE TABLE IF NOT EXISTS mark(plan TEXT, source TEXT, upto TEXT, PRIMARY KEY(plan, source));
CREATE VIRTUAL TABLE IF NOT EXISTS lookup USING fts5(words, prefix='2 3', tokenize='unicode61');
"""


@dataclass(frozen=True)
class Entry:
    """One thing that can be found. `agency`: whose it is; empty: nobody's alone."""

    kind: str
    """agency | product | obligation | person | document | finding | report"""
    agency: str
    title: str
    place: str
    """What else tells it apart, in a few words."""
    href: str
    words: str
    """All it is found by; of a long text, an excerpt of it is shown."""


@dataclass(frozen=True)
class Hit:
    kind: str
    agency: str
    title: str
    place: str
    href: str
    excerpt: str


@dataclass(frozen=True)
class Seen:
    """What the viewer may find: one plan, these kinds, these agencies (None: all)."""

    plan: str
    kinds: tuple[str, ...]
    agencies: Collection[str] | None


class SearchIndex:
    """One installation's. Safe for several threads; writers follow one another."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            [(version,)] = connection.execute("PRAGMA user_version").fetchall()
            if version != VERSION:
                connection.executescript(
                    "DROP TABLE IF EXISTS entry; DROP TABLE IF EXISTS mark; DROP TABLE IF EXISTS lookup;"
                    + _SCHEMA
                    + f"PRAGMA user_version={VERSION};"
                )
            yield connection

    def marks(self, plan: str) -> dict[str, str]:
        """How far each source of a plan was taken in."""
        with self._lock, self._opened() as connection:
            rows = connection.execute("SELECT source, upto FROM mark WHERE plan = ?", (plan,))
            return dict(rows.fetchall())

    def take(
        self, plan: str, source: str, entries: Iterable[Entry], upto: str, *, anew: bool
    ) -> None:
        """Add what a source has new, or (`anew`) put it in the place of all it had. One transaction."""
        with self._lock, self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if anew:
                mine = "SELECT id FROM entry WHERE plan = ? AND source = ?"
                connection.execute(f"DELETE FROM lookup WHERE rowid IN ({mine})", (plan, source))
                connection.execute(
                    "DELETE FROM entry WHERE plan = ? AND source = ?", (plan, source)
                )
            for entry in entries:
                row = connection.execute(
                    "INSERT INTO entry(plan, source, kind, agency, title, place, href, said) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        plan,
                        source,
                        entry.kind,
                        entry.agency,
                        entry.title,
                        entry.place,
                        entry.href,
                        entry.words,
                    ),
                )
                found = " ".join((entry.title, entry.place, entry.words))
                labels = (_label("p", plan), _label("k", entry.kind), _label("a", entry.agency))
                connection.execute(
                    "INSERT INTO lookup(rowid, words) VALUES (?, ?)",
                    (row.lastrowid, f"{' '.join(labels)} {normalise(found)}"),
                )
            connection.execute("INSERT OR REPLACE INTO mark VALUES (?, ?, ?)", (plan, source, upto))
            connection.execute("COMMIT")

    def find(self, typed: str, seen: Seen, kind: str, limit: int, offset: int = 0) -> list[Hit]:
        """Entries of one kind that hold every typed word, in the order they were taken in."""
        query = _query(typed, seen, kind)
        if not query:
            return []
        with self._opened() as connection:
            rows = connection.execute(
                "SELECT kind, agency, title, place, href, said FROM entry WHERE id IN "
                "(SELECT rowid FROM lookup WHERE lookup MATCH ? ORDER BY rowid LIMIT ? OFFSET ?) ORDER BY id",
                (query, limit, offset),
            ).fetchall()
        wanted = normalise(typed).split()
        return [
            Hit(kind, agency, title, place, href, _excerpt(said, wanted))
            for kind, agency, title, place, href, said in rows
        ]

    def count(self, typed: str, seen: Seen, kind: str) -> int:
        """How many there are, counted up to `MOST_COUNTED`."""
        query = _query(typed, seen, kind)
        if not query:
            return 0
        with self._opened() as connection:
            [(count,)] = connection.execute(
                "SELECT count(*) FROM (SELECT rowid FROM lookup WHERE lookup MATCH ? LIMIT ?)",
                (query, MOST_COUNTED + 1),
            ).fetchall()
        return int(count)


def _label(sort: str, name: str) -> str:
    """A word that nobody types, in letters and digits only."""
    return f"zz{sort}{''.join(c if c.isalnum() else '0' for c in name.casefold())}"


def _query(typed: str, seen: Seen, kind: str) -> str:
    """In FTS5's language; empty when nothing can be looked for."""
    words = _TYPED.findall(normalise(typed))[:MOST_WORDS]
    if not words or kind not in seen.kinds or (seen.agencies is not None and not seen.agencies):
        return ""
    parts = [_label("p", seen.plan), _label("k", kind), *(f'"{word}"*' for word in words)]
    if seen.agencies is not None:
        parts.append(f"({' OR '.join(_label('a', code) for code in sorted(seen.agencies))})")
    return " AND ".join(parts)


def _excerpt(text: str, wanted: Collection[str], around: int = 12) -> str:
    """Some words of the text around the first that was looked for; empty where it is found by its title."""
    words = text.split()
    places = (
        place
        for place, word in enumerate(words)
        if any(normalise(word).startswith(one) for one in wanted)
    )
    at = next(places, None)
    if at is None:
        return ""
    first, last = max(at - around, 0), at + around
    cut = " ".join(words[first:last])
    return ("… " if first else "") + cut + (" …" if last < len(words) else "")
