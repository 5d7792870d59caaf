"""Which rungs of the ladder have passed, and when the next one will: pure, no I/O, no clock.

A rung falls on a working day counted from the last good working day, and is sent at that day's
opening; one that falls on a day off (a milestone that opens on a holiday) is sent in the last office
hour before it. What has passed and was not heard is due, however long ago it passed: dates are never
compared with `==`. What may be told comes from here; whether it was told already, from the claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count

from plan.calendar import (
    WorkingCalendar,
    in_office_hours,
    last_office_hour_before,
    local_day,
    local_instant,
    next_office_instant,
    sending_window,
)
from plan.definition.model import Audience, LadderOverride, OfficeHours, ReminderPolicy, Rung
from plan.states import STILL_OWED, Backlog, State

ANNOUNCE = "announce"
BACKLOG = "backlog"
"""Says once what was missed before the plan was started: «đến nay còn thiếu»."""
GRAVITY = {ANNOUNCE: 0, BACKLOG: 0, "plain": 1, "urgent": 2, "overdue": 3, "escalated": 4}
"""How grave a tone is: rungs merged into one message speak in the gravest."""
MOST_REPEATS = 10
"""Of a rung that repeats, how many of the latest are told apart. When reminders start years late, one
message speaks for the earlier ones too: there is no use in claiming seven hundred of them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the policy needs to know of an obligation. Instants are UTC, days local."""

    agency: str
    milestone: str
    state: State
    opens_at: datetime | None
    last_working_day: date | None
    armed_at: datetime | None = None
    """Rungs up to this instant are spent: a later deadline was decided then, or the submission was
    given back, and the agency was told so in a message of its own. None: every rung counts."""
    started_at: datetime | None = None
    """When the plan was started, or went on after a pause; None: reminders ran from its beginning."""
    backlog: str = Backlog.none
    """What is told of a deadline missed before the start (`plan.states.Backlog`)."""
    series: str = ""
    """Ends the keys of rungs that are counted from another day than the deadline's: `-1~2020-05-08`."""


@dataclass(frozen=True, slots=True)
class FiredRung:
    """A rung that has passed, for one audience. `key` names it among the obligation's claims."""

    key: str
    """`-3`, `0`, `+2`, `announce`; for another audience than the contact `+2@head`; counted from the day
    by which to mend it `-1~2020-05-08`"""
    audience: Audience
    tone: str
    """plain | urgent | overdue | escalated | announce"""
    fire_at: datetime


@dataclass
class Office:
    """When the office works. Remembers the sending instant of each day it was asked for."""

    seasons: Sequence[OfficeHours]
    calendar: WorkingCalendar
    _sent_at: dict[date, datetime] = field(default_factory=dict, repr=False)

    def sends_at(self, rung_day: date) -> datetime:
        """When a rung that falls on this local day is sent (UTC)."""
        known = self._sent_at.get(rung_day)
        if known is None:
            known = sending_window(rung_day, self.seasons, self.calendar)[0]
            self._sent_at[rung_day] = known
        return known

    def is_open(self, now: datetime) -> bool:
        return in_office_hours(now, self.seasons, self.calendar)

    def next_opening(self, now: datetime) -> datetime:
        """`now` itself inside office hours, else the next opening (UTC)."""
        return next_office_instant(now, self.seasons, self.calendar)

    def last_hour(self, instant: datetime) -> datetime:
        """When the last office hour of that day begins (UTC)."""
        tomorrow = local_instant(local_day(instant) + timedelta(days=1))
        return self.last_hour_before(tomorrow)

    def last_hour_before(self, instant: datetime) -> datetime:
        """When the last full office hour that ends by then begins (UTC)."""
        return last_office_hour_before(instant, self.seasons, self.calendar)[0]


@dataclass(frozen=True)
class Ladder:
    """The policy for one agency and milestone, its overrides applied."""

    rungs: tuple[Rung, ...]
    channels: tuple[str, ...]
    also: tuple[str, ...]
    announce: bool


def ladder_for(policy: ReminderPolicy, milestone: str, agency: str) -> Ladder:
    """The plan's ladder with every override that names this milestone or agency; the later wins."""
    rungs, channels = policy.rungs, policy.channels
    for override in policy.overrides:
        if _applies(override, milestone, agency):
            rungs = override.rungs if override.rungs is not None else rungs
            channels = override.channels if override.channels is not None else channels
    return Ladder(tuple(rungs), tuple(channels), tuple(policy.also), policy.announce)


def _applies(override: LadderOverride, milestone: str, agency: str) -> bool:
    """Both lists must fit; an empty one fits everything."""
    return (not override.milestones or milestone in override.milestones) and (
        not override.agencies or agency in override.agencies
    )


def passed_rungs(facts: Facts, ladder: Ladder, office: Office, now: datetime) -> list[FiredRung]:
    """Every rung that has passed by `now`, oldest first; none while nothing is owed or no date set."""
    if not _reminded(facts):
        return []
    if _missed_before_start(facts):
        return _backlog(facts, office, now)
    found: dict[str, FiredRung] = {}
    for rung in _until(facts, ladder, office, now):
        # Two rungs may meet on a day (+10 of «every 2 days», and +10 itself): the graver speaks.
        other = found.get(rung.key)
        if _armed(rung, facts) and (other is None or GRAVITY[rung.tone] > GRAVITY[other.tone]):
            found[rung.key] = rung
    return sorted(found.values(), key=lambda rung: (rung.fire_at, rung.key))


def first_opening(offices: Mapping[str, Office], now: datetime) -> datetime:
    """When the first of them works, from `now` on (UTC); without any, `now`."""
    return min((one.next_opening(now) for one in offices.values()), default=now)


def next_fire_at(facts: Facts, ladder: Ladder, office: Office, now: datetime) -> datetime | None:
    """The first instant after `now` at which a rung passes; None: never again."""
    if not _reminded(facts) or _missed_before_start(facts):
        return None
    ahead = [office.sends_at(day) for day in _next_days(facts, ladder, office, now)]
    return min((at for at in ahead if at > now), default=None)


def _reminded(facts: Facts) -> bool:
    return facts.state in STILL_OWED and facts.last_working_day is not None


def _missed_before_start(facts: Facts) -> bool:
    """Such a deadline is no ladder to be climbed in one morning: told of once, or not at all."""
    assert facts.last_working_day is not None
    return facts.started_at is not None and facts.last_working_day < local_day(facts.started_at)


def _backlog(facts: Facts, office: Office, now: datetime) -> list[FiredRung]:
    assert facts.started_at is not None
    fire_at = office.next_opening(facts.started_at)
    if facts.backlog != Backlog.once or fire_at > now:
        return []
    return [FiredRung(BACKLOG, Audience.contact, BACKLOG, fire_at)]


def _armed(rung: FiredRung, facts: Facts) -> bool:
    if facts.armed_at is not None and rung.fire_at <= facts.armed_at:
        return False
    # A milestone that is open already at the start is announced all the same, once.
    return facts.started_at is None or rung.key == ANNOUNCE or rung.fire_at > facts.started_at


def _until(facts: Facts, ladder: Ladder, office: Office, now: datetime) -> Iterator[FiredRung]:
    assert facts.last_working_day is not None
    yield from _announcement(facts, ladder, office, now)
    today = office.calendar.working_days_between(facts.last_working_day, local_day(now))
    for rung in ladder.rungs:
        for offset in _offsets(rung, today):
            fire_at = office.sends_at(_day(facts, office, offset))
            if fire_at > now:
                break
            if facts.opens_at is not None and fire_at < facts.opens_at:
                continue  # a day's report is not asked for in the fortnight before that day
            for audience in rung.audience:
                key = rung_key(offset, audience) + facts.series
                yield FiredRung(key, audience, rung.tone, fire_at)


def _announcement(
    facts: Facts, ladder: Ladder, office: Office, now: datetime
) -> Iterator[FiredRung]:
    if ladder.announce and facts.opens_at is not None:
        fire_at = office.sends_at(local_day(facts.opens_at))
        if fire_at <= now:
            yield FiredRung(ANNOUNCE, Audience.contact, ANNOUNCE, fire_at)


def _offsets(rung: Rung, today: int) -> Iterator[int]:
    """2, or with `every`: 2, 4, 6, … without end; from the first that is still told apart `today`."""
    if rung.every is None:
        return iter((rung.offset,))
    passed = (today - rung.offset) // rung.every + 1
    return count(rung.offset + max(passed - MOST_REPEATS, 0) * rung.every, rung.every)


def _day(facts: Facts, office: Office, offset: int) -> date:
    assert facts.last_working_day is not None
    return office.calendar.add_working_days(facts.last_working_day, offset)


def _next_days(facts: Facts, ladder: Ladder, office: Office, now: datetime) -> Iterator[date]:
    """The days of the rungs that may lie ahead: of a repeated one, the first that does."""
    assert facts.last_working_day is not None
    opens_on = local_day(facts.opens_at) if facts.opens_at is not None else date.min
    if ladder.announce and facts.opens_at is not None:
        yield local_day(facts.opens_at)
    today = office.calendar.working_days_between(facts.last_working_day, local_day(now))
    for rung in ladder.rungs:
        for offset in _offsets(rung, today):
            if offset >= today and (day := _day(facts, office, offset)) >= opens_on:
                yield day
                if office.sends_at(day) > now:
                    break
            if rung.every is None:
                break


@lru_cache(maxsize=4096)
def rung_key(offset: int, audience: Audience) -> str:
    """`-3`, `0`, `+2`; another audience than the contact is named: `+2@head`."""
    number = f"{offset:+d}" if offset else "0"
    return number if audience is Audience.contact else f"{number}@{audience.value}"
