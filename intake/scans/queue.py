"""The queue of scanned pages: one row a page, claimed by one reader at a time, settled by that one alone.

    while (mine := claim(engine, now())) is not None:
        settle(engine, mine, read_page(…), now())

A reader that is killed leaves its page claimed; after `LEASE` another takes it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Engine, update
from sqlmodel import Session, and_, col, func, or_, select

from plan.database import insert_if_absent, is_postgresql, writing
from plan.models import ScanPage

WAITING, READING, READ, FAILED = "waiting", "reading", "read", "failed"
LEASE = timedelta(minutes=20)
"""Several times what a page may take, its turn among other programs included."""


@dataclass(frozen=True)
class ClaimedPage:
    """A page that is ours to read."""

    sha256: str
    page: int
    claim: str


@dataclass(frozen=True)
class Progress:
    """Of a file's pages: how many there are, are read, could not be."""

    pages: int = 0
    read: int = 0
    failed: int = 0

    @property
    def done(self) -> bool:
        return self.read + self.failed == self.pages


def enqueue(session: Session, sha256: str, pages: Iterable[int], now: datetime) -> None:
    """Pages of a file (hash of its bytes) that are pictures, in the caller's transaction; those known
    already stay as they are."""
    rows = [_row(sha256, page, now) for page in pages]
    if rows:
        session.connection().execute(insert_if_absent(session, ScanPage).values(rows))


def _row(sha256: str, page: int, now: datetime) -> dict[str, object]:
    return {"sha256": sha256, "page": page, "queued_at": now, **_NEW}


_NEW = {"state": WAITING, "claimed_by": "", "words_sha256": "", "why": ""}


def claim_page(engine: Engine, now: datetime) -> ClaimedPage | None:
    """The page that has waited longest, and is nobody's; None: there is none."""
    free = or_(
        ScanPage.state == WAITING,
        and_(col(ScanPage.state) == READING, col(ScanPage.claimed_at) < now - LEASE),
    )
    wanted = (
        select(ScanPage)
        .where(free)
        .order_by(col(ScanPage.queued_at), col(ScanPage.sha256), col(ScanPage.page))
        .limit(1)
    )
    with writing(engine, deed=False) as session:
        if is_postgresql(session):
            wanted = wanted.with_for_update(skip_locked=True)
        row = session.exec(wanted).first()
        if row is None:
            return None
        row.state, row.claimed_by, row.claimed_at = READING, uuid4().hex, now
        session.add(row)
        return ClaimedPage(row.sha256, row.page, row.claimed_by)


def _still(mine: ClaimedPage) -> tuple[ColumnElement[bool], ...]:
    """That it is ours to this moment."""
    return (
        col(ScanPage.sha256) == mine.sha256,
        col(ScanPage.page) == mine.page,
        col(ScanPage.claimed_by) == mine.claim,
        col(ScanPage.state) == READING,
    )


def settle(
    engine: Engine,
    mine: ClaimedPage,
    now: datetime,
    *,
    words_sha256: str = "",
    confidence: int | None = None,
    why: str = "",
) -> bool:
    """What became of a page: its words, or why there are none. False: it is another reader's by now."""
    statement = (
        update(ScanPage)
        .where(*_still(mine))
        .values(
            state=FAILED if why else READ,
            words_sha256=words_sha256,
            confidence=confidence,
            why=why,
            read_at=now,
        )
    )
    with writing(engine, deed=False) as session:
        return session.connection().execute(statement).rowcount == 1


def release(engine: Engine, mine: ClaimedPage) -> None:
    """A page back among those that wait, as if it had never been claimed."""
    statement = (
        update(ScanPage).where(*_still(mine)).values(state=WAITING, claimed_by="", claimed_at=None)
    )
    with writing(engine, deed=False) as session:
        session.connection().execute(statement)


def again(engine: Engine) -> int:
    """Let every page that could not be read wait once more; how many. One statement, however many."""
    statement = update(ScanPage).where(col(ScanPage.state) == FAILED).values(**_NEW, read_at=None)
    with writing(engine, deed=False) as session:
        return session.connection().execute(statement).rowcount


def waiting(session: Session) -> int:
    """Pages not settled yet."""
    unsettled = col(ScanPage.state).in_((WAITING, READING))
    return session.exec(select(func.count()).select_from(ScanPage).where(unsettled)).one()


def pages_of(session: Session, sha256: str) -> list[ScanPage]:
    """A file's pages that are pictures, in order; empty for a file that has none."""
    mine = select(ScanPage).where(ScanPage.sha256 == sha256).order_by(col(ScanPage.page))
    return list(session.exec(mine))


def progress(pages: Iterable[ScanPage]) -> Progress:
    """How far they are read."""
    return _counted(Counter(page.state for page in pages))


def progress_of(session: Session, files: Iterable[str]) -> dict[str, Progress]:
    """The same of each of these files (by hash) that has such pages."""
    counts = session.exec(
        select(ScanPage.sha256, ScanPage.state, func.count())
        .where(col(ScanPage.sha256).in_(set(files)))
        .group_by(col(ScanPage.sha256), col(ScanPage.state))
    )
    by_file: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sha256, state, count in counts:
        by_file[sha256][state] = count
    return {sha256: _counted(states) for sha256, states in by_file.items()}


def _counted(states: Counter[str]) -> Progress:
    return Progress(states.total(), states[READ], states[FAILED])
