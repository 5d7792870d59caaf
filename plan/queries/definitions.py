"""A plan parsed, kept in this process: the text is parsed once however many ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from plan.calendar import LOCAL
from plan.models import Plan

if TYPE_CHECKING:
    from plan.definition.model import PlanDefinition

_KEPT = 64
"""Plans, more than run at once: parsing one of 10,000 agencies costs a tenth of a second, and a run after
one more submission must not pay it."""


@dataclass(frozen=True)
class _Parsed:
    definition: PlanDefinition
    name_days: tuple[date, ...]
    """Days from which some agency bears another name, first to last."""


def definition_of(plan: Plan) -> PlanDefinition:
    """The whole plan as data, of the version that the row holds."""
    return _parsed(plan.definition).definition


def names_day(plan: Plan, as_of: datetime) -> date:
    """The local date of the last change of a name up to an instant; `date.min` before any."""
    today = as_of.astimezone(LOCAL).date()
    days = _parsed(plan.definition).name_days
    return max((day for day in days if day <= today), default=date.min)


@lru_cache(maxsize=_KEPT)
def _parsed(text: str) -> _Parsed:
    from plan.definition.model import PlanDefinition  # its models cost a tenth of a second to build

    definition = PlanDefinition.model_validate_json(text)
    days = {one.valid_from for agency in definition.agencies for one in agency.names}
    return _Parsed(definition, tuple(sorted(day for day in days if day is not None)))
