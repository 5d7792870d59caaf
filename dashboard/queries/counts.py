"""What pages ask of a plan's obligations once they are counted (`dashboard.queries.keeper`). Pure.

Obligations that share the facts a page looks at (milestone, state, deadline, day handed in) are one bucket.
What a bucket's sign is follows from `now` when it is asked, never from what was stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from dashboard.queries.board import Tally
from plan.calendar import WorkingCalendar
from plan.deadlines.standing import Standing, standing
from plan.queries.periods import Period, Span, most
from plan.queries.progress import summed
from plan.states import HANDED_IN, STILL_OWED, State, sign_key


class Bucket(NamedTuple):
    """The facts that obligations in it share. Instants UTC, days local."""

    milestone: int
    origin: str
    state: str
    opens_at: datetime | None
    due_at: datetime | None
    last_day: date | None
    decisive_on: date | None
    late: bool
    """Handed in after its deadline."""
    period: str = ""

    @property
    def of_any_day(self) -> Bucket:
        """The same but for the day: what a sign follows from."""
        return self._replace(decisive_on=None)


Members = Mapping[Bucket, Mapping[int, int]]
"""Bucket of any day → agency row id → how many of its obligations are in it."""


def tallies(
    buckets: Mapping[Bucket, int], now: datetime, calendar: WorkingCalendar, soon: int
) -> dict[int, Tally]:
    """Milestone row id → how many obligations bear each sign at `now`."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    sign = _signs(now, calendar, soon)
    for bucket, count in buckets.items():
        found[bucket.milestone][sign(bucket.of_any_day)] += count
    return {milestone: Tally(signs) for milestone, signs in found.items()}


def periods(
    buckets: Mapping[Bucket, int], now: datetime, calendar: WorkingCalendar, soon: int
) -> dict[int, list[Period]]:
    """Milestone row id → its periods, each with how many obligations bear each sign at `now`."""
    spans: dict[tuple[int, str], Counter[Span]] = defaultdict(Counter)
    signs: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    sign = _signs(now, calendar, soon)
    for bucket, count in buckets.items():
        at = bucket.milestone, bucket.period
        spans[at][bucket.opens_at, bucket.due_at] += count
        signs[at][sign(bucket.of_any_day)] += count
    found: dict[int, list[Period]] = defaultdict(list)
    for at, counted_signs in signs.items():
        found[at[0]].append(Period(at[1], most(spans[at]), counted_signs))
    return found


def by_agency(
    members: Members,
    now: datetime,
    calendar: WorkingCalendar,
    soon: int,
    only: Collection[int] | None = None,
) -> dict[int, Tally]:
    """Agency row id (of these; None: all) → how many of its obligations bear each sign at `now`. Of 100,000
    some ten milliseconds."""
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    sign = _signs(now, calendar, soon)
    for bucket, agencies in members.items():
        key = sign(bucket)
        for agency in agencies if only is None else agencies.keys() & only:
            signs = found[agency]
            signs[key] = signs.get(key, 0) + agencies[agency]
    return {agency: Tally(signs) for agency, signs in found.items()}


Owed = Mapping[tuple[int, str], Mapping[int, bool]]
"""(milestone row id, period) → agency row id → whether it is past its day."""


def owing(members: Members, now: datetime) -> Owed:
    """Which agencies still owe, and which of them late."""
    found: defaultdict[tuple[int, str], dict[int, bool]] = defaultdict(dict)
    owed = (bucket for bucket in members if bucket.state in STILL_OWED)
    for bucket in sorted(owed, key=lambda one: past_day(one, now)):  # who owes both ways is late
        late = past_day(bucket, now)
        found[bucket.milestone, bucket.period].update(dict.fromkeys(members[bucket], late))
    return found


def past_day(bucket: Bucket, now: datetime) -> bool:
    """Whether its deadline has gone by."""
    return bucket.due_at is not None and bucket.due_at <= now


def _signs(now: datetime, calendar: WorkingCalendar, soon: int) -> Callable[[Bucket], str]:
    """A bucket's sign at `now`, worked out once each."""

    @cache
    def sign(bucket: Bucket) -> str:
        stands = _standing(bucket, now, calendar, soon)
        return sign_key(State(bucket.state), stands.timeliness.value)

    return sign


def _standing(bucket: Bucket, now: datetime, calendar: WorkingCalendar, soon: int) -> Standing:
    """As `plan.queries.progress` has it of one obligation: the waived is shown as undated."""
    released = bucket.state == State.waived
    return standing(
        opens_at=bucket.opens_at,
        due_at=None if released else bucket.due_at,
        last_day=None if released else bucket.last_day,
        nothing_owed=bucket.state in HANDED_IN,
        decisive_at=bucket.due_at if bucket.late else None,
        now=now,
        calendar=calendar,
        soon_working_days=soon,
    )


def summary(
    buckets: Mapping[Bucket, int], now: datetime, calendar: WorkingCalendar, soon: int
) -> dict[str, int]:
    """How many there are, by timeliness and by state."""
    return summed(
        (
            bucket.origin,
            State(bucket.state),
            _standing(bucket, now, calendar, soon).timeliness,
            bucket.due_at is not None,
            count,
        )
        for bucket, count in buckets.items()
    )


@dataclass(frozen=True)
class Handed:
    """What one milestone got on one day."""

    accepted: int = 0
    waiting: int = 0
    late: int = 0

    @property
    def count(self) -> int:
        return self.accepted + self.waiting


def handed_by_day(
    buckets: Mapping[Bucket, int], codes: Mapping[int, str]
) -> dict[str, dict[date, Handed]]:
    """Milestone → local day → how many came, by the moment that decides timeliness. `codes`: milestone
    row id → code."""
    counts: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for bucket, count in buckets.items():
        if bucket.decisive_on is None or bucket.due_at is None:
            continue
        day = counts[codes[bucket.milestone], bucket.decisive_on]
        day["accepted" if bucket.state == State.accepted else "waiting"] += count
        day["late"] += count if bucket.late else 0
    found: dict[str, dict[date, Handed]] = defaultdict(dict)
    for (milestone, on), one in counts.items():
        found[milestone][on] = Handed(one["accepted"], one["waiting"], one["late"])
    return found


def received_by_day(buckets: Mapping[Bucket, int]) -> Counter[date]:
    """Local day → how many were handed in on it, whatever became of them."""
    found: Counter[date] = Counter()
    for bucket, count in buckets.items():
        if bucket.decisive_on:
            found[bucket.decisive_on] += count
    return found


def due_by_day(buckets: Mapping[Bucket, int]) -> Counter[date]:
    """Last good day → how many fall due on it, the waived left out."""
    found: Counter[date] = Counter()
    for bucket, count in buckets.items():
        if bucket.due_at and bucket.last_day and bucket.state != State.waived:
            found[bucket.last_day] += count
    return found


def came_by_day(buckets: Mapping[Bucket, int]) -> Counter[date]:
    """Local day → how many that stand were handed in on it."""
    found: Counter[date] = Counter()
    for bucket, count in buckets.items():
        if bucket.due_at and bucket.decisive_on and bucket.state in HANDED_IN:
            found[bucket.decisive_on] += count
    return found


def waiting(buckets: Mapping[Bucket, int]) -> int:
    """Submissions that wait for a decision."""
    return sum(count for bucket, count in buckets.items() if bucket.state == State.submitted)
