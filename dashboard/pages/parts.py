"""What several groups of pages share."""

from __future__ import annotations

from dataclasses import replace

from dashboard.reads.counts import CountKeeper
from dashboard.reads.naming import Naming, milestones, naming
from dashboard.reads.overview import is_large
from dashboard.visit import Visit
from plan.calendar import local_day


def names_of(visit: Visit) -> Naming:
    """Names as of the moment shown. They change when the plan is loaded again, or at midnight; a
    milestone that was closed, with the data."""
    plan, day = visit.plan, local_day(visit.as_of)
    key = ("names", plan.id, plan.definition_hash, plan.loaded_at, day)
    names = visit.site.cache.get(key, lambda: naming(visit.session, plan.id, day))
    return replace(names, milestones=milestones(visit.session, plan.id))


def keeper_of(visit: Visit) -> CountKeeper | None:
    """What counts a large plan, for pages of the present."""
    return visit.site.counts if visit.looking_back is None else None


def large(visit: Visit) -> bool:
    """Whether the database must do the filtering."""
    return visit.looking_back is None and is_large(visit.session, visit.plan.id)
