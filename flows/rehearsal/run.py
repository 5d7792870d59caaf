"""`dondoc demo`: set the stage, play, check, and say how it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from flows.rehearsal.check import Verdict, check
from flows.rehearsal.play import Played, Say, TakeTurn, play
from flows.rehearsal.stage import set_up
from plan.calendar import LOCAL, WorkingCalendar
from plan.definition.model import PlanDefinition
from plan.queries.progress import ObligationView
from plan.settings import REHEARSAL_MARK

OPENS = time(7, 0)
CLOSES = time(17, 0)


@dataclass(frozen=True)
class Outcome:
    """A rehearsal's end."""

    played: Played
    verdict: Verdict
    ended_at: datetime
    out: Path


def rehearse(
    definition: PlanDefinition,
    out: Path,
    seed: int,
    until: date | None,
    say: Say,
    take_turn: TakeTurn | None = None,
) -> Outcome:
    """Play the whole plan (to `until`, a local day) into `out`; the same seed, the same story, also with
    another `take_turn`.

    The caller judges `verdict.faults`: a rehearsal that sent a wrong reminder still leaves its files
    to look at.
    """
    opens_at, ends_at = span(definition, until)
    with set_up(out, definition, opens_at) as stage:
        played = play(stage, seed, ends_at, say, take_turn)
        verdict = check(stage.engine, [definition], out / "outbox", ends_at, played.outages)
    (out / REHEARSAL_MARK).write_text(ends_at.isoformat(), encoding="ascii")
    return Outcome(played, verdict, ends_at, out)


def span(definition: PlanDefinition, until: date | None) -> tuple[datetime, datetime]:
    """The rehearsal's first and last instant; `until` (a local day): the plan's end when None."""
    opens_at = datetime.combine(definition.issued_on, OPENS, LOCAL)
    return opens_at, datetime.combine(until or _last_day(definition), CLOSES, LOCAL)


def _last_day(definition: PlanDefinition) -> date:
    """The plan's own end, or two working weeks after its last deadline."""
    if definition.ends_on is not None:
        return definition.ends_on
    from plan.windows import WindowBook

    years = range(definition.issued_on.year - 1, definition.issued_on.year + 2)
    calendar = WorkingCalendar.build(years, definition.calendar)
    book = WindowBook(definition, calendar)
    windows = [book.of_milestone(milestone.id) for milestone in definition.milestones]
    last = max((one.last_day for one in windows if one), default=definition.issued_on)
    return calendar.add_working_days(last, 10)


def outcome_rows(
    definition: PlanDefinition, views: Sequence[ObligationView]
) -> list[tuple[str, int, int, int, int, str]]:
    """Milestone by milestone, then all: owed, on time, late, still owed, and who was late."""
    dated = [view for view in views if view.due_at is not None]
    rows = [
        _outcome_row(milestone.short or milestone.title, mine)
        for milestone in definition.milestones
        if (mine := [view for view in dated if view.milestone == milestone.id])
    ]
    return [*rows, _outcome_row("Cộng", dated)]


def _outcome_row(
    title: str, views: Sequence[ObligationView]
) -> tuple[str, int, int, int, int, str]:
    counts = Counter(view.timeliness for view in views)
    late = sorted({v.agency_short for v in views if v.timeliness in ("late", "overdue")})
    missing = len(views) - counts["on_time"] - counts["late"]
    return title, len(views), counts["on_time"], counts["late"], missing, ", ".join(late)
