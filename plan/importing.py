"""Putting a plan (and its contacts) into the database.

Loading again is safe: what is new is added, a changed deadline becomes a new version (kind
«amendment», or «calendar» when only the calendar moved it), nothing is overwritten or dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session, select

from plan import audit
from plan.calendar import WorkingCalendar
from plan.deadlines import Window
from plan.definition import Deliverable as DeliverableDefinition
from plan.definition import PlanDefinition
from plan.ledger import change_deadline
from plan.models import (
    Agency,
    AgencyName,
    CalendarDay,
    Contact,
    Deadline,
    Deliverable,
    Milestone,
    Obligation,
    Plan,
)
from plan.states import Actor, Role
from plan.windows import WindowBook

LOADER = Actor(name="dondoc", role=Role.system, origin="init")
YEARS_AHEAD = 1


@dataclass
class Loaded:
    """What loading did."""

    plan_id: str
    added: int = 0
    amended: list[str] = field(default_factory=list)


def load_plan(session: Session, definition: PlanDefinition, *, now: datetime) -> Loaded:
    """Write a checked definition. `now`: UTC; its year decides how far the calendar is projected."""
    text = definition.model_dump_json()
    done = Loaded(definition.id)
    _plan_row(session, definition, text, now)
    calendar = _project_calendar(session, definition, now)
    agencies = _agencies(session, definition)
    windows = WindowBook(definition, calendar)
    milestones = _milestones(session, definition, windows)
    deliverables = _deliverables(session, definition, milestones)
    _obligations(session, definition, windows, agencies, deliverables, now, done)
    if definition.contacts and not _has_contacts(session, definition.id):
        replace_contacts(session, agencies, definition.contacts)
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


def owners(definition: PlanDefinition, part: DeliverableDefinition) -> list[str]:
    """The agencies that owe a deliverable, groups opened up, in the plan's order."""
    wanted = set(part.owners)
    return [a.id for a in definition.agencies if a.id in wanted or a.group in wanted]


def _obligations(
    session: Session,
    definition: PlanDefinition,
    windows: WindowBook,
    agencies: Mapping[str, Agency],
    deliverables: Mapping[str, Deliverable],
    now: datetime,
    done: Loaded,
) -> None:
    known = {
        (row.agency_id, row.deliverable_id, row.period): row
        for row in session.exec(select(Obligation).where(Obligation.plan_id == definition.id))
    }
    fresh: list[Deadline] = []
    for part in definition.deliverables:
        deliverable = deliverables[part.id]
        for code in owners(definition, part):
            for period, words, window in windows.of_deliverable(part):
                old = known.get((agencies[code].id or 0, deliverable.id or 0, period))
                if old is None:
                    row = _new_obligation(definition.id, part, code, agencies[code], deliverable)
                    row.period, row.next_check_at = period, now
                    _project(row, window)
                    session.add(row)
                    session.flush()
                    fresh.append(_first_deadline(row, words, now))
                    done.added += 1
                else:
                    _amend(session, old, words, window, now, done)
    session.add_all(fresh)
    session.flush()


def _new_obligation(
    plan_id: str,
    part: DeliverableDefinition,
    code: str,
    agency: Agency,
    deliverable: Deliverable,
) -> Obligation:
    assert agency.id is not None
    assert deliverable.id is not None
    return Obligation(
        plan_id=plan_id,
        agency_id=agency.id,
        deliverable_id=deliverable.id,
        milestone_id=deliverable.milestone_id,
        title=part.titles.get(code, part.title),
        origin=part.origin,
    )


def _project(row: Obligation, window: Window | None) -> None:
    if window is None:
        return
    row.opens_at, row.due_at = window.opens_at, window.due_at
    row.last_day, row.last_working_day = window.last_day, window.last_working_day


def _first_deadline(row: Obligation, words: str, now: datetime) -> Deadline:
    assert row.id is not None
    return Deadline(
        obligation_id=row.id,
        version=1,
        kind="plan",
        words=words,
        opens_at=row.opens_at,
        due_at=row.due_at,
        last_day=row.last_day,
        last_working_day=row.last_working_day,
        decided_by=LOADER.name,
        decided_at=now,
    )


def _amend(
    session: Session,
    row: Obligation,
    words: str,
    window: Window | None,
    now: datetime,
    done: Loaded,
) -> None:
    """A deadline that the plan now words otherwise is a new version; an extension granted stays."""
    assert row.id is not None
    versions = session.exec(select(Deadline).where(Deadline.obligation_id == row.id)).all()
    latest = max((v for v in versions if v.kind in ("plan", "amendment", "calendar")), key=_version)
    same_day = latest.last_day == (window.last_day if window else None)
    if latest.words == words and same_day:
        _reproject(session, row, window, latest)
        return
    if any(v.version > latest.version for v in versions):
        return
    change_deadline(
        session,
        [row.id],
        window,
        kind="amendment",
        words=words,
        reason="Kế hoạch được nạp lại với hạn mới",
        actor=LOADER,
        now=now,
    )
    done.amended.append(f"{row.id}")


def _version(deadline: Deadline) -> int:
    return deadline.version


def _reproject(session: Session, row: Obligation, window: Window | None, latest: Deadline) -> None:
    """The calendar alone moved the last working day: no new version, the projection follows."""
    if window is None or row.deadline_version != latest.version:
        return
    row.last_working_day = latest.last_working_day = window.last_working_day
    session.add_all([row, latest])


def _has_contacts(session: Session, plan_id: str) -> bool:
    found = session.exec(
        select(Contact.id)
        .join(Agency, Agency.id == Contact.agency_id)  # type: ignore[arg-type]
        .where(Agency.plan_id == plan_id)
        .limit(1)
    )
    return found.first() is not None


def replace_contacts(
    session: Session, agencies: Mapping[str, Agency], contacts: Iterable[object]
) -> int:
    """Replace the contacts of every agency named among `contacts` (`plan.definition.Contact`)."""
    rows = []
    for contact in contacts:
        fields = dict(vars(contact))
        agency = agencies[fields.pop("agency")]
        assert agency.id is not None
        rows.append(Contact(agency_id=agency.id, **fields))
    named = {row.agency_id for row in rows}
    for old in session.exec(select(Contact)):
        if old.agency_id in named:
            session.delete(old)
    session.flush()
    session.add_all(rows)
    session.flush()
    return len(rows)
