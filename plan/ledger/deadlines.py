"""Deadlines change by new versions; the old ones stay readable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert
from sqlmodel import Session

from plan.calendar import WorkingCalendar, local_day
from plan.deadlines.phrases import Once
from plan.deadlines.windows import Window, window
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import (
    check_agency,
    close_requests,
    commit_change,
    commit_changes,
    lock,
    lock_many,
    open_requests,
    require_role,
)
from plan.models import Deadline, Extension, Milestone, Obligation
from plan.queries.lookup import load_calendar
from plan.states import STILL_OWED, Actor, Role, State
from plan.text import date_words

_SILENT = frozenset({"extension", "calendar"})
"""An extension is told by its decision; a calendar change alters no date people were given."""


def change_deadline(
    session: Session,
    obligation_ids: Sequence[int],
    to: Window | None,
    *,
    kind: str,
    words: str,
    reason: str,
    actor: Actor,
    now: datetime,
    document_number: str = "",
    document_on: date | None = None,
) -> None:
    """Give each obligation a new deadline version (`kind`: amendment, extension, internal, calendar).

    Costs one transaction and few statements however many obligations; each gets its own version, audit
    event and announcement.
    """
    require_role(actor, Role.coordinator, Role.system)
    projected = {
        "opens_at": to.opens_at if to else None,
        "due_at": to.due_at if to else None,
        "last_day": to.last_day if to else None,
        "last_working_day": to.last_working_day if to else None,
    }
    decided = {
        "kind": kind,
        "words": words,
        "document_number": document_number,
        "document_on": document_on,
        "reason": reason,
        "decided_by": actor.name,
        "decided_at": now,
    }
    for locked in lock_many(session, obligation_ids):
        session.connection().execute(
            insert(Deadline),
            [
                {"obligation_id": one.id, "version": one.facts["deadline_version"] + 1}
                | decided
                | projected
                for one in locked
            ],
        )
        commit_changes(
            session,
            locked,
            audit_event="deadline.changed",
            event=None if kind in _SILENT else "deadline.changed",
            actor=actor,
            now=now,
            detail=lambda one: {
                "kind": kind,
                "words": words,
                "reason": reason,
                "document": document_number,
                "version": one.facts["deadline_version"] + 1,
            },
            changes=projected,
            raised=("deadline_version",),
        )


def ask_extension(
    session: Session,
    obligation_id: int,
    *,
    until: date,
    reason: str,
    actor: Actor,
    now: datetime,
    document_number: str = "",
) -> Extension:
    """Keep an agency's request for time until the end of the local day `until`.

    Asked again alike while the first waits, that first one is given back and nobody is told twice.
    """
    obligation = lock(session, obligation_id)
    check_agency(session, obligation, actor)
    check_later_day(obligation, until, now)
    if not reason.strip():
        raise RefusedError("Cần nêu lý do xin gia hạn.")
    for waiting in open_requests(session, obligation_id):
        if (waiting.until, waiting.reason, waiting.document_number) == (
            until,
            reason,
            document_number,
        ):
            return waiting
    request = Extension(
        obligation_id=obligation_id,
        asked_by=actor.name,
        asked_at=now,
        until=until,
        reason=reason,
        document_number=document_number,
    )
    session.add(request)
    session.flush()
    commit_change(
        session,
        obligation,
        audit_event="extension.asked",
        event="extension.asked",
        actor=actor,
        now=now,
        payload={"extension": request.id, "until": until.isoformat(), "reason": reason},
    )
    return request


def check_later_day(obligation: Obligation, until: date, now: datetime) -> None:
    """Whether more time until `until` (a local day) makes sense: asked for, granted or given alike."""
    if obligation.last_day is None:
        raise RefusedError("Nghĩa vụ này không có hạn nên không cần gia hạn.")
    if State(obligation.state) not in STILL_OWED:
        raise RefusedError("Nghĩa vụ đã nộp hoặc đã kết thúc; không cần gia hạn.")
    if until <= obligation.last_day:
        raise RefusedError(
            f"Ngày gia hạn {date_words(until)} phải sau hạn hiện tại "
            f"({date_words(obligation.last_day)})."
        )
    if until < local_day(now):
        raise RefusedError(f"Ngày gia hạn {date_words(until)} đã qua.")


def decide_extension(
    session: Session,
    extension_id: int,
    *,
    granted: bool,
    actor: Actor,
    now: datetime,
    note: str = "",
    document_number: str = "",
) -> Extension:
    """Grant or refuse; a granted one becomes a new deadline version, and what waits for no more than it
    gives is closed."""
    require_role(actor, Role.coordinator)
    request = session.get_one(Extension, extension_id)
    if request.state != "asked":
        raise RefusedError("Đề nghị gia hạn này đã được quyết định.")
    obligation = lock(session, request.obligation_id)
    if granted:
        check_later_day(obligation, request.until, now)
    request.state = "granted" if granted else "refused"
    request.decided_by, request.decided_at, request.decision_note = actor.name, now, note
    session.add(request)
    if granted:
        words = f"Đã gia hạn đến hết ngày {date_words(request.until)} theo đề nghị số {request.id}."
        close_requests(session, obligation, words, actor, now, until=request.until)
        calendar = load_calendar(session, obligation.plan_id, request.until.year)
        change_deadline(
            session,
            [request.obligation_id],
            until_window(obligation, request.until, calendar, now),
            kind="extension",
            words=f"Gia hạn đến hết ngày {request.until:%d/%m/%Y}",
            reason=request.reason,
            document_number=document_number or request.document_number,
            actor=actor,
            now=now,
        )
    commit_change(
        session,
        obligation,
        audit_event="extension.decided",
        event="extension.decided",
        actor=actor,
        now=now,
        payload={
            "extension": request.id,
            "granted": granted,
            "note": note,
            "version": obligation.deadline_version,
        },
    )
    return request


def until_window(
    obligation: Obligation, until: date, calendar: WorkingCalendar, now: datetime
) -> Window | None:
    """A window that ends with the local day `until` and opens when the obligation did (undated: today)."""
    opens_on = local_day(obligation.opens_at or now)
    if until < opens_on:
        raise RefusedError(f"Ngày cuối phải từ {opens_on:%d/%m/%Y} trở đi.")
    return window(Once(until), issued_on=opens_on, opens_on=opens_on, calendar=calendar)


def close_milestone(
    session: Session, milestone_id: int, *, actor: Actor, now: datetime
) -> Milestone:
    """Close a milestone: later submissions are still taken, but stay out of frozen runs."""
    require_role(actor, Role.coordinator)
    milestone = session.get_one(Milestone, milestone_id)
    if milestone.closed_at is not None:
        raise RefusedError("Mốc này đã đóng.")
    milestone.closed_at = now
    session.add(milestone)
    subject, plan_id = milestone.code, milestone.plan_id
    audit.record(
        session, plan_id=plan_id, actor=actor, event="milestone.closed", subject=subject, now=now
    )
    audit.announce(session, plan_id=plan_id, kind="milestone.closed", subject=subject, now=now)
    return milestone
