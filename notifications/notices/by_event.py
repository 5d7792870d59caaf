"""What each kind of event says, and to whom: a notice, or nothing where it concerns nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from notifications.notices.notices import Notice, about_obligation, for_coordinator
from notifications.obligations import Owed, owed_by_id
from notifications.plan_context import Book
from plan.calendar import LOCAL
from plan.deadlines.standing import left_words, standing
from plan.definition.model import Audience
from plan.models import (
    ConsolidationRun,
    Deadline,
    Delegation,
    Extension,
    Finding,
    Obligation,
    OutgoingEvent,
    Post,
    Submission,
    Urging,
)
from plan.states import STILL_OWED
from plan.text import date_words, moment_words

MOST_FINDINGS = 10
"""More are counted and shown on the page."""


@dataclass(frozen=True)
class Happened:
    """An event with what its message is written from."""

    session: Session
    book: Book
    event: OutgoingEvent
    now: datetime

    @property
    def payload(self) -> dict[str, Any]:
        return self.event.payload

    @property
    def key(self) -> str:
        return f"event:{self.event.id}"

    def row(self) -> Owed:
        assert self.event.obligation_id is not None
        return owed_by_id(self.session, [self.event.obligation_id])[self.event.obligation_id]


def _accepted(it: Happened) -> Notice | None:
    """A thank-you; the coordinating office does not thank itself."""
    row = it.row()
    if row.agency_id == it.book.coordinator_id:
        return None
    submission = _submission(it)
    facts = {
        "number": submission.number if submission else it.payload.get("number", 1),
        "received": moment_words(submission.received_at) if submission else "",
        "timeliness": _timeliness(it, row),
        "note": it.payload.get("note", ""),
    }
    return about_obligation(it.book, "accepted", row, facts, it.key)


def _timeliness(it: Happened, row: Owed) -> str:
    """«đúng hạn», «trễ 2 ngày làm việc»; nothing for what has no deadline of the plan."""
    obligation = it.session.get_one(Obligation, row.id)
    stands = standing(
        opens_at=row.opens_at,
        due_at=row.due_at,
        last_day=row.last_day,
        nothing_owed=True,
        decisive_at=obligation.decisive_at,
        now=it.now,
        calendar=it.book.calendar,
    )
    return left_words(stands)


def _returned(it: Happened) -> Notice | None:
    """What to mend; told late, nothing of a submission that a newer one has taken the place of."""
    if _newer_submission(it):
        return None
    submission = _submission(it)
    findings = _findings(it.session, submission)
    facts = {
        "number": it.payload.get("number", 1),
        "reason": it.payload.get("reason", ""),
        "findings": findings[:MOST_FINDINGS],
        "more": max(len(findings) - MOST_FINDINGS, 0),
    }
    return about_obligation(it.book, "returned", it.row(), facts, it.key)


def _submission(it: Happened) -> Submission | None:
    return it.session.exec(
        select(Submission).where(
            Submission.obligation_id == it.event.obligation_id,
            Submission.number == it.payload.get("number"),
        )
    ).first()


def _newer_submission(it: Happened) -> bool:
    wanted = select(Submission.id).where(
        Submission.obligation_id == it.event.obligation_id,
        col(Submission.number) > it.payload.get("number", 1),
    )
    return it.session.exec(wanted.limit(1)).first() is not None


_SEVERITIES = {"error": 0, "warning": 1}


def _findings(session: Session, submission: Submission | None) -> list[dict[str, str]]:
    """What must be mended first. Notes are no reason to send anything back."""
    if submission is None:
        return []
    rows = session.exec(
        select(Finding).where(
            Finding.submission_id == submission.id, col(Finding.severity).in_(_SEVERITIES)
        )
    ).all()
    ordered = sorted(rows, key=lambda row: (_SEVERITIES[row.severity], row.id or 0))
    return [{"place": _place(row), "message": row.message} for row in ordered]


def _place(finding: Finding) -> str:
    cell = f"ô {finding.cell}" if finding.cell else ""
    return ", ".join(part for part in (finding.sheet or finding.file, cell) if part)


def _extension_decided(it: Happened) -> Notice:
    request = it.session.get_one(Extension, it.payload["extension"])
    current, previous = _deadlines(it)
    facts = {
        "granted": bool(it.payload["granted"]),
        "given": _last_day(current),
        "note": it.payload.get("note", ""),
        "previous": previous,
        "document": _document(current) or request.document_number,
    }
    return about_obligation(it.book, "extension", it.row(), facts, it.key)


def _extension_asked(it: Happened) -> Notice:
    request = it.session.get_one(Extension, it.payload["extension"])
    facts = {
        "until": date_words(request.until),
        "reason": request.reason,
        "document": request.document_number,
        "asked_by": request.asked_by,
    }
    return about_obligation(
        it.book, "extension-asked", it.row(), facts, it.key, audience=Audience.coordinator
    )


def _deadline_changed(it: Happened) -> Notice:
    current, previous = _deadlines(it)
    facts = {
        "given": _last_day(current),
        "previous": previous,
        "document": _document(current),
        "reason": it.payload.get("reason", ""),
    }
    return about_obligation(it.book, "deadline", it.row(), facts, it.key)


def _deadlines(it: Happened) -> tuple[Deadline | None, str]:
    """The version this event made (two decisions may be told at once), and the last day of the one
    before, in words."""
    versions = it.session.exec(
        select(Deadline)
        .where(
            Deadline.obligation_id == it.event.obligation_id,
            col(Deadline.version) <= it.payload.get("version", it.row().deadline_version),
        )
        .order_by(col(Deadline.version).desc())
        .limit(2)
    ).all()
    before = versions[1] if len(versions) > 1 else None
    return (versions[0] if versions else None), _last_day(before)


def _last_day(deadline: Deadline | None) -> str:
    return date_words(deadline.last_day) if deadline and deadline.last_day else ""


def _document(deadline: Deadline | None) -> str:
    if deadline is None or not deadline.document_number:
        return ""
    on = f" ngày {deadline.document_on:%d/%m/%Y}" if deadline.document_on else ""
    return deadline.document_number + on


def _amended(it: Happened) -> Notice | None:
    """That a document ended an obligation, or brought it back. Waived or restored without one: the office
    has said so to the agency that asked."""
    document = it.payload.get("document")
    if not document:
        return None
    again = it.event.kind == "obligation.restored"
    facts = {
        "result": "Lại phải nộp" if again else "Không còn phải nộp",
        "again": again,
        "document": document,
        "reason": it.payload.get("reason", ""),
    }
    return about_obligation(it.book, "amended", it.row(), facts, it.key)


def _urged(it: Happened) -> Notice | None:
    """In the coordinator's own words; nothing of what was handed in meanwhile."""
    urging, row = it.session.get_one(Urging, it.payload["urging"]), it.row()
    if row.state not in STILL_OWED:
        return None
    facts = {"words": urging.words, "by": urging.urged_by}
    return about_obligation(it.book, "urging", row, facts, it.key)


def _asked(it: Happened) -> Notice:
    return about_obligation(
        it.book, "question", it.row(), _said(it), it.key, audience=Audience.coordinator
    )


def _answered(it: Happened) -> Notice:
    return about_obligation(it.book, "answer", it.row(), _said(it), it.key)


def _said(it: Happened) -> dict[str, str]:
    post = it.session.get_one(Post, it.payload["post"])
    return {"words": post.words, "by": post.said_by}


def _passed(it: Happened) -> Notice | None:
    """For the colleague alone; nothing of what was taken back meanwhile."""
    row, passed = it.row(), it.session.get_one(Delegation, it.payload["delegation"])
    if passed.ended_at is not None:
        return None
    facts = {
        "everything": passed.deliverable_id is None,
        "until": date_words(passed.until),
        "by": passed.passed_by,
    }
    notice = about_obligation(it.book, "passed", row, facts, it.key)
    theirs = [
        pair for pair in notice.heard if pair[0].is_one_of([passed.contact_id], row.agency_id)
    ]
    return replace(notice, heard=theirs)


def _run_done(it: Happened) -> Notice:
    run = it.session.get_one(ConsolidationRun, it.payload["run"])
    titles = {output.id: output.title for output in it.book.definition.outputs}
    coverage = run.coverage
    facts = {
        "title": titles.get(run.output, run.output),
        "number": run.number,
        "partial": run.partial,
        "have": coverage.get("have", 0),
        "owed": coverage.get("owed", 0),
        "missing": [_named(it, name) for name in coverage.get("missing", [])],
        "faults": len(run.findings),
        "finished": moment_words((run.finished_at or run.as_of).astimezone(LOCAL)),
    }
    return for_coordinator(it.book, "run", facts, it.key)


def _named(it: Happened, name: str) -> str:
    """`an-lao/district-report` as «UBND huyện An Lão: Báo cáo tổng kết»."""
    agency, _, rest = name.partition("/")
    deliverable = rest.partition("@")[0]
    codes = {code: key for key, code in it.book.codes.items()}
    titles = {part.id: part.short or part.title for part in it.book.definition.deliverables}
    if agency not in codes:
        return name
    return f"{it.book.names[codes[agency]].name}: {titles.get(deliverable, deliverable)}"


HANDLERS: dict[str, Callable[[Happened], Notice | None]] = {
    "obligation.accepted": _accepted,
    "obligation.returned": _returned,
    "extension.asked": _extension_asked,
    "extension.decided": _extension_decided,
    "deadline.changed": _deadline_changed,
    "obligation.waived": _amended,
    "obligation.restored": _amended,
    "run.done": _run_done,
    "agency.urged": _urged,
    "thread.asked": _asked,
    "thread.answered": _answered,
    "delegation.made": _passed,
}
