"""Which plans ask something of the agencies somebody acts for, and how they stand there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from dashboard.auth.viewer import Viewer
from plan.models import Agency, Contact, Obligation, Plan
from plan.queries.delegations import in_place
from plan.queries.lookup import of_the_office
from plan.queries.progress import ObligationView, obligations
from plan.states import PlanState


@dataclass(frozen=True)
class PlanAsking:
    """A plan that has begun, and the codes it has for the agencies; `seat`: of somebody who came by a
    personal link, where they sit in it."""

    plan: Plan
    codes: tuple[str, ...]
    seat: int | None = None


def plans_asking(session: Session, viewer: Viewer, on: date) -> list[PlanAsking]:
    """Of a user those that their agencies owe something under; of somebody with a personal link those of them
    that they look after on the local day. The newest first. One query, over the agencies' places."""
    places = _places(session, viewer, on)
    codes, seats = defaultdict(list), dict[str, int | None]()
    for plan_id, code, seat in places:
        codes[plan_id].append(code)
        seats.setdefault(plan_id, seat)  # where the first of the codes is
    plans = select(Plan).where(col(Plan.id).in_(codes))
    rows = session.exec(plans.order_by(col(Plan.issued_on).desc(), col(Plan.id)))
    return [PlanAsking(plan, tuple(codes[plan.id]), seats[plan.id]) for plan in rows]


Places = Sequence[tuple[str, str, int | None]]
"""Plan, the agency's code in it, the seat there."""


def _places(session: Session, viewer: Viewer, on: date) -> Places:
    if viewer.known_as:
        return [
            (plan_id, code, None)
            for plan_id, code in session.exec(
                select(Agency.plan_id, Agency.code)
                .join(Plan, col(Plan.id) == Agency.plan_id)
                .where(col(Agency.directory_code).in_(viewer.known_as), *_asking())
                .order_by(col(Agency.id))
            )
        ]
    person = session.get(Contact, viewer.contact_id) if viewer.contact_id is not None else None
    if person is None or person.directory_id is None:  # a colleague whom work was passed to
        return []
    return session.exec(
        select(Agency.plan_id, Agency.code, Contact.id)
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .join(Contact, col(Contact.agency_id) == Agency.id)
        .where(Contact.directory_id == person.directory_id, in_place(on), *_asking())
        .order_by(col(Agency.id))
    ).all()


def _asking() -> tuple[ColumnElement[bool], ...]:
    """Of places: that the plan has begun, is the office's own, and asks something there."""
    owes = select(Obligation.id).where(Obligation.agency_id == Agency.id)
    return of_the_office(), col(Plan.state) != PlanState.draft, owes.exists()


@dataclass(frozen=True)
class OwnStanding:
    """How the agencies stand in one plan: what they still owe and may hand in now, how many of it is late,
    the nearest of it."""

    asked: PlanAsking
    owed: int
    late: int
    first: ObligationView | None


def own_standing(session: Session, asked: PlanAsking, as_of: datetime) -> OwnStanding:
    """Costs what the plan asks of these agencies."""
    views = obligations(session, asked.plan, as_of, agencies=asked.codes)
    owed = sorted(
        (view for view in views if view.due_at and not view.nothing_owed),
        key=lambda view: (view.last_day, view.row_id),
    )
    now = [view for view in owed if view.timeliness != "not_open"]
    late = sum(view.timeliness == "overdue" for view in now)
    return OwnStanding(asked, len(now), late, next(iter(now or owed), None))
