"""Consolidation runs: what went in, what came out."""

from __future__ import annotations

from datetime import datetime
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
    __tablename__ = "run_input"

    run_id: int = Field(foreign_key="consolidation_run.id", primary_key=True)
    submission_id: int = Field(foreign_key="submission.id", primary_key=True, index=True)
    content_hash: str


class RunOutput(SQLModel, table=True):
    __tablename__ = "run_output"

    run_id: int = Field(foreign_key="consolidation_run.id", primary_key=True)
    filename: str = Field(primary_key=True)
    sha256: str
    size: int
