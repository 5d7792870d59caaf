"""Agencies with what they owe and whom a message reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from dashboard.queries.board import Tally
from dashboard.queries.counts import Bucket, by_agency
from dashboard.queries.listing import counts_at_hand
from dashboard.queries.naming import Naming
from dashboard.queries.plan_view import PlanView
from dashboard.table import Cell
from plan.models import Agency, Contact, Message, MessageObligation, MessagePlan, Obligation
from plan.queries.delegations import in_place, own_people
from plan.queries.lookup import about_plan
from plan.queries.reach import ADDRESS_FIELDS, addresses, bad_addresses, silences
from plan.text import moment_words

NOTHING = Tally({})


@dataclass(frozen=True)
class AgencyRow:
    """One agency in the list. `tally` counts dated obligations."""

    code: str
    name: str
    group: str
    tally: Tally
    reachable: int
    """Contacts with at least one good address."""
    plan: str = ""
    """A plan it takes part in."""

    def as_cells(self) -> Sequence[Cell]:
        t = self.tally
        return (
            self.name,
            t.owing,
            t.accepted,
            t.waiting,
            t.missing,
            t.late,
            self.reachable,
        )


def agency_rows(
    session: Session,
    codes: Sequence[str],
    tallies: Mapping[str, Tally],
    names: Naming,
) -> list[AgencyRow]:
    """One row for each of `codes`; an agency that owes nothing too."""
    ids = {code: key for key, code in names.agency_ids.items()}
    reach = _reachable(session, [ids[code] for code in codes if code in ids])
    return [
        AgencyRow(
            code,
            names.agency_long(code),
            names.groups[code],
            tallies.get(code, NOTHING),
            reach.get(ids.get(code, 0), 0),
        )
        for code in codes
    ]


def rows_over_plans(
    plan_views: Sequence[PlanView],
) -> tuple[list[AgencyRow], list[tuple[str, str]]]:
    """One row an agency (by its code), counted over these plans together, and the names of their groups.
    What recurs counts a period at a time (`counts_at_hand`)."""
    found: dict[str, AgencyRow] = {}
    named: dict[str, str] = {}
    for plan_view in plan_views:
        session, plan, names = plan_view.session, plan_view.plan, plan_view.names
        named = dict(group_names(names)) | named
        counted = tallies(plan_view, None, counts_at_hand(plan_view))
        for row in agency_rows(session, list(names.groups), counted, names):
            before = found.get(row.code)
            found[row.code] = _together(before, row) if before else replace(row, plan=plan.id)
    return list(found.values()), list(named.items())


def _together(first: AgencyRow, other: AgencyRow) -> AgencyRow:
    """The same people are told in every plan: they are not counted twice."""
    signs = Counter(first.tally.signs) + Counter(other.tally.signs)
    reachable = max(first.reachable, other.reachable)
    return replace(first, tally=Tally(signs), reachable=reachable)


def tallies(
    plan_view: PlanView,
    codes: Collection[str] | None = None,
    such: Callable[[Bucket], bool] = lambda _: True,
) -> dict[str, Tally]:
    """Agency (of these; None: all) → how many of its dated obligations that are `such` bear each sign."""
    names = plan_view.names.agency_ids
    members = {
        bucket: agencies
        for bucket, agencies in plan_view.members.items()
        if bucket.due_at is not None and such(bucket)
    }
    wanted = None if codes is None else set(codes)
    only = None if wanted is None else {key for key, code in names.items() if code in wanted}
    soon = plan_view.plan.soon_working_days
    found = by_agency(members, plan_view.at, plan_view.calendar, soon, only)
    return {names[key]: tally for key, tally in found.items() if key in names}


def _reachable(session: Session, agency_ids: Sequence[int]) -> dict[int, int]:
    """Agency row id → how many of its own people have a good address."""
    bad = bad_addresses(session)
    found: dict[int, int] = {}
    contacts = session.exec(
        select(Contact).where(col(Contact.agency_id).in_(agency_ids), own_people())
    )
    for contact in contacts:
        found[contact.agency_id] = found.get(contact.agency_id, 0) + bool(addresses(contact, bad))
    return found


def group_names(names: Naming) -> list[tuple[str, str]]:
    """(group, «Thành phố, thị xã, huyện») of each group."""
    kinds: dict[str, dict[str, None]] = {}
    for code, group in names.groups.items():
        kinds.setdefault(group, {}).setdefault(names.kinds.get(code, ""))
    return [
        (group, _capital(", ".join(kind for kind in found if kind)))
        for group, found in kinds.items()
    ]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


SAME_ACCOUNT = "zalo_uid"
"""The same user id as the OA's: listed once, but where nothing is sent to it by this way."""


@dataclass(frozen=True)
class ContactLine:
    """A contact with each address and whether anything is sent there. `contact.until`: the last day of one
    who hears only what was passed to them."""

    contact: Contact
    addresses: tuple[tuple[str, str, str], ...]
    """(channel, address, why nothing is sent there; empty: it is)"""


def contacts_of(session: Session, plan_id: str, agency: str, on: date) -> list[ContactLine]:
    """Who hears for the agency on the local day: its own people, then those to whom work was passed."""
    silent = silences(session)
    rows = session.exec(
        select(Contact)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id, Agency.code == agency, in_place(on))
        .order_by(col(Contact.until).is_not(None), col(Contact.is_head), col(Contact.id))
    )
    return [ContactLine(row, tuple(_address_lines(row, silent))) for row in rows]


def _address_lines(
    contact: Contact, silent: Mapping[tuple[str, str], datetime | None]
) -> Iterator[tuple[str, str, str]]:
    for channel, field in ADDRESS_FIELDS.items():
        address = getattr(contact, field)
        why = _silence_words(silent, channel, address)
        if address and (why or channel != SAME_ACCOUNT):
            yield channel, address, why


def _silence_words(
    silent: Mapping[tuple[str, str], datetime | None], channel: str, address: str
) -> str:
    if (channel, address) not in silent:
        return ""
    until = silent[channel, address]
    return f"tạm ngừng, thử lại từ {moment_words(until)}" if until else "không gửi được"


def messages_to(session: Session, plan_id: str, agency: str, as_of: datetime) -> list[Message]:
    """The newest messages to this agency's contacts, or about what it owes to people of another plan."""
    people = (
        select(Contact.id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id, Agency.code == agency)
    )
    about = (
        select(MessageObligation.message_id)
        .join(MessagePlan, col(MessagePlan.message_id) == MessageObligation.message_id)
        .join(Obligation, col(Obligation.id) == MessageObligation.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(MessagePlan.plan_id == plan_id, Agency.plan_id == plan_id, Agency.code == agency)
    )
    rows = session.exec(
        select(Message)
        .where(
            about_plan(plan_id),
            or_(col(Message.contact_id).in_(people), col(Message.id).in_(about)),
            Message.created_at <= as_of,
        )
        .order_by(col(Message.id).desc())
        .limit(20)
    )
    return list(rows)
