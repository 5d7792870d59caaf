"""Whom a message can reach: an agency without any usable address is a fault to be seen, and hears what
it missed as soon as it has one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, update
from sqlmodel import Session, and_, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from plan.models import (
    Agency,
    BadAddress,
    Contact,
    EventDelivery,
    Obligation,
    OutgoingEvent,
    Plan,
)
from plan.queries.delegations import own_people
from plan.states import STILL_OWED

NOTIFY = "notify"
"""The consumer of events that tells people."""
UNHEARD = "unheard"
"""Where an event waits that nobody could be told of, until an address is known."""
CHUNK = 500

CHANNEL_GROUPS = {"zalo": ("zalo_oa", "zalo_uid", "zalo_zns", "zalo_bot")}
"""Names a plan may use for several channels: the first of them that reaches the person. Cheapest first:
words to whoever wrote to the OA within seven days, a template by user id, one by phone."""

ADDRESS_FIELDS = {
    "email": "email",
    "zalo_oa": "zalo_user_id",
    "zalo_uid": "zalo_user_id",
    "zalo_zns": "phone",
    "zalo_bot": "zalo_chat_id",
}
"""Channel → the contact's field that holds its address there."""


def bad_addresses(session: Session) -> set[tuple[str, str]]:
    """(channel, address) pairs that refused for good or bounced."""
    rows = session.exec(select(BadAddress.channel, BadAddress.address))
    return {(channel, address) for channel, address in rows}


def silences(session: Session) -> dict[tuple[str, str], datetime | None]:
    """(channel, address) → when it is tried again (UTC); None: once somebody corrects it. Only what somebody
    in the address book still has."""
    rows = session.exec(
        select(BadAddress.channel, BadAddress.address, BadAddress.until).where(
            select(Contact.id).where(_has_silenced()).exists()
        )
    )
    return {(channel, address): until for channel, address, until in rows}


def agencies_to_correct(session: Session, plan_id: str) -> list[str]:
    """Codes of the agencies of whose people an address takes nothing until it is corrected, in plan order."""
    silenced = (
        select(Contact.id)
        .join(BadAddress, _has_silenced())
        .where(Contact.agency_id == Agency.id, col(BadAddress.until).is_(None))
    )
    rows = select(Agency.code).where(Agency.plan_id == plan_id, silenced.exists())
    return list(session.exec(rows.order_by(col(Agency.sort))))


def _has_silenced() -> ColumnElement[bool]:
    """A contact has this silenced address."""
    return or_(
        *(
            and_(BadAddress.channel == channel, getattr(Contact, name) == BadAddress.address)
            for channel, name in ADDRESS_FIELDS.items()
        )
    )


def addresses(contact: Contact, bad: set[tuple[str, str]]) -> dict[str, str]:
    """Channel → address of the ones that are not known to be dead."""
    found = {channel: getattr(contact, name) for channel, name in ADDRESS_FIELDS.items()}
    return {c: address for c, address in found.items() if address and (c, address) not in bad}


def expanded(names: Iterable[str]) -> list[str]:
    """«zalo» stands for the three ways Zalo offers; each channel once, in order."""
    found = [channel for name in names for channel in CHANNEL_GROUPS.get(name, (name,))]
    return list(dict.fromkeys(found))


def unreachable_agencies(session: Session, plan_id: str) -> list[str]:
    """Codes of the agencies that still owe something and have nobody whom the plan's channels can
    reach, in plan order. A phone alone is no way to somebody whom the plan writes mails to."""
    policy = _policy(session, plan_id)
    overriding = [name for one in policy["overrides"] for name in one["channels"] or []]
    channels = expanded([*policy["channels"], *policy["also"], *overriding])
    return list(session.exec(_lacking(plan_id, channels).order_by(col(Agency.sort))))


def may_be_unreachable(session: Session, plan_id: str, available: Collection[str]) -> bool:
    """Whether an agency that still owes has no contact with a good address, of its own, on one of the plan's
    channels that are `available`; a person's addresses elsewhere may still reach it. One look."""
    policy = _policy(session, plan_id)
    channels = set(expanded([*policy["channels"], *policy["also"]])) & set(available)
    return session.exec(_lacking(plan_id, channels).limit(1)).first() is not None


def _lacking(plan_id: str, channels: Collection[str]) -> SelectOfScalar[str]:
    """The agencies that still owe and that none of these channels reaches."""
    owes = select(Obligation.id).where(
        Obligation.agency_id == Agency.id, col(Obligation.state).in_(STILL_OWED)
    )
    good = _has_good_address(channels)
    reached = select(Contact.id).where(Contact.agency_id == Agency.id, own_people(), good)
    return select(Agency.code).where(Agency.plan_id == plan_id, owes.exists(), ~reached.exists())


def _policy(session: Session, plan_id: str) -> dict[str, Any]:
    """The plan's reminders, as its text says."""
    text = session.exec(select(Plan.definition).where(Plan.id == plan_id)).one()
    found: dict[str, Any] = json.loads(text)["reminders"]
    return found


def _has_good_address(channels: Collection[str]) -> ColumnElement[bool]:
    """As `addresses` decides, in the database: an address on one of the channels, not known dead."""
    good: list[ColumnElement[bool]] = []
    for channel in ADDRESS_FIELDS.keys() & channels:
        address = getattr(Contact, ADDRESS_FIELDS[channel])
        dead = select(BadAddress.address).where(
            BadAddress.channel == channel, BadAddress.address == address
        )
        good.append(and_(address != "", ~dead.exists()))
    return or_(false(), *good)


def look_again(session: Session, agency_ids: Iterable[int], now: datetime) -> None:
    """These agencies have other addresses since `now` (UTC): the next round looks at what they owe, and at
    what happened meanwhile; rungs and events that nobody heard are then told."""
    wanted = sorted(set(agency_ids))
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        session.connection().execute(
            update(Obligation)
            .where(
                col(Obligation.agency_id).in_(part),
                col(Obligation.state).in_(STILL_OWED),
                col(Obligation.last_working_day).is_not(None),
                or_(col(Obligation.next_check_at).is_(None), col(Obligation.next_check_at) > now),
            )
            .values(next_check_at=now)
        )
        tell_again(session, select(Agency.plan_id).where(col(Agency.id).in_(part)))


def tell_again(session: Session, plan_ids: Any) -> None:
    """The events of these plans that nobody could be told of are tried once more, all of them: who hears
    is decided anew, and what still reaches nobody waits again. Costs what waits."""
    events = select(OutgoingEvent.id).where(col(OutgoingEvent.plan_id).in_(plan_ids))
    session.connection().execute(
        update(EventDelivery)
        .where(col(EventDelivery.consumer) == UNHEARD, col(EventDelivery.event_id).in_(events))
        .values(consumer=NOTIFY, done_at=None)
    )


def wait_for_address(session: Session, event_ids: Collection[int]) -> None:
    """These events reached nobody: they wait until somebody's address changes."""
    session.connection().execute(
        update(EventDelivery)
        .where(col(EventDelivery.consumer) == NOTIFY, col(EventDelivery.event_id).in_(event_ids))
        .values(consumer=UNHEARD, done_at=None)
    )


def mark_told(session: Session, event_ids: Collection[int], now: datetime) -> None:
    """These events are told by a message that goes out again: nothing else needs to tell them."""
    session.connection().execute(
        update(EventDelivery)
        .where(
            col(EventDelivery.consumer).in_((NOTIFY, UNHEARD)),
            col(EventDelivery.event_id).in_(event_ids),
        )
        .values(consumer=NOTIFY, done_at=now)
    )
