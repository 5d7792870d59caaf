"""Where a number comes from: the value, the rule, and every contribution down to its cell.

`trace` answers for the inputs accepted as of an instant, or for those a run was made from. Reads the
values of one indicator only, so a cell of 10,000 agencies costs 10,000 rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from consolidation.gather import gather
from consolidation.inputs import Input, collect
from consolidation.rows import book_of
from plan.definition import Output, PlanDefinition
from plan.errors import NotFoundError
from plan.lookup import definition_of
from plan.models import Finding, Obligation, Plan, Submission, Value


@dataclass(frozen=True)
class Given:
    """What one agency contributed, and who accepted it when."""

    agency: str
    submission: str
    """`stp/appendix-2#1`"""
    file: str
    sheet: str
    cell: str
    value: float | str | None
    accepted_by: str
    accepted_at: datetime | None


@dataclass(frozen=True)
class Trace:
    """A consolidated cell, taken apart."""

    indicator: str
    period: str
    label: str
    value: float | str | None
    rule: str
    why_not: str
    contributions: tuple[Given, ...]
    findings: tuple[dict[str, str], ...]
    earlier: tuple[dict[str, Any], ...]
    """Values of the same cell in submissions that were given back or replaced."""

    def as_json(self) -> dict[str, Any]:
        """As `dondoc trace --json` prints it."""
        return vars(self) | {"contributions": [vars(one) for one in self.contributions]}


def trace(session: Session, plan: Plan, indicator: str, period: str, as_of: datetime) -> Trace:
    """The cell `indicator` (`PL2.1.3`), `period` (`2018`) as of a UTC instant.

    Raises NotFoundError for an indicator or period the plan's appendices do not have.
    """
    definition = definition_of(plan)
    output = _output_with(definition, indicator)
    book = book_of(definition, output)
    row = book.rows[indicator]
    if period not in [one.key for one in row.periods]:
        raise NotFoundError("kỳ", period, [one.key for one in row.periods])
    inputs = collect(session, plan, output, as_of)
    merged = gather(session, definition, book, inputs.items).at(indicator, period)
    known = {item.obligation: item for item in inputs.items}
    return Trace(
        indicator=indicator,
        period=period,
        label=row.indicator.label,
        value=merged.value,
        rule=merged.rule,
        why_not=merged.not_applicable or merged.why_not,
        contributions=tuple(
            _given(one, known.get(one.source.obligation)) for one in merged.contributions
        ),
        findings=tuple(_findings(session, inputs.accepted, indicator, period)),
        earlier=tuple(_earlier(session, plan.id, indicator, period)),
    )


def _output_with(definition: PlanDefinition, indicator: str) -> Output:
    """The output whose appendices hold the indicator."""
    names: list[str] = []
    for output in definition.outputs:
        if output.kind == "appendices":
            rows = book_of(definition, output).rows
            if indicator in rows:
                return output
            names += list(rows)
    raise NotFoundError("chỉ tiêu", indicator, names)


def _given(one: Any, item: Input | None) -> Given:
    source = one.source
    return Given(
        agency=one.agency,
        submission=f"{source.obligation}#{source.number}",
        file=source.file,
        sheet=source.sheet,
        cell=source.cell,
        value=one.value,
        accepted_by=item.decided_by if item else "",
        accepted_at=item.decided_at if item else None,
    )


def _findings(
    session: Session, accepted: Sequence[Input], indicator: str, period: str
) -> list[dict[str, str]]:
    """Findings of the accepted submissions that touch the cell, with the agency's explanation."""
    ids = [item.submission_id for item in accepted if item.submission_id is not None]
    rows = session.exec(
        select(Finding).where(
            col(Finding.submission_id).in_(ids),
            Finding.indicator == indicator,
            col(Finding.period).in_(("", period)),
        )
    )
    return [
        {"severity": row.severity, "message": row.message, "explanation": row.explanation}
        for row in rows
    ]


def _earlier(session: Session, plan_id: str, indicator: str, period: str) -> list[dict[str, Any]]:
    rows = session.exec(
        select(Value, Submission)
        .join(Submission, col(Submission.id) == Value.submission_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .where(
            Obligation.plan_id == plan_id,
            Value.indicator == indicator,
            Value.period == period,
            col(Submission.state).in_(("returned", "superseded")),
        )
        .order_by(col(Submission.received_at))
    )
    return [
        {
            "value": value.text if value.number is None else value.number,
            "number": submission.number,
            "received_at": submission.received_at,
            "state": submission.state,
        }
        for value, submission in rows
    ]
