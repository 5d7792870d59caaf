"""Delegations in force: whose a deliverable is for the time being."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from plan.models import Agency, Contact, Delegation, Deliverable

Delegates = Mapping[tuple[int, str], frozenset[int]]
"""(agency's row id, deliverable's code or empty for all) → contacts it was passed to."""


def own_people() -> ColumnElement[bool]:
    """Of contacts: that they are the agency's own people, and not there only for what was passed to them."""
    return col(Contact.until).is_(None)


def in_place(on: date) -> ColumnElement[bool]:
    """Of contacts: that they sit in their place on the local day. Whoever is there only for what was passed
    to them has left when their day is over: they are told nothing, and no door opens to them."""
    return or_(own_people(), col(Contact.until) >= on)


def seated(session: Session, contact_id: int, on: date) -> tuple[Contact, Agency] | None:
    """The person of this seat and their agency, if they sit there on the local day."""
    return session.exec(
        select(Contact, Agency)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Contact.id == contact_id, in_place(on))
    ).first()


def in_force(
    session: Session, plan_ids: Collection[str], on: date
) -> Sequence[tuple[Delegation, str, str]]:
    """Those of these plans that hold on the local day, the oldest first, each with the deliverable's code
    (empty: all) and the colleague's name. One query; as many rows as there are delegations."""
    rows = session.exec(
        select(Delegation, Deliverable.code, Contact.name)
        .join(Contact, col(Contact.id) == Delegation.contact_id)
        .outerjoin(Deliverable, col(Deliverable.id) == Delegation.deliverable_id)
        .where(
            col(Delegation.plan_id).in_(plan_ids),
            col(Delegation.until) >= on,
            col(Delegation.ended_at).is_(None),
        )
        .order_by(col(Delegation.id))
    )
    return [(row, code or "", name) for row, code, name in rows]


def delegates(session: Session, plan_ids: Collection[str], on: date) -> Delegates:
    """To whom what was passed on, of these plans, on the local day."""
    found: dict[tuple[int, str], set[int]] = defaultdict(set)
    for row, code, _name in in_force(session, plan_ids, on):
        found[row.agency_id, code].add(row.contact_id)
    return {key: frozenset(contacts) for key, contacts in found.items()}


def of_agency(
    session: Session, plan_id: str, agency: str, on: date
) -> list[tuple[Delegation, str, str]]:
    """One agency's, as `in_force` gives them."""
    key = session.exec(
        select(Agency.id).where(Agency.plan_id == plan_id, Agency.code == agency)
    ).first()
    return [one for one in in_force(session, [plan_id], on) if one[0].agency_id == key]
