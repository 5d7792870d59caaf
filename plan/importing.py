"""Putting a plan (and its contacts) into the database.

Loading again is safe: what is new is added, a changed deadline becomes a new version (kind
«amendment», or «calendar» when only the calendar moved it), nothing is overwritten or dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session, select

from plan import audit
from plan.calendar import WorkingCalendar, local_instant
from plan.contacts import has_contacts, replace_contacts
from plan.definition import PlanDefinition
from plan.importing_obligations import LOADER, Loaded, add_obligations
from plan.ledger import start_plan
from plan.ledger.core import require_open, state_of
from plan.models import Agency, AgencyName, CalendarDay, Deliverable, Milestone, Plan
from plan.states import PlanState
from plan.windows import WindowBook

YEARS_AHEAD = 1


def load_plan(session: Session, definition: PlanDefinition, *, now: datetime) -> Loaded:
    """Write a checked definition. `now`: UTC; its year decides how far the calendar is projected.

    A plan loaded for the first time is a draft; a closed one is refused (RefusedError).
    """
    if session.get(Plan, definition.id) is not None:
        require_open(session, definition.id)
    text = definition.model_dump_json()
    done = Loaded(definition.id)
    _plan_row(session, definition, text, now)
    calendar = _project_calendar(session, definition, now)
    agencies = _agencies(session, definition)
    windows = WindowBook(definition, calendar)
    milestones = _milestones(session, definition, windows)
    deliverables = _deliverables(session, definition, milestones)
    add_obligations(session, definition, windows, agencies, deliverables, done, now=now)
    if definition.contacts and not has_contacts(session, definition.id):
        replace_contacts(session, agencies, definition.contacts, now)
    audit.record(
        session,
        plan_id=definition.id,
        actor=LOADER,
        event="plan.loaded",
        subject=definition.id,
        now=now,
        after={"hash": _hash(text), "added": done.added, "amended": done.amended},
    )
    return done


def start_for_practice(session: Session, definition: PlanDefinition, *, now: datetime) -> None:
    """Start a draft by itself, as of its own beginning: on a virtual clock no message leaves the machine,
    and whoever practises wants to see the plan as though it had run from its first day."""
    if state_of(session, definition.id) is PlanState.draft:
        start_plan(
            session,
            definition.id,
            actor=LOADER,
            now=min(now, local_instant(definition.issued_on)),
        )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _plan_row(session: Session, definition: PlanDefinition, text: str, now: datetime) -> None:
    plan = session.get(Plan, definition.id) or Plan(
        id=definition.id,
        number="",
        title="",
        issued_on=definition.issued_on,
        definition="",
        definition_hash="",
        loaded_at=now,
    )
    plan.number, plan.title, plan.short = definition.number, definition.title, definition.short
    plan.issued_on, plan.ends_on = definition.issued_on, definition.ends_on
    plan.soon_working_days = definition.soon_working_days
    plan.definition, plan.definition_hash, plan.loaded_at = text, _hash(text), now
    session.add(plan)
    session.flush()


def _project_calendar(
    session: Session, definition: PlanDefinition, now: datetime
) -> WorkingCalendar:
    """Keep the days off and made up of every year the plan touches, so that reads need no library."""
    last = max(
        definition.issued_on.year, now.year, (definition.ends_on or definition.issued_on).year
    )
    years = range(definition.issued_on.year - 1, last + YEARS_AHEAD + 1)
    calendar = WorkingCalendar.build(years, definition.calendar)
    for row in session.exec(select(CalendarDay).where(CalendarDay.plan_id == definition.id)):
        session.delete(row)
    session.flush()
    for kind, days in (("off", calendar.off), ("working", calendar.working)):
        session.add_all(
            CalendarDay(plan_id=definition.id, day=day, kind=kind, why=why)
            for day, why in days.items()
        )
    session.flush()
    return calendar


def _agencies(session: Session, definition: PlanDefinition) -> dict[str, Agency]:
    known = {
        row.code: row for row in session.exec(select(Agency).where(Agency.plan_id == definition.id))
    }
    for order, part in enumerate(definition.agencies):
        row = known.setdefault(
            part.id, Agency(plan_id=definition.id, code=part.id, group=part.group)
        )
        row.group, row.sort = part.group, order
        session.add(row)
        session.flush()
        assert row.id is not None
        for name in part.names:
            session.merge(
                AgencyName(
                    agency_id=row.id,
                    valid_from=name.valid_from or date.min,
                    name=name.name,
                    short=name.short,
                    kind=name.kind,
                )
            )
    session.flush()
    return known


def _milestones(
    session: Session, definition: PlanDefinition, windows: WindowBook
) -> dict[str, Milestone]:
    known = {
        row.code: row
        for row in session.exec(select(Milestone).where(Milestone.plan_id == definition.id))
    }
    for order, part in enumerate(definition.milestones):
        row = known.setdefault(
            part.id, Milestone(plan_id=definition.id, code=part.id, title="", origin="plan")
        )
        row.title, row.short, row.origin, row.sort = part.title, part.short, part.origin, order
        window = windows.of_milestone(part.id)
        row.opens_at = window.opens_at if window else None
        row.due_at = window.due_at if window else None
        session.add(row)
    session.flush()
    return known


def _deliverables(
    session: Session, definition: PlanDefinition, milestones: Mapping[str, Milestone]
) -> dict[str, Deliverable]:
    known = {
        row.code: row
        for row in session.exec(select(Deliverable).where(Deliverable.plan_id == definition.id))
    }
    for order, part in enumerate(definition.deliverables):
        milestone_id = milestones[part.milestone].id
        assert milestone_id is not None
        row = known.setdefault(
            part.id,
            Deliverable(
                plan_id=definition.id, milestone_id=milestone_id, code=part.id, title="", kind=""
            ),
        )
        row.title, row.short, row.kind = part.title, part.short, part.kind
        row.sort, row.confidential, row.milestone_id = order, part.confidential, milestone_id
        session.add(row)
    session.flush()
    return known
