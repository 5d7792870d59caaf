"""Everybody of the directory, whatever plans they look after: out into a file, and in again whole or not at
all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from plan.definition.model import Contact as ContactPart
from plan.directory.agencies import Difference
from plan.directory.csv_file import Reader, read_csv
from plan.directory.people_file import FIELDS, HEADS, differences, from_lines
from plan.directory.placing import SAID, add_people, place_contacts
from plan.directory.seats import people_by_place, say_all, sort_out
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.ledger.leaving import forget, leave_seats
from plan.models import Agency, Contact, DirectoryAgency, DirectoryContact, Plan
from plan.queries.reach import look_again
from plan.states import Actor, PlanState, Role


def list_people(session: Session) -> list[dict[str, Any]]:
    """Everybody, with the fields of `FIELDS` (`agency`: the code in the directory) and their `id`, by agency
    in the order they came. Costs the people."""
    place_contacts(session)
    rows = session.exec(
        select(DirectoryContact).order_by(col(DirectoryContact.code), col(DirectoryContact.id))
    )
    return [
        {"agency": row.code, "id": row.id} | {name: getattr(row, name) for name in FIELDS[1:]}
        for row in rows
    ]


def preview_people(session: Session, path: Path, read: Reader = read_csv) -> list[Difference]:
    """What `import_people` would change: who is new, changed, gone. The same RefusedError."""
    there = list_people(session)
    parts = _parts(session, path, there, read)
    named = {one.agency for one in parts}
    of_these = [row for row in there if row["agency"] in named]
    return differences(of_these, [one.model_dump() for one in parts])


def import_people(
    session: Session, path: Path, *, actor: Actor, now: datetime, read: Reader = read_csv
) -> int:
    """Make the people of every agency that the file names (by its code in the directory) those of the file;
    gives how many they are. What is said of somebody changes in each of their plans. Who is new looks after
    the plans that everybody of the agency looked after, and those that nobody is left to look after; who is
    not in the file leaves the directory, and the links they were sent end. Any bad line: RefusedError with
    all of them, and nothing is taken in."""
    require_role(actor, Role.coordinator, Role.admin)
    wanted = defaultdict(list)
    for one in _parts(session, path, list_people(session), read):
        wanted[one.agency].append(one.model_dump(exclude={"agency"}))
    _replace(session, wanted, by=actor.name, now=now)
    count = sum(map(len, wanted.values()))
    audit.record(
        session,
        plan_id="",
        actor=actor,
        event="contacts.imported",
        subject=path.name,
        now=now,
        after={"count": count},
    )
    return count


def _parts(
    session: Session, path: Path, there: Iterable[Mapping[str, Any]], read: Reader
) -> list[ContactPart]:
    codes = set(session.exec(select(DirectoryAgency.code)))
    known = ({name: row[name] for name in FIELDS} for row in there)
    return from_lines(read(path, HEADS), codes, known)


def _replace(
    session: Session, wanted: Mapping[str, Sequence[Mapping[str, Any]]], *, by: str, now: datetime
) -> None:
    """As `import_people` says, by agency. Reads once, however many agencies there are."""
    people = _people(session, wanted)
    seated = _seated(session, wanted)
    sorted_out = {
        code: sort_out([(one.name, one.id or 0) for one in people[code]], wanted[code])
        for code in wanted
    }
    by_id = {one.id or 0: one for one in chain.from_iterable(people.values())}
    known = [(by_id[key], said) for same, _, _ in sorted_out.values() for key, said in same]
    say_all(session, known, by=by, now=now)
    fresh = [(code, said) for code, (_, new, _) in sorted_out.items() for said in new]
    said = {one.id or 0: {name: getattr(one, name) for name in SAID} for one, _ in known}
    added = defaultdict(list)
    for key, (code, words) in zip(add_people(session, fresh), fresh, strict=True):
        said[key] = dict(words)
        added[code].append(key)
    rows = [
        {"agency_id": place, "directory_id": key, **said[key]}
        for code, (same, _, left) in sorted_out.items()
        for place, sitting in seated[code].items()
        for key in _who_joins(
            sitting, {one.id or 0 for one in people[code]}, left, [k for k, _ in same], added[code]
        )
    ]
    if rows:
        session.connection().execute(insert(Contact), rows)
    _dismiss(session, {key for *_, left in sorted_out.values() for key in left}, now)
    look_again(session, [place for places in seated.values() for place in places], now)


def _who_joins(
    sitting: Collection[int],
    everybody: Collection[int],
    left: Collection[int],
    stay: Sequence[int],
    new: Sequence[int],
) -> list[int]:
    """Who sits down in a place (all by id): those who are new where everybody of the agency sat, all there
    are where nobody would be left, else nobody. Pure."""
    there = set(sitting)
    if there >= set(everybody):
        return list(new)
    return [] if there - set(left) else [*stay, *new]


def _people(session: Session, codes: Collection[str]) -> dict[str, list[DirectoryContact]]:
    found = defaultdict(list)
    rows = select(DirectoryContact).where(col(DirectoryContact.code).in_(codes))
    for one in session.exec(rows.order_by(col(DirectoryContact.id))):
        found[one.code].append(one)
    return found


def _seated(session: Session, codes: Collection[str]) -> dict[str, dict[int, set[int]]]:
    """By agency its places (row ids) in plans that are not closed, and who sits in each."""
    places = session.exec(
        select(Agency.id, Agency.directory_code)
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .where(col(Agency.directory_code).in_(codes), Plan.state != PlanState.closed)
        .order_by(col(Agency.id))
    ).all()
    sitting = people_by_place(session, [place or 0 for place, _ in places])
    found: dict[str, dict[int, set[int]]] = defaultdict(dict)
    for place, code in places:
        found[code or ""][place or 0] = sitting.get(place or 0, set())
    return found


def _dismiss(session: Session, people: Collection[int], now: datetime) -> None:
    """They leave every plan, closed ones too, and the directory."""
    seats = session.exec(select(Contact).where(col(Contact.directory_id).in_(people))).all()
    leave_seats(session, seats, now)
    forget(session, people)
