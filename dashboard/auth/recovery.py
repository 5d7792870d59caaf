"""Recovery codes: the owner's own way past a second factor that is lost or locked. Each works once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlmodel import Session, col, delete, func, select, update

from plan.models import RecoveryCode, UserAccount

COUNT, GROUPS, GROUP = 10, 3, 4
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that looks like another: twelve of them are 59 bits."""


def make(session: Session, user: UserAccount, now: datetime) -> list[str]:
    """A new set, shown this once; the earlier set opens nothing any more."""
    drop(session, user)
    codes = [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))
        for _ in range(COUNT)
    ]
    assert user.id is not None
    session.add_all(
        RecoveryCode(key_hash=_hash(user, code), user_id=user.id, made_at=now) for code in codes
    )
    return codes


def use(session: Session, user: UserAccount, code: str, now: datetime) -> bool:
    """Whether it was one of the user's, unused until now."""
    # The condition is the claim: of two who send it at once, one gets in.
    used = session.exec(
        update(RecoveryCode)
        .where(col(RecoveryCode.key_hash) == _hash(user, code), col(RecoveryCode.used_at).is_(None))
        .values(used_at=now)
    )
    return used.rowcount == 1


def left(session: Session, user: UserAccount) -> int:
    """How many of the set are unused."""
    unused = select(func.count()).where(
        RecoveryCode.user_id == user.id, col(RecoveryCode.used_at).is_(None)
    )
    return session.exec(unused).one()


def drop(session: Session, user: UserAccount) -> None:
    """The set opens nothing any more."""
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user.id))


def _hash(user: UserAccount, code: str) -> str:
    """Of the letters alone, however they were typed, and of whom they are for."""
    letters = "".join(letter for letter in code.lower() if letter in LETTERS)
    return hashlib.sha256(f"{user.id}:{letters}".encode()).hexdigest()
