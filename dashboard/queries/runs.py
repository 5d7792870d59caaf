"""Consolidation runs as people look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from plan.calendar import local_day
from plan.definition.model import Output, PlanDefinition
from plan.definition.periodic import outputs_begun
from plan.models import (
    Agency,
    ConsolidationRun,
    Deliverable,
    Obligation,
    RunInput,
    RunOutput,
    Submission,
)


@dataclass(frozen=True)
class RunLine:
    """A run with its files."""

    row: ConsolidationRun
    files: tuple[RunOutput, ...]

    @property
    def coverage(self) -> str:
        """«16/17»; empty before it is known."""
        known = self.row.coverage
        return f"{known['have']}/{known['owed']}" if "have" in known and "owed" in known else ""

    @property
    def missing(self) -> list[str]:
        """Obligations that were not in."""
        return [str(name) for name in self.row.coverage.get("missing", [])]

    @property
    def sign(self) -> tuple[str, str, str]:
        """(sign, words, tone)."""
        if self.row.state == "failed":
            return "overdue", "không thành", "late"
        if self.row.state == "running":
            return "open", "đang chạy", "blue"
        if self.row.stale_since is not None:
            return "due_soon", "đã cũ, có bản nộp mới", "amber"
        if self.row.final:
            return "accepted", "đã chốt", "green"
        return (
            ("submitted", "bản nháp, còn thiếu", "teal")
            if self.row.partial
            else ("submitted", "bản nháp, đủ đầu vào", "teal")
        )


@dataclass(frozen=True)
class OutputRuns:
    """An output of the plan and its runs, newest first."""

    output: Output
    runs: tuple[RunLine, ...]

    @property
    def newest(self) -> RunLine | None:
        return self.runs[0] if self.runs else None

    @property
    def final(self) -> RunLine | None:
        return next((run for run in self.runs if run.row.final), None)


def runs_by_output(
    session: Session, plan_id: str, definition: PlanDefinition, as_of: datetime
) -> list[OutputRuns]:
    """Every output of the plan, with or without runs; those of each period as far as it has begun."""
    lines = [run_line(session, row) for row in _runs(session, plan_id, as_of)]
    return [
        OutputRuns(output, tuple(line for line in lines if line.row.output == output.id))
        for output in outputs_begun(definition, local_day(as_of))
    ]


def _runs(session: Session, plan_id: str, as_of: datetime) -> Sequence[ConsolidationRun]:
    return session.exec(
        select(ConsolidationRun)
        .where(ConsolidationRun.plan_id == plan_id, ConsolidationRun.started_at <= as_of)
        .order_by(col(ConsolidationRun.id).desc())
    ).all()


def run_line(session: Session, row: ConsolidationRun) -> RunLine:
    files = session.exec(
        select(RunOutput).where(RunOutput.run_id == row.id).order_by(col(RunOutput.filename))
    )
    return RunLine(row, tuple(files))


def find_run(
    session: Session, plan_id: str, output: str, number: int, as_of: datetime
) -> RunLine | None:
    row = session.exec(
        select(ConsolidationRun).where(
            ConsolidationRun.plan_id == plan_id,
            ConsolidationRun.output == output,
            ConsolidationRun.number == number,
            ConsolidationRun.started_at <= as_of,
        )
    ).first()
    return run_line(session, row) if row is not None else None


@dataclass(frozen=True)
class InputLine:
    """A submission that went in; `number` 0: the obligation was waived."""

    obligation: str
    number: int
    received_at: datetime | None
    decided_by: str


MOST_INPUTS = 500


def inputs_of(session: Session, run: ConsolidationRun) -> list[InputLine]:
    """What went into a run, in the plan's order; the first so many of a very large one."""
    rows = session.exec(
        select(RunInput.obligation, Submission)
        .select_from(RunInput)
        .join(Obligation, col(Obligation.id) == RunInput.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .outerjoin(Submission, col(Submission.id) == RunInput.submission_id)
        .where(
            RunInput.plan_id == run.plan_id,
            RunInput.output == run.output,
            RunInput.first_run <= run.number,
            or_(col(RunInput.last_run).is_(None), col(RunInput.last_run) >= run.number),
        )
        .order_by(col(Deliverable.sort), col(Agency.sort))
        .limit(MOST_INPUTS)
    )
    return [
        InputLine(
            name,
            row.number if row else 0,
            row.received_at if row else None,
            row.decided_by if row else "",
        )
        for name, row in rows
    ]
