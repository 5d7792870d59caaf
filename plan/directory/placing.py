"""Finding out which agency, and which person, of the directory a plan means.

An agency of a plan is the directory's one of the same official code, or of the same code whose names agree;
any other is a new one: two that look alike are asked about (`plan.directory.questions`), never guessed. A
contact is the directory's person of the same name in that agency where nothing said of the two disagrees.
Nobody hears otherwise because of it. Run again, only what has no place yet is looked at.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from plan.models import (
    Agency,
    AgencyName,
    Contact,
    DirectoryAgency,
    DirectoryContact,
    DirectoryName,
    Plan,
)
from plan.text import nfc

ADDRESSES = ("email", "phone", "zalo_user_id", "zalo_chat_id")
SAID = ("name", "role", "is_head", *ADDRESSES)
"""What the directory says of a person, and each of their seats repeats."""


def folded(name: str) -> str:
    """A name for comparing: accents tell people apart, case and blanks do not."""
    return " ".join(nfc(name).split()).casefold()


def place(session: Session) -> None:
    """Every agency and every contact that has no place in the directory yet. Costs those."""
    place_agencies(session)
    place_contacts(session)


# --- agencies ------------------------------------------------------------------------------------


@dataclass
class Known:
    """What an agency is known by."""

    organ_ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Folded."""

    def agrees(self, other: Known) -> bool:
        """Whether one knows every name the other has: a plan may know fewer of them."""
        return self.names <= other.names or other.names <= self.names


def place_agencies(session: Session) -> None:
    """Those of all plans, the earliest plan's first: the code in the directory is the first one's."""
    statement = (
        select(Agency, Plan.definition)
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .where(col(Agency.directory_code).is_(None))
        .order_by(col(Plan.issued_on), col(Plan.id), col(Agency.sort), col(Agency.id))
    )
    found = session.exec(statement).all()
    if not found:
        return
    names = _names(session, [row.id or 0 for row, _ in found])
    said = {text: _said(text) for text in {text for _, text in found}}
    there = _directory(session)
    for row, text in found:
        part = said[text].get(row.code, {})
        known = Known(
            set(part.get("organ_ids", [])),
            {folded(one.name) for one in names[row.id or 0]},
        )
        row.directory_code = code = _same(row.code, known, there) or _new(
            session, row.code, part, names[row.id or 0], there
        )
        session.add(row)
        _learn(session, code, known, names[row.id or 0], there)
    session.flush()


def _said(definition: str) -> dict[str, dict[str, Any]]:
    """What a plan's text says of its agencies, by code."""
    return {part["id"]: part for part in json.loads(definition)["agencies"]}


def _names(session: Session, agency_ids: Collection[int]) -> dict[int, list[AgencyName]]:
    wanted, found = set(agency_ids), defaultdict(list)
    for row in session.exec(
        select(AgencyName)
        .join(Agency, col(Agency.id) == AgencyName.agency_id)
        .where(col(Agency.directory_code).is_(None))
        .order_by(col(AgencyName.valid_from))
    ):
        if row.agency_id in wanted:
            found[row.agency_id].append(row)
    return found


def _directory(session: Session) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for row in session.exec(select(DirectoryAgency)):
        found[row.code] = Known({row.organ_id} - {""})
    for name in session.exec(select(DirectoryName)):
        found[name.code].names.add(folded(name.name))
    return found


def _same(code: str, known: Known, there: Mapping[str, Known]) -> str:
    """The code of the directory's agency that this one is; empty: none."""
    for organ_id in known.organ_ids:
        for other, of_it in there.items():
            if organ_id in of_it.organ_ids:
                return other
    number = 1
    while (tried := numbered(code, number)) in there:
        if there[tried].agrees(known):
            return tried
        number += 1
    return ""


def numbered(code: str, number: int) -> str:
    """`an-lao`, `an-lao-2`: agencies that plans know by one code."""
    return code if number == 1 else f"{code}-{number}"


def _new(
    session: Session,
    code: str,
    part: Mapping[str, Any],
    names: Sequence[AgencyName],
    there: dict[str, Known],
) -> str:
    number = 1
    while numbered(code, number) in there:
        number += 1
    made = DirectoryAgency(
        code=numbered(code, number),
        organ_id=next(iter(part.get("organ_ids", [])), ""),
        kind=names[-1].kind if names else "",
        aliases=list(part.get("aliases", [])),
    )
    session.add(made)
    session.flush()
    there[made.code] = Known()
    return made.code


def _learn(
    session: Session,
    code: str,
    known: Known,
    names: Iterable[AgencyName],
    there: Mapping[str, Known],
) -> None:
    """Names that the directory does not have yet, from the day the plan says."""
    for name in names:
        if folded(name.name) not in there[code].names:
            there[code].names.add(folded(name.name))
            key = (code, name.valid_from or date.min)
            if session.get(DirectoryName, key) is None:
                session.add(
                    DirectoryName(code=code, valid_from=key[1], name=name.name, short=name.short)
                )
    there[code].organ_ids.update(known.organ_ids)


# --- people --------------------------------------------------------------------------------------


def place_contacts(session: Session) -> None:
    """Those of all plans, in the order they came: who came first is whose words count where one is silent."""
    statement = (
        select(Contact, Agency.directory_code)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(
            col(Contact.directory_id).is_(None),
            col(Contact.until).is_(None),
            col(Agency.directory_code).is_not(None),
        )
        .order_by(col(Contact.id))
    )
    found = session.exec(statement).all()
    if not found:
        return
    known, seated = _people(session, {code or "" for _, code in found})
    for row, code in found:
        namesakes = known[code or "", folded(row.name)]
        person = next(
            (one for one in namesakes if (row.agency_id, one.id) not in seated and agree(one, row)),
            None,
        )
        if person is None:
            person = DirectoryContact(
                code=code or "", **{name: getattr(row, name) for name in SAID}
            )
            session.add(person)
            session.flush()
            namesakes.append(person)
        row.directory_id = person.id
        seated.add((row.agency_id, person.id or 0))
        session.add(row)
    session.flush()


def _people(
    session: Session, codes: Collection[str]
) -> tuple[dict[tuple[str, str], list[DirectoryContact]], set[tuple[int, int]]]:
    """Those of these agencies by agency and folded name; and who sits where."""
    known: dict[tuple[str, str], list[DirectoryContact]] = defaultdict(list)
    for person in session.exec(select(DirectoryContact).order_by(col(DirectoryContact.id))):
        if person.code in codes:
            known[person.code, folded(person.name)].append(person)
    seats = session.exec(
        select(Contact.agency_id, Contact.directory_id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(col(Contact.directory_id).is_not(None), col(Agency.directory_code).in_(codes))
    )
    return known, {(agency, person) for agency, person in seats if person is not None}


def agree(one: DirectoryContact | Contact, other: DirectoryContact | Contact) -> bool:
    """Whether two of one name in one agency are one person: they have the same addresses and rank. Any others
    are asked about; a mail must not go elsewhere because two were taken for one. Pure."""
    return all(getattr(one, name) == getattr(other, name) for name in SAID[2:])
