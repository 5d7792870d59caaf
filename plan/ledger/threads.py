"""A thread per obligation: the agency asks, the coordinating office answers; and the office's own notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import check_agency, require_open, require_role
from plan.ledger.filing import FiledFile
from plan.models import Obligation, Post, PostFile
from plan.queries.lookup import find_agency, obligation_name
from plan.states import Actor, Role

MOST = 4000
"""Characters of one post."""


def say(
    session: Session,
    obligation_id: int,
    words: str,
    *,
    actor: Actor,
    now: datetime,
    files: Sequence[FiledFile] = (),
) -> Post:
    """A question of the agency that owes, told to the coordinating office; or that office's answer, told to
    the agency; with the files kept for it. RefusedError for nothing said, another agency's obligation, a
    closed plan."""
    require_role(actor, Role.agency, Role.coordinator)
    obligation = session.get_one(Obligation, obligation_id)
    check_agency(session, obligation, actor)
    require_open(session, obligation.plan_id)
    post = _kept(session, obligation.plan_id, obligation.agency_id, words, actor, now)
    post.obligation_id = obligation_id
    session.add_all(
        PostFile(post_id=post.id or 0, filename=f.filename, sha256=f.sha256, size=f.size)
        for f in files
    )
    session.flush()
    name = obligation_name(session, obligation)
    kind = "thread.asked" if actor.role is Role.agency else "thread.answered"
    told = [[one.filename, one.sha256] for one in files]
    detail = {"reason": words} | ({"files": told} if told else {})
    audit.record(
        session,
        plan_id=obligation.plan_id,
        actor=actor,
        event=kind,
        subject=name,
        now=now,
        after={"detail": detail},
    )
    audit.announce(
        session,
        plan_id=obligation.plan_id,
        kind=kind,
        subject=name,
        obligation_id=obligation_id,
        now=now,
        payload={"post": post.id},
    )
    return post


def note(
    session: Session, plan_id: str, agency: str, words: str, *, actor: Actor, now: datetime
) -> Post:
    """A note on an agency for the office's own eyes. Nobody is told."""
    require_role(actor, Role.coordinator, Role.admin)
    row = find_agency(session, plan_id, agency)
    return _kept(session, plan_id, row.id or 0, words, actor, now)


def _kept(
    session: Session, plan_id: str, agency_id: int, words: str, actor: Actor, now: datetime
) -> Post:
    said = words.strip()
    if not 0 < len(said) <= MOST:
        raise RefusedError(f"Cần ghi nội dung, không quá {MOST} ký tự.")
    post = Post(
        plan_id=plan_id,
        agency_id=agency_id,
        at=now,
        said_by=actor.name,
        role=actor.role.value,
        words=said,
    )
    session.add(post)
    session.flush()
    return post
