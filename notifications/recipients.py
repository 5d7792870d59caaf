"""Who hears, and by which channel. Pure: given the contacts, it reads nothing.

A person may serve two agencies: contacts with the same e-mail address or Zalo account are one
person, and so are those of the same name and phone (a phone alone may be an office's). One person
gets one message, over all the plans that run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from notifications.policy import Ladder
from plan.definition.model import Audience
from plan.directory.absences import substituted, substitutes
from plan.models import Agency, Contact
from plan.queries.delegations import Delegates, delegates, in_place
from plan.queries.lookup import running_plans
from plan.queries.reach import addresses, bad_addresses, expanded
from plan.text import normalise

CONFIDENTIAL_CHANNELS = frozenset({"email"})
CHUNK = 500

# Audience → whose people, and which of them first; the others only when the first are out of reach.
_WHO: dict[Audience, tuple[str, bool]] = {
    Audience.contact: ("agency", False),
    Audience.head: ("agency", True),
    Audience.coordinator: ("coordinator", False),
    Audience.coordinator_leadership: ("coordinator", True),
    Audience.issuer: ("issuer", False),
}


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's place in one agency."""

    agency_id: int
    contact_id: int | None
    name: str
    role: str
    is_head: bool
    passing: bool = False
    """Sits there only for what was passed to them (`plan.models.Delegation`)."""


@dataclass(frozen=True)
class Person:
    """`key` names the person among claims: `contact:12`, the first of their contacts."""

    key: str
    seats: tuple[Seat, ...]
    addresses: Mapping[str, str]
    """Channel → address, the dead ones left out."""

    @property
    def name(self) -> str:
        return self.seats[0].name

    def seat_in(self, agency_id: int) -> Seat:
        """Their seat in that agency, else their first."""
        return next((seat for seat in self.seats if seat.agency_id == agency_id), self.seats[0])

    def heads(self, agency_id: int) -> bool:
        return any(seat.is_head and seat.agency_id == agency_id for seat in self.seats)

    def stays(self, agency_id: int) -> bool:
        """Whether one of their seats there is their own."""
        return any(seat.agency_id == agency_id and not seat.passing for seat in self.seats)

    def is_one_of(self, contacts: Collection[int], agency_id: int) -> bool:
        return any(
            seat.contact_id in contacts for seat in self.seats if seat.agency_id == agency_id
        )


class Directory:
    """The people of one plan; each hears by all addresses the running plans know of them."""

    def __init__(
        self,
        people: Sequence[Person],
        coordinator_id: int,
        issuer_id: int,
        available: Collection[str],
        delegates: Delegates | None = None,
    ) -> None:
        self.people = people
        self._delegates = delegates or {}
        self.available = frozenset(available)
        self.coordinator_id, self.issuer_id = coordinator_id, issuer_id
        self._whose = {"coordinator": coordinator_id, "issuer": issuer_id}
        self._by_agency: dict[int, list[Person]] = defaultdict(list)
        for person in people:
            for agency_id in dict.fromkeys(seat.agency_id for seat in person.seats):
                self._by_agency[agency_id].append(person)
        self._by_key = {person.key: person for person in people}
        self._by_address = {
            address: person for person in reversed(people) for address in person.addresses.items()
        }

    def recipients_of(
        self,
        agency_id: int,
        audience: Audience,
        ladder: Ladder,
        *,
        deliverable: str = "",
        confidential: bool = False,
    ) -> list[tuple[Person, list[str]]]:
        """Who hears for that audience, each with the channels that carry it, the main one first.

        What was passed to a colleague is the colleague's. Where none of those meant can be reached, the
        agency's others hear in their place.
        """
        whose, heads_first = _WHO[audience]
        agency = self._whose.get(whose, agency_id)
        routed = [
            (person, channels)
            for person in self._by_agency[agency]
            if (channels := self.route(person, ladder, confidential=confidential))
        ]
        if audience is Audience.contact and (passed := self._passed(agency, deliverable)):
            theirs = [pair for pair in routed if pair[0].is_one_of(passed, agency)]
            if theirs:
                return theirs
        routed = [pair for pair in routed if pair[0].stays(agency)]
        meant = [pair for pair in routed if pair[0].heads(agency) is heads_first]
        return meant or routed

    def _passed(self, agency_id: int, deliverable: str) -> frozenset[int]:
        """Whom this deliverable was passed to, else whom everything was."""
        one = self._delegates.get((agency_id, deliverable)) if deliverable else None
        return one or self._delegates.get((agency_id, ""), frozenset())

    def route(self, person: Person, ladder: Ladder, *, confidential: bool = False) -> list[str]:
        """The channel that carries a person's messages, then those that carry a copy; or nothing."""
        usable = self.usable(person, ladder, confidential=confidential)
        if not usable:
            return []
        copies = [next((c for c in expanded([name]) if c in usable), "") for name in ladder.also]
        return list(dict.fromkeys([usable[0], *filter(None, copies)]))

    def usable(self, person: Person, ladder: Ladder, *, confidential: bool = False) -> list[str]:
        """Every channel that can reach the person, in the order they are tried."""
        return [
            channel
            for channel in expanded((*ladder.channels, *ladder.also))
            if channel in person.addresses
            and channel in self.available
            and (not confidential or channel in CONFIDENTIAL_CHANNELS)
        ]

    def by_address(self, channel: str, address: str) -> Person | None:
        """Whose address this is now; None when nobody's any more."""
        return self._by_address.get((channel, address))

    def by_key(self, key: str) -> Person | None:
        """Who is named so among claims; None when nobody is any more."""
        return self._by_key.get(key)

    def of(self, agency_id: int) -> Sequence[Person]:
        return self._by_agency[agency_id]


@dataclass(frozen=True)
class Offices:
    """A plan's coordinating and issuing agency, by row id."""

    coordinator_id: int
    issuer_id: int
    inner: bool = False
    """Of a duty handed down: an agency coordinates, whom the installation's own addresses are not."""

    @property
    def both(self) -> tuple[int, int]:
        return self.coordinator_id, self.issuer_id


def load_directories(
    session: Session,
    plans: Mapping[str, Offices],
    available: Collection[str],
    apprise_urls: int = 0,
    agencies: Collection[int] | None = None,
    *,
    on: date,
) -> dict[str, Directory]:
    """Each plan's people, on the local day `on`. `agencies`: only who sits in these, and whoever is the same
    person elsewhere. `apprise_urls`: how many Apprise addresses the installation has; each hears as if it
    were one of the coordinator's contacts, where the plan is the office's own and names the channel. Costs
    the contacts read."""
    contacts, plan_of = _contacts(session, plans, agencies, on)
    contacts = substituted(contacts, substitutes(session, on))
    passed = delegates(session, plans, on)
    seats: dict[str, dict[str, list[Seat]]] = {plan_id: {} for plan_id in plans}
    people = group_contacts(contacts, bad_addresses(session))
    for person in people:
        for seat in person.seats:
            if (plan_id := plan_of[seat.agency_id]) in seats:
                seats[plan_id].setdefault(person.key, []).append(seat)
    known = {person.key: person for person in people}
    found = {}
    for plan_id, offices in plans.items():
        own = [replace(known[key], seats=tuple(held)) for key, held in seats[plan_id].items()]
        heard_by = 0 if offices.inner else apprise_urls
        own += [_apprise(number, offices.coordinator_id) for number in range(1, heard_by + 1)]
        found[plan_id] = Directory(
            own, offices.coordinator_id, offices.issuer_id, available, passed
        )
    return found


def _contacts(
    session: Session, plans: Collection[str], agencies: Collection[int] | None, on: date
) -> tuple[list[Contact], dict[int, str]]:
    """The contacts asked for, with those of running plans that bear the same marks, in order of row id;
    and which plan each of their agencies is of."""
    wanted = col(Agency.plan_id).in_(plans) & in_place(on)
    if agencies is not None:
        wanted = wanted & col(Contact.agency_id).in_(agencies)
    found: dict[int, Contact] = {}
    plan_of: dict[int, str] = {}
    fresh = _read(session, wanted, found, plan_of)
    if agencies is None and set(session.exec(running_plans())) <= set(plans):
        fresh = []  # all there are
    marked: set[tuple[str, str]] = set()
    known = col(Agency.plan_id).in_(running_plans()) | col(Agency.plan_id).in_(plans)
    known &= in_place(on)
    while fresh:
        alike = list(_same_marks(fresh, marked))
        fresh = [one for same in alike for one in _read(session, known & same, found, plan_of)]
    return [found[key] for key in sorted(found)], plan_of


def _read(
    session: Session,
    wanted: ColumnElement[bool],
    found: dict[int, Contact],
    plan_of: dict[int, str],
) -> list[Contact]:
    """Those not read before, which are kept with the others."""
    fresh = []
    statement = select(Contact, Agency.plan_id).join(Agency, col(Agency.id) == Contact.agency_id)
    for contact, plan_id in session.exec(statement.where(wanted)):
        plan_of[contact.agency_id] = plan_id
        if contact.id not in found:
            found[contact.id or 0] = contact
            fresh.append(contact)
    return fresh


def _same_marks(
    contacts: Sequence[Contact], marked: set[tuple[str, str]]
) -> Iterator[ColumnElement[bool]]:
    """Who may be the same person as one of these: a condition for some hundred contacts and the values in
    their indexed fields not looked for before (`marked`), as they are written; `group_contacts`
    decides."""
    for start in range(0, len(contacts), CHUNK):
        conditions = []
        for name in ("email", "zalo_user_id", "zalo_chat_id", "phone"):
            written = {getattr(one, name) for one in contacts[start : start + CHUNK]} - {""}
            values = written | {value.casefold() for value in written}
            new = sorted(value for value in values if (name, value) not in marked)
            marked.update((name, value) for value in new)
            conditions += [col(getattr(Contact, name)).in_(new)] if new else []
        if conditions:
            yield or_(*conditions)


def _apprise(number: int, coordinator_id: int) -> Person:
    """The address is only a number: the URL, which holds a token, stays in the settings."""
    seat = Seat(coordinator_id, None, f"Kênh Apprise {number}", "", is_head=False)
    return Person(f"apprise:{number}", (seat,), {"apprise": f"apprise:{number}"})


def group_contacts(contacts: Sequence[Contact], bad: set[tuple[str, str]]) -> list[Person]:
    """Contacts into persons, in the order of their first contact."""
    leaders = _leaders(contacts)
    groups: dict[int, list[Contact]] = defaultdict(list)
    for index, contact in enumerate(contacts):
        groups[_root(leaders, index)].append(contact)
    return [_person(group, bad) for group in groups.values()]


def _person(contacts: Sequence[Contact], bad: set[tuple[str, str]]) -> Person:
    found: dict[str, str] = {"console": contacts[0].name}
    for contact in contacts:
        found = addresses(contact, bad) | found
    return Person(f"contact:{contacts[0].id}", tuple(_seat(c) for c in contacts), found)


def _seat(contact: Contact) -> Seat:
    passing = contact.until is not None
    return Seat(contact.agency_id, contact.id, contact.name, contact.role, contact.is_head, passing)


def _marks(contact: Contact) -> list[tuple[Any, ...]]:
    """What tells that two contacts are the same person."""
    marks: list[tuple[Any, ...]] = []
    if contact.email:
        marks.append(("email", contact.email.strip().casefold()))
    if contact.zalo_user_id:
        marks.append(("zalo_user", contact.zalo_user_id))
    if contact.zalo_chat_id:
        marks.append(("zalo_chat", contact.zalo_chat_id))
    if contact.phone:
        digits = "".join(c for c in contact.phone if c.isdigit())
        marks.append(("phone", digits[-9:], normalise(contact.name)))
    return marks


def _leaders(contacts: Sequence[Contact]) -> list[int]:
    """Union-find: for each contact the index of an earlier one that is the same person."""
    leaders = list(range(len(contacts)))
    owner: dict[tuple[Any, ...], int] = {}
    for index, contact in enumerate(contacts):
        for mark in _marks(contact):
            first, here = _root(leaders, owner.setdefault(mark, index)), _root(leaders, index)
            leaders[max(first, here)] = min(first, here)
    return leaders


def _root(leaders: list[int], index: int) -> int:
    while leaders[index] != index:
        leaders[index] = leaders[leaders[index]]
        index = leaders[index]
    return index
