"""Keys of other programs: shown once when made, kept as hashes, revocable."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from dashboard.auth.sessions import TOUCH, key_hash
from dashboard.auth.viewer import Viewer
from plan.database import writing
from plan.directory.acting import agencies_meant
from plan.errors import NotFoundError, RefusedError
from plan.ledger import audit
from plan.models import ApiToken
from plan.states import Actor, Role

PREFIX = "dondoc_"
GRANTABLE = (Role.coordinator, Role.agency, Role.leader)


def make_token(
    session: Session,
    *,
    name: str,
    role: str,
    agencies: Sequence[str] = (),
    plan_id: str = "",
    days: int | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new key and its text, which nobody can read again. `days`: how long it is good; none: until
    revoked; `agencies`: codes of the plan, without one the directory's."""
    if not name.strip():
        raise RefusedError("Cần ghi tên hệ thống dùng khóa này.")
    if role not in {one.value for one in GRANTABLE}:
        raise NotFoundError("vai trò", role, [one.value for one in GRANTABLE])
    if role == Role.agency and not agencies:
        raise RefusedError("Khóa của cơ quan phải gắn với ít nhất một cơ quan.")
    known_as = agencies_meant(session, agencies, plan_id)
    text = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        name=name.strip(),
        key_hash=key_hash(text),
        role=role,
        agencies=known_as,
        made_by=actor.name,
        made_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    session.add(row)
    session.flush()
    _record(session, "token.made", row, actor, now)
    return row, text


def revoke_token(session: Session, row: ApiToken, *, actor: Actor, now: datetime) -> None:
    if row.revoked_at is None:
        row.revoked_at = now
        session.add(row)
        _record(session, "token.revoked", row, actor, now)


def _record(session: Session, event: str, row: ApiToken, actor: Actor, now: datetime) -> None:
    after = {"token": row.id, "role": row.role, "agencies": row.agencies}
    audit.record(
        session, plan_id="", actor=actor, event=event, subject=row.name, now=now, after=after
    )


def record_refused(session: Session, text: str, now: datetime) -> None:
    """Into the trail: a key that lets nobody in was tried, and whose it was, if it ever was one."""
    row = _row(session, text)
    audit.record(
        session,
        plan_id="",
        actor=Actor("?", Role.system, origin="api", account=f"token:{row.id}" if row else ""),
        event="token.refused",
        subject=row.name if row else "khóa không có",
        now=now,
        after={"why": _why_not(row, now)},
    )


def _row(session: Session, text: str) -> ApiToken | None:
    return session.exec(select(ApiToken).where(ApiToken.key_hash == key_hash(text))).first()


def _why_not(row: ApiToken | None, now: datetime) -> str:
    if row is None:
        return "unknown"
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and now >= row.expires_at else ""


def find_token(session: Session, text: str, now: datetime) -> tuple[Viewer, ApiToken] | None:
    """Whom a key lets in."""
    row = _row(session, text)
    if row is None or _why_not(row, now):
        return None
    viewer = Viewer(
        row.name,
        Role(row.role),
        known_as=frozenset(row.agencies),
        via="token",
        token_id=row.id,
        session_key=row.key_hash,
    )
    return viewer, row


def touch_token(engine: Engine, row: ApiToken, now: datetime) -> None:
    """Remember that the key is in use, not more often than a session is remembered."""
    if row.used_at is None or now - row.used_at > TOUCH:
        with writing(engine, deed=False) as session:
            session.exec(update(ApiToken).where(col(ApiToken.id) == row.id).values(used_at=now))


def list_tokens(session: Session) -> Sequence[ApiToken]:
    return session.exec(select(ApiToken).order_by(col(ApiToken.id).desc())).all()
