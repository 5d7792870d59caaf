"""Moving a submission filed under the wrong obligation: its old place keeps it, marked as moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, cast

from sqlmodel import Session, col, select

from plan.errors import RefusedError
from plan.ledger.core import commit_change, lock, require_reason, require_role
from plan.ledger.filing import FiledFile, Filing, FoundFault, ReadSection, ReadValue
from plan.ledger.submissions import (
    decisive_moment,
    filed_facts,
    keep_content,
    new_row,
    same_content,
    supersede,
)
from plan.models import (
    Finding,
    Obligation,
    Plan,
    Section,
    Submission,
    SubmissionFile,
    Value,
)
from plan.queries.definitions import definition_of
from plan.queries.lookup import obligation_name
from plan.states import Actor, Role, State

MOVED = "moved"


def move(
    session: Session,
    submission_id: int,
    to_obligation_id: int,
    *,
    filing: Filing | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Submission:
    """Move an upload filed under the wrong obligation; gives the submission in its new place.

    `filing`: the same files read again as the new obligation's product (`intake.reassign`);
    none: as it was read. Its moments stay its own. Where it stood it stays, marked as moved, with what was
    found in it then; both numbers stand in the audit trail. An explanation goes along to a finding that
    says the same. A complete one waits for review in its new place, and what waited there is superseded by
    it; the one it had superseded in its old place waits again. RefusedError leaves everything as it was.
    """
    require_role(actor, Role.coordinator)
    require_reason(reason)
    wrong = session.get_one(Submission, submission_id)
    # In one order, so that two moves the opposite ways cannot wait for one another.
    locked = {key: lock(session, key) for key in sorted({wrong.obligation_id, to_obligation_id})}
    source, target = locked[wrong.obligation_id], locked[to_obligation_id]
    session.refresh(wrong)
    _require_movable(wrong, source, target)
    filing = filing or as_filed(session, wrong)
    right = _file_there(session, target, wrong, filing, now)
    filed = filed_facts(right, filing) | {"moved_from": wrong.id}
    told = {"filed": filed} if right.number > target.submissions else {}
    detail = {
        "reason": reason,
        "from": f"{obligation_name(session, source)} lần {wrong.number}",
        "to": f"{obligation_name(session, target)} lần {right.number}",
    }
    wrong.state, wrong.decided_by, wrong.decided_at = MOVED, actor.name, now
    wrong.decision_note = f"Chuyển sang {detail['to']}: {reason}"
    session.add(wrong)
    session.flush()
    _revive(session, source)
    _resettle(session, source, actor, now, detail, source.submissions, {})
    count = max(target.submissions, right.number)
    _resettle(session, target, actor, now, detail, count, told)
    return right


def _require_movable(wrong: Submission, source: Obligation, target: Obligation) -> None:
    ended = (State.accepted, State.waived)
    if source.id == target.id:
        raise RefusedError("Bản nộp đã ở đúng nghĩa vụ này.")
    if wrong.state == MOVED:
        raise RefusedError(f"Bản nộp này đã được chuyển rồi. {wrong.decision_note}")
    if State(source.state) in ended:
        raise RefusedError("Nghĩa vụ cũ đã kết thúc; hãy mở lại trước khi chuyển bản nộp.")
    if State(target.state) in ended:
        raise RefusedError("Nghĩa vụ mới đã kết thúc; hãy mở lại trước khi chuyển bản nộp.")


def _file_there(
    session: Session, target: Obligation, wrong: Submission, filing: Filing, now: datetime
) -> Submission:
    """The submission in its new place; one that holds the same, if it is there already."""
    assert target.id is not None
    filing = _with_moments_of(wrong, filing)
    same = same_content(session, target.id, filing.content_hash)
    if same is not None:
        return same
    if filing.complete:
        supersede(session, target.id)
    # It stays the submission of whoever handed it in.
    right = new_row(target, filing, Actor(wrong.submitted_by, Role.agency), now)
    keep_content(session, right, filing)
    _carry_explanations(session, wrong, right)
    return right


def _with_moments_of(wrong: Submission, filing: Filing) -> Filing:
    return replace(
        filing,
        received_at=wrong.received_at,
        signed_at=wrong.signed_at,
        issued_at=wrong.issued_at,
        via=cast(Any, wrong.via),
        reference=wrong.reference,
        note=wrong.note,
    )


def _carry_explanations(session: Session, wrong: Submission, right: Submission) -> None:
    explained = {_said(row): row for row in _rows(session, Finding, wrong) if row.explanation}
    for row in _rows(session, Finding, right) if explained else ():
        if known := explained.get(_said(row)):
            row.explanation = known.explanation
            row.explained_by, row.explained_at = known.explained_by, known.explained_at
            session.add(row)


def _said(finding: Finding) -> tuple[str, ...]:
    return tuple(getattr(finding, one.name) for one in fields(FoundFault))


# --- as it was read ------------------------------------------------------------------------------------


def as_filed(session: Session, submission: Submission) -> Filing:
    """The filing this submission was made from."""
    return Filing(
        kind=cast(Any, submission.kind),
        received_at=submission.received_at,
        files=tuple(_again(FiledFile, _rows(session, SubmissionFile, submission))),
        findings=tuple(_again(FoundFault, _rows(session, Finding, submission))),
        values=tuple(
            ReadValue(*(getattr(row, name) for name in ReadValue._fields))
            for row in _rows(session, Value, submission)
        ),
        sections=tuple(_again(ReadSection, _rows(session, Section, submission))),
        payload=dict(submission.payload),
    )


def _again(kind: Any, rows: Iterable[Any]) -> Iterable[Any]:
    names = [one.name for one in fields(kind)]
    return (kind(**{name: getattr(row, name) for name in names}) for row in rows)


def _rows(session: Session, table: Any, submission: Submission) -> list[Any]:
    """What belongs to a submission, in the order in which it was kept."""
    order = table.__table__.primary_key.columns
    statement = select(table).where(table.submission_id == submission.id).order_by(*order)
    return list(session.exec(statement))


# --- what is left behind and what is now there ---------------------------------------------------------


def _revive(session: Session, obligation: Obligation) -> None:
    """The newest submission left waits for review again, if only the one taken away stood in its way."""
    newest = session.exec(
        select(Submission)
        .where(
            Submission.obligation_id == obligation.id,
            col(Submission.complete),
            Submission.state != MOVED,
        )
        .order_by(col(Submission.number).desc())
    ).first()
    if newest is not None and newest.state == "superseded":
        newest.state = "received"
        session.add(newest)
        session.flush()


def _resettle(
    session: Session,
    obligation: Obligation,
    actor: Actor,
    now: datetime,
    detail: dict[str, str],
    submissions: int,
    told: dict[str, Any],
) -> None:
    """Work an obligation's state and decisive moment out again from the submissions it has left."""
    rows = session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation.id, Submission.state != MOVED)
        .order_by(col(Submission.number))
    ).all()
    timeliness = definition_of(session.get_one(Plan, obligation.plan_id)).timeliness
    complete = [row for row in rows if row.complete]
    first = complete[0] if complete and timeliness.submission == "first_complete" else None
    state = State.owed
    if any(row.state == "received" for row in rows):
        state = State.submitted
    elif rows:
        state = State.returned
    commit_change(
        session,
        obligation,
        audit_event="submission.moved",
        event="obligation.moved",
        actor=actor,
        now=now,
        payload=dict(detail),
        told=told,
        state=state.value,
        submissions=submissions,
        decisive_at=first and decisive_moment(timeliness, first),
    )
