"""Putting a plan (and its contacts) into the database.

Loading again is safe: what is new is added, a changed deadline becomes a new version (kind
«amendment», or «calendar» when only the calendar moved it), nothing is overwritten or dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.calendar import WorkingCalendar, local_instant
from plan.contacts import has_contacts, seat_contacts
from plan.definition.model import PlanDefinition
from plan.directory.placing import place_agencies
from plan.directory.seats import seat_everybody
from plan.importing.obligations import AmendedBy, Loaded, Loading, Progress, add_obligations
from plan.ledger import audit, start_plan
from plan.ledger.core import require_open, state_of
from plan.models import (
    Agency,
    AgencyName,
    CalendarDay,
    Deadline,
    Deliverable,
    Milestone,
    Obligation,
    Plan,
    PlanVersion,
)
from plan.states import LOADER, Actor, PlanState
from plan.windows import WindowBook

YEARS_AHEAD = 1


def load_plan(
    session: Session,
    definition: PlanDefinition,
    *,
    now: datetime,
    amended_by: AmendedBy | None = None,
    actor: Actor = LOADER,
    progress: Progress | None = None,
    hands_down: int | None = None,
) -> Loaded:
    """Write a checked definition. `now`: UTC; its year decides how far the calendar is projected.

    A plan loaded for the first time is a draft; a closed one is refused (RefusedError). Loaded again, only
    what says something else than before is looked at, and its people are those of agencies that are new.
    `hands_down`: row id of the duty that a new plan hands down.
    """
    by = amended_by.actor if amended_by else actor
    old = session.get(Plan, definition.id)
    if old is not None:
        require_open(session, definition.id)
    text = definition.model_dump_json()
    before = json.loads(old.definition) if old is not None else None
    done = Loaded(definition.id)
    _plan_row(session, definition, text, now, hands_down)
    _keep_version(session, definition.id, text, amended_by, by, now)
    calendar, same_calendar = _project_calendar(session, definition, now)
    changed = deliverables_changed(before, json.loads(text)) if same_calendar and before else None
    agencies, new = _agencies(session, definition)
    if new:
        place_agencies(session)
    empty = not has_contacts(session, definition.id)
    fresh = set(new)
    people = [one for one in definition.contacts if empty or agencies[one.agency] in fresh]
    if people:
        seat_contacts(session, agencies, people, now)
    if new:
        seat_everybody(session, new, now)
    windows = WindowBook(definition, calendar)
    closed_on = _closing(session, definition.id)
    milestones = _milestones(session, definition, windows)
    deliverables = _deliverables(session, definition, milestones)
    loading = Loading(session, now, by, amended_by, done)
    add_obligations(
        loading, definition, windows, agencies, deliverables, changed=changed, progress=progress
    )
    _as_documents_said(session, milestones, closed_on)
    audit.record(
        session,
        plan_id=definition.id,
        actor=by,
        event="plan.loaded",
        subject=definition.id,
        now=now,
        after={
            "hash": _hash(text),
            "added": done.added,
            "amended": done.amended,
            "windows": done.windows,
        },
    )
    return done


def deliverables_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str] | None:
    """The deliverables that another version of a plan (as JSON) says otherwise; None: what it says of
    agencies, milestones or days may change any of them. Pure."""
    if any(before.get(name) != after.get(name) for name in _OF_ALL):
        return None
    known = {part["id"]: part for part in before["deliverables"]}
    return {part["id"] for part in after["deliverables"] if known.get(part["id"]) != part}


_OF_ALL = ("agencies", "milestones", "issued_on", "ends_on", "before_is_inclusive", "calendar")


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


def _plan_row(
    session: Session, definition: PlanDefinition, text: str, now: datetime, hands_down: int | None
) -> None:
    plan = session.get(Plan, definition.id) or Plan(
        id=definition.id,
        number="",
        title="",
        issued_on=definition.issued_on,
        definition="",
        definition_hash="",
        loaded_at=now,
        parent_obligation_id=hands_down,
    )
    plan.number, plan.title, plan.short = definition.number, definition.title, definition.short
    plan.issued_on, plan.ends_on = definition.issued_on, definition.ends_on
    plan.soon_working_days = definition.soon_working_days
    plan.definition, plan.definition_hash, plan.loaded_at = text, _hash(text), now
    session.add(plan)
    session.flush()


def _keep_version(
    session: Session,
    plan_id: str,
    text: str,
    amended_by: AmendedBy | None,
    by: Actor,
    now: datetime,
) -> None:
    """What the plan says now, unless it said so before."""
    newest = session.exec(
        select(PlanVersion)
        .where(PlanVersion.plan_id == plan_id)
        .order_by(col(PlanVersion.number).desc())
        .limit(1)
    ).first()
    if newest is not None and newest.definition_hash == _hash(text):
        return
    row = PlanVersion(
        plan_id=plan_id,
        number=newest.number + 1 if newest else 1,
        definition=text,
        definition_hash=_hash(text),
        made_by=by.name,
        made_at=now,
    )
    if amended_by is not None:
        row.document_number, row.document_on = amended_by.number, amended_by.on
        row.reason = amended_by.reason
    session.add(row)
    session.flush()


def _project_calendar(
    session: Session, definition: PlanDefinition, now: datetime
) -> tuple[WorkingCalendar, bool]:
    """Keep the days off and made up of every year the plan touches, so that reads need no library; and
    whether they are those that were kept."""
    last = max(
        definition.issued_on.year, now.year, (definition.ends_on or definition.issued_on).year
    )
    years = range(definition.issued_on.year - 1, last + YEARS_AHEAD + 1)
    calendar = WorkingCalendar.build(years, definition.calendar)
    days = {day: ("off", why) for day, why in calendar.off.items()}
    days |= {day: ("working", why) for day, why in calendar.working.items()}
    rows = session.exec(select(CalendarDay).where(CalendarDay.plan_id == definition.id)).all()
    if {row.day: (row.kind, row.why) for row in rows} == days:
        return calendar, True
    for row in rows:
        session.delete(row)
    session.flush()
    session.add_all(
        CalendarDay(plan_id=definition.id, day=day, kind=kind, why=why)
        for day, (kind, why) in days.items()
    )
    session.flush()
    return calendar, False


def _agencies(session: Session, definition: PlanDefinition) -> tuple[dict[str, int], list[int]]:
    """Agencies and their names as the plan says; their row ids by code, and those of the new ones."""
    connection = session.connection()
    parts = {part.id: (part.group, order) for order, part in enumerate(definition.agencies)}
    known = {
        code: (number, group, sort) for number, code, group, sort in _rows_of(session, definition)
    }
    new = [
        {"plan_id": definition.id, "code": code, "group": group, "sort": sort}
        for code, (group, sort) in parts.items()
        if code not in known
    ]
    numbers = {code: number for code, (number, _, _) in known.items()}
    if new:
        connection.execute(insert(Agency), new)
        numbers = {code: number for number, code, _, _ in _rows_of(session, definition)}
    moved = [
        {"number": known[code][0], "as_group": group, "as_sort": sort}
        for code, (group, sort) in parts.items()
        if code in known and known[code][1:] != (group, sort)
    ]
    if moved:
        connection.execute(
            update(Agency)
            .where(col(Agency.id) == bindparam("number"))
            .values(group=bindparam("as_group"), sort=bindparam("as_sort")),
            moved,
        )
    _names(session, definition, numbers)
    return numbers, [number for code, number in numbers.items() if code not in known]


def _rows_of(session: Session, definition: PlanDefinition) -> list[tuple[int, str, str, int]]:
    rows = session.connection().execute(
        columns(col(Agency.id), col(Agency.code), col(Agency.group), col(Agency.sort)).where(
            col(Agency.plan_id) == definition.id
        )
    )
    return [(number or 0, code, group, sort) for number, code, group, sort in rows]


def _names(session: Session, definition: PlanDefinition, numbers: Mapping[str, int]) -> None:
    """A name is known by the day it holds from; what is gone from the plan stays."""
    connection = session.connection()
    key = (col(AgencyName.agency_id), col(AgencyName.valid_from))
    said = (col(AgencyName.name), col(AgencyName.short), col(AgencyName.kind))
    rows = connection.execute(
        columns(*key, *said)
        .join(Agency, col(Agency.id) == AgencyName.agency_id)
        .where(col(Agency.plan_id) == definition.id)
    )
    known = {(number, since): tuple(words) for number, since, *words in rows}
    wanted = {
        (numbers[part.id], name.valid_from or date.min): (name.name, name.short, name.kind)
        for part in definition.agencies
        for name in part.names
    }
    other = [
        {"agency_id": number, "valid_from": since, "name": name, "short": short, "kind": kind}
        for (number, since), (name, short, kind) in wanted.items()
        if known.get((number, since)) != (name, short, kind)
    ]
    gone = [one for one in other if (one["agency_id"], one["valid_from"]) in known]
    if gone:
        connection.execute(
            delete(AgencyName).where(
                key[0] == bindparam("of_agency"), key[1] == bindparam("of_day")
            ),
            [{"of_agency": one["agency_id"], "of_day": one["valid_from"]} for one in gone],
        )
    if other:
        connection.execute(insert(AgencyName), other)


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


def _closing(session: Session, plan_id: str) -> dict[str, datetime | None]:
    """When each milestone closes so far, by its code."""
    rows = columns(col(Milestone.code), col(Milestone.due_at)).where(
        col(Milestone.plan_id) == plan_id
    )
    return {row.code: row.due_at for row in session.connection().execute(rows)}


def _as_documents_said(
    session: Session,
    milestones: Mapping[str, Milestone],
    closed_on: Mapping[str, datetime | None],
) -> None:
    """A milestone that a document moved as a whole closes as that document says, for as long as
    obligations of it stand by that document: what the plan says now has not changed theirs."""
    for code, row in milestones.items():
        before = closed_on.get(code)
        if before is None or before == row.due_at:
            continue
        stands = (
            select(Obligation.id)
            .join(Deadline, col(Deadline.obligation_id) == Obligation.id)
            .where(
                Obligation.milestone_id == row.id,
                Obligation.due_at == before,
                Deadline.version == Obligation.deadline_version,
                Deadline.kind == "amendment",
                Deadline.document_number != "",
            )
            .limit(1)
        )
        if session.exec(stands).first() is not None:
            row.due_at = before
            session.add(row)


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
