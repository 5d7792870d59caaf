"""Obligations of a plan being loaded: new ones added, changed deadlines as new versions.

A deliverable is written at once for all who owe it: few statements each, whatever their number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import starmap
from typing import Any

from sqlalchemy import Date, Select, bindparam, exists, func, insert, literal, or_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from plan.calendar import local_instant
from plan.deadlines.windows import Window
from plan.definition.model import PlanDefinition
from plan.definition.ownership import owners
from plan.ledger import change_deadline
from plan.ledger.new_deadline import Basis, NewDeadline, projection
from plan.models import (
    Deadline,
    Deliverable,
    Obligation,
)
from plan.models.columns import UtcDateTime
from plan.states import CLOSED, Actor
from plan.windows import WindowBook, window_digest

OF_PLAN = ("plan", "amendment", "calendar")
"""Kinds of deadline versions that say what the plan says; the others stay: extensions, and what a later
document changed for a milestone by its number. «plan» with a document's number: the plan as amended."""


@dataclass(frozen=True, slots=True)
class AmendedBy:
    """The document that changes a plan which runs, and who entered it."""

    number: str
    on: date
    reason: str
    actor: Actor

    @property
    def words(self) -> str:
        """«12/QĐ-UBND ngày 01/06/2026»."""
        return f"{self.number} ngày {self.on:%d/%m/%Y}"


Progress = Callable[[int, int], None]
"""Told how many deliverables are done, of how many."""


@dataclass
class Loaded:
    """What loading did."""

    plan_id: str
    added: int = 0
    amended: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Row ids of obligations extended beyond the day that an amending document gives: they keep theirs."""
    windows: dict[str, str] = field(default_factory=dict)
    """Of what was added, the first deadline's digest by `deliverable`, `deliverable@period`."""


@dataclass(frozen=True)
class Loading:
    """Who loads a plan and when (UTC), by which document if one amends it, and what was done so far."""

    session: Session
    now: datetime
    by: Actor
    amended_by: AmendedBy | None
    done: Loaded


@dataclass(frozen=True)
class DueWindow:
    """A deliverable's deadline in one period (empty: it has none): the plan's words and what they come to."""

    period: str
    words: str
    window: Window | None


def add_obligations(
    loading: Loading,
    definition: PlanDefinition,
    windows: WindowBook,
    agencies: Mapping[str, int],
    deliverables: Mapping[str, Deliverable],
    *,
    changed: Collection[str] | None = None,
    progress: Progress | None = None,
) -> None:
    """Write the obligations `definition` asks for. `agencies`: row ids by code; `changed`: the
    deliverables to look at (None: all)."""
    session, now, done = loading.session, loading.now, loading.done
    # A plan loaded late, or looked at as of an earlier moment, has its rungs from its own beginning.
    first_look = min(now, local_instant(definition.issued_on))
    parts = [one for one in definition.deliverables if changed is None or one.id in changed]
    for count, part in enumerate(parts, start=1):
        deliverable = deliverables[part.id]
        codes = owners(definition, part)
        known = _known(session, deliverable)
        for due in starmap(DueWindow, windows.of_deliverable(part)):
            period, window = due.period, due.window
            fresh = [code for code in codes if (agencies[code], period) not in known]
            if fresh:
                titles = {agencies[code]: part.titles.get(code, part.title) for code in fresh}
                _add(session, deliverable, titles, part.origin, due, first_look)
                _first_deadlines(loading, deliverable, due)
                done.added += len(fresh)
                done.windows[f"{part.id}@{period}" if period else part.id] = window_digest(window)
            if known:
                owing = {agencies[code] for code in codes}
                _follow(loading, deliverable, owing, due)
        if progress is not None:
            progress(count, len(parts))


def _known(session: Session, deliverable: Deliverable) -> set[tuple[int, str]]:
    """Who owes it already, by agency's row id and period."""
    rows = session.connection().execute(
        columns(col(Obligation.agency_id), col(Obligation.period)).where(
            col(Obligation.deliverable_id) == deliverable.id
        )
    )
    return {(agency, period) for agency, period in rows}


_NEW = {
    name: field.default
    for name, field in Obligation.model_fields.items()
    if name in ("state", "deadline_version", "submissions", "version")
}


def _add(
    session: Session,
    deliverable: Deliverable,
    titles: Mapping[int, str],
    origin: str,
    due: DueWindow,
    first_look: datetime,
) -> None:
    """One for each agency (row id → what it is called for this one)."""
    shared = (
        _NEW
        | projection(due.window)
        | {
            "plan_id": deliverable.plan_id,
            "deliverable_id": deliverable.id,
            "milestone_id": deliverable.milestone_id,
            "period": due.period,
            "origin": origin,
            "next_check_at": first_look,
        }
    )
    session.connection().execute(
        insert(Obligation),
        [{**shared, "agency_id": agency, "title": title} for agency, title in titles.items()],
    )


def _first_deadlines(
    loading: Loading,
    deliverable: Deliverable,
    due: DueWindow,
) -> None:
    """Version 1 of those that have none yet, out of what the obligations say."""
    amended_by = loading.amended_by
    names = ("opens_at", "due_at", "last_day", "last_working_day")
    copied = {
        "obligation_id": col(Obligation.id),
        "version": literal(1),
        "kind": literal("plan"),
        "words": literal(due.words),
        **{name: getattr(Obligation, name) for name in names},
        "document_number": literal(amended_by.number if amended_by else ""),
        "document_on": literal(amended_by.on if amended_by else None, Date()),
        "reason": literal(amended_by.reason if amended_by else ""),
        "decided_by": literal(loading.by.name),
        "decided_at": literal(loading.now, UtcDateTime),
    }
    without = columns(*copied.values()).where(
        col(Obligation.deliverable_id) == deliverable.id,
        col(Obligation.period) == due.period,
        ~exists().where(col(Deadline.obligation_id) == col(Obligation.id)),
    )
    loading.session.connection().execute(
        insert(Deadline).from_select(list(copied), without.order_by(col(Obligation.id)))
    )


def _follow(
    loading: Loading,
    deliverable: Deliverable,
    owing: Collection[int],
    due: DueWindow,
) -> None:
    """A deadline that the plan now words otherwise is a new version; an extension granted stays.

    An amending document is newer than what else was decided: only an extension beyond its day stays, and
    what is closed is judged by the day it was closed under."""
    session, amended_by, window = loading.session, loading.amended_by, due.window
    last_day = window.last_day if window else None
    amended, recounted = [], []
    for number, agency, state, latest, newest, said, day, working_day in _versions(
        session, deliverable, due.period
    ):
        if agency not in owing or (amended_by and state in CLOSED):
            continue
        if (said, day) != (due.words, last_day):
            if newest == latest or (
                amended_by and not _extended(session, number, newest, last_day)
            ):
                amended.append(number)
            elif amended_by:
                loading.done.kept.append(f"{number}")
        elif window is not None and working_day != window.last_working_day and newest == latest:
            recounted.append(number)
    if amended:
        change_deadline(
            session,
            amended,
            NewDeadline(
                window,
                "plan" if amended_by else "amendment",
                due.words,
                Basis(
                    amended_by.reason if amended_by else "Kế hoạch được nạp lại với hạn mới",
                    amended_by.number if amended_by else "",
                    amended_by.on if amended_by else None,
                ),
            ),
            actor=loading.by,
            now=loading.now,
        )
        loading.done.amended += [f"{number}" for number in amended]
    if recounted and window is not None:
        _recount(session, recounted, window, loading.now)


def _extended(session: Session, obligation_id: int, version: int, last_day: date | None) -> bool:
    """Whether this version of a deadline is an extension that ends after `last_day`."""
    row = session.exec(
        select(Deadline).where(Deadline.obligation_id == obligation_id, Deadline.version == version)
    ).one()
    until = row.last_day if row.kind == "extension" else None
    return last_day is not None and until is not None and until > last_day


def _versions(session: Session, deliverable: Deliverable, period: str) -> Iterator[tuple[Any, ...]]:
    """Of each obligation: id, agency, state, the latest version that says what the plan says, the newest of
    all, and what the former says: words, last day, last working day."""
    theirs: Select[*tuple[Any, ...]] = columns(
        col(Deadline.obligation_id).label("obligation"),
        func.max(col(Deadline.version))
        .filter(
            col(Deadline.kind).in_(OF_PLAN),
            or_(col(Deadline.kind) == "plan", col(Deadline.document_number) == ""),
        )
        .label("latest"),
        func.max(col(Deadline.version)).label("newest"),
    )
    mine = (
        theirs.join(Obligation, col(Obligation.id) == Deadline.obligation_id)
        .where(col(Obligation.deliverable_id) == deliverable.id, col(Obligation.period) == period)
        .group_by(col(Deadline.obligation_id))
        .subquery()
    )
    statement = (
        columns(
            col(Obligation.id),
            col(Obligation.agency_id),
            col(Obligation.state),
            mine.c.latest,
            mine.c.newest,
            col(Deadline.words),
            col(Deadline.last_day),
            col(Deadline.last_working_day),
        )
        .join(mine, mine.c.obligation == Obligation.id)
        .join(
            Deadline,
            (col(Deadline.obligation_id) == Obligation.id)
            & (col(Deadline.version) == mine.c.latest),
        )
        .order_by(col(Obligation.id))
    )
    yield from (tuple(row) for row in session.connection().execute(statement).all())


def _recount(session: Session, numbers: list[int], window: Window, now: datetime) -> None:
    """The calendar alone moved the last working day: no new version, the projection follows."""
    connection = session.connection()
    day = window.last_working_day
    connection.execute(
        update(Deadline)
        .where(
            col(Deadline.obligation_id) == bindparam("of"),
            col(Deadline.version)
            == columns(col(Obligation.deadline_version))
            .where(col(Obligation.id) == bindparam("of"))
            .scalar_subquery(),
        )
        .values(last_working_day=day),
        [{"of": number} for number in numbers],
    )
    connection.execute(
        update(Obligation)
        .where(col(Obligation.id) == bindparam("of"))
        .values(last_working_day=day, next_check_at=now),
        [{"of": number} for number in numbers],
    )
