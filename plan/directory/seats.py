"""Who hears for an agency: a person of the directory, with a seat in each plan they look after.

What is changed in one plan holds in all: a person's words in each of their seats; who hears for an agency, in
every plan that the same people looked after before. Plans where others do keep theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from plan.directory.placing import SAID, add_people, place_contacts
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
    return _alike(session, [agency])[agency.id or 0]


def _alike(session: Session, agencies: Sequence[Agency]) -> dict[int, list[Agency]]:
    """Of each, by row id, its `places_alike` that are none of these."""
    named = {one.id or 0 for one in agencies}
    places = session.exec(
        select(Agency)
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .where(
            col(Agency.directory_code).in_({one.directory_code for one in agencies} - {None}),
            col(Agency.id).not_in(named),
            Plan.state != PlanState.closed,
        )
        .order_by(col(Agency.id))
    ).all()
    who = people_by_place(session, [*named, *(one.id or 0 for one in places)])
    same = defaultdict(list)
    for one in places:
        same[one.directory_code, frozenset(who[one.id or 0])].append(one)
    return {
        one.id or 0: [one, *same[one.directory_code, frozenset(who[one.id or 0])]]
        for one in agencies
    }


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


def people_of(session: Session, code: str) -> Sequence[DirectoryContact]:
    """Everybody the directory knows in this agency (its code there), in the order they came."""
    theirs = select(DirectoryContact).where(DirectoryContact.code == code)
    return session.exec(theirs.order_by(col(DirectoryContact.id))).all()


def find_person(session: Session, code: str, who: str) -> DirectoryContact:
    """The person of this agency (a code of the directory), by name, address of mail or number in the
    directory. Raises NotFoundError; RefusedError for several."""
    people = people_of(session, code)
    named = [
        one for one in people if folded(who) in (folded(one.name), folded(one.email), str(one.id))
    ]
    if not named:
        raise NotFoundError("người nhận", who, [one.name for one in people])
    if len(named) > 1:
        raise RefusedError(f"Nhiều người tên {who} ở «{code}»; hãy ghi địa chỉ thư.")
    return named[0]


def find_seat(session: Session, code: str, who: str) -> Contact:
    """A seat of the person of this agency, as `find_person` finds them. RefusedError: they have none."""
    person = find_person(session, code, who)
    theirs = select(Contact).where(Contact.directory_id == person.id).order_by(col(Contact.id))
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
    return list(say_all(session, [(person, said)], by=by, now=now).get(person.id or 0, ()))


def say_all(
    session: Session,
    sayings: Iterable[tuple[DirectoryContact, Mapping[str, Any]]],
    *,
    by: str,
    now: datetime,
) -> dict[int, dict[str, Any]]:
    """As `say`; what changed, by person. Reads once, however many people there are."""
    changed: dict[int, dict[str, Any]] = defaultdict(dict)
    others = set()
    for person, said in sayings:
        new = {name: value for name, value in said.items() if getattr(person, name) != value}
        if not new:
            continue
        if folded(str(new.get("name", person.name))) != folded(person.name):
            others.add(person.id)
        person.sqlmodel_update(new)
        person.version += 1
        session.add(person)
        changed[person.id or 0] |= new
    if not changed:
        return {}
    seats = session.exec(
        select(Contact, Agency.plan_id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(col(Contact.directory_id).in_(changed))
    ).all()
    for one, plan_id in seats:
        one.sqlmodel_update(changed[one.directory_id or 0])
        session.add(one)
        if one.directory_id in others:
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
    session: Session,
    wanted: Mapping[int, Sequence[Mapping[str, Any]]],
    *,
    by: str,
    now: datetime,
) -> None:
    """Make those who hear for each agency (by row id) the ones wanted (each: all of `SAID`), in every plan
    that the same people look after. Who is in both, by name, keeps their seats, and with them the links they
    were sent. Reads once, however many agencies there are; writes what changes."""
    agencies = session.exec(select(Agency).where(col(Agency.id).in_(wanted))).all()
    places = _alike(session, agencies)
    everywhere = [one.id or 0 for alike in places.values() for one in alike]
    seats = defaultdict(list)
    for one in session.exec(_sitting(everywhere)):
        seats[one.agency_id].append(one)
    known, gone = list[SaidOf](), list[Contact]()
    fresh = list[tuple[Agency, Mapping[str, Any]]]()
    for agency in agencies:
        key = agency.id or 0
        same, new, left = sort_out(
            [(one.name, one.directory_id or 0) for one in seats[key]], wanted[key]
        )
        known += same
        fresh += [(agency, said) for said in new]
        theirs = chain.from_iterable(seats[place.id or 0] for place in places[key])
        gone += [one for one in theirs if one.directory_id in left]
    people = _people(session, {person for person, _ in known})
    say_all(session, [(people[person], said) for person, said in known], by=by, now=now)
    added = add_people(session, [(one.directory_code or "", said) for one, said in fresh])
    rows = [
        {"agency_id": place.id, "directory_id": person, **said}
        for person, (agency, said) in zip(added, fresh, strict=True)
        for place in places[agency.id or 0]
    ]
    if rows:
        session.connection().execute(insert(Contact), rows)
    take_seats(session, gone, now)
    look_again(session, everywhere, now)


SaidOf = tuple[int, Mapping[str, Any]]
"""Somebody's id in the directory, and what is said of them."""


def sort_out(
    people: Iterable[tuple[str, int]], wanted: Iterable[Mapping[str, Any]]
) -> tuple[list[SaidOf], list[Mapping[str, Any]], set[int]]:
    """Of an agency (`people`: name and id in the directory): who stays, who is new, who is gone. Pure."""
    there = defaultdict(list)
    for name, person in people:
        there[folded(name)].append(person)
    known, new = list[SaidOf](), list[Mapping[str, Any]]()
    for said in wanted:
        if namesakes := there[folded(str(said["name"]))]:
            known.append((namesakes.pop(0), said))
        else:
            new.append(said)
    return known, new, {person for namesakes in there.values() for person in namesakes}


def _people(session: Session, ids: Collection[int]) -> dict[int, DirectoryContact]:
    rows = session.exec(select(DirectoryContact).where(col(DirectoryContact.id).in_(ids)))
    return {one.id or 0: one for one in rows}


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
