"""Counts over a plan's obligations: of a past moment counted by the database, of the present kept up change
by change.

A plan with a hundred thousand obligations can't be counted again for every page. Obligations that share
the facts a page looks at (milestone, state, deadline, day handed in) are one bucket; each change in the
audit trail says what an obligation was before and after, so it moves from one bucket to another. What a
bucket's sign is follows from `now` when it is asked, never from what was stored.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, func, select, text
from sqlmodel import Session, col

from dashboard.queries.board import Tally
from dashboard.queries.glance.periods import Period, Span, most
from plan.calendar import LOCAL, WorkingCalendar, local_day
from plan.database import is_postgresql
from plan.deadlines.standing import Standing, standing
from plan.models import AuditEvent, Obligation, Plan
from plan.queries.facts import facts_at
from plan.queries.progress import summed
from plan.states import HANDED_IN, State, sign_key

REBUILD_AFTER = 20_000
"""Changes in one go beyond which counting anew is cheaper."""


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


@dataclass
class Counts:
    """One plan's buckets as of an audit row."""

    definition_hash: str = ""
    audited: int = -1
    buckets: Counter[Bucket] = field(default_factory=Counter)


class CountKeeper:
    """Keeps every plan's counts in this process. Safe for several threads."""

    def __init__(self) -> None:
        self._plans: dict[str, Counts] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, plan: Plan) -> Counter[Bucket]:
        """The plan's buckets as this session's snapshot sees them."""
        with self._lock:
            kept = self._plans.setdefault(plan.id, Counts())
            newest = _newest(session, plan.id)
            if newest < kept.audited:  # this snapshot is older than what another thread saw
                return counted(session, facts_at(session, plan.id))
            if not self._moved(session, plan, kept, newest):
                kept.buckets = counted(session, facts_at(session, plan.id))
            kept.definition_hash, kept.audited = plan.definition_hash, newest
            return kept.buckets.copy()

    def _moved(self, session: Session, plan: Plan, kept: Counts, newest: int) -> bool:
        """Apply the changes since; False when counting anew is needed."""
        if kept.audited < 0 or kept.definition_hash != plan.definition_hash:
            return False
        if newest == kept.audited:
            return True
        changes = session.execute(
            select(
                col(AuditEvent.event),
                col(AuditEvent.obligation_id),
                col(AuditEvent.before),
                col(AuditEvent.after),
            )
            .where(col(AuditEvent.plan_id) == plan.id, col(AuditEvent.id) > kept.audited)
            .order_by(col(AuditEvent.id))
            .limit(REBUILD_AFTER)
        ).all()
        if len(changes) == REBUILD_AFTER or any(event == "plan.loaded" for event, *_ in changes):
            return False
        _apply(session, kept.buckets, changes)
        return True


def _newest(session: Session, plan_id: str) -> int:
    newest = select(func.max(col(AuditEvent.id))).where(col(AuditEvent.plan_id) == plan_id)
    return int(session.execute(newest).scalar() or 0)


def _apply(session: Session, buckets: Counter[Bucket], changes: Sequence[Any]) -> None:
    """Each changed obligation leaves the bucket of its first «before» for that of its last «after»."""
    first: dict[int, Mapping[str, Any]] = {}
    last: dict[int, Mapping[str, Any]] = {}
    for _, key, before, after in changes:
        if key is not None and "state" in before and "state" in after:
            first.setdefault(key, before)
            last[key] = after
    rows = session.execute(
        select(
            col(Obligation.id),
            col(Obligation.milestone_id),
            col(Obligation.origin),
            col(Obligation.period),
        ).where(col(Obligation.id).in_(list(first)))
    )
    for key, milestone, origin, period in rows:
        buckets[_bucket(milestone, origin, period, first[key])] -= 1
        buckets[_bucket(milestone, origin, period, last[key])] += 1
    for empty in [bucket for bucket, count in buckets.items() if not count]:
        del buckets[empty]


def _bucket(milestone: int, origin: str, period: str, facts: Mapping[str, Any]) -> Bucket:
    """From an audit snapshot (ISO texts)."""
    opens, due, decisive = (_instant(facts[name]) for name in ("opens_at", "due_at", "decisive_at"))
    last = facts["last_day"]
    return Bucket(
        milestone,
        origin,
        facts["state"],
        opens,
        due,
        date.fromisoformat(last) if last else None,
        local_day(decisive) if decisive else None,
        bool(decisive and due and decisive >= due),
        period,
    )


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def counted(session: Session, facts: Subquery) -> Counter[Bucket]:
    """Those of `plan.queries.facts`, in one grouped query."""
    one = facts.c
    alike = (one.milestone_id, one.origin, one.state, one.opens_at, one.due_at, one.last_day)
    day = _day_of(session, one.decisive_at).label("day")
    late = (one.decisive_at >= one.due_at).label("late")
    rows = session.execute(
        select(*alike, day, late, one.period, func.count()).group_by(
            *alike, text("day"), text("late"), one.period
        )
    )
    found: Counter[Bucket] = Counter()
    for *shared, on, was_late, period, count in rows:
        found[Bucket._make((*shared, _date(on), bool(was_late), period))] += count
    return found


def _day_of(session: Session, instant: Any) -> ColumnElement[Any]:
    """The local date of an instant kept in UTC; Việt Nam has been at +07:00 all year since 1975."""
    if is_postgresql(session):
        return func.date(func.timezone(str(LOCAL), instant))
    return func.date(instant, "+7 hours")


def _date(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


# --- what pages ask ----------------------------------------------------------------------------


def tallies(
    buckets: Mapping[Bucket, int], now: datetime, calendar: WorkingCalendar, soon: int
) -> dict[int, Tally]:
    """Milestone row id → how many obligations bear each sign at `now`."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for bucket, count in buckets.items():
        found[bucket.milestone][_sign(bucket, now, calendar, soon)] += count
    return {milestone: Tally(signs) for milestone, signs in found.items()}


def periods(
    buckets: Mapping[Bucket, int], now: datetime, calendar: WorkingCalendar, soon: int
) -> dict[int, list[Period]]:
    """Milestone row id → its periods, each with how many obligations bear each sign at `now`."""
    spans: dict[tuple[int, str], Counter[Span]] = defaultdict(Counter)
    signs: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for bucket, count in buckets.items():
        at = bucket.milestone, bucket.period
        spans[at][bucket.opens_at, bucket.due_at] += count
        signs[at][_sign(bucket, now, calendar, soon)] += count
    found: dict[int, list[Period]] = defaultdict(list)
    for at, counted_signs in signs.items():
        found[at[0]].append(Period(at[1], most(spans[at]), counted_signs))
    return found


def _sign(bucket: Bucket, now: datetime, calendar: WorkingCalendar, soon: int) -> str:
    stands = _standing(bucket, now, calendar, soon)
    return sign_key(State(bucket.state), stands.timeliness.value)


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
