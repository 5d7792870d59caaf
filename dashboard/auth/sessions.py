"""Sessions of browsers. The cookie is random; only its hash is kept.

Times are real time. A session ends when it expires, is ended, its user is disabled or signs out
everywhere, or the personal link it came by is revoked.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, and_, col, or_, select, update

from dashboard.auth.viewer import TOTP_ROLES, Viewer
from plan.database import writing
from plan.models import (
    Agency,
    Contact,
    LinkRevocation,
    LinkUse,
    OneTimeLink,
    UserAccount,
    WebSession,
)
from plan.queries.delegations import in_place
from plan.states import Role

LIFETIME = timedelta(hours=12)
IDLE = timedelta(hours=4)
AFTER = timedelta(microseconds=1)
"""A session begun this much after everything was ended outlives it."""
TOUCH = timedelta(minutes=2)
"""How stale `seen_at` may get before a read is paid for with a write."""


@dataclass(frozen=True)
class Entry:
    """How somebody came in."""

    via: str
    device: str = ""
    link_id: str = ""
    plan_id: str = ""


def key_hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def begin_for_user(
    session: Session, user: UserAccount, entry: Entry, now: datetime, *, verified: bool = False
) -> str:
    """A new session for a user; the cookie to set. What is still asked for follows from the role,
    unless the second factor was just `verified`."""
    step = ""
    if not verified and Role(user.role) in TOTP_ROLES:
        step = "totp" if user.totp_secret else "enrol"
    cookie, row = _row(user.name, user.role, (), entry, now)
    row.user_id, row.step = user.id, step
    session.add(row)
    return cookie


def begin_for_contact(
    session: Session, contact_id: int | None, name: str, agency: str, entry: Entry, now: datetime
) -> str:
    """A new session by a personal link: one agency, one plan."""
    cookie, row = _row(name, Role.agency.value, [agency], entry, now)
    row.contact_id = contact_id
    session.add(row)
    return cookie


def _row(
    name: str, role: str, agencies: Sequence[str], entry: Entry, now: datetime
) -> tuple[str, WebSession]:
    cookie = secrets.token_urlsafe(32)
    row = WebSession(
        key_hash=key_hash(cookie),
        name=name,
        role=role,
        agencies=list(agencies),
        plan_id=entry.plan_id,
        via=entry.via,
        link_id=entry.link_id,
        device=entry.device[:120],
        started_at=now,
        seen_at=now,
        expires_at=now + LIFETIME,
    )
    return cookie, row


def find_viewer(
    session: Session, cookie: str, now: datetime, on: date
) -> tuple[Viewer, bool] | None:
    """Who holds this cookie, and whether `seen_at` should be touched; `now` in real time, `on` the local day
    of the plan's clock. One query."""
    found = session.exec(
        select(WebSession, UserAccount, Contact, Agency.code)
        .outerjoin(UserAccount, col(UserAccount.id) == WebSession.user_id)
        .outerjoin(Contact, and_(col(Contact.id) == WebSession.contact_id, in_place(on)))
        .outerjoin(Agency, col(Agency.id) == Contact.agency_id)
        .where(WebSession.key_hash == key_hash(cookie))
    ).first()
    if found is None:
        return None
    row, user, contact, agency = found
    if not _alive(row, user, now) or not _in_place(row, contact, agency):
        return None
    return _viewer(row, user), now - row.seen_at > TOUCH


def _alive(row: WebSession, user: UserAccount | None, now: datetime) -> bool:
    if row.ended_at is not None or now >= row.expires_at or now - row.seen_at > IDLE:
        return False
    if row.user_id is None:
        return True
    return user is not None and user.disabled_at is None and row.started_at >= user.sessions_from


def _in_place(row: WebSession, contact: Contact | None, agency: str | None) -> bool:
    """Whoever came by a personal link is still the person in that place of the address book."""
    if row.contact_id is None:
        return True
    return contact is not None and contact.name == row.name and agency in row.agencies


def _viewer(row: WebSession, user: UserAccount | None) -> Viewer:
    """A user's role and agencies are read live: taking them away works at once."""
    source = user or row
    return Viewer(
        name=source.name,
        role=Role(source.role),
        agencies=frozenset(row.agencies if user is None else ()),
        known_as=frozenset(user.agencies if user is not None else ()),
        via=row.via,
        user_id=row.user_id,
        contact_id=row.contact_id,
        session_key=row.key_hash,
        plan_id=row.plan_id,
        step=row.step,
        expires_at=row.expires_at,
    )


def touch(engine: Engine, key: str, now: datetime) -> None:
    """Remember that the session is in use."""
    with writing(engine, deed=False) as session:
        session.exec(update(WebSession).where(col(WebSession.key_hash) == key).values(seen_at=now))


def end(session: Session, key: str, now: datetime) -> None:
    session.exec(
        update(WebSession)
        .where(col(WebSession.key_hash) == key, col(WebSession.ended_at).is_(None))
        .values(ended_at=now)
    )


def end_everywhere(session: Session, user: UserAccount, now: datetime) -> None:
    """Every session of this user ends, this one too. The instant itself still counts as before."""
    user.sessions_from = now + AFTER
    session.add(user)


def end_all(session: Session, user: UserAccount, now: datetime) -> None:
    """Every session of this user is ended, and every one-time link not used yet, for good."""
    session.exec(
        update(WebSession)
        .where(col(WebSession.user_id) == user.id, col(WebSession.ended_at).is_(None))
        .values(ended_at=now)
    )
    session.exec(
        update(OneTimeLink)
        .where(col(OneTimeLink.user_id) == user.id, col(OneTimeLink.used_at).is_(None))
        .values(used_at=now)
    )


def end_of_links(session: Session, revocation: LinkRevocation, now: datetime) -> None:
    """End the sessions that a revoked link let in, whatever plan they have moved on to since."""
    used = (col(LinkUse.link_id) == WebSession.link_id) & (LinkUse.what == "signed-in")
    rows = session.exec(
        select(WebSession, LinkUse)
        .outerjoin(LinkUse, used)
        .where(
            WebSession.via == "link",
            or_(
                WebSession.plan_id == revocation.plan_id,
                LinkUse.plan_id == revocation.plan_id,
            ),
            col(WebSession.ended_at).is_(None),
        )
    )
    for row, use in rows:
        stood = [(row.plan_id, row.contact_id, frozenset(row.agencies))]
        if use is not None:
            stood.append((use.plan_id, use.contact_id, frozenset({use.agency})))
        if any(
            plan == revocation.plan_id and covers(revocation, row.link_id, contact, agencies)
            for plan, contact, agencies in stood
        ):
            row.ended_at = now
            session.add(row)


def covers(
    revocation: LinkRevocation, link_id: str, contact_id: int | None, agencies: frozenset[str]
) -> bool:
    """Whether a revocation is about this link: by its id, its contact, or its agency."""
    if revocation.link_id:
        return revocation.link_id == link_id
    if revocation.contact_id is not None:
        return revocation.contact_id == contact_id
    return revocation.agency in agencies


def open_sessions(session: Session, user_id: int, now: datetime) -> list[WebSession]:
    """A user's living sessions, newest first."""
    user = session.get_one(UserAccount, user_id)
    rows = session.exec(
        select(WebSession)
        .where(WebSession.user_id == user_id, WebSession.expires_at > now)
        .where(col(WebSession.ended_at).is_(None))
        .order_by(col(WebSession.started_at).desc())
    )
    return [row for row in rows if _alive(row, user, now)]


def move_to_seat(session: Session, key: str, contact_id: int, plan_id: str, agency: str) -> None:
    """The session of somebody who came by a personal link goes on from another of their seats, in another
    plan. It still ends when the link does (`end_of_links`)."""
    row = session.get_one(WebSession, key)
    row.contact_id, row.plan_id, row.agencies = contact_id, plan_id, [agency]
    session.add(row)
