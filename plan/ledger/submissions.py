"""Taking a submission in, and moving one filed under the wrong obligation."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlmodel import Session, col, select

from plan.calendar import local_instant
from plan.definition import Timeliness
from plan.errors import RefusedError
from plan.filing import Filing, FoundFault
from plan.ledger.core import apply, check_agency, commit_change, lock, require_role
from plan.lookup import definition_of, obligation_name
from plan.models import (
    Finding,
    Obligation,
    Plan,
    Section,
    Submission,
    SubmissionFile,
    Value,
)
from plan.states import Action, Actor, Role, State

LIVE = ("received", "accepted")


def submit(
    session: Session, obligation_id: int, filing: Filing, *, actor: Actor, now: datetime
) -> Submission:
    """File a numbered submission. The same content filed again gives the one already there.

    Complete: the obligation is submitted, and the first complete one sets timeliness. With errors:
    it is kept and numbered, and the obligation counts as returned until a mended one comes.
    """
    obligation = lock(session, obligation_id)
    check_agency(session, obligation, actor)
    same = _same_content(session, obligation_id, filing.content_hash)
    if same is not None:
        return same
    action = Action.submit if filing.complete else Action.submit_faulty
    submission = _row(obligation, filing, actor, now)
    timeliness = definition_of(session.get_one(Plan, obligation.plan_id)).timeliness
    decisive = obligation.decisive_at or _decisive(timeliness, filing)
    apply(
        session,
        obligation,
        action,
        actor=actor,
        now=now,
        payload={"number": submission.number, "kind": filing.kind, "complete": filing.complete},
        submissions=submission.number,
        decisive_at=decisive,
    )
    if filing.complete:
        _supersede(session, obligation_id)
    _store(session, submission, filing)
    return submission


def _same_content(session: Session, obligation_id: int, content_hash: str) -> Submission | None:
    return session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id,
            Submission.content_hash == content_hash,
            col(Submission.state).in_(LIVE),
        )
    ).first()


def _row(obligation: Obligation, filing: Filing, actor: Actor, now: datetime) -> Submission:
    assert obligation.id is not None
    return Submission(
        obligation_id=obligation.id,
        number=obligation.submissions + 1,
        kind=filing.kind,
        state="received" if filing.complete else "returned",
        complete=filing.complete,
        content_hash=filing.content_hash,
        signed_at=filing.signed_at,
        issued_at=filing.issued_at,
        received_at=filing.received_at,
        recorded_at=now,
        submitted_by=actor.name,
        via=filing.via,
        reference=filing.reference,
        note=filing.note,
        payload=filing.payload,
    )


def _decisive(timeliness: Timeliness, filing: Filing) -> datetime | None:
    """The instant timeliness is judged by, if this filing is the one that sets it."""
    if timeliness.submission != "first_complete" or not filing.complete:
        return None
    return decisive_moment(timeliness, filing)


def decisive_moment(timeliness: Timeliness, filed: Filing | Submission) -> datetime:
    """Which of a submission's three moments decides; one that is unknown yields to the next.

    An event (`held_on` in its payload, a local day) is in time by the day it took place, whenever
    the office heard of it: the plan says «Trong tháng 4 tổ chức», not «báo cáo».
    """
    if held_on := filed.payload.get("held_on"):
        return local_instant(date.fromisoformat(held_on), time(12))
    moments = {
        "signed": (filed.signed_at, filed.issued_at, filed.received_at),
        "issued": (filed.issued_at, filed.received_at),
        "received": (filed.received_at,),
    }[timeliness.moment]
    return next(moment for moment in moments if moment is not None)


def _supersede(session: Session, obligation_id: int) -> None:
    earlier = session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id, Submission.state == "received"
        )
    )
    for row in earlier:
        row.state = "superseded"
        session.add(row)


def _store(session: Session, submission: Submission, filing: Filing) -> None:
    session.add(submission)
    session.flush()
    assert submission.id is not None
    key = submission.id
    session.add_all(
        SubmissionFile(
            submission_id=key, filename=f.filename, sha256=f.sha256, size=f.size, kind=f.kind
        )
        for f in filing.files
    )
    session.add_all(_finding(key, fault) for fault in filing.findings)
    session.add_all(Value(submission_id=key, **value._asdict()) for value in filing.values)
    session.add_all(Section(submission_id=key, **vars(section)) for section in filing.sections)
    session.flush()


def _finding(submission_id: int, fault: FoundFault) -> Finding:
    return Finding(submission_id=submission_id, **vars(fault))


def move(
    session: Session,
    submission_id: int,
    to_obligation_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Submission:
    """Move an upload filed under the wrong obligation; both numbers stay in the audit trail.

    A complete one waits for review in its new place, and what waited there is superseded by it; the one
    it had superseded in its old place waits again.
    """
    require_role(actor, Role.coordinator)
    moved = session.get_one(Submission, submission_id)
    source = lock(session, moved.obligation_id)
    target = lock(session, to_obligation_id)
    if source.id == target.id:
        raise RefusedError("Bản nộp đã ở đúng nghĩa vụ này.")
    if State(source.state) in (State.accepted, State.waived):
        raise RefusedError("Nghĩa vụ cũ đã kết thúc; hãy mở lại trước khi chuyển bản nộp.")
    if State(target.state) in (State.accepted, State.waived):
        raise RefusedError("Nghĩa vụ mới đã kết thúc; hãy mở lại trước khi chuyển bản nộp.")
    number = target.submissions + 1
    detail = {
        "reason": reason,
        "from": f"{obligation_name(session, source)} lần {moved.number}",
        "to": f"{obligation_name(session, target)} lần {number}",
    }
    if moved.complete:
        _supersede(session, to_obligation_id)
        moved.state, moved.decided_by, moved.decided_at, moved.decision_note = (
            "received", "", None, "",
        )  # fmt: skip
    moved.obligation_id, moved.number = to_obligation_id, number
    session.add(moved)
    session.flush()
    _revive(session, source)
    _resettle(session, source, actor, now, detail)
    target.submissions = number
    _resettle(session, target, actor, now, detail)
    return moved


def _revive(session: Session, obligation: Obligation) -> None:
    """The newest submission left waits for review again, if only the one taken away stood in its way."""
    newest = session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation.id, col(Submission.complete))
        .order_by(col(Submission.number).desc())
    ).first()
    if newest is not None and newest.state == "superseded":
        newest.state = "received"
        session.add(newest)
        session.flush()


def _resettle(
    session: Session, obligation: Obligation, actor: Actor, now: datetime, detail: dict[str, str]
) -> None:
    """Work an obligation's state and decisive moment out again from the submissions it has left."""
    rows = session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation.id)
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
        state=state.value,
        decisive_at=first and decisive_moment(timeliness, first),
    )
