"""Who is looking, and which roles may do what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from plan.directory.acting import codes_there
from plan.states import Actor, Role

ADMIN = frozenset({Role.admin})
OFFICE = frozenset({Role.coordinator})
STAFF = ADMIN | OFFICE
READERS = STAFF | {Role.leader}
AGENCY = frozenset({Role.agency})
SENDERS = OFFICE | {Role.agency}
EVERYONE = READERS | {Role.agency}
ANYONE: frozenset[Role] = frozenset()
"""Open without signing in. An empty set, so that a forgotten set can't be taken for it: routes name
one of these constants."""

TOTP_ROLES = STAFF

ROLE_WORDS = {
    Role.admin: "Quản trị",
    Role.coordinator: "Sở Nội vụ",
    Role.agency: "Cơ quan",
    Role.leader: "Lãnh đạo",
    Role.system: "Hệ thống",
}


@dataclass(frozen=True)
class Viewer:
    """A person (or program) let in."""

    name: str
    role: Role
    agencies: frozenset[str] = frozenset()
    """Codes it acts for, of the plan looked at (`looking_at`)."""
    known_as: frozenset[str] = frozenset()
    """Of a user or a program: the agencies' codes in the directory, whatever plan is looked at."""
    via: str = "password"
    """password | link | one-time | oidc | token | demo"""
    user_id: int | None = None
    contact_id: int | None = None
    token_id: int | None = None
    session_key: str = ""
    """Hash of the cookie or of a program's key; names the session."""
    plan_id: str = ""
    """Bound to this plan; empty: any."""
    step: str = ""
    """totp | enrol: let in only as far as that page."""
    expires_at: datetime | None = None

    @property
    def staff(self) -> bool:
        return self.role in STAFF

    @property
    def reads_only(self) -> bool:
        return self.via == "demo" or self.role is Role.leader

    @property
    def origin(self) -> str:
        """What the audit trail calls the way in."""
        return {"link": "link", "token": "api"}.get(self.via, "web")

    @property
    def actor(self) -> Actor:
        return Actor(self.name, self.role, self.agencies, self.origin, self.account)

    @property
    def account(self) -> str:
        """What the audit trail knows the person or program by."""
        ids = {"user": self.user_id, "contact": self.contact_id, "token": self.token_id}
        return next((f"{kind}:{key}" for kind, key in ids.items() if key is not None), "")

    def may_see(self, agency: str) -> bool:
        """Staff and leaders see every agency; an agency sees its own."""
        return self.role is not Role.agency or agency in self.agencies


def looking_at(session: Session, viewer: Viewer, plan_id: str) -> Viewer:
    """The viewer with the codes that this plan has for the agencies acted for; a personal link is of one
    plan, and as it is."""
    if not viewer.known_as:
        return viewer
    return replace(viewer, agencies=codes_there(session, plan_id, viewer.known_as))


def allowed(viewer: Viewer | None, may: Iterable[Role]) -> bool:
    """Whether this viewer may use a route open to these roles."""
    roles = frozenset(may)
    return not roles or (viewer is not None and viewer.role in roles)
