"""«Chuyển cho đồng nghiệp»: an agency's person passes one product, or all, to a colleague till a day.

The colleague hears in the place of those who heard for the agency. One who stood in no address book is put
there till that day (`Contact.until`), hears only what was passed, and is no contact of the agency's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from plan.calendar import local_day
from plan.contacts import add_contact
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import check_agency, require_role, require_taking
from plan.models import Agency, Contact, Delegation, Deliverable, Obligation
from plan.queries.lookup import find_agency, obligation_name
from plan.queries.reach import look_again
from plan.states import STILL_OWED, Actor, Role
from plan.text import date_words

MOST_DAYS = 366
PASSED, TAKEN_BACK = "delegation.made", "delegation.ended"


@dataclass(frozen=True)
class Colleague:
    """To whom work is passed: who bears this address, until the end of a local day."""

    name: str
    email: str
    until: date
    phone: str = ""


def delegate(
    session: Session,
    plan_id: str,
    agency: str,
    deliverable: str = "",
    *,
    to: Colleague,
    actor: Actor,
    now: datetime,
) -> Delegation:
    """Pass `deliverable` (empty: all the agency owes) to a colleague, who is told. RefusedError: the actor is
    such a colleague, nothing owed, a day gone by or over a year away, an address that cannot be one."""
    require_role(actor, Role.agency, Role.coordinator)
    _require_own(session, actor)
    require_taking(session, plan_id)
    row = find_agency(session, plan_id, agency)
    _check_day(to.until, local_day(now))
    owed = _owed(session, row, deliverable)
    if not owed:
        raise RefusedError("Không còn việc nào để chuyển.")
    check_agency(session, owed[0], actor)
    contact = _colleague(session, plan_id, row, to, actor, now)
    made = Delegation(
        plan_id=plan_id,
        agency_id=row.id or 0,
        deliverable_id=owed[0].deliverable_id if deliverable else None,
        contact_id=contact.id or 0,
        until=to.until,
        passed_by=actor.name,
        at=now,
    )
    session.add(made)
    session.flush()
    _record(session, made, PASSED, agency, deliverable, actor, now)
    audit.announce(
        session,
        plan_id=plan_id,
        kind=PASSED,
        subject=obligation_name(session, owed[0]),
        obligation_id=owed[0].id,
        now=now,
        payload={"delegation": made.id},
    )
    look_again(session, [row.id or 0], now)
    return made


def end_delegation(session: Session, delegation_id: int, *, actor: Actor, now: datetime) -> Contact:
    """Take it back before its day; gives the colleague. Whoever is nobody's delegate any more and was in the
    address book only as one leaves it today."""
    require_role(actor, Role.agency, Role.coordinator)
    _require_own(session, actor)
    row = session.get_one(Delegation, delegation_id)
    agency = session.get_one(Agency, row.agency_id)
    if actor.role is Role.agency and agency.code not in actor.agencies:
        raise RefusedError("Việc này của cơ quan khác.")
    if row.ended_at is not None:
        raise RefusedError("Việc này đã được lấy lại rồi.")
    row.ended_at = now
    session.add(row)
    contact = session.get_one(Contact, row.contact_id)
    if contact.until is not None:
        left = session.exec(
            select(col(Delegation.until))
            .where(Delegation.contact_id == row.contact_id, col(Delegation.ended_at).is_(None))
            .where(Delegation.id != row.id)
            .order_by(col(Delegation.until).desc())
        ).first()
        contact.until = left or local_day(now) - timedelta(days=1)
        session.add(contact)
    _record(session, row, TAKEN_BACK, agency.code, "", actor, now)
    look_again(session, [row.agency_id], now)
    return contact


def only_delegate(session: Session, actor: Actor) -> bool:
    """Whether the actor acts for the agency only because its work was passed to them."""
    kind, _, key = actor.account.partition(":")
    contact = session.get(Contact, int(key)) if kind == "contact" else None
    return contact is not None and contact.until is not None


def _require_own(session: Session, actor: Actor) -> None:
    """Whoever holds it till a day makes that day no later, and ends no other's."""
    if only_delegate(session, actor):
        raise RefusedError(
            "Việc được chuyển cho anh/chị thì anh/chị không chuyển tiếp hay lấy lại được; hãy đề nghị người "
            "của cơ quan làm."
        )


def _check_day(until: date, today: date) -> None:
    if until < today:
        raise RefusedError(f"Ngày {date_words(until)} đã qua; hãy chọn từ hôm nay trở đi.")
    if until > today + timedelta(days=MOST_DAYS):
        raise RefusedError("Chỉ chuyển được tối đa một năm; hết hạn thì chuyển tiếp.")


def _owed(session: Session, agency: Agency, deliverable: str) -> list[Obligation]:
    """What the agency still owes (of that deliverable), nearest deadline first."""
    statement = select(Obligation).where(
        Obligation.agency_id == agency.id, col(Obligation.state).in_(STILL_OWED)
    )
    if deliverable:
        statement = statement.join(
            Deliverable, col(Deliverable.id) == Obligation.deliverable_id
        ).where(Deliverable.code == deliverable)
    order = (col(Obligation.due_at).is_(None), col(Obligation.due_at), col(Obligation.id))
    return list(session.exec(statement.order_by(*order)))


def _colleague(
    session: Session,
    plan_id: str,
    agency: Agency,
    to: Colleague,
    actor: Actor,
    now: datetime,
) -> Contact:
    """Who bears this address at the agency already, else somebody new till that day."""
    address = to.email.strip()
    if not address:
        raise RefusedError("Cần địa chỉ thư của đồng nghiệp; tin nhắc và đường dẫn gửi về đó.")
    people = session.exec(select(Contact).where(Contact.agency_id == agency.id)).all()
    known = next((one for one in people if one.email.casefold() == address.casefold()), None)
    if known is None:
        fields: dict[str, str | bool] = {
            "name": to.name.strip(),
            "email": address,
            "phone": to.phone,
        }
        known = add_contact(
            session, plan_id, agency.code, fields, actor=actor, now=now, until=to.until
        )
    elif known.until is not None:
        known.until = max(known.until, to.until)
    session.add(known)
    session.flush()
    return known


def _record(
    session: Session,
    row: Delegation,
    event: str,
    agency: str,
    deliverable: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Into the trail, by the colleague's number: the trail is kept for ever, a name need not be."""
    audit.record(
        session,
        plan_id=row.plan_id,
        actor=actor,
        event=event,
        subject=f"{agency}/{deliverable}" if deliverable else agency,
        now=now,
        after={"detail": {"contact": row.contact_id, "until": row.until.isoformat()}},
    )
