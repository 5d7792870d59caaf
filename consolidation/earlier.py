"""What an output of one period is added to, or compared with: the year so far, the year before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from consolidation.figures.periods import columns_of
from consolidation.inputs import Inputs, collect
from plan.definition.model import Output
from plan.models import Plan
from plan.queries.definitions import definition_of


def collect_with_earlier(session: Session, plan: Plan, output: Output, as_of: datetime) -> Inputs:
    """The output's inputs as of a UTC instant, each one listed, with those of its earlier periods."""
    inputs = collect(session, plan, output, as_of)
    return replace(inputs, earlier=earlier_inputs(session, plan, output, as_of))


def earlier_inputs(
    session: Session, plan: Plan, output: Output, as_of: datetime
) -> tuple[Inputs, ...]:
    """The inputs of the other periods its columns need, as of a UTC instant: of this plan, and of the one it
    follows, where that is here. Nothing for an output that is not of one period.
    """
    definition = definition_of(plan)
    periods = columns_of(definition, output).earlier
    if not periods:
        return ()
    before = session.get(Plan, definition.follows) if definition.follows else None
    return tuple(
        collect(session, one, output, as_of, periods=periods) for one in (before, plan) if one
    )
