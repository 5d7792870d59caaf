"""What is the same for every run of a plan, kept in this process: the parsed plan, the days names change.

Parsing a plan of 10,000 agencies costs a tenth of a second; a run after one more submission must not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock

from sqlmodel import Session, col, select

from plan.calendar import LOCAL
from plan.definition.model import PlanDefinition
from plan.models import AgencyName, Plan
from plan.queries.lookup import agency_names, definition_of


@dataclass(frozen=True)
class Known:
    """A plan as of one version of it."""

    definition: PlanDefinition
    name_days: tuple[date, ...]
    """Days from which some agency bears another name, first to last."""


_KEEP, _FEW = 4, 500
_known: OrderedDict[str, Known] = OrderedDict()
_lock = Lock()


def known(plan: Plan) -> Known:
    """The plan parsed; by the hash of its text, so that a plan loaded again is another one."""
    key = f"{plan.id}/{plan.definition_hash}"
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    definition = definition_of(plan)
    days = {one.valid_from for agency in definition.agencies for one in agency.names}
    made = Known(definition, tuple(sorted(day for day in days if day is not None)))
    with _lock:
        _known[key] = made
        while len(_known) > _KEEP:
            _known.popitem(last=False)
    return made


def names_day(plan: Plan, as_of: datetime) -> date:
    """The local date of the last change of a name up to an instant; `date.min` before any."""
    today = as_of.astimezone(LOCAL).date()
    return max((day for day in known(plan).name_days if day <= today), default=date.min)


def names_of(
    session: Session, plan_id: str, on: date, agency_ids: Collection[int]
) -> dict[int, AgencyName]:
    """The names these agencies bear on a local date, by row id."""
    wanted = set(agency_ids)
    if len(wanted) > _FEW:
        return agency_names(session, plan_id, on)
    rows = session.exec(
        select(AgencyName)
        .where(col(AgencyName.agency_id).in_(wanted), AgencyName.valid_from <= on)
        .order_by(col(AgencyName.valid_from))
    )
    return {row.agency_id: row for row in rows}
