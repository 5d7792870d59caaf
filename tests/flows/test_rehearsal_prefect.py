"""The whole plan compressed, its scheduled work done by the real flows on a real Prefect server: the ledger
ends as it does when nobody but the rehearsal turns the handle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from flows.jobs import rounds
from flows.rehearsal.play import tools_of
from flows.rehearsal.run import rehearse
from flows.rehearsal.stage import Stage
from flows.scheduled.consolidate import consolidate
from flows.scheduled.track_milestone import track_milestone
from plan.database import open_engine, reading
from plan.definition.model import PlanDefinition
from plan.models import AuditEvent, ConsolidationRun, Message, Obligation, RungClaim

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("prefect"),
    pytest.mark.usefixtures("prefect"),
    pytest.mark.timeout(3600),
]
END: date | None = None
"""None: the plan's own end."""


def ledger(out: Path) -> dict[str, Any]:
    """What the database says in the end."""
    engine = open_engine(f"sqlite:///{out / 'dondoc.db'}")
    with reading(engine) as session:
        story = session.exec(select(AuditEvent).order_by(col(AuditEvent.id))).all()
        claims = session.exec(select(RungClaim)).all()
        messages = session.exec(select(Message)).all()
        runs = session.exec(select(ConsolidationRun).order_by(col(ConsolidationRun.id))).all()
        found = {
            "story": [(row.at, row.actor, row.event, row.subject) for row in story],
            "claims": sorted(
                (row.obligation_id, row.rung, row.recipient, row.channel, row.claimed_at)
                for row in claims
            ),
            "messages": sorted(
                (row.event, row.channel, row.recipient, row.state, str(row.sent_at))
                for row in messages
            ),
            "runs": [
                (row.output, row.number, row.trigger, row.as_of, row.coverage, row.state)
                for row in runs
            ],
            "states": [
                (row.id, row.state, row.decisive_at)
                for row in session.exec(select(Obligation).order_by(col(Obligation.id)))
            ],
        }
    engine.dispose()
    return found


def test_the_same_ledger_through_prefect(
    definition: PlanDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    milestones = cycle(part.id for part in definition.milestones)

    def through_prefect(stage: Stage, nightly: bool) -> Iterator[str]:
        """One look and one consolidation, as scheduled; each look is about the next milestone."""
        monkeypatch.setattr(rounds, "installed", lambda: tools_of(stage))
        asyncio.run(track_milestone(stage.plan_id, next(milestones)))
        yield asyncio.run(consolidate(stage.plan_id, nightly=nightly))

    def silent(_at: datetime, _words: str) -> None: ...

    plain = rehearse(definition, tmp_path / "plain", 1, END, silent)
    flows = rehearse(definition, tmp_path / "flows", 1, END, silent, through_prefect)
    assert flows.verdict == plain.verdict
    assert flows.verdict.faults == ()
    assert ledger(tmp_path / "flows") == ledger(tmp_path / "plain")
