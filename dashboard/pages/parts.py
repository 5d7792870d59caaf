"""What several groups of pages share."""

from __future__ import annotations

from dashboard.reads.naming import Naming, naming
from dashboard.visit import Visit
from plan.calendar import local_day


def names_of(visit: Visit) -> Naming:
    """Names as of the moment shown; read once for each change of the data."""
    day = local_day(visit.as_of)
    return visit.cached(("names", day), lambda: naming(visit.session, visit.plan.id, day))
