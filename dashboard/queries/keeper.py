"""A plan's obligations counted: of a past moment by the database, of the present kept up change by change.

A plan with a hundred thousand obligations can't be counted again for every page. Each change in the audit
trail says what an obligation was before and after, so it moves from one bucket to another.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, func, select, text
from sqlmodel import Session, col

from dashboard.queries.counts import Bucket, Members
from plan.calendar import LOCAL, local_day
from plan.database import is_postgresql
from plan.models import AuditEvent, Obligation, Plan
from plan.queries.facts import facts_at

REBUILD_AFTER = 20_000
"""Changes in one go beyond which counting anew is cheaper."""


class PlanCounts(NamedTuple):
    """Never changed once made: what changes makes another."""

    buckets: Mapping[Bucket, int]
    members: Members


@dataclass
class KeptCounts:
    """One plan's counts as of an audit row."""

    definition_hash: str = ""
    audited: int = -1
    counts: PlanCounts = field(default_factory=lambda: PlanCounts({}, {}))


class CountKeeper:
    """Keeps every plan's counts in this process: of 100,000 obligations some megabytes. Safe for several
    threads."""

    def __init__(self) -> None:
        self._plans: dict[str, KeptCounts] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, plan: Plan) -> PlanCounts:
        """The plan's counts as this session's snapshot sees them."""
        with self._lock:
            kept = self._plans.setdefault(plan.id, KeptCounts())
            newest = _newest(session, plan.id)
            if newest < kept.audited:  # this snapshot is older than what another thread saw
                return _anew(session, plan)
            kept.counts = self._moved(session, plan, kept, newest) or _anew(session, plan)
            kept.definition_hash, kept.audited = plan.definition_hash, newest
            return kept.counts

    def _moved(
        self, session: Session, plan: Plan, kept: KeptCounts, newest: int
    ) -> PlanCounts | None:
        """With the changes since; None when counting anew is needed."""
        if kept.audited < 0 or kept.definition_hash != plan.definition_hash:
            return None
        if newest == kept.audited:
            return kept.counts
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
            return None
        return _after(kept.counts, list(_moves(session, changes)))


def _newest(session: Session, plan_id: str) -> int:
    newest = select(func.max(col(AuditEvent.id))).where(col(AuditEvent.plan_id) == plan_id)
    return int(session.execute(newest).scalar() or 0)


def _anew(session: Session, plan: Plan) -> PlanCounts:
    facts = facts_at(session, plan.id)
    return PlanCounts(counted(session, facts), counted_by_agency(session, facts))


# --- kept up -----------------------------------------------------------------------------------

Move = tuple[int, Bucket, Bucket]
"""Agency row id, the bucket one of its obligations leaves, and the one it comes to."""


def _moves(session: Session, changes: Sequence[Any]) -> Iterator[Move]:
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
            col(Obligation.agency_id),
            col(Obligation.milestone_id),
            col(Obligation.origin),
            col(Obligation.period),
        ).where(col(Obligation.id).in_(list(first)))
    )
    for key, agency, milestone, origin, period in rows:
        of = milestone, origin, period
        yield agency, _bucket(*of, first[key]), _bucket(*of, last[key])


def _after(counts: PlanCounts, moves: Sequence[Move]) -> PlanCounts:
    """Copies what changes, and shares the rest."""
    buckets, members = Counter(counts.buckets), dict(counts.members)
    changed = {bucket.of_any_day for _, *both in moves for bucket in both}
    counters = {bucket: Counter(members.get(bucket, {})) for bucket in changed}
    for agency, left, come in moves:
        for bucket, step in ((left, -1), (come, 1)):
            buckets[bucket] += step
            counters[bucket.of_any_day][agency] += step
    # Unary plus leaves out what fell to nothing.
    members |= {bucket: +agencies for bucket, agencies in counters.items()}
    return PlanCounts(+buckets, {bucket: one for bucket, one in members.items() if one})


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


# --- counted anew ------------------------------------------------------------------------------


def counted(session: Session, facts: Subquery) -> Counter[Bucket]:
    """Those of `plan.queries.facts`, in one grouped query."""
    one = facts.c
    day = _day_of(session, one.decisive_at).label("day")
    alike = (*_alike(facts), day)
    rows = session.execute(select(func.count(), *alike).group_by(*_names(alike)))
    found: Counter[Bucket] = Counter()
    for count, *shared, on in rows:
        found[_grouped(shared, _date(on))] += count
    return found


def counted_by_agency(session: Session, facts: Subquery) -> dict[Bucket, Counter[int]]:
    """The same by agency, a row for each agency and bucket: of 100,000 some tenths of a second."""
    alike = (*_alike(facts), facts.c.agency_id)
    rows = session.execute(select(func.count(), *alike).group_by(*_names(alike)))
    found: defaultdict[Bucket, Counter[int]] = defaultdict(Counter)
    for count, *shared, agency in rows:
        found[_grouped(shared, None)][agency] += count
    return dict(found)


def _alike(facts: Subquery) -> tuple[ColumnElement[Any], ...]:
    """What a bucket's obligations share, but for the day."""
    one = facts.c
    late = (one.decisive_at >= one.due_at).label("late")
    dates = one.opens_at, one.due_at, one.last_day
    return one.milestone_id, one.origin, one.state, *dates, one.period, late


def _names(alike: Sequence[ColumnElement[Any]]) -> list[Any]:
    """To group by: what is worked out by its label, which every database takes."""
    return [text(one.name) if one.name in ("day", "late") else one for one in alike]


def _grouped(shared: Sequence[Any], day: date | None) -> Bucket:
    milestone, origin, state, opens, due, last, period, late = shared
    return Bucket(milestone, origin, state, opens, due, last, day, bool(late), period)


def _day_of(session: Session, instant: Any) -> ColumnElement[Any]:
    """The local date of an instant kept in UTC; Việt Nam has been at +07:00 all year since 1975."""
    if is_postgresql(session):
        return func.date(func.timezone(str(LOCAL), instant))
    return func.date(instant, "+7 hours")


def _date(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
