"""One obligation with everything that belongs to it, as of a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, select

from dashboard.queries import trail
from dashboard.queries.naming import Naming
from intake.scans.queue import Progress, progress_of
from plan.definition.model import Deliverable as DeliverablePart
from plan.definition.model import OutlineNode, PlanDefinition, Source
from plan.ledger.deadlines import deadline_history
from plan.ledger.filing import FoundFault, Severity
from plan.models import (
    Deadline,
    Extension,
    Finding,
    Message,
    MessageObligation,
    Plan,
    Section,
    Submission,
    SubmissionFile,
    Value,
)
from plan.queries.progress import ObligationView, obligations

SEVERITY_ORDER = ("error", "warning", "note")


@dataclass(frozen=True)
class Filed:
    """A submission with its files and findings, gravest first."""

    row: Submission
    state: str
    """As of the moment looked at."""
    files: tuple[SubmissionFile, ...]
    findings: tuple[Finding, ...]
    scans: Mapping[str, Progress] = field(default_factory=dict)
    """How far the files that are pictures have been read, by hash."""

    def of(self, severity: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == severity]

    @property
    def unexplained(self) -> list[Finding]:
        return [f for f in self.of("warning") if not f.explanation]


@dataclass(frozen=True)
class Duty:
    """An obligation and all about it. `part` and `source`: what the plan says."""

    view: ObligationView
    part: DeliverablePart | None
    source: Source | None
    deadlines: list[Deadline]
    submissions: list[Filed]
    extensions: list[Extension]
    messages: list[Message]
    events: list[trail.TrailLine]

    @property
    def latest(self) -> Filed | None:
        """The newest submission."""
        return self.submissions[0] if self.submissions else None

    @property
    def under_review(self) -> Filed | None:
        return next((filed for filed in self.submissions if filed.state == "received"), None)

    @property
    def asked(self) -> Extension | None:
        """The extension request that waits for a decision."""
        return next((row for row in self.extensions if row.state == "asked"), None)


def find_view(
    session: Session, plan: Plan, as_of: datetime, agency: str, deliverable: str
) -> ObligationView | None:
    """The obligation `agency/deliverable` (with `@period` if it recurs)."""
    name = f"{agency}/{deliverable}"
    views = obligations(session, plan, as_of, agency=agency)
    return next((view for view in views if view.id == name), None)


def duty(
    session: Session,
    plan: Plan,
    definition: PlanDefinition,
    view: ObligationView,
    as_of: datetime,
    names: Naming,
) -> Duty:
    """Some eight queries, all by the obligation's id."""
    part = next((p for p in definition.deliverables if p.id == view.deliverable), None)
    return Duty(
        view=view,
        part=part,
        source=source_of(definition, part, view),
        deadlines=[
            row for row in deadline_history(session, view.row_id) if row.decided_at <= as_of
        ],
        submissions=filed(session, view.row_id, as_of),
        extensions=_extensions(session, view.row_id, as_of),
        messages=_messages(session, view.row_id, as_of),
        events=trail.lines(session, plan.id, as_of, names, trail.TrailFilter(view.id)),
    )


def source_of(
    definition: PlanDefinition, part: DeliverablePart | None, view: ObligationView
) -> Source | None:
    """The section of the plan that asks for it: the agency's own, the deliverable's, the milestone's."""
    if part is None:
        return None
    own = part.sources.get(view.agency) or part.source
    if own is not None:
        return own
    return next((m.source for m in definition.milestones if m.id == part.milestone), None)


def filed(session: Session, obligation_id: int, as_of: datetime) -> list[Filed]:
    """Newest first."""
    rows = session.exec(
        select(Submission)
        .where(Submission.obligation_id == obligation_id, Submission.recorded_at <= as_of)
        .order_by(col(Submission.number).desc())
    ).all()
    ids = [row.id for row in rows]
    files = session.exec(
        select(SubmissionFile)
        .where(col(SubmissionFile.submission_id).in_(ids))
        .order_by(col(SubmissionFile.id))
    ).all()
    findings = session.exec(
        select(Finding).where(col(Finding.submission_id).in_(ids)).order_by(col(Finding.id))
    ).all()
    scans = progress_of(session, (file.sha256 for file in files)) if files else {}
    return [
        Filed(
            row,
            state_then(row, as_of),
            tuple(file for file in files if file.submission_id == row.id),
            tuple(
                sorted(
                    (finding for finding in findings if finding.submission_id == row.id),
                    key=lambda finding: SEVERITY_ORDER.index(finding.severity),
                )
            ),
            scans,
        )
        for row in rows
    ]


def state_then(row: Submission, as_of: datetime) -> str:
    """A decision made later had not been made yet."""
    if row.decided_at is not None and row.decided_at > as_of:
        return "received" if row.complete else "returned"
    return row.state


def _extensions(session: Session, obligation_id: int, as_of: datetime) -> list[Extension]:
    rows = session.exec(
        select(Extension)
        .where(Extension.obligation_id == obligation_id, Extension.asked_at <= as_of)
        .order_by(col(Extension.asked_at).desc())
    ).all()
    for row in rows:
        if row.decided_at is not None and row.decided_at > as_of:
            session.expunge(row)
            row.state, row.decided_at, row.decided_by = "asked", None, ""
    return list(rows)


def _messages(session: Session, obligation_id: int, as_of: datetime) -> list[Message]:
    rows = session.exec(
        select(Message)
        .join(MessageObligation, col(MessageObligation.message_id) == Message.id)
        .where(MessageObligation.obligation_id == obligation_id, Message.created_at <= as_of)
        .order_by(col(Message.id).desc())
        .limit(50)
    )
    return list(rows)


def find_filed(filed_: Sequence[Filed], number: int) -> Filed | None:
    return next((one for one in filed_ if one.row.number == number), None)


def fault_of(row: Finding) -> FoundFault:
    """A kept finding as the checks made it."""
    fields = {name: getattr(row, name) for name in FAULT_FIELDS}
    return FoundFault(cast(Severity, row.severity), **fields)


FAULT_FIELDS = ("code", "message", "file", "sheet", "cell", "indicator", "period", "read")


# --- What was read from a submission: figures and sections; and which appendix it is about.


def values_of(session: Session, submission_id: int) -> Sequence[Value]:
    return session.exec(select(Value).where(Value.submission_id == submission_id)).all()


def sections_of(session: Session, submission_id: int) -> Sequence[Section]:
    return session.exec(
        select(Section).where(Section.submission_id == submission_id).order_by(col(Section.node))
    ).all()


def appendix_codes(indicators: Sequence[str]) -> list[str]:
    """`PL3` of `PL3.1.1`, each once, in order."""
    return list(dict.fromkeys(name.partition(".")[0] for name in indicators if name))


def outline_titles(definition: PlanDefinition) -> dict[str, str]:
    """Outline node → «II.3.1. Kết quả đạt được», in the outline's order."""
    titles: dict[str, str] = {}

    def walk(nodes: Sequence[OutlineNode]) -> None:
        for node in nodes:
            titles[node.id] = f"{node.number} {node.title}".strip()
            walk(node.children)

    walk(definition.outline)
    return titles
