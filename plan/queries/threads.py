"""Threads as they stand: what was said about an obligation, which questions wait, notes on an agency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from plan.models import Agency, Post, PostFile
from plan.states import Role


def thread(session: Session, obligation_id: int, until: datetime) -> Sequence[Post]:
    """Oldest first, what was said by then (UTC)."""
    return session.exec(
        select(Post)
        .where(Post.obligation_id == obligation_id, col(Post.at) <= until)
        .order_by(col(Post.id))
    ).all()


def threads(session: Session, plan_id: str, until: datetime) -> dict[int, list[Post]]:
    """Obligation's row id → its thread, of a small plan: all that was said by then is read. One query."""
    rows = session.exec(
        select(Post)
        .where(Post.plan_id == plan_id, col(Post.obligation_id).is_not(None), col(Post.at) <= until)
        .order_by(col(Post.id))
    )
    found: dict[int, list[Post]] = defaultdict(list)
    for row in rows:
        found[row.obligation_id or 0].append(row)
    return found


def files_with(session: Session, posts: Iterable[Post]) -> dict[int, list[PostFile]]:
    """Post's row id → the files sent along with it. One query."""
    rows = session.exec(
        select(PostFile)
        .where(col(PostFile.post_id).in_([post.id for post in posts]))
        .order_by(col(PostFile.id))
    )
    found: dict[int, list[PostFile]] = defaultdict(list)
    for row in rows:
        found[row.post_id].append(row)
    return found


def file_of(session: Session, obligation_id: int, file: int) -> PostFile | None:
    """The file of this id, if it was sent along in this obligation's thread."""
    return session.exec(
        select(PostFile)
        .join(Post, col(Post.id) == PostFile.post_id)
        .where(PostFile.id == file, Post.obligation_id == obligation_id)
    ).first()


def open_questions(session: Session, plan_id: str, until: datetime) -> Sequence[Post]:
    """The newest post of each thread where the agency spoke last, the longest waiting first."""
    newest = (
        select(func.max(Post.id))
        .where(Post.plan_id == plan_id, col(Post.obligation_id).is_not(None), col(Post.at) <= until)
        .group_by(col(Post.obligation_id))
    )
    return session.exec(
        select(Post)
        .where(col(Post.id).in_(newest), Post.role == Role.agency.value)
        .order_by(col(Post.at))
    ).all()


def notes_on(session: Session, plan_id: str, agency: str, until: datetime) -> Sequence[Post]:
    """The office's notes on an agency, newest first."""
    return session.exec(
        select(Post)
        .join(Agency, col(Agency.id) == Post.agency_id)
        .where(
            Post.plan_id == plan_id,
            Agency.code == agency,
            col(Post.obligation_id).is_(None),
            col(Post.at) <= until,
        )
        .order_by(col(Post.id).desc())
    ).all()
