"""Counts over a plan's obligations, kept up change by change.

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

from sqlalchemy import ColumnElement, func, select, text
from sqlmodel import Session, col

from dashboard.queries.board import Tally
from dashboard.queries.glance.periods import Period, Span, most
from dashboard.queries.handed import Handed
from plan.calendar import LOCAL, WorkingCalendar, local_day
from plan.database import is_postgresql
from plan.deadlines.standing import standing
from plan.models import AuditEvent, Obligation, Plan
from plan.states import State, sign_key

REBUILD_AFTER = 20_000
"""Changes in one go beyond which counting anew is cheaper."""


class Bucket(NamedTuple):
    """The facts that obligations in it share. Instants UTC, days local."""

    milestone: int
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
                return _counted(session, plan.id)
            if not self._moved(session, plan, kept, newest):
                kept.buckets = _counted(session, plan.id)
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
        select(col(Obligation.id), col(Obligation.milestone_id), col(Obligation.period)).where(
            col(Obligation.id).in_(list(first))
        )
    )
    for key, milestone, period in rows:
        buckets[_bucket(milestone, period, first[key])] -= 1
        buckets[_bucket(milestone, period, last[key])] += 1
    for empty in [bucket for bucket, count in buckets.items() if not count]:
        del buckets[empty]


def _bucket(milestone: int, period: str, facts: Mapping[str, Any]) -> Bucket:
    """From an audit snapshot (ISO texts)."""
    opens, due, decisive = (_instant(facts[name]) for name in ("opens_at", "due_at", "decisive_at"))
    last = facts["last_day"]
    return Bucket(
        milestone,
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


def _counted(session: Session, plan_id: str) -> Counter[Bucket]:
    """Every obligation, in one grouped query."""
    decisive, due = col(Obligation.decisive_at), col(Obligation.due_at)
    day = _day_of(session, decisive).label("day")
    late = (decisive >= due).label("late")
    rows = session.execute(
        select(
            col(Obligation.milestone_id),
            col(Obligation.state),
            col(Obligation.opens_at),
            due,
            col(Obligation.last_day),
            day,
            late,
            col(Obligation.period),
            func.count(),
        )
        .where(col(Obligation.plan_id) == plan_id)
        .group_by(
            col(Obligation.milestone_id),
            col(Obligation.state),
            col(Obligation.opens_at),
            due,
            col(Obligation.last_day),
            text("day"),
            text("late"),
            col(Obligation.period),
        )
    )
    found: Counter[Bucket] = Counter()
    for milestone, state, opens, due_at, last_day, on, was_late, period, count in rows:
        facts = (milestone, state, opens, due_at, last_day, _date(on), bool(was_late), period)
        found[Bucket(*facts)] += count
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
    for at, counted in signs.items():
        found[at[0]].append(Period(at[1], most(spans[at]), counted))
    return found


def _sign(bucket: Bucket, now: datetime, calendar: WorkingCalendar, soon: int) -> str:
    state = State(bucket.state)
    if state in (State.submitted, State.accepted):
        dated = bucket.due_at is not None
        return sign_key(state, "late" if dated and bucket.late else "on_time")
    released = state is State.waived
    stands = standing(
        opens_at=bucket.opens_at,
        due_at=None if released else bucket.due_at,
        last_day=None if released else bucket.last_day,
        nothing_owed=False,
        decisive_at=None,
        now=now,
        calendar=calendar,
        soon_working_days=soon,
    )
    return sign_key(state, stands.timeliness.value)


def handed_by_day(
    buckets: Mapping[Bucket, int], codes: Mapping[int, str]
) -> dict[str, dict[date, Handed]]:
    """Milestone → local day → how many came. `codes`: milestone row id → code."""
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
        if bucket.due_at and bucket.decisive_on and bucket.state in _STANDING:
            found[bucket.decisive_on] += count
    return found


_STANDING = frozenset({State.submitted.value, State.accepted.value})


def waiting(buckets: Mapping[Bucket, int]) -> int:
    """Submissions that wait for a decision."""
    return sum(count for bucket, count in buckets.items() if bucket.state == State.submitted)
