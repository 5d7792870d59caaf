"""Who hears for an agency: a person of the directory, with a seat in each plan they look after.

What is changed in one plan holds in all: a person's words in each of their seats; who hears for an agency, in
every plan that the same people looked after before. Plans where others do keep theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from plan.directory.placing import SAID, place_contacts
from plan.directory.register import folded
from plan.errors import NotFoundError, RefusedError
from plan.ledger.leaving import take_seats
from plan.models import Agency, Contact, DirectoryContact, LinkRevocation, Plan
from plan.queries.delegations import own_people
from plan.queries.reach import look_again
from plan.states import PlanState


def places_alike(session: Session, agency: Agency) -> list[Agency]:
    """The agency's places in plans that the same people look after, this one first. A closed plan's stay as
    they are."""
    places = session.exec(
        select(Agency)
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .where(
            Agency.directory_code == agency.directory_code,
            col(Agency.directory_code).is_not(None),
            Agency.id != agency.id,
            Plan.state != PlanState.closed,
        )
        .order_by(col(Agency.id))
    ).all()
    who = people_by_place(session, [agency.id or 0, *(one.id or 0 for one in places)])
    return [agency, *(one for one in places if who[one.id or 0] == who[agency.id or 0])]


def people_by_place(session: Session, agency_ids: Iterable[int]) -> dict[int, set[int]]:
    """Who of the directory has a seat there, by row id of the place."""
    found: dict[int, set[int]] = defaultdict(set)
    place_contacts(session)
    for one in session.exec(_sitting(agency_ids)):
        found[one.agency_id].add(one.directory_id or 0)
    return found


def _sitting(agency_ids: Iterable[int | None]) -> SelectOfScalar[Contact]:
    """The seats there, without those of colleagues whom work was passed to for a while."""
    return (
        select(Contact)
        .where(col(Contact.agency_id).in_(set(agency_ids)), own_people())
        .order_by(col(Contact.id))
    )


def seat(session: Session, person: DirectoryContact, agency: Agency) -> Contact:
    """A seat for the person in this plan."""
    said = {name: getattr(person, name) for name in SAID}
    made = Contact(agency_id=agency.id or 0, directory_id=person.id, **said)
    session.add(made)
    return made


def find_seat(session: Session, code: str, who: str) -> Contact:
    """A seat of the person of this agency (a code of the directory), by name or address of mail. Raises
    NotFoundError; RefusedError for several."""
    people = session.exec(select(DirectoryContact).where(DirectoryContact.code == code)).all()
    named = [one for one in people if folded(who) in (folded(one.name), folded(one.email))]
    if not named:
        raise NotFoundError("người nhận", who, [one.name for one in people])
    if len(named) > 1:
        raise RefusedError(f"Nhiều người tên {who} ở «{code}»; hãy ghi địa chỉ thư.")
    theirs = select(Contact).where(Contact.directory_id == named[0].id).order_by(col(Contact.id))
    found = session.exec(theirs).first()
    if found is None:
        raise RefusedError(f"{who} chưa phụ trách kế hoạch nào.")
    return found


def person_of(session: Session, contact: Contact) -> DirectoryContact:
    """Who sits there."""
    if contact.directory_id is None:
        place_contacts(session)
    return session.get_one(DirectoryContact, contact.directory_id, populate_existing=True)


def other_seats(
    session: Session, contact: Contact, agency_ids: Collection[int | None]
) -> list[Contact]:
    """Where else the same person sits, of these places."""
    if contact.directory_id is None:
        return []
    theirs = select(Contact).where(
        Contact.directory_id == contact.directory_id,
        Contact.id != contact.id,
        col(Contact.agency_id).in_(agency_ids),
    )
    return list(session.exec(theirs))


def say(
    session: Session, person: DirectoryContact, said: Mapping[str, Any], *, by: str, now: datetime
) -> list[str]:
    """Change what is said of a person (`said`: of `SAID`), here and in every seat; which fields changed. A
    name that is another person's ends the links that the first was sent (`by`: who did it)."""
    changed = [name for name, value in said.items() if getattr(person, name) != value]
    if not changed:
        return []
    another = folded(str(said.get("name", person.name))) != folded(person.name)
    person.sqlmodel_update({name: said[name] for name in changed})
    person.version += 1
    session.add(person)
    seats = session.exec(
        select(Contact, Agency.plan_id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Contact.directory_id == person.id)
    ).all()
    for one, plan_id in seats:
        one.sqlmodel_update({name: said[name] for name in changed})
        session.add(one)
        if another:
            session.add(LinkRevocation(plan_id=plan_id, contact_id=one.id, at=now, revoked_by=by))
    session.flush()
    look_again(session, [one.agency_id for one, _ in seats], now)
    return changed


def new_person(session: Session, code: str, said: Mapping[str, Any]) -> DirectoryContact:
    """Somebody the directory did not know, without a seat yet (`said`: of `SAID`)."""
    made = DirectoryContact(code=code, **said)
    session.add(made)
    session.flush()
    return made


def replace_people(
    session: Session, agency: Agency, wanted: Iterable[Mapping[str, Any]], *, by: str, now: datetime
) -> None:
    """Make those who hear for the agency the ones wanted (each: all of `SAID`), in every plan that the same
    people look after. Who is in both, by name, keeps their seats, and with them the links they were sent."""
    places = places_alike(session, agency)
    seats = session.exec(_sitting(one.id for one in places)).all()
    there = defaultdict(list)
    for one in seats:
        if one.agency_id == agency.id:
            there[folded(one.name)].append(one.directory_id)
    for said in wanted:
        namesakes = there[folded(str(said["name"]))]
        if namesakes:
            say(session, session.get_one(DirectoryContact, namesakes.pop(0)), said, by=by, now=now)
            continue
        person = new_person(session, agency.directory_code or "", said)
        for place in places:
            seat(session, person, place)
    gone = {key for left in there.values() for key in left}
    take_seats(session, [one for one in seats if one.directory_id in gone], now)
    look_again(session, [one.id or 0 for one in places], now)


def seat_everybody(session: Session, agency_ids: Collection[int], now: datetime) -> None:
    """Places of a new plan where its text names nobody: whoever the directory knows in that agency sits
    there."""
    there = people_by_place(session, agency_ids)
    places = [
        one
        for one in session.exec(select(Agency).where(col(Agency.id).in_(set(agency_ids))))
        if not there[one.id or 0]
    ]
    people = defaultdict(list)
    codes = {one.directory_code for one in places}
    for person in session.exec(
        select(DirectoryContact)
        .where(col(DirectoryContact.code).in_(codes))
        .order_by(col(DirectoryContact.id))
    ):
        people[person.code].append(person)
    for one in places:
        for person in people[one.directory_code or ""]:
            seat(session, person, one)
    session.flush()
    look_again(session, [one.id or 0 for one in places], now)
