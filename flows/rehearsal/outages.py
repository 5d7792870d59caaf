"""What breaks down during a rehearsal: mail for a day, Zalo for the week after. Pure but for `apply`.

Both fall where it hurts: mail on a day of reminders for the deadline that most agencies share, Zalo
over the last days before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flows.rehearsal.stage import Stage
from flows.rehearsal.standins.zalo_world import Fault
from plan.calendar import WorkingCalendar, local_day
from plan.queries.progress import ObligationView

MAIL_OFFSET = -3
"""Working days from the deadline: a rung of the plan."""
WEEK = timedelta(days=6)
OFTEN = 10**9


@dataclass(frozen=True)
class Outage:
    """A channel takes nothing from the first to the last of these local days."""

    channel: str
    first: date
    last: date

    def at(self, now: datetime) -> bool:
        return self.first <= local_day(now) <= self.last


def write_outages(views: Sequence[ObligationView], calendar: WorkingCalendar) -> list[Outage]:
    """Around the deadline that most obligations share; none where nothing is dated."""
    days = Counter(view.last_day for view in views if view.last_day is not None)
    if not days:
        return []
    busiest = min(days, key=lambda day: (-days[day], day))
    without_mail = calendar.add_working_days(calendar.last_working_day(busiest), MAIL_OFFSET)
    without_zalo = calendar.add_working_days(without_mail, 1)
    return [
        Outage("email", without_mail, without_mail),
        Outage("zalo_oa", without_zalo, without_zalo + WEEK),
    ]


def apply(stage: Stage, outages: Sequence[Outage], now: datetime) -> None:
    """Breaks or mends the servers for the moment the clock stands at (UTC)."""
    down = {outage.channel for outage in outages if outage.at(now)}
    greeting = "421 4.3.2 Máy chủ thư đang bảo trì" if "email" in down else ""
    stage.sink.faults = replace(stage.sink.faults, greeting=greeting)
    broken = [Fault("oa", times=OFTEN, status=503)] if "zalo_oa" in down else []
    stage.zalo.world.faults = list(broken)
