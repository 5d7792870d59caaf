"""Everything the writers of an output need, read from the database once. They do no reading of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from consolidation.figures.checks import RunFinding, check_figures, with_totals
from consolidation.figures.columns import with_columns
from consolidation.figures.gather import Cell, Figures, gather_figures
from consolidation.figures.merge import Totals, settle
from consolidation.figures.rows import OutputRows, output_rows
from consolidation.inputs import Inputs
from intake.workbook.template import NOTE
from plan.definition.model import OutlineNode, PlanDefinition
from plan.models import Agency, Finding, Section, Value
from plan.queries.lookup import names_of

MOST_FINDINGS = 2000
"""As many findings of the agencies as an output lists."""


@dataclass(frozen=True)
class Name:
    name: str
    short: str


@dataclass(frozen=True)
class KeptFinding:
    """A finding of an accepted submission, with the agency's explanation."""

    agency: str
    severity: str
    indicator: str
    period: str
    message: str
    explanation: str
    place: str
    """File, sheet and cell."""


@dataclass(frozen=True)
class Material:
    """What a run is written from."""

    definition: PlanDefinition
    inputs: Inputs
    figures: Figures
    findings: tuple[RunFinding, ...] = ()
    """Found while merging."""
    kept: tuple[KeptFinding, ...] = ()
    """Found at intake, and explained."""
    names: Mapping[str, Name] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Obligation → outline node → text."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Row → what agencies noted beside it."""

    def name(self, agency: str) -> str:
        """An agency's name, as of the inputs; an unknown code stays a code."""
        known = self.names.get(agency)
        return known.name if known else agency

    def short(self, agency: str) -> str:
        known = self.names.get(agency)
        return known.short if known else agency


def read_material(
    session: Session,
    definition: PlanDefinition,
    inputs: Inputs,
    *,
    summed: Mapping[Cell, Totals] | None = None,
) -> Material:
    """Figures merged and checked, texts, notes and findings of these inputs.

    `summed`: the sums of a very large output's shared rows, where they are known already.
    """
    book = output_rows(definition, inputs.output)
    figures = gather_figures(session, definition, book, inputs.items)
    if summed is not None:
        figures = _with_sums(figures, summed)
    figures = with_totals(book, figures)
    findings = check_figures(definition, figures)
    figures = with_columns(session, definition, figures, inputs)
    definition = book.plan_as_shown(definition)
    ids = {item.submission_id: item.agency for item in inputs.accepted if item.submission_id}
    return Material(
        definition=definition,
        inputs=inputs,
        figures=figures,
        findings=findings,
        kept=_kept(session, ids),
        names=_names(session, inputs, _answering(definition, book)),
        texts=_texts(session, inputs),
        notes=_notes(session, book, ids),
    )


def _answering(definition: PlanDefinition, book: OutputRows) -> set[str]:
    """Agencies that outputs name though nothing of theirs may be among the inputs."""
    outline = [node for top in definition.outline for node in _walk(top)]
    answering = {agency for node in outline for agency in node.answered_by}
    owners = {row.owner for row in book.rows.values()} - {""}
    return answering | owners | {definition.coordinator}


def _walk(node: OutlineNode) -> Iterator[OutlineNode]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _with_sums(figures: Figures, summed: Mapping[Cell, Totals]) -> Figures:
    """The shared rows' cells from their sums; no contribution is listed one by one."""
    cells = dict(figures.cells)
    count = figures.contributions
    for row in figures.book.shared:
        for period in row.periods:
            sums = summed.get((row.name, period.key), Totals())
            cells[row.name, period.key] = made = settle(row.indicator, sums)
            count += made.count
    return replace(figures, cells=cells, contributions=count)


def _names(session: Session, inputs: Inputs, codes: Collection[str]) -> dict[str, Name]:
    """The names of these agencies and of those of the inputs."""
    wanted = {*codes, *(item.agency for item in inputs.items)}
    rows = session.execute(
        columns(col(Agency.id), col(Agency.code)).where(
            col(Agency.plan_id) == inputs.plan_id, col(Agency.code).in_(wanted)
        )
    )
    ids = {row.id: row.code for row in rows}
    names = names_of(session, inputs.plan_id, inputs.names_on, ids)
    return {ids[key]: Name(name.name, name.short) for key, name in names.items()}


def _kept(session: Session, ids: Mapping[int, str]) -> tuple[KeptFinding, ...]:
    rows = session.exec(
        select(Finding)
        .where(col(Finding.submission_id).in_(ids), Finding.severity != "note")
        .order_by(col(Finding.submission_id), col(Finding.id))
        .limit(MOST_FINDINGS)
    )
    return tuple(
        KeptFinding(
            agency=ids[row.submission_id],
            severity=row.severity,
            indicator=row.indicator,
            period=row.period,
            message=row.message,
            explanation=row.explanation,
            place=" ".join(part for part in (row.file, row.sheet, row.cell) if part),
        )
        for row in rows
    )


def _texts(session: Session, inputs: Inputs) -> dict[str, dict[str, str]]:
    names = {item.submission_id: item.obligation for item in inputs.accepted}
    found: dict[str, dict[str, str]] = {}
    for row in session.exec(select(Section).where(col(Section.submission_id).in_(names))):
        if row.text.strip():
            found.setdefault(names[row.submission_id], {})[row.node] = row.text
    return found


def _notes(session: Session, book: OutputRows, ids: Mapping[int, str]) -> dict[str, str]:
    rows = session.execute(
        columns(col(Value.indicator), col(Value.text))
        .where(col(Value.submission_id).in_(ids), col(Value.period) == NOTE)
        .order_by(col(Value.indicator), col(Value.submission_id))
    )
    found: dict[str, list[str]] = {}
    for name, text in rows:
        if text and name in book.rows:
            found.setdefault(name, []).append(text)
    return {name: "; ".join(dict.fromkeys(texts)) for name, texts in found.items()}
