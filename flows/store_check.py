"""Every stored file against its hash: what the tables name must be in the store and say what it said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select as rows_of
from sqlalchemy import union
from sqlmodel import Session, col, select

from intake.files.store import StoreAwayError
from plan.database import reading
from plan.errors import DondocError
from plan.models import (
    IncomingMail,
    PlanDraft,
    PostFile,
    ReportVersion,
    RunOutput,
    ScanPage,
    SignedLetter,
    SubmissionFile,
)

if TYPE_CHECKING:
    from flows.runtime import RoundTools

PARTS = 16
"""A sixteenth each night: every file is read every sixteen days."""


@dataclass
class StoreCheck:
    """What was read, and what is not as it was when it came in."""

    read: int = 0
    bytes: int = 0
    bad: list[tuple[str, str]] = field(default_factory=list)
    """(SHA-256, why)"""
    away: str = ""
    """Why it ended before its end: the store itself cannot be reached."""


def part_of(day: date) -> int:
    """Whose turn it is on a local day: 0 to 15, each once in sixteen days."""
    return day.toordinal() % PARTS


def check_store(tools: RoundTools, part: int | None = None) -> StoreCheck:
    """Read the files the tables name, one after another: all, or those of one part. A million of them are
    as many reads, and never held."""
    done = StoreCheck()
    digit = "" if part is None else f"{part:x}"
    with reading(tools.engine) as session:
        for sha256 in _named(session, digit):
            try:
                done.bytes += len(tools.store.get(sha256))
                done.read += 1
            except StoreAwayError as error:
                done.away = str(error)
                break
            except (DondocError, OSError) as error:
                done.bad.append((sha256, str(error)))
    return done


KEPT: tuple[tuple[Any, str, tuple[Any, ...]], ...] = (
    (
        SubmissionFile.sha256,
        "{} (lần nộp số {})",
        (SubmissionFile.filename, SubmissionFile.submission_id),
    ),
    (RunOutput.sha256, "{} (lần tổng hợp số {})", (RunOutput.filename, RunOutput.run_id)),
    (
        ReportVersion.sha256,
        "{} (bản đang sửa hoặc đã ký của {})",
        (ReportVersion.filename, ReportVersion.output),
    ),
    (PostFile.sha256, "{} (kèm hỏi đáp số {})", (PostFile.filename, PostFile.post_id)),
    (SignedLetter.sha256, "{} (công văn số {})", (SignedLetter.filename, SignedLetter.number)),
    (IncomingMail.sha256, "thư «{}» (thư đến số {})", (IncomingMail.subject, IncomingMail.id)),
    (PlanDraft.sha256, "{} (văn bản của bản thảo số {})", (PlanDraft.filename, PlanDraft.id)),
    (ScanPage.words_sha256, "chữ đọc từ trang {} của một bản quét", (ScanPage.page,)),
)
"""Every column that names a file of the store; what a row of it is called, out of which of its columns."""


def _named(session: Session, digit: str) -> Iterator[str]:
    """Each hash once, whose first digit it is."""
    named = union(
        *(
            select(col(sha256)).where(col(sha256) != "", col(sha256).startswith(digit))
            for sha256, _, _ in KEPT
        )
    )
    yield from session.connection().execution_options(yield_per=1000).execute(named).scalars()


def where_used(session: Session, sha256: str) -> list[str]:
    """Where a file belongs, in words."""
    return [
        words.format(*row)
        for column, words, called in KEPT
        for row in session.connection().execute(rows_of(*called).where(column == sha256))
    ]
