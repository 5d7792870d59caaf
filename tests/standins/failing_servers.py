"""Servers that fail by the hour, and what their people must have heard all the same.

`World` answers as the channels do: each fault is made by the channels' own reading of a line that fails
so, or of Zalo's code. `must_hear_by` knows nothing of the outbox: only the hours of the office, who has
which ways, which of them failed when, and what the settings promise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import httpx

from notifications.channels.base import Outgoing, SendError
from notifications.channels.zalo.errors import ZNS_MEANINGS, fault
from notifications.channels.zalo.http import ask
from tests.conftest import at
from tests.standins import HandClock
from tests.support.reminders import ToldChannels

CHANNELS = ("email", "zalo_oa", "zalo_zns")
HOLD = timedelta(hours=1)
"""How long a channel that is down keeps its messages (DONDOC_CHANNEL_HOLD_MINUTES)."""
LONGEST_PAUSE = timedelta(minutes=30)
"""Between two tries of a channel that is down, unless it asked for more."""


# --- what fails, and how ------------------------------------------------------------------------------


@cache
def _of_the_line(name: str) -> SendError:
    """What the channel makes of an answer, or of none."""
    raised: dict[str, httpx.TransportError] = {
        "away": httpx.ConnectError(""),
        "drip": httpx.ReadTimeout(""),
        "cut": httpx.RemoteProtocolError(""),
    }
    answers = {
        "garbage": httpx.Response(200, text="<html>Bảo trì"),
        "gateway": httpx.Response(502),
        "busy": httpx.Response(503, headers={"retry-after": "600"}),
    }

    def answer(_request: httpx.Request) -> httpx.Response:
        if name in raised:
            raise raised[name]
        return answers[name]

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        try:
            ask(client, "POST", "https://zalo.example/")
        except SendError as error:
            return error
    raise AssertionError(f"{name} is no fault")


_CODES = {
    "money": -115,
    "revoked": -124,
    "quota": -144,
    "pace": -32,
    "night": -133,
    "unknown": -9999,
}
SAYS_DOWN = frozenset({"away", "busy", "gateway", "money", "revoked", "quota", "pace", "unknown"})
"""After one answer of these everybody knows that the channel is down."""
NOT_BACK_TODAY = frozenset({"quota", "night"})
"""Zalo said: not before tomorrow."""
ACCEPTED = frozenset({"drip-after", "cut-after", "garbage", "gateway"})
"""The message was taken all the same."""
KINDS = ("away", "drip", "drip-after", "cut", "cut-after", "garbage", "gateway", "busy", *_CODES)


def refusal(kind: str, now: datetime) -> SendError:
    if kind in _CODES:
        return fault(ZNS_MEANINGS, _CODES[kind], "", now)
    return _of_the_line(kind.removesuffix("-after"))


@dataclass(frozen=True)
class Outage:
    """A channel answers so from one instant to another (UTC), but for the first few messages: it may
    begin in the middle of a batch."""

    channel: str
    kind: str
    since: datetime
    until: datetime
    spares: int = 0

    def touches(self, channel: str, start: datetime, end: datetime) -> bool:
        return channel == self.channel and self.since < end and self.until > start


Given = tuple[datetime, Outgoing]


@dataclass
class World:
    """Servers that take or refuse by the hour, and what each address was really given."""

    clock: HandClock
    outages: list[Outage]
    given: dict[tuple[str, str], list[Given]] = field(default_factory=lambda: defaultdict(list))
    _spared: Counter[Outage] = field(default_factory=Counter)

    def channels(self) -> ToldChannels:
        return ToldChannels(**{name: self._server(name) for name in CHANNELS})

    def _server(self, name: str) -> Callable[[Outgoing], None]:
        def answer(outgoing: Outgoing) -> None:
            now = self.clock()
            broken = self._broken(name, now)
            if broken is None or broken.kind in ACCEPTED:
                self.given[name, outgoing.address].append((now, outgoing))
            if broken is not None:
                raise refusal(broken.kind, now)

        return answer

    def _broken(self, name: str, now: datetime) -> Outage | None:
        for outage in self.outages:
            if outage.channel == name and outage.since <= now < outage.until:
                self._spared[outage] += 1
                return outage if self._spared[outage] > outage.spares else None
        return None

    # --- what must follow

    def works(self, channel: str, start: datetime, end: datetime) -> bool:
        return not any(outage.touches(channel, start, end) for outage in self.outages)

    def kinds(self, ways: Sequence[str], start: datetime, end: datetime) -> set[str]:
        """How these ways fail in that time."""
        return {o.kind for o in self.outages for way in ways if o.touches(way, start, end)}

    def must_hear_by(self, ways: Sequence[str], day: date) -> datetime | None:
        """By when somebody with these ways, in the plan's order, has heard what is told from the morning of
        that office day on; None: nobody can promise it."""
        opens, closes = at(f"{day} 07:00"), at(f"{day} 17:00")
        last_hour = closes - timedelta(hours=1)
        if self.works(ways[0], opens, opens + timedelta(minutes=1)):
            return opens
        if any(self.works(way, opens, closes) for way in ways):
            if self.kinds(ways, opens, last_hour) <= SAYS_DOWN:
                return opens + HOLD + LONGEST_PAUSE
            return last_hour + LONGEST_PAUSE
        back_at = last_hour - HOLD
        back = (way for way in ways if self.works(way, back_at, closes))
        comes_back = any(not self.kinds([w], opens, back_at) & NOT_BACK_TODAY for w in back)
        return closes if comes_back else None


def first_heard(given: Sequence[Given], after: datetime, event: str) -> Given | None:
    """The first message of that event from an instant (UTC) on."""
    heard = [one for one in given if one[0] >= after and one[1].event == event]
    return min(heard, key=lambda one: one[0], default=None)


def alarms_given(world: World) -> list[Given]:
    """Each alarm once, however often the same was given to the same address."""
    seen: dict[tuple[str, str], Given] = {}
    for (channel, _), taken in world.given.items():
        for when, outgoing in taken:
            if outgoing.event == "alarm":
                seen.setdefault((channel, outgoing.reference), (when, outgoing))
    return sorted(seen.values(), key=lambda one: one[0])


def facts_told(content: Any) -> dict[str, Any]:
    """What an alarm's row says of its cause."""
    [notice] = content["notices"]
    facts: dict[str, Any] = notice["facts"]
    return facts
