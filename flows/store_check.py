"""Every stored file against its hash: what the tables name must be in the store and say what it said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import union
from sqlmodel import Session, col, select

from plan.database import reading
from plan.errors import DondocError
from plan.models import ReportVersion, RunOutput, ScanPage, SubmissionFile

if TYPE_CHECKING:
    from flows.runtime import Tools

PARTS = 16
"""A sixteenth each night: every file is read every sixteen days."""


@dataclass
class StoreCheck:
    """What was read, and what is not as it was when it came in."""

    read: int = 0
    bytes: int = 0
    bad: list[tuple[str, str]] = field(default_factory=list)
    """(SHA-256, why)"""


def part_of(day: date) -> int:
    """Whose turn it is on a local day: 0 to 15, each once in sixteen days."""
    return day.toordinal() % PARTS


def check_store(tools: Tools, part: int | None = None) -> StoreCheck:
    """Read the files the tables name, one after another: all, or those of one part. A million of them are
    as many reads, and never held."""
    done = StoreCheck()
    digit = "" if part is None else f"{part:x}"
    with reading(tools.engine) as session:
        for sha256 in _named(session, digit):
            try:
                done.bytes += len(tools.store.get(sha256))
                done.read += 1
            except (DondocError, OSError) as error:
                done.bad.append((sha256, str(error)))
    return done


def _named(session: Session, digit: str) -> Iterator[str]:
    """Each hash once, whose first digit it is."""
    named = union(
        *(
            select(col(table.sha256)).where(col(table.sha256).startswith(digit))
            for table in (SubmissionFile, RunOutput, ReportVersion)
        ),
        select(col(ScanPage.words_sha256)).where(
            ScanPage.state == "read", col(ScanPage.words_sha256).startswith(digit)
        ),
    )
    yield from session.connection().execution_options(yield_per=1000).execute(named).scalars()


def where_used(session: Session, sha256: str) -> list[str]:
    """Where a file belongs, in words."""
    files = session.exec(
        select(SubmissionFile.filename, SubmissionFile.submission_id).where(
            SubmissionFile.sha256 == sha256
        )
    )
    outputs = session.exec(
        select(RunOutput.filename, RunOutput.run_id).where(RunOutput.sha256 == sha256)
    )
    versions = session.exec(
        select(ReportVersion.filename, ReportVersion.output).where(ReportVersion.sha256 == sha256)
    )
    pages = session.exec(select(ScanPage.page).where(ScanPage.words_sha256 == sha256))
    return [
        *(f"{name} (lần nộp số {number})" for name, number in files),
        *(f"{name} (lần tổng hợp số {number})" for name, number in outputs),
        *(f"{name} (bản đang sửa hoặc đã ký của {output})" for name, output in versions),
        *(f"chữ đọc từ trang {page} của một bản quét" for page in pages),
    ]
