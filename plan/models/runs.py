"""Consolidation runs: what went in, what came out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class ConsolidationRun(SQLModel, table=True):
    """The same inputs (by hash) give the same run: the unique key makes two triggers one."""

    __tablename__ = "consolidation_run"
    __table_args__ = (
        UniqueConstraint("plan_id", "output", "input_hash"),
        UniqueConstraint("plan_id", "output", "number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id")
    output: str
    """The plan's output id: `provincial-appendices`."""
    number: int
    input_hash: str
    set_hash: str = ""
    """Over the inputs taken in alone, as in `OutputState`; empty: of a run made before it was kept."""
    state: str = "running"
    """running | done | failed"""
    trigger: str
    """inputs-complete | window-closed | nightly | by-hand"""
    started_by: str = ""
    as_of: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    partial: bool = False
    coverage: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    """{"have": 16, "owed": 17, "missing": ["an-lao/district-report"]}"""
    findings: list[Any] = Field(default_factory=list, sa_type=Json)
    final: bool = False
    finalised_by: str = ""
    finalised_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stale_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stale_because: str = Field(default="", sa_type=Text)
    error: str = Field(default="", sa_type=Text)


class RunInput(SQLModel, table=True):
    """An input of every run from `first_run` to `last_run` (both included; none: still going on).

    Kept as spans because a run takes over nearly all inputs of the one before: one submission more
    costs one row, however many agencies there are.
    """

    __tablename__ = "run_input"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    output: str = Field(primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id", primary_key=True)
    first_run: int = Field(primary_key=True)
    """The run's number."""
    last_run: int | None = None
    obligation: str
    """`agency/deliverable`"""
    submission_id: int | None = Field(default=None, foreign_key="submission.id", index=True)
    """None: the obligation was waived."""
    content_hash: str


class OutputState(SQLModel, table=True):
    """What is known of an output's inputs right now, kept up change by change."""

    __tablename__ = "output_state"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    output: str = Field(primary_key=True)
    definition_hash: str
    last_number: int = 0
    """Number of the newest run."""
    set_hash: str = ""
    """Over the inputs, in no order: one of them more or less changes it at a fixed cost."""
    accepted: int = 0
    waived: int = 0
    owed: int = 0
    """All obligations of its deliverables, the waived ones included."""
    newest_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The newest decision that let an input in."""
    rolled_up: bool = False
    """Whether `RollupCell` holds its sums."""
    changes: int = 1
    """Raised by each change of its inputs."""
    looked: int = 0
    """`changes` when it was last looked at and whatever was due was made."""
    looked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RollupCell(SQLModel, table=True):
    """Sums over the current inputs of an output with very many of them, for one cell.

    Whole numbers of millionths, as text: they have no largest value.
    """

    __tablename__ = "rollup_cell"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    output: str = Field(primary_key=True)
    indicator: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    numbers: int = 0
    total: str = "0"
    top: float | None = None
    yes: int = 0
    pairs: int = 0
    numerator: str = "0"
    denominator: str = "0"
    texts: int = 0
    not_applicable: int = 0


class RunOutput(SQLModel, table=True):
    __tablename__ = "run_output"

    run_id: int = Field(foreign_key="consolidation_run.id", primary_key=True)
    filename: str = Field(primary_key=True)
    sha256: str
    size: int


class ReportVersion(SQLModel, table=True):
    """A draft report as somebody edited it in Word, or as it was signed; the file stands in the store."""

    __tablename__ = "report_version"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id")
    output: str
    run_id: int = Field(foreign_key="consolidation_run.id", index=True)
    """The run whose draft it was made from."""
    kind: str
    """working | signed"""
    filename: str
    sha256: str
    size: int
    document_number: str = ""
    """«120/BC-UBND» of a signed one."""
    signed_on: date | None = None
    handed_by: str
    handed_at: datetime = Field(sa_type=UtcDateTime)


class HeadingChoice(SQLModel, table=True):
    """How much of what others report stands under a heading of a draft report."""

    __tablename__ = "heading_choice"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    output: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    detail: str
    """brief | full | none"""
