"""Agencies with what they owe and whom a message reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from dashboard.exports import Cell
from dashboard.reads.board import Tally, tally
from dashboard.reads.naming import Naming
from plan.models import Agency, Contact, Message
from plan.progress import ObligationView
from plan.reach import ADDRESS_FIELDS, addresses, bad_addresses


@dataclass(frozen=True)
class AgencyRow:
    """One agency in the list. `tally` counts dated obligations."""

    code: str
    name: str
    group: str
    tally: Tally
    reachable: int
    """Contacts with at least one good address."""

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
    session: Session, plan_id: str, views: Sequence[ObligationView], names: Naming
) -> list[AgencyRow]:
    """In the plan's order; an agency that owes nothing too."""
    owed: dict[str, list[ObligationView]] = {}
    for view in views:
        if view.due_at is not None:
            owed.setdefault(view.agency, []).append(view)
    agencies = session.exec(
        select(Agency).where(Agency.plan_id == plan_id).order_by(col(Agency.sort))
    ).all()
    reach = _reachable(session)
    return [
        AgencyRow(
            row.code,
            names.agency_long(row.code),
            row.group,
            tally(owed.get(row.code, [])),
            reach.get(row.id or 0, 0),
        )
        for row in agencies
    ]


def _reachable(session: Session) -> dict[int, int]:
    bad = bad_addresses(session)
    found: dict[int, int] = {}
    for contact in session.exec(select(Contact)):
        found[contact.agency_id] = found.get(contact.agency_id, 0) + bool(addresses(contact, bad))
    return found


def group_names(names: Naming, views: Sequence[ObligationView]) -> list[tuple[str, str]]:
    """(group, «Thành phố, thị xã, huyện») of each group that owes something."""
    kinds: dict[str, dict[str, None]] = {}
    for view in views:
        kinds.setdefault(view.group, {}).setdefault(names.kinds.get(view.agency, ""))
    return [
        (group, _capital(", ".join(kind for kind in found if kind)))
        for group, found in kinds.items()
    ]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class ContactLine:
    """A contact with each address and whether it is known to be dead."""

    contact: Contact
    addresses: tuple[tuple[str, str, bool], ...]
    """(channel, address, dead)"""


def contacts_of(session: Session, plan_id: str, agency: str) -> list[ContactLine]:
    bad = bad_addresses(session)
    rows = session.exec(
        select(Contact)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id, Agency.code == agency)
        .order_by(col(Contact.is_head), col(Contact.id))
    )
    return [
        ContactLine(
            row,
            tuple(
                (channel, getattr(row, field), (channel, getattr(row, field)) in bad)
                for channel, field in ADDRESS_FIELDS.items()
                if getattr(row, field)
            ),
        )
        for row in rows
    ]


def messages_to(session: Session, plan_id: str, agency: str, as_of: datetime) -> list[Message]:
    """The newest messages to this agency's contacts."""
    people = (
        select(Contact.id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan_id, Agency.code == agency)
    )
    rows = session.exec(
        select(Message)
        .where(
            Message.plan_id == plan_id,
            col(Message.contact_id).in_(people),
            Message.created_at <= as_of,
        )
        .order_by(col(Message.id).desc())
        .limit(20)
    )
    return list(rows)
