"""A second plan of the same agencies, and who sits where."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from plan.definition.model import AgencyName, PlanDefinition
from plan.definition.model import Contact as ContactPart
from plan.models import Agency, Contact, Obligation
from plan.states import STILL_OWED
from tests.conftest import PLAN_ID

OTHER = "ke-hoach-khac"


def copied(definition: PlanDefinition, contacts: Sequence[ContactPart] = ()) -> PlanDefinition:
    """The plan under another id; its people are these."""
    return definition.model_copy(update={"id": OTHER, "contacts": list(contacts)})


def renamed(definition: PlanDefinition, code: str, name: str) -> PlanDefinition:
    """The plan in which the agency of this code is another."""
    names = [AgencyName(name=name, short=name, kind="xã")]
    agencies = [
        one.model_copy(update={"names": names}) if one.id == code else one
        for one in definition.agencies
    ]
    return definition.model_copy(update={"agencies": agencies})


def place(session: Session, plan_id: str, code: str) -> Agency:
    """The agency's place in the plan."""
    return session.exec(select(Agency).where(Agency.plan_id == plan_id, Agency.code == code)).one()


def seats(session: Session, plan_id: str, code: str) -> list[Contact]:
    """Who sits there, the first first."""
    statement = select(Contact).where(Contact.agency_id == place(session, plan_id, code).id)
    return list(session.exec(statement.order_by(col(Contact.id))))


def names(session: Session, plan_id: str, code: str) -> list[str]:
    """Their names."""
    return [one.name for one in seats(session, plan_id, code)]


def owed(session: Session, code: str, plan_id: str = PLAN_ID) -> set[tuple[int, str]]:
    """Deliverable and period of what it still owes."""
    agency = place(session, plan_id, code)
    rows = session.exec(select(Obligation).where(Obligation.agency_id == agency.id))
    return {(one.deliverable_id, one.period) for one in rows if one.state in STILL_OWED}
