"""From stored values to the figures of an output: what each agency contributed to each cell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

from sqlalchemy import select as columns
from sqlmodel import Session

from consolidation.figures.merge import Contribution, Merged, Source, merge
from consolidation.figures.rows import OutputRows
from consolidation.inputs import Input
from intake.workbook.template import NOTE
from plan.definition.appendices import Indicator
from plan.definition.model import PlanDefinition
from plan.models import Value

Cell = tuple[str, str]
"""Row name (`PL2.1.3`) and period key."""


class StoredValue(NamedTuple):
    """A stored value."""

    submission_id: int
    indicator: str
    period: str
    number: float | None
    text: str | None
    not_applicable: bool
    file: str
    sheet: str
    cell: str


@dataclass(frozen=True)
class Stray:
    """A figure in a row that is another agency's to fill in."""

    cell: Cell
    owner: str
    contribution: Contribution


@dataclass(frozen=True)
class Figures:
    """The merged cells of an output."""

    book: OutputRows
    cells: Mapping[Cell, Merged]
    contributions: int
    """How many entered, counted where they were read."""
    replaced: int = 0
    """How many gave way to a later one of the same agency."""
    strays: tuple[Stray, ...] = ()
    derived: frozenset[Cell] = field(default_factory=frozenset)
    """Totals nobody handed in, worked out from their parts."""

    def at(self, row: str, period: str) -> Merged:
        return self.cells.get((row, period)) or Merged(None, "")

    def lookup(self, name: str, period: str) -> float | str | None:
        """The figure, or a ratio's part (`PL3.5.1#n`), as `plan.rules.syntax` asks for it."""
        row, _, part = name.partition("#")
        merged = self.at(row, period)
        return {"n": merged.numerator, "d": merged.denominator}.get(part, merged.value)


_STORED = Value.metadata.tables["value"].c
_COLUMNS = tuple(_STORED[name] for name in StoredValue._fields)
"""Of the table, not of the model: no ORM between the rows and their reader."""
_BATCH = 500


def stored_values(
    session: Session, submission_ids: Iterable[int], rows: Collection[str] | None = None
) -> Iterator[StoredValue]:
    """The stored values of these submissions; `rows`: of these only, parts of percentages included."""
    names = None if rows is None else [f"{row}{part}" for row in rows for part in ("", "#n", "#d")]
    remaining = iter(submission_ids)
    while some := list(islice(remaining, _BATCH)):
        statement = columns(*_COLUMNS).where(_STORED.submission_id.in_(some))
        if names is not None:
            statement = statement.where(_STORED.indicator.in_(names))
        yield from map(StoredValue._make, session.execute(statement))


def contributions_of(
    book: OutputRows, appendix: str, agency: str, base: Source, raws: Collection[StoredValue]
) -> dict[Cell, Contribution]:
    """What one submission, handed in for one appendix, contributes. Pure."""
    by_name = {(raw.indicator, raw.period): raw for raw in raws}
    found: dict[Cell, Contribution] = {}
    for name, period in {(name.partition("#")[0], period): None for name, period in by_name}:
        row = book.rows.get(name)
        if row is None or row.appendix.code != appendix or (name, period) not in book.places:
            continue
        raw = by_name.get((name, period))
        above, below = _parts(by_name, row.indicator, name, period)
        found[name, period] = Contribution(
            agency=agency,
            number=raw.number if raw else None,
            text=raw.text if raw else None,
            not_applicable=bool(raw and raw.not_applicable),
            numerator=above,
            denominator=below,
            source=_source(base, raw or by_name.get((f"{name}#n", period))),
        )
    return found


def _parts(
    by_name: Mapping[Cell, StoredValue], indicator: Indicator, name: str, period: str
) -> tuple[float | None, float | None]:
    """Numerator and denominator; for a percentage weighted by another figure, that figure below."""
    weight = indicator.weight
    if not weight and indicator.ratio is None:
        return None, None
    below = by_name.get((weight or f"{name}#d", period))
    above = None if weight else by_name.get((f"{name}#n", period))
    return (above.number if above else None), (below.number if below else None)


def _source(base: Source, raw: StoredValue | None) -> Source:
    file, sheet, cell = (raw.file, raw.sheet, raw.cell) if raw else ("", "", "")
    return Source(base.obligation, base.submission_id, base.number, file, sheet, cell)


def period_in(book: OutputRows, stored: str, owed_for: str) -> str:
    """The period a stored value stands under: that of the form, or in a book by period the one its obligation
    is for; a note is of none."""
    return owed_for if book.by_period and stored != NOTE else stored


def appendix_of(definition: PlanDefinition) -> dict[str, str]:
    """Deliverable → appendix, for those that hand one in; data calls among them."""
    found = {part.id: part.appendix for part in definition.deliverables if part.appendix}
    return found | {call.id: call.appendix for call in definition.data_calls}


def gather_figures(
    session: Session,
    definition: PlanDefinition,
    book: OutputRows,
    items: Sequence[Input],
    *,
    only: Collection[str] | None = None,
) -> Figures:
    """The figures of these inputs, each contribution kept with its cell. `only`: these rows."""
    appendices = appendix_of(definition)
    chosen = {
        item.submission_id: item
        for item in items
        if item.submission_id is not None and item.deliverable in appendices
    }
    raws: dict[int, list[StoredValue]] = {key: [] for key in chosen}
    for raw in stored_values(session, chosen, only):
        period = period_in(book, raw.period, chosen[raw.submission_id].period)
        raws[raw.submission_id].append(raw if period == raw.period else raw._replace(period=period))
    per_cell: dict[Cell, dict[str, Contribution]] = {}
    strays: list[Stray] = []
    replaced = 0
    for key, item in chosen.items():
        base = Source(item.obligation, key, item.number)
        appendix = appendices[item.deliverable]
        for cell, one in contributions_of(book, appendix, item.agency, base, raws[key]).items():
            owner = book.rows[cell[0]].owner
            if owner not in ("", item.agency):
                strays.append(Stray(cell, owner, one))
            elif one.says_something:
                # Of a recurring duty the latest occurrence stands.
                given = per_cell.setdefault(cell, {})
                replaced += item.agency in given
                given[item.agency] = one
    return replace(merged_figures(book, per_cell, strays), replaced=replaced)


def merged_figures(
    book: OutputRows,
    per_cell: Mapping[Cell, Mapping[str, Contribution]],
    strays: Iterable[Stray] = (),
) -> Figures:
    """Merge every cell of the book. Pure."""
    cells = {}
    for row, period in book.cells():
        given = per_cell.get((row.name, period.key), {})
        cells[row.name, period.key] = merge(row.indicator, given.values())
    return Figures(
        book=book,
        cells=cells,
        contributions=sum(len(given) for given in per_cell.values()),
        strays=tuple(strays),
    )
