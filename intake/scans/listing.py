"""Files that are scans, how far each is read, and the obligation it was handed in for. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, select

from intake.scans.queue import Progress, progress_of
from plan.models import Obligation, ScanPage, Submission, SubmissionFile
from plan.queries.lookup import obligation_name


@dataclass(frozen=True)
class ScanFile:
    """A file handed in: its number, name, hash, whose it is, and how far it is read."""

    id: int
    filename: str
    sha256: str
    obligation: str
    number: int
    """Of the submission within the obligation."""
    progress: Progress


def scans_in(session: Session, plan_id: str, limit: int) -> Iterator[ScanFile]:
    """A plan's scans, the newest first, so many at most."""
    scanned = select(ScanPage.sha256)
    rows = session.exec(
        select(SubmissionFile, Submission.number, Obligation)
        .join(Submission, col(Submission.id) == SubmissionFile.submission_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .where(Obligation.plan_id == plan_id, col(SubmissionFile.sha256).in_(scanned))
        .order_by(col(SubmissionFile.id).desc())
        .limit(limit)
    ).all()
    done = progress_of(session, (file.sha256 for file, _, _ in rows))
    for file, number, owed in rows:
        name = obligation_name(session, owed)
        yield ScanFile(file.id or 0, file.filename, file.sha256, name, number, done[file.sha256])


def find_scan(session: Session, plan_id: str, number: int) -> ScanFile | None:
    """The scan whose file has this number; None: there is none in the plan."""
    file = session.get(SubmissionFile, number)
    submission = session.get(Submission, file.submission_id) if file is not None else None
    owed = session.get(Obligation, submission.obligation_id) if submission is not None else None
    if file is None or submission is None or owed is None or owed.plan_id != plan_id:
        return None
    done = progress_of(session, [file.sha256])
    if file.sha256 not in done:
        return None
    name = obligation_name(session, owed)
    return ScanFile(number, file.filename, file.sha256, name, submission.number, done[file.sha256])
