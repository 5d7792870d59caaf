"""How often agencies were urged, by the ladder and by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from notifications.outbox.store import DONE
from plan.models import Agency, Message, MessageObligation, Obligation, Urging
from plan.queries.urgings import URGING_MESSAGES


@dataclass
class Counted:
    """How often an agency was urged about what it still owes, and when last (UTC)."""

    by_ladder: int = 0
    by_hand: int = 0
    last: datetime | None = None

    @property
    def times(self) -> int:
        return self.by_ladder + self.by_hand

    def note(self, at: datetime | None) -> None:
        if at is not None and (self.last is None or at > self.last):
            self.last = at


def count_urgings(
    session: Session, plan_id: str, as_of: datetime, agencies: Collection[str]
) -> defaultdict[str, Counted]:
    """By code of these agencies, by then (UTC): messages of the ladder that left about what it still owes,
    and times urged by hand. Two queries over what these agencies owe."""
    found: defaultdict[str, Counted] = defaultdict(Counted)
    sent = (
        select(Agency.code, func.count(col(Message.id).distinct()), func.max(Message.sent_at))
        .join(Obligation, col(Obligation.agency_id) == Agency.id)
        .join(MessageObligation, col(MessageObligation.obligation_id) == Obligation.id)
        .join(Message, col(Message.id) == MessageObligation.message_id)
        .where(
            Agency.plan_id == plan_id,
            col(Agency.code).in_(agencies),
            col(Obligation.state).in_(("owed", "returned")),
            col(Message.event).in_(URGING_MESSAGES),
            col(Message.state).in_(DONE),
            col(Message.sent_at) <= as_of,
        )
        .group_by(Agency.code)
    )
    for code, count, last in session.exec(sent):
        found[code].by_ladder = count
        found[code].note(last)
    rows = session.exec(
        select(Agency.code, func.count(col(Urging.id)), func.max(Urging.at))
        .join(Urging, col(Urging.agency_id) == Agency.id)
        .where(Urging.plan_id == plan_id, col(Urging.at) <= as_of, col(Agency.code).in_(agencies))
        .group_by(Agency.code)
    )
    for code, count, last in rows:
        found[code].by_hand = count
        found[code].note(last)
    return found
