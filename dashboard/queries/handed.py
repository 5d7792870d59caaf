"""What was handed in, by milestone and day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from plan.calendar import local_day
from plan.queries.progress import ObligationView
from plan.states import State


@dataclass(frozen=True)
class Handed:
    """What one milestone got on one day."""

    accepted: int = 0
    waiting: int = 0
    late: int = 0

    @property
    def count(self) -> int:
        return self.accepted + self.waiting


def handed_by_day(views: Iterable[ObligationView]) -> dict[str, dict[date, Handed]]:
    """Milestone → day → how many came, by the moment that decides timeliness."""
    counts: dict[tuple[str, date], Counter[str]] = defaultdict(Counter)
    for view in views:
        if view.decisive_at is None or view.due_at is None:
            continue
        day = counts[view.milestone, local_day(view.decisive_at)]
        day["accepted" if view.state is State.accepted else "waiting"] += 1
        day["late"] += view.decisive_at >= view.due_at
    found: dict[str, dict[date, Handed]] = defaultdict(dict)
    for (milestone, day_), count in counts.items():
        found[milestone][day_] = Handed(count["accepted"], count["waiting"], count["late"])
    return found
