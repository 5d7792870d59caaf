"""Whom a message can reach: an agency without any usable address is a fault to be seen."""

from __future__ import annotations

from sqlmodel import Session, col, select

from plan.models import Agency, BadAddress, Contact, Deliverable, Obligation

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
    bad = bad_addresses(session)
    debtors = session.exec(
        select(Agency.id, Agency.code)
        .where(Agency.plan_id == plan_id)
        .where(col(Agency.id).in_(select(Obligation.agency_id).join(Deliverable)))
        .order_by(col(Agency.sort))
    ).all()
    contacts = session.exec(select(Contact)).all()
    reachable = {row.agency_id for row in contacts if addresses(row, bad)}
    return [code for key, code in debtors if key not in reachable]
