"""Deadlines change by new versions; the old ones stay readable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import insert
from sqlmodel import Session, col, select

from plan.calendar import WorkingCalendar, local_day
from plan.deadlines.rules import Once
from plan.deadlines.windows import Window, window
from plan.definition.model import Origin
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.ceiling import check_ceiling, handed_down_beyond
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
from plan.ledger.new_deadline import Amendment, Basis, NewDeadline, projection
from plan.models import Deadline, Extension, Milestone, Obligation, Plan
from plan.queries.lookup import find_agency, find_milestone, load_calendar, obligation_name
from plan.states import CLOSED, STILL_OWED, Actor, Role, State
from plan.text import date_words, number_words

_SILENT = frozenset({"extension", "calendar"})
"""An extension is told by its decision; a calendar change alters no date people were given."""


def change_deadline(
    session: Session,
    obligation_ids: Sequence[int],
    to: NewDeadline,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Give each obligation a new deadline version.

    Costs one transaction and few statements however many obligations; each gets its own version, audit
    event and announcement. What was handed down never ends after what it was handed down from: a later day
    is refused there (RefusedError), an earlier one above takes it along.
    """
    require_role(actor, Role.coordinator, Role.system)
    check_ceiling(session, obligation_ids, to.window)
    projected = projection(to.window)
    kind, basis = to.kind, to.basis
    # A new day holds for what waits to be mended, too.
    changes = projected if kind == "calendar" else projected | {"mend_by": None}
    decided = {
        "kind": kind,
        "words": to.words,
        "document_number": basis.document_number,
        "document_on": basis.document_on,
        "reason": basis.reason,
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
                "words": to.words,
                "reason": basis.reason,
                "document": basis.document_number,
                "version": one.facts["deadline_version"] + 1,
            },
            changes=changes,
            raised=("deadline_version",),
        )
    if later := handed_down_beyond(session, obligation_ids, to.window):
        change_deadline(
            session,
            later,
            replace(
                to,
                kind="internal",
                basis=Basis(basis.reason or "Hạn của cơ quan giao việc đã sớm hơn"),
            ),
            actor=actor,
            now=now,
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
            NewDeadline(
                until_window(obligation, request.until, calendar, now),
                "extension",
                f"Gia hạn đến hết ngày {request.until:%d/%m/%Y}",
                Basis(request.reason, document_number or request.document_number),
            ),
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


# --- A later official document that changes a deadline, for everyone it applies to at once.


@dataclass(frozen=True)
class Amended:
    """What an amendment came to, by the names of obligations (`agency/deliverable`)."""

    changed: tuple[str, ...]
    same: tuple[str, ...]
    """Had that day already: nothing written, nobody told."""
    kept: tuple[str, ...]
    """Extended on their own beyond that day, and not named: they keep it."""

    def sentences(self, day: date) -> list[str]:
        """What became of it, for whoever amended: `day`, the last good one."""
        words, changed, same = date_words(day), len(self.changed), len(self.same)
        told = [
            (changed, f"Đã đổi hạn {number_words(changed)} nghĩa vụ sang chậm nhất {words}."),
            (
                same,
                f"{number_words(same)} nghĩa vụ đã có hạn này từ trước: không đổi, không báo lại.",
            ),
            (
                len(self.kept),
                f"Giữ hạn đã gia hạn riêng, sau {words}: {', '.join(self.kept)}; "
                "muốn đổi cả, hãy nêu đích danh cơ quan.",
            ),
        ]
        return [sentence for count, sentence in told if count]


def amend_deadline(
    session: Session,
    plan: Plan,
    milestone: str,
    to: Amendment,
    *,
    agencies: Sequence[str] = (),
    actor: Actor,
    now: datetime,
) -> Amended:
    """Give every dated, unsettled obligation of a milestone (of `agencies` only, if named) the last
    good day of `to`. One extended on its own beyond that day keeps it, unless its agency is named.
    With no agency named the milestone itself closes then, one that recurs apart. Refuses when there is none
    to change."""
    until = to.until
    row = find_milestone(session, plan.id, milestone)
    wanted = {find_agency(session, plan.id, code).id for code in agencies}
    rows = session.exec(
        select(Obligation)
        .where(Obligation.milestone_id == row.id, col(Obligation.due_at).is_not(None))
        .where(col(Obligation.state).not_in(CLOSED))
        .order_by(col(Obligation.id))
    ).all()
    chosen = [one for one in rows if not wanted or one.agency_id in wanted]
    if not chosen:
        raise RefusedError("Không có nghĩa vụ còn nợ, có hạn nào của mốc này để đổi hạn.")
    extended = frozenset() if wanted else _extended(session, chosen, until)
    same = [one for one in chosen if one.last_day == until]
    kept = [one for one in chosen if one.id in extended]
    changed = [one for one in chosen if one.last_day != until and one.id not in extended]
    calendar = load_calendar(session, plan.id, until.year)
    for one in changed:
        change_deadline(
            session,
            [one.id or 0],
            NewDeadline(
                until_window(one, until, calendar, now),
                "amendment",
                f"Đến hết ngày {until:%d/%m/%Y}",
                to.basis,
            ),
            actor=actor,
            now=now,
        )
    if not wanted and not any(one.period for one in chosen):
        said = until_window(chosen[0], until, calendar, now)
        row.due_at = said.due_at if said else None
        session.add(row)
    names = (tuple(obligation_name(session, one) for one in part) for part in (changed, same, kept))
    return Amended(*names)


def _extended(session: Session, rows: Sequence[Obligation], until: date) -> frozenset[int]:
    """Which of them stand on an extension of their own that ends after `until`."""
    later = {one.id for one in rows if one.last_day and one.last_day > until}
    versions = session.exec(
        select(Deadline.obligation_id, Deadline.kind)
        .where(col(Deadline.obligation_id).in_(later), Deadline.kind != "calendar")
        .order_by(col(Deadline.version))
    )
    newest = dict(versions.all())
    return frozenset(row_id for row_id, kind in newest.items() if kind == "extension")


# --- Dates Sở Nội vụ sets itself, for duties the plan leaves undated and for internal data calls.


def set_internal_date(
    session: Session, obligation_id: int, until: date, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Give an undated duty (or an internal request) a last good day of the office's own.

    It is reminded of like others, and never counted late under the plan. An obligation dated by the
    plan is refused: that is what an extension is for.
    """
    obligation = session.get_one(Obligation, obligation_id)
    if obligation.due_at is not None and obligation.origin == Origin.plan:
        raise RefusedError(
            "Nghĩa vụ này đã có hạn trong kế hoạch; hãy dùng gia hạn (dondoc extend)."
        )
    calendar = load_calendar(session, obligation.plan_id, until.year)
    obligation.origin = Origin.internal
    change_deadline(
        session,
        [obligation_id],
        NewDeadline(
            until_window(obligation, until, calendar, now),
            "internal",
            f"Mốc nội bộ: đến hết ngày {until:%d/%m/%Y}",
            Basis(reason),
        ),
        actor=actor,
        now=now,
    )


def deadline_history(session: Session, obligation_id: int) -> list[Deadline]:
    """Every version of an obligation's deadline, oldest first."""
    from sqlmodel import col, select

    return list(
        session.exec(
            select(Deadline)
            .where(Deadline.obligation_id == obligation_id)
            .order_by(col(Deadline.version))
        )
    )
