"""Finding out which agency, and which person, of the directory a plan means.

An agency of a plan is the directory's one of the same official code, or of the same code whose names agree; a
unit that a duty is handed down to, the one of the same name below the agency that asks it. Any other is a new
one: two that look alike are asked about (`plan.directory.questions`), never guessed. A contact is the
directory's person of the same name in that agency where nothing said of the two disagrees. Nobody hears
otherwise because of it. Run again, only what has no place yet is looked at.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, insert, update
from sqlalchemy import select as columns
from sqlmodel import Session, SQLModel, col, select

from plan.directory.register import Known, Register, folded
from plan.models import (
    Agency,
    AgencyName,
    Contact,
    DirectoryAgency,
    DirectoryContact,
    DirectoryName,
    Obligation,
    Plan,
)
from plan.queries.delegations import own_people

ADDRESSES = ("email", "phone", "zalo_user_id", "zalo_chat_id")
SAID = ("name", "role", "is_head", *ADDRESSES)
"""What the directory says of a person, and each of their seats repeats."""
DECIDING = ("is_head", *ADDRESSES)
"""What must be the same of two namesakes who are one."""


def place(session: Session) -> None:
    """Every agency and every contact that has no place in the directory yet. Costs those."""
    place_agencies(session)
    place_contacts(session)


# --- agencies ------------------------------------------------------------------------------------


def place_agencies(session: Session) -> None:
    """Those of all plans, the earliest plan's first: the code in the directory is the first one's. Few
    statements, however many agencies."""
    run = session.connection().execute
    new = run(
        columns(col(Agency.id), col(Agency.code), col(Agency.plan_id))
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .where(col(Agency.directory_code).is_(None))
        .order_by(col(Plan.issued_on), col(Plan.id), col(Agency.sort), col(Agency.id))
    ).all()
    if not new:
        return
    plan_ids = {row.plan_id for row in new}
    names, said, heads = _names(session), _said(session, plan_ids), _heads(session, plan_ids)
    register = _register(session)
    places = {
        row.id: register.place(
            row.code,
            said[row.plan_id].get(row.code, {}),
            names[row.id],
            "" if heads[row.plan_id].code == row.code else heads[row.plan_id].known_as,
        )
        for row in new
    }
    for table, rows in ((DirectoryAgency, register.agencies), (DirectoryName, register.names)):
        if rows:
            run(insert(table), rows)
    others = [
        {"of_agency": row.id, "is_there": places[row.id]}
        for row in new
        if places[row.id] != row.code
    ]
    placing = update(Agency).where(col(Agency.directory_code).is_(None))
    if others:
        one = placing.where(col(Agency.id) == bindparam("of_agency"))
        run(one.values(directory_code=bindparam("is_there")), others)
    run(placing.values(directory_code=col(Agency.code)))
    _read_again(session, Agency, "directory_code")


def _said(session: Session, plan_ids: Collection[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """What each plan's text says of its agencies, by code."""
    rows = session.exec(select(Plan.id, Plan.definition).where(col(Plan.id).in_(plan_ids)))
    return {
        plan_id: {part["id"]: part for part in json.loads(text)["agencies"]}
        for plan_id, text in rows
    }


@dataclass(frozen=True)
class _Head:
    """The agency that an inner plan's units are of: its code in plans, and in the directory."""

    code: str = ""
    known_as: str = ""


def _heads(session: Session, plan_ids: Collection[str]) -> Mapping[str, _Head]:
    """Of the plans that hand a duty down, whose it is."""
    rows = session.connection().execute(
        columns(col(Plan.id), col(Agency.code), col(Agency.directory_code))
        .join(Obligation, col(Obligation.id) == Plan.parent_obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(col(Plan.id).in_(plan_ids))
    )
    return defaultdict(_Head, {plan_id: _Head(code, known or "") for plan_id, code, known in rows})


def _names(session: Session) -> dict[int, list[Row[Any]]]:
    """Of the agencies without a place, in the order of their days."""
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    said = ("agency_id", "valid_from", "name", "short", "kind")
    for row in session.connection().execute(
        columns(*(getattr(AgencyName, name) for name in said))
        .join(Agency, col(Agency.id) == AgencyName.agency_id)
        .where(col(Agency.directory_code).is_(None))
        .order_by(col(AgencyName.valid_from))
    ):
        found[row.agency_id].append(row)
    return found


def _register(session: Session) -> Register:
    found = Register()
    run = session.connection().execute
    kept = ("code", "organ_id", "parent", "aliases")
    parents = {}
    for code, organ_id, parent, aliases in run(
        columns(*(getattr(DirectoryAgency, name) for name in kept))
    ):
        found.known[code] = Known({organ_id} - {""}, aliases=set(map(folded, aliases)))
        if organ_id:
            found.by_organ_id[organ_id] = code
        found.once |= dict.fromkeys(aliases, code)
        parents[code] = parent
    said = (col(DirectoryName.code), col(DirectoryName.valid_from), col(DirectoryName.name))
    for code, since, name in run(columns(*said)):
        found.known[code].names.add(folded(name))
        found.days.add((code, since))
    for words in ("aliases", "names"):  # a name goes before another's alias
        found.by_parent |= {
            (parent, name): code
            for code, parent in parents.items()
            if parent
            for name in getattr(found.known[code], words)
        }
    return found


def _read_again(session: Session, model: type[SQLModel], name: str) -> None:
    """Rows at hand that had no place yet learn it from the database."""
    for one in list(session.identity_map.values()):
        if isinstance(one, model) and getattr(one, name) is None:
            session.expire(one, [name])


def directory_codes(session: Session, agency_ids: Collection[int]) -> dict[int, str]:
    """The codes in the directory of agencies of a plan, by row id."""
    wanted = col(Agency.id).in_(set(agency_ids))
    rows = session.exec(select(Agency.id, Agency.directory_code).where(wanted))
    return {number or 0: code or "" for number, code in rows}


# --- people --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sitting:
    """Somebody who sits there, as a plan says; `code`: the agency's in the directory."""

    agency_id: int
    code: str
    said: Mapping[str, Any]


def place_contacts(session: Session) -> None:
    """Those of all plans that have no place yet, in the order they came."""
    session.flush()
    run = session.connection().execute
    new = run(
        columns(
            col(Contact.id),
            col(Contact.agency_id),
            col(Agency.directory_code).label("code"),
            *(getattr(Contact, name) for name in SAID),
        )
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(
            col(Contact.directory_id).is_(None),
            own_people(),
            col(Agency.directory_code).is_not(None),
        )
        .order_by(col(Contact.id))
    ).all()
    if not new:
        return
    sittings = [
        Sitting(row.agency_id, row.code, {name: getattr(row, name) for name in SAID}) for row in new
    ]
    run(
        update(Contact)
        .where(col(Contact.id) == bindparam("of_seat"))
        .values(directory_id=bindparam("is_one")),
        [
            {"of_seat": row.id, "is_one": person}
            for row, person in zip(new, identify(session, sittings), strict=True)
        ],
    )
    _read_again(session, Contact, "directory_id")


def identify(session: Session, sittings: Sequence[Sitting]) -> list[int]:
    """Who of the directory each of these is, by id; whom it does not know joins it. Whoever came first is the
    person the others are compared with. Few statements, however many people."""
    codes = {one.code for one in sittings}
    people, seated = _people(session, codes), _seated(session, codes)
    fresh: list[_Person] = []
    found = [_person(one, people, seated, fresh) for one in sittings]
    numbers = add_people(session, [(one.code, one.said) for one in fresh])
    for one, number in zip(fresh, numbers, strict=True):
        one.id = number
    return [one.id or 0 for one in found]


def add_people(session: Session, people: Sequence[tuple[str, Mapping[str, Any]]]) -> Sequence[int]:
    """Of each (agency's code, all of `SAID`) the id in the directory, which they join. One insert; on
    SQLite one for each."""
    if not people:
        return []
    adding = insert(DirectoryContact).returning(
        col(DirectoryContact.id), sort_by_parameter_order=True
    )
    rows = [{"code": code, "version": 1, **said} for code, said in people]
    return [number or 0 for number in session.connection().execute(adding, rows).scalars()]


@dataclass(eq=False)
class _Person:
    """Somebody of the directory, or about to be; `seats`: where they sit."""

    code: str
    said: dict[str, Any]
    id: int | None = None
    seats: set[int] = field(default_factory=set)


def _person(
    row: Sitting,
    people: dict[tuple[str, str], list[_Person]],
    seated: Mapping[int, set[int]],
    fresh: list[_Person],
) -> _Person:
    """Who sits there; who is new joins `fresh`."""
    namesakes = people[row.code, folded(row.said["name"])]
    for one in namesakes:
        there = row.agency_id in one.seats or row.agency_id in seated.get(one.id or 0, ())
        if not there and all(one.said[name] == row.said[name] for name in DECIDING):
            one.seats.add(row.agency_id)
            return one
    made = _Person(row.code, dict(row.said), seats={row.agency_id})
    namesakes.append(made)
    fresh.append(made)
    return made


def _people(session: Session, codes: Collection[str]) -> dict[tuple[str, str], list[_Person]]:
    """Those of these agencies, by agency and folded name."""
    known: dict[tuple[str, str], list[_Person]] = defaultdict(list)
    said = (getattr(DirectoryContact, name) for name in SAID)
    for row in session.connection().execute(
        columns(col(DirectoryContact.id), col(DirectoryContact.code), *said).order_by(
            col(DirectoryContact.id)
        )
    ):
        if row.code in codes:
            known[row.code, folded(row.name)].append(
                _Person(row.code, {name: getattr(row, name) for name in SAID}, row.id)
            )
    return known


def _seated(session: Session, codes: Collection[str]) -> dict[int, set[int]]:
    """Where the people of these agencies sit already."""
    found: dict[int, set[int]] = defaultdict(set)
    for person, agency, code in session.connection().execute(
        columns(col(Contact.directory_id), col(Contact.agency_id), col(Agency.directory_code))
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(col(Contact.directory_id).is_not(None))
    ):
        if code in codes:
            found[person or 0].add(agency)
    return found


def agree(one: DirectoryContact, other: DirectoryContact) -> bool:
    """Whether two of one name in one agency are one person: they have the same addresses and rank. Any others
    are asked about; a mail must not go elsewhere because two were taken for one. Pure."""
    return all(getattr(one, name) == getattr(other, name) for name in DECIDING)
