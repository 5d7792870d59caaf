"""Who looks after which plan: an agency's people of the directory, and in which plans each of them hears.

Chosen for one plan, it holds in that plan alone; the others keep theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from plan.directory.placing import place_contacts
from plan.directory.seats import find_person, people_of, seat
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.ledger.leaving import leave_seats
from plan.models import Agency, Contact, DirectoryContact, Plan
from plan.queries.delegations import own_people
from plan.queries.lookup import find_agency, of_the_office
from plan.queries.reach import look_again
from plan.states import Actor, PlanState, Role

PlansByPerson = Mapping[int, Collection[str]]
"""Somebody's id in the directory → the plans they look after."""


@dataclass(frozen=True)
class SeatChoice:
    """Somebody of the agency, and whether they hear in the plan asked about."""

    person: DirectoryContact
    chosen: bool


def seat_choices(session: Session, plan_id: str, code: str) -> list[SeatChoice]:
    """Everybody of the agency (`code`: in the plan). Raises NotFoundError."""
    agency = find_agency(session, plan_id, code)
    people = people_of(session, agency.directory_code or "")
    plans = plans_by_person(session, [agency.directory_code or ""])
    return [SeatChoice(one, plan_id in plans.get(one.id or 0, ())) for one in people]


def plans_by_person(session: Session, codes: Collection[str] = ()) -> PlansByPerson:
    """Of the people of these agencies (codes of the directory; none named: of all), in the order the plans
    were issued; not those that agencies handed down. One query, over the seats."""
    place_contacts(session)
    rows = (
        select(Contact.directory_id, Agency.plan_id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .where(own_people(), of_the_office())
        .order_by(col(Plan.issued_on), col(Plan.id))
    )
    if codes:
        rows = rows.where(col(Agency.directory_code).in_(codes))
    found = defaultdict(list)
    for person, plan_id in session.exec(rows):
        found[person or 0].append(plan_id)
    return found


def choose_people(
    session: Session, plan_id: str, code: str, who: Sequence[str], *, actor: Actor, now: datetime
) -> list[str]:
    """From now on these people of the agency (`code`: in the plan; each by name, address of mail or number in
    the directory) hear for it in this plan, and nobody else; gives their names. The links that were sent to
    others end. RefusedError: nobody named, a closed plan. NotFoundError: somebody the directory does not
    know there."""
    require_role(actor, Role.coordinator, Role.admin)
    agency = find_agency(session, plan_id, code)
    if session.get_one(Plan, plan_id).state == PlanState.closed:
        raise RefusedError("Kế hoạch đã đóng; người phụ trách giữ như lúc đóng.")
    if not who:
        raise RefusedError("Chưa đổi gì: mỗi cơ quan cần ít nhất một người phụ trách kế hoạch.")
    place_contacts(session)
    wanted = {
        one.id: one for one in (find_person(session, agency.directory_code or "", w) for w in who)
    }
    seats = select(Contact).where(Contact.agency_id == agency.id, own_people())
    there = session.exec(seats.order_by(col(Contact.id))).all()
    gone = [one for one in there if one.directory_id not in wanted]
    for key in wanted.keys() - {one.directory_id for one in there}:
        seat(session, wanted[key], agency)
    leave_seats(session, gone, now)
    look_again(session, [agency.id or 0], now)
    _note(session, agency, len(wanted), actor, now)
    return [one.name for one in wanted.values()]


def _note(session: Session, agency: Agency, count: int, actor: Actor, now: datetime) -> None:
    """How many, not who: the trail is kept for ever."""
    audit.record(
        session,
        plan_id=agency.plan_id,
        actor=actor,
        event="contact.plan-chosen",
        subject=agency.code,
        now=now,
        after={"people": count},
    )
