"""Personal links from reminders: what they say, whether they are revoked, each use recorded.

A GET shows a page with a button and signs nobody in: mail scanners follow links. Only the button's
POST does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from dashboard.auth.sessions import Entry, begin_for_contact, covers, end_of_links
from notifications.messages.links import LIFETIME, LinkClaim, Linker, LinkError, token_id
from plan.calendar import local_day
from plan.ledger import audit
from plan.models import Agency, Contact, LinkRevocation, LinkUse, Obligation, Plan
from plan.queries.delegations import seated
from plan.queries.lookup import obligation_name
from plan.states import Actor, Role

LEFT = (
    "Đường dẫn này gửi cho một người không còn là người nhận của cơ quan. Hãy dùng đường dẫn trong thư gửi "
    "cho anh/chị, hoặc hỏi Sở Nội vụ."
)
REVOKED = "Đường dẫn này đã bị thu hồi. Hãy dùng đường dẫn trong thư nhắc gần nhất."


@dataclass(frozen=True)
class Opened:
    """A good link: what it says and for whom."""

    claim: LinkClaim
    link_id: str
    name: str
    to_units: bool = False
    """Leads an agency to what its units do of the duty."""


class RevokedError(LinkError):
    """A link that was good; `opened` says whose."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(REVOKED)
        self.opened = opened


def open_link(session: Session, linker: Linker, token: str, now: datetime) -> Opened:
    """Check a link. `now` is the plan's clock (links are made by it). Raises LinkError."""
    written = linker.verify(token, now)
    today = local_day(now)
    claim = _in_plan_above(session, written, today)
    opened = Opened(claim, token_id(token), _name(session, claim, today), claim is not written)
    if any(_revoked(session, one, opened.link_id) for one in (written, claim)):
        raise RevokedError(opened)
    return opened


def _in_plan_above(session: Session, claim: LinkClaim, today: date) -> LinkClaim:
    """What an agency is told of its units is written in the plan it handed down by; its people act on it
    from their own duty, in the plan above (ADR 23). Any other claim is given back as it is."""
    inner = session.get(Plan, claim.plan)
    if inner is None or inner.parent_obligation_id is None:
        return claim
    row = session.get_one(Obligation, inner.parent_obligation_id)
    agency = session.get_one(Agency, row.agency_id)
    if claim.agency != agency.code:  # a unit's
        return claim
    found = seated(session, claim.contact_id or 0, today)
    person = found[0].directory_id if found else None
    seat = session.exec(
        select(Contact.id).where(Contact.agency_id == agency.id, Contact.directory_id == person)
    ).first()
    if person is None or seat is None:
        raise LinkError(LEFT)
    name = obligation_name(session, row)
    return replace(claim, plan=row.plan_id, contact_id=seat, obligation=name)


def _name(session: Session, claim: LinkClaim, today: date) -> str:
    """A link proves a person and an agency: both must still be together in the address book."""
    if not claim.contact_id:
        return f"Người được gửi đường dẫn ({claim.agency})"
    found = seated(session, claim.contact_id, today)
    if found is None or (found[1].plan_id, found[1].code) != (claim.plan, claim.agency):
        raise LinkError(LEFT)
    return found[0].name


def _revoked(session: Session, claim: LinkClaim, link_id: str) -> bool:
    made_at = claim.expires_at - LIFETIME
    rows = session.exec(
        select(LinkRevocation).where(
            LinkRevocation.plan_id == claim.plan, col(LinkRevocation.at) >= made_at
        )
    )
    agencies = frozenset({claim.agency})
    return any(covers(row, link_id, claim.contact_id, agencies) for row in rows)


def record_use(session: Session, opened: Opened, what: str, device: str, now: datetime) -> None:
    """Keep that the link was opened or used."""
    session.add(
        LinkUse(
            link_id=opened.link_id,
            plan_id=opened.claim.plan,
            agency=opened.claim.agency,
            contact_id=opened.claim.contact_id,
            at=now,
            what=what,
            device=device[:120],
        )
    )


def record_refused(
    session: Session, linker: Linker, token: str, why: LinkError, now: datetime
) -> None:
    """Into the trail: a link that opens nothing was followed, and whose it was, if we made it."""
    claim = linker.read(token)
    audit.record(
        session,
        plan_id=claim.plan if claim else "",
        actor=Actor("?", Role.system, origin="link", account=_account(claim)),
        event="link.refused",
        subject=claim.agency if claim else "đường dẫn không đúng",
        now=now,
        after={"link": token_id(token), "why": f"{why}"},
    )


def _account(claim: LinkClaim | None) -> str:
    return f"contact:{claim.contact_id}" if claim and claim.contact_id else ""


def sign_in(session: Session, opened: Opened, device: str, now: datetime) -> str:
    """A session bound to the link's agency and plan; the cookie to set. `now`: real time."""
    entry = Entry("link", device, opened.link_id, opened.claim.plan)
    claim = opened.claim
    audit.record(
        session,
        plan_id="",
        actor=Actor(opened.name, Role.agency, frozenset({claim.agency}), "link", _account(claim)),
        event="session.begun",
        subject=claim.agency,
        now=now,
        after={"via": "link", "link": opened.link_id, "plan": claim.plan},
    )
    return begin_for_contact(session, claim.contact_id, opened.name, claim.agency, entry, now)


def revoke(
    session: Session,
    *,
    plan_id: str,
    actor: Actor,
    now: datetime,
    ended_at: datetime,
    agency: str = "",
    contact_id: int | None = None,
    link_id: str = "",
) -> LinkRevocation:
    """Links made up to `now` (the plan's clock) stop working, and the sessions they opened end."""
    row = LinkRevocation(
        plan_id=plan_id,
        agency=agency,
        contact_id=contact_id,
        link_id=link_id,
        at=now,
        revoked_by=actor.name,
    )
    session.add(row)
    end_of_links(session, row, ended_at)
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="link.revoked",
        subject=agency or link_id or f"contact:{contact_id}",
        now=now,
    )
    return row


def recent_uses(session: Session, plan_id: str, limit: int = 100) -> list[LinkUse]:
    return list(
        session.exec(
            select(LinkUse)
            .where(LinkUse.plan_id == plan_id)
            .order_by(col(LinkUse.id).desc())
            .limit(limit)
        )
    )
