"""What Sở Nội vụ decides: accept, give back, reopen, waive, restore; and an agency's explanations."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col, select

from plan.calendar import local_day
from plan.errors import RefusedError
from plan.ledger.core import apply, check_agency, commit_change, lock, require_reason
from plan.ledger.submissions import decisive_moment
from plan.models import Finding, Obligation, Plan, Submission
from plan.queries.definitions import definition_of
from plan.states import Action, Actor, State, next_state
from plan.text import date_words, number_words


def accept(
    session: Session, obligation_id: int, *, actor: Actor, now: datetime, note: str = ""
) -> Submission:
    """Accept the newest complete submission. Refused to the person who submitted it, and while a
    warning has no explanation."""
    obligation = lock(session, obligation_id)
    next_state(State(obligation.state), Action.accept, actor.role)
    submission = _under_review(session, obligation)
    if submission.submitted_by == actor.name:
        raise RefusedError(
            f"{actor.name} là người nộp nên không thể tự nhận; cần một người khác duyệt."
        )
    _require_explanations(session, submission)
    _decide(session, submission, "accepted", actor, now, note)
    apply(
        session,
        obligation,
        Action.accept,
        actor=actor,
        now=now,
        payload={"number": submission.number, "note": note},
        decisive_at=obligation.decisive_at or _moment(session, obligation, submission),
    )
    return submission


def give_back(
    session: Session,
    obligation_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    mend_by: date | None = None,
) -> Submission:
    """Return the submission under review, with reasons the agency will read. `mend_by`: the last good local
    day to mend it, of which the agency is reminded; whether it came in time is judged by the plan's own."""
    require_reason(reason)
    if mend_by is not None and mend_by < local_day(now):
        raise RefusedError(f"Ngày phải sửa xong {date_words(mend_by)} đã qua.")
    obligation = lock(session, obligation_id)
    next_state(State(obligation.state), Action.give_back, actor.role)
    submission = _under_review(session, obligation)
    _decide(session, submission, "returned", actor, now, reason)
    apply(
        session,
        obligation,
        Action.give_back,
        actor=actor,
        now=now,
        payload={"number": submission.number, "reason": reason},
        mend_by=mend_by,
    )
    return submission


def reopen(
    session: Session, obligation_id: int, *, reason: str, actor: Actor, now: datetime
) -> Obligation:
    """Open an accepted obligation again, so that a better submission can replace the accepted one."""
    require_reason(reason)
    obligation = lock(session, obligation_id)
    apply(
        session,
        obligation,
        Action.reopen,
        actor=actor,
        now=now,
        payload={"number": obligation.submissions, "reason": reason},
    )
    accepted = session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id, Submission.state == "accepted"
        )
    )
    for row in accepted:
        _decide(session, row, "returned", actor, now, reason)
    return obligation


def waive(
    session: Session, obligation_id: int, *, reason: str, actor: Actor, now: datetime
) -> Obligation:
    """Release the agency from this obligation; reminders fall silent."""
    require_reason(reason)
    obligation = lock(session, obligation_id)
    apply(session, obligation, Action.waive, actor=actor, now=now, payload={"reason": reason})
    return obligation


def restore(
    session: Session, obligation_id: int, *, reason: str, actor: Actor, now: datetime
) -> Obligation:
    """Take a waiver back."""
    require_reason(reason)
    obligation = lock(session, obligation_id)
    apply(session, obligation, Action.restore, actor=actor, now=now, payload={"reason": reason})
    return obligation


def explain(
    session: Session, finding_id: int, *, explanation: str, actor: Actor, now: datetime
) -> Finding:
    """Keep an agency's written explanation of a warning with its submission."""
    require_reason(explanation)
    finding = session.get_one(Finding, finding_id)
    submission = session.get_one(Submission, finding.submission_id)
    obligation = lock(session, submission.obligation_id)
    check_agency(session, obligation, actor)
    if finding.severity == "error":
        raise RefusedError("Lỗi phải sửa trong tệp rồi nộp lại; giải trình chỉ dùng cho cảnh báo.")
    finding.explanation, finding.explained_by, finding.explained_at = explanation, actor.name, now
    session.add(finding)
    commit_change(
        session,
        obligation,
        audit_event="finding.explained",
        event=None,
        actor=actor,
        now=now,
        payload={"number": submission.number, "finding": finding.code, "reason": explanation},
    )
    return finding


def _under_review(session: Session, obligation: Obligation) -> Submission:
    return session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation.id, Submission.state == "received")
        .order_by(col(Submission.number).desc())
    ).one()


def _require_explanations(session: Session, submission: Submission) -> None:
    unexplained = session.exec(
        select(Finding).where(
            Finding.submission_id == submission.id,
            Finding.severity == "warning",
            Finding.explanation == "",
        )
    ).all()
    if unexplained:
        places = "; ".join(f"{row.sheet} {row.cell}".strip() or row.code for row in unexplained[:5])
        raise RefusedError(
            f"Còn {number_words(len(unexplained))} cảnh báo chưa có giải trình ({places}). "
            "Hãy trả lại để cơ quan giải trình, hoặc ghi giải trình thay (dondoc review explain)."
        )


def _decide(
    session: Session, submission: Submission, state: str, actor: Actor, now: datetime, note: str
) -> None:
    submission.state = state
    submission.decided_by, submission.decided_at, submission.decision_note = actor.name, now, note
    session.add(submission)


def _moment(session: Session, obligation: Obligation, submission: Submission) -> datetime:
    timeliness = definition_of(session.get_one(Plan, obligation.plan_id)).timeliness
    return decisive_moment(timeliness, submission)
