"""What checks need to know of what was filed before: other agencies' accepted figures, and one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from intake.workbook.template import template_for
from plan.definition.model import PlanDefinition
from plan.models import Agency, Obligation, Plan, Submission, SubmissionFile, Value
from plan.queries.definitions import definition_of

Key = tuple[str, str]


@dataclass(frozen=True)
class EarlierFigures:
    """By (indicator, period). `accepted` are those that stand; `own` the agency's newest;
    `filed` its newest from workbooks, given back ones included."""

    accepted: Mapping[Key, float | str] = field(default_factory=dict)
    own: Mapping[Key, float] = field(default_factory=dict)
    filed: Mapping[Key, float] = field(default_factory=dict)

    def others(self, indicator: str, period: str) -> float | str | None:
        """An accepted figure; None where there is none."""
        return self.accepted.get((indicator, period))


def earlier_figures(session: Session, plan: Plan, agency: str) -> EarlierFigures:
    """What is known as this agency hands something in. Three queries."""
    return EarlierFigures(
        _accepted(session, plan.id, definition_of(plan)),
        _own(session, plan.id, agency),
        _filed(session, plan.id, agency),
    )


def _accepted(session: Session, plan_id: str, definition: PlanDefinition) -> dict[Key, float | str]:
    """Accepted figures, each from the agency whose row it is: what a district said of its own part is
    not the province's figure."""
    lines = template_for(definition, "").lines.items()
    owners = {name: line.filled_by for name, line in lines if line.filled_by}
    if (
        not owners
    ):  # a form that everybody fills in whole: nobody's figure is another's to check against
        return {}
    rows = session.exec(
        select(Value, Agency.code)
        .join(Submission, col(Submission.id) == Value.submission_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(Obligation.plan_id == plan_id, Submission.state == "accepted")
    )
    found: dict[Key, float | str] = {}
    for value, code in rows:
        figure = value.number if value.number is not None else value.text
        if figure is not None and not value.not_applicable and owners.get(value.indicator) == code:
            found[value.indicator, value.period] = figure
    return found


def _own(session: Session, plan_id: str, agency: str) -> dict[Key, float]:
    """The agency's numbers in what it has filed and nobody has given back, the newest of each."""
    rows = session.exec(
        select(Value)
        .join(Submission, col(Submission.id) == Value.submission_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(
            Obligation.plan_id == plan_id,
            Agency.code == agency,
            col(Submission.state).in_(("received", "accepted")),
        )
        .order_by(col(Submission.id))
    )
    return {(row.indicator, row.period): row.number for row in rows if row.number is not None}


def _filed(session: Session, plan_id: str, agency: str) -> dict[Key, float]:
    """The agency's numbers out of workbooks, the newest of each, whatever became of them since."""
    rows = session.exec(
        select(Value)
        .join(Submission, col(Submission.id) == Value.submission_id)
        .join(
            SubmissionFile,
            (col(SubmissionFile.submission_id) == Value.submission_id)
            & (col(SubmissionFile.filename) == Value.file),
        )
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(
            Obligation.plan_id == plan_id,
            Agency.code == agency,
            Submission.state != "moved",
            SubmissionFile.kind == "workbook",
        )
        .order_by(col(Submission.id))
    )
    return {(row.indicator, row.period): row.number for row in rows if row.number is not None}
