"""The address book: importing it whole or not at all, and listing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from plan.definition.model import Contact as ContactPart
from plan.directory.agencies import Difference
from plan.directory.csv_file import Reader, read_csv
from plan.directory.people_file import FIELDS, HEADS, contact_faults, differences, from_lines
from plan.directory.placing import Sitting, directory_codes, identify
from plan.directory.seats import (
    new_person,
    other_seats,
    person_of,
    places_alike,
    replace_people,
    say,
    seat,
)
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.leaving import take_seats
from plan.models import Agency, Contact, LinkRevocation, Plan
from plan.queries.delegations import own_people
from plan.queries.lookup import find_agency
from plan.queries.reach import look_again
from plan.states import LOADER, Actor


def import_contacts(
    session: Session,
    plan: Plan,
    path: Path,
    *,
    now: datetime,
    actor: Actor = LOADER,
    read: Reader = read_csv,
) -> int:
    """Replace the contacts of every agency the file names, in every plan that the same people look after. Any
    bad line: all are told by number, nothing is imported. Returns how many there are now. `read`: what
    opens the file."""
    agencies = places_of(session, plan.id)
    parts = from_lines(read(path, HEADS), agencies, list_contacts(session, plan))
    count = replace_contacts(session, agencies, parts, now, actor.name)
    audit.record(
        session,
        plan_id=plan.id,
        actor=actor,
        event="contacts.imported",
        subject=path.name,
        now=now,
        after={"count": count},
    )
    return count


def preview_contacts(
    session: Session, plan: Plan, path: Path, read: Reader = read_csv
) -> list[Difference]:
    """What `import_contacts` would change: who is new, changed, gone. The same RefusedError."""
    agencies = places_of(session, plan.id)
    there = list_contacts(session, plan)
    parts = from_lines(read(path, HEADS), agencies, there)
    named = {one.agency for one in parts}
    there = [row for row in there if row["agency"] in named]
    return differences(there, [one.model_dump() for one in parts])


def places_of(session: Session, plan_id: str) -> dict[str, int]:
    """The row ids of a plan's agencies, by code."""
    rows = session.exec(select(Agency).where(Agency.plan_id == plan_id))
    return {row.code: row.id or 0 for row in rows}


def has_contacts(session: Session, plan_id: str) -> bool:
    """Whether any agency of the plan has a contact yet."""
    found = session.exec(
        select(Contact.id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id)
        .limit(1)
    )
    return found.first() is not None


def seat_contacts(
    session: Session, agencies: Mapping[str, int], contacts: Iterable[ContactPart], now: datetime
) -> None:
    """Give a plan's own people their seats in it (`agencies`: row ids by code): whom the directory knows
    already is the same person there."""
    parts = list(contacts)
    codes = directory_codes(session, agencies.values())
    sittings = [
        Sitting(agencies[one.agency], codes[agencies[one.agency]], _said(one)) for one in parts
    ]
    rows = [
        {"agency_id": one.agency_id, "directory_id": person, **one.said}
        for one, person in zip(sittings, identify(session, sittings), strict=True)
    ]
    if rows:
        session.connection().execute(insert(Contact), rows)
    look_again(session, {one.agency_id for one in sittings}, now)


def replace_contacts(
    session: Session,
    agencies: Mapping[str, int],
    contacts: Iterable[ContactPart],
    now: datetime,
    by: str = "",
) -> int:
    """Make the contacts of every agency named those given (`agencies`: row ids by code; `by`: who does it),
    as `replace_people` does; how many there are. They hear what nobody could be told of before."""
    named = defaultdict(list)
    for one in contacts:
        named[agencies[one.agency]].append(_said(one))
    replace_people(session, named, by=by, now=now)
    return sum(map(len, named.values()))


def _said(contact: ContactPart) -> dict[str, Any]:
    return contact.model_dump(exclude={"agency"})


def list_contacts(session: Session, plan: Plan) -> list[dict[str, Any]]:
    """Every contact of the plan, in the plan's order of agencies; not whom work was passed to for a while."""
    rows = session.exec(
        select(Contact, Agency.code)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan.id, own_people())
        .order_by(col(Agency.sort), col(Contact.id))
    )
    return [
        {"agency": code} | {name: getattr(contact, name) for name in FIELDS[1:]}
        for contact, code in rows
    ]


def without_address(session: Session, plan: Plan) -> list[str]:
    """«an-lao: Nguyễn Thị Mẫu»: contacts nothing can be sent to."""
    return [
        f"{row['agency']}: {row['name']}"
        for row in list_contacts(session, plan)
        if not any(row[name] for name in ("email", "phone", "zalo_user_id", "zalo_chat_id"))
    ]


def change_contact(
    session: Session,
    plan_id: str,
    contact_id: int,
    changes: Mapping[str, str | bool],
    *,
    actor: Actor,
    now: datetime,
    seen: int | None = None,
) -> Contact:
    """Change what is said of a contact (of `FIELDS`, but its agency), in every plan they look after. Raises
    RefusedError for a name or an address that cannot be one, or when they are no more of the version `seen`:
    somebody else changed them meanwhile. Nothing is changed then."""
    row = session.get_one(Contact, contact_id, populate_existing=True)
    if row.until is not None:
        raise RefusedError(
            "Chưa sửa gì: người này chỉ nhận việc được chuyển cho; hãy lấy việc lại rồi chuyển lại."
        )
    person = person_of(session, row)
    if seen is not None and seen != person.version:
        raise RefusedError(
            "Chưa sửa gì: người nhận này vừa được người khác sửa. Hãy mở lại trang để xem rồi sửa tiếp."
        )
    agency = session.get_one(Agency, row.agency_id)
    fields = {"agency": agency.code} | {
        name: str(value) if isinstance(value, str) else "" for name, value in changes.items()
    }
    if faults := list(contact_faults(fields, [agency.code])):
        raise RefusedError(f"Chưa sửa gì: {'; '.join(faults)}.")
    changed = say(session, person, changes, by=actor.name, now=now)
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="contact.changed",
        subject=agency.code,
        now=now,
        # Which fields, not what: the trail is kept for ever, a phone number should not be.
        after={"fields": changed},
    )
    return row


def add_contact(
    session: Session,
    plan_id: str,
    agency: str,
    fields: Mapping[str, str | bool],
    *,
    actor: Actor,
    now: datetime,
    until: date | None = None,
) -> Contact:
    """Somebody more who hears for an agency (`fields`: of `FIELDS`, but its agency), in every plan that the
    same people look after; `until`: in this one, for work passed to them. Raises NotFoundError, or
    RefusedError for a name or an address that cannot be one; nothing is added then."""
    there = find_agency(session, plan_id, agency)
    typed = {name: value for name, value in fields.items() if isinstance(value, str)}
    if faults := list(contact_faults(typed | {"agency": agency}, [agency])):
        raise RefusedError(f"Chưa thêm gì: {'; '.join(faults)}.")
    places = [there] if until else places_alike(session, there)
    if until:
        row = Contact(agency_id=there.id or 0, until=until, name="")
        row.sqlmodel_update(dict(fields))
        session.add(row)
    else:
        person = new_person(session, there.directory_code or "", fields)
        row, *_ = [seat(session, person, place) for place in places]
    session.flush()
    _note(session, plan_id, agency, "contact.added", actor, now)
    look_again(session, [place.id or 0 for place in places], now)
    return row


def remove_contact(
    session: Session, plan_id: str, contact_id: int, *, actor: Actor, now: datetime
) -> Contact:
    """Somebody who no longer hears for the agency, in this plan and in those that the same people look after;
    the links they were sent end. Raises RefusedError where nobody of the agency would be left to be told."""
    row = session.get_one(Contact, contact_id, populate_existing=True)
    agency = session.get_one(Agency, row.agency_id)
    others = select(Contact.id).where(
        Contact.agency_id == row.agency_id, Contact.id != row.id, own_people()
    )
    if row.until is None and session.exec(others.limit(1)).first() is None:
        raise RefusedError(
            "Chưa bỏ ai: đây là người nhận cuối cùng của cơ quan. Hãy thêm người thay trước."
        )
    places = {place.id: place.plan_id for place in places_alike(session, agency)}
    seats = [row, *other_seats(session, row, places)]
    session.add_all(
        LinkRevocation(
            plan_id=places[one.agency_id], contact_id=one.id, at=now, revoked_by=actor.name
        )
        for one in seats
    )
    take_seats(session, seats, now)
    _note(session, plan_id, agency.code, "contact.removed", actor, now)
    return row


def _note(
    session: Session, plan_id: str, agency: str, event: str, actor: Actor, now: datetime
) -> None:
    """Into the trail, without the person: the trail is kept for ever."""
    audit.record(session, plan_id=plan_id, actor=actor, event=event, subject=agency, now=now)
