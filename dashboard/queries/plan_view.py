"""A plan as of an instant: what every count and every list is asked of, whatever the plan's size."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import Subquery
from sqlmodel import Session

from dashboard.queries import counts
from dashboard.queries.board import Tally, glances_of
from dashboard.queries.counts import Bucket, Members
from dashboard.queries.keeper import CountKeeper, PlanCounts, counted, counted_by_agency
from dashboard.queries.naming import Naming
from plan.calendar import WorkingCalendar, local_day
from plan.models import Plan
from plan.queries.facts import facts_at
from plan.queries.lookup import load_calendar
from plan.queries.periods import Glances

AFTER_END = timedelta(days=6)


@dataclass(frozen=True)
class PlanView:
    """`keeper`: where `at` is the present, of which counts are kept; None: an earlier instant.
    `agencies`: of these alone (codes; None: all); `without`: not of these deliverables."""

    session: Session
    plan: Plan
    at: datetime
    names: Naming
    keeper: CountKeeper | None
    agencies: Collection[str] | None = None
    without: Collection[str] = ()

    def only(
        self, *, agencies: Collection[str] | None = None, without: Collection[str] = ()
    ) -> PlanView:
        """A part of it."""
        return replace(self, agencies=agencies, without=without)

    @cached_property
    def facts(self) -> Subquery:
        """Its obligations, for the database to count and search in."""
        past = None if self.keeper is not None else self.at
        of = self.session, self.plan.id, past
        return facts_at(*of, agencies=self.agencies, without=self.without)

    @cached_property
    def _kept(self) -> PlanCounts | None:
        whole = self.agencies is None and not self.without
        if self.keeper is None or not whole:
            return None
        return self.keeper.of(self.session, self.plan)

    @cached_property
    def buckets(self) -> Mapping[Bucket, int]:
        """Its obligations, counted."""
        return self._kept.buckets if self._kept else counted(self.session, self.facts)

    @cached_property
    def members(self) -> Members:
        """Its obligations, counted by agency."""
        return self._kept.members if self._kept else counted_by_agency(self.session, self.facts)

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """Of every year that a deadline or the moment lies in."""
        first, last = self.span
        days = [bucket.last_day for bucket in self.buckets if bucket.last_day]
        earliest, latest = min([first, *days]), max([last, local_day(self.at), *days])
        years = range(earliest.year, latest.year + 1)
        return load_calendar(self.session, self.plan.id, *years)

    @cached_property
    def span(self) -> tuple[date, date]:
        """The plan's days, a week of grace behind the last deadline."""
        dues = [local_day(row.due_at) for row in self.names.milestones.values() if row.due_at]
        last = max([*dues, self.plan.ends_on or self.plan.issued_on])
        return self.plan.issued_on, last + AFTER_END

    @cached_property
    def tallies(self) -> Mapping[int, Tally]:
        """Milestone row id → how many obligations bear each sign."""
        return counts.tallies(self.buckets, self.at, self.calendar, self.plan.soon_working_days)

    @cached_property
    def glances(self) -> Glances:
        """Each milestone's periods, the one at hand and those before it."""
        soon = self.plan.soon_working_days
        found = counts.periods(self.buckets, self.at, self.calendar, soon)
        return {
            code: glances_of(row, found.get(row.id or 0, []), self.at)
            for code, row in self.names.milestones.items()
        }

    @cached_property
    def soon_day(self) -> date:
        """The last day within `soon_working_days` working days from today."""
        today = local_day(self.at)
        calendar = load_calendar(self.session, self.plan.id, today.year, today.year + 1)
        soon = self.plan.soon_working_days
        return calendar.add_working_days(today, soon + 1) - timedelta(days=1)
