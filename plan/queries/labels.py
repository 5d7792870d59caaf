"""What a plan is called beside others: by its short name, unless another bears the same.

Last year's copy has this year's number. Wherever a plan is named, alone or in a list, such two are told
apart by the day they were issued, and on one day by their titles. A duty handed down is told apart from
others handed down alone: what agencies do among their own units changes no name of the office's plans.
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
    """The names of one plan, each its own among the office's."""

    short: str
    """«KH 04», or «KH 04 ngày 20/01/2020»; of a duty handed down «KH 04, Sở Tài chính giao»."""
    number: str
    """«04/KH-UBND», or «04/KH-UBND ngày 20/01/2020»; of a duty handed down that of the document it is owed
    under, whose day is not its own."""


@dataclass(frozen=True)
class _Named:
    id: str
    number: str
    short: str
    title: str
    issued_on: date
    parent_obligation_id: int | None


def plan_labels(session: Session) -> dict[str, PlanLabel]:
    """Every plan's names, by id. One query over the plans."""
    columns = (Plan.id, Plan.number, Plan.short, Plan.title, Plan.issued_on)
    found = session.exec(select(*columns, Plan.parent_obligation_id))  # type: ignore[call-overload] # overloads end at four columns
    rows = [_Named(*row) for row in found]
    own = [row for row in rows if row.parent_obligation_id is None]
    handed_down = [row for row in rows if row.parent_obligation_id is not None]
    shorts = _apart((row, row.short or row.number) for row in own)
    shorts |= _apart((row, row.short or row.number) for row in handed_down)
    numbers = {row.id: row.number for row in rows} | _apart((row, row.number) for row in own)
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
