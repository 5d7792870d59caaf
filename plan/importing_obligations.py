"""Obligations of a plan being loaded: new ones added, changed deadlines as new versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, select

from plan.calendar import local_instant
from plan.deadlines import Window
from plan.definition import Deliverable as DeliverableDefinition
from plan.definition import PlanDefinition
from plan.ledger import change_deadline
from plan.models import Agency, Deadline, Deliverable, Obligation
from plan.owed import owners
from plan.states import Actor, Role
from plan.windows import WindowBook

LOADER = Actor(name="dondoc", role=Role.system, origin="init")


@dataclass
class Loaded:
    """What loading did."""

    plan_id: str
    added: int = 0
    amended: list[str] = field(default_factory=list)


def add_obligations(
    session: Session,
    definition: PlanDefinition,
    windows: WindowBook,
    agencies: Mapping[str, Agency],
    deliverables: Mapping[str, Deliverable],
    done: Loaded,
    *,
    now: datetime,
) -> None:
    """Write the obligations `definition` asks for. `now`: UTC."""
    known = {
        (row.agency_id, row.deliverable_id, row.period): row
        for row in session.exec(select(Obligation).where(Obligation.plan_id == definition.id))
    }
    fresh: list[Deadline] = []
    # A plan loaded late, or looked at as of an earlier moment, has its rungs from its own beginning.
    first_look = min(now, local_instant(definition.issued_on))
    for part in definition.deliverables:
        deliverable = deliverables[part.id]
        for code in owners(definition, part):
            for period, words, window in windows.of_deliverable(part):
                old = known.get((agencies[code].id or 0, deliverable.id or 0, period))
                if old is None:
                    row = _new_obligation(definition.id, part, code, agencies[code], deliverable)
                    row.period, row.next_check_at = period, first_look
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
        _reproject(session, row, window, latest, now)
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


def _reproject(
    session: Session, row: Obligation, window: Window | None, latest: Deadline, now: datetime
) -> None:
    """The calendar alone moved the last working day: no new version, the projection follows."""
    if window is None or row.deadline_version != latest.version:
        return
    if row.last_working_day == window.last_working_day:
        return
    row.next_check_at = now
    row.last_working_day = latest.last_working_day = window.last_working_day
    session.add_all([row, latest])
