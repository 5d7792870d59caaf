"""What several groups of pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

from starlette.responses import Response

from dashboard.auth.viewer import EVERYONE, READERS
from dashboard.queries.naming import Naming, milestones, names_key, naming
from dashboard.queries.plan_view import PlanView
from dashboard.rendering.export import FORMS, exported
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Handler, Pages
from plan.calendar import local_day
from plan.database import writing
from plan.definition.periodic import outputs_by_period
from plan.ledger import audit
from plan.models import Plan


def both_doors(pages: Pages, rest: str) -> Callable[[Handler], Handler]:
    """The same page of a product at both its addresses: where the office looks, and where its agency does.
    `rest`: the path after the agency."""

    def keep(handler: Handler) -> Handler:
        pages.get(f"/nghia-vu/{{agency}}{rest}", may=READERS)(handler)
        return pages.get(f"/don-vi/{{agency}}{rest}", may=EVERYONE)(handler)

    return keep


def names_of(visit: Visit) -> Naming:
    """Names as of the moment shown. They change when the plan is loaded again, a data call is opened, or at
    midnight; a milestone that was closed, with the data. Without a plan there are none."""
    if not visit.plans:
        return Naming({}, {}, {}, {}, {})
    plan, day = visit.plan, local_day(visit.as_of)
    key = ("names", *names_key(visit.session, plan, day))
    names = visit.site.cache.get(key, lambda: _named(visit, day))
    return replace(names, milestones=milestones(visit.session, plan.id))


def _named(visit: Visit, day: date) -> Naming:
    plan, outputs = visit.plan, outputs_by_period(visit.definition)
    return replace(
        naming(visit.session, plan.id, day),
        outputs={one.id: one.title for one in outputs},
        plans={plan.id: plan.number},
    )


def taken_away(visit: Visit, tables: Mapping[str, Callable[[], Table]]) -> Response | None:
    """The table that the address asks for (`bang`, `dang`) as a file; None: the page itself.

    Only the one asked for is made. A page's only or first table goes without a name."""
    form = visit.query("dang")
    if form not in FORMS:
        return None
    make = tables.get(visit.query("bang"))
    if make is None:
        raise MissingError
    table = make()
    note_export(visit, f"{table.name}.{form}")
    return exported(table, form)


def note_export(visit: Visit, what: str) -> None:
    """Into the trail: who took which table away."""
    with writing(visit.site.engine) as session:
        audit.record(
            session,
            plan_id="",
            actor=visit.who.actor,
            event="table.exported",
            subject=what,
            now=visit.now,
            after={"plan": visit.plan.id if visit.plans else ""},
        )


def plan_view_of(visit: Visit) -> PlanView:
    """What is looked at, for counts and lists."""
    keeper = visit.site.counts if visit.looking_back is None else None
    return PlanView(visit.session, visit.plan, visit.as_of, names_of(visit), keeper)


def plan_views_of(visit: Visit, plans: Iterable[Plan]) -> list[PlanView]:
    """The same moment of each of these plans."""
    here, day = plan_view_of(visit), local_day(visit.as_of)
    return [
        here
        if plan.id == visit.plan.id
        else replace(here, plan=plan, names=naming(visit.session, plan.id, day))
        for plan in plans
    ]
