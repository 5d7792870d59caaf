"""What a plan is called beside others: by its short name, unless another bears the same.

Last year's copy has this year's number. Wherever a plan is named, alone or in a list, such two are told
apart by the day they were issued, and on one day by their titles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from plan.models import Plan
from plan.text import date_words


@dataclass(frozen=True)
class PlanLabel:
    """The names of one plan, each its own among all plans."""

    short: str
    """«KH 04», or «KH 04 ngày 20/01/2020»."""
    number: str
    """«04/KH-UBND», or «04/KH-UBND ngày 20/01/2020»."""


@dataclass(frozen=True)
class _Named:
    id: str
    number: str
    short: str
    title: str
    issued_on: date


def plan_labels(session: Session) -> dict[str, PlanLabel]:
    """Every plan's names, by id. One query over the plans."""
    columns = (Plan.id, Plan.number, Plan.short, Plan.title, Plan.issued_on)
    rows = [_Named(*row) for row in session.exec(select(*columns))]  # type: ignore[call-overload]
    shorts = _apart((row, row.short or row.number) for row in rows)
    numbers = _apart((row, row.number) for row in rows)
    return {row.id: PlanLabel(shorts[row.id], numbers[row.id]) for row in rows}


def _apart(named: Iterable[tuple[_Named, str]]) -> dict[str, str]:
    """By id: the name, with the day where several bear it, and the title where that is not enough."""
    alike: defaultdict[str, list[_Named]] = defaultdict(list)
    for row, name in named:
        alike[name].append(row)
    found = {}
    for name, rows in alike.items():
        days = [row.issued_on for row in rows]
        for row in rows:
            day = f" ngày {date_words(row.issued_on)}" if len(rows) > 1 else ""
            title = f" «{row.title}»" if days.count(row.issued_on) > 1 else ""
            found[row.id] = f"{name}{day}{title}"
    return found
