"""Whom a message can reach: an agency without any usable address is a fault to be seen."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from plan.models import Agency, BadAddress, Contact, Obligation

ADDRESS_FIELDS = {
    "email": "email",
    "zalo_oa": "zalo_user_id",
    "zalo_zns": "phone",
    "zalo_bot": "zalo_chat_id",
}
"""Channel → the contact's field that holds its address there."""


def bad_addresses(session: Session) -> set[tuple[str, str]]:
    """(channel, address) pairs that refused for good or bounced."""
    rows = session.exec(select(BadAddress.channel, BadAddress.address))
    return {(channel, address) for channel, address in rows}


def addresses(contact: Contact, bad: set[tuple[str, str]]) -> dict[str, str]:
    """Channel → address of the ones that are not known to be dead."""
    found = {channel: getattr(contact, name) for channel, name in ADDRESS_FIELDS.items()}
    return {c: address for c, address in found.items() if address and (c, address) not in bad}


def unreachable_agencies(session: Session, plan_id: str) -> list[str]:
    """Codes of the agencies that owe something and have nobody who can be reached, in plan order."""
    owes = select(Obligation.id).where(Obligation.agency_id == Agency.id)
    reached = select(Contact.id).where(Contact.agency_id == Agency.id, _has_good_address())
    found = session.exec(
        select(Agency.code)
        .where(Agency.plan_id == plan_id, owes.exists(), ~reached.exists())
        .order_by(col(Agency.sort))
    )
    return list(found)


def _has_good_address() -> ColumnElement[bool]:
    """As `addresses` decides, in the database: an address on some channel that is not known dead."""
    good = []
    for channel, name in ADDRESS_FIELDS.items():
        address = getattr(Contact, name)
        dead = select(BadAddress.address).where(
            BadAddress.channel == channel, BadAddress.address == address
        )
        good.append(and_(address != "", ~dead.exists()))
    return or_(*good)
