"""Whose account an identity of the provincial sign-in is. It makes none, and gives no role."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from dashboard.auth.oidc import Identity
from dashboard.auth.users import find_user, themselves
from plan.ledger import audit
from plan.models import UserAccount
from plan.states import Actor


def user_of(session: Session, identity: Identity, now: datetime) -> UserAccount | None:
    """The account, found by who it was before, else by its address and then tied to this identity.

    None: unknown, disabled, or tied to somebody else who had that address before. `session` writes.
    """
    user = session.exec(
        select(UserAccount).where(UserAccount.subject == identity.subject)
    ).first() or find_user(session, identity.email)
    if user is None or user.disabled_at is not None:
        return None
    if not user.subject:
        user.subject = identity.subject
        session.add(user)
        _record(session, "user.sso-tied", user, themselves(user), now)
    return user if user.subject == identity.subject else None


def untie(session: Session, user: UserAccount, *, actor: Actor, now: datetime) -> None:
    """For somebody whose account at the provider was made anew: the next sign-in ties it again."""
    user.subject = ""
    session.add(user)
    _record(session, "user.sso-untied", user, actor, now)


def _record(session: Session, event: str, user: UserAccount, actor: Actor, now: datetime) -> None:
    audit.record(session, plan_id="", actor=actor, event=event, subject=user.email, now=now)
