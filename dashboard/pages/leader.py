"""Lãnh đạo: the whole plan on one screen, for reading on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from dashboard.auth.viewer import READERS
from dashboard.pages.common import plan_view_of
from dashboard.queries.alarms import extensions_waiting
from dashboard.queries.board import headline
from dashboard.queries.counts import waiting
from dashboard.queries.glance.matrix import still_owing
from dashboard.queries.listing import dated_of, owed_late
from dashboard.queries.naming import Naming
from dashboard.queries.overview import milestones_now
from dashboard.queries.runs import runs_by_output
from dashboard.queries.urgings import Counted, count_urgings
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from plan.calendar import local_day
from plan.deadlines.standing import left_words
from plan.queries.progress import ObligationView
from plan.text import date_words, number_words

pages = Pages()
MOST = 40
"""Agencies named on one screen."""


@pages.get("/lanh-dao", may=READERS, remembered=True)
def show(visit: Visit) -> Response:
    """One sentence, the milestones, who is behind, the newest documents."""
    plan_view = plan_view_of(visit)
    names = plan_view.names
    rows = [row for row in milestones_now(plan_view) if row.dated]
    over = {code for row in rows for code, _ in row.behind}
    named = sorted(over)[:MOST]
    views = dated_of(plan_view, named, owed_late(plan_view))
    urged = count_urgings(visit.session, visit.plan.id, visit.as_of, named)
    outputs = runs_by_output(visit.session, visit.plan.id, visit.definition, visit.as_of)
    return visit.render(
        "leader.html",
        headline=headline(rows, visit.as_of, visit.plan.soon_working_days),
        rows=rows,
        waiting=waiting(plan_view.buckets),
        extensions=len(extensions_waiting(visit.session, visit.plan.id, visit.as_of)),
        late=_late(views, names, urged),
        more=len(over) - len(named),
        outputs=[one for one in outputs if one.newest is not None],
        names=names,
    )


@dataclass
class Late:
    """Agencies that are behind with the same things by as much."""

    products: list[str]
    words: str
    agencies: list[tuple[str, str]]
    """(code, short name)"""
    urged: list[Counted]
    """How often each of them was urged."""

    @property
    def urged_words(self) -> str:
        """«đã nhắc 6 lần, gần nhất 04/05/2020»; of several «đã nhắc 3 đến 6 lần …»."""
        low, high = min(one.times for one in self.urged), max(one.times for one in self.urged)
        last = max((one.last for one in self.urged if one.last), default=None)
        if last is None:
            return "chưa nhắc lần nào"
        span = number_words(high) if low == high else f"{low} đến {high}"
        return f"đã nhắc {span} lần, gần nhất {date_words(local_day(last))}"


def _late(
    views: Sequence[ObligationView], names: Naming, urged: Mapping[str, Counted]
) -> list[Late]:
    """Those behind, longest first; one line for all that are behind alike. `views`: what is owed late."""
    found: dict[tuple[object, ...], Late] = {}
    for code, name, behind in still_owing(views):
        products = [names.product(view.deliverable, view.period) for view in behind]
        words = left_words(behind[0].standing)
        group = found.setdefault((*products, words), Late(products, words, [], []))
        group.agencies.append((code, name))
        group.urged.append(urged.get(code, Counted()))
    return list(found.values())
