"""Taking a submission in: numbered, with what was read in it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session, col, select

from plan.calendar import local_instant
from plan.definition.model import TimelinessRule
from plan.errors import RefusedError
from plan.ledger.core import apply, check_agency, lock, plain, require_taking
from plan.ledger.filing import WITNESSED, Filing, FoundFault
from plan.models import (
    Finding,
    Obligation,
    Plan,
    Section,
    Submission,
    SubmissionFile,
    Value,
)
from plan.plausible import require_dated, require_opened
from plan.queries.definitions import definition_of
from plan.states import Action, Actor

LIVE = ("received", "accepted")


def submit(
    session: Session, obligation_id: int, filing: Filing, *, actor: Actor, now: datetime
) -> Submission:
    """File a numbered submission. The same content filed again, or the same sending (`filing.key`), gives
    the one already there.

    Complete: the obligation is submitted, and the first complete one sets timeliness. With errors:
    it is kept and numbered, and the obligation counts as returned until a mended one comes.
    """
    obligation = lock(session, obligation_id)
    check_agency(session, obligation, actor)
    require_taking(session, obligation.plan_id)
    same = _same_sending(session, obligation_id, filing) or same_content(
        session, obligation_id, filing.content_hash
    )
    if same is not None:
        return same
    _require_plausible(session, obligation, filing, now)
    action = Action.submit if filing.complete else Action.submit_faulty
    submission = new_row(obligation, filing, actor, now)
    timeliness = definition_of(session.get_one(Plan, obligation.plan_id)).timeliness
    decisive = obligation.decisive_at or _decisive(timeliness, filing)
    apply(
        session,
        obligation,
        action,
        actor=actor,
        now=now,
        payload={
            "number": submission.number,
            "kind": filing.kind,
            "complete": filing.complete,
            "content": filing.content_hash,
        },
        told={"filed": filed_facts(submission, filing)},
        submissions=submission.number,
        decisive_at=decisive,
    )
    if filing.complete:
        supersede(session, obligation_id)
    keep_content(session, submission, filing)
    return submission


def _require_plausible(
    session: Session, obligation: Obligation, filing: Filing, now: datetime
) -> None:
    """The moments somebody wrote down could be meant."""
    issued_on = session.get_one(Plan, obligation.plan_id).issued_on
    opened = obligation.opens_at or local_instant(issued_on)
    if filing.via not in WITNESSED:
        require_opened(filing.received_at, now, opened)
    require_dated("ký", filing.signed_at, now, issued_on)
    require_dated("phát hành", filing.issued_at, now, issued_on)


def _same_sending(session: Session, obligation_id: int, filing: Filing) -> Submission | None:
    """What this sending filed before, whatever became of it; RefusedError where it filed something else."""
    if not filing.key:
        return None
    found = session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id, Submission.key == filing.key
        )
    ).first()
    if found is not None and found.content_hash != filing.content_hash:
        raise RefusedError(
            "Khóa Idempotency-Key này đã dùng cho một bài nộp khác; hãy dùng khóa mới cho bài mới."
        )
    return found


def same_content(session: Session, obligation_id: int, content_hash: str) -> Submission | None:
    """A submission of the obligation that holds just this and waits or was accepted."""
    return session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id,
            Submission.content_hash == content_hash,
            col(Submission.state).in_(LIVE),
        )
    ).first()


def new_row(obligation: Obligation, filing: Filing, actor: Actor, now: datetime) -> Submission:
    """The submission under the obligation's next number; not yet in the session."""
    assert obligation.id is not None
    return Submission(
        obligation_id=obligation.id,
        number=obligation.submissions + 1,
        key=filing.key or None,
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


FACTS = (
    "number", "kind", "complete", "content_hash", "signed_at", "issued_at", "received_at",
    "recorded_at", "via", "reference", "note",
)  # fmt: skip


def filed_facts(row: Submission, filing: Filing) -> dict[str, Any]:
    """What the trail keeps of a submission, so that nothing of it changes behind the trail's back. Who handed
    it in is the event's actor."""
    facts = {name: plain(getattr(row, name)) for name in FACTS}
    return facts | {"content": filing.content_told()}


def _decisive(timeliness: TimelinessRule, filing: Filing) -> datetime | None:
    """The instant timeliness is judged by, if this filing is the one that sets it."""
    if timeliness.submission != "first_complete" or not filing.complete:
        return None
    return decisive_moment(timeliness, filing)


def decisive_moment(timeliness: TimelinessRule, filed: Filing | Submission) -> datetime:
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


def supersede(session: Session, obligation_id: int) -> None:
    """What waited for review gives way to a newer one."""
    earlier = session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id, Submission.state == "received"
        )
    )
    for row in earlier:
        row.state = "superseded"
        session.add(row)


def keep_content(session: Session, submission: Submission, filing: Filing) -> None:
    """The submission with its files, findings, figures and sections."""
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
