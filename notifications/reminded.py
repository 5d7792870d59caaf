"""What the record says of reminders already sent: how often, and when last. Letters and escalations say this
and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from notifications.outbox.store import DONE
from plan.calendar import local_day
from plan.models import Message, MessageObligation, Urging, UrgingObligation
from plan.text import date_words, number_words

_REMINDERS = ("reminder", "overdue", "escalation-head")
"""Messages that urged the agency itself."""
_CHUNK = 5_000

Days = Mapping[int, frozenset[date]]
"""By obligation: the local days on which a reminder of it left, or somebody urged by hand."""


@dataclass(frozen=True)
class Reminded:
    """How often each agency was reminded of what it owes: days on which a message left; and the last of them
    (local)."""

    times: tuple[int, ...]
    last: date | None

    @classmethod
    def of(cls, whose: Mapping[int, str], days: Days) -> Reminded:
        """`whose`: the agency of each obligation spoken of."""
        found: dict[str, set[date]] = {agency: set() for agency in whose.values()}
        for key, agency in whose.items():
            found[agency] |= days.get(key, frozenset())
        last = max((day for mine in found.values() for day in mine), default=None)
        return cls(tuple(len(mine) for mine in found.values()), last)

    @property
    def words(self) -> str:
        """«3 lần, lần gần nhất ngày 05/05/2020»; «» where nobody was."""
        if self.last is None:
            return ""
        low, high = min(self.times), max(self.times)
        if len(self.times) == 1:
            often = f"{number_words(high)} lần"
        elif low == 0:
            some = sum(count > 0 for count in self.times)
            often = f"{number_words(some)}/{number_words(len(self.times))} cơ quan"
            often += f", nhiều nhất {number_words(high)} lần" if high > 1 else ", mỗi cơ quan 1 lần"
        else:
            low_words, high_words = number_words(low), number_words(high)
            span = low_words if low == high else f"từ {low_words} đến {high_words}"
            often = f"mỗi cơ quan {span} lần"
        return f"{often}, {self._latest(high)} {date_words(self.last)}"

    def _latest(self, most: int) -> str:
        if most > 1:
            return "lần gần nhất ngày"
        return "vào ngày" if len(self.times) == 1 else "gần nhất ngày"


def days_reminded(session: Session, obligations: Collection[int], now: datetime) -> Days:
    """Of these obligations (row ids), by `now` (UTC). Urged by hand counts too. Two queries for
    each `_CHUNK` of them."""
    days: dict[int, set[date]] = defaultdict(set)
    for part in _parts(sorted(obligations)):
        statement = (
            select(col(MessageObligation.obligation_id), col(Message.sent_at))
            .join(Message, col(Message.id) == col(MessageObligation.message_id))
            .where(
                col(MessageObligation.obligation_id).in_(part),
                col(Message.event).in_(_REMINDERS),
                col(Message.state).in_(DONE),
                col(Message.sent_at) <= now,
            )
        )
        for key, sent_at in session.connection().execute(statement):
            if sent_at is not None:  # never here, by the query; but the column may be empty
                days[key] |= {local_day(sent_at)} if sent_at else set()
        by_hand = (
            select(col(UrgingObligation.obligation_id), col(Urging.at))
            .join(Urging, col(Urging.id) == col(UrgingObligation.urging_id))
            .where(col(UrgingObligation.obligation_id).in_(part), col(Urging.at) <= now)
        )
        for key, at in session.connection().execute(by_hand):
            days[key].add(local_day(at))
    return {key: frozenset(found) for key, found in days.items()}


def _parts(keys: list[int]) -> Iterable[list[int]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
