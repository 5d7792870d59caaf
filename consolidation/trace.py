"""Where a number comes from: the value, the rule, and every contribution down to its cell.

`trace` answers for the inputs accepted as of an instant; `trace_run` for those a run was made from. Only
the values of the one row are read, with the parts a percentage is made of: a cell of 10,000 agencies
costs their 10,000 rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from consolidation.earlier import collect_with_earlier
from consolidation.figures.checks import check_figures, total_parts, with_totals
from consolidation.figures.columns import with_columns
from consolidation.figures.data_calls import rolled_up
from consolidation.figures.gather import Figures, gather_figures
from consolidation.figures.merge import Contribution, Merged
from consolidation.figures.rows import IndicatorRow, OutputRows, output_rows
from consolidation.input_spans import inputs_of_run
from consolidation.inputs import Input, Inputs, as_a_run_had_it
from consolidation.runs import find_run
from plan.definition.model import Output, PlanDefinition
from plan.definition.periodic import outputs_by_period
from plan.errors import NotFoundError
from plan.ledger.data_calls import opened
from plan.models import (
    Agency,
    ConsolidationRun,
    Finding,
    Obligation,
    Plan,
    Submission,
    Value,
)
from plan.queries.definitions import definition_of
from plan.queries.lookup import names_of
from plan.rules.syntax import parse_rule

TELLS_FIGURES = frozenset({"appendices", "report"})
"""Kinds of outputs whose figures can be taken apart: the tables themselves, and the text that tells them."""


@dataclass(frozen=True)
class Given:
    """What one agency contributed, and who accepted it when."""

    agency: str
    agency_name: str
    submission: str
    """`stp/appendix-2#1`"""
    file: str
    sheet: str
    cell: str
    value: float | str | None
    numerator: float | None
    denominator: float | None
    not_applicable: str
    accepted_by: str
    accepted_at: datetime | None


@dataclass(frozen=True)
class Asked:
    """What an internal data call brought for the same cell: the parts behind the owner's figure."""

    call: str
    title: str
    value: float | str | None
    rule: str
    why_not: str
    coverage: str
    """«9/11, thiếu: An Lão, Vân Canh»"""
    partial: bool
    """Those asked hold only a part of the figure."""
    contributions: tuple[Given, ...]


@dataclass(frozen=True)
class Trace:
    """A consolidated cell, taken apart."""

    indicator: str
    period: str
    label: str
    value: float | str | None
    rule: str
    why_not: str
    """Why there is no value, or none of the contributions' making."""
    note: str
    contributions: tuple[Given, ...]
    findings: tuple[dict[str, str], ...]
    """Of the agencies at intake, with their explanations, and those seen while merging."""
    earlier: tuple[dict[str, Any], ...]
    """Values of the same cell in submissions that were given back or replaced."""
    asked: tuple[Asked, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As `dondoc trace --json` prints it."""
        return asdict(self)


def trace(session: Session, plan: Plan, indicator: str, period: str, as_of: datetime) -> Trace:
    """The cell `indicator` (`PL2.1.3`), `period` (`2018`) as of a UTC instant.

    Raises NotFoundError for an indicator or period the plan's appendices do not have.
    """
    definition = definition_of(plan)
    output, row = find_row(definition, indicator, period)
    inputs = collect_with_earlier(session, plan, output, as_of)
    return _trace(session, plan, definition, inputs, inputs.items, row, period)


def trace_run(session: Session, run: ConsolidationRun, indicator: str, period: str) -> Trace:
    """The same cell as that run had it, whatever was accepted since."""
    plan = session.get_one(Plan, run.plan_id)
    definition = definition_of(plan)
    tables = {one.id for one in outputs_by_period(definition) if one.kind == "appendices"}
    # A report tells figures of tables that are outputs of their own.
    of = run.output if run.output in tables else ""
    output, row = find_row(definition, indicator, period, of=of)
    inputs, items = _had(session, plan, output, run)
    return _trace(session, plan, definition, inputs, items, row, period)


def figures_of_run(session: Session, run: ConsolidationRun) -> Figures:
    """Every cell as that run had it, each figure with its contributions: what its workbook shows.

    Reads every value of its inputs. For an output that tells figures (`TELLS_FIGURES`); raises
    NotFoundError for another.
    """
    plan = session.get_one(Plan, run.plan_id)
    definition = definition_of(plan)
    told = {one.id: one for one in outputs_by_period(definition) if one.kind in TELLS_FIGURES}
    if run.output not in told:
        raise NotFoundError("sản phẩm có số liệu", run.output, list(told))
    book = output_rows(definition, told[run.output])
    inputs, items = _had(session, plan, told[run.output], run)
    figures = with_totals(book, gather_figures(session, definition, book, items))
    return with_columns(session, definition, figures, inputs)


def _had(
    session: Session, plan: Plan, output: Output, run: ConsolidationRun
) -> tuple[Inputs, list[Input]]:
    """The output's inputs, and the submissions of them that went into the run."""
    inputs = collect_with_earlier(session, plan, output, run.as_of)
    had = {one.obligation_id: one.submission_id for one in inputs_of_run(session, run)}
    return inputs, as_a_run_had_it(session, list(inputs.items), had)


def trace_of_run(session: Session, plan: Plan, number: int, indicator: str, period: str) -> Trace:
    """`trace_run` for the run of this number, of the output that holds the indicator."""
    output, _ = find_row(definition_of(plan), indicator, period)
    return trace_run(session, find_run(session, plan.id, output.id, number), indicator, period)


def find_row(
    definition: PlanDefinition, indicator: str, period: str, *, of: str = ""
) -> tuple[Output, IndicatorRow]:
    """The output (`of`: this one only) whose appendices hold the indicator in that period, and its row."""
    names: list[str] = []
    periods: list[str] = []
    for output in outputs_by_period(definition):
        told = output.kind == "appendices" and of in ("", output.id)
        rows = output_rows(definition, output).rows if told else {}
        if indicator in rows:
            there = [one.key for one in rows[indicator].periods]
            if period in there:
                return output, rows[indicator]
            periods += there
        names += rows
    if periods:
        raise NotFoundError("kỳ", period, dict.fromkeys(periods))
    raise NotFoundError("chỉ tiêu", indicator, names)


def _trace(
    session: Session,
    plan: Plan,
    definition: PlanDefinition,
    inputs: Inputs,
    items: Sequence[Input],
    row: IndicatorRow,
    period: str,
) -> Trace:
    book = output_rows(definition, inputs.output)
    figures = gather_figures(session, definition, book, items, only=_beside(book, row))
    figures = with_totals(book, figures)
    figures = with_columns(session, definition, figures, inputs)
    merged = figures.at(row.name, period)
    names = _names(session, plan.id, inputs)
    by_submission = {item.submission_id: item for item in items}
    return Trace(
        indicator=row.name,
        period=period,
        label=row.full_label,
        value=merged.value,
        rule=merged.rule,
        why_not=merged.not_applicable or merged.why_not or row.impossible(period),
        note=merged.note,
        contributions=tuple(
            _given(one, by_submission.get(one.source.submission_id), names)
            for one in merged.contributions
        ),
        findings=(
            *_kept(session, by_submission, row.name, period),
            *_seen(definition, figures, row.name, period),
        ),
        earlier=tuple(
            {**one, "agency_name": names.get(one["agency"], one["agency"])}
            for one in _earlier(session, plan.id, row.name, period, merged)
        ),
        asked=tuple(_asked(session, plan, definition, inputs, row, period, names)),
    )


def _asked(
    session: Session,
    plan: Plan,
    definition: PlanDefinition,
    inputs: Inputs,
    row: IndicatorRow,
    period: str,
    names: dict[str, str],
) -> Iterator[Asked]:
    for call in opened(session, plan.id, definition):
        if call.appendix != row.appendix.code or row.indicator.code not in call.rows:
            continue
        answer = rolled_up(
            session, plan, call, inputs.as_of, {row.name, row.indicator.weight} - {""}
        )
        merged = answer.figures.at(row.name, period)
        items = {item.submission_id: item for item in answer.items}
        yield Asked(
            call=call.id,
            title=call.title,
            value=merged.value,
            rule=merged.rule,
            why_not=merged.not_applicable or merged.why_not,
            coverage=answer.coverage.words(),
            partial=answer.partial(row),
            contributions=tuple(
                _given(one, items.get(one.source.submission_id), names)
                for one in merged.contributions
            ),
        )


def _names(session: Session, plan_id: str, inputs: Inputs) -> dict[str, str]:
    agencies = session.exec(select(Agency.id, Agency.code).where(Agency.plan_id == plan_id)).all()
    ids = {key: code for key, code in agencies if key is not None}
    named = names_of(session, plan_id, inputs.names_on, ids)
    return {code: named[key].name for key, code in ids.items() if key in named}


def _beside(book: OutputRows, row: IndicatorRow) -> set[str]:
    """The rows to read: this one, what it is weighted by, and whatever a rule names beside it."""
    wanted = {row.name, row.indicator.weight} - {""}
    for appendix in book.appendices:
        for rule in appendix.rules:
            named = parse_rule(rule.expr).names()
            if row.name in named:
                wanted |= named
    for appendix in book.appendices:  # a total nobody handed in is worked out from its parts
        for rule in appendix.rules:
            known = total_parts(rule.expr)
            if known is not None and known[0] in wanted:
                wanted |= set(known[1])
    return wanted


def _given(one: Contribution, item: Input | None, names: dict[str, str]) -> Given:
    source = one.source
    return Given(
        agency=one.agency,
        agency_name=names.get(one.agency, one.agency),
        submission=f"{source.obligation}#{source.number}",
        file=source.file,
        sheet=source.sheet,
        cell=source.cell,
        value=one.value,
        numerator=one.numerator,
        denominator=one.denominator,
        not_applicable=(one.text or "Không áp dụng") if one.not_applicable else "",
        accepted_by=item.decided_by if item else "",
        accepted_at=item.decided_at if item else None,
    )


def _kept(
    session: Session, ids: Collection[int | None], indicator: str, period: str
) -> Iterable[dict[str, str]]:
    """Findings of the accepted submissions that touch the cell, with the agency's explanation."""
    rows = session.exec(
        select(Finding)
        .where(Finding.indicator == indicator, col(Finding.period).in_(("", period)))
        .order_by(col(Finding.id))
    )
    return [
        {"severity": row.severity, "message": row.message, "explanation": row.explanation}
        for row in rows
        if row.submission_id in ids
    ]


def _seen(
    definition: PlanDefinition, figures: Figures, indicator: str, period: str
) -> Iterable[dict[str, str]]:
    """What merging found about the cell."""
    return [
        {"severity": one.severity, "message": one.message, "explanation": ""}
        for one in check_figures(definition, figures)
        if (one.indicator, one.period) == (indicator, period)
    ]


def _earlier(
    session: Session, plan_id: str, indicator: str, period: str, merged: Merged
) -> list[dict[str, Any]]:
    """What was handed in and given back or replaced; not what the figure itself is made of."""
    made_of = [one.source.submission_id for one in merged.contributions]
    rows = session.exec(
        select(Value, Submission, Agency.code)
        .join(Submission, col(Submission.id) == Value.submission_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .where(
            Obligation.plan_id == plan_id,
            Value.indicator == indicator,
            Value.period == period,
            col(Submission.state).in_(("returned", "superseded")),
            col(Submission.id).not_in(made_of),
        )
        .order_by(col(Submission.received_at), col(Submission.id))
    )
    return [
        {
            "agency": agency,
            "value": value.text if value.number is None else value.number,
            "number": submission.number,
            "received_at": submission.received_at,
            "state": submission.state,
        }
        for value, submission, agency in rows
    ]
