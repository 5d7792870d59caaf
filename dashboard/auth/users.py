"""Users: made, listed, disabled, given one-time links. Every change stands in the audit trail."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from dashboard.auth import recovery
from dashboard.auth.credentials import check_password, hash_password
from dashboard.auth.sessions import Entry, begin_for_user, end_all, key_hash
from plan.directory.acting import agencies_meant
from plan.errors import NotFoundError, RefusedError
from plan.keys.secret import box
from plan.ledger import audit
from plan.models import OneTimeLink, UserAccount
from plan.states import Actor, Role

ONE_TIME_LIFETIME = timedelta(hours=24)
SECRETS = "dondoc totp secrets"
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
SYSTEM = Actor("dondoc", Role.system, origin="cli")
GRANTABLE = (Role.admin, Role.coordinator, Role.agency, Role.leader)


def add_user(
    session: Session,
    *,
    email: str,
    name: str,
    role: str,
    agencies: Sequence[str] = (),
    plan_id: str = "",
    actor: Actor,
    now: datetime,
) -> UserAccount:
    """A new user without a password; a one-time link lets them in first. `now`: UTC; `agencies`: codes
    of the plan, without one the directory's."""
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise RefusedError(f"«{email}» không phải địa chỉ thư hợp lệ.")
    if role not in {granted.value for granted in GRANTABLE}:
        raise NotFoundError("vai trò", role, [granted.value for granted in GRANTABLE])
    if role == Role.agency and not agencies:
        raise RefusedError("Người dùng của cơ quan phải gắn với ít nhất một cơ quan.")
    known_as = agencies_meant(session, agencies, plan_id)
    if find_user(session, address) is not None:
        raise RefusedError(f"Đã có người dùng {address}.")
    user = UserAccount(
        email=address,
        name=name.strip() or address,
        role=role,
        agencies=known_as,
        created_at=now,
        sessions_from=now,
    )
    session.add(user)
    session.flush()
    _record(session, "user.added", user, actor, now)
    return user


def find_user(session: Session, email: str) -> UserAccount | None:
    return session.exec(
        select(UserAccount).where(UserAccount.email == email.strip().lower())
    ).first()


def get_user(session: Session, email: str) -> UserAccount:
    user = find_user(session, email)
    if user is None:
        raise NotFoundError("người dùng", email, session.exec(select(UserAccount.email)))
    return user


def list_users(session: Session) -> list[UserAccount]:
    return list(session.exec(select(UserAccount).order_by(col(UserAccount.email))))


def set_disabled(
    session: Session, user: UserAccount, *, disabled: bool, actor: Actor, now: datetime
) -> None:
    """Disabled: no way in, open sessions end at once. The last administrator can't be disabled."""
    if disabled and user.role == Role.admin and len(_open_admins(session)) == 1:
        raise RefusedError("Đây là quản trị viên cuối cùng; hãy thêm một người khác trước.")
    user.disabled_at = now if disabled else None
    session.add(user)
    if disabled:  # for good: opened again, the account lets nobody in who was in before
        end_all(session, user, now)
    _record(session, "user.disabled" if disabled else "user.enabled", user, actor, now)


def _open_admins(session: Session) -> Sequence[UserAccount]:
    return session.exec(
        select(UserAccount).where(
            UserAccount.role == Role.admin.value, col(UserAccount.disabled_at).is_(None)
        )
    ).all()


def set_password(session: Session, user: UserAccount, password: str, now: datetime) -> None:
    user.password_hash = hash_password(password, (user.email, user.name))
    session.add(user)
    _record(session, "user.password", user, themselves(user), now)


def set_email(
    session: Session, user: UserAccount, email: str, *, actor: Actor, now: datetime
) -> None:
    """Another address to sign in with. Raises RefusedError for one that cannot be or is taken."""
    address = email.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise RefusedError(f"«{email}» không phải địa chỉ thư hợp lệ.")
    if find_user(session, address) is not None:
        raise RefusedError(f"Đã có người dùng {address}.")
    user.email = address
    session.add(user)
    _record(session, "user.address", user, actor, now)


def themselves(user: UserAccount) -> Actor:
    """The user as the one who acts."""
    return Actor(user.name, Role(user.role), origin="web", account=subject_of(user))


def subject_of(user: UserAccount) -> str:
    """What the trail knows the account by: no address, which would stand there for ever."""
    return f"user:{user.id}"


def reset_totp(session: Session, user: UserAccount, *, actor: Actor, now: datetime) -> None:
    """For a lost phone: the next sign-in asks to enrol a new one. Recovery codes made with it end, unless
    the owner came by one of them."""
    if actor.account != subject_of(user):
        recovery.drop(session, user)
    user.totp_secret, user.totp_step = b"", 0
    session.add(user)
    _record(session, "user.totp-reset", user, actor, now)


def checked_user(session: Session, email: str, password: str) -> UserAccount | None:
    """The user whose password this is. Unknown, disabled and wrong take the same time and look the
    same."""
    user = find_user(session, email)
    kept = user.password_hash if user is not None and user.disabled_at is None else ""
    return user if check_password(password, kept) else None


def totp_secret(user: UserAccount, secret: str) -> bytes:
    """The user's TOTP secret in clear; empty without one."""
    return box(secret, SECRETS).decrypt(user.totp_secret) if user.totp_secret else b""


def keep_totp(
    session: Session, user: UserAccount, totp: bytes, step: int, secret: str, now: datetime
) -> None:
    """Enrol a phone whose first code was right."""
    user.totp_secret, user.totp_step = box(secret, SECRETS).encrypt(totp), step
    session.add(user)
    _record(session, "user.totp-enrolled", user, themselves(user), now)


def make_one_time_link(
    session: Session,
    user: UserAccount,
    base_url: str,
    now: datetime,
    actor: Actor = SYSTEM,
) -> str:
    """An address that signs this user in once, within a day. Earlier ones stop working."""
    if user.disabled_at is not None:
        raise RefusedError(f"Người dùng {user.email} đã bị khóa.")
    assert user.id is not None
    for row in session.exec(
        select(OneTimeLink).where(
            OneTimeLink.user_id == user.id, col(OneTimeLink.used_at).is_(None)
        )
    ):
        session.delete(row)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            key_hash=key_hash(token),
            user_id=user.id,
            made_at=now,
            expires_at=now + ONE_TIME_LIFETIME,
        )
    )
    _record(session, "link.made", user, actor, now)
    return f"{base_url.rstrip('/')}/mot-lan/{token}"


def one_time_user(session: Session, token: str, now: datetime) -> UserAccount | None:
    """Whom an unused, unexpired link is for."""
    row = session.get(OneTimeLink, key_hash(token))
    if row is None or row.used_at is not None or now >= row.expires_at:
        return None
    user = session.get_one(UserAccount, row.user_id)
    return user if user.disabled_at is None else None


def use_one_time_link(session: Session, token: str, device: str, now: datetime) -> str | None:
    """Sign in by the link; the session's cookie, or None when it is no good (any more)."""
    user = one_time_user(session, token, now)
    if user is None:
        return None
    # The condition is the claim: of twelve who press at once, one gets in.
    used = session.exec(
        update(OneTimeLink)
        .where(col(OneTimeLink.key_hash) == key_hash(token), col(OneTimeLink.used_at).is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:
        return None
    record_sign_in(session, user, "one-time", now)
    return begin_for_user(session, user, Entry("one-time", device), now)


def record_sign_in(session: Session, user: UserAccount, via: str, now: datetime) -> None:
    """Into the trail: this person came in, and how."""
    audit.record(
        session,
        plan_id="",
        actor=themselves(user),
        event="session.begun",
        subject=subject_of(user),
        now=now,
        after={"via": via},
    )


def record_ended(session: Session, user: UserAccount, actor: Actor, now: datetime) -> None:
    """Into the trail: this person was signed out everywhere."""
    _record(session, "session.ended", user, actor, now)


def record_codes(session: Session, user: UserAccount, now: datetime) -> None:
    """Into the trail: a new set of recovery codes."""
    _record(session, "user.codes", user, themselves(user), now)


def account_of(session: Session, email: str) -> str:
    """What the trail knows an address by (`user:3`); empty: nobody has it."""
    user = find_user(session, email)
    return f"user:{user.id}" if user else ""


def record_refused(session: Session, email: str, why: str, now: datetime) -> None:
    """Into the trail: somebody tried and was not let in. Of an address nobody has, only that."""
    user = find_user(session, email)
    audit.record(
        session,
        plan_id="",
        actor=Actor("?", Role.system, origin="web", account=f"user:{user.id}" if user else ""),
        event="session.refused",
        subject=subject_of(user) if user else "địa chỉ không có tài khoản",
        now=now,
        after={"why": why},
    )


def first_admin_link(session: Session, base_url: str, now: datetime) -> str | None:
    """On first start, when nobody could sign in: an administrator's account and its one-time link."""
    if _open_admins(session):
        return None
    actor = SYSTEM
    user = find_user(session, "quantri@localhost.local") or add_user(
        session,
        email="quantri@localhost.local",
        name="Quản trị hệ thống",
        role=Role.admin.value,
        actor=actor,
        now=now,
    )
    return make_one_time_link(session, user, base_url, now)


def _record(session: Session, event: str, user: UserAccount, actor: Actor, now: datetime) -> None:
    audit.record(
        session,
        plan_id="",
        actor=actor,
        event=event,
        subject=subject_of(user),
        now=now,
        after={"role": user.role, "agencies": user.agencies},
    )
