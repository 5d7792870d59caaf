"""What each kind of event says, and to whom: a notice, or nothing where it concerns nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from notifications.notices.notices import Notice, about_obligation, for_coordinator
from notifications.obligations import DueObligation, owed_by_id
from notifications.plan_context import PlanContext
from plan.calendar import LOCAL
from plan.deadlines.standing import left_words, standing
from plan.definition.model import Audience
from plan.definition.periodic import outputs_by_period
from plan.models import (
    ConsolidationRun,
    Deadline,
    Delegation,
    Extension,
    Finding,
    Obligation,
    OutgoingEvent,
    Plan,
    Post,
    Submission,
    Urging,
)
from plan.queries.threads import files_with
from plan.states import STILL_OWED
from plan.text import date_words, moment_words

MOST_FINDINGS = 10
"""More are counted and shown on the page."""


@dataclass(frozen=True)
class EventContext:
    """An event with what its message is written from."""

    session: Session
    book: PlanContext
    event: OutgoingEvent
    now: datetime

    @property
    def payload(self) -> dict[str, Any]:
        return self.event.payload

    @property
    def key(self) -> str:
        return f"event:{self.event.id}"

    def row(self) -> DueObligation:
        assert self.event.obligation_id is not None
        return owed_by_id(self.session, [self.event.obligation_id])[self.event.obligation_id]


def _accepted(context: EventContext) -> Notice | None:
    """A thank-you; the coordinating office does not thank itself."""
    row = context.row()
    if row.agency_id == context.book.coordinator_id:
        return None
    submission = _submission(context)
    facts = {
        "number": submission.number if submission else context.payload.get("number", 1),
        "received": moment_words(submission.received_at) if submission else "",
        "timeliness": _timeliness(context, row),
        "note": context.payload.get("note", ""),
    }
    return about_obligation(context.book, "accepted", row, facts, context.key)


def _timeliness(context: EventContext, row: DueObligation) -> str:
    """«đúng hạn», «trễ 2 ngày làm việc»; nothing for what has no deadline of the plan."""
    obligation = context.session.get_one(Obligation, row.id)
    stands = standing(
        opens_at=row.opens_at,
        due_at=row.due_at,
        last_day=row.last_day,
        nothing_owed=True,
        decisive_at=obligation.decisive_at,
        now=context.now,
        calendar=context.book.calendar,
    )
    return left_words(stands)


def _returned(context: EventContext) -> Notice | None:
    """What to mend; told late, nothing of a submission that a newer one has taken the place of."""
    if _newer_submission(context):
        return None
    submission = _submission(context)
    findings = _findings(context.session, submission)
    facts = {
        "number": context.payload.get("number", 1),
        "reason": context.payload.get("reason", ""),
        "findings": findings[:MOST_FINDINGS],
        "more": max(len(findings) - MOST_FINDINGS, 0),
    }
    return about_obligation(context.book, "returned", context.row(), facts, context.key)


def _submission(context: EventContext) -> Submission | None:
    return context.session.exec(
        select(Submission).where(
            Submission.obligation_id == context.event.obligation_id,
            Submission.number == context.payload.get("number"),
        )
    ).first()


def _newer_submission(context: EventContext) -> bool:
    wanted = select(Submission.id).where(
        Submission.obligation_id == context.event.obligation_id,
        col(Submission.number) > context.payload.get("number", 1),
    )
    return context.session.exec(wanted.limit(1)).first() is not None


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


def _extension_decided(context: EventContext) -> Notice:
    request = context.session.get_one(Extension, context.payload["extension"])
    current, previous = _deadlines(context)
    facts = {
        "granted": bool(context.payload["granted"]),
        "given": _last_day(current),
        "note": context.payload.get("note", ""),
        "previous": previous,
        "document": _document(current) or request.document_number,
    }
    return about_obligation(context.book, "extension", context.row(), facts, context.key)


def _extension_asked(context: EventContext) -> Notice:
    request = context.session.get_one(Extension, context.payload["extension"])
    facts = {
        "until": date_words(request.until),
        "reason": request.reason,
        "document": request.document_number,
        "asked_by": request.asked_by,
    }
    return about_obligation(
        context.book,
        "extension-asked",
        context.row(),
        facts,
        context.key,
        audience=Audience.coordinator,
    )


def _deadline_changed(context: EventContext) -> Notice:
    current, previous = _deadlines(context)
    facts = {
        "given": _last_day(current),
        "previous": previous,
        "document": _document(current),
        "reason": context.payload.get("reason", ""),
    }
    return about_obligation(context.book, "deadline", context.row(), facts, context.key)


def _deadlines(context: EventContext) -> tuple[Deadline | None, str]:
    """The version this event made (two decisions may be told at once), and the last day of the one
    before, in words."""
    versions = context.session.exec(
        select(Deadline)
        .where(
            Deadline.obligation_id == context.event.obligation_id,
            col(Deadline.version) <= context.payload.get("version", context.row().deadline_version),
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


def _amended(context: EventContext) -> Notice | None:
    """That a document ended an obligation, or brought it back, or an agency that of its unit. Waived or
    restored otherwise: the office has said so to the agency that asked."""
    document = context.payload.get("document")
    plan = context.session.get_one(Plan, context.book.plan_id)
    if not document and plan.parent_obligation_id is not None:
        document = f"thông báo của {context.book.office_name}"
    if not document:
        return None
    again = context.event.kind == "obligation.restored"
    facts = {
        "result": "Lại phải nộp" if again else "Không còn phải nộp",
        "again": again,
        "document": document,
        "reason": context.payload.get("reason", ""),
    }
    return about_obligation(context.book, "amended", context.row(), facts, context.key)


def _urged(context: EventContext) -> Notice | None:
    """In the coordinator's own words; nothing of what was handed in meanwhile."""
    urging, row = context.session.get_one(Urging, context.payload["urging"]), context.row()
    if row.state not in STILL_OWED:
        return None
    facts = {"words": urging.words, "by": urging.urged_by}
    return about_obligation(context.book, "urging", row, facts, context.key)


def _asked(context: EventContext) -> Notice:
    return about_obligation(
        context.book,
        "question",
        context.row(),
        _said(context),
        context.key,
        audience=Audience.coordinator,
    )


def _answered(context: EventContext) -> Notice:
    return about_obligation(context.book, "answer", context.row(), _said(context), context.key)


def _said(context: EventContext) -> dict[str, str]:
    post = context.session.get_one(Post, context.payload["post"])
    sent = files_with(context.session, [post]).get(post.id or 0, [])
    return {"words": post.words, "by": post.said_by, "files": ", ".join(f.filename for f in sent)}


def _passed(context: EventContext) -> Notice | None:
    """For the colleague alone, whoever else the product was passed to; nothing of what was taken back
    meanwhile."""
    row, passed = context.row(), context.session.get_one(Delegation, context.payload["delegation"])
    if passed.ended_at is not None:
        return None
    facts = {
        "everything": passed.deliverable_id is None,
        "until": date_words(passed.until),
        "by": passed.passed_by,
    }
    directory, ladder = context.book.directory, context.book.ladder(row)
    heard = [
        (person, channels)
        for person in directory.of(row.agency_id)
        if person.is_one_of([passed.contact_id], row.agency_id)
        and (channels := directory.route(person, ladder, confidential=row.confidential))
    ]
    return Notice("passed", facts, context.key, row.agency_id, heard, row)


def _run_done(context: EventContext) -> Notice:
    run = context.session.get_one(ConsolidationRun, context.payload["run"])
    titles = {output.id: output.title for output in outputs_by_period(context.book.definition)}
    coverage = run.coverage
    facts = {
        "title": titles.get(run.output, run.output),
        "number": run.number,
        "partial": run.partial,
        "have": coverage.get("have", 0),
        "owed": coverage.get("owed", 0),
        "missing": [_named(context, name) for name in coverage.get("missing", [])],
        "faults": len(run.findings),
        "finished": moment_words((run.finished_at or run.as_of).astimezone(LOCAL)),
    }
    return for_coordinator(context.book, "run", facts, context.key)


def _named(context: EventContext, name: str) -> str:
    """`an-lao/district-report` as «UBND huyện An Lão: Báo cáo tổng kết»."""
    agency, _, rest = name.partition("/")
    deliverable = rest.partition("@")[0]
    codes = {code: key for key, code in context.book.codes.items()}
    titles = {part.id: part.short or part.title for part in context.book.definition.deliverables}
    if agency not in codes:
        return name
    return f"{context.book.names[codes[agency]].name}: {titles.get(deliverable, deliverable)}"


HANDLERS: dict[str, Callable[[EventContext], Notice | None]] = {
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
