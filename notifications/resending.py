"""A person's word to try messages again: at once, and to the address that is right by now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session, col

from notifications.silence import lift
from plan.errors import RefusedError
from plan.models import Agency, ChannelState, Contact, Message, MessageObligation, Obligation
from plan.queries import reach
from plan.queries.lookup import about_plan

FAILED = ("failed", "refused")
_LOST = ("refused", "cancelled")
EVENT_KEY = "event:"
"""How the key of a notice that tells of an outgoing event begins; its row id follows."""


def retry(
    session: Session, plan_id: str, now: datetime, message_ids: Sequence[int] = ()
) -> list[int]:
    """Puts messages back in the queue for `now` (UTC), and lifts the pause of their channels.

    Without ids: every one that waits for another try. With ids, refused ones too; each goes to the
    address its recipient has now, which then counts as good again, since a person says so. Raises
    RefusedError, and changes nothing, for one that has left, that was said again since, or whose
    recipient has no address any more. Gives the ids queued.
    """
    rows = _chosen(session, plan_id, message_ids)
    for row in rows if message_ids else ():
        _readdress(session, row)
    for row in rows:
        row.state, row.next_attempt_at, row.attempts = "queued", now, 0
        session.add(row)
    session.flush()
    channels = {row.channel for row in rows}
    session.connection().execute(
        update(ChannelState).where(col(ChannelState.channel).in_(channels)).values(next_try_at=now)
    )
    if message_ids:
        lift(session, {(row.channel, row.address) for row in rows}, now)
        reach.mark_told(session, [key for row in rows for key in event_ids(row.content)], now)
    return [row.id for row in rows if row.id is not None]


def _chosen(session: Session, plan_id: str, message_ids: Sequence[int]) -> list[Message]:
    states = FAILED if message_ids else ("failed", "queued")
    statement = select(Message).where(about_plan(plan_id), col(Message.state).in_(states))
    if message_ids:
        statement = statement.where(col(Message.id).in_(message_ids))
    rows = list(session.execute(statement.order_by(col(Message.id))).scalars())
    if missing := set(message_ids) - {row.id for row in rows}:
        listed = ", ".join(map(str, sorted(missing)))
        raise RefusedError(f"Không gửi lại được tin {listed}: không có, đã gửi hoặc đã hủy.")
    return rows


def _readdress(session: Session, row: Message) -> None:
    """To where its recipient is found now; the rest of the message is written anew before it leaves."""
    if again := _said_again(session, row):
        raise RefusedError(f"Không gửi lại tin {row.id}: nội dung đã được gửi lại ở tin {again}.")
    name = reach.ADDRESS_FIELDS.get(row.channel)
    if name is None or _in_use(session, row, name):
        return
    found = _contacts_of(session, row, name)
    if len({getattr(contact, name) for contact in found}) != 1:
        raise RefusedError(
            f"Không gửi lại được tin {row.id}: danh bạ không còn địa chỉ nào của "
            f"{row.recipient_name} trên kênh {row.channel}. Hãy ghi địa chỉ vào danh bạ rồi gửi lại."
        )
    row.address = getattr(found[0], name)
    row.contact_id, row.recipient = found[0].id, f"contact:{found[0].id}"


def _in_use(session: Session, row: Message, name: str) -> bool:
    statement = _contacts(row).where(getattr(Contact, name) == row.address).limit(1)
    return session.execute(statement).first() is not None


def _contacts(row: Message) -> Any:
    plan = col(Agency.plan_id) == row.plan_id
    return select(Contact).join(Agency, col(Agency.id) == col(Contact.agency_id)).where(plan)


def _contacts_of(session: Session, row: Message, name: str) -> list[Contact]:
    """The recipient's rows that have an address on this channel. By name, since an import gives rows new
    ids; of several people of that name, the one who sits in an agency the message is about."""
    statement = _contacts(row).where(
        col(Contact.name) == row.recipient_name, getattr(Contact, name) != ""
    )
    found = list(session.execute(statement.order_by(col(Contact.id))).scalars())
    about = select(col(Obligation.agency_id)).where(
        col(Obligation.id).in_(_about([row.id] if row.id else []))
    )
    agencies = set(session.execute(about).scalars())
    return [contact for contact in found if contact.agency_id in agencies] or found


def _about(message_ids: Collection[int]) -> Any:
    return select(col(MessageObligation.obligation_id)).where(
        col(MessageObligation.message_id).in_(message_ids)
    )


def _said_again(session: Session, row: Message) -> int | None:
    """A later message to the same person and channel that tells all this one told, if there is one."""
    mine = set(session.execute(_about([row.id] if row.id else [])).scalars())
    events = set(event_ids(row.content))
    for other in _later(session, row, mine):
        if events and events <= set(event_ids(other.content)):
            return other.id
        about = set(session.execute(_about([other.id] if other.id else [])).scalars())
        if not events and other.event == row.event and mine <= about:
            return other.id
    return None


def _later(session: Session, row: Message, about: Collection[int]) -> Iterable[Message]:
    ids = select(col(MessageObligation.message_id)).where(
        col(MessageObligation.obligation_id).in_(about)
    )
    return session.execute(
        select(Message)
        .where(
            col(Message.id).in_(ids),
            col(Message.id) > row.id,
            col(Message.channel) == row.channel,
            col(Message.recipient_name) == row.recipient_name,
            col(Message.state).not_in(_LOST),
        )
        .order_by(col(Message.id).desc())
    ).scalars()


def event_ids(content: dict[str, Any]) -> list[int]:
    """Row ids of the outgoing events a message tells of."""
    keys = [kept["key"] for kept in content.get("notices") or ()]
    return [int(key.removeprefix(EVENT_KEY)) for key in keys if key.startswith(EVENT_KEY)]
